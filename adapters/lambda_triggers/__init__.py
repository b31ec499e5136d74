"""The Lambda triggers of a user pool: their events and answers with types, and ways to run the functions behind them.

Everything goes through one border, ``TriggerRunner``: an event in wire form goes to a function, and what it gives back
comes out. Which function that is, and where it runs, no flow can tell.

``custom_auth_handlers`` makes the functions of custom authentication from a flow that was declared once.
"""

from .custom_auth import CustomAuthHandlers, LambdaHandler, custom_auth_handlers
from .errors import (
    FunctionRaisedError,
    FunctionUnavailableError,
    NoAnswerInTimeError,
    TriggerError,
    UnrecognizableOutputError,
)
from .names import Trigger, TriggerSource
from .port import TriggerRunner

__all__ = [
    "CustomAuthHandlers",
    "FunctionRaisedError",
    "FunctionUnavailableError",
    "LambdaHandler",
    "NoAnswerInTimeError",
    "Trigger",
    "TriggerError",
    "TriggerRunner",
    "TriggerSource",
    "UnrecognizableOutputError",
    "custom_auth_handlers",
]
