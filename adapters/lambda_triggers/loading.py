"""Running functions of files for the linter: a stand-in for the runners, under their names, until they are here.

It does what the linter needs and no more: a Node handler file in one process that is ended when
 a call is cancelled and begun anew when it is gone, one call at a time.
"""

import json
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from subprocess import PIPE
from types import TracebackType
from typing import Final, Self, cast

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from authsteps.engine.errors import AuthStepsError
from authsteps.flows.model import Json

from .errors import FunctionRaisedError, FunctionUnavailableError, UnrecognizableOutputError
from .names import Trigger
from .port import TriggerRunner
from .python_function import Handler, PythonFunction

__all__ = ["NodeFunction", "UnloadableFunctionError", "load_function"]


class UnloadableFunctionError(AuthStepsError):
    """There is no such function in a file, or the file cannot be run."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


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


class NodeFunction:
    """Runs an exported function of a JavaScript file in a process of its own. Leaving it ends the process."""

    def __init__(self, path: Path, name: str = "handler") -> None:
        self._command = ["node", "--input-type=module", "--eval", _HOST, "--", str(path.resolve()), name]
        self._one_at_a_time = anyio.Lock()
        self._process: Process | None = None
        self._answers: BufferedByteReceiveStream | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._end()

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Hand the event to the function and return what it gives back."""
        async with self._one_at_a_time:
            try:
                return await self._exchange(trigger, event)
            except BaseException as error:
                if not isinstance(error, FunctionRaisedError | UnrecognizableOutputError):
                    with anyio.CancelScope(shield=True):
                        await self._end()
                raise

    async def _exchange(self, trigger: Trigger, event: Mapping[str, Json]) -> Json:
        process, answers = await self._running(trigger)
        try:
            assert process.stdin is not None  # noqa: S101  # it was asked for
            await process.stdin.send(json.dumps(event).encode() + b"\n")
            line = await answers.receive_until(b"\n", sys.maxsize)
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
            status = await process.wait()
            await self._end()
            if status == _NOT_FOUND:
                raise FunctionUnavailableError(trigger, "Runtime.HandlerNotFound") from None
            raise FunctionRaisedError(trigger, f"Runtime exited with error: exit status {status}") from None
        said = cast("dict[str, Json]", json.loads(line))
        if "error" in said:
            raise FunctionRaisedError(trigger, str(said["error"]))
        if "answer" not in said:
            raise UnrecognizableOutputError(trigger, "it gave back nothing")
        return said["answer"]

    async def _running(self, trigger: Trigger) -> tuple[Process, BufferedByteReceiveStream]:
        if self._process is None or self._answers is None:
            try:
                self._process = await anyio.open_process(self._command, stdin=PIPE, stdout=PIPE, stderr=None)
            except OSError as error:
                raise FunctionUnavailableError(trigger, f"Runtime.NoNode ({error})") from error
            assert self._process.stdout is not None  # noqa: S101  # it was asked for
            self._answers = BufferedByteReceiveStream(self._process.stdout)
        return self._process, self._answers

    async def _end(self) -> None:
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.aclose()
        self._process = self._answers = None


_NOT_FOUND: Final = 64
"""What the host exits with where the file has no such function, or cannot be loaded."""

_HOST: Final = f"""
import readline from 'node:readline';
import {{ pathToFileURL }} from 'node:url';

const [path, name] = process.argv.slice(1).filter((word) => word !== '--');
const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
let found;
try {{
  const module = await import(pathToFileURL(path));
  found = module[name] ?? module.default?.[name];
}} catch (error) {{
  console.error(error);
}}
if (typeof found !== 'function') process.exit({_NOT_FOUND});
const call = (event) => new Promise((resolve, reject) => {{
  const given = found(event, {{}}, (error, value) => (error ? reject(error) : resolve(value)));
  if (given?.then || found.length < 3) resolve(given);
}});
for await (const line of readline.createInterface({{ input: process.stdin }})) {{
  let said;
  try {{
    said = {{ answer: await call(JSON.parse(line)) }};
  }} catch (error) {{
    said = {{ error: String(error?.message ?? error) }};
  }}
  answer(`${{JSON.stringify(said)}}\\n`);
}}
"""
