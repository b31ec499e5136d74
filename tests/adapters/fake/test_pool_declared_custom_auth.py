"""A custom-auth flow that is declared once signs people in, from the first verb to the tokens."""

import pytest

from authsteps.adapters.fake import ExistenceErrors, ExplicitAuthFlow, FakeUserPool
from authsteps.adapters.lambda_triggers import Triggers, custom_auth_handlers
from authsteps.flows import (
    AnswerRequest,
    AuthClient,
    AuthFlow,
    Challenge,
    ChallengeRequest,
    CreatedChallenge,
    CustomAuthFlow,
    NotAuthorizedError,
    SignInResult,
    UserLambdaValidationError,
    steps,
)
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import ALICE, EMAIL, PASSWORD, STRANGER

pytestmark = pytest.mark.usefixtures("each_backend")

QUESTION = {"question": "What has keys and opens no door?"}


async def ask(request: ChallengeRequest) -> CreatedChallenge:
    return CreatedChallenge(QUESTION, {"answer": "piano"})


async def judge(request: AnswerRequest) -> bool:
    return request.answer == request.private["answer"]


def raise_(request: AnswerRequest) -> bool:
    raise LookupError("no such page")


RIDDLE = Challenge("RIDDLE", ask, judge, tries=3)


def client(make_pool: MakePool, *challenges: Challenge, password_first: bool = False) -> AuthClient:
    """A client of a pool that leads custom sign-ins by a flow with these challenges."""
    declared = CustomAuthFlow("sample", challenges, password_first=password_first)
    triggers = Triggers(custom_auth_handlers(declared).functions, tries=1)
    pool: FakeUserPool = make_pool(triggers=triggers, has_client=False)
    pool.add_client(
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}),
        prevent_user_existence_errors=ExistenceErrors.ENABLED,
    )
    pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL})
    flow = AuthFlow.CUSTOM_AUTH_WITH_SRP if password_first else AuthFlow.CUSTOM_AUTH_WITHOUT_SRP
    return AuthClient(pool.backend(), default_flow=flow)


def asked(result: SignInResult) -> dict[str, str]:
    """What the client is shown of the challenge that is outstanding."""
    assert isinstance(result.next_step, steps.ConfirmSignInWithCustomChallenge)
    return {name: value for name, value in result.next_step.parameters.items() if name != "USERNAME"}


async def test_a_right_answer_signs_in(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE) as auth:
        result = await auth.sign_in(ALICE)
        assert asked(result) == {**QUESTION, "challenge": "RIDDLE", "try": "1", "triesLeft": "3"}
        assert (await auth.confirm_sign_in("piano")).is_signed_in


async def test_a_wrong_answer_is_no_error_while_tries_are_left(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE) as auth:
        await auth.sign_in(ALICE)
        assert asked(await auth.confirm_sign_in("cello"))["triesLeft"] == "2"
        assert (await auth.confirm_sign_in("piano")).is_signed_in


async def test_too_many_wrong_answers_are_refused_for_good_and_a_new_sign_in_begins_anew(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE) as auth:
        await auth.sign_in(ALICE)
        await auth.confirm_sign_in("cello")
        await auth.confirm_sign_in("cello")
        with pytest.raises(NotAuthorizedError, match="Incorrect username or password"):
            await auth.confirm_sign_in("cello")
        with pytest.raises(NotAuthorizedError):
            await auth.confirm_sign_in("piano")
        assert asked(await auth.sign_in(ALICE))["try"] == "1"
        assert (await auth.confirm_sign_in("piano")).is_signed_in


async def test_challenges_come_one_after_another(make_pool: MakePool) -> None:
    async with client(make_pool, Challenge("FIRST", ask, judge), Challenge("SECOND", ask, judge)) as auth:
        assert asked(await auth.sign_in(ALICE))["challenge"] == "FIRST"
        assert asked(await auth.confirm_sign_in("piano"))["challenge"] == "SECOND"
        assert (await auth.confirm_sign_in("piano")).is_signed_in


async def test_the_password_is_proved_first_where_it_is_declared_so(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE, password_first=True) as auth:
        assert asked(await auth.sign_in(ALICE, PASSWORD))["challenge"] == "RIDDLE"
        assert asked(await auth.confirm_sign_in("cello"))["triesLeft"] == "2"
        assert (await auth.confirm_sign_in("piano")).is_signed_in


async def test_a_wrong_password_is_refused_before_any_challenge(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE, password_first=True) as auth:
        with pytest.raises(NotAuthorizedError, match="Incorrect username or password"):
            await auth.sign_in(ALICE, "another password")


async def test_where_the_password_comes_first_nobody_begins_without_it(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE, password_first=True) as auth:
        with pytest.raises(NotAuthorizedError, match="Incorrect username or password"):
            await auth.sign_in(ALICE, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP)


async def test_somebody_who_does_not_exist_is_asked_alike_and_gets_in_with_no_answer(make_pool: MakePool) -> None:
    async with client(make_pool, RIDDLE) as auth:
        shown = asked(await auth.sign_in(ALICE))
        assert asked(await auth.sign_in(STRANGER)) == shown
        assert asked(await auth.confirm_sign_in("cello"))["triesLeft"] == "2"
        assert asked(await auth.confirm_sign_in("piano"))["triesLeft"] == "1"
        with pytest.raises(NotAuthorizedError, match="Incorrect username or password"):
            await auth.confirm_sign_in("piano")


async def test_what_a_function_raises_is_told_in_its_own_words(make_pool: MakePool) -> None:
    async with client(make_pool, Challenge("PAGE", ask, raise_)) as auth:
        await auth.sign_in(ALICE)
        with pytest.raises(
            UserLambdaValidationError, match="VerifyAuthChallengeResponse failed with error no such page"
        ):
            await auth.confirm_sign_in("piano")
