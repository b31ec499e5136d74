"""The ladder that everybody climbs who signs in, as the server sees it.

An attempt passes the gate first: the user exists, is enabled, confirmed and not locked out. A trigger may turn the
user away there. Then comes the first factor: the password itself, a proof of it, a one-time code or a passkey; with choice-based sign-in the client chooses.
Somebody whose password an administrator set chooses a new one. Then comes the second factor if pool and user demand
one: a code by SMS or e-mail, one from an authenticator app, or whatever is set up on the way. A device that is
remembered proves itself. At the top another trigger may say no, and tokens are issued. With custom authentication the pool's triggers lead from
challenge to challenge and say when it is enough; the second factor and the device come after them all the same. A wrong
proof ends the attempt; a wrong code, or a new password that the policy refuses, does not.

The table stands here. What a row keeps and what a state holds stands in ``ladder_first``, ``ladder_second``,
``ladder_devices``, ``ladder_custom`` and ``ladder_triggers``, the states and the context in ``attempt``.

Source: Cognito developer guide, 'Authentication with Amazon Cognito user pools', 'SMS and email message MFA', 'Working
with user devices in your user pool', 'Custom authentication challenge Lambda triggers', 'Pre authentication Lambda
trigger' and 'Post authentication Lambda trigger'.
"""

from collections.abc import Sequence

from authsteps.engine.flow import Edge, Flow, Group, Node, NodeKind, final, on, waiting, working

from . import ladder_custom as custom
from . import ladder_devices as devices
from . import ladder_first as first
from . import ladder_second as second
from . import ladder_triggers as triggers
from .attempt import AttemptContext, AttemptState, adopt_device, refusal_of
from .choice_rungs import (
    CheckPasskey,
    ChoiceBegun,
    ChooseFirstFactor,
    DemandFirstChoice,
    DemandFirstCode,
    DemandPasskey,
    FirstChoiceWanted,
    FirstCodeSent,
    FirstCodeWanted,
    FirstFactorChosen,
    HandOverGiven,
    PasskeyChallenged,
    PasskeyGiven,
    PasskeyWanted,
    PasswordWanted,
    PreparePasskey,
    RedeemHandOver,
    SendFirstCode,
    VerifyFirstChoice,
    VerifyFirstCode,
)
from .custom_rungs import (
    ChallengeCreated,
    CreateChallenge,
    CustomAnswerGiven,
    CustomAnswerVerified,
    CustomBegun,
    CustomChallengeWanted,
    DefineChallenge,
    DemandCustomAnswer,
    NewPasswordWanted,
    TokensAllowed,
    VerifyCustomAnswer,
)
from .device_rungs import (
    CheckDeviceProof,
    DemandDeviceProof,
    DemandDeviceSrp,
    DeviceProofOffered,
    DeviceProofPassed,
    DeviceProofWanted,
    FindDevice,
    NoDeviceProofWanted,
    PrepareDeviceProof,
)
from .mfa_rungs import (
    ActivateTotp,
    AssociateTotp,
    ChooseSecondFactor,
    DemandFactorChoice,
    DemandMfaSetUp,
    DemandSecondCode,
    DemandSetUpCode,
    DemandSetUpEnd,
    DemandTotpCode,
    DeviceStandsIn,
    EmailGiven,
    FactorChoiceWanted,
    FactorChosen,
    PickSecondFactor,
    SecondCodeSent,
    SecondCodeWanted,
    SecondFactorChosen,
    SecondFactorPassed,
    SendSecondCode,
    SetUpCodeGiven,
    SetUpEmail,
    SetUpEnded,
    SetUpWanted,
    TotpAssociated,
    TotpCodeWanted,
    TotpSetUpBegun,
    TotpVerified,
    VerifyFactorChoice,
    VerifySecondCode,
    VerifySetUpCode,
    VerifyTotpCode,
)
from .rungs import (
    CheckFirstFactor,
    CodeGiven,
    DemandNewPassword,
    DemandPasswordProof,
    FirstFactorPassed,
    GatePassed,
    Granted,
    IssueTokens,
    NewPasswordGiven,
    NewPasswordSet,
    PassGate,
    PasswordGiven,
    PrepareProof,
    ProofGiven,
    ProofOffered,
    ProofPrepared,
    ProofWanted,
    Refused,
    SetNewPassword,
    TokensIssued,
)
from .trigger_rungs import (
    AttemptAllowed,
    EntryAllowed,
    PostAuthenticate,
    PreAuthenticate,
)

