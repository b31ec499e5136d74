"""The sign-in graph, followed purely: events in, and out of each the state, what is outstanding, and what went wrong.

Nothing runs here. ``ROADS`` lead to every state in which the backend's answer is awaited, ``REPLIES`` say where every
answer leads from there, and the tests below say what the context keeps on the way and what it forgets.
"""

from collections.abc import Mapping, Sequence

import attrs
import pytest

from authsteps.engine import checks
from authsteps.engine.errors import EventNotAllowedError
from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret
from authsteps.flows import effects, events, steps
from authsteps.flows.errors import DeviceMissing, DeviceRefusal, Refusal, UnreadableReply
from authsteps.flows.model import (
    AuthFlow,
    CodeDelivery,
    DeliveryMedium,
    DeviceSecrets,
    FactorType,
    MfaPreference,
    MfaSetting,
    MfaType,
    NewDevice,
)
from authsteps.flows.sign_in import ANSWERED, has_device, is_proved, sign_in, uses_srp
from authsteps.flows.sign_in_context import SignInContext, adopt
from authsteps.flows.sign_in_context import SignInState as S
from tests.flows.traces import Trace, after, codec, follow, survivors, to, waiting_states
from tests.flows.world import tokens

ASKED_WITH = {"asked": "with"}
ANSWERED_WITH = {"answered": "with"}
DEVICE = DeviceSecrets("eu-west-1_device", "-group", Secret("device-password"), is_remembered=True)
NEW_DEVICE = NewDevice("eu-west-1_new", "-new-group")
OFFERED = (FactorType.PASSWORD, FactorType.PASSWORD_SRP, FactorType.EMAIL_OTP, FactorType.WEB_AUTHN)
OPTIONS = '{"challenge":"Zm9v"}'
BY_MAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL)

# What can happen.


def asked_for(flow: AuthFlow, preferred: FactorType | None = None, *, device: bool = True) -> events.SignInRequested:
    """Alice asks, from a device that the pool may know, with a password wherever one will do."""
    without = flow is AuthFlow.CUSTOM_AUTH_WITHOUT_SRP or (flow is AuthFlow.USER_AUTH and preferred is None)
    return events.SignInRequested(
        "Alice",
        flow,
        None if without else Secret("password"),
        preferred,
        device=DEVICE if device else None,
        client_metadata=ASKED_WITH,
    )


