"""The ``authsteps`` command: a demo, a sign-in at the keyboard, pictures of the flows, and a linter of triggers."""

from .app import app, main

__all__ = ["app", "main"]
