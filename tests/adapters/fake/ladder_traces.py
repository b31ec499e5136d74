"""Climbs of the ladder, rung by rung: every event that can happen, what each rung holds, and every road up and down."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from authsteps.adapters.fake import FirstFactor, MfaFactor
from authsteps.adapters.fake.sign_in import choice_rungs, custom_rungs, device_rungs, mfa_rungs, rungs
from authsteps.adapters.fake.sign_in.attempt import AttemptState as S
from authsteps.adapters.fake.sign_in.mfa_rungs import Demand
from authsteps.adapters.fake.sign_in.trigger_rungs import (
    AttemptAllowed,
    EntryAllowed,
    PostAuthenticate,
    PreAuthenticate,
    Respondent,
)
from authsteps.adapters.fake.tokens import IssuedTokens
from authsteps.adapters.lambda_triggers import ChallengeResult, TriggerSource
from authsteps.engine.messages import Carried, Event, Secret
from tests.flows.traces import Trace, to

BOTH = (MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA)
NEW = (MfaFactor.SOFTWARE_TOKEN_MFA, MfaFactor.EMAIL_OTP)
ALL = ("PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "WEB_AUTHN")
STAMP = "Mon Jan 5 03:04:09 UTC 2026"
KEY = "eu-west-1_device"

# What clients send.

password_given = rungs.PasswordGiven("client", "Alice", Secret("canary password"), device_key=KEY)
proof_offered = rungs.ProofOffered("client", "Alice", Secret("canary A"))
choice_begun = choice_rungs.ChoiceBegun("client", "Alice", "PASSWORD", Secret("canary password"))
choice_begun_with_proof = choice_rungs.ChoiceBegun("client", "Alice", "PASSWORD_SRP", None, Secret("canary A"))
hand_over_given = choice_rungs.HandOverGiven("client", "Alice", Secret("canary session"))
custom_begun = custom_rungs.CustomBegun("client", "Alice")
custom_begun_with_proof = custom_rungs.CustomBegun("client", "Alice", Secret("canary A"))
proof_given = rungs.ProofGiven(Secret("canary signature"), STAMP)
proof_of_device_given = rungs.ProofGiven(Secret("canary device signature"), STAMP)
password_chosen = choice_rungs.FirstFactorChosen("PASSWORD", Secret("canary password"))
proof_chosen = choice_rungs.FirstFactorChosen("PASSWORD_SRP", None, Secret("canary A"))
passkey_given = choice_rungs.PasskeyGiven(Secret("canary credential"))
new_password_given = rungs.NewPasswordGiven(Secret("canary new"), {"name": "Alice"})
sms_chosen = mfa_rungs.FactorChosen("SMS_MFA")
code_given = rungs.CodeGiven(Secret("canary 654321"))
set_up_begun = mfa_rungs.TotpSetUpBegun()
set_up_code_given = mfa_rungs.SetUpCodeGiven(Secret("canary 111111"), "phone")
set_up_ended = mfa_rungs.SetUpEnded()
email_given = mfa_rungs.EmailGiven(Secret("canary@example.com"))
device_offered = device_rungs.DeviceProofOffered(Secret("canary device A"), device_key=KEY)
custom_answer_given = custom_rungs.CustomAnswerGiven(Secret("canary answer"))

# What the fake and its triggers find.

gate_passed = rungs.GatePassed("alice", "alice-sub")
may_try = AttemptAllowed()
may_come_in = EntryAllowed()
choice_offered = choice_rungs.FirstChoiceWanted(ALL)
password_wanted = choice_rungs.PasswordWanted(ALL)
proof_wanted = rungs.ProofWanted()
first_code_wanted = choice_rungs.FirstCodeWanted(FirstFactor.EMAIL_OTP, ALL)
passkey_wanted = choice_rungs.PasskeyWanted(ALL)
proof_prepared = rungs.ProofPrepared(
    Carried("canary b"), Carried("canary B"), Carried("canary salt"), Carried("canary block")
)
first_code_sent = choice_rungs.FirstCodeSent(Carried("canary 12345678"), "a***@e***", Carried("canary@example.com"))
passkey_challenged = choice_rungs.PasskeyChallenged(Carried("canary challenge"), Carried('{"canary": 1}'))
passed = rungs.FirstFactorPassed(password=Carried("canary proved"))
passed_for_now = rungs.FirstFactorPassed(is_temporary=True)
both_passed = rungs.FirstFactorPassed(is_both=True)
new_password_set = rungs.NewPasswordSet(Carried("canary new salt"))
nothing_demanded = mfa_rungs.SecondFactorChosen(None)
demanded = mfa_rungs.SecondFactorChosen(Demand(BOTH))
choice_wanted = mfa_rungs.FactorChoiceWanted(BOTH)
sms_wanted = mfa_rungs.SecondCodeWanted(MfaFactor.SMS_MFA)
sms_sent = mfa_rungs.SecondCodeSent(Carried("canary 123456"), MfaFactor.SMS_MFA, "+*******1234", Carried("canary 1234"))
email_sent = mfa_rungs.SecondCodeSent(
    Carried("canary 222222"),
    MfaFactor.EMAIL_OTP,
    "c***@e***",
    Carried("canary@example.com"),
    Carried("canary@example.com"),
)
totp_wanted = mfa_rungs.TotpCodeWanted("phone")
set_up_wanted = mfa_rungs.SetUpWanted(NEW)
stands_in = mfa_rungs.DeviceStandsIn()
associated = mfa_rungs.TotpAssociated(Carried("CANARYSECRET canary"))
verified = mfa_rungs.TotpVerified()
sms_passed = mfa_rungs.SecondFactorPassed(MfaFactor.SMS_MFA)
totp_passed = mfa_rungs.SecondFactorPassed(MfaFactor.SOFTWARE_TOKEN_MFA)
email_passed = mfa_rungs.SecondFactorPassed(MfaFactor.EMAIL_OTP)
device_wanted = device_rungs.DeviceProofWanted()
no_device_wanted = device_rungs.NoDeviceProofWanted()
device_passed = device_rungs.DeviceProofPassed()
new_password_wanted = custom_rungs.NewPasswordWanted()
custom_wanted = custom_rungs.CustomChallengeWanted()
challenge_created = custom_rungs.ChallengeCreated({"hint": "canary hint"}, Carried('{"canary": 2}'), "canary note")
answered_rightly = custom_rungs.CustomAnswerVerified(is_right=True)
answered_wrongly = custom_rungs.CustomAnswerVerified(is_right=False)
allowed = custom_rungs.TokensAllowed()
TOKENS = IssuedTokens(Secret("canary access"), Secret("canary id"), timedelta(hours=1), Secret("canary refresh"))
tokens_issued = rungs.TokensIssued(TOKENS)
refused = rungs.Refused("SomeException", "No.")
undone = rungs.Refused("UserLambdaValidationException", "No.", undoes_answer=True)

EVENTS: Sequence[Event] = tuple(value for value in vars().values() if isinstance(value, Event))

NO = rungs.RefusedAnswer("SomeException", "No.")

# What is wanted at each rung.

GATE = rungs.PassGate(
    "client",
    "Alice",
    reveals_existence=True,
    by_password=True,
    device_key=KEY,
    password=Secret("canary password"),
)
GATE_WITH = rungs.PassGate(
    "client", "Alice", reveals_existence=True, by_password=False, password=Secret("canary password")
)
GATE_TO_PROOF = rungs.PassGate("client", "Alice", reveals_existence=True, by_password=True)
GATE_WITHOUT = rungs.PassGate("client", "Alice", reveals_existence=True, by_password=False)
CHOOSE_FIRST = choice_rungs.ChooseFirstFactor("alice-sub", "PASSWORD")
DEMAND_FIRST = choice_rungs.DemandFirstChoice()
CHECK_PASSWORD = rungs.CheckFirstFactor("alice-sub", password=Secret("canary password"))
PREPARE = rungs.PrepareProof("alice-sub", Secret("canary A"))
DEMAND_PROOF = rungs.DemandPasswordProof("alice", Secret("canary salt"), Secret("canary B"), Secret("canary block"))
PROOF = rungs.Proof(
    srp_a=Secret("canary A"),
    private=Secret("canary b"),
    public=Secret("canary B"),
    secret_block=Secret("canary block"),
    signature=Secret("canary signature"),
    timestamp=STAMP,
)
CHECK_PROOF = rungs.CheckFirstFactor("alice-sub", proof=PROOF)
SEND_FIRST = choice_rungs.SendFirstCode("client", "alice-sub", "Alice", FirstFactor.EMAIL_OTP)
DEMAND_CODE = choice_rungs.DemandFirstCode(FirstFactor.EMAIL_OTP, "a***@e***")
VERIFY_FIRST = choice_rungs.VerifyFirstCode(
    "alice-sub", FirstFactor.EMAIL_OTP, Secret("canary 654321"), Secret("canary 12345678"), Secret("canary@example.com")
)
PREPARE_PASSKEY = choice_rungs.PreparePasskey("alice-sub")
DEMAND_PASSKEY = choice_rungs.DemandPasskey(Secret('{"canary": 1}'))
CHECK_PASSKEY = choice_rungs.CheckPasskey("alice-sub", Secret("canary credential"), Secret("canary challenge"))
REDEEM = choice_rungs.RedeemHandOver("client", "alice-sub", Secret("canary session"))
DEMAND_NEW = rungs.DemandNewPassword("client", "alice", "alice-sub")
SET_NEW = rungs.SetNewPassword("client", "alice-sub", Secret("canary new"), {"name": "Alice"})
CHOOSE = mfa_rungs.ChooseSecondFactor("alice-sub")
DEMAND_CHOICE = mfa_rungs.DemandFactorChoice("alice", BOTH)
VERIFY_CHOICE = mfa_rungs.VerifyFactorChoice("alice-sub", "SMS_MFA", BOTH)
SEND_SMS = mfa_rungs.SendSecondCode("client", "alice-sub", MfaFactor.SMS_MFA)
DEMAND_SMS = mfa_rungs.DemandSecondCode("alice", MfaFactor.SMS_MFA, "+*******1234")
VERIFY_SMS = mfa_rungs.VerifySecondCode(
    "alice-sub", MfaFactor.SMS_MFA, Secret("canary 654321"), Secret("canary 123456"), Secret("canary 1234")
)
DEMAND_TOTP = mfa_rungs.DemandTotpCode("alice", "phone")
VERIFY_TOTP = mfa_rungs.VerifyTotpCode("alice-sub", Secret("canary 654321"))
DEMAND_SET_UP = mfa_rungs.DemandMfaSetUp("alice", NEW)
ASSOCIATE = mfa_rungs.AssociateTotp("alice-sub", NEW)
DEMAND_SET_UP_CODE = mfa_rungs.DemandSetUpCode(Secret("CANARYSECRET canary"))
VERIFY_SET_UP = mfa_rungs.VerifySetUpCode("alice-sub", Secret("CANARYSECRET canary"), Secret("canary 111111"), "phone")
DEMAND_END = mfa_rungs.DemandSetUpEnd()
ACTIVATE = mfa_rungs.ActivateTotp("alice-sub", Secret("CANARYSECRET canary"))
SET_UP_EMAIL = mfa_rungs.SetUpEmail("client", "alice-sub", Secret("canary@example.com"), NEW)
DEMAND_EMAIL = mfa_rungs.DemandSecondCode("alice", MfaFactor.EMAIL_OTP, "c***@e***")
VERIFY_EMAIL = mfa_rungs.VerifySecondCode(
    "alice-sub",
    MfaFactor.EMAIL_OTP,
    Secret("canary 654321"),
    Secret("canary 222222"),
    Secret("canary@example.com"),
    Secret("canary@example.com"),
)
DEMAND_DEVICE_SRP = device_rungs.DemandDeviceSrp()
PREPARE_DEVICE = device_rungs.PrepareDeviceProof("alice-sub", KEY, Secret("canary device A"))
DEMAND_DEVICE = device_rungs.DemandDeviceProof(
    "alice", KEY, Secret("canary salt"), Secret("canary B"), Secret("canary block")
)
CHECK_DEVICE = device_rungs.CheckDeviceProof(
    "alice-sub",
    KEY,
    rungs.Proof(
        srp_a=Secret("canary device A"),
        private=Secret("canary b"),
        public=Secret("canary B"),
        secret_block=Secret("canary block"),
        signature=Secret("canary device signature"),
        timestamp=STAMP,
    ),
)
GRANTED = rungs.Granted(TOKENS)
WHO = Respondent("alice-sub", "Alice")
LET_TRY = PreAuthenticate(WHO)
NEW_SALT = Secret("canary new salt")
"""What the new password is known by."""
OLD = Secret("canary proved")
"""What the password is known by that was proved."""
AS_USUAL = TriggerSource.TOKEN_GENERATION_AUTHENTICATION
WITH_NEW_PASSWORD = TriggerSource.TOKEN_GENERATION_NEW_PASSWORD_CHALLENGE
WITH_DEVICE = TriggerSource.TOKEN_GENERATION_AUTHENTICATE_DEVICE
SRP_A = ChallengeResult("SRP_A", challenge_result=True)
PROVED = ChallengeResult("PASSWORD_VERIFIER", challenge_result=True)
BY_SMS = ChallengeResult("SMS_MFA", challenge_result=True)
BY_TOTP = ChallengeResult("SOFTWARE_TOKEN_MFA", challenge_result=True)
RIGHT = ChallengeResult("CUSTOM_CHALLENGE", challenge_result=True, challenge_metadata="canary note")
RENEWED = ChallengeResult("NEW_PASSWORD_REQUIRED", challenge_result=True)
WRONG = ChallengeResult("CUSTOM_CHALLENGE", challenge_result=False, challenge_metadata="canary note")
DEMAND_ANSWER = custom_rungs.DemandCustomAnswer("alice", {"hint": "canary hint"})
VERIFY_ANSWER = custom_rungs.VerifyCustomAnswer(WHO, Secret('{"canary": 2}'), Secret("canary answer"))


def choose(device_key: str = "") -> mfa_rungs.PickSecondFactor:
    return mfa_rungs.PickSecondFactor("alice-sub", Demand(BOTH), device_key)


def find(device_key: str = "") -> device_rungs.FindDevice:
    return device_rungs.FindDevice("alice-sub", device_key)


def let_in(device_key: str = "", proved: Secret | None = OLD) -> PostAuthenticate:
    return PostAuthenticate("alice-sub", device_key, proved)


def issue(device_key: str = "", proved: Secret | None = OLD, source: TriggerSource = AS_USUAL) -> rungs.IssueTokens:
    return rungs.IssueTokens("client", "alice-sub", device_key, proved, source)


def define(*entries: ChallengeResult, can_prove: bool = False) -> custom_rungs.DefineChallenge:
    return custom_rungs.DefineChallenge(WHO, entries, can_prove=can_prove, has_proved=PROVED in entries)


# Parts of roads.

TURNED_AWAY = to(refused, S.TURNED_AWAY, failure=NO)

BY_PASSWORD: Trace[S] = (
    to(password_given, S.PASSING_GATE, GATE),
    to(gate_passed, S.PRE_AUTHENTICATING, LET_TRY),
    to(may_try, S.CHECKING_PASSWORD, CHECK_PASSWORD),
)
BY_PROOF: Trace[S] = (
    to(proof_offered, S.PASSING_GATE, GATE_TO_PROOF),
    to(gate_passed, S.PRE_AUTHENTICATING, LET_TRY),
    to(may_try, S.PREPARING_PROOF, PREPARE),
    to(proof_prepared, S.AWAITING_PROOF, DEMAND_PROOF),
    to(proof_given, S.CHECKING_PROOF, CHECK_PROOF),
)
TO_FACTORS: Trace[S] = (
    to(choice_begun, S.PASSING_GATE_TO_FACTORS, GATE_WITH),
    to(gate_passed, S.PRE_AUTHENTICATING_TO_FACTORS, LET_TRY),
    to(may_try, S.CHOOSING_FIRST_FACTOR, CHOOSE_FIRST),
)
AT_THE_CHOICE: Trace[S] = (*TO_FACTORS, to(choice_offered, S.AWAITING_FIRST_CHOICE, DEMAND_FIRST))


def chosen(event: choice_rungs.FirstFactorChosen) -> Trace[S]:
    verify = choice_rungs.VerifyFirstChoice("alice-sub", event.answer, ALL)
    return (to(event, S.VERIFYING_FIRST_CHOICE, verify),)


PREFERRED_PASSWORD: Trace[S] = (*TO_FACTORS, to(password_wanted, S.CHECKING_PASSWORD, CHECK_PASSWORD))
PREFERRED_PROOF: Trace[S] = (
    to(choice_begun_with_proof, S.PASSING_GATE_TO_FACTORS, GATE_WITHOUT),
    to(gate_passed, S.PRE_AUTHENTICATING_TO_FACTORS, LET_TRY),
    to(may_try, S.CHOOSING_FIRST_FACTOR, choice_rungs.ChooseFirstFactor("alice-sub", "PASSWORD_SRP")),
    to(proof_wanted, S.PREPARING_PROOF, PREPARE),
    *BY_PROOF[3:],
)
FIRST_CODE: Trace[S] = (
    to(first_code_wanted, S.SENDING_FIRST_CODE, SEND_FIRST),
    to(first_code_sent, S.AWAITING_FIRST_CODE, DEMAND_CODE),
    to(code_given, S.VERIFYING_FIRST_CODE, VERIFY_FIRST),
    to(refused, S.AWAITING_FIRST_CODE, DEMAND_CODE, NO),
    to(code_given, S.VERIFYING_FIRST_CODE, VERIFY_FIRST),
)
PASSKEY: Trace[S] = (
    to(passkey_wanted, S.PREPARING_PASSKEY, PREPARE_PASSKEY),
    to(passkey_challenged, S.AWAITING_PASSKEY, DEMAND_PASSKEY),
)
CHECKED_PASSKEY: Trace[S] = (*PASSKEY, to(passkey_given, S.CHECKING_PASSKEY, CHECK_PASSKEY))
CHOSEN_PASSWORD: Trace[S] = (
    *AT_THE_CHOICE,
    *chosen(proof_chosen),
    to(refused, S.AWAITING_FIRST_CHOICE, DEMAND_FIRST, NO),
    *chosen(password_chosen),
    to(password_wanted, S.CHECKING_PASSWORD, CHECK_PASSWORD),
)
CHOSEN_PROOF: Trace[S] = (
    *AT_THE_CHOICE,
    *chosen(proof_chosen),
    to(proof_wanted, S.PREPARING_PROOF, PREPARE),
    *BY_PROOF[3:],
)
CHOSEN_CODE: Trace[S] = (*AT_THE_CHOICE, *chosen(choice_rungs.FirstFactorChosen("EMAIL_OTP")), *FIRST_CODE)
CHOSEN_PASSKEY: Trace[S] = (
    *AT_THE_CHOICE,
    *chosen(choice_rungs.FirstFactorChosen("WEB_AUTHN")),
    *CHECKED_PASSKEY,
)
CHANGED_MIND: Trace[S] = (
    *TO_FACTORS,
    *PASSKEY,
    *chosen(password_chosen),
    to(password_wanted, S.CHECKING_PASSWORD, CHECK_PASSWORD),
)
FROM_SIGN_UP: Trace[S] = (
    to(hand_over_given, S.PASSING_GATE_AFTER_SIGN_UP, GATE_WITHOUT),
    to(gate_passed, S.PRE_AUTHENTICATING_AFTER_SIGN_UP, LET_TRY),
    to(may_try, S.REDEEMING_HAND_OVER, REDEEM),
)


def on_to_second(event: Event = passed) -> Trace[S]:
    return (to(event, S.CHOOSING_SECOND_FACTOR, CHOOSE),)


A_NEW_PASSWORD: Trace[S] = (
    to(passed_for_now, S.AWAITING_NEW_PASSWORD, DEMAND_NEW),
    to(new_password_given, S.SETTING_NEW_PASSWORD, SET_NEW),
    to(refused, S.AWAITING_NEW_PASSWORD, DEMAND_NEW, NO),
    to(new_password_given, S.SETTING_NEW_PASSWORD, SET_NEW),
    *on_to_second(new_password_set),
)


def nothing_more(key: str = "") -> Trace[S]:
    return (to(nothing_demanded, S.FINDING_DEVICE, find(key)),)


def one_more(key: str = "") -> Trace[S]:
    return (to(demanded, S.PICKING_SECOND_FACTOR, choose(key)),)


SMS_CODE: Trace[S] = (
    to(sms_wanted, S.SENDING_SECOND_CODE, SEND_SMS),
    to(sms_sent, S.AWAITING_SECOND_CODE, DEMAND_SMS),
    to(code_given, S.VERIFYING_SECOND_CODE, VERIFY_SMS),
    to(refused, S.AWAITING_SECOND_CODE, DEMAND_SMS, NO),
    to(code_given, S.VERIFYING_SECOND_CODE, VERIFY_SMS),
)
TOTP_CODE: Trace[S] = (
    to(totp_wanted, S.AWAITING_TOTP_CODE, DEMAND_TOTP),
    to(code_given, S.VERIFYING_TOTP_CODE, VERIFY_TOTP),
    to(refused, S.AWAITING_TOTP_CODE, DEMAND_TOTP, NO),
    to(code_given, S.VERIFYING_TOTP_CODE, VERIFY_TOTP),
)
CHOICE: Trace[S] = (
    to(choice_wanted, S.AWAITING_FACTOR_CHOICE, DEMAND_CHOICE),
    to(sms_chosen, S.VERIFYING_FACTOR_CHOICE, VERIFY_CHOICE),
    to(refused, S.AWAITING_FACTOR_CHOICE, DEMAND_CHOICE, NO),
    to(sms_chosen, S.VERIFYING_FACTOR_CHOICE, VERIFY_CHOICE),
)
SET_UP: Trace[S] = (to(set_up_wanted, S.AWAITING_MFA_SET_UP, DEMAND_SET_UP),)
NEW_APP: Trace[S] = (
    *SET_UP,
    to(set_up_begun, S.ASSOCIATING_TOTP, ASSOCIATE),
    to(refused, S.AWAITING_MFA_SET_UP, DEMAND_SET_UP, NO),
    to(set_up_begun, S.ASSOCIATING_TOTP, ASSOCIATE),
    to(associated, S.AWAITING_SET_UP_CODE, DEMAND_SET_UP_CODE),
    to(set_up_begun, S.ASSOCIATING_TOTP, ASSOCIATE),
    to(associated, S.AWAITING_SET_UP_CODE, DEMAND_SET_UP_CODE),
    to(set_up_code_given, S.VERIFYING_SET_UP_CODE, VERIFY_SET_UP),
    to(refused, S.AWAITING_SET_UP_CODE, DEMAND_SET_UP_CODE, NO),
    to(set_up_code_given, S.VERIFYING_SET_UP_CODE, VERIFY_SET_UP),
    to(verified, S.AWAITING_SET_UP_END, DEMAND_END),
    to(set_up_ended, S.ACTIVATING_TOTP, ACTIVATE),
)
NEW_EMAIL: Trace[S] = (
    *SET_UP,
    to(email_given, S.SETTING_UP_EMAIL, SET_UP_EMAIL),
    to(refused, S.AWAITING_MFA_SET_UP, DEMAND_SET_UP, NO),
    to(set_up_begun, S.ASSOCIATING_TOTP, ASSOCIATE),
    to(associated, S.AWAITING_SET_UP_CODE, DEMAND_SET_UP_CODE),
    to(email_given, S.SETTING_UP_EMAIL, SET_UP_EMAIL),
    to(email_sent, S.AWAITING_SECOND_CODE, DEMAND_EMAIL),
    to(code_given, S.VERIFYING_SECOND_CODE, VERIFY_EMAIL),
)
DEVICE: Trace[S] = (
    to(device_offered, S.PREPARING_DEVICE_PROOF, PREPARE_DEVICE),
    to(proof_prepared, S.AWAITING_DEVICE_PROOF, DEMAND_DEVICE),
    to(proof_of_device_given, S.CHECKING_DEVICE_PROOF, CHECK_DEVICE),
)


def top(key: str = "", proved: Secret | None = OLD, source: TriggerSource = AS_USUAL) -> Trace[S]:
    return (
        to(no_device_wanted, S.POST_AUTHENTICATING, let_in(key, proved)),
        to(may_come_in, S.ISSUING_TOKENS, issue(key, proved, source)),
        to(tokens_issued, S.SIGNED_IN, GRANTED),
    )


def past_device(proved: Secret | None = OLD, source: TriggerSource = WITH_DEVICE) -> Trace[S]:
    return (
        *DEVICE,
        to(device_passed, S.POST_AUTHENTICATING, let_in(KEY, proved)),
        to(may_come_in, S.ISSUING_TOKENS, issue(KEY, proved, source)),
        to(tokens_issued, S.SIGNED_IN, GRANTED),
    )


AT_DEVICE: Trace[S] = (to(device_wanted, S.AWAITING_DEVICE_SRP, DEMAND_DEVICE_SRP),)


def second_passed(event: Event, key: str = "") -> Trace[S]:
    return (to(event, S.FINDING_DEVICE, find(key)),)


TO_TRIGGERS: Trace[S] = (
    to(custom_begun, S.PASSING_GATE_TO_CHALLENGES, GATE_WITHOUT),
    to(gate_passed, S.PRE_AUTHENTICATING_TO_CHALLENGES, LET_TRY),
    to(may_try, S.DEFINING_CHALLENGE, define()),
)


def question(*entries: ChallengeResult) -> Trace[S]:
    return (
        to(custom_wanted, S.CREATING_CHALLENGE, custom_rungs.CreateChallenge(WHO, entries)),
        to(challenge_created, S.AWAITING_CUSTOM_ANSWER, DEMAND_ANSWER),
        to(custom_answer_given, S.VERIFYING_CUSTOM_ANSWER, VERIFY_ANSWER),
    )


TO_TRIGGERS_WITH_PROOF: Trace[S] = (
    to(custom_begun_with_proof, S.PASSING_GATE_TO_CHALLENGES, GATE_WITHOUT),
    to(gate_passed, S.PRE_AUTHENTICATING_TO_CHALLENGES, LET_TRY),
    to(may_try, S.DEFINING_CHALLENGE, define(SRP_A, can_prove=True)),
    to(proof_wanted, S.PREPARING_PROOF, PREPARE),
    to(proof_prepared, S.AWAITING_PROOF, DEMAND_PROOF),
    to(proof_given, S.CHECKING_PROOF_MIDWAY, CHECK_PROOF),
    to(passed, S.CHOOSING_SECOND_FACTOR_MIDWAY, CHOOSE),
)
ALLOWED: Trace[S] = (to(allowed, S.CHOOSING_SECOND_FACTOR, CHOOSE),)


def allowed_after(proved: MfaFactor) -> Trace[S]:
    return (to(allowed, S.CHOOSING_SECOND_FACTOR, mfa_rungs.ChooseSecondFactor("alice-sub", proved)),)


CLIMBS: Mapping[str, Trace[S]] = {
    "by password": (*BY_PASSWORD, *on_to_second(), *nothing_more(KEY), *top(KEY)),
    "by password, with a remembered device": (
        *BY_PASSWORD,
        *on_to_second(),
        *nothing_more(KEY),
        *AT_DEVICE,
        *past_device(),
    ),
    "by password, with a device in place of a code": (
        *BY_PASSWORD,
        *on_to_second(),
        *one_more(KEY),
        to(stands_in, S.AWAITING_DEVICE_SRP, DEMAND_DEVICE_SRP),
        *past_device(),
    ),
    "by password, and a new one, and sms": (
        *BY_PASSWORD,
        *A_NEW_PASSWORD,
        *one_more(KEY),
        *SMS_CODE,
        *second_passed(sms_passed, KEY),
        *AT_DEVICE,
        *past_device(NEW_SALT, WITH_NEW_PASSWORD),
    ),
    "by proof": (*BY_PROOF, *on_to_second(), *nothing_more(), *top()),
    "by proof, and a new password": (
        *BY_PROOF,
        *A_NEW_PASSWORD,
        *nothing_more(),
        *top("", NEW_SALT, WITH_NEW_PASSWORD),
    ),
    "by proof, and sms": (
        *BY_PROOF,
        *on_to_second(),
        *one_more(),
        *SMS_CODE,
        *second_passed(sms_passed),
        *top(),
    ),
    "by proof, and totp by choice": (
        *BY_PROOF,
        *on_to_second(),
        *one_more(),
        *CHOICE,
        *TOTP_CODE,
        *second_passed(totp_passed),
        *top(),
    ),
    "by proof, and sms by choice": (
        *BY_PROOF,
        *on_to_second(),
        *one_more(),
        *CHOICE,
        *SMS_CODE,
        *second_passed(sms_passed),
        *top(),
    ),
    "by proof, and totp": (
        *BY_PROOF,
        *on_to_second(),
        *one_more(),
        *TOTP_CODE,
        *second_passed(totp_passed),
        *top(),
    ),
    "by proof, and a new app": (
        *BY_PROOF,
        *on_to_second(),
        *one_more(),
        *NEW_APP,
        *second_passed(totp_passed),
        *top(),
    ),
    "by proof, and a new address": (
        *BY_PROOF,
        *on_to_second(),
        *one_more(),
        *NEW_EMAIL,
        *second_passed(email_passed),
        *top(),
    ),
    "by the preferred password": (*PREFERRED_PASSWORD, *on_to_second(), *nothing_more(), *top()),
    "by the preferred proof": (*PREFERRED_PROOF, *on_to_second(), *nothing_more(), *top()),
    "by a preferred code": (*TO_FACTORS, *FIRST_CODE, *on_to_second(), *nothing_more(), *top()),
    "by a preferred passkey": (*TO_FACTORS, *CHECKED_PASSKEY, *on_to_second(), *nothing_more(), *top()),
    "by a passkey that counts for both": (
        *TO_FACTORS,
        *CHECKED_PASSKEY,
        to(both_passed, S.FINDING_DEVICE, find()),
        *top(proved=None),
    ),
    "by a chosen password": (*CHOSEN_PASSWORD, *on_to_second(), *nothing_more(), *top()),
    "by a chosen proof": (*CHOSEN_PROOF, *on_to_second(), *nothing_more(), *top()),
    "by a chosen code": (*CHOSEN_CODE, *on_to_second(), *nothing_more(), *top()),
    "by a chosen passkey": (*CHOSEN_PASSKEY, *on_to_second(), *nothing_more(), *top()),
    "by a password after all": (*CHANGED_MIND, *on_to_second(), *nothing_more(), *top()),
    "from sign-up": (*FROM_SIGN_UP, *on_to_second(), *nothing_more(), *top()),
    "by triggers that ask nothing": (*TO_TRIGGERS, *ALLOWED, *nothing_more(), *top(proved=None)),
    "by triggers that ask twice, and totp": (
        *TO_TRIGGERS,
        *question(),
        to(answered_wrongly, S.DEFINING_CHALLENGE, define(WRONG)),
        *question(WRONG),
        to(answered_rightly, S.DEFINING_CHALLENGE, define(WRONG, RIGHT)),
        *ALLOWED,
        *one_more(),
        *TOTP_CODE,
        *second_passed(totp_passed),
        *top(proved=None),
    ),
    "by triggers, with a proof": (
        *TO_TRIGGERS_WITH_PROOF,
        to(nothing_demanded, S.DEFINING_CHALLENGE, define(SRP_A, PROVED)),
        *ALLOWED,
        *nothing_more(),
        *top(),
    ),
    "by triggers, with a proof, and a new password": (
        *TO_TRIGGERS_WITH_PROOF,
        to(nothing_demanded, S.DEFINING_CHALLENGE, define(SRP_A, PROVED)),
        to(new_password_wanted, S.AWAITING_NEW_PASSWORD, DEMAND_NEW),
        to(new_password_given, S.SETTING_NEW_PASSWORD, SET_NEW),
        to(refused, S.AWAITING_NEW_PASSWORD, DEMAND_NEW, NO),
        to(new_password_given, S.SETTING_NEW_PASSWORD, SET_NEW),
        to(new_password_set, S.DEFINING_CHALLENGE, define(SRP_A, PROVED, RENEWED)),
        *ALLOWED,
        *nothing_more(),
        *top("", NEW_SALT, WITH_NEW_PASSWORD),
    ),
    "by triggers, with a proof, and sms midway": (
        *TO_TRIGGERS_WITH_PROOF,
        *one_more(),
        *SMS_CODE,
        to(sms_passed, S.DEFINING_CHALLENGE, define(SRP_A, PROVED, BY_SMS)),
        *question(SRP_A, PROVED, BY_SMS),
        to(answered_rightly, S.DEFINING_CHALLENGE, define(SRP_A, PROVED, BY_SMS, RIGHT)),
        *allowed_after(MfaFactor.SMS_MFA),
        *nothing_more(),
        *top(),
    ),
    "by triggers, with a proof, a device in place of a code": (
        *TO_TRIGGERS_WITH_PROOF,
        *one_more(),
        to(stands_in, S.DEFINING_CHALLENGE, define(SRP_A, PROVED)),
        *ALLOWED,
        *one_more(),
        to(stands_in, S.AWAITING_DEVICE_SRP, DEMAND_DEVICE_SRP),
    ),
    "by triggers that ask for sms and totp": (
        *TO_TRIGGERS,
        *SMS_CODE,
        to(sms_passed, S.DEFINING_CHALLENGE, define(BY_SMS)),
        *TOTP_CODE,
        to(totp_passed, S.DEFINING_CHALLENGE, define(BY_SMS, BY_TOTP)),
        *allowed_after(MfaFactor.SOFTWARE_TOKEN_MFA),
        *nothing_more(),
        *top(proved=None),
    ),
    "by triggers, with a proof, and a new app midway": (
        *TO_TRIGGERS_WITH_PROOF,
        *one_more(),
        *NEW_APP,
        to(totp_passed, S.DEFINING_CHALLENGE, define(SRP_A, PROVED, BY_TOTP)),
    ),
}
"""Roads that lead up, most of them to the top."""

FALLS: Mapping[str, Trace[S]] = {
    "at the gate": (*BY_PASSWORD[:1], TURNED_AWAY),
    "at the gate to factors": (*TO_FACTORS[:1], TURNED_AWAY),
    "at the gate after sign-up": (*FROM_SIGN_UP[:1], TURNED_AWAY),
    "at the gate to triggers": (*TO_TRIGGERS[:1], TURNED_AWAY),
    "by a trigger before the password": (*BY_PASSWORD[:2], TURNED_AWAY),
    "by a trigger before factors": (*TO_FACTORS[:2], TURNED_AWAY),
    "by a trigger after sign-up": (*FROM_SIGN_UP[:2], TURNED_AWAY),
    "by a trigger before the others": (*TO_TRIGGERS[:2], TURNED_AWAY),
    "while first factors are looked up": (*TO_FACTORS, TURNED_AWAY),
    "while the proof is prepared": (*BY_PROOF[:3], TURNED_AWAY),
    "with a wrong proof": (*BY_PROOF, TURNED_AWAY),
    "with a wrong password": (*BY_PASSWORD, TURNED_AWAY),
    "while the first code is sent": (*TO_FACTORS, *FIRST_CODE[:1], TURNED_AWAY),
    "while the passkey is challenged": (*TO_FACTORS, *PASSKEY[:1], TURNED_AWAY),
    "with a wrong passkey": (*TO_FACTORS, *CHECKED_PASSKEY, TURNED_AWAY),
    "with a wrong session of sign-up": (*FROM_SIGN_UP, TURNED_AWAY),
    "by the triggers": (*TO_TRIGGERS, TURNED_AWAY),
    "while a challenge is created": (*TO_TRIGGERS, *question()[:1], TURNED_AWAY),
    "while an answer is verified": (*TO_TRIGGERS, *question(), TURNED_AWAY),
    "by a trigger that breaks": (
        *TO_TRIGGERS,
        *question(),
        to(
            undone,
            S.TURNED_AWAY,
            failure=rungs.RefusedAnswer("UserLambdaValidationException", "No.", undoes_answer=True),
        ),
    ),
    "with a wrong proof midway": (*TO_TRIGGERS_WITH_PROOF[:-1], TURNED_AWAY),
    "at the second factor midway": (*TO_TRIGGERS_WITH_PROOF, TURNED_AWAY),
    "at the second factor": (*BY_PASSWORD, *on_to_second(), TURNED_AWAY),
    "while a second factor is picked": (*BY_PASSWORD, *on_to_second(), *one_more(KEY), TURNED_AWAY),
    "while the message is sent": (*BY_PROOF, *on_to_second(), *one_more(), SMS_CODE[0], TURNED_AWAY),
    "while the new app is switched on": (*BY_PROOF, *on_to_second(), *one_more(), *NEW_APP, TURNED_AWAY),
    "while the device is looked up": (*BY_PROOF, *on_to_second(), *nothing_more(), TURNED_AWAY),
    "while the device's proof is prepared": (
        *BY_PASSWORD,
        *on_to_second(),
        *nothing_more(KEY),
        AT_DEVICE[0],
        DEVICE[0],
        TURNED_AWAY,
    ),
    "with a wrong proof of the device": (
        *BY_PASSWORD,
        *on_to_second(),
        *nothing_more(KEY),
        AT_DEVICE[0],
        *DEVICE,
        TURNED_AWAY,
    ),
    "by a trigger at the top": (*BY_PROOF, *on_to_second(), *nothing_more(), *top()[:1], TURNED_AWAY),
    "while tokens are issued": (*BY_PROOF, *on_to_second(), *nothing_more(), *top()[:2], TURNED_AWAY),
}
"""Roads that lead out."""

TRACES = {**CLIMBS, **FALLS}
