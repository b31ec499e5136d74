"""A picture to read, as a CAPTCHA is, with a hint that gets better with each try."""

import secrets

import anyio

from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool
from authsteps.adapters.lambda_triggers import Triggers, custom_auth_handlers
from authsteps.engine import Secret
from authsteps.flows import (
    AnswerRequest,
    AuthClient,
    AuthFlow,
    Challenge,
    ChallengeRequest,
    CreatedChallenge,
    CustomAuthFlow,
    SignInResult,
    steps,
)

PICTURES = {"0b5f.png": "lighthouse", "91c2.png": "bicycle", "e70a.png": "umbrella"}  # their names must not tell


def draw(request: ChallengeRequest) -> CreatedChallenge:
    """Show another picture each time, and one more letter of what it shows."""
    picture, word = secrets.choice([*PICTURES.items()])
    letters = request.try_number - 1
    hint = word[:letters] + "." * (len(word) - letters)
    return CreatedChallenge({"picture": f"https://example.com/captcha/{picture}", "hint": hint}, {"word": word})


def is_the_word(request: AnswerRequest) -> bool:
    """Say whether that is what the picture shows, in capitals or not."""
    return Secret(request.answer.reveal().strip().casefold()) == request.private["word"]


# A picture says that somebody is human, and not who: so the password comes first. ``code="new"`` is the default.
flow = CustomAuthFlow("captcha", [Challenge("CAPTCHA", draw, is_the_word, tries=3)], password_first=True)


def shown(result: SignInResult) -> str:
    """Return the name of the picture that a person sees, and print the hint."""
    assert isinstance(result.next_step, steps.ConfirmSignInWithCustomChallenge)
    parameters = result.next_step.parameters
    print(f"try {parameters['try']}, {parameters['triesLeft']} left, hint: {parameters['hint']}")
    return parameters["picture"].rpartition("/")[2]


async def main() -> None:
    """Sign alice in at the third try."""
    pool = FakeUserPool(triggers=Triggers(custom_auth_handlers(flow).functions), has_client=False)
    pool.add_client(explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}))
    pool.add_user("alice", "Passw0rd!")

    async with AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITH_SRP) as auth:
        shown(await auth.sign_in("alice", "Passw0rd!"))
        shown(await auth.confirm_sign_in("a blur"))
        picture = shown(await auth.confirm_sign_in("a smaller blur"))
        result = await auth.confirm_sign_in(PICTURES[picture].title())
        print(f"signed in: {result.is_signed_in}")
        assert result.is_signed_in


if __name__ == "__main__":
    anyio.run(main)
