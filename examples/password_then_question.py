"""The password first, then a question of your own: SRP_A, PASSWORD_VERIFIER, CUSTOM_CHALLENGE, tokens; else failure."""

import secrets

import anyio

from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool
from authsteps.adapters.lambda_triggers import Triggers, custom_auth_handlers
from authsteps.engine import Secret
from authsteps.flows import (
    AnsweredChallenge,
    AnswerRequest,
    AuthClient,
    AuthFlow,
    Challenge,
    ChallengeRequest,
    CreatedChallenge,
    CustomAuthFlow,
    NotAuthorizedError,
)

FIRST_INSTRUMENTS = {"alice": "piano"}  # a table of yours


def ask(request: ChallengeRequest) -> CreatedChallenge:
    """Ask. Whoever is not in the table is asked as well, and no answer is right."""
    answer = FIRST_INSTRUMENTS.get(request.username, secrets.token_hex())
    return CreatedChallenge({"question": "What was your first instrument?"}, {"answer": answer})


def is_right(request: AnswerRequest) -> bool:
    """Say whether the answer is right, in capitals or not."""
    return Secret(request.answer.reveal().strip().casefold()) == request.private["answer"]


flow = CustomAuthFlow("password_then_question", [Challenge("QUESTION", ask, is_right)], password_first=True)


def show_what_comes_next() -> None:
    """Print what the Define function answers to what the service lists."""
    offered = AnsweredChallenge("SRP_A", passed=True)
    proved = AnsweredChallenge("PASSWORD_VERIFIER", passed=True)
    right = AnsweredChallenge("CUSTOM_CHALLENGE", passed=True)
    wrong = AnsweredChallenge("CUSTOM_CHALLENGE", passed=False)
    for behind in (
        [offered],
        [offered, proved],
        [offered, proved, right],
        [offered, proved, wrong],
        [offered, right],
        [],
    ):
        names = ", ".join(f"{entry.name} {'passed' if entry.passed else 'failed'}" for entry in behind)
        print(f"{names or 'nothing'}: {type(flow.define(behind)).__name__}")


async def main() -> None:
    """Sign alice in, then see what is refused."""
    show_what_comes_next()
    pool = FakeUserPool(triggers=Triggers(custom_auth_handlers(flow).functions), has_client=False)
    pool.add_client(explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}))
    pool.add_user("alice", "Passw0rd!")

    async with AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITH_SRP) as auth:
        await auth.sign_in("alice", "Passw0rd!")
        result = await auth.confirm_sign_in("Piano")
        print(f"signed in: {result.is_signed_in}")
        await auth.sign_out()

        await auth.sign_in("alice", "Passw0rd!")
        try:
            await auth.confirm_sign_in("a cello")
        except NotAuthorizedError as error:
            print(f"a wrong answer: {error}")
        try:
            await auth.sign_in("alice", "another password")
        except NotAuthorizedError as error:
            print(f"a wrong password: {error}")
        try:
            await auth.sign_in("alice", flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP)
        except NotAuthorizedError as error:
            print(f"no password: {error}")


if __name__ == "__main__":
    anyio.run(main)
