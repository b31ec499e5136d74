"""What may be sent again, and after which pause."""

from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.retries.standard import ThrottledRetryableChecker
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.cognito import NoReplyError, Retries, ServiceError
from authsteps.adapters.cognito.retries import READS, is_throttling, may_be_repeated
from authsteps.flows.errors import InvalidInputError
from tests.adapters.cognito.golden_requests import GOLDEN
from tests.adapters.cognito.service_model import operation, operations

Failure = ServiceError | NoReplyError

OF_IDENTITY_POOLS = operations("cognito-identity")
OPERATIONS = operations() | OF_IDENTITY_POOLS
PERFORMED = {name for _, name, *_ in GOLDEN.values()} | {"GetId", "GetCredentialsForIdentity"}
"""Those that an effect becomes. Each of them has its golden request."""

NOT_ARRIVED = NoReplyError("connection refused", sent=False)
LOST = NoReplyError("read timeout", sent=True)
THROTTLED = ServiceError("TooManyRequestsException", "Rate exceeded")
FAULT = ServiceError("InternalErrorException", "", 500)
"""Of a Cognito that began and did not come to an end."""
REFUSED = ServiceError("NotAuthorizedException", "Incorrect username or password.")
EXHAUSTED = ServiceError("LimitExceededException", "Attempt limit exceeded, please try after some time.")
"""A limit for hours."""


# What


def test_what_is_read_twice_is_an_operation_that_exists_and_is_performed_here() -> None:
    assert READS.keys() <= OPERATIONS
    assert READS.keys() <= PERFORMED


def test_no_operation_changes_anything_that_is_read_twice() -> None:
    """botocore's models do not say which operations only read, so the names do, but for three that look like it."""
    ours = {name for name in PERFORMED if name.startswith(("Get", "List", "Describe"))}
    a_code_is_sent, a_token_may_be_used_up, an_identity_is_made = (
        "GetUserAttributeVerificationCode",
        "GetTokensFromRefreshToken",
        "GetId",
    )
    assert READS.keys() == ours - {a_code_is_sent, a_token_may_be_used_up, an_identity_is_made}


ONE_TIME = {"AuthParameters", "ChallengeResponses", "Code", "ConfirmationCode", "Session", "UserCode"}
"""Members that hold what is good once."""


@pytest.mark.parametrize("name", READS)
def test_nothing_that_is_read_twice_takes_a_code_a_session_or_an_answer(name: str) -> None:
    service = "cognito-identity" if name in OF_IDENTITY_POOLS else "cognito-idp"
    assert not ONE_TIME & set(operation(name, service).input_shape.members)


def test_members_that_are_good_once_are_called_so_by_botocore() -> None:
    """It shows that the test above can fail."""
    taken = {member for name in PERFORMED - OF_IDENTITY_POOLS for member in operation(name).input_shape.members}
    assert taken >= ONE_TIME


@pytest.mark.parametrize("name", sorted(PERFORMED))
@pytest.mark.parametrize("failure", [NOT_ARRIVED, THROTTLED], ids=["not arrived", "throttled"])
def test_what_did_nothing_may_be_repeated_whatever_it_is(name: str, failure: Failure) -> None:
    assert may_be_repeated(name, failure)


@pytest.mark.parametrize("name", sorted(PERFORMED))
@pytest.mark.parametrize("failure", [LOST, FAULT], ids=["lost", "fault"])
def test_what_may_have_been_done_may_be_repeated_only_if_it_reads(name: str, failure: Failure) -> None:
    assert may_be_repeated(name, failure) is (name in READS)


@pytest.mark.parametrize("name", sorted(PERFORMED))
@pytest.mark.parametrize("failure", [REFUSED, EXHAUSTED], ids=["refused", "exhausted"])
def test_an_answer_is_an_answer_and_is_not_asked_for_again(name: str, failure: Failure) -> None:
    assert not may_be_repeated(name, failure)


