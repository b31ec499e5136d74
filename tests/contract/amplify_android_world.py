"""Plays a case of another Amplify client: reaches what has happened before, calls the verb, and shows what came of it.

What has happened before is reached by what leads to it: a sign-up, or a sign-in over scripted replies. It is compared,
as the state afterwards is, through what everybody can see: the step that waits, the stored tokens, the session.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import attrs
import msgspec
import pytest

from authsteps.adapters.cognito import Call, CognitoBackend, CognitoConfig, CognitoIdentityPool, Json, ServiceError
from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Secret
from authsteps.flows import (
    AuthClient,
    AuthError,
    AuthFlow,
    AuthSession,
    AuthUser,
    AwsCredentials,
    BackendContractError,
    Cell,
    CodeDelivery,
    DeliveryMedium,
    Device,
    DeviceSecrets,
    FactorType,
    MemoryDeviceStore,
    MemoryTokenStore,
    NextStep,
    ResetPasswordResult,
    SignInResult,
    SignOutComplete,
    SignOutPartial,
    SignUpResult,
    Tokens,
    steps,
)
from tests.conftest import SeededEntropy
from tests.contract.amplify_android import (
    ERRORS,
    SECRET_BLOCK,
    STEPS,
    AuthChallenge,
    AwsKeys,
    Case,
    ChallengeState,
    Credential,
    SignedInData,
    SignInMethod,
    SignUpState,
    State,
    given,
    secret_hash,
    to_wire,
)
from tests.contract.conftest import Between

__all__ = ["World"]

T = TypeVar("T")

USERNAME = "username"
PASSWORD = "password"
"""What the runner supplies where a case lacks it."""
DEVICE = DeviceSecrets("deviceKey", "deviceGroupKey", Secret("devicePassword"))
"""The device that is planted."""

_VERIFIER: Mapping[str, Json] = {
    "ChallengeName": "PASSWORD_VERIFIER",
    "ChallengeParameters": {
        "SALT": "abc",
        "SECRET_BLOCK": SECRET_BLOCK,
        "SRP_B": "def",
        "USERNAME": USERNAME,
        "USER_ID_FOR_SRP": "userId",
    },
}
"""What SRP begins with, as in the cases."""

_FLOWS = {
    "USER_SRP_AUTH": AuthFlow.USER_SRP_AUTH,
    "CUSTOM_AUTH": AuthFlow.CUSTOM_AUTH_WITHOUT_SRP,
    "USER_AUTH": AuthFlow.USER_AUTH,
}
_PROVES_PASSWORD = {AuthFlow.USER_SRP_AUTH, AuthFlow.CUSTOM_AUTH_WITH_SRP}


class StandingClock:
    """A clock that stands at 1970-01-02."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime(1970, 1, 2, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return zero: no time passes."""
        return 0.0


class TransportByOperation:
    """Plays a list of replies for each operation, or else answers ``{}``, and writes down what was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._before = 0
        self._replies: dict[str, deque[Mapping[str, Json] | ServiceError]] = defaultdict(deque)

    def script(self, operation: str, reply: Mapping[str, Json] | ServiceError) -> None:
        """Append a reply to those of an operation."""
        self._replies[operation].append(reply)

    def forget(self) -> None:
        """Forget the replies that nobody asked for, and count the calls from here."""
        self._replies.clear()
        self._before = len(self.calls)

    def last(self, operation: str) -> Mapping[str, Json]:
        """Return the request of the last call of an operation."""
        return [call.request for call in self.calls if call.operation == operation][-1]

    def only(self, operation: str) -> Mapping[str, Json]:
        """Return the request of the one call of an operation, counted from where it was said."""
        (sent,) = [call.request for call in self.calls[self._before :] if call.operation == operation]
        return sent

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Write the call down, and play the operation's next reply."""
        self.calls.append(Call(operation, dict(request)))
        replies = self._replies[operation]
        reply: Mapping[str, Json] | ServiceError = replies.popleft() if replies else {}
        if isinstance(reply, ServiceError):
            raise reply
        return reply


