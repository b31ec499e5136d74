"""After ``kill -9`` in the middle of a load nothing is lost that was answered, and the file opens again."""

import json
import signal
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import FakeCognito, UserStatus
from authsteps.adapters.fake.tokens import token_digest
from authsteps.engine.messages import Secret
from tests.adapters.fake.data_file_load import PASSWORD, WORKERS
from tests.adapters.fake.kept import copied
from tests.adapters.fake.world import inside

LOAD = Path(__file__).with_name("data_file_load.py")


class Told:
    """What a process was answered before it was killed."""

    def __init__(self, lines: list[str]) -> None:
        self.confirmed = set[str]()
        self.signed_up = set[str]()
        self.refresh: dict[str, list[str]] = {}
        self.access: dict[str, str] = {}
        last: dict[int, str] = {}
        for line in lines:
            worker, username, what, *tokens = json.loads(line)
            last[worker] = username
            if what == "signed up":
                self.signed_up.add(username)
            elif what == "confirmed":
                self.confirmed.add(username)
            else:
                self.refresh.setdefault(username, []).append(tokens[0])
                self.access[username] = tokens[1]
        self.in_the_middle = set(last.values())
        """Those for whom something may have been done that was not answered."""


def killed_after(answers: int, path: Path, pool_id: str, client_id: str) -> Told:
    """Run the load until so many answers have come out, kill it, and return all that came out."""
    with subprocess.Popen(  # noqa: S603  # ours
        [sys.executable, LOAD, path, pool_id, client_id], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(answers)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        assert process.wait() == -signal.SIGKILL
    assert all(line.endswith("\n") for line in lines)
    return Told(lines)


async def call(cognito: FakeCognito, operation: str, **members: Any) -> Any:
    return cast("Any", await cognito.call(operation, members))


@pytest.mark.parametrize("answers", [1, 40, 333])
async def test_nothing_is_lost_that_was_answered(answers: int, tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    first = FakeCognito()
    async with first.kept_in(path):
        made = await call(first, "CreateUserPool", PoolName="a pool")
        pool_id = made["UserPool"]["Id"]
        made = await call(
            first, "CreateUserPoolClient", UserPoolId=pool_id, ClientName="app",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
            RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
        )  # fmt: skip
        client_id = made["UserPoolClient"]["ClientId"]

    told = killed_after(answers, path, pool_id, client_id)

    assert len(told.in_the_middle) <= WORKERS
    connection = sqlite3.connect(copied(path))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    second = FakeCognito()
    async with second.kept_in(path):
        pool = second.pool(pool_id)
        assert told.signed_up <= {user.username for user in pool.users}
        assert told.confirmed <= {user.username for user in pool.users if user.status is UserStatus.CONFIRMED}
        for username, tokens in told.refresh.items():
            await call(second, "GetUser", AccessToken=told.access[username])
            for used, _ in pairwise(tokens):
                with pytest.raises(ServiceError, match="Refresh token has been reused"):
                    await call(second, "GetTokensFromRefreshToken", ClientId=client_id, RefreshToken=used)
            family = inside(pool).holder_of_refresh_token(token_digest(Secret(tokens[-1])))[1]
            assert family is not None
            if family.refresh_tokens[token_digest(Secret(tokens[-1]))] is None:
                await call(second, "GetTokensFromRefreshToken", ClientId=client_id, RefreshToken=tokens[-1])
            else:  # it was refreshed, and nobody was told
                assert username in told.in_the_middle
        for username in sorted(told.confirmed)[:50]:
            given = {"USERNAME": username, "PASSWORD": PASSWORD}
            await call(second, "InitiateAuth", ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
