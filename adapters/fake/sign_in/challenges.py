"""Challenges on the wire: what each step of the ladder looks like there, and what comes back for it.

Source: Amazon Cognito user pools API reference, InitiateAuth and RespondToAuthChallenge; AWS command line reference,
initiate-auth and admin-initiate-auth.
"""

import json
from collections.abc import Mapping
from typing import Final

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Effect
from authsteps.flows.model import ChallengeName

from ..directory import MfaFactor
from ..errors import Cause, refusal
from ..members import Texts
from ..outbox import Medium
from ..state import Pool
from . import choice_rungs, custom_rungs, device_rungs, mfa_rungs, rungs

__all__ = ["accepted", "answer_to", "choices_of", "name_of", "parameters_of"]

_NAMES: Final[Mapping[type[Effect], ChallengeName]] = {
    rungs.DemandPasswordProof: ChallengeName.PASSWORD_VERIFIER,
    rungs.DemandNewPassword: ChallengeName.NEW_PASSWORD_REQUIRED,
    choice_rungs.DemandFirstChoice: ChallengeName.SELECT_CHALLENGE,
    choice_rungs.DemandPasskey: ChallengeName.WEB_AUTHN,
    mfa_rungs.DemandFactorChoice: ChallengeName.SELECT_MFA_TYPE,
    mfa_rungs.DemandTotpCode: ChallengeName.SOFTWARE_TOKEN_MFA,
    mfa_rungs.DemandMfaSetUp: ChallengeName.MFA_SETUP,
    mfa_rungs.DemandSetUpCode: ChallengeName.MFA_SETUP,
    mfa_rungs.DemandSetUpEnd: ChallengeName.MFA_SETUP,
    device_rungs.DemandDeviceSrp: ChallengeName.DEVICE_SRP_AUTH,
    device_rungs.DemandDeviceProof: ChallengeName.DEVICE_PASSWORD_VERIFIER,
    custom_rungs.DemandCustomAnswer: ChallengeName.CUSTOM_CHALLENGE,
}
"""Codes apart: what they are called depends on the way that they were sent."""
_CHOICES: Final = frozenset(
    {ChallengeName.SELECT_CHALLENGE.value, ChallengeName.PASSWORD.value, ChallengeName.PASSWORD_SRP.value}
)
"""By which names a first factor is chosen: the latter two choose themselves."""
_FIRST_FACTORS: Final = (
    choice_rungs.DemandFirstChoice,
    choice_rungs.DemandFirstCode,
    choice_rungs.DemandPasskey,
    rungs.DemandPasswordProof,
)


def name_of(step: Effect) -> str:
    """Return what a step is called as a challenge."""
    match step:
        case choice_rungs.DemandFirstCode(channel=channel):
            return channel.value
        case mfa_rungs.DemandSecondCode(factor=factor):
            return factor.value
        case _:
            return _NAMES[type(step)].value


def accepted(step: Effect) -> frozenset[str]:
    """Return under which names the answers to a step may come.

    A client that waits at WEB_AUTHN may change its mind and choose again. A client of AWS does so after a ceremony that
    failed; no reply of the service is recorded.
    """
    is_open = isinstance(step, choice_rungs.DemandFirstChoice | choice_rungs.DemandPasskey)
    return frozenset({name_of(step), *(_CHOICES if is_open else ())})


def choices_of(step: Effect, available: tuple[str, ...]) -> dict[str, Json]:
    """Return AvailableChallenges, if a step has them. They stand beside the challenge, and in the first answer only."""
    return {"AvailableChallenges": list(available)} if available and isinstance(step, _FIRST_FACTORS) else {}


def parameters_of(step: Effect, pool: Pool) -> dict[str, Json]:
    """Return the parameters of a challenge."""
    match step:
        case rungs.DemandPasswordProof():
            return {
                "SALT": step.salt.reveal(),
                "SRP_B": step.public.reveal(),
                "SECRET_BLOCK": step.secret_block.reveal(),
                "USERNAME": step.username,
                "USER_ID_FOR_SRP": step.username,
            }
        case rungs.DemandNewPassword():
            return _new_password(step, pool)
        case choice_rungs.DemandFirstCode():
            medium = Medium.EMAIL if step.channel.value == ChallengeName.EMAIL_OTP.value else Medium.SMS
            return _delivery(medium, step.destination)
        case choice_rungs.DemandPasskey():
            return {"CREDENTIAL_REQUEST_OPTIONS": step.options.reveal()}
        case mfa_rungs.DemandFactorChoice():
            return {"USER_ID_FOR_SRP": step.username, "MFAS_CAN_CHOOSE": _listed(step.factors)}
        case mfa_rungs.DemandMfaSetUp():
            return {"USER_ID_FOR_SRP": step.username, "MFAS_CAN_SETUP": _listed(step.factors)}
        case mfa_rungs.DemandSecondCode():
            if step.factor is MfaFactor.EMAIL_OTP:
                return _delivery(Medium.EMAIL, step.destination)
            return {"USER_ID_FOR_SRP": step.username, **_delivery(Medium.SMS, step.destination)}
        case mfa_rungs.DemandTotpCode():
            name = {"FRIENDLY_DEVICE_NAME": step.device_name} if step.device_name is not None else {}
            return {"USER_ID_FOR_SRP": step.username, **name}
        case device_rungs.DemandDeviceProof():
            return {
                "SALT": step.salt.reveal(),
                "SRP_B": step.public.reveal(),
                "SECRET_BLOCK": step.secret_block.reveal(),
                "USERNAME": step.username,
                "DEVICE_KEY": step.device_key,
            }
        case custom_rungs.DemandCustomAnswer():
            return {**step.public, "USERNAME": step.username}
        case _:
            return {}  # SELECT_CHALLENGE and DEVICE_SRP_AUTH have none


