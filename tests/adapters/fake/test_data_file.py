"""A data file: what is there when it is opened again, and what is said of one that cannot be opened."""

import os
import sqlite3
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import anyio
import pytest

from authsteps.adapters.fake import (
    DataFileError,
    DataFileInUseError,
    DataFileUnavailableError,
    FakeCognito,
    FakeUserPool,
    ForeignDataFileError,
    NewerDataFileError,
)
from authsteps.adapters.fake.data import keeper
from authsteps.adapters.fake.data.file import Change, DataFile
from authsteps.adapters.lambda_triggers import PythonFunction, ScriptedFunction, Trigger, Triggers
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.kept import all_in, all_in_file
from tests.adapters.fake.world import ALICE, DAY, HOUR, MINUTE, PASSWORD, App, load_signing_keys, refusal, tokens_of
from tests.conftest import SeededEntropy, VirtualClock

pytestmark = pytest.mark.usefixtures("each_backend")

MINE: Final = "eu-west-1_Mine00001"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


MakeCognito = Callable[..., FakeCognito]


@pytest.fixture
def make_cognito(clock: VirtualClock, entropy: SeededEntropy) -> MakeCognito:
    """Makes regions on the virtual clock. Each draws other things."""

    def make(**options: Any) -> FakeCognito:
        return FakeCognito(clock=clock, entropy=entropy, **options)

    return make


def a_pool(make_pool: MakePool) -> FakeUserPool:
    pool = make_pool(MINE)
    pool.add_user(ALICE, PASSWORD)
    return pool


# --- What is there again ----------------------------------------------------------------------------------------------


async def test_whoever_signed_in_before_goes_on_after_it(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool, clock: VirtualClock
) -> None:
    before = make_cognito()
    before.add_pool(a_pool(make_pool))
    async with before.kept_in(path):
        app = App(before.pool(MINE), clock)
        tokens = await app.tokens()
        revoked = await app.tokens()
        await app.call("RevokeToken", ClientId=app.client.client_id, Token=revoked["RefreshToken"])

    after = make_cognito()
    async with after.kept_in(path):
        clock.move(30 * DAY - HOUR)
        app = App(after.pool(MINE), clock)
        renewed = tokens_of(await app.refresh(tokens["RefreshToken"]))
        await app.call("GetUser", AccessToken=renewed["AccessToken"])
        assert await refusal(app.refresh(revoked["RefreshToken"])) == (
            "NotAuthorizedException", "Refresh Token has been revoked",
        )  # fmt: skip
        clock.move(HOUR)
        assert (await refusal(app.refresh(tokens["RefreshToken"])))[1] == "Refresh Token has expired"


async def test_tokens_are_signed_with_the_same_keys(path: Path, make_cognito: MakeCognito) -> None:
    first = make_cognito()
    async with first.kept_in(path):
        created = await first.call("CreateUserPool", {"PoolName": "a pool"})
        pool_id = cast("Mapping[str, str]", created["UserPool"])["Id"]
        published = await first.pool(pool_id).jwks()
        assert await all_in_file(path) == all_in(first)

    second = make_cognito(signing_keys=load_signing_keys())
    async with second.kept_in(path):
        assert await second.pool(pool_id).jwks() == published


async def test_a_pool_without_keys_gets_those_that_are_given(path: Path, make_cognito: MakeCognito) -> None:
    async with (first := make_cognito()).kept_in(path):
        await first.call("CreateUserPool", {"PoolName": "a pool"})

    async with (second := make_cognito(signing_keys=load_signing_keys())).kept_in(path):
        assert await second.pools[0].jwks() == load_signing_keys().public_jwks()
        assert await all_in_file(path) == all_in(second)


async def test_functions_are_found_again_by_their_arns(path: Path, make_cognito: MakeCognito) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:pre"
    async with (first := make_cognito()).kept_in(path):
        await first.call("CreateUserPool", {"PoolName": "a pool", "LambdaConfig": {"PreSignUp": arn}})

    function = ScriptedFunction({})
    async with (second := make_cognito(functions={arn: function})).kept_in(path):
        assert second.pools[0].triggers.functions == {Trigger.PRE_SIGN_UP: function}


async def test_what_is_done_past_the_operations_is_kept_when_it_is_said(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool
) -> None:
    cognito = make_cognito()
    async with cognito.kept_in(path):
        cognito.add_pool(a_pool(make_pool))
        cognito.pool(MINE).add_group("cooks", ALICE)
        await cognito.keep()
        assert await all_in_file(path) == all_in(cognito)
        cognito.pool(MINE).delete_user(ALICE)
    assert await all_in_file(path) == all_in(cognito)