@attrs.frozen
class World:
    """A client with the stores and the transport of one case."""

    case: Case
    transport: TransportByOperation
    tokens: MemoryTokenStore
    devices: MemoryDeviceStore
    client: AuthClient

    @classmethod
    def of(cls, case: Case, between: Between) -> "World":
        """Return the client that a case is about. Nothing has happened yet."""
        settings = case.configuration
        transport, clock = TransportByOperation(), StandingClock()
        tokens, devices = MemoryTokenStore(), MemoryDeviceStore()
        config = CognitoConfig(settings.user_pool_id, settings.client_id, settings.client_secret)
        client = AuthClient(
            CognitoBackend(between(transport, "cognito-idp"), config, clock=clock, entropy=SeededEntropy(1)),
            tokens=tokens,
            devices=devices,
            identity_pool=CognitoIdentityPool(
                between(transport, "cognito-identity"),
                identity_pool_id=settings.identity_pool_id,
                user_pool_id=settings.user_pool_id,
            )
            if case.begins_with.has_identity_pool
            else None,
            clock=clock,
            entropy=SeededEntropy(2),
            default_flow=AuthFlow(settings.flow),
        )
        return cls(case, transport, tokens, devices, client)

    # What has happened before.

    async def reach(self) -> None:
        """Reach the state that the case begins with, and script what follows."""
        state = self.case.begins_with
        if self.case.is_about_a_device:
            await self.devices.save(USERNAME, DEVICE)
        if state.sign_up_state is not None:
            await self._sign_up(state.sign_up_state)
        if state.challenge is not None:
            await self._be_challenged(state.challenge)
        elif state.user is not None:
            await self._sign_in(state.user.sign_in_method.auth_type, _signed_in(state.user))
        if state.credential is not None and state.credential.credentials is not None:
            await self._get_credentials(state.credential)
        await self.check(state)
        if self.case.selected is not None and FactorType(self.case.selected).is_password:
            asked = await self.client.confirm_sign_in(FactorType(self.case.selected))
            assert isinstance(asked.next_step, steps.ConfirmSignInWithPassword)
        self.transport.forget()
        for operation, reply in self.case.replies:
            self.transport.script(operation, reply)

    async def _sign_up(self, state: SignUpState) -> None:
        if state.sign_up_data is None:
            return
        result = msgspec.json.decode(state.sign_up_result, type=dict[str, Any])
        delivery = result["nextStep"].get("codeDeliveryDetails", {})
        reply = {"userConfirmed": result["isSignUpComplete"], "codeDeliveryDetails": delivery}
        session = {"session": state.sign_up_data.session}
        self.transport.script("SignUp", {"UserSub": "", **to_wire(reply | session)})
        reached = await self.client.sign_up(state.sign_up_data.username)
        assert STEPS[type(reached.next_step)] == result["nextStep"]["signUpStep"]

    async def _be_challenged(self, state: ChallengeState) -> None:
        challenge = state.auth_challenge
        names = {factor.value for factor in FactorType}
        reply: dict[str, Json] = {
            "ChallengeName": challenge.challenge_name,
            "ChallengeParameters": challenge.parameters or {},
            "AvailableChallenges": [factor.value for factor in self._offered(challenge)],
        }
        if challenge.session is not None:
            reply["Session"] = challenge.session
        preferred = FactorType(challenge.challenge_name) if challenge.challenge_name in names else None
        await self._sign_in(state.sign_in_method.auth_type, reply, preferred)

    async def _sign_in(
        self, auth_type: str, reply: Mapping[str, Json], preferred: FactorType | None = None
    ) -> SignInResult:
        flow = _FLOWS[auth_type]
        if flow in _PROVES_PASSWORD:
            self.transport.script("InitiateAuth", _VERIFIER)
            self.transport.script("RespondToAuthChallenge", reply)
        else:
            self.transport.script("InitiateAuth", reply)
        password = PASSWORD if flow in _PROVES_PASSWORD else None
        return await self.client.sign_in(USERNAME, password, flow=flow, preferred_factor=preferred)

    async def _get_credentials(self, credential: Credential) -> None:
        keys = credential.credentials
        assert keys is not None
        self.transport.script("GetId", {"IdentityId": credential.identity_id})
        self.transport.script("GetCredentialsForIdentity", {"Credentials": _credentials(keys)})
        await self.client.fetch_auth_session()

    def _offered(self, challenge: AuthChallenge) -> tuple[FactorType, ...]:
        """The first factors that are offered, and the one that the case selects."""
        names = (*challenge.available_challenges, *([self.case.selected] if self.case.selected is not None else []))
        return tuple(dict.fromkeys(FactorType(name) for name in names))

    # The verb.

    async def call(self) -> object:
        """Call the case's verb, and return what it returned or raised."""
        try:
            return await self._call()
        except AuthStepsError as error:
            return error

    async def _call(self) -> object:
        api, client = self.case.api, self.client
        match api.name:
            case "signIn":
                return await self._call_sign_in()
            case "confirmSignIn":
                return await client.confirm_sign_in(api.params["challengeResponse"])
            case "autoSignIn":
                return await client.auto_sign_in()
            case "signUp":
                attributes = api.options["userAttributes"]
                return await client.sign_up(api.params["username"], api.params.get("password"), attributes=attributes)
            case "confirmSignUp":
                return await client.confirm_sign_up(api.params["username"], api.params["confirmationCode"])
            case "resetPassword":
                return await client.reset_password(api.params["username"])
            case "fetchAuthSession":
                return await client.fetch_auth_session(force_refresh=api.options.get("forceRefresh", False))
            case "signOut":
                return await client.sign_out(global_=api.options["globalSignOut"])
            case "fetchUserAttributes":
                return await client.fetch_user_attributes()
            case "fetchDevices":
                return await client.fetch_devices()
            case "rememberDevice":
                await client.remember_device()
            case "forgetDevice":
                await client.forget_device(api.params["device"]["id"])
            case "deleteUser":
                await client.delete_user()
            case name:
                raise LookupError(f"there is no verb for {name}")
        return None

    async def _call_sign_in(self) -> SignInResult:
        api = self.case.api
        options = api.options.get("signInOptions", {})
        flow = AuthFlow(options["authFlow"]) if "authFlow" in options else None
        preferred = FactorType(options["preferredFirstFactor"]) if "preferredFirstFactor" in options else None
        password = api.params.get("password", PASSWORD if flow in _PROVES_PASSWORD else None)
        return await self.client.sign_in(api.params["username"], password, flow=flow, preferred_factor=preferred)

    # What came of it.

    def request(self, operation: str, members: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return the one request of an operation, as far as these members go."""
        sent = self.transport.only(operation)
        return {name: sent.get(name) for name in members}

    def expected_request(self, members: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return a request that must have been sent, with the right hash in it."""
        wire = to_wire(members)
        parameters = wire.get("AuthParameters")
        if isinstance(parameters, Mapping):
            wire["AuthParameters"] = self._hashed(parameters, "USERNAME")
        return self._hashed(wire, "Username")

    def _hashed(self, members: Mapping[str, Json], over: str) -> Mapping[str, Json]:
        settings = self.case.configuration
        return {
            name: secret_hash(settings, str(members[over])) if value == "a hash" else value
            for name, value in members.items()
        }

    async def shown(self, result: object) -> Json:
        """Return what the verb returned or raised, in Android's words."""
        match result:
            case None:
                return {}
            case SignOutComplete() | SignOutPartial():
                return given(_sign_out(result, is_signed_out=await self.tokens.load() is None))
            case tuple():
                return [{"id": device.key} for device in cast("tuple[Device, ...]", result)]
            case Mapping():
                attributes = cast("Mapping[str, str]", result)
                return [{"key": {"attributeKey": name}, "value": value} for name, value in attributes.items()]
            case _:
                return given(_shown(result))

    async def check(self, state: State) -> None:
        """Hold what everybody can see against a state."""
        if state.challenge is not None:
            challenge = state.challenge.auth_challenge
            assert await self.client.next_step() == self._step(challenge)
            self._check_beginning(state.challenge.sign_in_method, challenge.username)
        elif state.user is not None:
            await self._check_user(state.user)
        else:
            assert await self.tokens.load() is None
        if state.credential is not None and state.credential.credentials is not None:
            session = await self.client.fetch_auth_session()
            assert session.identity_id.unwrap() == state.credential.identity_id
            assert _aws(session.credentials.unwrap()) == msgspec.to_builtins(state.credential.credentials)

    async def check_answer(self, challenge: AuthChallenge) -> None:
        """Hold what an answer would go out with against a challenge."""
        self.transport.forget()
        with pytest.raises(BackendContractError):  # for the reply is empty
            await self.client.confirm_sign_in("EMAIL_OTP" if challenge.available_challenges else "000000")
        sent = self.transport.only("RespondToAuthChallenge")
        responses = sent["ChallengeResponses"]
        assert isinstance(responses, Mapping)
        assert sent["ChallengeName"] == challenge.challenge_name
        assert sent.get("Session") == challenge.session
        assert responses["USERNAME"] == (challenge.parameters or {}).get("USERNAME", challenge.username)

    async def _check_user(self, user: SignedInData) -> None:
        tokens = await self.tokens.load()
        assert tokens is not None
        assert _tokens(tokens) == _tokens_of(user)
        assert await self.client.get_current_user() == AuthUser(user.user_id, user.username)
        self._check_beginning(user.sign_in_method, user.username)

    def _check_beginning(self, method: SignInMethod, username: str) -> None:
        begun = self.transport.last("InitiateAuth")
        parameters = begun["AuthParameters"]
        assert isinstance(parameters, Mapping)
        assert (begun["AuthFlow"], parameters["USERNAME"]) == (method.auth_type, username)

    def _step(self, challenge: AuthChallenge) -> NextStep:
        parameters = challenge.parameters or {}
        match challenge.challenge_name:
            case "SMS_MFA":
                return steps.ConfirmSignInWithSmsCode(_delivery_of(parameters))
            case "SMS_OTP" | "EMAIL_OTP":
                return steps.ConfirmSignInWithOtpCode(_delivery_of(parameters))
            case "CUSTOM_CHALLENGE":
                return steps.ConfirmSignInWithCustomChallenge(parameters)
            case "SELECT_CHALLENGE":
                return steps.ContinueSignInWithFirstFactorSelection(self._offered(challenge))
            case name:
                raise LookupError(f"there is no step for {name}")


# From the states to the wire.


def _signed_in(user: SignedInData) -> Mapping[str, Json]:
    tokens = _tokens_of(user)
    return {"AuthenticationResult": to_wire(tokens)}


def _tokens_of(user: SignedInData) -> Mapping[str, str]:
    tokens = user.cognito_user_pool_tokens
    return {
        "accessToken": tokens.access_token.token_value,
        "idToken": tokens.id_token.token_value,
        "refreshToken": tokens.refresh_token,
    }


def _credentials(keys: AwsKeys) -> Mapping[str, Json]:
    return {
        "AccessKeyId": keys.access_key_id,
        "SecretKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
        "Expiration": keys.expiration,
    }


def _delivery_of(parameters: Mapping[str, str]) -> CodeDelivery:
    medium = DeliveryMedium(parameters["CODE_DELIVERY_DELIVERY_MEDIUM"])
    return CodeDelivery(parameters["CODE_DELIVERY_DESTINATION"], medium)


# From what is ours to Android's words.


def _shown(result: object) -> Mapping[str, Json]:
    match result:
        case AuthError():
            # Cognito's names end so; where the error was decided here it has no cause.
            cause = result.code if result.code.endswith("Exception") else None
            return {"errorType": ERRORS[type(result)], "cause": cause}
        case SignInResult(next_step=step):
            return {"isSignedIn": result.is_signed_in, "nextStep": {"signInStep": STEPS[type(step)], **_details(step)}}
        case SignUpResult(next_step=step):
            told = {"signUpStep": STEPS[type(step)], **_details(step)}
            return {"isSignUpComplete": result.is_sign_up_complete, "nextStep": told, "userId": result.user_id}
        case ResetPasswordResult(next_step=step):
            told = {"resetPasswordStep": STEPS[type(step)], **_details(step)}
            return {"isPasswordReset": result.is_password_reset, "nextStep": told}
        case AuthSession():
            return _session(result)
        case _:
            raise LookupError(f"Android knows no {type(result).__name__}")


def _details(step: object) -> Mapping[str, Json]:
    match step:
        case (
            steps.ConfirmSignInWithSmsCode(delivery=delivery)
            | steps.ConfirmSignInWithOtpCode(delivery=delivery)
            | steps.ConfirmSignUpWithCode(delivery=delivery)
            | steps.ConfirmResetPasswordWithCode(delivery=delivery)
        ) if delivery is not None:
            told = {"destination": delivery.destination, "deliveryMedium": delivery.medium.value}
            return {"codeDeliveryDetails": {**told, "attributeName": delivery.attribute}}
        case steps.ConfirmSignInWithCustomChallenge(parameters=parameters):
            return {"additionalInfo": parameters}
        case steps.ContinueSignInWithFirstFactorSelection(available=available):
            return {"availableFactors": [factor.value for factor in available]}
        case _:
            return {}


def _session(session: AuthSession) -> Mapping[str, Json]:
    return {
        "isSignedIn": session.is_signed_in,
        "accessToken": session.tokens.value.access.reveal() if session.tokens.value is not None else None,
        "userPoolTokensResult": _cell(session.tokens, _tokens),
        "userSubResult": _cell(session.user_sub, str),
        "awsCredentialsResult": _cell(session.credentials, _aws),
        "identityIdResult": _cell(session.identity_id, str),
    }


def _cell(cell: Cell[T], show: Callable[[T], Json]) -> Json:
    return _shown(cell.error) if cell.error is not None else show(cell.unwrap())


def _tokens(tokens: Tokens) -> Mapping[str, str]:
    return {
        "accessToken": tokens.access.reveal(),
        "idToken": tokens.id.reveal(),
        "refreshToken": tokens.refresh.reveal(),
    }


def _aws(credentials: AwsCredentials) -> Mapping[str, Json]:
    assert credentials.expires_at is not None
    return {
        "accessKeyId": credentials.access_key_id,
        "secretAccessKey": credentials.secret_access_key.reveal(),
        "sessionToken": credentials.session_token.reveal(),
        "expiration": int(credentials.expires_at.timestamp()),
    }


def _sign_out(result: SignOutComplete | SignOutPartial, *, is_signed_out: bool) -> Mapping[str, Json]:
    if isinstance(result, SignOutComplete):
        assert is_signed_out
        return {}
    shown: dict[str, Json] = {"signedOutLocally": is_signed_out}
    if result.global_sign_out_error is not None and result.access_token is not None:
        error = {"errorType": "GlobalSignOutException", "cause": _shown(result.global_sign_out_error)["errorType"]}
        shown["globalSignOutError"] = {"exception": error, "accessToken": result.access_token.reveal()}
    if result.revoke_token_error is not None and result.refresh_token is not None:
        error = {"errorType": "RevokeTokenException", "cause": _shown(result.revoke_token_error)["errorType"]}
        shown["revokeTokenError"] = {"exception": error, "refreshToken": result.refresh_token.reveal()}
    return shown
