"""Keeping what other people's code prints out of what the command prints."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout

__all__ = ["printing_to_stderr"]


@contextmanager
def printing_to_stderr() -> Generator[None, None, None]:
    """Send to stderr what is printed meanwhile, by this process and by its children."""
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
