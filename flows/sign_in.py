"""Signing in.

A person asks to sign in with a name, and a password where the flow begins with one. With SRP a key pair is made first,
and the password is proved without being sent. The backend then lets the person in or challenges: for a first factor to
choose, a password, a passkey, a new password, a code, a second factor to choose or to set up, the device's own proof,
an answer to the pool's own question, or something that has no step of its own. Each challenge that is a person's waits
for the person, and its answer may lead to the next one. A refused answer shows the same step again; a refusal that no
person caused ends the run. Who is let in has errands done first: a new device is confirmed, attributes that were left
over are set, a second factor that was used is switched on. That one of them fails keeps nobody out.

Source: AWS Amplify Auth (Flutter), sign-in state machine, and the other Amplify clients where it does less; Amazon
Cognito user pools API reference, InitiateAuth and RespondToAuthChallenge.
"""

import attrs

from authsteps.engine.flow import Flow, Group, final, on, waiting, working
from authsteps.engine.messages import Event, Failure, Secret, kept

from .effects import (
    AssociateSoftwareToken,
    ChallengeResponse,
    ComputeClaim,
    CredentialResponse,
    CustomAnswer,
    DeviceClaim,
    DeviceSrpStart,
    EmailSetupResponse,
    FactorChoice,
    InitiateAuth,
    KeyValues,
    MakeKeyPair,
    MfaChoice,
    NewPasswordResponse,
    OtpCode,
    PasswordClaim,
    RespondToAuthChallenge,
    RespondWithDevice,
    SettleIn,
    SmsCode,
    TotpCode,
    TotpSetupResponse,
    VerifySoftwareToken,
)
from .errands import errands_for, has_errands, has_more_errands, keep_outcome, settle_in
from .errors import DeviceMissing, DeviceRefusal, Refusal, UnreadableReply
from .events import (
    Authenticated,
    ClaimComputed,
    ClaimRefused,
    CodeAnswered,
    ConfirmationDemanded,
    CredentialAnswered,
    CustomAnswered,
    CustomChallenged,
    DeviceChallenged,
    DeviceNotFound,
    DeviceVerifierChallenged,
    EmailAddressAnswered,
    EmailSetupChallenged,
    ErrandDone,
    FirstFactorSelected,
    FirstFactorsOffered,
    KeyPairMade,
    KeyValuesAnswered,
    MfaSelectionChallenged,
    MfaSetupChallenged,
    MfaTypeSelected,
    NewPasswordAnswered,
    NewPasswordChallenged,
    NoMfaToSetUp,
    OtpCodeChallenged,
    PasswordAnswered,
    PasswordChallenged,
    PasswordResetDemanded,
    PasswordVerifierChallenged,
    Refused,
    SignInRequested,
    SmsCodeChallenged,
    SoftwareTokenAssociated,
    SoftwareTokenVerified,
    TotpCodeChallenged,
    TotpSetupChallenged,
    UnknownChallenged,
    WebAuthnChallenged,
)
from .model import (
    AuthFlow,
    FactorType,
    MfaType,
)
from .sign_in_context import SignInContext, SignInState, adopt, with_device
from .steps import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOtpCode,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSmsCode,
    ConfirmSignInWithTotpCode,
    ConfirmSignUp,
    ContinueSignInWithEmailMfaSetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMfaSelection,
    ContinueSignInWithMfaSetupSelection,
    ContinueSignInWithTotpSetup,
    ContinueSignInWithUnknownChallenge,
    ContinueSignInWithWebAuthn,
    Done,
    ResetPassword,
)

__all__ = ["sign_in"]


S = SignInState


# Guards.


def uses_srp(context: SignInContext, event: Event) -> bool:
    """Whether the password is proved and not sent, from the start."""
    flow, factor = (
        (event.flow, event.preferred) if isinstance(event, SignInRequested) else (context.flow, context.factor)
    )
    if flow is AuthFlow.USER_AUTH:
        return factor is FactorType.PASSWORD_SRP
    return flow in {AuthFlow.USER_SRP_AUTH, AuthFlow.CUSTOM_AUTH_WITH_SRP}


def is_password(context: SignInContext, event: FirstFactorSelected) -> bool:
    """Whether the factor that was chosen is the password, which is asked for here and not by the backend."""
    del context
    return event.factor.is_password


def is_proved(context: SignInContext, event: PasswordAnswered) -> bool:
    """Whether the password that was chosen as a factor is proved and not sent."""
    del event
    return context.factor is FactorType.PASSWORD_SRP


def has_options(context: SignInContext, event: WebAuthnChallenged) -> bool:
    """Whether the backend said what an authenticator is to be asked."""
    del context
    return event.request_options is not None


def is_totp(context: SignInContext, event: MfaTypeSelected) -> bool:
    """Whether the second factor that is to be set up is an authenticator app."""
    del context
    return event.mfa is MfaType.TOTP


def has_device(context: SignInContext, event: DeviceChallenged) -> bool:
    """Whether the present call brought the device's secrets."""
    del event
    return context.device_password is not None


# What the context keeps.


