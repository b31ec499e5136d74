"""The ``authsteps`` command: a demo, a sign-in at the keyboard, and pictures of the flows."""

from .app import app, main

__all__ = ["app", "main"]
