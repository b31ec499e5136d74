"""The ``authsteps`` command: a demo, a sign-in at the keyboard, pictures of the flows, a linter, a look at tokens."""

from .app import app, main

__all__ = ["app", "main"]