asked = asked_for(AuthFlow.USER_SRP_AUTH)
asked_plainly = asked_for(AuthFlow.USER_PASSWORD_AUTH)
asked_for_a_choice = asked_for(AuthFlow.USER_AUTH)
keys_made = events.KeyPairMade(private=Secret("a"), public=Secret("A"))
verifier_challenged = events.PasswordVerifierChallenged(
    user_id="alice-id",
    salt=Secret("salt"),
    srp_b=Secret("B"),
    secret_block=Secret("block"),
    session=Carried("after-initiate"),
    username="alice",
)
claimed = events.ClaimComputed(Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026")
claim_refused = events.ClaimRefused("SRP_B is missing")
factors_offered = events.FirstFactorsOffered(OFFERED, session=Carried("choose"))
password_wanted = events.PasswordChallenged(FactorType.PASSWORD, session=Carried("password"))
proof_wanted = events.PasswordChallenged(FactorType.PASSWORD_SRP, session=Carried("password"))
passkey_wanted = events.WebAuthnChallenged(OPTIONS, session=Carried("passkey"))
passkey_to_choose = events.WebAuthnChallenged(session=Carried("passkey"))
new_password_wanted = events.NewPasswordChallenged(("email",), {"name": "Alice"}, session=Carried("new"))
sms_wanted = events.SmsCodeChallenged(CodeDelivery("+***1234", DeliveryMedium.SMS), session=Carried("sms"))
mail_wanted = events.OtpCodeChallenged(FactorType.EMAIL_OTP, BY_MAIL, session=Carried("otp"))
text_wanted = events.OtpCodeChallenged(FactorType.SMS_OTP, BY_MAIL, session=Carried("otp"))
totp_wanted = events.TotpCodeChallenged("phone", session=Carried("totp"))
mfa_choice_wanted = events.MfaSelectionChallenged((MfaType.SMS, MfaType.TOTP), session=Carried("select"))
mfa_setup_wanted = events.MfaSetupChallenged((MfaType.TOTP, MfaType.EMAIL), session=Carried("set-up"))
totp_setup_wanted = events.TotpSetupChallenged(session=Carried("set-up"))
email_setup_wanted = events.EmailSetupChallenged(session=Carried("set-up"))
nothing_to_set_up = events.NoMfaToSetUp(session=Carried("set-up"))
question = events.CustomChallenged({"hint": "blue"}, session=Carried("custom"))
device_wanted = events.DeviceChallenged(session=Carried("device"))
device_verifier_challenged = events.DeviceVerifierChallenged(
    Secret("device-salt"), Secret("device-B"), Secret("device-block"), session=Carried("device-2")
)
device_not_found = events.DeviceNotFound()
unknown_wanted = events.UnknownChallenged("FUTURE", {"hint": "blue"}, session=Carried("unknown"))
secret_made = events.SoftwareTokenAssociated(Carried("SHARED"), session=Carried("associated"))
app_verified = events.SoftwareTokenVerified(session=Carried("verified"))
let_in = events.Authenticated(tokens())
let_in_anew = events.Authenticated(tokens(), NEW_DEVICE)
reset_demanded = events.PasswordResetDemanded("Password reset required for the user")
confirmation_demanded = events.ConfirmationDemanded("User is not confirmed.")
refused = events.Refused("CodeMismatchException", "Invalid code")

password_given = events.PasswordAnswered(Secret("password"), device=DEVICE, client_metadata=ANSWERED_WITH)
new_password_given = events.NewPasswordAnswered(
    Secret("new-password"), {"email": "alice@example.com"}, device=DEVICE, client_metadata=ANSWERED_WITH
)
code_given = events.CodeAnswered(Secret("123456"), "my phone", device=DEVICE, client_metadata=ANSWERED_WITH)
address_given = events.EmailAddressAnswered(Secret("a@b"), device=DEVICE, client_metadata=ANSWERED_WITH)
custom_given = events.CustomAnswered(Secret("blue"), device=DEVICE, client_metadata=ANSWERED_WITH)
credential_given = events.CredentialAnswered(Secret("{}"), device=DEVICE, client_metadata=ANSWERED_WITH)
responses_given = events.KeyValuesAnswered(Secret('{"ANSWER":"42"}'), device=DEVICE, client_metadata=ANSWERED_WITH)


def chose(factor: FactorType) -> events.FirstFactorSelected:
    return events.FirstFactorSelected(factor, device=DEVICE, client_metadata=ANSWERED_WITH)


def chose_mfa(factor: MfaType) -> events.MfaTypeSelected:
    return events.MfaTypeSelected(factor, device=DEVICE, client_metadata=ANSWERED_WITH)


REFUSED = Refusal("CodeMismatchException", "Invalid code")
NO_ATTEMPT = UnreadableReply("it demands PASSWORD_VERIFIER where no SRP attempt is under way")
NO_DEVICE_ATTEMPT = UnreadableReply("it demands DEVICE_PASSWORD_VERIFIER where no SRP attempt is under way")
NOTHING_TO_SET_UP = Refusal(
    "InvalidUserPoolConfigurationException",
    "The pool demands a second factor and offers none that can be set up while signing in",
)
NO_OPTIONS = UnreadableReply("it demands WEB_AUTHN without request options")
ASKED_AGAIN = UnreadableReply("it demands WEB_AUTHN twice in a row")
DEVICE_GONE = DeviceRefusal("ResourceNotFoundException", "Device does not exist.")


# What is wanted.


def initiation(
    flow: AuthFlow, preferred: FactorType | None = None, *, device: str | None = DEVICE.key
) -> effects.InitiateAuth:
    proved = flow in {AuthFlow.USER_SRP_AUTH, AuthFlow.CUSTOM_AUTH_WITH_SRP} or preferred is FactorType.PASSWORD_SRP
    sent = flow is AuthFlow.USER_PASSWORD_AUTH or preferred is FactorType.PASSWORD
    return effects.InitiateAuth(
        flow=flow,
        username="Alice",
        password=Secret("password") if sent else None,
        srp_a=Secret("A") if proved else None,
        preferred=preferred,
        device_key=device,
        client_metadata=ASKED_WITH,
    )


def response(
    answer: effects.ChallengeResponse,
    session: str,
    metadata: Mapping[str, str] = ANSWERED_WITH,
    username: str = "Alice",
) -> effects.RespondToAuthChallenge:
    return effects.RespondToAuthChallenge(username, Carried(session), answer, client_metadata=metadata)


def with_device(
    answer: effects.ChallengeResponse,
    session: str,
    metadata: Mapping[str, str] = ANSWERED_WITH,
    username: str = "Alice",
    device: str | None = DEVICE.key,
) -> effects.RespondWithDevice:
    return effects.RespondWithDevice(username, Carried(session), answer, device, metadata)


claim = effects.ComputeClaim(
    user_id="alice-id",
    password=Secret("password"),
    private=Secret("a"),
    public=Secret("A"),
    salt=Secret("salt"),
    srp_b=Secret("B"),
    secret_block=Secret("block"),
)
device_claim = effects.ComputeClaim(
    user_id=DEVICE.key,
    password=Secret("device-password"),
    private=Secret("a"),
    public=Secret("A"),
    salt=Secret("device-salt"),
    srp_b=Secret("device-B"),
    secret_block=Secret("device-block"),
    device_group_key="-group",
)
proof = effects.PasswordClaim(Secret("block"), Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026")
device_proof = effects.DeviceClaim(Secret("device-block"), Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026")
new_password = effects.NewPasswordResponse(Secret("new-password"), {"email": "alice@example.com"})
associate = effects.AssociateSoftwareToken(session=Carried("set-up"))
verify_app = effects.VerifySoftwareToken(Secret("123456"), "my phone", session=Carried("associated"))

ask_for_factor = steps.ContinueSignInWithFirstFactorSelection(OFFERED)
ask_for_password = steps.ConfirmSignInWithPassword()
ask_for_credential = steps.ContinueSignInWithWebAuthn(OPTIONS, OFFERED)
ask_for_new_password = steps.ConfirmSignInWithNewPassword(("email",), {"name": "Alice"})
ask_for_sms_code = steps.ConfirmSignInWithSmsCode(CodeDelivery("+***1234", DeliveryMedium.SMS))
ask_for_otp_code = steps.ConfirmSignInWithOtpCode(BY_MAIL)
ask_for_totp_code = steps.ConfirmSignInWithTotpCode("phone")
ask_for_mfa_type = steps.ContinueSignInWithMfaSelection((MfaType.SMS, MfaType.TOTP))
ask_for_mfa_to_set_up = steps.ContinueSignInWithMfaSetupSelection((MfaType.TOTP, MfaType.EMAIL))
ask_for_totp_setup = steps.ContinueSignInWithTotpSetup(Secret("SHARED"), "Alice")
ask_for_address = steps.ContinueSignInWithEmailMfaSetup()
ask_for_custom_answer = steps.ConfirmSignInWithCustomChallenge({"hint": "blue"})
ask_for_responses = steps.ContinueSignInWithUnknownChallenge("FUTURE", {"hint": "blue"})
send_to_reset = steps.ResetPassword("Alice", "Password reset required for the user")
send_to_confirmation = steps.ConfirmSignUp("Alice", "User is not confirmed.")
done = steps.Done(tokens(), tokens().user)

# The roads to the states in which the backend's answer is awaited.

PLAINLY: Trace[S] = [to(asked_plainly, S.INITIATING, initiation(AuthFlow.USER_PASSWORD_AUTH))]
WITH_SRP: Trace[S] = [
    to(asked, S.MAKING_KEY_PAIR, effects.MakeKeyPair()),
    to(keys_made, S.INITIATING, initiation(AuthFlow.USER_SRP_AUTH)),
]
PROVING: Trace[S] = [
    *WITH_SRP,
    to(verifier_challenged, S.COMPUTING_CLAIM, claim),
    # The one automatic answer, so it carries the sign-in's own metadata. From here on the pool's name for Alice counts.
    to(claimed, S.PROVING_PASSWORD, with_device(proof, "after-initiate", ASKED_WITH, username="alice")),
]
CHOOSING: Trace[S] = [
    to(asked_for_a_choice, S.INITIATING, initiation(AuthFlow.USER_AUTH)),
    to(factors_offered, S.AWAITING_FIRST_FACTOR, ask_for_factor),
]
AT_THE_PASSKEY: Trace[S] = [
    *CHOOSING,
    to(
        chose(FactorType.WEB_AUTHN),
        S.SELECTING_FACTOR,
        with_device(effects.FactorChoice(FactorType.WEB_AUTHN), "choose"),
    ),
    to(passkey_wanted, S.AWAITING_WEB_AUTHN, ask_for_credential),
]
CHOSEN_KEYS: Trace[S] = [
    *CHOOSING,
    to(chose(FactorType.PASSWORD_SRP), S.AWAITING_PASSWORD, ask_for_password),
    to(password_given, S.MAKING_CHOSEN_KEY_PAIR, effects.MakeKeyPair()),
    to(
        keys_made,
        S.STARTING_PROOF,
        with_device(effects.FactorChoice(FactorType.PASSWORD_SRP, srp_a=Secret("A")), "choose"),
    ),
]
SETTING_UP_APP: Trace[S] = [
    *PLAINLY,
    to(totp_setup_wanted, S.ASSOCIATING_TOKEN, associate),
    to(secret_made, S.AWAITING_TOTP_SETUP, ask_for_totp_setup),
    to(code_given, S.VERIFYING_TOTP_SETUP, verify_app),
]
STARTING_DEVICE: Trace[S] = [
    *PLAINLY,
    to(device_wanted, S.MAKING_DEVICE_KEY_PAIR, effects.MakeKeyPair()),
    # No person's call asked for it, so no metadata goes with it.
    to(keys_made, S.STARTING_DEVICE_PROOF, with_device(effects.DeviceSrpStart(Secret("A")), "device", {})),
]
COMPUTING_DEVICE: Trace[S] = [
    *STARTING_DEVICE,
    to(device_verifier_challenged, S.COMPUTING_DEVICE_CLAIM, device_claim),
]


def answering(
    challenge: Event, waiting: S, step: steps.NextStep, answer: Event, working: S, wanted: Effect
) -> Trace[S]:
    return [*PLAINLY, to(challenge, waiting, step), to(answer, working, wanted)]


ROADS: Mapping[str, Trace[S]] = {
    "initiating with the password": PLAINLY,
    "initiating with SRP": WITH_SRP,
    "initiating with a choice": CHOOSING[:1],
    "proving the password": PROVING,
    "selecting a factor": [
        *CHOOSING,
        to(
            chose(FactorType.EMAIL_OTP),
            S.SELECTING_FACTOR,
            with_device(effects.FactorChoice(FactorType.EMAIL_OTP), "choose"),
        ),
    ],
    "sending the password": [
        *CHOOSING,
        to(chose(FactorType.PASSWORD), S.AWAITING_PASSWORD, ask_for_password),
        to(
            password_given,
            S.SENDING_PASSWORD,
            with_device(effects.FactorChoice(FactorType.PASSWORD, password=Secret("password")), "choose"),
        ),
    ],
    "starting a proof": CHOSEN_KEYS,
    "sending a credential": [
        *AT_THE_PASSKEY,
        to(credential_given, S.SENDING_CREDENTIAL, response(effects.CredentialResponse(Secret("{}")), "passkey")),
    ],
    "setting a new password": answering(
        new_password_wanted,
        S.AWAITING_NEW_PASSWORD,
        ask_for_new_password,
        new_password_given,
        S.SETTING_NEW_PASSWORD,
        response(new_password, "new"),
    ),
    "selecting a second factor": answering(
        mfa_choice_wanted,
        S.AWAITING_MFA_TYPE,
        ask_for_mfa_type,
        chose_mfa(MfaType.SMS),
        S.SELECTING_MFA_TYPE,
        response(effects.MfaChoice(MfaType.SMS), "select"),
    ),
    "verifying a code by SMS": answering(
        sms_wanted,
        S.AWAITING_SMS_CODE,
        ask_for_sms_code,
        code_given,
        S.VERIFYING_SMS_CODE,
        response(effects.SmsCode(Secret("123456")), "sms"),
    ),
    "verifying a one-time code": answering(
        mail_wanted,
        S.AWAITING_OTP_CODE,
        ask_for_otp_code,
        code_given,
        S.VERIFYING_OTP_CODE,
        response(effects.OtpCode(FactorType.EMAIL_OTP, Secret("123456")), "otp"),
    ),
    "verifying an app's code": answering(
        totp_wanted,
        S.AWAITING_TOTP_CODE,
        ask_for_totp_code,
        code_given,
        S.VERIFYING_TOTP_CODE,
        response(effects.TotpCode(Secret("123456")), "totp"),
    ),
    "completing an app's set-up": [
        *SETTING_UP_APP,
        # The session is the verification's, and the metadata that of the call which brought the code.
        to(app_verified, S.COMPLETING_TOTP_SETUP, response(effects.TotpSetupResponse(), "verified")),
    ],
    "sending an address": answering(
        email_setup_wanted,
        S.AWAITING_EMAIL_ADDRESS,
        ask_for_address,
        address_given,
        S.SENDING_EMAIL_ADDRESS,
        response(effects.EmailSetupResponse(Secret("a@b")), "set-up"),
    ),
    "answering the pool's question": answering(
        question,
        S.AWAITING_CUSTOM_ANSWER,
        ask_for_custom_answer,
        custom_given,
        S.SENDING_CUSTOM_ANSWER,
        with_device(effects.CustomAnswer(Secret("blue")), "custom"),
    ),
    "starting the device's proof": STARTING_DEVICE,
    "proving the device": [
        *COMPUTING_DEVICE,
        to(claimed, S.PROVING_DEVICE, with_device(device_proof, "device-2", {})),
    ],
    "sending responses": answering(
        unknown_wanted,
        S.AWAITING_RESPONSES,
        ask_for_responses,
        responses_given,
        S.SENDING_RESPONSES,
        response(effects.KeyValues("FUTURE", Secret('{"ANSWER":"42"}')), "unknown"),
    ),
}

CHOICE_BASED = {road for road, trace in ROADS.items() if trace[0].event is asked_for_a_choice}
SECOND_FACTORS: Mapping[str, MfaType] = {
    "verifying a code by SMS": MfaType.SMS,
    "verifying a one-time code": MfaType.EMAIL,
    "verifying an app's code": MfaType.TOTP,
    "completing an app's set-up": MfaType.TOTP,
}
"""The roads on which a second factor was used or set up, which is then looked up."""


def test_the_roads_lead_to_every_state_that_awaits_the_backends_answer() -> None:
    assert {trace[-1].state for trace in ROADS.values()} == {*ANSWERED}


# Where the backend's answers lead, from wherever they come.

REPLIES: Sequence[tuple[Event, S, Effect | None, Failure | None]] = [
    (password_wanted, S.AWAITING_PASSWORD, ask_for_password, None),
    (new_password_wanted, S.AWAITING_NEW_PASSWORD, ask_for_new_password, None),
    (mfa_choice_wanted, S.AWAITING_MFA_TYPE, ask_for_mfa_type, None),
    (sms_wanted, S.AWAITING_SMS_CODE, ask_for_sms_code, None),
    (mail_wanted, S.AWAITING_OTP_CODE, ask_for_otp_code, None),
    (totp_wanted, S.AWAITING_TOTP_CODE, ask_for_totp_code, None),
    (mfa_setup_wanted, S.AWAITING_MFA_SETUP_TYPE, ask_for_mfa_to_set_up, None),
    (totp_setup_wanted, S.ASSOCIATING_TOKEN, associate, None),
    (email_setup_wanted, S.AWAITING_EMAIL_ADDRESS, ask_for_address, None),
    (nothing_to_set_up, S.REFUSED, None, NOTHING_TO_SET_UP),
    (question, S.AWAITING_CUSTOM_ANSWER, ask_for_custom_answer, None),
    (factors_offered, S.AWAITING_FIRST_FACTOR, ask_for_factor, None),
    (device_wanted, S.MAKING_DEVICE_KEY_PAIR, effects.MakeKeyPair(), None),
    (unknown_wanted, S.AWAITING_RESPONSES, ask_for_responses, None),
    (reset_demanded, S.PASSWORD_RESET_REQUIRED, send_to_reset, None),
    (confirmation_demanded, S.NOT_CONFIRMED, send_to_confirmation, None),
    (
        let_in_anew,
        S.SETTLING_IN,
        effects.SettleIn(effects.MakeDeviceSecrets(NEW_DEVICE)),
        None,
    ),
]

REFUSALS: Mapping[str, tuple[S, Effect | None]] = {
    "initiating with the password": (S.REFUSED, None),
    "initiating with SRP": (S.REFUSED, None),
    "initiating with a choice": (S.REFUSED, None),
    "proving the password": (S.REFUSED, None),
    "selecting a factor": (S.AWAITING_FIRST_FACTOR, ask_for_factor),
    "sending the password": (S.REFUSED, None),
    "starting a proof": (S.REFUSED, None),
    "sending a credential": (S.AWAITING_WEB_AUTHN, ask_for_credential),
    "setting a new password": (S.AWAITING_NEW_PASSWORD, ask_for_new_password),
    "selecting a second factor": (S.AWAITING_MFA_TYPE, ask_for_mfa_type),
    "verifying a code by SMS": (S.AWAITING_SMS_CODE, ask_for_sms_code),
    "verifying a one-time code": (S.AWAITING_OTP_CODE, ask_for_otp_code),
    "verifying an app's code": (S.AWAITING_TOTP_CODE, ask_for_totp_code),
    "completing an app's set-up": (S.REFUSED, None),
    "sending an address": (S.AWAITING_EMAIL_ADDRESS, ask_for_address),
    "answering the pool's question": (S.AWAITING_CUSTOM_ANSWER, ask_for_custom_answer),
    "sending responses": (S.AWAITING_RESPONSES, ask_for_responses),
}
FROM_THE_DEVICE = ("starting the device's proof", "proving the device")
WITHOUT_THE_DEVICE = (
    "initiating with the password",
    "proving the password",
    "selecting a factor",
    "sending the password",
    "starting a proof",
    "answering the pool's question",
)


def ending(road: str, event: Event, state: S, held: Effect | None = None, failure: Failure | None = None) -> Trace[S]:
    return [*ROADS[road], to(event, state, held, failure)]


def in_by(road: str) -> Trace[S]:
    """Let in straight away, or after the second factor was looked up."""
    if road in SECOND_FACTORS:
        return ending(road, let_in, S.SETTLING_IN, effects.SettleIn(effects.GetUser(tokens().access)))
    return ending(road, let_in, S.SIGNED_IN, done)


def passkey_by(road: str) -> Trace[S]:
    options = OFFERED if road in CHOICE_BASED and road != "initiating with a choice" else ()
    return ending(road, passkey_wanted, S.AWAITING_WEB_AUTHN, steps.ContinueSignInWithWebAuthn(OPTIONS, options))


def again_without_the_device(road: str) -> Trace[S]:
    wanted = ROADS[road][-1].held
    assert isinstance(wanted, effects.InitiateAuth | effects.RespondWithDevice)
    return ending(road, device_not_found, ROADS[road][-1].state, attrs.evolve(wanted, device_key=None))


def choosing_passkey(road: str) -> Trace[S]:
    wanted = ROADS[road][-1].held
    assert isinstance(wanted, effects.InitiateAuth | effects.RespondToAuthChallenge)
    username = wanted.username
    choice = with_device(effects.FactorChoice(FactorType.WEB_AUTHN), "passkey", {}, username)
    return ending(road, passkey_to_choose, S.SELECTING_FACTOR, choice)


TRACES: Mapping[str, Trace[S]] = {
    **{
        f"{type(event).__name__} while {road}, to {state.name}": ending(road, event, state, held, failure)
        for road in ROADS
        for event, state, held, failure in REPLIES
    },
    **{f"Authenticated while {road}": in_by(road) for road in ROADS},
    **{
        f"Refused while {road}": ending(road, refused, state, held, REFUSED) for road, (state, held) in REFUSALS.items()
    },
    **{
        f"Refused while {road}": ending(
            road, refused, S.REFUSED, None, DeviceRefusal("CodeMismatchException", "Invalid code")
        )
        for road in FROM_THE_DEVICE
    },
    **{
        f"PasswordVerifierChallenged while {road}": ending(road, verifier_challenged, S.REFUSED, None, NO_ATTEMPT)
        for road in ROADS
        if road not in {"initiating with SRP", "starting a proof"}
    },
    **{
        f"DeviceVerifierChallenged while {road}": ending(
            road, device_verifier_challenged, S.REFUSED, None, NO_DEVICE_ATTEMPT
        )
        for road in ROADS
        if road != "starting the device's proof"
    },
    **{
        f"WebAuthnChallenged while {road}": passkey_by(road)
        for road in ROADS
        if road not in {"sending a credential", "selecting a factor"}
    },
    **{
        f"WebAuthnChallenged without options while {road}": choosing_passkey(road)
        for road in ROADS
        if road not in {"sending a credential", "selecting a factor"}
    },
    "WebAuthnChallenged without options while selecting a factor": ending(
        "selecting a factor", passkey_to_choose, S.REFUSED, None, NO_OPTIONS
    ),
    "WebAuthnChallenged while sending a credential": ending(
        "sending a credential", passkey_wanted, S.REFUSED, None, ASKED_AGAIN
    ),
    **{f"DeviceNotFound while {road}": again_without_the_device(road) for road in WITHOUT_THE_DEVICE},
    **{
        f"DeviceNotFound while {road}": ending(road, device_not_found, S.REFUSED, None, DEVICE_GONE)
        for road in FROM_THE_DEVICE
    },
    "DeviceChallenged where no device is at hand": [
        to(
            asked_for(AuthFlow.USER_PASSWORD_AUTH, device=False),
            S.INITIATING,
            initiation(AuthFlow.USER_PASSWORD_AUTH, device=None),
        ),
        to(device_wanted, S.REFUSED, None, DeviceMissing()),
    ],
    "ClaimRefused while computing the claim": [
        *WITH_SRP,
        to(verifier_challenged, S.COMPUTING_CLAIM, claim),
        to(claim_refused, S.REFUSED, None, UnreadableReply("SRP_B is missing")),
    ],
    "ClaimRefused while computing the device's claim": [
        *COMPUTING_DEVICE,
        to(claim_refused, S.REFUSED, None, UnreadableReply("SRP_B is missing")),
    ],
    "a proof that was chosen": [
        *CHOSEN_KEYS,
        # Nobody's call asked for this answer, so it carries no metadata.
        to(verifier_challenged, S.COMPUTING_CLAIM, claim),
        to(claimed, S.PROVING_PASSWORD, with_device(proof, "after-initiate", {}, username="alice")),
    ],
    "a password that the backend asks to be proved": [
        *CHOOSING[:1],
        to(proof_wanted, S.AWAITING_PASSWORD, ask_for_password),
        to(password_given, S.MAKING_CHOSEN_KEY_PAIR, effects.MakeKeyPair()),
    ],
    "another factor in place of the passkey": [
        *AT_THE_PASSKEY,
        to(
            chose(FactorType.EMAIL_OTP),
            S.SELECTING_FACTOR,
            with_device(effects.FactorChoice(FactorType.EMAIL_OTP), "passkey"),
        ),
    ],
    "the password in place of the passkey": [
        *AT_THE_PASSKEY,
        to(chose(FactorType.PASSWORD), S.AWAITING_PASSWORD, ask_for_password),
    ],
    "an app chosen to be set up": [
        *PLAINLY,
        to(mfa_setup_wanted, S.AWAITING_MFA_SETUP_TYPE, ask_for_mfa_to_set_up),
        # The choice is made here and sent to nobody.
        to(chose_mfa(MfaType.TOTP), S.ASSOCIATING_TOKEN, associate),
    ],
    "an address chosen to be set up": [
        *PLAINLY,
        to(mfa_setup_wanted, S.AWAITING_MFA_SETUP_TYPE, ask_for_mfa_to_set_up),
        to(chose_mfa(MfaType.EMAIL), S.AWAITING_EMAIL_ADDRESS, ask_for_address),
    ],
    "no secret for an app": [*SETTING_UP_APP[:2], to(refused, S.REFUSED, None, REFUSED)],
    "a wrong code of an app that is being set up": [
        *SETTING_UP_APP,
        to(
            events.Refused("EnableSoftwareTokenMFAException", "Code mismatch"),
            S.AWAITING_TOTP_SETUP,
            ask_for_totp_setup,
            Refusal("CodeMismatchException", "Code mismatch"),
        ),
        to(code_given, S.VERIFYING_TOTP_SETUP, verify_app),
    ],
    "no app can be verified": [
        *SETTING_UP_APP,
        to(
            events.Refused("NotAuthorizedException", "Invalid session for the user."),
            S.AWAITING_TOTP_SETUP,
            ask_for_totp_setup,
            Refusal("NotAuthorizedException", "Invalid session for the user."),
        ),
    ],
    "custom authentication with SRP": [
        to(asked_for(AuthFlow.CUSTOM_AUTH_WITH_SRP), S.MAKING_KEY_PAIR, effects.MakeKeyPair()),
        to(keys_made, S.INITIATING, initiation(AuthFlow.CUSTOM_AUTH_WITH_SRP)),
        to(verifier_challenged, S.COMPUTING_CLAIM, claim),
    ],
    "custom authentication without SRP": [
        to(
            asked_for(AuthFlow.CUSTOM_AUTH_WITHOUT_SRP),
            S.INITIATING,
            initiation(AuthFlow.CUSTOM_AUTH_WITHOUT_SRP),
        ),
        to(verifier_challenged, S.REFUSED, None, NO_ATTEMPT),
    ],
    **{
        f"a choice with {preferred.value} preferred": [
            to(asked_for(AuthFlow.USER_AUTH, preferred), S.INITIATING, initiation(AuthFlow.USER_AUTH, preferred))
        ]
        for preferred in FactorType
        if preferred is not FactorType.PASSWORD_SRP
    },
    "a choice with a proof preferred": [
        to(asked_for(AuthFlow.USER_AUTH, FactorType.PASSWORD_SRP), S.MAKING_KEY_PAIR, effects.MakeKeyPair()),
        to(keys_made, S.INITIATING, initiation(AuthFlow.USER_AUTH, FactorType.PASSWORD_SRP)),
        to(verifier_challenged, S.COMPUTING_CLAIM, claim),
    ],
}


@pytest.mark.parametrize("trace", TRACES.values(), ids=[*TRACES])
def test_a_trace_leads_where_the_table_says(trace: Trace[S]) -> None:
    follow(sign_in, trace)


# What is done for a person who is let in.

ACCESS = tokens().access
made = events.ErrandDone(events.DeviceSecretsMade(Secret("fresh"), Secret("verifier"), Secret("salt")))
confirmed = events.ErrandDone(events.DeviceConfirmed(must_be_remembered=True))
confirmed_at_once = events.ErrandDone(events.DeviceConfirmed(must_be_remembered=False))
saved = events.ErrandDone(events.AttributesUpdated())
nothing = events.ErrandDone(None)
turned_down = events.ErrandDone(refused)
enabled = events.ErrandDone(events.MfaPreferenceSet())

make_secrets = effects.SettleIn(effects.MakeDeviceSecrets(NEW_DEVICE))
confirm_device = effects.SettleIn(effects.ConfirmDevice(ACCESS, NEW_DEVICE.key, Secret("verifier"), Secret("salt")))
save_attributes = effects.SettleIn(effects.UpdateUserAttributes(ACCESS, {"nickname": "Al"}))
look_up = effects.SettleIn(effects.GetUser(ACCESS))


def looked_up(*factors: MfaType) -> events.ErrandDone:
    return events.ErrandDone(events.UserFetched("alice", {}, MfaPreference(frozenset(factors), None)))


def enable(factor: MfaType) -> effects.SettleIn:
    return effects.SettleIn(effects.SetUserMfaPreference(ACCESS, {factor: MfaSetting.ENABLED}))


WITH_A_NICKNAME = attrs.evolve(new_password_given, attributes={"email": "alice@example.com", "nickname": "Al"})
ANEW = [*PLAINLY, to(let_in_anew, S.SETTLING_IN, make_secrets)]
kept_device = DeviceSecrets(NEW_DEVICE.key, NEW_DEVICE.group_key, Secret("fresh"))
LEFT_OVER: Trace[S] = [
    *PLAINLY,
    to(new_password_wanted, S.AWAITING_NEW_PASSWORD, ask_for_new_password),
    # Only what is missing goes out with the new password.
    to(WITH_A_NICKNAME, S.SETTING_NEW_PASSWORD, response(new_password, "new")),
]
EVERYTHING: Trace[S] = [
    *LEFT_OVER,
    to(totp_wanted, S.AWAITING_TOTP_CODE, ask_for_totp_code),
    to(code_given, S.VERIFYING_TOTP_CODE, response(effects.TotpCode(Secret("123456")), "totp")),
    to(let_in_anew, S.SETTLING_IN, make_secrets),
]
ERRANDS: Mapping[str, Trace[S]] = {
    "a new device that must be remembered by the user": [
        *ANEW,
        to(made, S.SETTLING_IN, confirm_device),
        to(confirmed, S.SIGNED_IN, attrs.evolve(done, new_device=kept_device)),
    ],
    "a new device that is remembered at once": [
        *ANEW,
        to(made, S.SETTLING_IN, confirm_device),
        to(
            confirmed_at_once,
            S.SIGNED_IN,
            attrs.evolve(done, new_device=attrs.evolve(kept_device, is_remembered=True)),
        ),
    ],
    **{
        f"a new device that is not confirmed, {label}": [
            *ANEW,
            to(made, S.SETTLING_IN, confirm_device),
            to(outcome, S.SIGNED_IN, done),
        ]
        for label, outcome in {"without an answer": nothing, "with a refusal": turned_down}.items()
    },
    "a new device without secrets": [*ANEW, to(nothing, S.SIGNED_IN, done)],
    "attributes that were left over": [
        *LEFT_OVER,
        to(let_in, S.SETTLING_IN, save_attributes),
        to(saved, S.SIGNED_IN, done),
    ],
    **{
        f"attributes that cannot be set, {label}": [
            *LEFT_OVER,
            to(let_in, S.SETTLING_IN, save_attributes),
            to(outcome, S.SIGNED_IN, attrs.evolve(done, unsaved_attributes=("nickname",))),
        ]
        for label, outcome in {"without an answer": nothing, "with a refusal": turned_down}.items()
    },
    "attributes of a refused password are forgotten": [
        *LEFT_OVER,
        to(refused, S.AWAITING_NEW_PASSWORD, ask_for_new_password, REFUSED),
        to(new_password_given, S.SETTING_NEW_PASSWORD, response(new_password, "new")),
        to(let_in, S.SIGNED_IN, done),
    ],
    "attributes outlive a wrong code": [
        *EVERYTHING[:-1],
        to(refused, S.AWAITING_TOTP_CODE, ask_for_totp_code, REFUSED),
        to(code_given, S.VERIFYING_TOTP_CODE, response(effects.TotpCode(Secret("123456")), "totp")),
        to(let_in, S.SETTLING_IN, save_attributes),
    ],
    "a second factor that is on is left alone": [
        *in_by("verifying a code by SMS"),
        to(looked_up(MfaType.SMS), S.SIGNED_IN, done),
    ],
    **{
        f"a second factor that is off is switched on: {factor.name}, {label}": [
            *in_by(road),
            to(looked_up(), S.SETTLING_IN, enable(factor)),
            to(outcome, S.SIGNED_IN, done),
        ]
        for road, factor in SECOND_FACTORS.items()
        for label, outcome in {"done": enabled, "without an answer": nothing, "refused": turned_down}.items()
    },
    "a second factor that cannot be looked up is left alone": [
        *in_by("verifying an app's code"),
        to(nothing, S.SIGNED_IN, done),
    ],
    "everything at once": [
        *EVERYTHING,
        to(made, S.SETTLING_IN, confirm_device),
        to(confirmed, S.SETTLING_IN, save_attributes),
        to(saved, S.SETTLING_IN, look_up),
        to(looked_up(), S.SETTLING_IN, enable(MfaType.TOTP)),
        to(enabled, S.SIGNED_IN, attrs.evolve(done, new_device=kept_device)),
    ],
    "nothing works and the person is in": [
        *EVERYTHING,
        to(nothing, S.SETTLING_IN, save_attributes),
        to(nothing, S.SETTLING_IN, look_up),
        to(nothing, S.SIGNED_IN, attrs.evolve(done, unsaved_attributes=("nickname",))),
    ],
}


@pytest.mark.parametrize("trace", ERRANDS.values(), ids=[*ERRANDS])
def test_errands_are_done_in_turn_and_none_that_fails_keeps_anybody_out(trace: Trace[S]) -> None:
    follow(sign_in, trace)


def test_an_observer_is_told_which_errand_it_is() -> None:
    assert [errand.label for errand in (make_secrets, confirm_device, save_attributes, look_up)] == [
        "SettleIn: MakeDeviceSecrets",
        "SettleIn: ConfirmDevice",
        "SettleIn: UpdateUserAttributes",
        "SettleIn: GetUser",
    ]


def test_an_observer_is_told_what_became_of_an_errand_that_failed() -> None:
    assert [event.trouble for event in (made, saved, turned_down, nothing)] == [None, None, refused.code, "NoAnswer"]


def test_no_row_can_be_broken_without_a_check_or_a_trace_noticing() -> None:
    assert survivors(sign_in, adopt, [*TRACES.values(), *ERRANDS.values()]) == []


@pytest.mark.parametrize(
    ("flow", "preferred", "chosen", "is_second"),
    [
        (AuthFlow.USER_SRP_AUTH, None, None, True),
        (AuthFlow.USER_PASSWORD_AUTH, None, None, True),
        (AuthFlow.CUSTOM_AUTH_WITHOUT_SRP, None, None, True),
        (AuthFlow.USER_AUTH, None, None, False),
        (AuthFlow.USER_AUTH, FactorType.EMAIL_OTP, None, False),
        (AuthFlow.USER_AUTH, FactorType.PASSWORD, None, True),
        (AuthFlow.USER_AUTH, None, FactorType.EMAIL_OTP, False),
        (AuthFlow.USER_AUTH, None, FactorType.PASSWORD, True),
    ],
)
def test_a_code_by_mail_counts_as_a_second_factor_only_after_the_password(
    flow: AuthFlow,
    preferred: FactorType | None,
    chosen: FactorType | None,
    is_second: bool,  # noqa: FBT001  # a column of the table
) -> None:
    """Else a passwordless sign-in would switch e-mail MFA on, which Cognito forbids beside it."""
    opening: list[Event] = [asked_for(flow, preferred)]
    if flow is AuthFlow.USER_SRP_AUTH:
        opening += [keys_made]
    if chosen is not None:
        opening += [factors_offered, chose(chosen)]
    if chosen is FactorType.PASSWORD:
        opening += [password_given]
    signed_in = after(sign_in, *opening, mail_wanted, code_given, let_in)
    assert (signed_in.state is S.SETTLING_IN) is is_second
    assert signed_in.context.mfa is (MfaType.EMAIL if is_second else None)


def test_a_code_by_text_as_a_first_factor_is_no_second_one() -> None:
    signed_in = after(sign_in, asked_for(AuthFlow.USER_AUTH, FactorType.SMS_OTP), text_wanted, code_given, let_in)
    assert (signed_in.state, signed_in.context.mfa) == (S.SIGNED_IN, None)


def test_the_answer_to_a_code_by_text_names_the_challenge_that_it_answers() -> None:
    answered = after(sign_in, asked_for_a_choice, text_wanted, code_given)
    assert sign_in.outstanding(answered) == response(effects.OtpCode(FactorType.SMS_OTP, Secret("123456")), "otp")


# What the device adds.


def test_a_device_that_the_pool_does_not_know_is_not_mentioned_again() -> None:
    snapshot = after(sign_in, asked_plainly, device_not_found, question, custom_given)
    assert sign_in.outstanding(snapshot) == with_device(effects.CustomAnswer(Secret("blue")), "custom", device=None)
    signed_in = sign_in.advance(snapshot, let_in)
    assert signed_in.outstanding == attrs.evolve(done, is_device_unknown=True)


def test_a_device_comes_with_every_answer_and_is_not_kept_between_them() -> None:
    waiting = after(sign_in, asked_plainly, question)
    assert waiting.context.device_password is None
    without = sign_in.advance(waiting, attrs.evolve(custom_given, device=None)).snapshot
    assert sign_in.outstanding(without) == with_device(effects.CustomAnswer(Secret("blue")), "custom", device=None)
    assert sign_in.advance(without, device_wanted).failure == DeviceMissing()


def test_a_device_that_is_new_is_told_apart_from_one_that_is_unknown() -> None:
    signed_in = after(sign_in, asked_plainly, device_not_found, let_in_anew, made, confirmed)
    assert sign_in.outstanding(signed_in) == attrs.evolve(done, new_device=kept_device, is_device_unknown=True)


def test_the_session_of_a_sign_up_goes_out_with_the_first_request() -> None:
    requested = attrs.evolve(asked_for_a_choice, session=Carried("sign-up"))
    assert sign_in.outstanding(after(sign_in, requested)) == attrs.evolve(
        initiation(AuthFlow.USER_AUTH), session=Carried("sign-up")
    )


def test_factors_that_were_offered_once_stay_known_where_a_later_reply_does_not_say() -> None:
    again = events.FirstFactorsOffered(session=Carried("choose-again"))
    snapshot = after(sign_in, asked_for_a_choice, factors_offered, chose(FactorType.EMAIL_OTP), again)
    assert sign_in.outstanding(snapshot) == ask_for_factor


# What the context keeps.


def test_every_reply_replaces_the_backend_session_also_by_none() -> None:
    snapshot = after(sign_in, asked_plainly, sms_wanted, code_given)
    assert snapshot.context.session == Carried("sms")
    snapshot = sign_in.advance(snapshot, totp_wanted).snapshot
    assert snapshot.context.session == Carried("totp")
    snapshot = sign_in.advance(sign_in.advance(snapshot, code_given).snapshot, events.TotpCodeChallenged()).snapshot
    assert snapshot.context.session is None


def test_a_refusal_keeps_the_backend_session() -> None:
    snapshot = after(sign_in, asked_plainly, sms_wanted, code_given, refused)
    assert snapshot.context.session == Carried("sms")
    again = sign_in.advance(snapshot, code_given)
    assert again.outstanding == response(effects.SmsCode(Secret("123456")), "sms")


def test_what_was_typed_and_what_the_pool_calls_her_are_kept_apart() -> None:
    renaming = attrs.evolve(sms_wanted, username="alice-in-the-pool")
    silent = attrs.evolve(totp_wanted, username=None)
    snapshot = after(sign_in, asked_plainly, renaming, code_given, silent, code_given)
    assert (snapshot.context.username, snapshot.context.cognito_username) == ("Alice", "alice-in-the-pool")
    effect = sign_in.outstanding(snapshot)
    assert isinstance(effect, effects.RespondToAuthChallenge)
    assert effect.username == "alice-in-the-pool"


def test_steps_that_lead_elsewhere_name_what_was_typed() -> None:
    snapshot = after(sign_in, asked, keys_made, verifier_challenged, claimed, reset_demanded)
    assert sign_in.outstanding(snapshot) == send_to_reset


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [
        (new_password_wanted, new_password_given),
        (sms_wanted, code_given),
        (mail_wanted, code_given),
        (totp_wanted, code_given),
        (mfa_choice_wanted, chose_mfa(MfaType.TOTP)),
        (email_setup_wanted, address_given),
        (question, custom_given),
        (passkey_wanted, credential_given),
        (factors_offered, chose(FactorType.EMAIL_OTP)),
        (password_wanted, password_given),
        (unknown_wanted, responses_given),
    ],
    ids=lambda event: type(event).__name__,
)
def test_client_metadata_is_never_inherited_from_an_earlier_call(challenge: Event, answer: events.Answered) -> None:
    silent = attrs.evolve(answer, client_metadata={})
    snapshot = after(sign_in, asked, keys_made, verifier_challenged, claimed, challenge, silent)
    effect = sign_in.outstanding(snapshot)
    assert isinstance(effect, effects.RespondToAuthChallenge)
    assert effect.client_metadata == {}


def test_new_attributes_go_out_once_and_are_forgotten() -> None:
    refused_once = after(sign_in, asked_plainly, new_password_wanted, new_password_given, refused)
    assert refused_once.context.new_attributes == {}
    moved_on = after(sign_in, asked_plainly, new_password_wanted, new_password_given, sms_wanted)
    assert moved_on.context.new_attributes == {}
    without_attributes = sign_in.advance(refused_once, events.NewPasswordAnswered(Secret("new-password")))
    assert without_attributes.outstanding == response(effects.NewPasswordResponse(Secret("new-password")), "new", {})


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [
        (new_password_wanted, new_password_given),
        (sms_wanted, code_given),
        (mfa_choice_wanted, chose_mfa(MfaType.TOTP)),
        (question, custom_given),
        (passkey_wanted, credential_given),
        (unknown_wanted, responses_given),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_one_challenge_said_is_forgotten_when_the_next_one_comes(challenge: Event, answer: Event) -> None:
    """What was chosen is not: it says what the answers count for."""
    snapshot = after(sign_in, asked_plainly, challenge, answer, totp_wanted)
    assert attrs.evolve(snapshot.context, session=None, factor=None, chosen_mfa=None, mfa=None) == SignInContext(
        username="Alice",
        flow=AuthFlow.USER_PASSWORD_AUTH,
        device_key=DEVICE.key,
        device_group_key=DEVICE.group_key,
        friendly_device_name="phone",
    )


SECRET_FIELDS = (
    *("password", "private", "public", "salt", "srp_b", "secret_block", "signature", "answer", "device_password"),
    *("new_device_password", "new_device_verifier", "new_device_salt"),
)


@pytest.mark.parametrize("end", [sms_wanted, let_in, refused, reset_demanded], ids=lambda event: type(event).__name__)
def test_no_secret_stays_where_a_person_is_awaited_or_the_run_is_over(end: Event) -> None:
    at_work = after(sign_in, asked, keys_made, verifier_challenged, claimed)
    assert sum(getattr(at_work.context, field) is not None for field in SECRET_FIELDS) == len(SECRET_FIELDS) - 4
    at_rest = sign_in.advance(at_work, end).snapshot
    assert {getattr(at_rest.context, field) for field in SECRET_FIELDS} == {None}


@pytest.mark.parametrize("challenge", [new_password_wanted, sms_wanted, totp_wanted, unknown_wanted], ids=repr)
def test_an_answer_is_forgotten_with_the_refusal(challenge: Event) -> None:
    answers = {S.AWAITING_NEW_PASSWORD: new_password_given, S.AWAITING_RESPONSES: responses_given}
    waiting = after(sign_in, asked_plainly, challenge)
    verifying = sign_in.advance(waiting, answers.get(waiting.state, code_given)).snapshot
    assert verifying.context.answer is not None
    assert sign_in.advance(verifying, refused).snapshot.context.answer is None


def test_a_waiting_run_survives_its_journey_through_the_codec() -> None:
    roads: Mapping[S, tuple[Event, ...]] = {
        S.AWAITING_FIRST_FACTOR: (factors_offered,),
        S.AWAITING_PASSWORD: (factors_offered, chose(FactorType.PASSWORD)),
        S.AWAITING_WEB_AUTHN: (passkey_wanted,),
        S.AWAITING_NEW_PASSWORD: (new_password_wanted,),
        S.AWAITING_MFA_TYPE: (mfa_choice_wanted,),
        S.AWAITING_SMS_CODE: (sms_wanted,),
        S.AWAITING_OTP_CODE: (mail_wanted,),
        S.AWAITING_TOTP_CODE: (totp_wanted,),
        S.AWAITING_MFA_SETUP_TYPE: (mfa_setup_wanted,),
        S.AWAITING_TOTP_SETUP: (totp_setup_wanted, secret_made),
        S.AWAITING_EMAIL_ADDRESS: (email_setup_wanted,),
        S.AWAITING_CUSTOM_ANSWER: (question,),
        S.AWAITING_RESPONSES: (unknown_wanted,),
    }
    assert [*roads] == waiting_states(sign_in)
    for state, road in roads.items():
        snapshot = after(sign_in, asked, keys_made, verifier_challenged, claimed, *road)
        assert snapshot.state is state
        read = codec(sign_in).decode(codec(sign_in).encode(snapshot))
        assert read == snapshot
        assert sign_in.outstanding(read) == sign_in.outstanding(snapshot)


# What can be proved.


def test_nobody_is_signed_in_around_initiating() -> None:
    for value in (True, False):
        assert checks.passes(sign_in, S.SIGNED_IN, S.INITIATING, assuming={uses_srp: value})


def test_with_srp_nothing_is_initiated_without_a_key_pair() -> None:
    assert checks.passes(sign_in, S.INITIATING, S.MAKING_KEY_PAIR, assuming={uses_srp: True})


def test_a_proof_is_sent_only_after_it_was_computed() -> None:
    assert checks.passes(sign_in, S.PROVING_PASSWORD, S.COMPUTING_CLAIM)


def test_without_srp_no_proof_is_ever_computed() -> None:
    with pytest.raises(ValueError, match="COMPUTING_CLAIM cannot be reached"):
        checks.passes(sign_in, S.COMPUTING_CLAIM, S.INITIATING, assuming={uses_srp: False, is_proved: False})


def test_a_device_is_proved_only_where_its_secrets_are_at_hand_and_after_the_backend_asked() -> None:
    with pytest.raises(ValueError, match="PROVING_DEVICE cannot be reached"):
        checks.passes(sign_in, S.PROVING_DEVICE, S.INITIATING, assuming={has_device: False})
    for earlier in (S.MAKING_DEVICE_KEY_PAIR, S.STARTING_DEVICE_PROOF, S.COMPUTING_DEVICE_CLAIM):
        assert checks.passes(sign_in, S.PROVING_DEVICE, earlier)


def test_an_app_counts_as_set_up_only_after_it_was_verified() -> None:
    for earlier in (S.ASSOCIATING_TOKEN, S.AWAITING_TOTP_SETUP, S.VERIFYING_TOTP_SETUP):
        assert checks.passes(sign_in, S.COMPLETING_TOTP_SETUP, earlier)


def test_a_password_that_was_chosen_is_asked_for_and_sent_or_proved_as_it_was_chosen() -> None:
    assert checks.passes(sign_in, S.SENDING_PASSWORD, S.AWAITING_PASSWORD)
    assert checks.passes(sign_in, S.STARTING_PROOF, S.AWAITING_PASSWORD)
    with pytest.raises(ValueError, match="SENDING_PASSWORD cannot be reached"):
        checks.passes(sign_in, S.SENDING_PASSWORD, S.INITIATING, assuming={is_proved: True})


def test_errands_are_done_only_for_who_was_let_in() -> None:
    assert [
        edge.event for edge in sign_in.edges if edge.target is S.SETTLING_IN and S.SETTLING_IN not in edge.sources
    ] == [events.Authenticated]


@pytest.mark.parametrize(
    ("verifying", "awaiting"),
    [
        (S.SETTING_NEW_PASSWORD, S.AWAITING_NEW_PASSWORD),
        (S.SELECTING_MFA_TYPE, S.AWAITING_MFA_TYPE),
        (S.VERIFYING_TOTP_SETUP, S.AWAITING_TOTP_SETUP),
        (S.SENDING_EMAIL_ADDRESS, S.AWAITING_EMAIL_ADDRESS),
        (S.SENDING_CUSTOM_ANSWER, S.AWAITING_CUSTOM_ANSWER),
        (S.SENDING_CREDENTIAL, S.AWAITING_WEB_AUTHN),
        (S.VERIFYING_OTP_CODE, S.AWAITING_OTP_CODE),
        (S.VERIFYING_SMS_CODE, S.AWAITING_SMS_CODE),
        (S.VERIFYING_TOTP_CODE, S.AWAITING_TOTP_CODE),
        (S.SENDING_RESPONSES, S.AWAITING_RESPONSES),
    ],
)
def test_no_answer_is_sent_that_no_person_gave(verifying: S, awaiting: S) -> None:
    assert checks.passes(sign_in, verifying, awaiting)


def test_only_the_backend_can_let_somebody_in_without_a_proof() -> None:
    """Whether a proof is due is Cognito's to say; the one way round it is its own answer to InitiateAuth."""
    way_round = checks.detour(sign_in, S.SIGNED_IN, S.PROVING_PASSWORD, assuming={uses_srp: True})
    assert way_round is not None
    assert [edge.event for edge in way_round] == [
        events.SignInRequested,
        events.KeyPairMade,
        events.Authenticated,
    ]


def test_a_person_cannot_pretend_to_be_the_backend() -> None:
    waiting = after(sign_in, asked_plainly, sms_wanted)
    for event in (let_in, totp_wanted, refused, reset_demanded):
        with pytest.raises(EventNotAllowedError):
            sign_in.advance(waiting, event)
