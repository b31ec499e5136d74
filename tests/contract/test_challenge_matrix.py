"""Every challenge in every way to begin: which step it leads to, how that is answered, and what exactly goes out.

What a pool asks is the pool's to decide, and the client follows it: so most cells are driven over scripted replies. The
beginning is answered with the challenge, and where a password is proved first, so is the proof. The other cells are
impossible, for they want a proof that nobody can make; a backend that does it all the same is refused.

Source: AWS Amplify Auth, the challenges and their responses (all clients), and Amazon Cognito user pools API reference,
RespondToAuthChallenge, for the device's key beside the choice of a passkey: "wherever the device should be recognised".
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from unittest.mock import ANY

import attrs
import pytest

from authsteps.adapters.cognito import ScriptedTransport, Transport
from authsteps.engine.messages import Secret
from authsteps.flows import (
    Answer,
    AuthError,
    AuthFlow,
    AuthService,
    BackendContractError,
    BackendError,
    ChallengeName,
    CodeDelivery,
    DeliveryMedium,
    DeviceNotTrackedError,
    FactorType,
    InvalidUserPoolConfigurationError,
    MfaType,
    NewPassword,
    NextStep,
    WebAuthnCredential,
    srp,
    steps,
)
from tests.conftest import SeededEntropy, VirtualClock
from tests.contract.conftest import Between
from tests.flows.world import (
    ALICE,
    CLIENT_ID,
    CLIENT_SECRET,
    COGNITO_NAME,
    DEVICE,
    PASSWORD,
    a_backend,
    signed_in,
)

CODE = "123456"
ADDRESS = "alice@example.com"
OPTIONS = '{"challenge":"Zm9v"}'
CREDENTIAL = '{"id":"a-passkey"}'
TOTP_SECRET = "GEZDGNBVGY3TQOJQ"


@attrs.frozen
class Sent:
    """A request, exactly.

    Attributes:
        operation: Cognito's name for it.
        members: What it carries beside the backend session; of RespondToAuthChallenge, the responses beside USERNAME.
        challenge: The challenge that it answers, if it answers one.
        names_device: Whether it carries the device's key where there is a device.
    """

    operation: str
    members: Mapping[str, Any]
    challenge: str | None = None
    names_device: bool = False

    def request(self, session: str, *, device: bool, secret: bool) -> Mapping[str, Any]:
        """Return it in wire form."""
        if self.challenge is None:
            return {"Session": session, **self.members}
        names = named(COGNITO_NAME, device=device and self.names_device, secret=secret)
        return {
            "ClientId": CLIENT_ID,
            "ChallengeName": self.challenge,
            "ChallengeResponses": {**names, **self.members},
            "Session": session,
        }


def named(username: str, *, device: bool, secret: bool) -> dict[str, Any]:
    """What names a user, the device and the client in a set of texts."""
    texts = {"USERNAME": username}
    if secret:
        texts["SECRET_HASH"] = srp.secret_hash(username, CLIENT_ID, Secret(CLIENT_SECRET)).reveal()
    return texts | {"DEVICE_KEY": DEVICE.key} if device else texts


@attrs.frozen
class Turn:
    """The backend says something, a person is asked or nobody is, and a request goes out.

    Attributes:
        reply: What the backend says, but for the backend session.
        sent: The request.
        asked: The steps that lead to it, each with the answer that it is given.
    """

    reply: Mapping[str, Any]
    sent: Sent
    asked: tuple[tuple[NextStep, Answer], ...] = ()


@attrs.frozen
class Beginning:
    """How a sign-in begins.

    Attributes:
        flow: What it is called on the wire.
        password: What is given.
        parameters: What InitiateAuth carries, beside what names user, device and client.
        preferred: The first factor that is preferred.
    """

    flow: str
    password: str | None
    parameters: Mapping[str, Any]
    preferred: FactorType | None = None


BEGINNINGS: Mapping[AuthFlow, Beginning] = {
    AuthFlow.USER_SRP_AUTH: Beginning("USER_SRP_AUTH", PASSWORD, {"SRP_A": ANY}),
    AuthFlow.USER_PASSWORD_AUTH: Beginning("USER_PASSWORD_AUTH", PASSWORD, {"PASSWORD": PASSWORD}),
    AuthFlow.CUSTOM_AUTH_WITH_SRP: Beginning("CUSTOM_AUTH", PASSWORD, {"SRP_A": ANY, "CHALLENGE_NAME": "SRP_A"}),
    AuthFlow.CUSTOM_AUTH_WITHOUT_SRP: Beginning("CUSTOM_AUTH", None, {}),
    AuthFlow.USER_AUTH: Beginning("USER_AUTH", None, {}),
}
PREFERRING_SRP = Beginning(
    "USER_AUTH", PASSWORD, {"SRP_A": ANY, "PREFERRED_CHALLENGE": "PASSWORD_SRP"}, FactorType.PASSWORD_SRP
)
PROVING = {AuthFlow.USER_SRP_AUTH, AuthFlow.CUSTOM_AUTH_WITH_SRP}


@attrs.frozen
class Driven:
    """A cell that is driven.

    Attributes:
        roads: Turns that lead to the tokens, by what they show.
        beginning: How it begins, if not as the flow does.
        needs_device: Whether it leads nowhere without a device.
    """

    roads: Mapping[str, tuple[Turn, ...]]
    beginning: Beginning | None = None
    needs_device: bool = False


@attrs.frozen
class Impossible:
    """A cell that no backend leads to, and why.

    Attributes:
        reason: Why.
        reply: What a backend says that does it all the same.
    """

    reason: str
    reply: Mapping[str, Any]


def challenged(name: str, **parameters: str) -> dict[str, Any]:
    """A challenge, which tells what the pool calls Alice."""
    return {"ChallengeName": name, "ChallengeParameters": {"USERNAME": COGNITO_NAME, **parameters}}


def answered(challenge: str, **responses: Any) -> Sent:
    """The answer to a challenge."""
    return Sent("RespondToAuthChallenge", responses, challenge)


def with_device(challenge: str, **responses: Any) -> Sent:
    """The answer to a challenge where the device should be recognised."""
    return attrs.evolve(answered(challenge, **responses), names_device=True)


SRP_PARAMETERS = {"SALT": "abc", "SRP_B": "def", "SECRET_BLOCK": "c2VjcmV0", "USER_ID_FOR_SRP": COGNITO_NAME}
CLAIM = {"PASSWORD_CLAIM_SECRET_BLOCK": "c2VjcmV0", "PASSWORD_CLAIM_SIGNATURE": ANY, "TIMESTAMP": ANY}
TO_SMS = {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******1234"}
TO_MAIL = {"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@e***"}
BY_SMS = CodeDelivery("+*******1234", DeliveryMedium.SMS)
BY_MAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL)

VERIFIER = challenged("PASSWORD_VERIFIER", **SRP_PARAMETERS)
PROOF = Turn(VERIFIER, with_device("PASSWORD_VERIFIER", **CLAIM))
DEVICE_VERIFIER = challenged("DEVICE_PASSWORD_VERIFIER", **SRP_PARAMETERS)
DEVICE_START = Turn(challenged("DEVICE_SRP_AUTH"), with_device("DEVICE_SRP_AUTH", SRP_A=ANY))
DEVICE_PROOF = Turn(DEVICE_VERIFIER, with_device("DEVICE_PASSWORD_VERIFIER", **CLAIM))

OFFERED = ("EMAIL_OTP", "SMS_OTP", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN")
SELECT = challenged("SELECT_CHALLENGE") | {"AvailableChallenges": list(OFFERED)}
SELECTION = steps.ContinueSignInWithFirstFactorSelection(tuple(FactorType(name) for name in OFFERED))
GIVE_PASSWORD: tuple[NextStep, Answer] = (steps.ConfirmSignInWithPassword(), PASSWORD)
SEND_PASSWORD = with_device("SELECT_CHALLENGE", ANSWER="PASSWORD", PASSWORD=PASSWORD)
START_PROOF = with_device("SELECT_CHALLENGE", ANSWER="PASSWORD_SRP", SRP_A=ANY)
ASSERT_PASSKEY = Turn(
    challenged("WEB_AUTHN", CREDENTIAL_REQUEST_OPTIONS=OPTIONS),
    answered("WEB_AUTHN", CREDENTIAL=CREDENTIAL),
    ((steps.ContinueSignInWithWebAuthn(OPTIONS), WebAuthnCredential(CREDENTIAL)),),
)
ASSERT_CHOSEN_PASSKEY = attrs.evolve(
    ASSERT_PASSKEY,
    asked=((steps.ContinueSignInWithWebAuthn(OPTIONS, SELECTION.available), WebAuthnCredential(CREDENTIAL)),),
)

SET_UP_APP = (
    Turn(
        {"SecretCode": TOTP_SECRET},
        Sent("VerifySoftwareToken", {"UserCode": CODE}),
        ((steps.ContinueSignInWithTotpSetup(Secret(TOTP_SECRET), COGNITO_NAME), CODE),),
    ),
    Turn({"Status": "SUCCESS"}, answered("MFA_SETUP")),
)
ASSOCIATE = Sent("AssociateSoftwareToken", {})
SEND_ADDRESS = answered("MFA_SETUP", EMAIL=ADDRESS)
GIVE_ADDRESS: tuple[NextStep, Answer] = (steps.ContinueSignInWithEmailMfaSetup(), ADDRESS)
SET_UP_ANY = steps.ContinueSignInWithMfaSetupSelection((MfaType.TOTP, MfaType.EMAIL))
CAN_SET_UP_ANY = challenged("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')


def select(factor: FactorType, sent: Sent, *further: tuple[NextStep, Answer]) -> Turn:
    """The turn in which a first factor is selected."""
    return Turn(SELECT, sent, ((SELECTION, factor), *further))


def one(reply: Mapping[str, Any], step: NextStep, answer: Answer, sent: Sent) -> Mapping[str, tuple[Turn, ...]]:
    """The road of a challenge that is one step and one request."""
    return {"": (Turn(reply, sent, ((step, answer),)),)}


def everywhere(roads: Mapping[str, tuple[Turn, ...]], *, needs_device: bool = False) -> Mapping[AuthFlow, Driven]:
    """A row whose challenge is driven in the same way however the sign-in began."""
    return dict.fromkeys(AuthFlow, Driven(roads, needs_device=needs_device))


MATRIX: Mapping[ChallengeName, Mapping[AuthFlow, Driven | Impossible]] = {
    ChallengeName.PASSWORD_VERIFIER: {
        AuthFlow.USER_SRP_AUTH: Driven({"": (PROOF,)}),
        AuthFlow.CUSTOM_AUTH_WITH_SRP: Driven({"": (PROOF,)}),
        AuthFlow.USER_AUTH: Driven({"preferred": (PROOF,)}, PREFERRING_SRP),
        AuthFlow.USER_PASSWORD_AUTH: Impossible("the password was sent, so there is nothing to prove", VERIFIER),
        AuthFlow.CUSTOM_AUTH_WITHOUT_SRP: Impossible("there is no password to prove", VERIFIER),
    },
    ChallengeName.SMS_MFA: everywhere(
        one(
            challenged("SMS_MFA", **TO_SMS),
            steps.ConfirmSignInWithSmsCode(BY_SMS),
            CODE,
            answered("SMS_MFA", SMS_MFA_CODE=CODE),
        )
    ),
    ChallengeName.EMAIL_OTP: everywhere(
        one(
            challenged("EMAIL_OTP", **TO_MAIL),
            steps.ConfirmSignInWithOtpCode(BY_MAIL),
            CODE,
            answered("EMAIL_OTP", EMAIL_OTP_CODE=CODE),
        )
    ),
    ChallengeName.SMS_OTP: everywhere(
        one(
            challenged("SMS_OTP", **TO_SMS),
            steps.ConfirmSignInWithOtpCode(BY_SMS),
            CODE,
            answered("SMS_OTP", SMS_OTP_CODE=CODE),
        )
    ),
    ChallengeName.SOFTWARE_TOKEN_MFA: everywhere(
        one(
            challenged("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="phone"),
            steps.ConfirmSignInWithTotpCode("phone"),
            CODE,
            answered("SOFTWARE_TOKEN_MFA", SOFTWARE_TOKEN_MFA_CODE=CODE),
        )
    ),
    ChallengeName.SELECT_MFA_TYPE: everywhere(
        {
            mfa.value: (
                Turn(
                    challenged("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]'),
                    answered("SELECT_MFA_TYPE", ANSWER=mfa.value),
                    ((steps.ContinueSignInWithMfaSelection(tuple(MfaType)), mfa),),
                ),
            )
            for mfa in MfaType
        }
    ),
    ChallengeName.MFA_SETUP: everywhere(
        {
            "app": (Turn(challenged("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]'), ASSOCIATE), *SET_UP_APP),
            "mail": (
                Turn(challenged("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA","EMAIL_OTP"]'), SEND_ADDRESS, (GIVE_ADDRESS,)),
            ),
            "app of two": (Turn(CAN_SET_UP_ANY, ASSOCIATE, ((SET_UP_ANY, MfaType.TOTP),)), *SET_UP_APP),
            "mail of two": (Turn(CAN_SET_UP_ANY, SEND_ADDRESS, ((SET_UP_ANY, MfaType.EMAIL), GIVE_ADDRESS)),),
        }
    ),
    ChallengeName.NEW_PASSWORD_REQUIRED: everywhere(
        one(
            challenged(
                "NEW_PASSWORD_REQUIRED",
                requiredAttributes='["userAttributes.email"]',
                userAttributes='{"name":"Alice"}',
            ),
            steps.ConfirmSignInWithNewPassword(("email",), {"name": "Alice"}),
            NewPassword(Secret("New-password-1"), {"email": ADDRESS}),
            answered("NEW_PASSWORD_REQUIRED", **{"NEW_PASSWORD": "New-password-1", "userAttributes.email": ADDRESS}),
        )
    ),
    ChallengeName.CUSTOM_CHALLENGE: everywhere(
        one(
            challenged("CUSTOM_CHALLENGE", hint="the name of the cat"),
            steps.ConfirmSignInWithCustomChallenge({"USERNAME": COGNITO_NAME, "hint": "the name of the cat"}),
            "Tom",
            with_device("CUSTOM_CHALLENGE", ANSWER="Tom"),
        )
    ),
    ChallengeName.SELECT_CHALLENGE: everywhere(
        {
            "mail": (
                select(FactorType.EMAIL_OTP, with_device("SELECT_CHALLENGE", ANSWER="EMAIL_OTP")),
                *one(
                    challenged("EMAIL_OTP", **TO_MAIL),
                    steps.ConfirmSignInWithOtpCode(BY_MAIL),
                    CODE,
                    answered("EMAIL_OTP", EMAIL_OTP_CODE=CODE),
                )[""],
            ),
            "text": (
                select(FactorType.SMS_OTP, with_device("SELECT_CHALLENGE", ANSWER="SMS_OTP")),
                *one(
                    challenged("SMS_OTP", **TO_SMS),
                    steps.ConfirmSignInWithOtpCode(BY_SMS),
                    CODE,
                    answered("SMS_OTP", SMS_OTP_CODE=CODE),
                )[""],
            ),
            "password": (select(FactorType.PASSWORD, SEND_PASSWORD, GIVE_PASSWORD),),
            "proof": (select(FactorType.PASSWORD_SRP, START_PROOF, GIVE_PASSWORD), PROOF),
            "passkey": (
                select(FactorType.WEB_AUTHN, with_device("SELECT_CHALLENGE", ANSWER="WEB_AUTHN")),
                ASSERT_CHOSEN_PASSKEY,
            ),
        }
    ),
    ChallengeName.PASSWORD: everywhere({"": (Turn(challenged("PASSWORD"), SEND_PASSWORD, (GIVE_PASSWORD,)),)}),
    ChallengeName.PASSWORD_SRP: everywhere(
        {"": (Turn(challenged("PASSWORD_SRP"), START_PROOF, (GIVE_PASSWORD,)), PROOF)}
    ),
    ChallengeName.WEB_AUTHN: everywhere(
        {
            "options": (ASSERT_PASSKEY,),
            "no options": (
                Turn(challenged("WEB_AUTHN"), with_device("SELECT_CHALLENGE", ANSWER="WEB_AUTHN")),
                ASSERT_PASSKEY,
            ),
        }
    ),
    ChallengeName.DEVICE_SRP_AUTH: everywhere({"": (DEVICE_START,)}, needs_device=True),
    ChallengeName.DEVICE_PASSWORD_VERIFIER: everywhere({"": (DEVICE_START, DEVICE_PROOF)}, needs_device=True),
    ChallengeName.ADMIN_NO_SRP_AUTH: everywhere(
        one(
            challenged("ADMIN_NO_SRP_AUTH"),
            steps.ContinueSignInWithUnknownChallenge("ADMIN_NO_SRP_AUTH", {"USERNAME": COGNITO_NAME}),
            {"PASSWORD": PASSWORD},
            answered("ADMIN_NO_SRP_AUTH", PASSWORD=PASSWORD),
        )
    ),
}


@attrs.frozen
class Walk:
    """One way through a cell: how it begins, and the turns that lead to the tokens."""

    flow: AuthFlow
    beginning: Beginning
    turns: tuple[Turn, ...]
    has_device: bool
    has_secret: bool


def cells() -> Iterator[tuple[ChallengeName, AuthFlow, Driven | Impossible]]:
    for challenge, row in MATRIX.items():
        for flow, cell in row.items():
            yield challenge, flow, cell


def walks() -> Iterator[Any]:
    """Every road of every cell that is driven: at once and after the proof, with and without device and secret."""
    for challenge, flow, cell in cells():
        if isinstance(cell, Impossible):
            continue
        beginning = cell.beginning or BEGINNINGS[flow]
        is_proved_first = flow in PROVING and challenge is not ChallengeName.PASSWORD_VERIFIER
        for (label, turns), after_proof, is_furnished in product(
            cell.roads.items(), {False, is_proved_first}, (False, True)
        ):
            before = (PROOF,) if after_proof else ()
            walk = Walk(flow, beginning, before + turns, is_furnished or cell.needs_device, is_furnished)
            said = [flow.value, challenge.value, label, "proved" if after_proof else "", "all" if is_furnished else ""]
            yield pytest.param(walk, id=" ".join(filter(None, said)))


def script(walk: Walk) -> ScriptedTransport:
    """What the backend says: every reply with a backend session of its own, then the tokens; then nothing of use."""
    said = [{**turn.reply, "Session": f"session-{number}"} for number, turn in enumerate(walk.turns)]
    return ScriptedTransport(*said, signed_in(), {})


def a_service(transport: Transport, *, has_secret: bool) -> AuthService:
    clock, entropy = VirtualClock(), SeededEntropy()
    backend = a_backend(transport, clock, entropy, client_secret=CLIENT_SECRET if has_secret else None)
    return AuthService(backend, clock=clock, entropy=entropy)


def test_there_is_a_cell_for_every_challenge_in_every_way_to_begin() -> None:
    assert {(challenge, flow) for challenge, flow, _ in cells()} == set(product(ChallengeName, AuthFlow))


@pytest.mark.parametrize("walk", list(walks()))
async def test_a_challenge_is_answered_and_nothing_goes_out_but_what_it_wants(walk: Walk, between: Between) -> None:
    transport = script(walk)
    service = a_service(between(transport, "cognito-idp"), has_secret=walk.has_secret)
    device = DEVICE if walk.has_device else None

    result = await service.sign_in(
        ALICE,
        walk.beginning.password,
        flow=walk.flow,
        preferred_factor=walk.beginning.preferred,
        device=device,
    )
    for turn in walk.turns:
        for step, answer in turn.asked:
            assert result.next_step == step
            assert result.run is not None
            result = await service.confirm_sign_in(result.run, answer, device=device)
    assert isinstance(result.next_step, steps.Done)

    begun, *answers = transport.calls
    names = named(ALICE, device=walk.has_device, secret=walk.has_secret)
    assert begun.operation == "InitiateAuth"
    assert begun.request == {
        "AuthFlow": walk.beginning.flow,
        "ClientId": CLIENT_ID,
        "AuthParameters": {**names, **walk.beginning.parameters},
    }
    sent = [turn.sent for turn in walk.turns]
    assert [(call.operation, call.request) for call in answers[: len(sent)]] == [
        (it.operation, it.request(f"session-{number}", device=walk.has_device, secret=walk.has_secret))
        for number, it in enumerate(sent)
    ]
    # Whether the second factor that was used is switched on is looked up at last, and fails here.
    assert [call.operation for call in answers[len(sent) :]] in ([], ["GetUser"])


@pytest.mark.parametrize(
    ("flow", "reply"),
    [
        pytest.param(flow, cell.reply, id=f"{flow.value} {challenge.value}: {cell.reason}")
        for challenge, flow, cell in cells()
        if isinstance(cell, Impossible)
    ],
)
async def test_a_backend_that_does_the_impossible_is_refused(flow: AuthFlow, reply: Mapping[str, Any]) -> None:
    transport = ScriptedTransport(reply)
    service = a_service(transport, has_secret=False)

    with pytest.raises(BackendContractError):
        await service.sign_in(ALICE, BEGINNINGS[flow].password, flow=flow, device=DEVICE)
    assert [call.operation for call in transport.calls] == ["InitiateAuth"]


@pytest.mark.parametrize("flow", AuthFlow)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(DEVICE_VERIFIER, BackendContractError, id="a device's proof that nobody began"),
        pytest.param(DEVICE_START.reply, DeviceNotTrackedError, id="a device that is not at hand"),
        pytest.param(
            challenged("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA"]'),
            InvalidUserPoolConfigurationError,
            id="nothing that can be set up",
        ),
        pytest.param(challenged("MFA_SETUP"), InvalidUserPoolConfigurationError, id="nothing to be set up"),
    ],
)
async def test_a_challenge_that_nobody_could_answer_is_refused(
    flow: AuthFlow, reply: Mapping[str, Any], error: type[AuthError | BackendError]
) -> None:
    transport = ScriptedTransport(reply)
    service = a_service(transport, has_secret=False)

    with pytest.raises(error):
        await service.sign_in(ALICE, BEGINNINGS[flow].password, flow=flow)
    assert [call.operation for call in transport.calls] == ["InitiateAuth"]
