"""pycognito, with nothing changed in it but its endpoint. It verifies each token that it gets by the served keys."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, TypeAlias

import pytest

from tests.adapters.fake.world import ALICE, NEW_PASSWORD, PASSWORD, PHONE
from tests.clients.served import AWS_KEYS, AppClient, Boto, Served, ServedPool, TotpApp, boto, tampered

_pycognito: Any = importlib.import_module("pycognito")  # published without types
_aws_srp: Any = importlib.import_module("pycognito.aws_srp")
_exceptions: Any = importlib.import_module("pycognito.exceptions")

Cognito: TypeAlias = Any
Someone: TypeAlias = Callable[[str], Cognito]

# It asks for the time in a way that Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def pool(served: Served) -> ServedPool:
    return served.new_pool(mfa="OPTIONAL", factors=("SOFTWARE_TOKEN_MFA", "SMS_MFA"), AutoVerifiedAttributes=["email"])


@pytest.fixture(scope="module", params=[False, True], ids=["public client", "client with secret"])
def app(pool: ServedPool, request: pytest.FixtureRequest) -> AppClient:
    return pool.add_app(GenerateSecret=True) if request.param else pool.app


@pytest.fixture
def someone(served: Served, pool: ServedPool, app: AppClient) -> Iterator[Someone]:
    """pycognito for a person of this name."""
    with ExitStack() as closing:

        def called(name: str) -> Cognito:
            made = _pycognito.Cognito(
                pool.id,
                app.id,
                client_secret=app.secret,
                username=name,
                boto3_client_kwargs={"endpoint_url": served.url},
            )
            closing.callback(made.client.close)
            return made

        yield called


@pytest.fixture
def name(app: AppClient, request: pytest.FixtureRequest) -> str:
    """A name that nobody else has."""
    return f"{request.function.__name__}-{'secret' if app.secret is not None else 'public'}"


@pytest.fixture
def person(pool: ServedPool, name: str, someone: Someone) -> Cognito:
    """Somebody with an account, who is not signed in."""
    attributes = {"email": f"{name}@example.com", "email_verified": "true", "phone_number": PHONE}
    pool.add_user(name, attributes=attributes)
    return someone(name)


def test_srp_leads_to_tokens_that_it_verifies(person: Cognito) -> None:
    person.authenticate(PASSWORD)
    assert person.token_type == "Bearer"
    person.verify_tokens()
    assert person.id_claims["cognito:username"] == person.access_claims["username"] == person.username
    user = person.get_user()
    assert (user.email_verified, user._data["email"]) == (True, f"{person.username}@example.com")


def test_a_tampered_token_is_not_verified(person: Cognito) -> None:
    person.authenticate(PASSWORD)
    person.access_token = tampered(person.access_token)
    with pytest.raises(_exceptions.TokenVerificationException, match="Signature verification failed"):
        person.verify_tokens()


def test_a_wrong_password_is_refused(person: Cognito) -> None:
    with pytest.raises(person.client.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        person.authenticate(NEW_PASSWORD)


def test_a_temporary_password_is_changed(pool: ServedPool, name: str, someone: Someone) -> None:
    pool.add_user(name, temporary=True)
    person = someone(name)
    with pytest.raises(_exceptions.ForceChangePasswordException):
        person.authenticate(PASSWORD)
    person.new_password_challenge(PASSWORD, NEW_PASSWORD)
    person.verify_tokens()
    someone(name).authenticate(NEW_PASSWORD)


def test_an_authenticator_app_is_set_up_and_asked_for(person: Cognito) -> None:
    person.authenticate(PASSWORD)
    app = TotpApp(person.associate_software_token())
    assert person.verify_software_token(app.code(), "watch") is True
    person.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    with pytest.raises(_exceptions.SoftwareTokenMFAChallengeException):
        person.authenticate(PASSWORD)
    with pytest.raises(person.client.exceptions.CodeMismatchException):
        person.respond_to_software_token_mfa_challenge("000000")
    person.respond_to_software_token_mfa_challenge(app.code())
    person.verify_tokens()


def test_a_code_by_sms_is_asked_for(served: Served, person: Cognito) -> None:
    person.authenticate(PASSWORD)
    person.set_user_mfa_preference(sms_mfa=True, software_token_mfa=False, preferred="SMS")
    with pytest.raises(_exceptions.SMSMFAChallengeException):
        person.authenticate(PASSWORD)
    person.respond_to_sms_mfa_challenge(served.code(person.username, "sms_mfa"))
    person.verify_tokens()


def test_tokens_are_renewed(person: Cognito) -> None:
    person.authenticate(PASSWORD)
    before = person.access_claims
    person.renew_access_token()
    assert person.access_claims["jti"] != before["jti"]
    assert person.access_claims["origin_jti"] == before["origin_jti"]
    assert person.check_token() is False


def test_a_person_signs_up(served: Served, name: str, someone: Someone) -> None:
    person = someone(name)
    person.set_base_attributes(email=f"{name}@example.com")
    assert person.register(name, PASSWORD)["UserConfirmed"] is False
    with pytest.raises(person.client.exceptions.UserNotConfirmedException):
        person.authenticate(PASSWORD)
    person.resend_confirmation_code(name)
    person.confirm_sign_up(served.code(name, "sign_up"))
    person.authenticate(PASSWORD)
    person.delete_user()
    with pytest.raises(person.client.exceptions.UserNotFoundException):
        person.authenticate(PASSWORD)


def test_a_forgotten_password_is_replaced(served: Served, person: Cognito) -> None:
    person.initiate_forgot_password()
    person.confirm_forgot_password(served.code(person.username, "password_reset"), NEW_PASSWORD)
    person.authenticate(NEW_PASSWORD)
    person.change_password(NEW_PASSWORD, PASSWORD)
    person.authenticate(PASSWORD)


def test_attributes_are_changed_and_verified(served: Served, person: Cognito) -> None:
    person.authenticate(PASSWORD)
    person.update_profile({"email": "new@example.com", "given_name": "Alice"})
    person.send_verification()
    person.validate_verification(served.code(person.username, "attribute_verification"))
    user = person.get_user()
    assert (user.email_verified, user._data["given_name"]) == (True, "Alice")


def test_whoever_signs_out_everywhere_is_out(person: Cognito, someone: Someone) -> None:
    person.authenticate(PASSWORD)
    elsewhere = someone(person.username)
    elsewhere.authenticate(PASSWORD)
    person.logout()
    with pytest.raises(person.client.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        elsewhere.get_user()
    with pytest.raises(person.client.exceptions.NotAuthorizedException, match="Refresh Token has been revoked"):
        elsewhere.renew_access_token()


def test_an_administrator_signs_somebody_in_and_asks_who_is_there(
    served: Served, pool: ServedPool, app: AppClient, person: Cognito
) -> None:
    with boto(served.url, **AWS_KEYS) as signed:
        person.client = signed
        person.admin_authenticate(PASSWORD)
        person.verify_tokens()
        assert person.username in [user.username for user in person.get_users()]
        assert person.admin_get_user()._metadata["user_status"] == "CONFIRMED"


class Session:
    """Sends the newest session along, where boto3 lets others complete what it is about to send."""

    def __init__(self, client: Boto) -> None:
        self._newest: dict[str, str] = {}
        client.meta.events.register("after-call.cognito-idp.RespondToAuthChallenge", self._keep)
        client.meta.events.register("provide-client-params.cognito-idp.RespondToAuthChallenge", self._send)

    def _keep(self, parsed: Mapping[str, str], **_: object) -> None:
        self._newest = {"Session": parsed["Session"]} if "Session" in parsed else {}

    def _send(self, params: Mapping[str, str], **_: object) -> Mapping[str, str]:
        return {**self._newest, **params}


def test_a_remembered_device_proves_itself_once_its_session_is_sent(served: Served) -> None:
    """pycognito answers DEVICE_SRP_AUTH without a session. Once the service did without, and said that this would end.

    ConfirmDevice goes out through boto3: pycognito would send it to AWS, whatever its endpoint is.

    Source: aws-amplify/aws-sdk-android#2337.
    """
    pool = served.new_pool(DeviceConfiguration={"DeviceOnlyRememberedOnUserPrompt": False})
    with boto(served.url) as client:
        person: dict[str, Any] = {
            "username": pool.add_user(ALICE),
            "password": PASSWORD,
            "pool_id": pool.id,
            "client_id": pool.app.id,
            "client": client,
        }
        held = _aws_srp.AWSSRP(**person).authenticate_user()["AuthenticationResult"]
        group, key = held["NewDeviceMetadata"]["DeviceGroupKey"], held["NewDeviceMetadata"]["DeviceKey"]
        password, verifier = _aws_srp.generate_hash_device(group, key)
        client.confirm_device(
            AccessToken=held["AccessToken"], DeviceKey=key, DeviceName="laptop", DeviceSecretVerifierConfig=verifier
        )
        device = {"device_group_key": group, "device_key": key, "device_password": password}
        with pytest.raises(client.exceptions.InvalidParameterException, match="Missing required parameter Session"):
            _aws_srp.AWSSRP(**person, **device).authenticate_user()
        Session(client)
        assert "AccessToken" in _aws_srp.AWSSRP(**person, **device).authenticate_user()["AuthenticationResult"]
