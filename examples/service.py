"""Many people sign in at once through one service. Between two requests a person is a few cookies and nothing more."""

import json
from collections import Counter

import anyio
from anyio.abc import TaskStatus

from authsteps.adapters.fake import FakeUserPool, MfaFactor
from authsteps.engine import RunHandle, Secret
from authsteps.flows import AuthEvents, AuthService, DeviceSecrets, SignInResult, steps

PEOPLE = [f"person-{number}" for number in range(50)]
PASSWORD = "Passw0rd!"

Cookies = dict[str, str]
"""What one browser keeps. Send such cookies over TLS alone, ``HttpOnly``, and encrypt what is in them."""


async def first_request(auth: AuthService, cookies: Cookies, username: str) -> None:
    """Take name and password."""
    result = await auth.sign_in(username, PASSWORD, device=device_of(cookies))
    assert isinstance(result.next_step, steps.ConfirmSignInWithSmsCode)
    keep(result, cookies)


async def second_request(auth: AuthService, cookies: Cookies, code: str) -> str:
    """Take the code that came by SMS; give the user's id back."""
    result = await auth.confirm_sign_in(RunHandle(cookies["run"]), code, device=device_of(cookies))
    assert isinstance(result.next_step, steps.Done)
    keep(result, cookies)
    return result.next_step.user.user_id


def keep(result: SignInResult, cookies: Cookies) -> None:
    """Keep with the browser what the next request needs: the run while it waits, and later the device's secrets.

    A device's secrets belong to this one browser. Kept under the username on the server they would let every browser
    that knows the password skip the second factor.
    """
    cookies.pop("run", None)
    if result.run is not None:
        cookies["run"] = result.run.reveal()
    if not isinstance(result.next_step, steps.Done):
        return
    if result.next_step.is_device_unknown:
        cookies.pop("device", None)
    if result.next_step.new_device is not None:
        device = result.next_step.new_device
        cookies["device"] = json.dumps([device.key, device.group_key, device.password.reveal(), device.is_remembered])


def device_of(cookies: Cookies) -> DeviceSecrets | None:
    """Return the secrets of this browser's device, if the pool tracks devices and has seen it before."""
    if "device" not in cookies:
        return None
    key, group_key, password, is_remembered = json.loads(cookies["device"])
    return DeviceSecrets(key, group_key, Secret(password), is_remembered)


async def count(events: AuthEvents, counted: Counter[str], *, task_status: TaskStatus[None]) -> None:
    """Count what happens to sessions. A program of yours would write an audit log."""
    async with events.subscribe() as stream:
        task_status.started()
        async for event in stream:
            counted[event.kind.value] += 1


async def main() -> None:
    """Sign everybody in."""
    pool = FakeUserPool()
    for name in PEOPLE:
        pool.add_user(name, PASSWORD, attributes={"phone_number": "+15551234567"})
        pool.user(name).mfa_factors = {MfaFactor.SMS_MFA}
    auth = AuthService(pool.backend())
    signed_in: list[str] = []
    counted = Counter[str]()

    async def browser(username: str) -> None:
        cookies: Cookies = {}
        await first_request(auth, cookies, username)
        code = pool.outbox.latest(username).code.reveal()
        signed_in.append(await second_request(auth, cookies, code))

    async with anyio.create_task_group() as listeners:
        await listeners.start(count, auth.events, counted)
        async with anyio.create_task_group() as browsers:
            for name in PEOPLE:
                browsers.start_soon(browser, name)
        await anyio.wait_all_tasks_blocked()
        listeners.cancel_scope.cancel()
    print(f"{len(set(signed_in))} people signed in; told: {dict(counted)}")


if __name__ == "__main__":
    anyio.run(main)
