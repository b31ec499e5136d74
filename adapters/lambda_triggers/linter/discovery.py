"""Finding the functions of a custom sign-in in a file or a folder, by the names that people give them.

Files of handlers are read, not run: a name that a file defines or exports is enough. Only a file that names
``CustomAuthFlow`` is run, to have what it declares.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs

from authsteps.engine.errors import AuthStepsError
from authsteps.flows.custom_auth import CustomAuthFlow

from ..names import Trigger
from ..runners.loading import SUFFIXES
from ..runners.python_file import UnrunnableFileError, run_file

__all__ = ["FoundFunctions", "NothingFoundError", "Place", "find_functions"]


class NothingFoundError(AuthStepsError):
    """There are no functions of a custom sign-in in a file or folder, or it is not clear which are meant.

    Attributes:
        path: The file or folder.
        problem: What is wrong, with what was looked for.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


@attrs.frozen
class Place:
    """Where a function is.

    Attributes:
        path: The file.
        name: The function's name in it.
    """

    path: Path
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"


FoundFunctions: TypeAlias = Mapping[Trigger, Place] | CustomAuthFlow
"""What was found: functions, or a declaration that they can be made of."""


def find_functions(path: Path) -> FoundFunctions:
    """Return what a file or folder holds of a custom sign-in.

    * A Python file that declares one ``CustomAuthFlow``: that.
    * A file with functions called ``define``, ``create`` and ``verify``, or by their long names, such as
      ``define_auth_challenge`` or ``verifyAuthChallengeResponse``.
    * A file with one ``handler`` or ``lambda_handler``: it stands behind the triggers that the file's name or its text
      names in quotes, such as ``'CreateAuthChallenge_Authentication'``, else behind Define.
    * A folder with such files, called after Define, Create and Verify, or with folders that are and hold an
      ``index``, ``app``, ``handler`` or ``lambda_function``.

    Raises:
        NothingFoundError: It holds none of that, or several.
    """
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise NothingFoundError(path, "there is no such file or folder")
    return _in_file(path)


def _in_folder(folder: Path) -> FoundFunctions:
    found: dict[Trigger, Place] = {}
    for trigger in _WORDS:
        files = [file for entry in sorted(folder.iterdir()) for file in _files(entry) if _meant(entry.stem) is trigger]
        if len(files) > 1:
            raise NothingFoundError(folder, f"for {trigger} there are several: {', '.join(map(str, files))}")
        for file in files:
            found[trigger] = _of_trigger(file, trigger)
    if found:
        return found
    mains = [file for file in sorted(folder.iterdir()) if file.suffix in SUFFIXES and file.stem in _MAINS]
    if len(mains) == 1:
        return _in_file(mains[0])
    raise NothingFoundError(folder, f"no file is called {_NAMES}, ending in {', '.join(SUFFIXES)}")


def _files(entry: Path) -> Iterator[Path]:
    """Yield the files that an entry of a folder stands for: itself, or what is the main file of it."""
    if entry.is_dir():
        yield from (file for file in sorted(entry.iterdir()) if file.suffix in SUFFIXES and file.stem in _MAINS)
    elif entry.suffix in SUFFIXES:
        yield entry


def _of_trigger(file: Path, trigger: Trigger) -> Place:
    names = _names(file)
    named = [name for name in names if _meant(name) is trigger]
    for name in (*_HANDLERS, *named):
        if name in names:
            return Place(file, name)
    raise NothingFoundError(file, f"it has no {' or '.join(_HANDLERS)}, and nothing that is called after {trigger}")


def _in_file(file: Path) -> FoundFunctions:
    if file.suffix not in SUFFIXES:
        raise NothingFoundError(file, f"it ends in none of {', '.join(SUFFIXES)}")
    text = _text(file)
    is_declaring = file.suffix == ".py" and CustomAuthFlow.__name__ in text
    if is_declaring:
        flows = _flows(file)
        if len(flows) > 1:
            listed = ", ".join(sorted(flow.name for flow in flows))
            raise NothingFoundError(file, f"it declares several flows: {listed}; give each a file of its own")
        if flows:
            return flows[0]
    names = _names(file)
    if (meant := _meant(file.stem)) is not None:
        return MappingProxyType({meant: _of_trigger(file, meant)})
    found = {trigger: Place(file, name) for name in names if (trigger := _meant(name)) is not None}
    handler = next((name for name in _HANDLERS if name in names), None)
    if handler is not None:
        found |= {trigger: Place(file, handler) for trigger in _WORDS if re.search(rf"[\"'`]{trigger}", text)}
        found.setdefault(Trigger.DEFINE_AUTH_CHALLENGE, Place(file, handler))
    if found:
        return MappingProxyType(found)
    undeclared = f"it names {CustomAuthFlow.__name__} and has none outside of its functions; " if is_declaring else ""
    raise NothingFoundError(file, f"{undeclared}nothing in it is called {_NAMES}, nor {' or '.join(_HANDLERS)}")


def _flows(file: Path) -> Sequence[CustomAuthFlow]:
    """Run a file, and return the flows that it declares, each once."""
    try:
        module = run_file(file)
    except UnrunnableFileError as error:
        raise NothingFoundError(file, error.problem) from error
    return [*dict.fromkeys(value for value in vars(module).values() if isinstance(value, CustomAuthFlow))]


def _meant(name: str) -> Trigger | None:
    """Return the trigger that a file or a function is called after, if it is."""
    plain = re.sub(r"[-_.]", "", name).casefold()
    return next((trigger for trigger, words in _WORDS.items() if re.fullmatch(words, plain)), None)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NothingFoundError(file, f"it cannot be read: {error}") from error


def _names(file: Path) -> Sequence[str]:
    """Return what a file defines, or exports."""
    text = _text(file)
    if file.suffix != ".py":
        lists = (name for found in _LISTED.finditer(text) for name in re.findall(r"\w+", found[1] or found[2]))
        return [*(found[1] or found[2] for found in _EXPORTED.finditer(text)), *lists]
    try:
        return [*_defined(ast.parse(text, str(file)).body)]
    except SyntaxError as error:
        raise NothingFoundError(file, f"it is no Python: {error}") from error


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign() | ast.AnnAssign():
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case _:
                pass


_WORDS: Final[Mapping[Trigger, str]] = MappingProxyType(
    {
        Trigger.DEFINE_AUTH_CHALLENGE: "define(auth)?(challenge)?(handler)?",
        Trigger.CREATE_AUTH_CHALLENGE: "create(auth)?(challenge)?(handler)?",
        Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: "verify(auth)?(challenge)?(response)?(handler)?",
    }
)
"""How files and functions are called, without regard to case, hyphens and underscores."""

_NAMES: Final = "define, create or verify (or define_auth_challenge, createAuthChallenge and the like)"
_HANDLERS: Final = ("handler", "lambda_handler")
_MAINS: Final = frozenset({"index", "app", "handler", "lambda_function"})

_EXPORTED: Final = re.compile(
    r"\bexports\.(\w+)\s*=|^\s*export\s+(?:async\s+)?(?:const|let|var|function)\s+(\w+)", re.MULTILINE
)
_LISTED: Final = re.compile(r"\bmodule\.exports\s*=\s*\{([^}]*)\}|^\s*export\s*\{([^}]*)\}", re.MULTILINE)
