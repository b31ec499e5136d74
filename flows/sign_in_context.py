"""What a sign-in remembers, and where it stands."""

from enum import Enum

import attrs

from authsteps.engine.messages import Carried, Event, Secret

from .events import Answered, PasswordVerifierChallenged, Refused, Replied, SoftwareTokenVerified
from .model import AuthFlow, CodeDelivery, DeviceSecrets, FactorType, MfaType, NewDevice, Tokens

__all__ = ["Errand", "SignInContext", "SignInState", "adopt", "with_device"]


class SignInState(Enum):
    """Where a sign-in stands."""

    READY = "ready"
    MAKING_KEY_PAIR = "making_key_pair"
    INITIATING = "initiating"
    COMPUTING_CLAIM = "computing_claim"
    PROVING_PASSWORD = "proving_password"
    AWAITING_FIRST_FACTOR = "awaiting_first_factor"
    SELECTING_FACTOR = "selecting_factor"
    AWAITING_PASSWORD = "awaiting_password"
    SENDING_PASSWORD = "sending_password"
    MAKING_CHOSEN_KEY_PAIR = "making_chosen_key_pair"
    STARTING_PROOF = "starting_proof"
    AWAITING_WEB_AUTHN = "awaiting_web_authn"
    SENDING_CREDENTIAL = "sending_credential"
    AWAITING_NEW_PASSWORD = "awaiting_new_password"
    SETTING_NEW_PASSWORD = "setting_new_password"
    AWAITING_MFA_TYPE = "awaiting_mfa_type"
    SELECTING_MFA_TYPE = "selecting_mfa_type"
    AWAITING_SMS_CODE = "awaiting_sms_code"
    VERIFYING_SMS_CODE = "verifying_sms_code"
    AWAITING_OTP_CODE = "awaiting_otp_code"
    VERIFYING_OTP_CODE = "verifying_otp_code"
    AWAITING_TOTP_CODE = "awaiting_totp_code"
    VERIFYING_TOTP_CODE = "verifying_totp_code"
    AWAITING_MFA_SETUP_TYPE = "awaiting_mfa_setup_type"
    ASSOCIATING_TOKEN = "associating_token"
    AWAITING_TOTP_SETUP = "awaiting_totp_setup"
    VERIFYING_TOTP_SETUP = "verifying_totp_setup"
    COMPLETING_TOTP_SETUP = "completing_totp_setup"
    AWAITING_EMAIL_ADDRESS = "awaiting_email_address"
    SENDING_EMAIL_ADDRESS = "sending_email_address"
    AWAITING_CUSTOM_ANSWER = "awaiting_custom_answer"
    SENDING_CUSTOM_ANSWER = "sending_custom_answer"
    MAKING_DEVICE_KEY_PAIR = "making_device_key_pair"
    STARTING_DEVICE_PROOF = "starting_device_proof"
    COMPUTING_DEVICE_CLAIM = "computing_device_claim"
    PROVING_DEVICE = "proving_device"
    AWAITING_RESPONSES = "awaiting_responses"
    SENDING_RESPONSES = "sending_responses"
    SETTLING_IN = "settling_in"
    SIGNED_IN = "signed_in"
    PASSWORD_RESET_REQUIRED = "password_reset_required"
    NOT_CONFIRMED = "not_confirmed"
    REFUSED = "refused"


class Errand(Enum):
    """What is done for a person who is let in, in this order."""

    MAKE_DEVICE_SECRETS = "make_device_secrets"
    CONFIRM_DEVICE = "confirm_device"
    SAVE_ATTRIBUTES = "save_attributes"
    LOOK_UP_MFA = "look_up_mfa"
    ENABLE_MFA = "enable_mfa"


