"""The functions of a custom sign-in are found under the names that people give them."""

from pathlib import Path

import pytest

from authsteps.adapters.lambda_triggers import Trigger
from authsteps.adapters.lambda_triggers.linter import NothingFoundError, find_functions
from authsteps.flows import CustomAuthFlow

DEFINE, CREATE, VERIFY = (
    Trigger.DEFINE_AUTH_CHALLENGE,
    Trigger.CREATE_AUTH_CHALLENGE,
    Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE,
)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def found(path: Path) -> dict[Trigger, str]:
    """The places of what was found, from the folder that it is in."""
    functions = find_functions(path)
    assert not isinstance(functions, CustomAuthFlow)
    above = path if path.is_dir() else path.parent
    return {trigger: f"{place.path.relative_to(above)}:{place.name}" for trigger, place in functions.items()}


@pytest.mark.parametrize(
    ("name", "text", "functions"),
    [
        ("a.py", "def define(e, c): ...\nasync def create(e, c): ...\n", {DEFINE: "define", CREATE: "create"}),
        ("a.py", "from b import define_auth_challenge, create_engine, verify_token", {DEFINE: "define_auth_challenge"}),
        ("a.py", "define, create, verify = h", {DEFINE: "define", CREATE: "create", VERIFY: "verify"}),
        ("a.py", "lambda_handler: object = print", {DEFINE: "lambda_handler"}),
        ("verify-auth.py", "def lambda_handler(e, c): ...", {VERIFY: "lambda_handler"}),
        (
            "a.py",
            "def define(s): ...\ndef handler(e, c): return e['triggerSource'] == 'DefineAuthChallenge_Authentication'",
            {DEFINE: "handler"},
        ),
        ("a.js", "exports.handler = async (e) => e;", {DEFINE: "handler"}),
        (
            "a.js",
            "exports.handler = (e) => e.triggerSource.startsWith(`CreateAuthChallenge`)",
            {DEFINE: "handler", CREATE: "handler"},
        ),
        ("a.js", "module.exports.createAuthChallenge = create;", {CREATE: "createAuthChallenge"}),
        ("a.js", "module.exports = {\n  define,\n  verify: check,\n};", {DEFINE: "define", VERIFY: "verify"}),
        (
            "a.mjs",
            "export async function define(e) {}\nexport const VerifyAuthChallengeResponse = 1;",
            {DEFINE: "define", VERIFY: "VerifyAuthChallengeResponse"},
        ),
        ("a.mjs", "export { define, make as create };", {DEFINE: "define", CREATE: "create"}),
        ("createAuthChallenge.cjs", "exports.handler = 1; exports.define = 2", {CREATE: "handler"}),
    ],
)
def test_a_file_says_what_it_holds(tmp_path: Path, name: str, text: str, functions: dict[Trigger, str]) -> None:
    write(tmp_path, {name: text})
    assert found(tmp_path / name) == {trigger: f"{name}:{function}" for trigger, function in functions.items()}


@pytest.mark.parametrize(
    ("files", "functions"),
    [
        (
            {
                "define.py": "def handler(e, c): ...",
                "create.js": "exports.create = 1",
                "helpers.py": "def define(): ...",
            },
            {DEFINE: "define.py:handler", CREATE: "create.js:create"},
        ),
        (
            {"DefineAuthChallenge/index.mjs": "export const handler = 1", "verify-auth/app.py": "lambda_handler = 1"},
            {DEFINE: "DefineAuthChallenge/index.mjs:handler", VERIFY: "verify-auth/app.py:lambda_handler"},
        ),
        ({"handler.py": "define, create = 1, 2"}, {DEFINE: "handler.py:define", CREATE: "handler.py:create"}),
    ],
)
def test_a_folder_holds_files_or_folders_called_after_the_triggers(
    tmp_path: Path, files: dict[str, str], functions: dict[Trigger, str]
) -> None:
    write(tmp_path, files)
    assert found(tmp_path) == functions


def test_a_declared_flow_is_what_its_file_holds_and_may_use_its_neighbours(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "questions_of_mine.py": "from authsteps.flows import Challenge\nask = Challenge('ASK', print, print)",
            "a.py": "from questions_of_mine import ask\nfrom authsteps.flows import CustomAuthFlow\n"
            "flow = CustomAuthFlow('mine', [ask])\nthe_same = flow",
        },
    )
    flow = find_functions(tmp_path / "a.py")
    assert isinstance(flow, CustomAuthFlow)
    assert flow.name == "mine"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("missing.py", None, "there is no such file or folder"),
        ("a.ts", "export const handler = 1", "it ends in none of .py, .js, .mjs, .cjs"),
        ("a.py", "def sign_in(): ...", "nothing in it is called define, create or verify (or define_auth_challenge"),
        ("a.js", "const handler = 1;", "nothing in it is called define"),
        ("define.js", "exports.main = 1;", "it has no handler or lambda_handler"),
        ("a.py", "def define(:", "it is no Python"),
        (
            "a.py",
            "def flow(): from authsteps.flows import CustomAuthFlow",
            "it names CustomAuthFlow and has none outside of its functions; nothing in it is called define",
        ),
        (
            "a.py",
            "from authsteps.flows import *\na, b = (CustomAuthFlow(x, [Challenge('A', id, id)]) for x in 'ab')",
            "it declares several flows: a, b",
        ),
        ("a.py", "from authsteps.flows import CustomAuthFlow\nraise KeyError('home')", "it raises KeyError: 'home'"),
    ],
)
def test_what_is_missing_or_unclear_is_said(tmp_path: Path, name: str, text: str | None, problem: str) -> None:
    if text is not None:
        write(tmp_path, {name: text})
    with pytest.raises(NothingFoundError) as refused:
        find_functions(tmp_path / name)
    assert str(refused.value).startswith(f"{tmp_path / name}: {problem}")


def test_two_files_for_one_trigger_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"define.py": "handler = 1", "define.js": "exports.handler = 1"})
    with pytest.raises(NothingFoundError, match=r"for DefineAuthChallenge there are several: .*define.js, .*define.py"):
        find_functions(tmp_path)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(NothingFoundError, match=r"no file is called define, create or verify"):
        find_functions(tmp_path)
