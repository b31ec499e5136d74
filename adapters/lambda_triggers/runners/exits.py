"""How the process of a function ended, as Lambda says it."""

import signal

__all__ = ["ending"]


def ending(status: int) -> str:
    """Return how a process ended.

    Args:
        status: Its exit status, or minus the number of the signal that killed it.

    Source: Lambda developer guide, 'Troubleshoot execution issues in Lambda'; the words are those that Go has for the
    state of a process.
    """
    if status == 0:
        return "Runtime exited without providing a reason"
    how = f"exit status {status}" if status > 0 else f"signal: {(signal.strsignal(-status) or str(-status)).lower()}"
    return f"Runtime exited with error: {how}"
