"""A service, two browsers of one person, and a pool that tracks devices: what belongs to a browser stays with it.

Kept under the username on the server, a device's secrets would let every browser that knows the password skip the
second factor. So the service keeps none: they go out in ``Done`` and come in again with the browser's next request.
"""

import pytest

from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool, MfaFactor, Purpose, Settings, UserStatus
from authsteps.engine import Secret
from authsteps.flows import (
    AuthFlow,
    AuthService,
    DeviceNotTrackedError,
    DeviceRefusedError,
    DeviceSecrets,
    NotAuthorizedError,
    SignInResult,
    steps,
)
from tests.adapters.fake.world import ALICE, BOB, NEW_PASSWORD, PASSWORD, PHONE, load_signing_keys
from tests.conftest import SeededEntropy, VirtualClock

pytestmark = pytest.mark.usefixtures("each_backend")


class Service:
    """A service on a pool in which a remembered device stands in place of a code by SMS."""

    def __init__(self, clock: VirtualClock) -> None:
        self.pool = FakeUserPool(
            clock=clock,
            entropy=SeededEntropy(7),
            signing_keys=load_signing_keys(),
            settings=Settings(devices=DeviceConfiguration(challenge_required_on_new_device=True)),
        )
        for name in (ALICE, BOB):
            self.pool.add_user(name, PASSWORD, attributes={"phone_number": PHONE})
            self.pool.user(name).mfa_factors = {MfaFactor.SMS_MFA}
        self.auth = AuthService(self.pool.backend(), clock=clock, entropy=SeededEntropy(8))

    async def sign_in_with_code(self, name: str, device: DeviceSecrets | None = None) -> steps.Done:
        """Sign in where a code is asked for, and return how it ended."""
        asked = await self.auth.sign_in(name, PASSWORD, device=device)
        assert isinstance(asked.next_step, steps.ConfirmSignInWithSmsCode)
        assert asked.run is not None
        code = self.pool.outbox.latest(name, Purpose.SMS_MFA).code
        return done(await self.auth.confirm_sign_in(asked.run, code, device=device))


def done(result: SignInResult) -> steps.Done:
    assert isinstance(result.next_step, steps.Done)
    return result.next_step


@pytest.fixture
def service(clock: VirtualClock) -> Service:
    return Service(clock)


async def secrets_of_a_browser(service: Service, name: str = ALICE) -> DeviceSecrets:
    """What a browser keeps after its first sign-in."""
    device = (await service.sign_in_with_code(name)).new_device
    assert device is not None
    assert device.is_remembered
    return device


@pytest.mark.parametrize("flow", [AuthFlow.USER_SRP_AUTH, AuthFlow.USER_PASSWORD_AUTH])
async def test_a_browser_that_brings_its_secrets_is_asked_for_no_code(service: Service, flow: AuthFlow) -> None:
    device = await secrets_of_a_browser(service)
    again = done(await service.auth.sign_in(ALICE, PASSWORD, flow=flow, device=device))
    assert again.new_device is None
    assert not again.is_device_unknown


async def test_a_second_browser_of_the_same_person_is_asked_for_a_code(service: Service) -> None:
    first = await secrets_of_a_browser(service)
    second = await secrets_of_a_browser(service)
    assert second.key != first.key
    for device in (first, second):
        done(await service.auth.sign_in(ALICE, PASSWORD, device=device))


async def test_one_persons_browser_is_nobody_elses(service: Service) -> None:
    """The pool knows no such device of Bob's, so he is asked for a code, and gets a device of his own."""
    of_alice = await secrets_of_a_browser(service)
    of_bob = await service.sign_in_with_code(BOB, of_alice)
    assert of_bob.is_device_unknown
    assert of_bob.new_device is not None
    assert of_bob.new_device.key != of_alice.key


async def test_a_wrong_device_password_lets_nobody_in(service: Service) -> None:
    device = await secrets_of_a_browser(service)
    guessed = DeviceSecrets(device.key, device.group_key, Secret("a guess"), is_remembered=True)
    with pytest.raises(DeviceRefusedError):
        await service.auth.sign_in(ALICE, PASSWORD, device=guessed)
    done(await service.auth.sign_in(ALICE, PASSWORD, device=device))


async def test_a_device_stands_in_place_of_the_code_and_not_of_the_password(service: Service) -> None:
    device = await secrets_of_a_browser(service)
    with pytest.raises(NotAuthorizedError):
        await service.auth.sign_in(ALICE, "Incorrect-horse-7", device=device)


async def test_a_browser_that_was_forgotten_is_asked_for_a_code_and_told_to_forget(service: Service) -> None:
    device = await secrets_of_a_browser(service)
    signed_in = done(await service.auth.sign_in(ALICE, PASSWORD, device=device))
    await service.auth.account(signed_in.tokens, device=device).forget_device()
    again = await service.sign_in_with_code(ALICE, device)
    assert again.is_device_unknown
    assert again.new_device is not None


async def test_a_browser_that_keeps_its_secrets_back_halfway_cannot_go_on(service: Service) -> None:
    """Snapshots do not keep them: the pool then asks for a proof that nobody here can give."""
    device = await secrets_of_a_browser(service)
    service.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    asked = await service.auth.sign_in(ALICE, PASSWORD, device=device)
    assert isinstance(asked.next_step, steps.ConfirmSignInWithNewPassword)
    assert asked.run is not None
    with pytest.raises(DeviceNotTrackedError):
        await service.auth.confirm_sign_in(asked.run, NEW_PASSWORD)
