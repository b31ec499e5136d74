"""The cases of another Amplify client: where they are, what is in them, and what Android's names are called here.

The cases are the feature tests of amplify-android. They were written beside Android's own mocks, so they are not taken
literally. These are the rules, and there are no others; the product is never bent to a case:

- The clock stands at 1970-01-02, for the tokens expired in 2018.
- ``secretBlock`` becomes valid base64, and ``a hash`` the right hash.
- An empty text means that nothing was given. Where an SRP flow then lacks a password, the runner supplies one.
- Device secrets are planted where a device is not found or is to be remembered. In forgetDevice the scripted
  updateDeviceStatus stands for ForgetDevice.
- Where a first factor was selected, the factor is added to those offered and chosen first.
- A call without a script is answered ``{}``; replies that nobody asks for are passed over.
- Requests are compared on the members that the case names; of errors, the type and the type of the cause.

What Android's mocks answer beyond the files is written out: members that Cognito always sends are there, and GetUser
tells of ``phone_number`` where the file says ``phone``, for its mock does not read the file. An identity pool's id has
the colon that it has in AWS. A state whose credentials are a user pool's alone is that of a client without an identity
pool.

Source: aws-amplify/amplify-android, ``aws-auth-cognito/src/test/resources/feature-test`` and, for the mocks,
``featureTest/utilities/CognitoMockFactory.kt``; Apache-2.0. The files stay outside this repository.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn
from unittest.mock import ANY

import attrs
import msgspec
import pytest

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Step
from authsteps.flows import errors, steps

__all__ = [
    "ERRORS",
    "SECRET_BLOCK",
    "SKIPPED",
    "STEPS",
    "AuthChallenge",
    "AwsKeys",
    "Case",
    "ChallengeState",
    "Configuration",
    "Credential",
    "EndState",
    "Outcome",
    "RequestSent",
    "SignInMethod",
    "SignUpState",
    "SignedInData",
    "State",
    "cases",
    "contract_is_missing",
    "given",
    "operation_of",
    "secret_hash",
    "to_wire",
    "told",
]

STEPS: Mapping[type[Step], str] = {
    steps.Done: "DONE",
    steps.ConfirmSignInWithSmsCode: "CONFIRM_SIGN_IN_WITH_SMS_MFA_CODE",
    steps.ConfirmSignInWithOtpCode: "CONFIRM_SIGN_IN_WITH_OTP",
    steps.ConfirmSignInWithCustomChallenge: "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE",
    steps.ContinueSignInWithFirstFactorSelection: "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION",
    steps.ConfirmSignUpWithCode: "CONFIRM_SIGN_UP_STEP",
    steps.CompleteAutoSignIn: "COMPLETE_AUTO_SIGN_IN",
    steps.SignUpDone: "DONE",
    steps.ConfirmResetPasswordWithCode: "CONFIRM_RESET_PASSWORD_WITH_CODE",
}
"""What Android calls our steps."""

ERRORS: Mapping[type[Exception], str] = {
    errors.CodeMismatchError: "CodeMismatchException",
    errors.InvalidAccountTypeError: "ConfigurationException",
    errors.InvalidParameterError: "InvalidParameterException",
    errors.InvalidStateError: "InvalidStateException",
    errors.NotAuthorizedError: "NotAuthorizedException",
    errors.SignedOutError: "SignedOutException",
    errors.UserNotFoundError: "UserNotFoundException",
    errors.UsernameExistsError: "UsernameExistsException",
}
"""What Android calls our errors. The two of signing out are members of ``SignOutPartial`` here."""

_ONE_ERROR = "one refresh error fills every cell there; here the cells of a session stand or fall on their own"
SKIPPED: Mapping[str, str] = {
    "fetchAuthSession/AuthSession_object_is_successfully_returned_after_failed_identity_refresh.json": _ONE_ERROR,
    "fetchAuthSession/AuthSession_object_is_successfully_returned_after_failed_refresh.json": _ONE_ERROR,
}
"""The cases that do not hold here, and why."""

SECRET_BLOCK = base64.b64encode(b"secretBlock").decode()
"""What stands for ``secretBlock``, which is no base64."""

_MEANT: Mapping[str, str] = {"secretBlock": SECRET_BLOCK, "phone": "phone_number"}
"""Texts of the files, and what is meant by them."""

_ALWAYS_SENT: Mapping[str, Mapping[str, Json]] = {
    "SignUp": {"UserConfirmed": False, "UserSub": ""},
    "GetUser": {"Username": ""},
}
"""Members that Cognito always sends, as Android's mocks fill them in."""

_TEXTS_BY_NAME = {"authParameters", "challengeParameters", "challengeResponses", "clientMetadata"}
"""Members whose own members are no names of the model."""


# What is in the files.


class ScriptedReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One of Cognito's replies, or a refusal."""

    type: Literal["cognitoIdentityProvider", "cognitoIdentity"]
    api_name: str
    response_type: Literal["success", "failure"]
    response: dict[str, Any]


class PreConditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a case begins with."""

    state: str
    mocked_responses: tuple[ScriptedReply, ...]
    configuration: str = msgspec.field(name="amplify-configuration")


class Api(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The verb that is called."""

    name: str
    params: dict[str, Any]
    options: dict[str, Any]


class RequestSent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag="cognitoIdentityProvider"
):
    """A request that must have been sent."""

    api_name: str
    request: dict[str, Any]


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag="amplify"):
    """What the verb must have returned or raised."""

    api_name: str
    response_type: Literal["success", "failure", "complete"]
    response: Any


class EndState(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag="state"):
    """The state that must hold afterwards."""

    expected_state: str


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A case's file."""

    description: str
    pre_conditions: PreConditions
    api: Api
    validations: tuple[RequestSent | Outcome | EndState, ...]


class SignInMethod(msgspec.Struct, frozen=True, rename="camel"):
    """How somebody signs in, or did."""

    auth_type: str


class AuthChallenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A challenge that waits for an answer."""

    challenge_name: str
    username: str
    session: str | None
    parameters: dict[str, str] | None
    available_challenges: tuple[str, ...] = ()


class ChallengeState(msgspec.Struct, frozen=True, rename="camel"):
    """A challenge that waits for an answer, and the flow it belongs to."""

    auth_challenge: AuthChallenge
    sign_in_method: SignInMethod


class SigningIn(msgspec.Struct, frozen=True, rename="pascal"):
    """A sign-in that is under way."""

    sign_in_challenge_state: ChallengeState


class Token(msgspec.Struct, frozen=True, rename="camel"):
    """A token."""

    token_value: str


class UserPoolTokens(msgspec.Struct, frozen=True, rename="camel"):
    """The tokens of somebody who is signed in."""

    id_token: Token
    access_token: Token
    refresh_token: str


class SignedInData(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody who is signed in."""

    user_id: str
    username: str
    sign_in_method: SignInMethod
    cognito_user_pool_tokens: UserPoolTokens


class AwsKeys(msgspec.Struct, frozen=True, rename="camel"):
    """AWS credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: int


class Credential(msgspec.Struct, frozen=True, rename="camel"):
    """What the identity pool gave, and for whom."""

    type: Literal["userPool", "identityPool", "userAndIdentityPool"]
    signed_in_data: SignedInData | None = None
    identity_id: str | None = None
    credentials: AwsKeys | None = None


class AuthenticationState(msgspec.Struct, frozen=True):
    """Who is signed in, or is about to be."""

    type: str
    signing_in: SigningIn | None = msgspec.field(name="SignInState", default=None)
    signed_in: SignedInData | None = msgspec.field(name="signedInData", default=None)


class AuthorizationState(msgspec.Struct, frozen=True, rename="camel"):
    """What they may do."""

    amplify_credential: Credential | None = None


class SignUpData(msgspec.Struct, frozen=True, rename="camel"):
    """Who signs up."""

    username: str
    session: str | None = None


class SignUpState(msgspec.Struct, frozen=True, rename="camel"):
    """A sign-up. Its result is JSON in a text."""

    type: str
    sign_up_data: SignUpData | None = None
    sign_up_result: str = "{}"


class State(msgspec.Struct, frozen=True, rename="pascal"):
    """A state's file."""

    authentication_state: AuthenticationState
    authorization_state: AuthorizationState
    sign_up_state: SignUpState | None = None

    @property
    def user(self) -> SignedInData | None:
        """Who is signed in. Where the credentials are an identity pool's alone that is nobody, but a guest."""
        user, holder = self.authentication_state.signed_in, self._credential.signed_in_data
        if user is None or holder is None:
            return None
        assert user == holder
        return user

    @property
    def challenge(self) -> ChallengeState | None:
        """The challenge that waits for an answer, if a sign-in is under way."""
        under_way = self.authentication_state.signing_in
        return under_way.sign_in_challenge_state if under_way is not None else None

    @property
    def credential(self) -> Credential | None:
        """What the identity pool gave to whoever is there; nothing of somebody who has signed out."""
        return self._credential if self.authentication_state.type == "AuthenticationState.SignedIn" else None

    @property
    def has_identity_pool(self) -> bool:
        """Whether there can be an identity pool."""
        return self.credential is None or self.credential.credentials is not None

    @property
    def _credential(self) -> Credential:
        return self.authorization_state.amplify_credential or Credential("userPool")


@attrs.frozen
class Configuration:
    """The pools and the flow of a configuration's file."""

    user_pool_id: str
    client_id: str
    client_secret: str
    identity_pool_id: str
    flow: str


