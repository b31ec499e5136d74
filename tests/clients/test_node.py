"""Where there is no node, tests with clients in JavaScript say so; where they are required, they fail."""

from pathlib import Path

import pytest

from tests.clients import node


@pytest.fixture(params=[("", "Skipped"), ("required", "Failed")], ids=["skipped", "failed"])
def outcome(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """What becomes of a test whose client is missing."""
    wanted, outcome = request.param
    monkeypatch.setenv("AUTHSTEPS_CLIENTS", wanted)
    return str(outcome)


def test_without_node(monkeypatch: pytest.MonkeyPatch, outcome: str) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BaseException, match="install node and npm") as told:  # pytest's own are bare ones
        node.run("amplify.mjs", {})
    assert type(told.value).__name__ == outcome


def test_without_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: str) -> None:
    monkeypatch.setattr(node, "FOLDER", tmp_path)
    (tmp_path / "node").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BaseException, match="run make unit once") as told:
        node.run("amplify.mjs", {})
    assert type(told.value).__name__ == outcome


def test_no_address_stands_in_the_lock_file() -> None:
    """npm writes where it found a package, and whom to thank for it; CONTRIBUTING says how to leave both out."""
    assert "://" not in (node.FOLDER / "package-lock.json").read_text("utf-8")