def keep_request(context: SignInContext, event: SignInRequested) -> SignInContext:
    """Keep who wants to sign in, and how."""
    return attrs.evolve(
        with_device(context, event.device),
        username=event.username,
        flow=event.flow,
        factor=event.preferred,
        password=event.password,
        session=event.session,
        client_metadata=dict(event.client_metadata),
    )


def keep_key_pair(context: SignInContext, event: KeyPairMade) -> SignInContext:
    """Keep this attempt's key pair."""
    return attrs.evolve(context, private=event.private, public=event.public)


def keep_srp_parameters(context: SignInContext, event: PasswordVerifierChallenged) -> SignInContext:
    """Keep what the proof is made from."""
    return attrs.evolve(
        context, user_id=event.user_id, salt=event.salt, srp_b=event.srp_b, secret_block=event.secret_block
    )


def keep_chosen_srp_parameters(context: SignInContext, event: PasswordVerifierChallenged) -> SignInContext:
    """Keep what the proof is made from. It goes out without metadata, for no person's call asked for it."""
    return attrs.evolve(keep_srp_parameters(context, event), client_metadata={})


def keep_device_srp_parameters(context: SignInContext, event: DeviceVerifierChallenged) -> SignInContext:
    """Keep what the device's proof is made from."""
    return attrs.evolve(context, salt=event.salt, srp_b=event.srp_b, secret_block=event.secret_block)


def keep_claim(context: SignInContext, event: ClaimComputed) -> SignInContext:
    """Keep the proof."""
    return attrs.evolve(context, signature=event.signature, timestamp=event.timestamp)


def drop_device(context: SignInContext, event: DeviceNotFound) -> SignInContext:
    """Do not mention the device any more: the same request goes out again without it, so it cannot fail so twice."""
    del event
    return attrs.evolve(with_device(context, None), is_device_unknown=True)


def keep_factors(context: SignInContext, event: FirstFactorsOffered) -> SignInContext:
    """Keep which first factors there are. A reply that does not say leaves those that are known from this sign-in."""
    return attrs.evolve(context, available_factors=event.available or context.available_factors)


def keep_factor(context: SignInContext, event: FirstFactorSelected | PasswordChallenged) -> SignInContext:
    """Keep which first factor was chosen."""
    return attrs.evolve(context, factor=event.factor)


def keep_password(context: SignInContext, event: PasswordAnswered) -> SignInContext:
    """Keep the password."""
    return attrs.evolve(context, password=event.password)


def choose_web_authn(context: SignInContext, event: WebAuthnChallenged) -> SignInContext:
    """Keep that a passkey is to be used."""
    del event
    return attrs.evolve(context, factor=FactorType.WEB_AUTHN)


def keep_options(context: SignInContext, event: WebAuthnChallenged) -> SignInContext:
    """Keep what an authenticator is to be asked."""
    return attrs.evolve(context, factor=FactorType.WEB_AUTHN, request_options=event.request_options or "")


def keep_credential(context: SignInContext, event: CredentialAnswered) -> SignInContext:
    """Keep what the authenticator answered."""
    return attrs.evolve(context, answer=event.credential)


def keep_attributes(context: SignInContext, event: NewPasswordChallenged) -> SignInContext:
    """Keep which attributes are missing, and which are known."""
    return attrs.evolve(
        context, missing_attributes=event.missing_attributes, known_attributes=dict(event.known_attributes)
    )


def keep_new_password(context: SignInContext, event: NewPasswordAnswered) -> SignInContext:
    """Keep the new password and its attributes; only the missing ones go out with it.

    Source: AWS Amplify Auth (Flutter): Cognito refuses to overwrite attributes there, so the others are set afterwards.
    """
    missing = set(context.missing_attributes)
    return attrs.evolve(
        context,
        answer=event.password,
        new_attributes={name: value for name, value in event.attributes.items() if name in missing},
        leftover_attributes={name: value for name, value in event.attributes.items() if name not in missing},
    )


def keep_allowed_mfa(context: SignInContext, event: MfaSelectionChallenged | MfaSetupChallenged) -> SignInContext:
    """Keep which second factors there are to choose from."""
    return attrs.evolve(context, allowed_mfa=event.allowed)


def keep_chosen_mfa(context: SignInContext, event: MfaTypeSelected) -> SignInContext:
    """Keep which second factor was chosen."""
    return attrs.evolve(context, chosen_mfa=event.mfa)


def keep_sms_delivery(context: SignInContext, event: SmsCodeChallenged) -> SignInContext:
    """Keep where the code went."""
    return attrs.evolve(context, delivery=event.delivery, mfa=MfaType.SMS)


def keep_otp_delivery(context: SignInContext, event: OtpCodeChallenged) -> SignInContext:
    """Keep where the code went, and whether it is a second factor."""
    is_second = event.factor is FactorType.EMAIL_OTP and not _is_passwordless(context)
    mfa = MfaType.EMAIL if is_second else context.mfa
    return attrs.evolve(context, delivery=event.delivery, otp=event.factor, mfa=mfa)


def _is_passwordless(context: SignInContext) -> bool:
    return context.flow is AuthFlow.USER_AUTH and not (context.factor is not None and context.factor.is_password)


def keep_app_name(context: SignInContext, event: TotpCodeChallenged) -> SignInContext:
    """Keep what the authenticator's device is called."""
    return attrs.evolve(context, friendly_device_name=event.friendly_device_name, mfa=MfaType.TOTP)


