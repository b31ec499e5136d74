"""What the server remembers of one sign-in: how far it has come, and with what."""

from enum import Enum

import attrs

from authsteps.adapters.lambda_triggers import ChallengeResult, TriggerSource
from authsteps.engine.messages import Carried, Event, Secret

from ..directory import FirstFactor, MfaFactor
from ..tokens import IssuedTokens
from .mfa_rungs import Demand
from .rungs import Answer, Refused, RefusedAnswer
from .trigger_rungs import Respondent

__all__ = ["AttemptContext", "AttemptState", "Way", "adopt_device", "refusal_of"]


class Way(Enum):
    """How an attempt began. It stays so to the end."""

    PASSWORD = "password"
    """With the password itself: USER_PASSWORD_AUTH or ADMIN_USER_PASSWORD_AUTH."""
    PROOF = "proof"
    """With a proof of it: USER_SRP_AUTH."""
    CHOICE = "choice"
    """With whatever the user has: USER_AUTH."""
    CUSTOM = "custom"
    """With whatever the triggers demand: CUSTOM_AUTH."""


class AttemptState(Enum):
    """How far an attempt has come."""

    READY = "ready"
    PASSING_GATE = "passing_gate"
    PASSING_GATE_TO_FACTORS = "passing_gate_to_factors"
    PASSING_GATE_AFTER_SIGN_UP = "passing_gate_after_sign_up"
    PASSING_GATE_TO_CHALLENGES = "passing_gate_to_challenges"

    PRE_AUTHENTICATING = "pre_authenticating"
    PRE_AUTHENTICATING_TO_FACTORS = "pre_authenticating_to_factors"
    PRE_AUTHENTICATING_AFTER_SIGN_UP = "pre_authenticating_after_sign_up"
    PRE_AUTHENTICATING_TO_CHALLENGES = "pre_authenticating_to_challenges"

    CHOOSING_FIRST_FACTOR = "choosing_first_factor"
    AWAITING_FIRST_CHOICE = "awaiting_first_choice"
    VERIFYING_FIRST_CHOICE = "verifying_first_choice"
    CHECKING_PASSWORD = "checking_password"
    PREPARING_PROOF = "preparing_proof"
    AWAITING_PROOF = "awaiting_proof"
    CHECKING_PROOF = "checking_proof"
    CHECKING_PROOF_MIDWAY = "checking_proof_midway"
    SENDING_FIRST_CODE = "sending_first_code"
    AWAITING_FIRST_CODE = "awaiting_first_code"
    VERIFYING_FIRST_CODE = "verifying_first_code"
    PREPARING_PASSKEY = "preparing_passkey"
    AWAITING_PASSKEY = "awaiting_passkey"
    CHECKING_PASSKEY = "checking_passkey"
    REDEEMING_HAND_OVER = "redeeming_hand_over"

    DEFINING_CHALLENGE = "defining_challenge"
    CREATING_CHALLENGE = "creating_challenge"
    AWAITING_CUSTOM_ANSWER = "awaiting_custom_answer"
    VERIFYING_CUSTOM_ANSWER = "verifying_custom_answer"

    AWAITING_NEW_PASSWORD = "awaiting_new_password"
    SETTING_NEW_PASSWORD = "setting_new_password"

    CHOOSING_SECOND_FACTOR = "choosing_second_factor"
    CHOOSING_SECOND_FACTOR_MIDWAY = "choosing_second_factor_midway"
    PICKING_SECOND_FACTOR = "picking_second_factor"
    AWAITING_FACTOR_CHOICE = "awaiting_factor_choice"
    VERIFYING_FACTOR_CHOICE = "verifying_factor_choice"
    SENDING_SECOND_CODE = "sending_second_code"
    AWAITING_SECOND_CODE = "awaiting_second_code"
    VERIFYING_SECOND_CODE = "verifying_second_code"
    AWAITING_TOTP_CODE = "awaiting_totp_code"
    VERIFYING_TOTP_CODE = "verifying_totp_code"
    AWAITING_MFA_SET_UP = "awaiting_mfa_set_up"
    ASSOCIATING_TOTP = "associating_totp"
    AWAITING_SET_UP_CODE = "awaiting_set_up_code"
    VERIFYING_SET_UP_CODE = "verifying_set_up_code"
    AWAITING_SET_UP_END = "awaiting_set_up_end"
    ACTIVATING_TOTP = "activating_totp"
    SETTING_UP_EMAIL = "setting_up_email"

    FINDING_DEVICE = "finding_device"
    AWAITING_DEVICE_SRP = "awaiting_device_srp"
    PREPARING_DEVICE_PROOF = "preparing_device_proof"
    AWAITING_DEVICE_PROOF = "awaiting_device_proof"
    CHECKING_DEVICE_PROOF = "checking_device_proof"

    POST_AUTHENTICATING = "post_authenticating"
    ISSUING_TOKENS = "issuing_tokens"
    SIGNED_IN = "signed_in"
    TURNED_AWAY = "turned_away"


