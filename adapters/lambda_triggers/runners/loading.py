"""Loading functions by the place where they stand."""

from pathlib import Path
from typing import Final, cast

from ..errors import UnloadableFunctionError
from ..port import TriggerRunner
from .node_function import NodeFunction
from .python_file import UnrunnableFileError, run_file
from .python_function import Handler, PythonFunction

__all__ = ["SUFFIXES", "load_function"]

SUFFIXES: Final = (".py", ".js", ".mjs", ".cjs")
"""How the files end that functions are loaded from."""


def load_function(place: str) -> TriggerRunner:
    """Return what runs the function at ``PATH[:FUNCTION]``; without a name it is ``handler``.

    In Python it may then be called ``lambda_handler``, too. A Python file is run at once, a JavaScript file with the
    first call.

    Raises:
        UnloadableFunctionError: There is none.
    """
    text, colon, name = place.rpartition(":")
    path = Path(text if colon else place)
    name = name if colon else ""
    if not path.is_file():
        raise UnloadableFunctionError(place, "there is no such file")
    if path.suffix not in SUFFIXES:
        raise UnloadableFunctionError(place, f"it ends in none of {', '.join(SUFFIXES)}")
    if path.suffix != ".py":
        return NodeFunction(path, name or "handler")
    try:
        module = run_file(path)
    except UnrunnableFileError as error:
        raise UnloadableFunctionError(place, error.problem) from error
    for known in [name] if name else ["handler", "lambda_handler"]:
        if callable(function := getattr(module, known, None)):
            return PythonFunction(cast("Handler", function))
    raise UnloadableFunctionError(place, f"it has no function {name or 'handler or lambda_handler'}")
