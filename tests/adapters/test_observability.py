"""The structlog observer writes one entry for each advance, and nothing that should not be read."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from authsteps.adapters.cognito import CognitoBackend, CognitoConfig, Json, ServiceError
from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool, Settings
from authsteps.adapters.observability import StructlogObserver
from authsteps.engine import Observation
from authsteps.flows import AuthClient, NotAuthorizedError
from tests.conftest import SeededEntropy, VirtualClock

FIELDS = {"flow", "run_id", "from_state", "flow_event", "to_state", "outstanding", "failure", "duration_ms"}


def observed(failure: str | None) -> Observation:
    """Return what an observer is told."""
    return Observation(
        flow="sign_in",
        run_id="0123",
        event="Refused",
        source="PROVING_PASSWORD",
        target="REFUSED",
        outstanding=None,
        is_step=False,
        failure=failure,
        took=timedelta(milliseconds=12.5),
    )


def test_an_entry_says_what_happened_where_it_leads_and_how_long_it_took() -> None:
    with capture_logs() as entries:
        StructlogObserver().advanced(observed(None))
    assert entries == [
        {
            "event": "flow advanced",
            "log_level": "info",
            "flow": "sign_in",
            "run_id": "0123",
            "from_state": "PROVING_PASSWORD",
            "flow_event": "Refused",
            "to_state": "REFUSED",
            "outstanding": None,
            "failure": None,
            "duration_ms": 12.5,
        }
    ]


def test_a_failure_is_a_warning() -> None:
    with capture_logs() as entries:
        StructlogObserver().advanced(observed("NotAuthorizedException"))
    assert (entries[0]["log_level"], entries[0]["failure"]) == ("warning", "NotAuthorizedException")


def test_a_name_from_the_wire_cannot_forge_an_entry() -> None:
    with capture_logs() as entries:
        StructlogObserver().advanced(observed("Bad\nflow advanced user=root " + "x" * 1000))
    failure = entries[0]["failure"]
    assert "\n" not in failure
    assert "=" not in failure
    assert len(failure) == 80


async def test_every_advance_of_a_sign_in_is_one_entry_refused_or_not(
    clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy)
    pool.add_user("alice", "Passw0rd!")
    with capture_logs() as entries:
        async with AuthClient(pool.backend(), clock=clock, observer=StructlogObserver()) as auth:
            with pytest.raises(NotAuthorizedError):
                await auth.sign_in("alice", "wrong")
            await auth.sign_in("alice", "Passw0rd!")
    assert [entry["to_state"] for entry in entries] == [
        *("MAKING_KEY_PAIR", "INITIATING", "COMPUTING_CLAIM", "PROVING_PASSWORD", "REFUSED"),
        *("MAKING_KEY_PAIR", "INITIATING", "COMPUTING_CLAIM", "PROVING_PASSWORD", "SIGNED_IN"),
    ]
    assert all(entry.keys() - {"event", "log_level"} == FIELDS for entry in entries)
    assert len({entry["run_id"] for entry in entries}) == 2


class NoConfirming:
    """A pool that confirms no device."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Pass on what is no ConfirmDevice."""
        if operation == "ConfirmDevice":
            raise ServiceError("InternalErrorException", "out of order", status=500)
        return await self._pool.call(operation, request)


async def test_what_fails_after_the_tokens_is_a_warning_and_keeps_nobody_out(
    clock: VirtualClock, entropy: SeededEntropy
) -> None:
    """Source: AWS Amplify Auth (Swift): a device that cannot be confirmed is logged, and the sign-in goes on."""
    pool = FakeUserPool(settings=Settings(devices=DeviceConfiguration()), clock=clock, entropy=entropy)
    pool.add_user("alice", "Passw0rd!")
    config = CognitoConfig(pool.id, pool.client.client_id)
    backend = CognitoBackend(NoConfirming(pool), config, clock=clock, entropy=entropy)
    with capture_logs() as entries:
        async with AuthClient(backend, clock=clock, observer=StructlogObserver()) as auth:
            assert (await auth.sign_in("alice", "Passw0rd!")).is_signed_in
    warnings = [entry for entry in entries if entry["log_level"] == "warning"]
    assert [(entry["flow_event"], entry["failure"], entry["to_state"]) for entry in warnings] == [
        ("ErrandDone", "NoAnswer", "SIGNED_IN")
    ]


def test_another_logger_can_be_given() -> None:
    with capture_logs() as entries:
        StructlogObserver(structlog.get_logger("mine").bind(service="shop")).advanced(observed(None))
    assert entries[0]["service"] == "shop"
