"""Sign-in without a password: by challenges of the pool's own, led by triggers of yours, and by a factor of choice."""

from collections.abc import Mapping

import anyio

from authsteps.adapters.cognito import Json
from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool, FirstFactor, Settings
from authsteps.adapters.lambda_triggers import Trigger, Triggers, write_answer
from authsteps.flows import AuthClient, AuthFlow, ChallengeName, FactorType, NotAuthorizedError, steps

TRIES = 3
RIDDLED = (
    Trigger.DEFINE_AUTH_CHALLENGE,
    Trigger.CREATE_AUTH_CHALLENGE,
    Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE,
)


class Riddle:
    """The function behind the three triggers of custom authentication, as ``TriggerRunner`` wants it: a riddle."""

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json]) -> Json:
        """Answer an event: the whole of it goes back, with the answer written into it."""
        request = event["request"]
        assert isinstance(request, Mapping)
        answers = {
            Trigger.DEFINE_AUTH_CHALLENGE: self.define,
            Trigger.CREATE_AUTH_CHALLENGE: self.create,
            Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: self.verify,
        }
        return write_answer(event, **answers[trigger](request))

    def define(self, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Say what comes next: tokens after a right answer, nothing after too many wrong ones."""
        match request["session"]:
            case [*_, {"challengeResult": True}]:
                return {"issueTokens": True}
            case [*answered] if len(answered) >= TRIES:
                return {"failAuthentication": True}
            case _:
                return {"challengeName": ChallengeName.CUSTOM_CHALLENGE.value}

    def create(self, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Ask; only the public half reaches the client. A user who does not exist is asked as well."""
        session = request["session"]
        assert isinstance(session, list)
        question = {"riddle": "What has keys and opens no door?", "try": f"{len(session) + 1} of {TRIES}"}
        return {"publicChallengeParameters": question, "privateChallengeParameters": {"answer": "piano"}}

    def verify(self, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Say whether the answer is right."""
        private = request["privateChallengeParameters"]
        assert isinstance(private, Mapping)
        return {"answerCorrect": str(request["challengeAnswer"]).casefold() == private["answer"]}


def pool_without_passwords() -> FakeUserPool:
    """Make a pool with triggers, whose app client allows those two ways to sign in and no other."""
    pool = FakeUserPool(
        settings=Settings(first_factors=frozenset({FirstFactor.PASSWORD, FirstFactor.EMAIL_OTP, FirstFactor.SMS_OTP})),
        triggers=Triggers(dict.fromkeys(RIDDLED, Riddle())),
        has_client=False,
    )
    pool.add_client(
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH, ExplicitAuthFlow.ALLOW_USER_AUTH})
    )
    verified = {"email_verified": "true", "phone_number_verified": "true"}
    pool.add_user("alice", None, attributes={"email": "alice@example.com", "phone_number": "+15551234567", **verified})
    return pool


async def by_riddle(pool: FakeUserPool) -> None:
    """Answer the pool's own challenge. ``default_flow`` says it once for the whole client."""
    async with AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as auth:
        result = await auth.sign_in("alice")
        for answer in ("a cage", "Piano"):  # a wrong answer is no error: the triggers ask again
            assert isinstance(result.next_step, steps.ConfirmSignInWithCustomChallenge)
            print(f"{result.next_step.parameters['riddle']} ({result.next_step.parameters['try']})")
            result = await auth.confirm_sign_in(answer)
        print(f"signed in by riddle: {result.is_signed_in}")

        await auth.sign_out()
        await auth.sign_in("alice")
        try:
            for _ in range(TRIES):
                await auth.confirm_sign_in("a cage")
        except NotAuthorizedError as error:
            print(f"three wrong answers: {error}")


async def by_choice(pool: FakeUserPool) -> None:
    """Choose a code by e-mail from what the pool offers, then ask for it from the start."""
    async with AuthClient(pool.backend(), default_flow=AuthFlow.USER_AUTH) as auth:
        result = await auth.sign_in("alice")
        if isinstance(result.next_step, steps.ContinueSignInWithFirstFactorSelection):
            print(f"offered: {', '.join(factor.value for factor in result.next_step.available)}")
            result = await auth.confirm_sign_in(FactorType.EMAIL_OTP)
        result = await auth.confirm_sign_in(pool.outbox.latest("alice").code)
        print(f"signed in by a code: {result.is_signed_in}")

        await auth.sign_out()
        await auth.sign_in("alice", preferred_factor=FactorType.EMAIL_OTP)
        result = await auth.confirm_sign_in(pool.outbox.latest("alice").code)
        print(f"signed in by the same, without a choice: {result.is_signed_in}")


async def main() -> None:
    """Sign alice in, both ways."""
    pool = pool_without_passwords()
    await by_riddle(pool)
    await by_choice(pool)


if __name__ == "__main__":
    anyio.run(main)
