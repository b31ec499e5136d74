"""Many people sign in at once through one service. Between two requests a person is a cookie and nothing more."""

import anyio

from authsteps.adapters.fake import FakeUserPool, MfaFactor
from authsteps.engine import RunHandle
from authsteps.flows import AuthService, steps

PEOPLE = [f"person-{number}" for number in range(50)]
PASSWORD = "Passw0rd!"


async def first_request(auth: AuthService, username: str) -> str:
    """Take name and password; give a cookie back."""
    result = await auth.sign_in(username, PASSWORD)
    assert isinstance(result.next_step, steps.ConfirmSignInWithSmsCode)
    assert result.run is not None
    return result.run.reveal()


async def second_request(auth: AuthService, cookie: str, code: str) -> str:
    """Take the code that came by SMS; give the user's id back."""
    result = await auth.confirm_sign_in(RunHandle(cookie), code)
    assert isinstance(result.next_step, steps.Done)
    return result.next_step.user.user_id


async def main() -> None:
    """Sign everybody in."""
    pool = FakeUserPool()
    for name in PEOPLE:
        pool.add_user(name, PASSWORD, attributes={"phone_number": "+15551234567"})
        pool.user(name).mfa_factors = {MfaFactor.SMS_MFA}
    auth = AuthService(pool.backend())
    signed_in: list[str] = []

    async def browser(username: str) -> None:
        cookie = await first_request(auth, username)
        code = pool.outbox.latest(username).code.reveal()
        signed_in.append(await second_request(auth, cookie, code))

    async with anyio.create_task_group() as browsers:
        for name in PEOPLE:
            browsers.start_soon(browser, name)
    print(f"{len(set(signed_in))} people signed in")


if __name__ == "__main__":
    anyio.run(main)
