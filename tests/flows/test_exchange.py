"""Verbs against a backend of somebody else's making, which says what it likes."""

from collections.abc import Collection, Mapping

import pytest

from authsteps.engine.errors import AuthStepsError, UnansweredError
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.shield import surely
from authsteps.engine.store import MemoryRunStore
from authsteps.flows import effects, events
from authsteps.flows.errors import (
    BackendContractError,
    NotAuthorizedError,
    PasswordResetRequiredError,
    UserNotConfirmedError,
)
from authsteps.flows.exchange import exchange
from authsteps.flows.model import AuthFlow
from authsteps.flows.service import AuthService
from authsteps.flows.session import Cell
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.world import ALICE, PASSWORD


class Outspoken:
    """A backend that answers everything with the same event."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self.asked: list[Effect] = []

    @property
    def performs(self) -> Collection[type[Effect]]:
        return tuple(
            kind
            for name in effects.__all__
            if isinstance(kind := getattr(effects, name), type) and issubclass(kind, Effect)
        )

    async def perform(self, effect: Effect) -> Event:
        self.asked.append(effect)
        return self._event


GET_USER = effects.GetUser(Secret("access"))

REFUSED: Mapping[str, tuple[Event, type[AuthStepsError]]] = {
    "a refusal": (events.Refused("NotAuthorizedException", "Why."), NotAuthorizedError),
    "a reset first": (events.PasswordResetDemanded("Why."), PasswordResetRequiredError),
    "a confirmation first": (events.ConfirmationDemanded("Why."), UserNotConfirmedError),
    "something else": (events.TokenRevoked(), BackendContractError),
}


async def test_the_event_that_is_expected_comes_back() -> None:
    event = events.TokenRevoked()
    assert await exchange(Outspoken(event), GET_USER, events.TokenRevoked) is event


@pytest.mark.parametrize(("event", "kind"), REFUSED.values(), ids=[*REFUSED])
async def test_any_other_event_is_an_error_of_ours(event: Event, kind: type[AuthStepsError]) -> None:
    with pytest.raises(kind):
        await exchange(Outspoken(event), GET_USER, events.UserFetched)


async def test_an_event_that_a_flow_did_not_ask_for_is_a_broken_contract(
    clock: VirtualClock, entropy: SeededEntropy
) -> None:
    store = MemoryRunStore(clock)
    service = AuthService(Outspoken(events.TokenRevoked()), store=store, clock=clock, entropy=entropy)
    with pytest.raises(BackendContractError) as caught:
        await service.sign_in(ALICE, PASSWORD, flow=AuthFlow.USER_PASSWORD_AUTH)
    assert caught.value.problem == "the unexpected answer TokenRevoked in INITIATING of sign_in"
    assert len(store) == 0


async def test_nothing_is_sent_that_the_arithmetic_did_not_prepare(clock: VirtualClock, entropy: SeededEntropy) -> None:
    backend = Outspoken(events.KeyPairMade(Secret("a"), Secret("A")))
    with pytest.raises(BackendContractError, match="the unexpected answer KeyPairMade in INITIATING"):
        await AuthService(backend, clock=clock, entropy=entropy).sign_in(ALICE, PASSWORD)
    assert [type(effect) for effect in backend.asked] == [effects.MakeKeyPair, effects.InitiateAuth]


def test_an_empty_cell_cannot_be_unwrapped() -> None:
    with pytest.raises(LookupError, match="the cell is empty"):
        Cell[str]().unwrap()
    with pytest.raises(UnansweredError):
        Cell[str](error=UnansweredError("timed out", sent=True)).unwrap()
    assert Cell("").unwrap() == ""


async def test_a_write_that_fails_by_itself_is_not_repeated() -> None:
    writes: list[str] = []

    async def write() -> None:
        writes.append("tried")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        await surely(write)
    assert writes == ["tried"]