def test_throttling_is_what_botocore_takes_for_it_but_for_a_limit_of_hours_and_one_that_promises_nothing() -> None:
    checker = cast("Any", ThrottledRetryableChecker)  # its stubs leave the codes out
    named: list[str] = checker._THROTTLED_ERROR_CODES
    ours = {code for code in named if is_throttling(ServiceError(code, ""))}
    assert set(named) - ours == {"LimitExceededException", "TransactionInProgressException"}


# When


def test_the_defaults_are_three_attempts_and_a_second_and_a_half_of_pauses_at_most() -> None:
    retries = Retries()
    assert retries.attempts == 3
    pauses = [retries.longest_pause(attempt) for attempt in (1, 2)]
    assert pauses == [timedelta(milliseconds=500), timedelta(seconds=1)]


def pause_after(retries: Retries, failure: Failure, attempt: int = 1, elapsed: float = 0, chance: float = 0.5) -> float:
    """Return the pause in seconds, -1 for none."""
    pause = retries.pause("SignUp", failure, attempt=attempt, elapsed=timedelta(seconds=elapsed), chance=chance)
    return pause.total_seconds() if pause is not None else -1


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 5), (6, 5), (10_000, 5)])
def test_pauses_double_up_to_the_cap_and_have_any_length_up_to_that(attempt: int, longest: float) -> None:
    retries = Retries(attempts=10_001)
    assert pause_after(retries, THROTTLED, attempt, chance=0) == 0
    assert pause_after(retries, THROTTLED, attempt, chance=0.5) == longest / 2
    assert pause_after(retries, THROTTLED, attempt, chance=1 - 2**-32) == pytest.approx(longest)


def test_what_the_service_asks_for_comes_first_and_chance_on_top() -> None:
    busy = ServiceError("TooManyRequestsException", "", retry_after=timedelta(seconds=3))
    assert pause_after(Retries(), busy) == 3.25


def test_what_takes_longer_than_the_budget_is_given_up_at_once() -> None:
    retries = Retries(budget=timedelta(seconds=4))
    assert pause_after(retries, THROTTLED, elapsed=3.75) == 0.25
    assert pause_after(retries, THROTTLED, elapsed=3.76) == -1
    assert pause_after(retries, ServiceError("SlowDown", "", retry_after=timedelta(seconds=4))) == -1


def test_the_last_attempt_is_the_last() -> None:
    assert pause_after(Retries(attempts=3), THROTTLED, attempt=2) >= 0
    assert pause_after(Retries(attempts=3), THROTTLED, attempt=3) == -1
    assert pause_after(Retries(attempts=1), THROTTLED, attempt=1) == -1


@given(
    attempts=st.integers(1, 20),
    base=st.timedeltas(timedelta(), timedelta(minutes=1)),
    cap=st.timedeltas(timedelta(), timedelta(minutes=1)),
    budget=st.timedeltas(timedelta(), timedelta(minutes=10)),
    asked=st.none() | st.timedeltas(timedelta(), timedelta(minutes=1)),
    chances=st.lists(st.floats(0, 1, exclude_max=True), min_size=20, max_size=20),
)
def test_all_pauses_together_never_exceed_the_budget(  # one argument for each thing that varies
    attempts: int, base: timedelta, cap: timedelta, budget: timedelta, asked: timedelta | None, chances: list[float]
) -> None:
    retries = Retries(attempts, base, cap, budget)
    failure = ServiceError("TooManyRequestsException", "", retry_after=asked)
    elapsed, attempt = timedelta(), 1
    while (
        pause := retries.pause("SignUp", failure, attempt=attempt, elapsed=elapsed, chance=chances[attempt - 1])
    ) is not None:
        assert (asked or timedelta()) <= pause <= (asked or timedelta()) + cap
        elapsed, attempt = elapsed + pause, attempt + 1
    assert elapsed <= budget
    assert attempt <= attempts


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"attempts": 0}, "attempts is less than one"),
        ({"base": timedelta(seconds=-1)}, "base is negative"),
        ({"cap": timedelta(seconds=-1)}, "cap is negative"),
        ({"budget": timedelta(seconds=-1)}, "budget is negative"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object], problem: str) -> None:
    arguments: dict[str, Any] = settings
    with pytest.raises(InvalidInputError, match=problem):
        Retries(**arguments)
