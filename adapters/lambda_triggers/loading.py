"""Loading functions by the place where they stand."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

from .errors import UnloadableFunctionError
from .node_function import NodeFunction
from .port import TriggerRunner
from .python_function import Handler, PythonFunction

__all__ = ["UnloadableFunctionError", "load_function"]


def load_function(place: str) -> TriggerRunner:
    """Return what runs the function at ``PATH[:FUNCTION]``; without a name it is ``handler`` or ``lambda_handler``.

    Raises:
        UnloadableFunctionError: There is none.
    """
    text, colon, name = place.rpartition(":")
    path = Path(text if colon else place)
    name = name if colon else ""
    if not path.is_file():
        raise UnloadableFunctionError(place, "there is no such file")
    if path.suffix != ".py":
        return NodeFunction(path, name or "handler")
    module_name = f"_authsteps_{path.stem}"
    spec = spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UnloadableFunctionError(place, "it is no Python")
    module = sys.modules[module_name] = module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))  # it may import its neighbours, in functions as well
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UnloadableFunctionError(place, f"it raises {type(error).__name__}: {error}") from error
    for known in [name] if name else ["handler", "lambda_handler"]:
        if callable(function := getattr(module, known, None)):
            return PythonFunction(cast("Handler", function))
    raise UnloadableFunctionError(place, f"it has no function {name or 'handler or lambda_handler'}")