@attrs.frozen
class SignInContext:
    """What a sign-in remembers.

    Attributes:
        username: As typed. The secret hash of InitiateAuth is made over it.
        cognito_username: Cognito's own name for the user, as soon as a reply gives it. That of every challenge answer
            is made over this one.
        factor: With USER_AUTH: the first factor that is preferred, or was chosen.
        session: The backend session that came last.
        device_key, device_group_key, device_password: The device, as the present call brought it.
        is_device_unknown: Whether the pool was asked for that device and knew none. It is not mentioned again.
        leftover_attributes: Attributes that are set once the person is let in.
        mfa: The second factor that was used or set up, if any.
        errands: What is still to be done for the person who is let in.
    """

    username: str = ""
    cognito_username: str | None = None
    flow: AuthFlow = AuthFlow.USER_SRP_AUTH
    factor: FactorType | None = None
    session: Carried | None = None
    client_metadata: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    password: Secret | None = None
    private: Secret | None = None
    public: Secret | None = None
    user_id: str = ""
    salt: Secret | None = None
    srp_b: Secret | None = None
    secret_block: Secret | None = None
    signature: Secret | None = None
    timestamp: str = ""

    device_key: str | None = None
    device_group_key: str = ""
    device_password: Secret | None = None
    is_device_unknown: bool = False

    available_factors: tuple[FactorType, ...] = ()
    request_options: str = attrs.field(default="", repr=False)
    missing_attributes: tuple[str, ...] = ()
    known_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    allowed_mfa: tuple[MfaType, ...] = ()
    delivery: CodeDelivery | None = None
    friendly_device_name: str | None = None
    totp_secret: Carried | None = None
    challenge: str = ""
    challenge_parameters: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    answer: Secret | None = None
    otp: FactorType | None = None
    chosen_mfa: MfaType | None = None
    new_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    leftover_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    mfa: MfaType | None = None

    tokens: Tokens | None = None
    errands: tuple[Errand, ...] = ()
    new_device: NewDevice | None = None
    new_device_password: Secret | None = None
    new_device_verifier: Secret | None = None
    new_device_salt: Secret | None = None
    confirmed_device: DeviceSecrets | None = None
    unsaved_attributes: tuple[str, ...] = ()
    message: str = ""

    @property
    def backend_username(self) -> str:
        """The name to answer challenges with."""
        return self.cognito_username if self.cognito_username is not None else self.username


def adopt(context: SignInContext, event: Event) -> SignInContext:
    """Adopt the backend session and Cognito's name for the user; every reply replaces the one before.

    A reply also clears what the last challenge said, so that the next one does not show it. A refusal keeps all that,
    for the challenge still stands. What a person gave with the last answer is forgotten either way. An answer brings
    this call's metadata and device; metadata of an earlier call never counts.
    """
    if isinstance(event, Replied):
        return attrs.evolve(
            context,
            session=event.session,
            cognito_username=event.username if event.username is not None else context.cognito_username,
            client_metadata=context.client_metadata if isinstance(event, _SAME_ANSWER) else {},
            request_options="",
            missing_attributes=(),
            known_attributes={},
            allowed_mfa=(),
            delivery=None,
            friendly_device_name=None,
            totp_secret=None,
            challenge="",
            challenge_parameters={},
            new_attributes={},
        )
    if isinstance(event, Answered):
        device = event.device if not context.is_device_unknown else None
        return attrs.evolve(with_device(context, device), client_metadata=dict(event.client_metadata))
    return attrs.evolve(context, new_attributes={}) if isinstance(event, Refused) else context


_SAME_ANSWER = (PasswordVerifierChallenged, SoftwareTokenVerified)
"""Replies in the middle of one answer: what follows goes out with the metadata of the same call.

Source: AWS Amplify Auth (Flutter): the first automatic answer after InitiateAuth runs with the event of signIn, and
the answer to MFA_SETUP with that of confirmSignIn.
"""


def with_device(context: SignInContext, device: DeviceSecrets | None) -> SignInContext:
    """Remember a device as long as the present call lasts, or none."""
    return attrs.evolve(
        context,
        device_key=device.key if device is not None else None,
        device_group_key=device.group_key if device is not None else "",
        device_password=device.password if device is not None else None,
    )