async def test_after_the_file_is_closed_the_pools_live_on_in_memory(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool, clock: VirtualClock
) -> None:
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    async with cognito.kept_in(path):
        stored = all_in(cognito)

    await App(cognito.pool(MINE), clock).tokens()
    await cognito.keep()

    assert await all_in_file(path) == stored != all_in(cognito)


async def test_users_are_in_the_order_in_which_they_came_whoever_was_answered_first(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool, clock: VirtualClock
) -> None:
    cognito, pool, go_on = make_cognito(), make_pool(MINE), anyio.Event()

    async def take_a_while(event: object, _: object) -> object:
        await go_on.wait()
        return event

    pool.triggers = Triggers({Trigger.CUSTOM_MESSAGE: PythonFunction(take_a_while)})
    cognito.add_pool(pool)
    async with cognito.kept_in(path):
        async with anyio.create_task_group() as group:
            group.start_soon(partial(App(pool, clock).sign_up, "first", email="first@example.com"))
            await anyio.wait_all_tasks_blocked()
            clock.move(MINUTE)
            await Administrator(cognito, MINE).create_user("second")
            go_on.set()
        assert await all_in_file(path) == all_in(cognito)


async def test_nobody_is_looked_at_again_who_is_in_the_file_when_it_is_opened(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take as long as to write all of it."""
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    async with cognito.kept_in(path):
        pass

    def refuse(value: object) -> str:
        pytest.fail(f"a {type(value).__name__} is written")

    with monkeypatch.context() as opening:
        opening.setattr(keeper, "write_document", refuse)
        async with (other := make_cognito()).kept_in(path):
            opening.undo()
            assert other.pool(MINE).user(ALICE).username == ALICE


async def test_a_file_can_be_left_and_opened_again_by_another_region(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool
) -> None:
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    async with cognito.kept_in(path):
        pass
    async with (other := FakeCognito("us-east-1")).kept_in(path):
        assert other.pool(MINE).user(ALICE).username == ALICE
    assert [*modes_beside(path)] == [path.name]


async def test_calls_that_come_at_once_are_all_kept(path: Path, make_cognito: MakeCognito, make_pool: MakePool) -> None:
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    administrator = Administrator(cognito, MINE)
    async with cognito.kept_in(path):
        async with anyio.create_task_group() as group:
            for number in range(200):
                group.start_soon(administrator.create_user, f"user {number}".replace(" ", "-"))
        assert len(cognito.pool(MINE).users) == 201
        assert await all_in_file(path) == all_in(cognito)


async def test_a_group_of_many_is_left_by_all(path: Path, make_cognito: MakeCognito, make_pool: MakePool) -> None:
    """More than are looked at in one go."""
    cognito, pool = make_cognito(), make_pool(MINE, has_limits=False)
    for number in range(150):
        pool.add_user(f"user-{number}", None)
    pool.add_group("cooks", *(user.username for user in pool.users))
    cognito.add_pool(pool)
    async with cognito.kept_in(path):
        await Administrator(cognito, MINE).in_pool("DeleteGroup", GroupName="cooks")
        assert await all_in_file(path) == all_in(cognito)
        assert not any(user.groups for user in cognito.pool(MINE).users)


async def test_what_a_call_did_that_was_cancelled_is_written_with_the_next(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool
) -> None:
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    administrator = Administrator(cognito, MINE)
    async with cognito.kept_in(path):
        with anyio.CancelScope() as scope:
            scope.cancel()
            await administrator.to("AdminDisableUser")
        assert not cognito.pool(MINE).user(ALICE).enabled
        await administrator.create_user("somebody-else")
        assert await all_in_file(path) == all_in(cognito)


# --- A file that cannot be had ----------------------------------------------------------------------------------------


HOLD: Final = """
import sys, anyio
from authsteps.adapters.fake import FakeCognito
async def hold():
    async with FakeCognito().kept_in(sys.argv[1]):
        print("open", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)
anyio.run(hold)
"""


class OtherProcess:
    """Another process, which has a data file open."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", HOLD, os.fspath(path)]
        self._process = subprocess.Popen(  # noqa: S603  # ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "open\n"

    def close(self) -> None:
        self._process.communicate("")
        assert self._process.returncode == 0


def modes_beside(path: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}


def make_empty(path: Path) -> None:
    path.touch()


def make_read_only(path: Path) -> None:
    path.chmod(0o400)


def content(path: Path) -> bytes:
    return path.read_bytes()


async def error_of(path: Path) -> DataFileError:
    with pytest.raises(DataFileError) as caught:
        async with FakeCognito().kept_in(path):
            pytest.fail("it was opened")
    assert caught.value.path == os.fspath(path)
    assert str(path) in str(caught.value)
    return caught.value


async def test_only_its_owner_can_read_it(path: Path) -> None:
    async with (cognito := FakeCognito()).kept_in(path):
        await cognito.call("CreateUserPool", {"PoolName": "a pool"})
        modes = modes_beside(path)
    assert modes == {"data.db": 0o600, "data.db-wal": 0o600}


async def test_an_empty_file_becomes_one(path: Path) -> None:
    make_empty(path)
    async with (cognito := FakeCognito()).kept_in(path):
        assert cognito.pools == ()


FOREIGN: Final[Mapping[str, Callable[[Path], object]]] = {
    "a text": lambda path: path.write_text("[pools]\n" * 100),
    "another database": lambda path: _database(path, "CREATE TABLE pools (id)"),
    "another's database": lambda path: _database(path, "PRAGMA application_id = 7"),
    "a database that counts its versions": lambda path: _database(path, "PRAGMA user_version = 1"),
}


def _database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
async def test_what_is_somebody_elses_is_left_as_it_is(path: Path, make: Callable[[Path], object]) -> None:
    make(path)
    before = content(path)

    assert isinstance(await error_of(path), ForeignDataFileError)
    assert content(path) == before


async def test_a_damaged_document_is_told_of_and_not_quoted(path: Path) -> None:
    async with (cognito := FakeCognito()).kept_in(path):
        await cognito.call("CreateUserPool", {"PoolName": "a pool"})
    _database(path, """UPDATE pools SET document = '{"canary": 1}'""")

    error = await error_of(path)
    assert isinstance(error, ForeignDataFileError)
    assert "PoolDocument" in str(error)
    assert "canary" not in str(error)


DAMAGE: Final[Mapping[str, tuple[str, ...]]] = {
    "a text that is none": ("UPDATE pools SET document = CAST(X'63616e617279ff' AS TEXT)",),
    "bytes": ("UPDATE pools SET document = X'63616e617279ff'",),
    "nothing": ("UPDATE pools SET document = ''",),
    "a group of no pool": ("INSERT INTO groups (pool, name, document) VALUES ('canary', 'cooks', '{}')",),
    "a device of nobody": (
        "INSERT INTO devices (pool, sub, key, document) SELECT pool, 'canary', 'a', '{}' FROM pools",
    ),
    "no table": ("DROP TABLE devices",),
    "a table that is none": (
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_master SET name = CAST(X'63616e617279ff' AS TEXT), sql = 'canary' WHERE name = 'devices'",
    ),
    "a pool of no id": (
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_master SET sql = replace(sql, 'pool TEXT NOT NULL', 'pool TEXT') WHERE name = 'pools'",
        "PRAGMA writable_schema = RESET",
        "UPDATE pools SET pool = NULL",
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_master SET sql = replace(sql, 'pool TEXT', 'pool TEXT NOT NULL') WHERE name = 'pools'",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
async def test_a_damaged_file_is_told_of_and_not_quoted(path: Path, damage: tuple[str, ...]) -> None:
    async with (cognito := FakeCognito()).kept_in(path):
        await cognito.call("CreateUserPool", {"PoolName": "a pool"})
    _database(path, *damage)
    before = content(path)

    error = await error_of(path)
    assert isinstance(error, ForeignDataFileError)
    assert "canary" not in "".join(traceback.format_exception(error))
    assert content(path) == before


async def test_a_file_of_a_newer_version_is_left_as_it_is(path: Path) -> None:
    async with FakeCognito().kept_in(path):
        pass
    _database(path, "PRAGMA user_version = 2")
    before = content(path)

    assert isinstance(await error_of(path), NewerDataFileError)
    assert content(path) == before


async def test_a_file_is_open_once_in_a_process(path: Path) -> None:
    async with FakeCognito().kept_in(path):
        assert isinstance(await error_of(path), DataFileInUseError)


async def test_a_file_is_open_in_one_process(path: Path) -> None:
    with closing(OtherProcess(path)):
        assert isinstance(await error_of(path), DataFileInUseError)
    async with FakeCognito().kept_in(path):
        pass


async def test_a_folder_must_be_there(tmp_path: Path) -> None:
    assert isinstance(await error_of(tmp_path / "nowhere" / "data.db"), DataFileUnavailableError)


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert isinstance(await error_of(tmp_path), DataFileUnavailableError)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
async def test_a_file_that_cannot_be_written_is_told_of_before_anything_happens(path: Path) -> None:
    async with FakeCognito().kept_in(path):
        pass
    make_read_only(path)

    assert isinstance(await error_of(path), DataFileUnavailableError)


def test_a_file_that_cannot_be_written_any_more_says_so(path: Path) -> None:
    file = DataFile.open(path)
    vars(file)["_connection"].execute("PRAGMA query_only = ON")

    with pytest.raises(DataFileUnavailableError):
        file.write([Change("pools", ("a",), "{}")])
    assert file.read()["pools"] == ()
    file.close()


def remove(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def replace(path: Path) -> None:
    remove(path)
    make_empty(path)


@pytest.mark.parametrize("lose", [remove, replace])
async def test_nothing_is_answered_that_is_in_a_file_nobody_finds(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool, lose: Callable[[Path], object]
) -> None:
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    async with cognito.kept_in(path):
        lose(path)
        with pytest.raises(DataFileUnavailableError):
            await Administrator(cognito, MINE).to("AdminDisableUser")
        path.with_name("elsewhere").rename(path)
        await Administrator(cognito, MINE).to("AdminGetUser")
        assert await all_in_file(path) == all_in(cognito)


async def test_a_call_that_ends_after_the_file_was_closed_is_told_so(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool
) -> None:
    cognito, asked, go_on = make_cognito(), anyio.Event(), anyio.Event()
    errors = list[DataFileError]()

    async def wait(event: object, _: object) -> object:
        asked.set()
        await go_on.wait()
        return event

    pool = a_pool(make_pool)
    pool.triggers = Triggers({Trigger.POST_AUTHENTICATION: PythonFunction(wait)})
    cognito.add_pool(pool)

    async def sign_in() -> None:
        try:
            await App(pool, VirtualClock()).tokens()
        except DataFileError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        async with cognito.kept_in(path):
            group.start_soon(sign_in)
            await asked.wait()
        go_on.set()

    assert [(type(error), error.problem) for error in errors] == [(DataFileUnavailableError, "is closed")]


def test_a_full_disk_is_told_of_and_nothing_is_half_written(path: Path) -> None:
    file, changes = DataFile.open(path), [Change("pools", ("a",), "{}"), Change("pools", ("b",), "0" * 10**6)]
    vars(file)["_connection"].execute("PRAGMA max_page_count = 1")  # no fewer than there are
    with pytest.raises(DataFileUnavailableError, match="full"):
        file.write(changes)
    assert file.read()["pools"] == ()

    vars(file)["_connection"].execute("PRAGMA max_page_count = 1000")
    file.write(changes)
    assert [row.keys for row in file.read()["pools"]] == [("a",), ("b",)]
    file.close()


async def test_one_region_is_kept_in_one_file(path: Path, tmp_path: Path) -> None:
    cognito = FakeCognito()
    async with cognito.kept_in(path):
        with pytest.raises(RuntimeError, match="is kept in a file already"):
            async with cognito.kept_in(tmp_path / "other.db"):
                pass


async def test_a_pool_that_is_here_and_in_the_file_is_two(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool
) -> None:
    for refused in (False, True):
        cognito = make_cognito()
        cognito.add_pool(a_pool(make_pool))
        if refused:
            with pytest.raises(ValueError, match="add pools after it is open"):
                async with cognito.kept_in(path):
                    pass
            assert [pool.id for pool in cognito.pools] == [MINE]
        else:
            async with cognito.kept_in(path):
                pass


async def test_what_cannot_be_written_is_not_answered_and_is_written_with_the_next(
    path: Path, make_cognito: MakeCognito, make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cognito = make_cognito()
    cognito.add_pool(a_pool(make_pool))
    administrator = Administrator(cognito, MINE)
    async with cognito.kept_in(path):
        before = await all_in_file(path)
        with monkeypatch.context() as full:

            def refuse(self: DataFile, changes: list[Change]) -> None:
                raise DataFileUnavailableError(self.path, f"has no room for {len(changes)}", "make room")

            full.setattr(DataFile, "write", refuse)
            for call in (administrator.to("AdminDisableUser"), administrator.to("AdminGetUser")):
                with pytest.raises(DataFileUnavailableError):
                    await call
        assert await all_in_file(path) == before
        await administrator.to("AdminGetUser")
        assert await all_in_file(path) == all_in(cognito) != before
