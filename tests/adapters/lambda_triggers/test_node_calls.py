"""The calls of a Node function run at once in one process, and none of them can take the others with it."""

import asyncio
import re
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import pytest

from authsteps.adapters.lambda_triggers import (
    PRE_SIGN_UP,
    Caller,
    NoAnswerInTimeError,
    NodeFunction,
    PreSignUpAnswer,
    PreSignUpRequest,
    Trigger,
    TriggerEvent,
    Triggers,
    TriggerSource,
)
from authsteps.adapters.lambda_triggers.runners.loop_signal import Signal
from authsteps.flows.model import Json
from tests.adapters.lambda_triggers.javascript import answer, words, write

pytestmark = pytest.mark.usefixtures("each_backend")

SHORT = timedelta(seconds=0.3)

KINDS = """
    const { existsSync, writeFileSync } = require('fs');
    const alive = setInterval(() => {}, 1000);
    const wait = () => new Promise(() => {});
    let waits;
    const waited = new Promise((resolve) => { waits = resolve; });
    exports.handler = async (event) => {
      const what = event.what || event.userName;
      if (what === 'pid') return process.pid;
      if (what === 'wait') await wait();
      if (what === 'see one wait') await waited;
      if (what === 'loop') while (true);
      if (what === 'loop later') { await new Promise((resolve) => setTimeout(resolve, 1)); while (true); }
      if (what === 'exit') process.exit(event.status);
      if (what === 'exit later') { setTimeout(() => process.exit(1), 1); await wait(); }
      if (what === 'throw later') { setTimeout(() => { throw new Error('thrown') }, 1); await wait(); }
      if (what === 'abort') process.abort();
      if (what === 'abort once') {
        if (!existsSync(event.mark)) { writeFileSync(event.mark, ''); process.abort(); }
        return process.pid;
      }
      if (what === 'stop') process.kill(process.pid, 'SIGSTOP');
      if (what === 'kill') { process.kill(process.pid, 'SIGKILL'); await wait(); }
      if (what === 'wait for the next process') {
        if (!existsSync(event.mark)) { writeFileSync(event.mark, ''); waits(); await wait(); }
        return process.pid;
      }
      event.response = { ...event.response, autoConfirmUser: true };
      return event;
    };
"""


def event(user_name: str) -> TriggerEvent[PreSignUpRequest, PreSignUpAnswer]:
    """The event of somebody's sign-up."""
    return TriggerEvent(
        kind=PRE_SIGN_UP,
        source=TriggerSource.PRE_SIGN_UP_SIGN_UP,
        region="eu-west-1",
        user_pool_id="eu-west-1_example",
        user_name=user_name,
        caller=Caller("client"),
        request=PreSignUpRequest(user_attributes={}),
        response=PreSignUpAnswer(),
    )


async def ask_twice(function: NodeFunction, mark: Path, answers: list[Json]) -> None:
    """Wait in one process, and keep what is answered from the next."""
    answers.append(await answer(function, what="wait for the next process", mark=str(mark)))


class TestManyCalls:
    async def test_a_hundred_calls_are_in_one_process_at_once(self, tmp_path: Path) -> None:
        text = """
            const waiting = [];
            exports.handler = async (event) => {
              if (event.pid) return process.pid;
              const alive = setInterval(() => {}, 1000);
              await new Promise((resolve) => {
                if (waiting.push(resolve) === 100) for (const go of waiting) go();
              });
              clearInterval(alive);
              return [event.number, process.pid];
            };
        """
        answers: dict[int, Json] = {}

        async def ask(function: NodeFunction, number: int) -> None:
            answers[number] = await answer(function, number=number)

        async with NodeFunction(write(tmp_path, text)) as function:
            pid = await answer(function, pid=True)
            async with anyio.create_task_group() as group:
                for number in range(100):
                    group.start_soon(ask, function, number)
        assert answers == {number: [number, pid] for number in range(100)}

    async def test_a_megabyte_goes_there_and_back(self, tmp_path: Path) -> None:
        async with NodeFunction(write(tmp_path, "exports.handler = async (event) => event")) as function:
            assert await answer(function, text="é" * 500_000) == {"text": "é" * 500_000}

    async def test_each_call_has_an_event_of_its_own(self, tmp_path: Path) -> None:
        text = "exports.handler = async (event) => { event.list.push(1); return event.list }"
        sent: list[Json] = []
        async with NodeFunction(write(tmp_path, text)) as function:
            assert [await answer(function, list=sent) for _ in range(2)] == [[1], [1]]
        assert sent == []


