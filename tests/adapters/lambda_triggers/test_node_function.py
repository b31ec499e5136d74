"""A Node function answers and fails as in Lambda, whatever kind of file it stands in."""

import re
from pathlib import Path
from typing import Final, cast

import pytest

from authsteps.adapters.lambda_triggers import (
    FunctionNotLoadedError,
    FunctionRaisedError,
    NodeFunction,
    OutputNotJsonError,
)
from authsteps.flows.model import Json
from tests.adapters.lambda_triggers.javascript import answer, words, write

NO_JSON: Final = "Unable to stringify response body"
NO_WORDS: Final = (
    "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, "
    "and stack"
)
NEVER_SETTLED: Final = (
    "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise "
    "that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes"
)


class TestAnswering:
    @pytest.mark.parametrize(
        ("handler", "given"),
        [
            ("async (event) => event", {"a": "é\n\u2028"}),
            ("(event) => Promise.resolve(event.a)", "é\n\u2028"),
            ("(event, context, callback) => callback(null, event.a)", "é\n\u2028"),
            ("(event, context, callback) => { setTimeout(callback, 1, null, 1) }", 1),
            ("(event, context, callback) => { callback(null, 1); callback(null, 2) }", 1),
            ("(event, context) => context.succeed(1)", 1),
            ("(event, context) => context.done(null, 1)", 1),
            ("(event, context) => { context.succeed(1); context.fail('too late') }", 1),
            ("(event) => ({ then: (resolve) => resolve(1) })", 1),
            ("async () => {}", None),
            ("async () => ({ a: undefined, b: NaN, c: new Date(0) })", {"b": None, "c": "1970-01-01T00:00:00.000Z"}),
            ("(event) => event", None),
            ("(event) => { setTimeout(() => {}, 1) }", None),
            ("() => new Promise(() => {})", None),
            ("() => { throw undefined }", None),
            ("async () => require('./neighbour.js')", "of the neighbour"),
            ("async () => process.stdin.read()", None),
        ],
    )
    async def test_what_counts_is_what_counts_in_lambda(self, tmp_path: Path, handler: str, given: Json) -> None:
        write(tmp_path, "module.exports = 'of the neighbour'", "neighbour.js")
        async with NodeFunction(write(tmp_path, f"exports.handler = {handler}")) as function:
            assert await answer(function, a="é\n\u2028") == given

    @pytest.mark.parametrize(
        ("handler", "said"),
        [
            ("async () => { throw new Error('no.\\nat all') }", "no.\nat all"),
            ("() => { throw new TypeError('no') }", "no"),
            ("(event, context, callback) => callback(new Error('no'))", "no"),
            ("(event, context, callback) => callback('no')", "no"),
            ("(event, context) => context.fail(new Error('no'))", "no"),
            ("(event, context) => context.fail()", "handled"),
            ("(event, context) => context.done('no')", "no"),
            ("() => Promise.reject(null)", "handled"),
            ("() => Promise.reject(7)", "7"),
            ("() => Promise.reject({ a: 1 })", "[object Object]"),
            ("() => Promise.reject({ name: 'E', message: 'no', stack: 'here' })", "no"),
            ("() => Promise.reject(Object.create(null))", NO_WORDS),
            ("() => Promise.reject(new Error(''))", ""),
            ("async () => 10n", NO_JSON),
            ("async (event) => { event.event = event; return event }", NO_JSON),
            ("(event, context, callback) => callback(null, Symbol())", NO_JSON),
            ("async () => new Promise(() => {})", NEVER_SETTLED),
            ("async () => new Promise(() => setTimeout(() => { throw new Error('later') }))", "later"),
            ("async () => new Promise(() => { Promise.reject(new Error('lost')) })", "Error: lost"),
        ],
    )
    async def test_a_failure_is_told_in_the_words_of_lambda_s_runtime(
        self, tmp_path: Path, handler: str, said: str
    ) -> None:
        async with NodeFunction(write(tmp_path, f"exports.handler = {handler}")) as function:
            assert await words(function) == said

    @pytest.mark.parametrize(
        ("file", "name", "text"),
        [
            ("define.mjs", "handler", "export const handler = async () => 1"),
            ("define.mjs", "handler", "await null; export const handler = async () => 1"),
            ("define.cjs", "handler", "exports.handler = async () => 1"),
            ("define.js", "create", "module.exports = { create: async () => 1 }"),
            ("define.js", "a.create", "exports.a = { create: async () => 1 }"),
            ("module/define.js", "handler", "export async function handler() { return 1 }"),
        ],
    )
    async def test_a_function_is_found_in_every_kind_of_module(
        self, tmp_path: Path, file: str, name: str, text: str
    ) -> None:
        write(tmp_path, '{"type": "module"}', "module/package.json")
        async with NodeFunction(write(tmp_path, text, file), name) as function:
            assert await answer(function) == 1

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("exports.other = 1", r"index\.handler is undefined or not exported"),
            ("exports.handler = 1", r"index\.handler is not a function"),
            ("require('nowhere')", r"Error: Cannot find module 'nowhere'\nRequire stack:\n(?s:.*)index\.js(?s:.*)"),
            ("exports.handler = async () => {", r"SyntaxError: Unexpected end of input"),
            ("throw new Error('not today')", r"not today"),
            ("throw null", r"handled"),
            ("process.exit(1)", r"RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 1"),
        ],
    )
    async def test_one_that_cannot_be_loaded_fails_every_call_in_the_words_of_lambda_s_runtime(
        self, tmp_path: Path, text: str, said: str
    ) -> None:
        async with NodeFunction(write(tmp_path, text)) as function:
            for _ in range(2):
                assert re.fullmatch(said, await words(function))

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("throw new Error('no')", FunctionNotLoadedError),
            ("exports.other = 1", FunctionNotLoadedError),
            ("process.exit(1)", FunctionNotLoadedError),
            ("exports.handler = () => { process.exit(1) }", FunctionRaisedError),
            ("exports.handler = () => { throw new Error('no') }", FunctionRaisedError),
        ],
    )
    async def test_one_that_cannot_be_loaded_is_told_apart_from_one_that_raises(
        self, tmp_path: Path, text: str, kind: type[FunctionRaisedError]
    ) -> None:
        async with NodeFunction(write(tmp_path, text)) as function:
            with pytest.raises(FunctionRaisedError) as caught:
                await answer(function)
        assert type(caught.value) is kind

    async def test_where_in_the_file_the_error_is_goes_to_stderr(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        file = write(tmp_path, "\nexports.handler = async ( => 1")
        async with NodeFunction(file) as function:
            await words(function)
        assert f"{file}:2" in capfd.readouterr().err

    async def test_one_that_cannot_be_loaded_is_loaded_once(self, tmp_path: Path) -> None:
        text = f"require('fs').appendFileSync({str(tmp_path / 'log')!r}, 'x'); throw new Error('no')"
        async with NodeFunction(write(tmp_path, text)) as function:
            for _ in range(3):
                assert await words(function) == "no"
        assert (tmp_path / "log").read_text() == "x"

    async def test_the_context_says_what_lambda_s_says(self, tmp_path: Path) -> None:
        text = """
            exports.handler = async (event, context) => ({
              ...context,
              left: context.getRemainingTimeInMillis(),
              methods: ['done', 'succeed', 'fail'].map((name) => typeof context[name]),
            })
        """
        async with NodeFunction(write(tmp_path, text, "greet.js")) as function:
            first, second = [cast("dict[str, Json]", await answer(function)) for _ in range(2)]
        assert first["awsRequestId"] != second["awsRequestId"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(first.pop("awsRequestId")))
        left = first.pop("left")
        assert isinstance(left, int)
        assert 0 < left <= 5000
        assert first == {
            "callbackWaitsForEmptyEventLoop": True,
            "functionName": "greet",
            "functionVersion": "$LATEST",
            "invokedFunctionArn": "arn:aws:lambda:eu-west-1:000000000000:function:greet",
            "memoryLimitInMB": "128",
            "logGroupName": "/aws/lambda/greet",
            "logStreamName": "local",
            "methods": ["function"] * 3,
        }

    async def test_an_answer_that_is_too_deep_is_taken_for_no_json(self, tmp_path: Path) -> None:
        text = (
            "exports.handler = async () => { let deep = []; for (let i = 0; i < 3000; i++) deep = [deep]; return deep }"
        )
        async with NodeFunction(write(tmp_path, text)) as function:
            with pytest.raises(OutputNotJsonError, match="it cannot be read"):
                await answer(function)