def keep_code(context: SignInContext, event: CodeAnswered) -> SignInContext:
    """Keep the code."""
    return attrs.evolve(context, answer=event.code)


def keep_totp_secret(context: SignInContext, event: SoftwareTokenAssociated) -> SignInContext:
    """Keep the secret that the app needs."""
    return attrs.evolve(context, totp_secret=event.shared_secret, mfa=MfaType.TOTP)


def keep_setup_code(context: SignInContext, event: CodeAnswered) -> SignInContext:
    """Keep the code, and what the app's device is to be called."""
    return attrs.evolve(context, answer=event.code, friendly_device_name=event.friendly_device_name)


def keep_address(context: SignInContext, event: EmailAddressAnswered) -> SignInContext:
    """Keep the address."""
    return attrs.evolve(context, answer=event.address)


def keep_question(context: SignInContext, event: CustomChallenged) -> SignInContext:
    """Keep what the pool asks."""
    return attrs.evolve(context, challenge_parameters=dict(event.parameters))


def keep_custom_answer(context: SignInContext, event: CustomAnswered) -> SignInContext:
    """Keep the answer."""
    return attrs.evolve(context, answer=event.answer)


def keep_challenge(context: SignInContext, event: UnknownChallenged) -> SignInContext:
    """Keep what is asked."""
    return attrs.evolve(context, challenge=event.name, challenge_parameters=dict(event.parameters))


def keep_responses(context: SignInContext, event: KeyValuesAnswered) -> SignInContext:
    """Keep the responses."""
    return attrs.evolve(context, answer=event.answers)


def keep_tokens(context: SignInContext, event: Authenticated) -> SignInContext:
    """Keep the tokens, for the last step to hand over, and what is to be done first."""
    return attrs.evolve(context, tokens=event.tokens, new_device=event.new_device, errands=errands_for(context, event))


def keep_message(context: SignInContext, event: PasswordResetDemanded | ConfirmationDemanded) -> SignInContext:
    """Keep why nobody is let in."""
    return attrs.evolve(context, message=event.message)


# What went wrong.


def refusal(context: SignInContext, event: Refused) -> Failure:
    """Tell what the backend refused."""
    del context
    return Refusal(event.code, event.message)


def wrong_setup_code(context: SignInContext, event: Refused) -> Failure:
    """Tell what the backend refused; a wrong code has two names.

    Source: AWS Amplify Auth (Flutter), verifyTotpSetup: both mean a wrong code.
    """
    del context
    is_wrong_code = event.code == "EnableSoftwareTokenMFAException"
    return Refusal("CodeMismatchException" if is_wrong_code else event.code, event.message)


def device_refusal(context: SignInContext, event: Refused) -> Failure:
    """Tell that the backend refused the device's proof."""
    del context
    return DeviceRefusal(event.code, event.message)


def device_gone(context: SignInContext, event: DeviceNotFound) -> Failure:
    """Tell that the backend asked for the proof of a device which it does not know."""
    del context, event
    return DeviceRefusal("ResourceNotFoundException", "Device does not exist.")


def device_missing(context: SignInContext, event: DeviceChallenged) -> Failure:
    """Tell that the backend wants a device proved whose secrets are not at hand."""
    del context, event
    return DeviceMissing()


def nothing_to_set_up(context: SignInContext, event: NoMfaToSetUp) -> Failure:
    """Tell that an administrator must mend the pool.

    Source: AWS Amplify Auth, MFA_SETUP: nothing that can be set up is a fault of the pool's configuration.
    """
    del context, event
    return Refusal(
        "InvalidUserPoolConfigurationException",
        "The pool demands a second factor and offers none that can be set up while signing in",
    )


def unfit_parameters(context: SignInContext, event: ClaimRefused) -> Failure:
    """Tell what is wrong with the backend's SRP parameters."""
    del context
    return UnreadableReply(event.problem)


def unexpected_verifier(context: SignInContext, event: Event) -> Failure:
    """Tell that the backend wants a proof where none can be given."""
    del context
    name = "DEVICE_PASSWORD_VERIFIER" if isinstance(event, DeviceVerifierChallenged) else "PASSWORD_VERIFIER"
    return UnreadableReply(f"it demands {name} where no SRP attempt is under way")


def no_options(context: SignInContext, event: WebAuthnChallenged) -> Failure:
    """Tell that the backend does not say what an authenticator is to be asked."""
    del context, event
    return UnreadableReply("it demands WEB_AUTHN without request options")


def asked_again(context: SignInContext, event: WebAuthnChallenged) -> Failure:
    """Tell that the backend wants a passkey's assertion twice in a row.

    Source: AWS Amplify Auth (JavaScript), which takes that for an error too: an authenticator answers by itself.
    """
    del context, event
    return UnreadableReply("it demands WEB_AUTHN twice in a row")


# What the states hold.


def make_key_pair(context: SignInContext) -> MakeKeyPair:
    """Want a fresh key pair."""
    del context
    return MakeKeyPair()