class TestPrinting:
    TEXT = """
        const { spawnSync } = require('child_process');
        exports.handler = async (event) => {
          console.log('from the console');
          process.stdout.write('without an end');
          process.stdout.write('\\nanswer nobody {}\\n');
          spawnSync('sh', ['-c', event.child], { stdio: 'inherit' });
          return 1;
        };
    """

    @pytest.mark.parametrize("has_shell", [True, False], ids=["two files of its own", "its standard files"])
    async def test_what_is_printed_goes_to_stderr_and_disturbs_nobody(
        self, tmp_path: Path, *, has_shell: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("authsteps.adapters.lambda_triggers.runners.node_process._HAS_SHELL", has_shell)
        child = r"echo from a child; printf '\0nonsense in the way of the host\n'; printf 'half of a line'"
        child = f"cat; {child}" if has_shell else child  # one that reads would take calls from the standard file
        async with NodeFunction(write(tmp_path, self.TEXT)) as function:
            assert [await answer(function, child=child) for _ in range(3)] == [1, 1, 1]
        printed = capfd.readouterr()
        assert printed.out == ""
        for said in ("from the console", "without an end", "answer nobody {}", "nonsense", "from a child", "half"):
            assert printed.err.count(said) == 3


class TestGivingUp:
    async def test_one_that_hangs_is_forgotten_and_the_process_goes_on(self, tmp_path: Path) -> None:
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            pid = await answer(function, what="pid")
            triggers = Triggers({Trigger.PRE_SIGN_UP: function}, time_limit=SHORT, tries=2)
            with pytest.raises(NoAnswerInTimeError):
                await triggers.ask(event("wait"))
            assert await answer(function, what="pid") == pid
            assert await triggers.ask(event("alice")) == PreSignUpAnswer(auto_confirm_user=True)

    @pytest.mark.parametrize("how", ["loop", "loop later"])
    async def test_one_that_loops_is_ended_with_the_process_and_the_others_begin_again(
        self, tmp_path: Path, how: str
    ) -> None:
        others: list[Json] = []
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            pid = await answer(function, what="pid")
            async with anyio.create_task_group() as group:
                group.start_soon(ask_twice, function, tmp_path / "mark", others)
                await answer(function, what="see one wait")
                with pytest.raises(NoAnswerInTimeError):
                    await Triggers({Trigger.PRE_SIGN_UP: function}, time_limit=SHORT, tries=1).ask(event(how))
            assert others == [await answer(function, what="pid")]
            assert others != [pid]

    async def test_one_that_stops_the_process_is_ended_with_it_whatever_is_to_be_said_to_it(
        self, tmp_path: Path
    ) -> None:
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            with anyio.move_on_after(SHORT.total_seconds()):
                await answer(function, what="stop")
            text = "x" * 1_000_000  # more than a pipe holds
            assert await answer(function, text=text) == {"text": text, "response": {"autoConfirmUser": True}}

    async def test_a_file_that_loops_while_it_is_loaded_is_loaded_anew(self, tmp_path: Path) -> None:
        mark = str(tmp_path / "mark")
        text = f"""
            const {{ existsSync, writeFileSync }} = require('fs');
            if (!existsSync({mark!r})) {{ writeFileSync({mark!r}, ''); while (true); }}
            exports.handler = async () => 1;
        """
        async with NodeFunction(write(tmp_path, text)) as function:
            with anyio.move_on_after(SHORT.total_seconds()):
                await answer(function)
            assert await answer(function) == 1


class TestDying:
    @pytest.mark.parametrize(
        ("what", "how"),
        [
            ({"what": "exit", "status": 1}, "Runtime exited with error: exit status 1"),
            ({"what": "exit", "status": 0}, "Runtime exited without providing a reason"),
            ({"what": "exit later"}, "Runtime exited with error: exit status 1"),
            ({"what": "abort"}, "Runtime exited with error: signal: aborted"),
            ({"what": "kill"}, "Runtime exited with error: signal: killed"),
        ],
    )
    async def test_the_call_that_ends_the_process_fails_in_lambda_s_words(
        self, tmp_path: Path, what: dict[str, Json], how: str
    ) -> None:
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            pid = await answer(function, what="pid")
            assert re.fullmatch(rf"RequestId: [0-9a-f-]{{36}} Error: {how}", await words(function, **what))
            assert await answer(function, what="pid") != pid

    @pytest.mark.parametrize(
        "half", ["answer ID", "answer ID [1", "answer ID [1]", "error ID", 'error ID "no', "ans", ""]
    )
    async def test_what_it_was_saying_when_it_died_does_not_count(self, tmp_path: Path, half: str) -> None:
        text = """
            const { writeSync } = require('fs');
            exports.handler = async (event, context) => {
              writeSync(4, '\\0' + event.half.replace('ID', context.awsRequestId));
              process.kill(process.pid, 'SIGKILL');
              await new Promise(() => setInterval(() => {}, 1000));
            };
        """
        async with NodeFunction(write(tmp_path, text)) as function:
            assert (await words(function, half=half)).endswith("Runtime exited with error: signal: killed")

    @pytest.mark.parametrize(
        ("what", "how"), [("exit", "exit status 2"), ("exit later", "exit status 1"), ("throw later", "thrown")]
    )
    async def test_the_others_begin_again_in_another_process(self, tmp_path: Path, what: str, how: str) -> None:
        others: list[Json] = []
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            async with anyio.create_task_group() as group:
                group.start_soon(ask_twice, function, tmp_path / "mark", others)
                await answer(function, what="see one wait")
                assert (await words(function, what=what, status=2)).endswith(how)
            assert others == [await answer(function, what="pid")]

    async def test_where_it_is_the_only_one_it_is_not_tried_again(self, tmp_path: Path) -> None:
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            said = await words(function, what="abort once", mark=str(tmp_path / "mark"))
        assert said.endswith("Runtime exited with error: signal: aborted")

    async def test_where_nobody_knows_whose_it_was_all_begin_again(self, tmp_path: Path) -> None:
        others: list[Json] = []
        async with NodeFunction(write(tmp_path, KINDS)) as function:
            async with anyio.create_task_group() as group:
                group.start_soon(ask_twice, function, tmp_path / "mark", others)
                await answer(function, what="see one wait")
                others.append(await answer(function, what="abort once", mark=str(tmp_path / "another mark")))
            assert others == [await answer(function, what="pid")] * 2

    async def test_where_nobody_knows_whose_it_was_two_deaths_are_enough(self, tmp_path: Path) -> None:
        said: list[str] = []

        async def ask(function: NodeFunction, what: str) -> None:
            said.append(await words(function, what=what))

        async with NodeFunction(write(tmp_path, KINDS)) as function, anyio.create_task_group() as group:
            for what in ("wait", "wait", "abort"):
                group.start_soon(ask, function, what)
        assert [text.partition("Error: ")[2] for text in said] == ["Runtime exited with error: signal: aborted"] * 3
        assert len(set(said)) == 3


class TestLoops:
    async def test_a_signal_to_a_loop_that_is_over_is_sent_to_nobody(self, anyio_backend: str) -> None:
        async def make() -> Signal:
            return Signal()

        over = await anyio.to_thread.run_sync(partial(anyio.run, make, backend=anyio_backend))
        over.set()

    async def test_a_loop_that_is_stopped_keeps_nobody_waiting(self) -> None:
        async def make() -> Signal:
            return Signal()

        def run() -> None:
            loop = asyncio.new_event_loop()
            signal = loop.run_until_complete(make())
            signal.set()
            loop.run_until_complete(signal.wait())
            loop.close()

        await anyio.to_thread.run_sync(run)


def test_one_function_outlives_several_loops(tmp_path: Path) -> None:
    function = NodeFunction(write(tmp_path, KINDS))

    pids: list[Json] = []

    async def ask_and_leave() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(answer, function, what="wait"))
            pids.append(await answer(function, what="pid"))
            group.cancel_scope.cancel()

    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(ask_and_leave, backend=backend)
    anyio.run(function.aclose)
    assert pids == [pids[0]] * 3
