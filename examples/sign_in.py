"""One person signs in, step by step, whatever the pool asks for."""

from typing import assert_never

import anyio

from authsteps.adapters.fake import FakeUserPool
from authsteps.flows import Answer, AuthClient, CodeMismatchError, NextStep, steps


def answer(step: NextStep, pool: FakeUserPool) -> Answer:
    """Give what a step asks for. A program of yours would ask a person."""
    match step:
        case steps.ConfirmSignInWithSmsCode(delivery=delivery):
            print(f"a code went to {delivery.destination if delivery else 'your phone'}")
            return pool.outbox.latest("alice").code.reveal()
        case steps.ConfirmSignInWithNewPassword(missing_attributes=missing):
            print(f"a new password is wanted, and {', '.join(missing) or 'nothing else'}")
            return "A-better-passw0rd"
        case steps.ConfirmSignInWithOtpCode(delivery=delivery):
            print(f"a one-time code went to {delivery.destination if delivery else 'you'}")
            return pool.outbox.latest("alice").code.reveal()
        case steps.ConfirmSignInWithPassword():
            return "A-better-passw0rd"
        case steps.ContinueSignInWithFirstFactorSelection(available=available):
            print(f"choose one of {', '.join(factor.value for factor in available)}")
            return available[0]
        case (
            steps.ContinueSignInWithMfaSelection(allowed=allowed)
            | steps.ContinueSignInWithMfaSetupSelection(allowed=allowed)
        ):
            print(f"choose one of {', '.join(factor.name for factor in allowed)}")
            return allowed[0]
        case steps.ContinueSignInWithEmailMfaSetup():
            return "alice@example.com"
        case (
            steps.ConfirmSignInWithTotpCode()
            | steps.ContinueSignInWithTotpSetup()
            | steps.ConfirmSignInWithCustomChallenge()
            | steps.ContinueSignInWithWebAuthn()
            | steps.ContinueSignInWithUnknownChallenge()
        ):
            raise LookupError(f"this example has no answer to {type(step).__name__}")
        case steps.ResetPassword() | steps.ConfirmSignUp() | steps.Done():
            raise ValueError(f"{type(step).__name__} takes no answer")
        case _:
            assert_never(step)


async def main() -> None:
    """Sign alice in."""
    async with FakeUserPool() as pool, AuthClient(pool.backend()) as auth:
        pool.add_user("alice", "Temp0rary!", attributes={"phone_number": "+15551234567"}, temporary=True)
        result = await auth.sign_in("alice", "Temp0rary!")
        while not result.is_signed_in:
            try:
                result = await auth.confirm_sign_in(answer(result.next_step, pool))
            except CodeMismatchError as error:
                print(error)
        print(f"signed in as {(await auth.get_current_user()).username}")


if __name__ == "__main__":
    anyio.run(main)
