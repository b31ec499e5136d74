"""A Node function's process ends with the function and with the program, and what it keeps to itself stays there."""

import gc
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import anyio
import pytest

from authsteps.adapters.lambda_triggers import (
    FunctionUnavailableError,
    NodeFunction,
    Trigger,
    TriggerError,
    UnloadableFunctionError,
)
from tests.adapters.lambda_triggers.javascript import answer, write

CANARY: Final = "canary-password-8e0c"

PID: Final = "exports.handler = async () => process.pid"
HANG: Final = "exports.handler = async () => { setInterval(() => {}, 1000); await new Promise(() => {}) }"

OLD_NODE: Final = f"""#!{sys.executable}
import os, sys
os.write(int(sys.argv[5]), b"\\0ready v16.20.2\\n")
sys.stdin.read()
"""

PROGRAM: Final = """
import anyio, sys
from pathlib import Path
from authsteps.adapters.lambda_triggers import NodeFunction, Trigger
function = NodeFunction(Path(sys.argv[1]))
anyio.run(function.invoke, Trigger.PRE_SIGN_UP, {})
"""
"""A program that calls a function once, and ends without closing it."""


class TestItsEnd:
    @pytest.mark.parametrize("then", ["while (true);", "await new Promise(() => setInterval(() => {}, 1000));"])
    def test_it_dies_with_a_program_that_is_killed_whatever_it_is_doing(self, tmp_path: Path, then: str) -> None:
        text = f"exports.handler = async () => {{ console.error('called'); {then} }}"
        with program(write(tmp_path, text)) as running:
            assert running.stderr is not None
            assert running.stderr.readline() == b"called\n"
            running.send_signal(signal.SIGKILL)
            assert running.communicate(timeout=30)[1] == b"", "the process has this file as well, until it is gone"

    def test_it_dies_with_a_program_that_ends_and_does_not_hold_it_up(self, tmp_path: Path) -> None:
        with program(write(tmp_path, "setInterval(() => {}, 1000); exports.handler = async () => 1")) as running:
            assert running.communicate(timeout=30)[1] == b""
            assert running.returncode == 0

    @pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process ends")
    async def test_it_dies_with_the_function(self, tmp_path: Path) -> None:
        function = NodeFunction(write(tmp_path, PID))
        pid = await answer(function)
        assert isinstance(pid, int)
        process = os.pidfd_open(pid)
        try:
            del function
            gc.collect()
            assert select.select([process], [], [], 30)[0] == [process]
        finally:
            os.close(process)

    async def test_once_closed_it_is_gone_and_every_call_is_told_so(self, tmp_path: Path, each_backend: str) -> None:
        text = """
            setInterval(() => {}, 1000);
            exports.handler = async (event) => { if (event.hangs) await new Promise(() => {}); return process.pid };
        """
        function = NodeFunction(write(tmp_path, text))

        async def be_told() -> None:
            with pytest.raises(FunctionUnavailableError, match="the function was closed"):
                await answer(function, hangs=True)

        async with anyio.create_task_group() as group:
            group.start_soon(be_told)
            pid = await answer(function)
            await function.aclose()
            assert isinstance(pid, int)
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        await be_told()
        await function.aclose()

    async def test_one_that_was_never_called_can_be_closed(self, tmp_path: Path) -> None:
        async with NodeFunction(write(tmp_path, PID)):
            pass


class TestItsBeginning:
    async def test_a_function_that_is_never_called_has_no_process(self, tmp_path: Path) -> None:
        mark = tmp_path / "mark"
        async with NodeFunction(write(tmp_path, f"require('fs').writeFileSync({str(mark)!r}, '')")):
            pass
        assert not mark.exists()

    def test_a_file_that_is_not_there_is_no_function(self, tmp_path: Path) -> None:
        with pytest.raises(UnloadableFunctionError, match=r"index\.js: there is no such file"):
            NodeFunction(tmp_path / "index.js")

    def test_without_node_there_is_no_function(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(UnloadableFunctionError, match="there is no node on the path"):
            NodeFunction(write(tmp_path, PID))

    @pytest.mark.parametrize(
        ("node", "problem"),
        [
            (OLD_NODE, r"Node\.js v16\.20\.2 is too old, it must be 18 or newer"),
            ("no program at all", "Exec format error"),
        ],
        ids=["too old", "broken"],
    )
    async def test_a_node_that_does_not_do_is_told_by_every_call(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str, problem: str
    ) -> None:
        write(tmp_path, node, "node").chmod(0o755)
        monkeypatch.setattr("authsteps.adapters.lambda_triggers.runners.node_process._HAS_SHELL", False)
        monkeypatch.setenv("PATH", str(tmp_path))
        async with NodeFunction(write(tmp_path, PID)) as function:
            for _ in range(2):
                with pytest.raises(FunctionUnavailableError, match=rf"InvalidRuntimeException \({problem}\)"):
                    await answer(function)


@pytest.mark.parametrize(
    "text",
    [
        "exports.handler = async () => { throw new Error('no') }",
        "exports.handler = async () => process.exit(1)",
        "exports.handler = async (event) => { for (let i = 0; i < 3000; i++) event = [event]; return event }",
        "exports.handler = async (event) => ({ event, big: 10n })",
        "exports.handler = async (event) => ({ event: event.event = event })",
        "exports.handler = 1",
        HANG,
    ],
)
async def test_nothing_of_an_event_shows_in_an_error(tmp_path: Path, text: str) -> None:
    function = NodeFunction(write(tmp_path, text))
    failed: list[TriggerError] = []

    async def call() -> None:
        try:
            await function.invoke(Trigger.PRE_SIGN_UP, {"request": {"password": CANARY}})
        except TriggerError as error:
            failed.append(error)

    async with function, anyio.create_task_group() as group:
        group.start_soon(call)
        if text == HANG:
            await anyio.wait_all_tasks_blocked()
            await function.aclose()
    (error,) = failed
    assert [seen for seen in everything_in(error) if CANARY in seen] == []
    assert CANARY not in repr(function)


def everything_in(error: BaseException | None) -> Iterator[str]:
    """Yield what can be seen of an error, and of those behind it."""
    while error is not None:
        yield "".join(traceback.format_exception(error))
        yield repr(vars(error))
        error = error.__cause__ or error.__context__


def program(path: Path) -> "subprocess.Popen[bytes]":
    """A program that calls the function of a file."""
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stderr=subprocess.PIPE)  # noqa: S603  # our own interpreter and words