def initiate(context: SignInContext) -> InitiateAuth:
    """Begin, with what the flow begins with."""
    sends_password = (
        context.factor is FactorType.PASSWORD
        if context.flow is AuthFlow.USER_AUTH
        else context.flow is AuthFlow.USER_PASSWORD_AUTH
    )
    return InitiateAuth(
        flow=context.flow,
        username=context.username,
        password=context.password if sends_password else None,
        srp_a=context.public,
        preferred=context.factor,
        session=context.session,
        device_key=context.device_key,
        client_metadata=context.client_metadata,
    )


def compute_claim(context: SignInContext) -> ComputeClaim:
    """Want the proof."""
    return _claim(context, context.user_id, kept(context.password), None)


def prove_password(context: SignInContext) -> RespondWithDevice:
    """Send the proof."""
    claim = PasswordClaim(kept(context.secret_block), kept(context.signature), context.timestamp)
    return _respond_with_device(context, claim)


def select_factor(context: SignInContext) -> RespondWithDevice:
    """Send which first factor was chosen."""
    return _respond_with_device(context, FactorChoice(kept(context.factor)))


def send_password(context: SignInContext) -> RespondWithDevice:
    """Send the password."""
    return _respond_with_device(context, FactorChoice(FactorType.PASSWORD, password=kept(context.password)))


def start_proof(context: SignInContext) -> RespondWithDevice:
    """Send the public key."""
    return _respond_with_device(context, FactorChoice(FactorType.PASSWORD_SRP, srp_a=kept(context.public)))


def send_credential(context: SignInContext) -> RespondToAuthChallenge:
    """Send what the authenticator answered."""
    return _respond(context, CredentialResponse(kept(context.answer)))


def set_new_password(context: SignInContext) -> RespondToAuthChallenge:
    """Send the new password."""
    return _respond(context, NewPasswordResponse(kept(context.answer), context.new_attributes))


def select_mfa_type(context: SignInContext) -> RespondToAuthChallenge:
    """Send which second factor was chosen."""
    return _respond(context, MfaChoice(kept(context.chosen_mfa)))


def answer_sms(context: SignInContext) -> RespondToAuthChallenge:
    """Send the code."""
    return _respond(context, SmsCode(kept(context.answer)))


def answer_otp(context: SignInContext) -> RespondToAuthChallenge:
    """Send the code."""
    return _respond(context, OtpCode(kept(context.otp), kept(context.answer)))


def answer_totp(context: SignInContext) -> RespondToAuthChallenge:
    """Send the code."""
    return _respond(context, TotpCode(kept(context.answer)))


def associate_token(context: SignInContext) -> AssociateSoftwareToken:
    """Want a secret for the app."""
    return AssociateSoftwareToken(session=context.session)


def verify_totp_setup(context: SignInContext) -> VerifySoftwareToken:
    """Send the code that shows that the app has the secret."""
    return VerifySoftwareToken(
        kept(context.answer), friendly_device_name=context.friendly_device_name, session=context.session
    )


def complete_totp_setup(context: SignInContext) -> RespondToAuthChallenge:
    """Send that the app is set up; the session of the verification says so."""
    return _respond(context, TotpSetupResponse())


def send_address(context: SignInContext) -> RespondToAuthChallenge:
    """Send the address."""
    return _respond(context, EmailSetupResponse(kept(context.answer)))


def send_custom_answer(context: SignInContext) -> RespondWithDevice:
    """Send the answer."""
    return _respond_with_device(context, CustomAnswer(kept(context.answer)))


def start_device_proof(context: SignInContext) -> RespondWithDevice:
    """Send the device's public key."""
    return _respond_with_device(context, DeviceSrpStart(kept(context.public)))


def compute_device_claim(context: SignInContext) -> ComputeClaim:
    """Want the device's proof."""
    return _claim(context, context.device_key or "", kept(context.device_password), context.device_group_key)


def prove_device(context: SignInContext) -> RespondWithDevice:
    """Send the device's proof."""
    claim = DeviceClaim(kept(context.secret_block), kept(context.signature), context.timestamp)
    return _respond_with_device(context, claim)


def send_responses(context: SignInContext) -> RespondToAuthChallenge:
    """Send the responses."""
    return _respond(context, KeyValues(context.challenge, kept(context.answer)))


def ask_for_factor(context: SignInContext) -> ContinueSignInWithFirstFactorSelection:
    """Ask which first factor to use."""
    return ContinueSignInWithFirstFactorSelection(context.available_factors)


def ask_for_password(context: SignInContext) -> ConfirmSignInWithPassword:
    """Ask for the password."""
    del context
    return ConfirmSignInWithPassword()


def ask_for_credential(context: SignInContext) -> ContinueSignInWithWebAuthn:
    """Ask for an authenticator's answer."""
    return ContinueSignInWithWebAuthn(context.request_options, context.available_factors)


def ask_for_new_password(context: SignInContext) -> ConfirmSignInWithNewPassword:
    """Ask for a new password."""
    return ConfirmSignInWithNewPassword(context.missing_attributes, context.known_attributes)


def ask_for_mfa_type(context: SignInContext) -> ContinueSignInWithMfaSelection:
    """Ask which second factor to use."""
    return ContinueSignInWithMfaSelection(context.allowed_mfa)


def ask_for_sms_code(context: SignInContext) -> ConfirmSignInWithSmsCode:
    """Ask for the code."""
    return ConfirmSignInWithSmsCode(context.delivery)


