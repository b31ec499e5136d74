"""A pool whose functions a newcomer to Lambda wrote, in JavaScript and in Python: people notice no difference."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import jwt
import pytest

from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool, SigningKeys
from authsteps.adapters.lambda_triggers import (
    NodeFunction,
    TokenGenerationVersion,
    Trigger,
    TriggerRunner,
    Triggers,
    load_function,
)
from authsteps.engine.messages import Secret
from authsteps.flows import AuthClient, AuthError, AuthFlow, steps

NEWCOMERS = Path(__file__).parents[1] / "lambda_triggers" / "corpus" / "newcomers"
PASSWORD = "Passw0rd!"
TRIGGERS = {
    Trigger.PRE_SIGN_UP: ("preSignUp", "pre_sign_up"),
    Trigger.POST_CONFIRMATION: ("postConfirmation", "post_confirmation"),
    Trigger.CUSTOM_MESSAGE: ("customMessage", "custom_message"),
    Trigger.PRE_AUTHENTICATION: ("preAuthentication", "pre_authentication"),
    Trigger.DEFINE_AUTH_CHALLENGE: ("defineAuthChallenge", "define_auth_challenge"),
    Trigger.CREATE_AUTH_CHALLENGE: ("createAuthChallenge", "create_auth_challenge"),
    Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: ("verifyAuthChallengeResponse", "verify_auth_challenge_response"),
    Trigger.PRE_TOKEN_GENERATION: ("preTokenGeneration", "pre_token_generation"),
}


@pytest.fixture(params=["JavaScript", "Python"])
async def pool(request: pytest.FixtureRequest, signing_keys: SigningKeys) -> AsyncGenerator[FakeUserPool, None]:
    """A pool with functions in one of the two languages."""
    functions: dict[Trigger, TriggerRunner] = {}
    for trigger, (in_javascript, in_python) in TRIGGERS.items():
        place = f"index.js:{in_javascript}" if request.param == "JavaScript" else f"lambda_function.py:{in_python}"
        functions[trigger] = load_function(str(NEWCOMERS / place))
    pool = FakeUserPool(
        signing_keys=signing_keys,
        triggers=Triggers(functions, token_generation=TokenGenerationVersion.V2_0),
        has_client=False,
    )
    pool.add_client(explicit_auth_flows=frozenset(ExplicitAuthFlow))
    yield pool
    for function in functions.values():
        if isinstance(function, NodeFunction):
            await function.aclose()


def told(step: object) -> Any:
    """What a step says, but for what chance makes of it."""
    if isinstance(step, steps.ConfirmSignInWithCustomChallenge):
        return "challenge", {name: re.sub(r"\d", "#", value) for name, value in step.parameters.items()}
    return type(step).__name__


def answered(step: object) -> str:
    assert isinstance(step, steps.ConfirmSignInWithCustomChallenge)
    return str(sum(int(number) for number in step.parameters["question"].split(" + ")))


def claims(token: Secret) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token.reveal(), options={"verify_signature": False})
    return decoded


async def refused(call: Any) -> str:
    with pytest.raises(AuthError) as caught:
        await call
    return f"{type(caught.value).__name__}: {caught.value.message}"


async def sign_up(auth: AuthClient, name: str, email: str) -> Any:
    return await auth.sign_up(name, PASSWORD, attributes={"email": email, "name": name.title()})


async def test_who_may_sign_up_what_they_are_sent_and_that_they_are_confirmed(pool: FakeUserPool) -> None:
    async with AuthClient(pool.backend()) as auth:
        assert await refused(sign_up(auth, "mallory", "mallory@example.org")) == (
            "UserLambdaValidationError: PreSignUp failed with error mallory@example.org is not one of us."
        )
        await sign_up(auth, "alice", "alice@example.com")
        message = pool.outbox.latest("alice")
        assert message.subject == "Welcome"
        assert message.body is not None
        assert message.body.reveal() == f"Hello Alice, your code is {message.code.reveal()}"
        await auth.confirm_sign_up("alice", message.code.reveal())
    assert [user.username for user in pool.users] == ["alice"]
    assert pool.users[0].attributes["email_verified"] == "true"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["right"], [("challenge", {"question": "# + #"}), "Done"]),
        (
            ["wrong", "wrong", "right"],
            [("challenge", {"question": "# + #"})] * 3 + ["Done"],
        ),
        (
            ["wrong", "wrong", "wrong"],
            [("challenge", {"question": "# + #"})] * 3 + ["NotAuthorizedError: Incorrect username or password."],
        ),
    ],
)
async def test_a_custom_sign_in_takes_the_same_steps(
    pool: FakeUserPool, answers: list[str], expected: list[object]
) -> None:
    pool.add_user("alice", PASSWORD, attributes={"email": "alice@example.com", "name": "Alice"})
    taken: list[object] = []
    async with AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as auth:
        step = (await auth.sign_in("alice")).next_step
        taken.append(told(step))
        for answer in answers:
            given = answered(step) if answer == "right" else "many"
            try:
                step = (await auth.confirm_sign_in(given)).next_step
            except AuthError as error:
                taken.append(f"{type(error).__name__}: {error.message}")
            else:
                taken.append(told(step))
    assert taken == expected


async def test_one_who_is_refused_by_where_they_are_can_sign_in_from_elsewhere(pool: FakeUserPool) -> None:
    pool.add_user("alice", PASSWORD, attributes={"email": "alice@example.com", "name": "Alice"})
    async with AuthClient(pool.backend()) as auth:
        assert await refused(auth.sign_in("alice", PASSWORD, client_metadata={"from": "nowhere"})) == (
            "UserLambdaValidationError: PreAuthentication failed with error We do not know where you are."
        )
        result = await auth.sign_in("alice", PASSWORD, client_metadata={"from": "home"})
        assert isinstance(result.next_step, steps.Done)
        tokens = result.next_step.tokens
        assert tokens is not None
        identity, access = claims(tokens.id), claims(tokens.access)
    assert identity["family"] == "Liddell"
    assert "name" not in identity
    assert access["plan"] == {"name": "free", "seats": 1}