@attrs.frozen
class Case:
    """A case: its path below ``testsuites``, and what is in its file."""

    name: str
    root: Path
    document: Document

    @property
    def api(self) -> Api:
        """The verb that is called. An empty text is nothing."""
        called = self.document.api
        return Api(called.name, given(called.params), given(called.options))

    @property
    def configuration(self) -> Configuration:
        """The pools and the flow."""
        text = _text(self.root / "configuration" / self.document.pre_conditions.configuration)
        plugin = msgspec.json.decode(text, type=dict[str, Any])["auth"]["plugins"]["awsCognitoAuthPlugin"]
        pool = plugin["CognitoUserPool"]["Default"]
        return Configuration(
            user_pool_id=pool["PoolId"],
            client_id=pool["AppClientId"],
            client_secret=pool["AppClientSecret"],
            identity_pool_id=plugin["CredentialsProvider"]["CognitoIdentity"]["Default"]["PoolId"].replace("_", ":", 1),
            flow=plugin["Auth"]["Default"]["authenticationFlowType"],
        )

    @property
    def begins_with(self) -> State:
        """What has happened before."""
        return self.state(self.document.pre_conditions.state)

    def state(self, name: str) -> State:
        """Return a state by its file's name."""
        return msgspec.json.decode(_text(self.root / "states" / name), type=State)

    @property
    def replies(self) -> list[tuple[str, Mapping[str, Json] | ServiceError]]:
        """Cognito's replies in order, each with the operation that it answers."""
        return [self._reply(reply) for reply in self.document.pre_conditions.mocked_responses]

    @property
    def selected(self) -> str | None:
        """The first factor that is selected, if that is what the case is about. It stands in the case's name."""
        named = re.search(r"selecting_the_(\w+?)_challenge", self.name)
        return named[1].upper() if named is not None else None

    @property
    def is_about_a_device(self) -> bool:
        """Whether there is a device to be planted."""
        fails_with = {reply.response.get("errorType") for reply in self.document.pre_conditions.mocked_responses}
        is_signing_in = self.api.name == "signIn"
        return self.api.name == "rememberDevice" or (is_signing_in and "ResourceNotFoundException" in fails_with)

    def _reply(self, reply: ScriptedReply) -> tuple[str, Mapping[str, Json] | ServiceError]:
        operation = operation_of(reply.api_name)
        if (self.api.name, operation) == ("forgetDevice", "UpdateDeviceStatus"):
            operation = "ForgetDevice"
        if reply.response_type == "failure":
            return operation, ServiceError(reply.response["errorType"], reply.response["errorMessage"] or "")
        return operation, {**_ALWAYS_SENT.get(operation, {}), **to_wire(reply.response)}


# Where the files are.


def contract_is_missing() -> NoReturn:
    """Skip the test that asks for the cases, or fail it where they must not be missing."""
    reason = (
        "the contract cases are not here: set AUTHSTEPS_SHARED to the folder that holds contract/, "
        "or put it beside the project as ../shared"
    )
    if os.environ.get("AUTHSTEPS_CONTRACT") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def cases() -> list[Case]:
    """Return all cases by their names; none where they are not at hand."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    root = Path(os.environ.get("AUTHSTEPS_SHARED") or beside) / "contract" / "amplify-android"
    suites = root / "testsuites"
    return [
        Case(str(path.relative_to(suites)), root, msgspec.json.decode(_text(path), type=Document))
        for path in sorted(suites.glob("*/*.json"))
    ]


def _text(path: Path) -> str:
    text = path.read_text()
    for written, meant in _MEANT.items():
        text = text.replace(f'"{written}"', f'"{meant}"')
    return text


# From Android's words to those of the wire, and to what can be compared.


def operation_of(api_name: str) -> str:
    """Return Cognito's name for an operation."""
    return api_name[0].upper() + api_name[1:]


def to_wire(members: Mapping[str, Json]) -> dict[str, Json]:
    """Return members in wire form. What is empty was not given."""
    return {
        operation_of(name): value if name in _TEXTS_BY_NAME else _to_wire(value)
        for name, value in given(members).items()
    }


def _to_wire(value: Json) -> Json:
    if isinstance(value, list):
        return [_to_wire(item) for item in value]
    return to_wire(value) if isinstance(value, Mapping) else value


def given(members: Mapping[str, Json]) -> dict[str, Json]:
    """Return what was given: nothing is left of empty texts, and of what holds nothing else."""
    held = {name: given(value) if isinstance(value, Mapping) else value for name, value in members.items()}
    return {name: value for name, value in held.items() if not _is_nothing(value)}


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str | dict | list) and not value)


def told(response: Json) -> Json:
    """Return what a case wants to be told, as far as it is compared."""
    if isinstance(response, list):
        return [told(item) for item in response]
    if not isinstance(response, Mapping):
        return response
    if "errorType" in response:
        return given({"errorType": response["errorType"], "cause": _cause(response["cause"])})
    held = given({name: told(value) for name, value in response.items()})
    # Android's mock makes a delivery of three empty texts, and its client calls the empty medium UNKNOWN.
    return {name: value for name, value in held.items() if value != {"deliveryMedium": "UNKNOWN"}}


def _cause(cause: Json) -> Json:
    """Return the type of a cause. One that the case does not describe may be any."""
    return cause.get("errorType", ANY) if isinstance(cause, Mapping) else cause


def secret_hash(configuration: Configuration, username: str) -> str:
    """Return what stands for ``a hash``."""
    message = (username + configuration.client_id).encode()
    return base64.b64encode(hmac.digest(configuration.client_secret.encode(), message, hashlib.sha256)).decode()
