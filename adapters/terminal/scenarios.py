"""Pools to try things on: in each lives alice, and one thing is special about her sign-in."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import attrs

from authsteps.adapters.fake import (
    DeviceConfiguration,
    ExplicitAuthFlow,
    FakeUserPool,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    Passkey,
    Settings,
    SoftwareToken,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.adapters.lambda_triggers import Triggers, custom_auth_handlers
from authsteps.engine import Clock, Entropy
from authsteps.flows import AuthFlow

from .riddle import ANSWER, riddle

__all__ = ["PASSWORD", "SCENARIOS", "USERNAME", "Scenario", "Story", "open_fake"]

USERNAME: Final = "alice"
PASSWORD: Final = "Passw0rd!"

_ADDRESSES: Final = {
    "email": "alice@example.com",
    "email_verified": "true",
    "phone_number": "+15551234567",
    "phone_number_verified": "true",
}
_ALL: Final = frozenset(MfaFactor)


class Scenario(StrEnum):
    """What to try."""

    PASSWORD = "password"
    SMS = "sms"
    TOTP = "totp"
    EMAIL = "email"
    CHOOSE_MFA = "choose-mfa"
    SET_UP_MFA = "set-up-mfa"
    DEVICE = "device"
    PASSWORDLESS = "passwordless"
    NEW_PASSWORD = "new-password"
    RESET = "reset"
    UNCONFIRMED = "unconfirmed"
    CUSTOM = "custom"


def _nothing(pool: FakeUserPool, entropy: Entropy) -> None:
    del pool, entropy


@attrs.frozen
class Story:
    """One scenario.

    Attributes:
        title: What is special about it, for ``--help``.
        settings: How the pool is set up.
        prepare: What alice has, beside her password.
        attributes: Hers.
        is_temporary: Whether an administrator set her password.
        flow: How she begins.
        says: What else a person has to know.
        again: Why to sign in a second time, if that is the point.
    """

    title: str
    settings: Callable[[], Settings] = Settings
    prepare: Callable[[FakeUserPool, Entropy], None] = _nothing
    attributes: Mapping[str, str] = _ADDRESSES
    is_temporary: bool = False
    flow: AuthFlow = AuthFlow.USER_SRP_AUTH
    says: str = ""
    again: str | None = None


def _switched_on(*factors: MfaFactor) -> Callable[[FakeUserPool, Entropy], None]:
    def prepare(pool: FakeUserPool, entropy: Entropy) -> None:
        user = pool.user(USERNAME)
        user.mfa_factors = set(factors)
        if MfaFactor.SOFTWARE_TOKEN_MFA in factors:
            user.software_token = SoftwareToken.make(entropy)
            user.software_token.verified = True

    return prepare


def _passkey(pool: FakeUserPool, entropy: Entropy) -> None:
    # Nobody has the private half, so it proves nobody; but the step can be looked at.
    user = pool.user(USERNAME)
    name, key = entropy.random_bytes(16).hex(), entropy.random_bytes(64)
    user.passkeys[name] = Passkey(
        credential_id=name,
        public_key=key,
        sign_count=0,
        relying_party_id="example.com",
        name="a passkey that is elsewhere",
        attachment="cross-platform",
        transports=("hybrid",),
        created=user.created,
    )


def _status(status: UserStatus) -> Callable[[FakeUserPool, Entropy], None]:
    def prepare(pool: FakeUserPool, entropy: Entropy) -> None:
        del entropy
        pool.user(USERNAME).status = status

    return prepare


def _with_every_mfa() -> Settings:
    return Settings(mfa_factors=_ALL)


SCENARIOS: Final[Mapping[Scenario, Story]] = {
    Scenario.PASSWORD: Story("a password, and no more"),
    Scenario.SMS: Story("a password, then a code by SMS", _with_every_mfa, _switched_on(MfaFactor.SMS_MFA)),
    Scenario.TOTP: Story(
        "a password, then a code of an authenticator app", _with_every_mfa, _switched_on(MfaFactor.SOFTWARE_TOKEN_MFA)
    ),
    Scenario.EMAIL: Story("a password, then a code by e-mail", _with_every_mfa, _switched_on(MfaFactor.EMAIL_OTP)),
    Scenario.CHOOSE_MFA: Story(
        "a password, then a choice of three second factors", _with_every_mfa, _switched_on(*MfaFactor)
    ),
    Scenario.SET_UP_MFA: Story(
        "a password, then a second factor has to be set up",
        lambda: Settings(mfa=MfaConfiguration.ON, mfa_factors=_ALL),
        attributes={},
    ),
    Scenario.DEVICE: Story(
        "the device is remembered, and the second sign-in wants no code",
        lambda: Settings(devices=DeviceConfiguration(challenge_required_on_new_device=True)),
        _switched_on(MfaFactor.SMS_MFA),
        again="Sign in again, and see that no code is asked for:",
    ),
    Scenario.PASSWORDLESS: Story(
        "a choice: a code by e-mail or SMS, a passkey, the password",
        lambda: Settings(first_factors=frozenset(FirstFactor), web_authn=WebAuthnConfiguration("example.com")),
        _passkey,
        flow=AuthFlow.USER_AUTH,
    ),
    Scenario.NEW_PASSWORD: Story(
        "an administrator set the password; a new one is wanted",
        lambda: Settings(required_attributes=("name",)),
        is_temporary=True,
    ),
    Scenario.RESET: Story("an administrator wants the password reset", prepare=_status(UserStatus.RESET_REQUIRED)),
    Scenario.UNCONFIRMED: Story("the account is not confirmed yet", prepare=_status(UserStatus.UNCONFIRMED)),
    Scenario.CUSTOM: Story(
        "a challenge of the pool's own, and no password",
        flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP,
        says=f"She is asked a riddle; the answer is {ANSWER}.",
    ),
}
"""All of them, in the order in which they are listed."""


def open_fake(story: Story, clock: Clock, entropy: Entropy) -> FakeUserPool:
    """Return a pool where a story can be lived through. Its app client allows every flow."""
    triggers = Triggers(custom_auth_handlers(riddle).functions)
    pool = FakeUserPool(clock=clock, entropy=entropy, settings=story.settings(), triggers=triggers, has_client=False)
    pool.add_client(explicit_auth_flows=frozenset(ExplicitAuthFlow))
    pool.add_user(USERNAME, PASSWORD, attributes=story.attributes, temporary=story.is_temporary)
    story.prepare(pool, entropy)
    return pool