def answer_to(name: str, responses: Texts) -> rungs.Answer:
    """Return what a client's responses to a challenge say.

    Raises:
        ServiceError: One is missing, or nobody is ever asked for this challenge.
    """
    given = responses.optional("DEVICE_KEY")
    device_key = given.reveal() if given is not None else ""
    match name:
        case ChallengeName.PASSWORD_VERIFIER.value | ChallengeName.DEVICE_PASSWORD_VERIFIER.value:
            if name == ChallengeName.DEVICE_PASSWORD_VERIFIER.value:
                responses.required("DEVICE_KEY")
            responses.required("PASSWORD_CLAIM_SECRET_BLOCK")
            signature = responses.required("PASSWORD_CLAIM_SIGNATURE")
            stamp = responses.required("TIMESTAMP").reveal()
            return rungs.ProofGiven(signature, stamp, device_key=device_key)
        case ChallengeName.NEW_PASSWORD_REQUIRED.value:
            attributes = responses.starting_with("userAttributes.")
            return rungs.NewPasswordGiven(responses.required("NEW_PASSWORD"), attributes, device_key=device_key)
        case ChallengeName.DEVICE_SRP_AUTH.value:
            responses.required("DEVICE_KEY")
            return device_rungs.DeviceProofOffered(responses.required("SRP_A"), device_key=device_key)
        case ChallengeName.CUSTOM_CHALLENGE.value:
            return custom_rungs.CustomAnswerGiven(responses.required("ANSWER"), device_key=device_key)
        case ChallengeName.WEB_AUTHN.value:
            return choice_rungs.PasskeyGiven(responses.required("CREDENTIAL"), device_key=device_key)
        case ChallengeName.SELECT_CHALLENGE.value:
            return _choice(responses.required("ANSWER").reveal(), responses, device_key)
        case ChallengeName.PASSWORD.value | ChallengeName.PASSWORD_SRP.value:
            return _choice(name, responses, device_key)
        case _:
            return _second_answer(name, responses, device_key)


def _second_answer(name: str, responses: Texts, device_key: str) -> rungs.Answer:
    match name:
        case (
            ChallengeName.SMS_MFA.value
            | ChallengeName.SOFTWARE_TOKEN_MFA.value
            | ChallengeName.EMAIL_OTP.value
            | ChallengeName.SMS_OTP.value
        ):
            return rungs.CodeGiven(responses.required(f"{name}_CODE"), device_key=device_key)
        case ChallengeName.SELECT_MFA_TYPE.value:
            return mfa_rungs.FactorChosen(responses.required("ANSWER").reveal(), device_key=device_key)
        case ChallengeName.MFA_SETUP.value:
            email = responses.optional("EMAIL")
            if email is not None:
                return mfa_rungs.EmailGiven(email, device_key=device_key)
            return mfa_rungs.SetUpEnded(device_key=device_key)
        case _:
            raise refusal(Cause.SESSION_INVALID)


def _choice(answer: str, responses: Texts, device_key: str) -> rungs.Answer:
    """Return which first factor was chosen, with what has to come along with it."""
    password = responses.required("PASSWORD") if answer == ChallengeName.PASSWORD.value else None
    srp_a = responses.required("SRP_A") if answer == ChallengeName.PASSWORD_SRP.value else None
    return choice_rungs.FirstFactorChosen(answer, password, srp_a, device_key=device_key)


def _new_password(step: rungs.DemandNewPassword, pool: Pool) -> dict[str, Json]:
    user = pool.users.by_sub(step.sub)
    attributes: Mapping[str, str] = user.attributes if user is not None else {}
    readable = pool.client(step.client_id).read_attributes
    shown = {name: value for name, value in attributes.items() if readable is None or name in readable}
    missing = [name for name in pool.settings.required_attributes if not attributes.get(name)]
    return {
        "USER_ID_FOR_SRP": step.username,
        "requiredAttributes": json.dumps([f"userAttributes.{name}" for name in missing]),
        "userAttributes": json.dumps(shown),
    }


def _listed(factors: tuple[MfaFactor, ...]) -> str:
    return json.dumps([factor.value for factor in factors])


def _delivery(medium: Medium, destination: str) -> dict[str, Json]:
    return {"CODE_DELIVERY_DELIVERY_MEDIUM": medium.value, "CODE_DELIVERY_DESTINATION": destination}
