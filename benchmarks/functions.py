"""What the functions behind a pool's triggers cost the process that asks them, beside calling them by hand.

The functions give their event back as it is, and no more: what is left is the way there and back. A Node function runs
in a process of its own, whose time is not counted; its call is for seeing what the asking costs.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.lambda_triggers import (
    NodeFunction,
    PythonFunction,
    Trigger,
    TriggerRunner,
    Triggers,
)
from authsteps.flows import AuthFlow, AuthService
from authsteps.flows.model import Json
from benchmarks.measure import Batch, Timings, crowd, take_turns
from benchmarks.world import PASSWORD, SeededEntropy, signing_keys

__all__ = ["ASYNC", "BY_HAND", "NODE", "PLAIN_SIGN_IN", "SYNC", "TRIGGERED_SIGN_IN", "compare", "compare_sign_ins"]

BY_HAND = "calling the function, its event through JSON and back"
ASYNC = "a call of an async PythonFunction"
SYNC = "a call of a sync PythonFunction, in its thread"
NODE = "a call of a NodeFunction, this process alone"
PLAIN_SIGN_IN = "a password sign-in on the fake pool"
TRIGGERED_SIGN_IN = "a password sign-in on the fake pool with three functions asked on the way"

_EVENT: Mapping[str, Json] = {
    "version": "1",
    "triggerSource": "PreAuthentication_Authentication",
    "region": "eu-west-1",
    "userPoolId": "eu-west-1_Bench0001",
    "userName": "2b6c9d1e-4f80-4a35-9c17-d05e8f6a7b24",
    "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1h57kf5cpq17m0eml12EXAMPLE"},
    "request": {
        "userAttributes": {"sub": "2b6c9d1e-4f80-4a35-9c17-d05e8f6a7b24", "email": "alice@example.com"},
        "validationData": None,
    },
    "response": {},
}
_IN_JAVASCRIPT = "exports.handler = async (event) => event;"


def _give_back(event: Any, context: object) -> object:
    del context
    return event


async def _give_back_later(event: Any, context: object) -> object:
    return _give_back(event, context)


async def compare(rounds: int) -> Timings:
    """Measure one call each way, in turn."""

    async def by_hand() -> None:
        json.dumps(_give_back(json.loads(json.dumps(_EVENT)), None))

    with TemporaryDirectory() as folder:
        file = Path(folder) / "index.js"
        file.write_text(_IN_JAVASCRIPT, encoding="utf-8")
        async with NodeFunction(file) as in_node:
            return await take_turns(
                {
                    BY_HAND: _repeated(by_hand, 50),
                    ASYNC: _repeated(_asking(PythonFunction(_give_back_later)), 50),
                    SYNC: _repeated(_asking(PythonFunction(_give_back)), 50),
                    NODE: _repeated(_asking(in_node), 50),
                },
                rounds,
            )


async def compare_sign_ins(rounds: int) -> Timings:
    """Measure a whole sign-in without functions and with some, in turn."""
    function = PythonFunction(_give_back_later)
    asked = (Trigger.PRE_AUTHENTICATION, Trigger.POST_AUTHENTICATION, Trigger.PRE_TOKEN_GENERATION)
    cases = {PLAIN_SIGN_IN: Triggers(), TRIGGERED_SIGN_IN: Triggers(dict.fromkeys(asked, function))}
    return await take_turns({name: _repeated(_signing_in(triggers), 4) for name, triggers in cases.items()}, rounds)


def _asking(function: TriggerRunner) -> Callable[[], Awaitable[None]]:
    async def ask() -> None:
        assert await function.invoke(Trigger.PRE_AUTHENTICATION, _EVENT) == _EVENT

    return ask


def _signing_in(triggers: Triggers) -> Callable[[], Awaitable[None]]:
    pool = FakeUserPool(entropy=SeededEntropy(7), signing_keys=signing_keys(), triggers=triggers)
    pool.add_user("alice", PASSWORD)
    service = AuthService(pool.backend(), entropy=SeededEntropy(8), default_flow=AuthFlow.USER_PASSWORD_AUTH)

    async def sign_in() -> None:
        result = await service.sign_in("alice", PASSWORD)
        assert result.is_signed_in

    return sign_in


def _repeated(one: Callable[[], Awaitable[None]], times: int) -> Batch:
    return Batch(lambda: crowd(one, in_flight=1, count=times), times)