__all__ = ["ladder"]

S = AttemptState

FIRST_CHOICES = Group[AttemptState].of("FIRST_CHOICES", S.CHOOSING_FIRST_FACTOR, S.VERIFYING_FIRST_CHOICE)
UNDECIDED = Group[AttemptState].of("UNDECIDED", S.AWAITING_FIRST_CHOICE, S.AWAITING_PASSKEY)
PROOF_CHOICES = Group[AttemptState].of(
    "PROOF_CHOICES", S.CHOOSING_FIRST_FACTOR, S.VERIFYING_FIRST_CHOICE, S.DEFINING_CHALLENGE
)
CHECKING = Group[AttemptState].of("CHECKING", S.CHECKING_PASSWORD, S.CHECKING_PROOF)
PASSWORDLESS = Group[AttemptState].of("PASSWORDLESS", S.VERIFYING_FIRST_CODE, S.REDEEMING_HAND_OVER)
CHOOSING = Group[AttemptState].of("CHOOSING", S.CHOOSING_SECOND_FACTOR, S.CHOOSING_SECOND_FACTOR_MIDWAY)
SECOND_CHOICES = Group[AttemptState].of(
    "SECOND_CHOICES", S.PICKING_SECOND_FACTOR, S.VERIFYING_FACTOR_CHOICE, S.DEFINING_CHALLENGE
)
SENDING = Group[AttemptState].of("SENDING", S.SENDING_SECOND_CODE, S.SETTING_UP_EMAIL)
SETTING_UP = Group[AttemptState].of("SETTING_UP", S.AWAITING_MFA_SET_UP, S.AWAITING_SET_UP_CODE)
VERIFYING = Group[AttemptState].of("VERIFYING", S.VERIFYING_SECOND_CODE, S.VERIFYING_TOTP_CODE, S.ACTIVATING_TOTP)
SOFT = frozenset(
    {
        S.VERIFYING_FIRST_CHOICE,
        S.VERIFYING_FIRST_CODE,
        S.SETTING_NEW_PASSWORD,
        S.VERIFYING_FACTOR_CHOICE,
        S.VERIFYING_SECOND_CODE,
        S.VERIFYING_TOTP_CODE,
        S.ASSOCIATING_TOTP,
        S.VERIFYING_SET_UP_CODE,
        S.SETTING_UP_EMAIL,
    }
)
"""Where a refusal does not end the attempt: the client may try again."""

