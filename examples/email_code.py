"""Passwordless sign-in by a code that comes by e-mail: three tries, and one code for all of them."""

import secrets

import anyio

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
    steps,
)

mailbox: list[tuple[str, str]] = []  # what was sent, in place of a mail server


async def send_code(request: ChallengeRequest) -> CreatedChallenge:
    """Send a code. Somebody who does not exist is asked alike, and nothing is sent."""
    code = f"{secrets.randbelow(1_000_000):06}"
    if request.user_attributes.get("email_verified") == "true":
        # A queue in between makes it take as long as for somebody who does not exist.
        mailbox.append((request.user_attributes["email"], code))
    return CreatedChallenge(public={"sentTo": "the e-mail address of the account"}, private={"code": code})


def is_the_code(request: AnswerRequest) -> bool:
    """Compare, in constant time, for both are secrets."""
    return request.answer == request.private["code"]


# Three guesses at a million codes, each time somebody begins: count the codes that you send, and stop at some number.
flow = CustomAuthFlow("email_code", [Challenge("EMAIL_CODE", send_code, is_the_code, tries=3, code="keep")])


def show(result: SignInResult) -> None:
    """Print what a person would see."""
    match result.next_step:
        case steps.ConfirmSignInWithCustomChallenge(parameters=shown):
            print(f"type the code that went to {shown['sentTo']}; {shown['triesLeft']} tries left")
        case other:
            print(f"then: {type(other).__name__}")


async def main() -> None:
    """Sign alice in at the second try, then let somebody guess."""
    pool = FakeUserPool(triggers=Triggers(custom_auth_handlers(flow).functions), has_client=False)
    pool.add_client(
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}),
        prevent_user_existence_errors=ExistenceErrors.ENABLED,
    )
    pool.add_user("alice", None, attributes={"email": "alice@example.com", "email_verified": "true"})

    async with AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as auth:
        show(await auth.sign_in("alice"))
        show(await auth.confirm_sign_in("not the code"))
        [(_, code)] = mailbox  # the same code still holds, and no second one was sent
        show(await auth.confirm_sign_in(code))
        await auth.sign_out()

        for username in ("alice", "nobody"):
            await auth.sign_in(username)
            await auth.confirm_sign_in("a guess")
            await auth.confirm_sign_in("a second guess")
            try:
                await auth.confirm_sign_in("a third guess")
            except NotAuthorizedError as error:
                print(f"{username}: {error}")
        assert [address for address, _ in mailbox] == ["alice@example.com"] * 2


if __name__ == "__main__":
    anyio.run(main)