def ask_for_otp_code(context: SignInContext) -> ConfirmSignInWithOtpCode:
    """Ask for the code."""
    return ConfirmSignInWithOtpCode(context.delivery)


def ask_for_totp_code(context: SignInContext) -> ConfirmSignInWithTotpCode:
    """Ask for the code."""
    return ConfirmSignInWithTotpCode(context.friendly_device_name)


def ask_for_mfa_to_set_up(context: SignInContext) -> ContinueSignInWithMfaSetupSelection:
    """Ask which second factor to set up."""
    return ContinueSignInWithMfaSetupSelection(context.allowed_mfa)


def ask_for_totp_setup(context: SignInContext) -> ContinueSignInWithTotpSetup:
    """Show the secret, and ask for a code of the app."""
    return ContinueSignInWithTotpSetup(kept(context.totp_secret), context.backend_username)


def ask_for_address(context: SignInContext) -> ContinueSignInWithEmailMfaSetup:
    """Ask for the address."""
    del context
    return ContinueSignInWithEmailMfaSetup()


def ask_for_custom_answer(context: SignInContext) -> ConfirmSignInWithCustomChallenge:
    """Ask what the pool asks."""
    return ConfirmSignInWithCustomChallenge(context.challenge_parameters)


def ask_for_responses(context: SignInContext) -> ContinueSignInWithUnknownChallenge:
    """Ask for what the challenge wants."""
    return ContinueSignInWithUnknownChallenge(context.challenge, context.challenge_parameters)


def send_to_reset(context: SignInContext) -> ResetPassword:
    """Send the person to reset the password."""
    return ResetPassword(context.username, context.message)


def send_to_confirmation(context: SignInContext) -> ConfirmSignUp:
    """Send the person to confirm the account."""
    return ConfirmSignUp(context.username, context.message)


def finish(context: SignInContext) -> Done:
    """Hand the tokens over."""
    tokens = kept(context.tokens)
    return Done(
        tokens,
        tokens.user,
        new_device=context.confirmed_device,
        is_device_unknown=context.is_device_unknown,
        unsaved_attributes=context.unsaved_attributes,
    )


def _respond(context: SignInContext, response: ChallengeResponse) -> RespondToAuthChallenge:
    return RespondToAuthChallenge(
        context.backend_username, context.session, response, client_metadata=context.client_metadata
    )


def _respond_with_device(context: SignInContext, response: ChallengeResponse) -> RespondWithDevice:
    return RespondWithDevice(
        context.backend_username,
        context.session,
        response,
        device_key=context.device_key,
        client_metadata=context.client_metadata,
    )


def _claim(context: SignInContext, user_id: str, password: Secret, device_group_key: str | None) -> ComputeClaim:
    return ComputeClaim(
        user_id=user_id,
        password=password,
        private=kept(context.private),
        public=kept(context.public),
        salt=kept(context.salt),
        srp_b=kept(context.srp_b),
        secret_block=kept(context.secret_block),
        device_group_key=device_group_key,
    )


ANSWERED = Group[SignInState].of(
    "ANSWERED",
    S.INITIATING,
    S.PROVING_PASSWORD,
    S.SELECTING_FACTOR,
    S.SENDING_PASSWORD,
    S.STARTING_PROOF,
    S.SENDING_CREDENTIAL,
    S.SETTING_NEW_PASSWORD,
    S.SELECTING_MFA_TYPE,
    S.VERIFYING_SMS_CODE,
    S.VERIFYING_OTP_CODE,
    S.VERIFYING_TOTP_CODE,
    S.COMPLETING_TOTP_SETUP,
    S.SENDING_EMAIL_ADDRESS,
    S.SENDING_CUSTOM_ANSWER,
    S.STARTING_DEVICE_PROOF,
    S.PROVING_DEVICE,
    S.SENDING_RESPONSES,
)
PROVING_NOTHING = ANSWERED.but(S.INITIATING, S.STARTING_PROOF)
PROVING_NO_DEVICE = ANSWERED.but(S.STARTING_DEVICE_PROOF)
AT_NO_PASSKEY = ANSWERED.but(S.SELECTING_FACTOR, S.SENDING_CREDENTIAL)
CHOOSING = Group[SignInState].of("CHOOSING", S.AWAITING_FIRST_FACTOR, S.AWAITING_WEB_AUTHN)
AUTOMATIC = Group[SignInState].of(
    "AUTOMATIC",
    S.INITIATING,
    S.PROVING_PASSWORD,
    S.SENDING_PASSWORD,
    S.STARTING_PROOF,
    S.ASSOCIATING_TOKEN,
    S.COMPLETING_TOTP_SETUP,
)
"""A refusal here is no answer's to mend. That of a password counts among them, wherever it was given."""
AT_THE_DEVICE = Group[SignInState].of("AT_THE_DEVICE", S.STARTING_DEVICE_PROOF, S.PROVING_DEVICE)
CLAIMING = Group[SignInState].of("CLAIMING", S.COMPUTING_CLAIM, S.COMPUTING_DEVICE_CLAIM)