# fmt: off
NODES: Sequence[Node[AttemptState, AttemptContext]] = [
    working(S.PASSING_GATE,                     PassGate,            first.pass_gate),
    working(S.PASSING_GATE_TO_FACTORS,          PassGate,            first.pass_gate),
    working(S.PASSING_GATE_AFTER_SIGN_UP,       PassGate,            first.pass_gate),
    working(S.PASSING_GATE_TO_CHALLENGES,       PassGate,            first.pass_gate),

    working(S.PRE_AUTHENTICATING,               PreAuthenticate,     triggers.pre_authenticate),
    working(S.PRE_AUTHENTICATING_TO_FACTORS,    PreAuthenticate,     triggers.pre_authenticate),
    working(S.PRE_AUTHENTICATING_AFTER_SIGN_UP, PreAuthenticate,     triggers.pre_authenticate),
    working(S.PRE_AUTHENTICATING_TO_CHALLENGES, PreAuthenticate,     triggers.pre_authenticate),

    working(S.CHOOSING_FIRST_FACTOR,            ChooseFirstFactor,   first.choose_first_factor),
    waiting(S.AWAITING_FIRST_CHOICE,            DemandFirstChoice,   first.demand_first_choice),
    working(S.VERIFYING_FIRST_CHOICE,           VerifyFirstChoice,   first.verify_first_choice),
    working(S.CHECKING_PASSWORD,                CheckFirstFactor,    first.check_password),
    working(S.PREPARING_PROOF,                  PrepareProof,        first.prepare_proof),
    waiting(S.AWAITING_PROOF,                   DemandPasswordProof, first.ask_password_proof),
    working(S.CHECKING_PROOF,                   CheckFirstFactor,    first.check_proof),
    working(S.CHECKING_PROOF_MIDWAY,            CheckFirstFactor,    first.check_proof),
    working(S.SENDING_FIRST_CODE,               SendFirstCode,       first.send_first_code),
    waiting(S.AWAITING_FIRST_CODE,              DemandFirstCode,     first.demand_first_code),
    working(S.VERIFYING_FIRST_CODE,             VerifyFirstCode,     first.verify_first_code),
    working(S.PREPARING_PASSKEY,                PreparePasskey,      first.prepare_passkey),
    waiting(S.AWAITING_PASSKEY,                 DemandPasskey,       first.demand_passkey),
    working(S.CHECKING_PASSKEY,                 CheckPasskey,        first.check_passkey),
    working(S.REDEEMING_HAND_OVER,              RedeemHandOver,      first.redeem_hand_over),

    working(S.DEFINING_CHALLENGE,               DefineChallenge,     custom.define_challenge),
    working(S.CREATING_CHALLENGE,               CreateChallenge,     custom.create_challenge),
    waiting(S.AWAITING_CUSTOM_ANSWER,           DemandCustomAnswer,  custom.demand_custom_answer),
    working(S.VERIFYING_CUSTOM_ANSWER,          VerifyCustomAnswer,  custom.verify_custom_answer),

    waiting(S.AWAITING_NEW_PASSWORD,            DemandNewPassword,   first.demand_new_password),
    working(S.SETTING_NEW_PASSWORD,             SetNewPassword,      first.set_new_password),

    working(S.CHOOSING_SECOND_FACTOR,           ChooseSecondFactor,  second.choose_second_factor),
    working(S.CHOOSING_SECOND_FACTOR_MIDWAY,    ChooseSecondFactor,  second.choose_second_factor),
    working(S.PICKING_SECOND_FACTOR,            PickSecondFactor,    second.pick_second_factor),
    waiting(S.AWAITING_FACTOR_CHOICE,           DemandFactorChoice,  second.demand_choice),
    working(S.VERIFYING_FACTOR_CHOICE,          VerifyFactorChoice,  second.verify_choice),
    working(S.SENDING_SECOND_CODE,              SendSecondCode,      second.send_second_code),
    waiting(S.AWAITING_SECOND_CODE,             DemandSecondCode,    second.demand_second_code),
    working(S.VERIFYING_SECOND_CODE,            VerifySecondCode,    second.verify_second_code),
    waiting(S.AWAITING_TOTP_CODE,               DemandTotpCode,      second.demand_totp_code),
    working(S.VERIFYING_TOTP_CODE,              VerifyTotpCode,      second.verify_totp_code),
    waiting(S.AWAITING_MFA_SET_UP,              DemandMfaSetUp,      second.demand_set_up),
    working(S.ASSOCIATING_TOTP,                 AssociateTotp,       second.associate_totp),
    waiting(S.AWAITING_SET_UP_CODE,             DemandSetUpCode,     second.demand_set_up_code),
    working(S.VERIFYING_SET_UP_CODE,            VerifySetUpCode,     second.verify_set_up_code),
    waiting(S.AWAITING_SET_UP_END,              DemandSetUpEnd,      second.demand_set_up_end),
    working(S.ACTIVATING_TOTP,                  ActivateTotp,        second.activate_totp),
    working(S.SETTING_UP_EMAIL,                 SetUpEmail,          second.set_up_email),

    working(S.FINDING_DEVICE,                   FindDevice,          devices.find_device),
    waiting(S.AWAITING_DEVICE_SRP,              DemandDeviceSrp,     devices.demand_device_srp),
    working(S.PREPARING_DEVICE_PROOF,           PrepareDeviceProof,  devices.prepare_device_proof),
    waiting(S.AWAITING_DEVICE_PROOF,            DemandDeviceProof,   devices.demand_device_proof),
    working(S.CHECKING_DEVICE_PROOF,            CheckDeviceProof,    devices.check_device_proof),

    working(S.POST_AUTHENTICATING,              PostAuthenticate,    triggers.post_authenticate),
    working(S.ISSUING_TOKENS,                   IssueTokens,         devices.issue_tokens),
    final(S.SIGNED_IN,                          Granted,             devices.grant),
    final(S.TURNED_AWAY),
]
EDGES: Sequence[Edge[AttemptState, AttemptContext]] = [
    #  event                  from                                 to                                   guard, what is kept, what is refused
    # The gate, and where it leads: that is settled by how the attempt began
    on(PasswordGiven,         S.READY,                             S.PASSING_GATE,                      keep=first.keep_password),
    on(ProofOffered,          S.READY,                             S.PASSING_GATE,                      keep=first.keep_offer),
    on(ChoiceBegun,           S.READY,                             S.PASSING_GATE_TO_FACTORS,           keep=first.keep_preference),
    on(HandOverGiven,         S.READY,                             S.PASSING_GATE_AFTER_SIGN_UP,        keep=first.keep_hand_over),
    on(CustomBegun,           S.READY,                             S.PASSING_GATE_TO_CHALLENGES,        keep=custom.keep_custom_beginning),
    on(GatePassed,            S.PASSING_GATE,                      S.PRE_AUTHENTICATING,                keep=first.keep_identity),
    on(GatePassed,            S.PASSING_GATE_TO_FACTORS,           S.PRE_AUTHENTICATING_TO_FACTORS,     keep=first.keep_identity),
    on(GatePassed,            S.PASSING_GATE_AFTER_SIGN_UP,        S.PRE_AUTHENTICATING_AFTER_SIGN_UP,  keep=first.keep_identity),
    on(GatePassed,            S.PASSING_GATE_TO_CHALLENGES,        S.PRE_AUTHENTICATING_TO_CHALLENGES,  keep=first.keep_identity),
    on(AttemptAllowed,        S.PRE_AUTHENTICATING,                S.PREPARING_PROOF,                   when=first.proves_password),
    on(AttemptAllowed,        S.PRE_AUTHENTICATING,                S.CHECKING_PASSWORD,                 unless=first.proves_password),
    on(AttemptAllowed,        S.PRE_AUTHENTICATING_TO_FACTORS,     S.CHOOSING_FIRST_FACTOR),
    on(AttemptAllowed,        S.PRE_AUTHENTICATING_AFTER_SIGN_UP,  S.REDEEMING_HAND_OVER),
    on(AttemptAllowed,        S.PRE_AUTHENTICATING_TO_CHALLENGES,  S.DEFINING_CHALLENGE),

    # The first factor
    on(FirstChoiceWanted,     S.CHOOSING_FIRST_FACTOR,             S.AWAITING_FIRST_CHOICE,             keep=first.keep_available),
    on(FirstFactorChosen,     UNDECIDED,                           S.VERIFYING_FIRST_CHOICE,            keep=first.keep_first_choice),
    on(Refused,               S.VERIFYING_FIRST_CHOICE,            S.AWAITING_FIRST_CHOICE,             fails=refusal_of),
    on(PasswordWanted,        FIRST_CHOICES,                       S.CHECKING_PASSWORD,                 keep=first.keep_available),
    on(ProofWanted,           PROOF_CHOICES,                       S.PREPARING_PROOF,                   keep=first.keep_available),
    on(FirstCodeWanted,       FIRST_CHOICES,                       S.SENDING_FIRST_CODE,                keep=first.keep_channel),
    on(PasskeyWanted,         FIRST_CHOICES,                       S.PREPARING_PASSKEY,                 keep=first.keep_available),
    on(ProofPrepared,         S.PREPARING_PROOF,                   S.AWAITING_PROOF,                    keep=first.keep_server_half),
    on(ProofGiven,            S.AWAITING_PROOF,                    S.CHECKING_PROOF,                    unless=custom.is_custom, keep=first.keep_proof),
    on(ProofGiven,            S.AWAITING_PROOF,                    S.CHECKING_PROOF_MIDWAY,             when=custom.is_custom, keep=first.keep_proof),
    on(FirstCodeSent,         S.SENDING_FIRST_CODE,                S.AWAITING_FIRST_CODE,               keep=first.keep_first_code),
    on(CodeGiven,             S.AWAITING_FIRST_CODE,               S.VERIFYING_FIRST_CODE,              keep=first.keep_code),
    on(Refused,               S.VERIFYING_FIRST_CODE,              S.AWAITING_FIRST_CODE,               fails=refusal_of),
    on(PasskeyChallenged,     S.PREPARING_PASSKEY,                 S.AWAITING_PASSKEY,                  keep=first.keep_passkey_challenge),
    on(PasskeyGiven,          S.AWAITING_PASSKEY,                  S.CHECKING_PASSKEY,                  keep=first.keep_credential),
    on(FirstFactorPassed,     CHECKING,                            S.AWAITING_NEW_PASSWORD,             when=first.is_temporary, keep=first.leave_first_factor),
    on(FirstFactorPassed,     CHECKING,                            S.CHOOSING_SECOND_FACTOR,            unless=first.is_temporary, keep=first.leave_first_factor),
    on(FirstFactorPassed,     S.CHECKING_PROOF_MIDWAY,             S.CHOOSING_SECOND_FACTOR_MIDWAY,     keep=custom.leave_proof_midway),
    on(FirstFactorPassed,     PASSWORDLESS,                        S.CHOOSING_SECOND_FACTOR,            keep=first.leave_first_factor),
    on(FirstFactorPassed,     S.CHECKING_PASSKEY,                  S.FINDING_DEVICE,                    when=first.counts_as_both, keep=first.leave_first_factor),
    on(FirstFactorPassed,     S.CHECKING_PASSKEY,                  S.CHOOSING_SECOND_FACTOR,            unless=first.counts_as_both, keep=first.leave_first_factor),

    # The triggers
    on(CustomChallengeWanted, S.DEFINING_CHALLENGE,                S.CREATING_CHALLENGE),
    on(NewPasswordWanted,     S.DEFINING_CHALLENGE,                S.AWAITING_NEW_PASSWORD),
    on(ChallengeCreated,      S.CREATING_CHALLENGE,                S.AWAITING_CUSTOM_ANSWER,            keep=custom.keep_challenge),
    on(CustomAnswerGiven,     S.AWAITING_CUSTOM_ANSWER,            S.VERIFYING_CUSTOM_ANSWER,           keep=custom.keep_custom_answer),
    on(CustomAnswerVerified,  S.VERIFYING_CUSTOM_ANSWER,           S.DEFINING_CHALLENGE,                keep=custom.leave_challenge),
    on(TokensAllowed,         S.DEFINING_CHALLENGE,                S.CHOOSING_SECOND_FACTOR,            keep=custom.keep_allowance),

    # The new password
    on(NewPasswordGiven,      S.AWAITING_NEW_PASSWORD,             S.SETTING_NEW_PASSWORD,              keep=first.keep_new_password),
    on(NewPasswordSet,        S.SETTING_NEW_PASSWORD,              S.CHOOSING_SECOND_FACTOR,            unless=second.awaits_triggers, keep=first.keep_password_set),
    on(NewPasswordSet,        S.SETTING_NEW_PASSWORD,              S.DEFINING_CHALLENGE,                when=second.awaits_triggers, keep=custom.leave_new_password),
    on(Refused,               S.SETTING_NEW_PASSWORD,              S.AWAITING_NEW_PASSWORD,             fails=refusal_of),

    # The second factor
    on(SecondFactorChosen,    CHOOSING,                            S.PICKING_SECOND_FACTOR,             when=second.needs_second_factor, keep=second.keep_demand),
    on(SecondFactorChosen,    S.CHOOSING_SECOND_FACTOR,            S.FINDING_DEVICE,                    unless=second.needs_second_factor),
    on(SecondFactorChosen,    S.CHOOSING_SECOND_FACTOR_MIDWAY,     S.DEFINING_CHALLENGE,                unless=second.needs_second_factor),
    on(DeviceStandsIn,        S.PICKING_SECOND_FACTOR,             S.AWAITING_DEVICE_SRP,               unless=second.awaits_triggers),
    on(DeviceStandsIn,        S.PICKING_SECOND_FACTOR,             S.DEFINING_CHALLENGE,                when=second.awaits_triggers),
    on(FactorChoiceWanted,    S.PICKING_SECOND_FACTOR,             S.AWAITING_FACTOR_CHOICE,            keep=second.keep_factors),
    on(FactorChosen,          S.AWAITING_FACTOR_CHOICE,            S.VERIFYING_FACTOR_CHOICE,           keep=second.keep_choice),
    on(Refused,               S.VERIFYING_FACTOR_CHOICE,           S.AWAITING_FACTOR_CHOICE,            fails=refusal_of),
    on(SecondCodeWanted,      SECOND_CHOICES,                      S.SENDING_SECOND_CODE,               keep=second.keep_factor),
    on(SecondCodeSent,        SENDING,                             S.AWAITING_SECOND_CODE,              keep=second.keep_second_code),
    on(CodeGiven,             S.AWAITING_SECOND_CODE,              S.VERIFYING_SECOND_CODE,             keep=first.keep_code),
    on(Refused,               S.VERIFYING_SECOND_CODE,             S.AWAITING_SECOND_CODE,              fails=refusal_of),
    on(TotpCodeWanted,        SECOND_CHOICES,                      S.AWAITING_TOTP_CODE,                keep=second.keep_device_name),
    on(CodeGiven,             S.AWAITING_TOTP_CODE,                S.VERIFYING_TOTP_CODE,               keep=first.keep_code),
    on(Refused,               S.VERIFYING_TOTP_CODE,               S.AWAITING_TOTP_CODE,                fails=refusal_of),
    on(SecondFactorPassed,    VERIFYING,                           S.FINDING_DEVICE,                    unless=second.awaits_triggers, keep=second.leave_second_factor),
    on(SecondFactorPassed,    VERIFYING,                           S.DEFINING_CHALLENGE,                when=second.awaits_triggers, keep=second.leave_second_factor_midway),

    # Setting one up
    on(SetUpWanted,           S.PICKING_SECOND_FACTOR,             S.AWAITING_MFA_SET_UP,               keep=second.keep_factors),
    on(TotpSetUpBegun,        SETTING_UP,                          S.ASSOCIATING_TOTP),
    on(TotpAssociated,        S.ASSOCIATING_TOTP,                  S.AWAITING_SET_UP_CODE,              keep=second.keep_totp_secret),
    on(Refused,               S.ASSOCIATING_TOTP,                  S.AWAITING_MFA_SET_UP,               fails=refusal_of),
    on(SetUpCodeGiven,        S.AWAITING_SET_UP_CODE,              S.VERIFYING_SET_UP_CODE,             keep=second.keep_set_up_code),
    on(TotpVerified,          S.VERIFYING_SET_UP_CODE,             S.AWAITING_SET_UP_END),
    on(Refused,               S.VERIFYING_SET_UP_CODE,             S.AWAITING_SET_UP_CODE,              fails=refusal_of),
    on(SetUpEnded,            S.AWAITING_SET_UP_END,               S.ACTIVATING_TOTP),
    on(EmailGiven,            SETTING_UP,                          S.SETTING_UP_EMAIL,                  keep=second.keep_address),
    on(Refused,               S.SETTING_UP_EMAIL,                  S.AWAITING_MFA_SET_UP,               fails=refusal_of),

    # The device
    on(DeviceProofWanted,     S.FINDING_DEVICE,                    S.AWAITING_DEVICE_SRP),
    on(NoDeviceProofWanted,   S.FINDING_DEVICE,                    S.POST_AUTHENTICATING),
    on(DeviceProofOffered,    S.AWAITING_DEVICE_SRP,               S.PREPARING_DEVICE_PROOF,            keep=devices.keep_device_offer),
    on(ProofPrepared,         S.PREPARING_DEVICE_PROOF,            S.AWAITING_DEVICE_PROOF,             keep=first.keep_server_half),
    on(ProofGiven,            S.AWAITING_DEVICE_PROOF,             S.CHECKING_DEVICE_PROOF,             keep=first.keep_proof),
    on(DeviceProofPassed,     S.CHECKING_DEVICE_PROOF,             S.POST_AUTHENTICATING,               keep=devices.leave_device),

    # The top
    on(EntryAllowed,          S.POST_AUTHENTICATING,               S.ISSUING_TOKENS),
    on(TokensIssued,          S.ISSUING_TOKENS,                    S.SIGNED_IN,                         keep=devices.keep_tokens),
]
# fmt: on

FATAL = Group[AttemptState].of(
    "FATAL",
    *(node.state for node in NODES if node.kind is NodeKind.WORKING and node.state not in SOFT),
)

ladder = Flow(
    "sign_in_ladder",
    version=3,
    context=AttemptContext,
    initial=S.READY,
    absorb=adopt_device,
    nodes=NODES,
    edges=[*EDGES, on(Refused, FATAL, S.TURNED_AWAY, fails=refusal_of)],
)
