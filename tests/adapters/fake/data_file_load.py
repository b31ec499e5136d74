"""A load on a data file, in a process of its own that is to be killed: many sign up, sign in and refresh at once.

Usage: ``python data_file_load.py FILE POOL CLIENT``. Every answer goes out as a line of JSON as soon as it is there.
"""

import json
import os
import sys
from functools import partial
from typing import Any, cast

import anyio

from authsteps.adapters.fake import FakeCognito

__all__ = ["PASSWORD", "WORKERS"]

WORKERS = 16
PASSWORD = "Correct-horse-7"  # nobody's


async def work(cognito: FakeCognito, pool_id: str, client_id: str, worker: int) -> None:
    """Make people, one after the other, who sign in and refresh twice."""

    async def call(operation: str, **members: Any) -> Any:
        return cast("Any", await cognito.call(operation, members))

    number = 0
    while True:
        number += 1
        username = f"worker-{worker}-{number}"
        await call("SignUp", ClientId=client_id, Username=username, Password=PASSWORD)
        tell(worker, username, "signed up")
        await call("AdminConfirmSignUp", UserPoolId=pool_id, Username=username)
        tell(worker, username, "confirmed")
        given = {"USERNAME": username, "PASSWORD": PASSWORD}
        reply = await call("InitiateAuth", ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        tokens = reply["AuthenticationResult"]
        tell(worker, username, "tokens", tokens["RefreshToken"], tokens["AccessToken"])
        for _ in range(2):
            reply = await call("GetTokensFromRefreshToken", ClientId=client_id, RefreshToken=tokens["RefreshToken"])
            tokens = reply["AuthenticationResult"]
            tell(worker, username, "tokens", tokens["RefreshToken"], tokens["AccessToken"])


def tell(*what: object) -> None:
    """Say what was answered. A pipe takes as much as this in one piece, or nothing."""
    os.write(sys.stdout.fileno(), f"{json.dumps(what)}\n".encode())


async def main(path: str, pool_id: str, client_id: str) -> None:
    """Work until somebody ends it."""
    cognito = FakeCognito()
    async with cognito.kept_in(path), anyio.create_task_group() as workers:
        for worker in range(WORKERS):
            workers.start_soon(work, cognito, pool_id, client_id, worker)


if __name__ == "__main__":
    anyio.run(partial(main, *sys.argv[1:]))
