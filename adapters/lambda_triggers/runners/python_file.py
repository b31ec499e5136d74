"""Running a Python file that belongs to a user, to have what it declares."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from authsteps.engine.errors import AuthStepsError

__all__ = ["UnrunnableFileError", "run_file"]


class UnrunnableFileError(AuthStepsError):
    """A file cannot be run.

    Attributes:
        path: The file.
        problem: Why not.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def run_file(path: Path) -> ModuleType:
    """Run a Python file as a module, and return that. It may import its neighbours, in functions as well.

    Raises:
        UnrunnableFileError: It is not there, is no Python, or raises.
    """
    if not path.is_file():
        raise UnrunnableFileError(path, "there is no such file")
    name = f"_authsteps_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UnrunnableFileError(path, "it is no Python")
    module = sys.modules[name] = module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UnrunnableFileError(path, f"it raises {type(error).__name__}: {error}") from error
    return module
