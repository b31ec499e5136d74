"""A function is loaded by the place where it stands, or it is said why not."""

from pathlib import Path

import pytest

from authsteps.adapters.lambda_triggers import NodeFunction, PythonFunction, UnloadableFunctionError, load_function


@pytest.mark.parametrize(
    ("name", "text", "function", "kind"),
    [
        ("a.py", "handler = print", "", PythonFunction),
        ("a.py", "lambda_handler = print", "", PythonFunction),
        ("a.py", "define = print", ":define", PythonFunction),
        ("a.js", "exports.handler = async () => {}", "", NodeFunction),
        ("a.mjs", "export const define = async () => {}", ":define", NodeFunction),
        ("a.cjs", "exports.define = async () => {}", ":define", NodeFunction),
    ],
)
def test_the_file_says_what_runs_it(tmp_path: Path, name: str, text: str, function: str, kind: type) -> None:
    (tmp_path / name).write_text(text)
    assert type(load_function(f"{tmp_path / name}{function}")) is kind


@pytest.mark.parametrize(
    ("name", "text", "function", "problem"),
    [
        ("a.py", None, "", "there is no such file"),
        ("a.js", None, ":define", "there is no such file"),
        ("a.txt", "hello", ":define", "it ends in none of .py, .js, .mjs, .cjs"),
        ("a.py", "x = 1", "", "it has no function handler or lambda_handler"),
        ("a.py", "define = 1", ":define", "it has no function define"),
        ("a.py", "def define(:", ":define", "it raises SyntaxError: "),
        ("a.py", "1 / 0", "", "it raises ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, name: str, text: str | None, function: str, problem: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    place = f"{tmp_path / name}{function}"
    with pytest.raises(UnloadableFunctionError) as refused:
        load_function(place)
    assert str(refused.value).startswith(f"{place}: {problem}")