@attrs.frozen
class AttemptContext:
    """What the server remembers of an attempt.

    Attributes:
        reveals_existence: Whether the client is told of unknown users.
        by_administrator: Whether it was begun with AdminInitiateAuth.
        way: How it began.
        client_id: Through which app client.
        typed: The user's name as typed.
        username: The same until the gate is passed; the canonical name from then on.
        sub: The user's id, from the gate on.
        device_key: The device that the client named last; empty if it named none.
        available: The first factors that the client may choose from.
        demand: The second factor that is demanded.
        factors: The second factors that the client may choose from, or may set up.
        entries: The challenges that are behind the user in a custom sign-in.
        second_factor: The second factor that was proved, if one was.
        proved_password: What the password is known by that was proved, if one was. With another the attempt is over.
        is_allowed: Whether the triggers of a custom sign-in are content.
        token_source: The occasion of the tokens, as PreTokenGeneration will be told it.
    """

    reveals_existence: bool = True
    by_administrator: bool = False
    way: Way = Way.PASSWORD
    client_id: str = ""
    typed: str = ""
    username: str = ""
    sub: str = ""
    device_key: str = ""
    # What was given, until it is checked
    preferred: str = ""
    password: Secret | None = None
    signature: Secret | None = None
    timestamp: str = ""
    answer: Secret | None = None
    choice: str = ""
    new_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    # The proof of a password, or of a device
    srp_a: Carried | None = None
    private: Carried | None = None
    public: Carried | None = None
    salt: Carried | None = None
    secret_block: Carried | None = None
    proved_password: Carried | None = None
    # The first factor
    available: tuple[str, ...] = ()
    channel: FirstFactor | None = None
    passkey_challenge: Carried | None = None
    passkey_options: Carried | None = None
    # The second factor
    demand: Demand | None = None
    factors: tuple[MfaFactor, ...] = ()
    factor: MfaFactor | None = None
    device_name: str | None = None
    new_email: Carried | None = None
    totp_secret: Carried | None = None
    second_factor: MfaFactor | None = None
    # A code of either
    code: Carried | None = None
    destination: str = ""
    sent_to: Carried | None = None
    # The triggers
    entries: tuple[ChallengeResult, ...] = ()
    public_parameters: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    private_parameters: Carried | None = None
    metadata: str | None = attrs.field(default=None, repr=False)
    is_allowed: bool = False
    token_source: TriggerSource = TriggerSource.TOKEN_GENERATION_AUTHENTICATION

    tokens: IssuedTokens | None = None

    @property
    def respondent(self) -> Respondent:
        """Whom triggers are asked about."""
        return Respondent(self.sub, self.typed, self.reveals_existence)


def adopt_device(context: AttemptContext, event: Event) -> AttemptContext:
    """Adopt the device that the client names, with whichever answer it does so."""
    if isinstance(event, Answer) and event.device_key:
        return attrs.evolve(context, device_key=event.device_key)
    return context


def refusal_of(context: AttemptContext, event: Refused) -> RefusedAnswer:
    """Tell what was refused."""
    del context
    return RefusedAnswer(event.code, event.message, event.undoes_answer, event.ends_session)
