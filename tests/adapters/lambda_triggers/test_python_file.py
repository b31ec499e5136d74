"""A user's Python file is run, and may import what lies beside it."""

from pathlib import Path

import pytest

from authsteps.adapters.lambda_triggers import UnrunnableFileError, run_file


def test_a_file_is_run_as_a_module_of_its_own_which_sees_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))  # pyright: ignore[reportUnknownMemberType]  # restored afterwards
    (tmp_path / "beside_of_mine.py").write_text("word = 'please'")
    (tmp_path / "json.py").write_text("from beside_of_mine import word\nagain = word * 2")
    module = run_file(tmp_path / "json.py")
    assert module.again == "pleaseplease"
    assert __import__("json") is not module


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("missing.py", None, "there is no such file"),
        ("a.txt", "x = 1", "it is no Python"),
        ("a.py", "1 / 0", "it raises ZeroDivisionError: division by zero"),
        ("a.py", "raise SystemExit(3)", "it raises SystemExit: 3"),
    ],
)
def test_why_a_file_cannot_be_run_is_said(tmp_path: Path, name: str, text: str | None, problem: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UnrunnableFileError) as refused:
        run_file(tmp_path / name)
    assert str(refused.value) == f"{tmp_path / name}: {problem}"
