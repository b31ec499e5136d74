"""Sign-in without a password, by a factor of the person's choice: a code that the pool sends itself."""

import anyio

from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool, FirstFactor, Settings
from authsteps.flows import AuthClient, AuthFlow, FactorType, steps


def pool_without_passwords() -> FakeUserPool:
    """Make a pool whose app client allows choosing, and no other way to sign in."""
    pool = FakeUserPool(
        settings=Settings(first_factors=frozenset({FirstFactor.PASSWORD, FirstFactor.EMAIL_OTP, FirstFactor.SMS_OTP})),
        has_client=False,
    )
    pool.add_client(explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_USER_AUTH}))
    verified = {"email_verified": "true", "phone_number_verified": "true"}
    pool.add_user("alice", None, attributes={"email": "alice@example.com", "phone_number": "+15551234567", **verified})
    return pool


async def main() -> None:
    """Choose a code by e-mail from what the pool offers, then ask for it from the start."""
    pool = pool_without_passwords()
    # ``default_flow`` says it once for the whole client.
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


if __name__ == "__main__":
    anyio.run(main)