# fmt: off
sign_in = Flow(
    "sign_in", version=2, context=SignInContext, initial=S.READY, absorb=adopt,
    nodes=[
        working(S.MAKING_KEY_PAIR,          MakeKeyPair,                            make_key_pair),
        working(S.INITIATING,               InitiateAuth,                           initiate),
        working(S.COMPUTING_CLAIM,          ComputeClaim,                           compute_claim),
        working(S.PROVING_PASSWORD,         RespondWithDevice,                      prove_password),
        waiting(S.AWAITING_FIRST_FACTOR,    ContinueSignInWithFirstFactorSelection, ask_for_factor),
        working(S.SELECTING_FACTOR,         RespondWithDevice,                      select_factor),
        waiting(S.AWAITING_PASSWORD,        ConfirmSignInWithPassword,              ask_for_password),
        working(S.SENDING_PASSWORD,         RespondWithDevice,                      send_password),
        working(S.MAKING_CHOSEN_KEY_PAIR,   MakeKeyPair,                            make_key_pair),
        working(S.STARTING_PROOF,           RespondWithDevice,                      start_proof),
        waiting(S.AWAITING_WEB_AUTHN,       ContinueSignInWithWebAuthn,             ask_for_credential),
        working(S.SENDING_CREDENTIAL,       RespondToAuthChallenge,                 send_credential),
        waiting(S.AWAITING_NEW_PASSWORD,    ConfirmSignInWithNewPassword,           ask_for_new_password),
        working(S.SETTING_NEW_PASSWORD,     RespondToAuthChallenge,                 set_new_password),
        waiting(S.AWAITING_MFA_TYPE,        ContinueSignInWithMfaSelection,         ask_for_mfa_type),
        working(S.SELECTING_MFA_TYPE,       RespondToAuthChallenge,                 select_mfa_type),
        waiting(S.AWAITING_SMS_CODE,        ConfirmSignInWithSmsCode,               ask_for_sms_code),
        working(S.VERIFYING_SMS_CODE,       RespondToAuthChallenge,                 answer_sms),
        waiting(S.AWAITING_OTP_CODE,        ConfirmSignInWithOtpCode,               ask_for_otp_code),
        working(S.VERIFYING_OTP_CODE,       RespondToAuthChallenge,                 answer_otp),
        waiting(S.AWAITING_TOTP_CODE,       ConfirmSignInWithTotpCode,              ask_for_totp_code),
        working(S.VERIFYING_TOTP_CODE,      RespondToAuthChallenge,                 answer_totp),
        waiting(S.AWAITING_MFA_SETUP_TYPE,  ContinueSignInWithMfaSetupSelection,    ask_for_mfa_to_set_up),
        working(S.ASSOCIATING_TOKEN,        AssociateSoftwareToken,                 associate_token),
        waiting(S.AWAITING_TOTP_SETUP,      ContinueSignInWithTotpSetup,            ask_for_totp_setup),
        working(S.VERIFYING_TOTP_SETUP,     VerifySoftwareToken,                    verify_totp_setup),
        working(S.COMPLETING_TOTP_SETUP,    RespondToAuthChallenge,                 complete_totp_setup),
        waiting(S.AWAITING_EMAIL_ADDRESS,   ContinueSignInWithEmailMfaSetup,        ask_for_address),
        working(S.SENDING_EMAIL_ADDRESS,    RespondToAuthChallenge,                 send_address),
        waiting(S.AWAITING_CUSTOM_ANSWER,   ConfirmSignInWithCustomChallenge,       ask_for_custom_answer),
        working(S.SENDING_CUSTOM_ANSWER,    RespondWithDevice,                      send_custom_answer),
        working(S.MAKING_DEVICE_KEY_PAIR,   MakeKeyPair,                            make_key_pair),
        working(S.STARTING_DEVICE_PROOF,    RespondWithDevice,                      start_device_proof),
        working(S.COMPUTING_DEVICE_CLAIM,   ComputeClaim,                           compute_device_claim),
        working(S.PROVING_DEVICE,           RespondWithDevice,                      prove_device),
        waiting(S.AWAITING_RESPONSES,       ContinueSignInWithUnknownChallenge,     ask_for_responses),
        working(S.SENDING_RESPONSES,        RespondToAuthChallenge,                 send_responses),
        working(S.SETTLING_IN,              SettleIn,                               settle_in),
        final(S.SIGNED_IN,                  Done,                                   finish),
        final(S.PASSWORD_RESET_REQUIRED,    ResetPassword,                          send_to_reset),
        final(S.NOT_CONFIRMED,              ConfirmSignUp,                          send_to_confirmation),
        final(S.REFUSED),
    ],
    edges=[
        #  event                        from                       to                           guard, what is kept, what is refused
        on(SignInRequested,             S.READY,                   S.MAKING_KEY_PAIR,           when=uses_srp,       keep=keep_request),
        on(SignInRequested,             S.READY,                   S.INITIATING,                unless=uses_srp,     keep=keep_request),
        on(KeyPairMade,                 S.MAKING_KEY_PAIR,         S.INITIATING,                keep=keep_key_pair),
        on(PasswordVerifierChallenged,  S.INITIATING,              S.COMPUTING_CLAIM,           when=uses_srp,       keep=keep_srp_parameters),
        on(PasswordVerifierChallenged,  S.INITIATING,              S.REFUSED,                   unless=uses_srp,     fails=unexpected_verifier),
        on(PasswordVerifierChallenged,  S.STARTING_PROOF,          S.COMPUTING_CLAIM,           keep=keep_chosen_srp_parameters),
        on(PasswordVerifierChallenged,  PROVING_NOTHING,           S.REFUSED,                   fails=unexpected_verifier),
        on(ClaimComputed,               S.COMPUTING_CLAIM,         S.PROVING_PASSWORD,          keep=keep_claim),
        on(ClaimRefused,                CLAIMING,                  S.REFUSED,                   fails=unfit_parameters),

        # A first factor of the person's choice.
        on(FirstFactorsOffered,         ANSWERED,                  S.AWAITING_FIRST_FACTOR,     keep=keep_factors),
        on(FirstFactorSelected,         CHOOSING,                  S.AWAITING_PASSWORD,         when=is_password,    keep=keep_factor),
        on(FirstFactorSelected,         CHOOSING,                  S.SELECTING_FACTOR,          unless=is_password,  keep=keep_factor),
        on(PasswordChallenged,          ANSWERED,                  S.AWAITING_PASSWORD,         keep=keep_factor),
        on(PasswordAnswered,            S.AWAITING_PASSWORD,       S.MAKING_CHOSEN_KEY_PAIR,    when=is_proved,      keep=keep_password),
        on(PasswordAnswered,            S.AWAITING_PASSWORD,       S.SENDING_PASSWORD,          unless=is_proved,    keep=keep_password),
        on(KeyPairMade,                 S.MAKING_CHOSEN_KEY_PAIR,  S.STARTING_PROOF,            keep=keep_key_pair),
        on(WebAuthnChallenged,          AT_NO_PASSKEY,             S.AWAITING_WEB_AUTHN,        when=has_options,    keep=keep_options),
        on(WebAuthnChallenged,          AT_NO_PASSKEY,             S.SELECTING_FACTOR,          unless=has_options,  keep=choose_web_authn),
        on(WebAuthnChallenged,          S.SELECTING_FACTOR,        S.AWAITING_WEB_AUTHN,        when=has_options,    keep=keep_options),
        on(WebAuthnChallenged,          S.SELECTING_FACTOR,        S.REFUSED,                   unless=has_options,  fails=no_options),
        on(WebAuthnChallenged,          S.SENDING_CREDENTIAL,      S.REFUSED,                   fails=asked_again),
        on(CredentialAnswered,          S.AWAITING_WEB_AUTHN,      S.SENDING_CREDENTIAL,        keep=keep_credential),

        # What the pool wants beside it.
        on(NewPasswordChallenged,       ANSWERED,                  S.AWAITING_NEW_PASSWORD,     keep=keep_attributes),
        on(NewPasswordAnswered,         S.AWAITING_NEW_PASSWORD,   S.SETTING_NEW_PASSWORD,      keep=keep_new_password),
        on(MfaSelectionChallenged,      ANSWERED,                  S.AWAITING_MFA_TYPE,         keep=keep_allowed_mfa),
        on(MfaTypeSelected,             S.AWAITING_MFA_TYPE,       S.SELECTING_MFA_TYPE,        keep=keep_chosen_mfa),
        on(SmsCodeChallenged,           ANSWERED,                  S.AWAITING_SMS_CODE,         keep=keep_sms_delivery),
        on(CodeAnswered,                S.AWAITING_SMS_CODE,       S.VERIFYING_SMS_CODE,        keep=keep_code),
        on(OtpCodeChallenged,           ANSWERED,                  S.AWAITING_OTP_CODE,         keep=keep_otp_delivery),
        on(CodeAnswered,                S.AWAITING_OTP_CODE,       S.VERIFYING_OTP_CODE,        keep=keep_code),
        on(TotpCodeChallenged,          ANSWERED,                  S.AWAITING_TOTP_CODE,        keep=keep_app_name),
        on(CodeAnswered,                S.AWAITING_TOTP_CODE,      S.VERIFYING_TOTP_CODE,       keep=keep_code),
        on(CustomChallenged,            ANSWERED,                  S.AWAITING_CUSTOM_ANSWER,    keep=keep_question),
        on(CustomAnswered,              S.AWAITING_CUSTOM_ANSWER,  S.SENDING_CUSTOM_ANSWER,     keep=keep_custom_answer),
        on(UnknownChallenged,           ANSWERED,                  S.AWAITING_RESPONSES,        keep=keep_challenge),
        on(KeyValuesAnswered,           S.AWAITING_RESPONSES,      S.SENDING_RESPONSES,         keep=keep_responses),

        # A second factor to be set up. Which one is chosen here and not sent; an app is verified before it counts.
        on(MfaSetupChallenged,          ANSWERED,                  S.AWAITING_MFA_SETUP_TYPE,   keep=keep_allowed_mfa),
        on(MfaTypeSelected,             S.AWAITING_MFA_SETUP_TYPE, S.ASSOCIATING_TOKEN,         when=is_totp),
        on(MfaTypeSelected,             S.AWAITING_MFA_SETUP_TYPE, S.AWAITING_EMAIL_ADDRESS,    unless=is_totp),
        on(TotpSetupChallenged,         ANSWERED,                  S.ASSOCIATING_TOKEN),
        on(EmailSetupChallenged,        ANSWERED,                  S.AWAITING_EMAIL_ADDRESS),
        on(NoMfaToSetUp,                ANSWERED,                  S.REFUSED,                   fails=nothing_to_set_up),
        on(SoftwareTokenAssociated,     S.ASSOCIATING_TOKEN,       S.AWAITING_TOTP_SETUP,       keep=keep_totp_secret),
        on(CodeAnswered,                S.AWAITING_TOTP_SETUP,     S.VERIFYING_TOTP_SETUP,      keep=keep_setup_code),
        on(SoftwareTokenVerified,       S.VERIFYING_TOTP_SETUP,    S.COMPLETING_TOTP_SETUP),
        on(EmailAddressAnswered,        S.AWAITING_EMAIL_ADDRESS,  S.SENDING_EMAIL_ADDRESS,     keep=keep_address),

        # The device.
        on(DeviceChallenged,            ANSWERED,                  S.MAKING_DEVICE_KEY_PAIR,    when=has_device),
        on(DeviceChallenged,            ANSWERED,                  S.REFUSED,                   unless=has_device,   fails=device_missing),
        on(KeyPairMade,                 S.MAKING_DEVICE_KEY_PAIR,  S.STARTING_DEVICE_PROOF,     keep=keep_key_pair),
        on(DeviceVerifierChallenged,    S.STARTING_DEVICE_PROOF,   S.COMPUTING_DEVICE_CLAIM,    keep=keep_device_srp_parameters),
        on(DeviceVerifierChallenged,    PROVING_NO_DEVICE,         S.REFUSED,                   fails=unexpected_verifier),
        on(ClaimComputed,               S.COMPUTING_DEVICE_CLAIM,  S.PROVING_DEVICE,            keep=keep_claim),
        on(DeviceNotFound,              S.INITIATING,              S.INITIATING,                keep=drop_device),
        on(DeviceNotFound,              S.PROVING_PASSWORD,        S.PROVING_PASSWORD,          keep=drop_device),
        on(DeviceNotFound,              S.SELECTING_FACTOR,        S.SELECTING_FACTOR,          keep=drop_device),
        on(DeviceNotFound,              S.SENDING_PASSWORD,        S.SENDING_PASSWORD,          keep=drop_device),
        on(DeviceNotFound,              S.STARTING_PROOF,          S.STARTING_PROOF,            keep=drop_device),
        on(DeviceNotFound,              S.SENDING_CUSTOM_ANSWER,   S.SENDING_CUSTOM_ANSWER,     keep=drop_device),
        on(DeviceNotFound,              AT_THE_DEVICE,             S.REFUSED,                   fails=device_gone),

        # The end.
        on(Authenticated,               ANSWERED,                  S.SETTLING_IN,               when=has_errands,    keep=keep_tokens),
        on(Authenticated,               ANSWERED,                  S.SIGNED_IN,                 unless=has_errands,  keep=keep_tokens),
        on(ErrandDone,                  S.SETTLING_IN,             S.SETTLING_IN,               when=has_more_errands,   keep=keep_outcome),
        on(ErrandDone,                  S.SETTLING_IN,             S.SIGNED_IN,                 unless=has_more_errands, keep=keep_outcome),
        on(PasswordResetDemanded,       ANSWERED,                  S.PASSWORD_RESET_REQUIRED,   keep=keep_message),
        on(ConfirmationDemanded,        ANSWERED,                  S.NOT_CONFIRMED,             keep=keep_message),

        on(Refused,                     AUTOMATIC,                 S.REFUSED,                   fails=refusal),
        on(Refused,                     AT_THE_DEVICE,             S.REFUSED,                   fails=device_refusal),
        on(Refused,                     S.SELECTING_FACTOR,        S.AWAITING_FIRST_FACTOR,     fails=refusal),
        on(Refused,                     S.SENDING_CREDENTIAL,      S.AWAITING_WEB_AUTHN,        fails=refusal),
        on(Refused,                     S.SETTING_NEW_PASSWORD,    S.AWAITING_NEW_PASSWORD,     fails=refusal),
        on(Refused,                     S.SELECTING_MFA_TYPE,      S.AWAITING_MFA_TYPE,         fails=refusal),
        on(Refused,                     S.VERIFYING_SMS_CODE,      S.AWAITING_SMS_CODE,         fails=refusal),
        on(Refused,                     S.VERIFYING_OTP_CODE,      S.AWAITING_OTP_CODE,         fails=refusal),
        on(Refused,                     S.VERIFYING_TOTP_CODE,     S.AWAITING_TOTP_CODE,        fails=refusal),
        on(Refused,                     S.VERIFYING_TOTP_SETUP,    S.AWAITING_TOTP_SETUP,       fails=wrong_setup_code),
        on(Refused,                     S.SENDING_EMAIL_ADDRESS,   S.AWAITING_EMAIL_ADDRESS,    fails=refusal),
        on(Refused,                     S.SENDING_CUSTOM_ANSWER,   S.AWAITING_CUSTOM_ANSWER,    fails=refusal),
        on(Refused,                     S.SENDING_RESPONSES,       S.AWAITING_RESPONSES,        fails=refusal),
    ],
)
# fmt: on
