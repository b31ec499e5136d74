"""boto3 administers the served fake with signed requests, and a person signs in through it with unsigned ones."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from authsteps.adapters.fake import FakeCognito
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.authenticator import Browser
from tests.adapters.fake.world import ALICE, BOB, DEVICE_PASSWORD, EMAIL, NEW_PASSWORD, PASSWORD, SRP
from tests.clients.riddles import LAMBDA_CONFIG
from tests.clients.served import Boto, Served, ServedPool, TotpApp, boto, pairs

SITE = "example.com"


@pytest.fixture(scope="module")
def anyone(served: Served) -> Iterator[Boto]:
    """boto3 as an app uses it, which has no AWS credentials."""
    with boto(served.url, config=Config(signature_version=UNSIGNED)) as client:
        yield client


@pytest.fixture(scope="module")
def pool(served: Served) -> ServedPool:
    """A pool in which everything that people can do is switched on."""
    return served.new_pool(
        mfa="OPTIONAL",
        passkeys_of=SITE,
        AutoVerifiedAttributes=["email"],
        LambdaConfig=LAMBDA_CONFIG,
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
    )


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str, int]:
    """Code, text and status of a refusal."""
    reply: Any = error.value.response
    return reply["Error"]["Code"], reply["Error"]["Message"], reply["ResponseMetadata"]["HTTPStatusCode"]


class Person:
    """Somebody in the pool, who signs in with a password."""

    def __init__(self, client: Boto, pool: ServedPool, username: str) -> None:
        self.client = client
        self.pool = pool
        self.username = username

    def initiate(self, flow: str, **parameters: str) -> Any:
        return self.client.initiate_auth(
            ClientId=self.pool.app.id, AuthFlow=flow, AuthParameters={"USERNAME": self.username, **parameters}
        )

    def respond(self, challenge: Any, **responses: str) -> Any:
        return self.client.respond_to_auth_challenge(
            ClientId=self.pool.app.id,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": self.username, **responses},
        )

    def signed_in(self, password: str = PASSWORD) -> Any:
        return self.initiate("USER_PASSWORD_AUTH", PASSWORD=password)["AuthenticationResult"]


@pytest.fixture
def person(anyone: Boto, pool: ServedPool, request: pytest.FixtureRequest) -> Person:
    """Somebody new."""
    name = sha256(request.node.nodeid.encode()).hexdigest()[:12]
    pool.add_user(name, attributes={"email": f"{name}@example.com", "email_verified": "true"})
    return Person(anyone, pool, name)


class TestAnAdministrator:
    def test_makes_describes_changes_lists_and_deletes_pools_and_app_clients(self, served: Served) -> None:
        cognito = served.administrator
        pool_id = cognito.create_user_pool(PoolName="short-lived")["UserPool"]["Id"]
        client_id = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="web", GenerateSecret=True)[
            "UserPoolClient"
        ]["ClientId"]
        cognito.update_user_pool(UserPoolId=pool_id, AutoVerifiedAttributes=["email"])
        cognito.update_user_pool_client(UserPoolId=pool_id, ClientId=client_id, ClientName="mobile")

        assert cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]["AutoVerifiedAttributes"] == ["email"]
        described = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
        assert (described["ClientName"], len(described["ClientSecret"])) == ("mobile", 51)
        pages = cognito.get_paginator("list_user_pools").paginate(MaxResults=1)
        assert pool_id in [each["Id"] for page in pages for each in page["UserPools"]]
        pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool_id, MaxResults=1)
        assert [each["ClientId"] for page in pages for each in page["UserPoolClients"]] == [client_id]

        cognito.delete_user_pool_client(UserPoolId=pool_id, ClientId=client_id)
        cognito.delete_user_pool(UserPoolId=pool_id)
        with pytest.raises(cognito.exceptions.ResourceNotFoundException) as caught:
            cognito.describe_user_pool(UserPoolId=pool_id)
        assert refused(caught) == ("ResourceNotFoundException", f"User pool {pool_id} does not exist.", 400)

    def test_turns_pages_of_users_and_groups(self, served: Served) -> None:
        cognito, pool = served.administrator, served.new_pool()
        names = [pool.add_user(f"user-{number}", attributes={"email": f"{number}@example.com"}) for number in range(5)]
        for number in range(3):
            cognito.create_group(UserPoolId=pool.id, GroupName=f"group-{number}", Precedence=number)
            cognito.admin_add_user_to_group(UserPoolId=pool.id, GroupName=f"group-{number}", Username=names[number])

        pages = list(cognito.get_paginator("list_users").paginate(UserPoolId=pool.id, Limit=2))
        assert [len(page["Users"]) for page in pages] == [2, 2, 1]
        assert {user["Username"] for page in pages for user in page["Users"]} == set(names)
        pages = list(cognito.get_paginator("list_groups").paginate(UserPoolId=pool.id, Limit=2))
        assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["group-0", "group-1", "group-2"]
        members = cognito.get_paginator("list_users_in_group").paginate(UserPoolId=pool.id, GroupName="group-1")
        assert [user["Username"] for page in members for user in page["Users"]] == ["user-1"]
        groups = cognito.get_paginator("admin_list_groups_for_user").paginate(UserPoolId=pool.id, Username="user-2")
        assert [group["GroupName"] for page in groups for group in page["Groups"]] == ["group-2"]
        found = cognito.list_users(UserPoolId=pool.id, Filter='email ^= "3@"')["Users"]
        assert [user["Username"] for user in found] == ["user-3"]

    def test_is_told_of_mistakes_by_exceptions_of_their_own(self, served: Served) -> None:
        cognito, pool = served.administrator, served.new_pool()
        pool.add_user(ALICE)
        with pytest.raises(cognito.exceptions.UsernameExistsException) as caught:
            pool.add_user(ALICE)
        assert refused(caught) == ("UsernameExistsException", "User account already exists", 400)
        with pytest.raises(cognito.exceptions.UserNotFoundException) as caught:
            cognito.admin_get_user(UserPoolId=pool.id, Username=BOB)
        assert refused(caught) == ("UserNotFoundException", "User does not exist.", 400)
        with pytest.raises(cognito.exceptions.InvalidPasswordException):
            pool.add_user(BOB, "short")

    def test_sees_times_as_times(self, served: Served) -> None:
        pool = served.new_pool()
        pool.add_user(ALICE)
        user = served.administrator.admin_get_user(UserPoolId=pool.id, Username=ALICE)
        assert user["UserCreateDate"].tzinfo is not None
        assert user["UserCreateDate"] <= user["UserLastModifiedDate"]


class TestAPerson:
    def test_signs_up_and_in_and_out_again(self, served: Served, anyone: Boto, pool: ServedPool) -> None:
        app, name = {"ClientId": pool.app.id}, "newcomer"
        signed_up = anyone.sign_up(**app, Username=name, Password=PASSWORD, UserAttributes=pairs({"email": EMAIL}))
        assert (signed_up["UserConfirmed"], signed_up["CodeDeliveryDetails"]["Destination"]) == (False, "a***@e***")
        with pytest.raises(anyone.exceptions.UserNotConfirmedException):
            Person(anyone, pool, name).signed_in()
        anyone.resend_confirmation_code(**app, Username=name)
        with pytest.raises(anyone.exceptions.CodeMismatchException):
            anyone.confirm_sign_up(**app, Username=name, ConfirmationCode="nonsense")
        anyone.confirm_sign_up(**app, Username=name, ConfirmationCode=served.code(name, "sign_up"))

        held = Person(anyone, pool, name).signed_in()
        token = held["AccessToken"]
        user = anyone.get_user(AccessToken=token)
        assert {"Name": "email", "Value": EMAIL} in user["UserAttributes"]
        renewed = anyone.get_tokens_from_refresh_token(**app, RefreshToken=held["RefreshToken"])
        assert renewed["AuthenticationResult"]["AccessToken"] != token
        anyone.global_sign_out(AccessToken=token)
        with pytest.raises(anyone.exceptions.NotAuthorizedException) as caught:
            anyone.get_user(AccessToken=token)
        assert refused(caught) == ("NotAuthorizedException", "Access Token has been revoked", 400)
        anyone.delete_user(AccessToken=Person(anyone, pool, name).signed_in()["AccessToken"])
        with pytest.raises(anyone.exceptions.UserNotFoundException):
            Person(anyone, pool, name).signed_in()

    def test_is_refused_with_a_wrong_password_or_an_unknown_app(self, person: Person) -> None:
        exceptions = person.client.exceptions
        with pytest.raises(exceptions.NotAuthorizedException) as caught:
            person.signed_in(NEW_PASSWORD)
        assert refused(caught) == ("NotAuthorizedException", "Incorrect username or password.", 400)
        with pytest.raises(exceptions.ResourceNotFoundException) as caught:
            person.client.initiate_auth(
                ClientId="nowhere",
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": person.username, "PASSWORD": PASSWORD},
            )
        assert refused(caught) == ("ResourceNotFoundException", "User pool client nowhere does not exist.", 400)

    def test_changes_and_forgets_a_password(self, served: Served, person: Person) -> None:
        anyone, app = person.client, {"ClientId": person.pool.app.id, "Username": person.username}
        anyone.change_password(
            AccessToken=person.signed_in()["AccessToken"], PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD
        )
        assert "AccessToken" in person.signed_in(NEW_PASSWORD)
        assert anyone.forgot_password(**app)["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
        code = served.code(person.username, "password_reset")
        anyone.confirm_forgot_password(**app, ConfirmationCode=code, Password=PASSWORD)
        assert "AccessToken" in person.signed_in()

    def test_looks_after_attributes(self, served: Served, person: Person) -> None:
        anyone, token = person.client, person.signed_in()["AccessToken"]
        changed = anyone.update_user_attributes(
            AccessToken=token, UserAttributes=pairs({"email": "new@example.com", "nickname": "Nick"})
        )
        assert [details["AttributeName"] for details in changed["CodeDeliveryDetailsList"]] == ["email"]
        anyone.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
        code = served.code(person.username, "attribute_verification")
        anyone.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
        anyone.delete_user_attributes(AccessToken=token, UserAttributeNames=["nickname"])
        attributes = {each["Name"]: each["Value"] for each in anyone.get_user(AccessToken=token)["UserAttributes"]}
        assert (attributes["email"], attributes["email_verified"]) == ("new@example.com", "true")
        assert "nickname" not in attributes

    def test_sets_an_authenticator_app_up_and_signs_in_with_it(self, person: Person) -> None:
        anyone, token = person.client, person.signed_in()["AccessToken"]
        app = TotpApp(anyone.associate_software_token(AccessToken=token)["SecretCode"])
        assert anyone.verify_software_token(AccessToken=token, UserCode=app.code())["Status"] == "SUCCESS"
        anyone.set_user_mfa_preference(
            AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )
        asked = person.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD)
        assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        with pytest.raises(anyone.exceptions.CodeMismatchException):
            person.respond(asked, SOFTWARE_TOKEN_MFA_CODE="000000")
        done = person.respond(asked, SOFTWARE_TOKEN_MFA_CODE=app.code())
        assert anyone.get_user(AccessToken=done["AuthenticationResult"]["AccessToken"])["UserMFASettingList"] == [
            "SOFTWARE_TOKEN_MFA"
        ]

    def test_answers_riddles(self, person: Person) -> None:
        first = person.initiate("CUSTOM_AUTH")
        assert first["ChallengeParameters"]["question"] == "What has keys and opens no door?"
        second = person.respond(first, ANSWER="piano")
        assert "AccessToken" in person.respond(second, ANSWER="towel")["AuthenticationResult"]

    def test_chooses_how_to_sign_in(self, served: Served, person: Person) -> None:
        asked = person.initiate("USER_AUTH")
        assert asked["ChallengeName"] == "SELECT_CHALLENGE"
        assert "EMAIL_OTP" in asked["AvailableChallenges"]
        mailed = person.respond(asked, ANSWER="EMAIL_OTP")
        done = person.respond(mailed, EMAIL_OTP_CODE=served.code(person.username, "email_otp"))
        factors = person.client.get_user_auth_factors(AccessToken=done["AuthenticationResult"]["AccessToken"])
        assert {"PASSWORD", "EMAIL_OTP"} <= set(factors["ConfiguredUserAuthFactors"])

    def test_registers_a_passkey_and_signs_in_with_it(self, person: Person) -> None:
        """Documents travel as JSON in the reply, and as a text in a challenge."""
        anyone, token, browser = person.client, person.signed_in()["AccessToken"], Browser()
        options = anyone.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]
        anyone.complete_web_authn_registration(AccessToken=token, Credential=browser.create(options))
        (kept,) = anyone.list_web_authn_credentials(AccessToken=token)["Credentials"]
        asked = person.initiate("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
        proof = browser.get_json(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        assert "AccessToken" in person.respond(asked, CREDENTIAL=proof)["AuthenticationResult"]
        anyone.delete_web_authn_credential(AccessToken=token, CredentialId=kept["CredentialId"])
        assert anyone.list_web_authn_credentials(AccessToken=token)["Credentials"] == []

    def test_keeps_devices(self, served: Served, anyone: Boto) -> None:
        pool = served.new_pool(DeviceConfiguration={"DeviceOnlyRememberedOnUserPrompt": True})
        held = Person(anyone, pool, pool.add_user(ALICE)).signed_in()
        token, new = held["AccessToken"], held["NewDeviceMetadata"]
        of_device = {"AccessToken": token, "DeviceKey": new["DeviceKey"]}
        verifier = srp.verifier(
            pool_name=new["DeviceGroupKey"],
            user_id=new["DeviceKey"],
            password=Secret(DEVICE_PASSWORD),
            salt=bytes(range(16)),
            arithmetic=SRP,
        )
        config = {
            "PasswordVerifier": base64.b64encode(srp.encode(verifier.v)).decode(),
            "Salt": base64.b64encode(bytes(range(16))).decode(),
        }
        confirmed = anyone.confirm_device(**of_device, DeviceName="laptop", DeviceSecretVerifierConfig=config)
        assert confirmed["UserConfirmationNecessary"] is True
        anyone.update_device_status(**of_device, DeviceRememberedStatus="remembered")
        assert anyone.get_device(**of_device)["Device"]["DeviceKey"] == new["DeviceKey"]
        assert [device["DeviceKey"] for device in anyone.list_devices(AccessToken=token)["Devices"]] == [
            new["DeviceKey"]
        ]
        anyone.forget_device(**of_device)
        assert anyone.list_devices(AccessToken=token)["Devices"] == []

    def test_takes_a_refresh_token_back(self, person: Person) -> None:
        anyone, held = person.client, person.signed_in()
        anyone.revoke_token(ClientId=person.pool.app.id, Token=held["RefreshToken"])
        with pytest.raises(anyone.exceptions.NotAuthorizedException) as caught:
            person.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=held["RefreshToken"])
        assert refused(caught) == ("NotAuthorizedException", "Refresh Token has been revoked", 400)


def test_every_operation_of_apps_is_called_here(anyone: Boto) -> None:
    program = Path(__file__).read_text("utf-8")
    model = anyone.meta.service_model
    unsigned = {name for name in model.operation_names if model.operation_model(name).auth_type == "none"}
    performed = unsigned & FakeCognito().operations
    assert len(performed) == 30
    assert {name for name in performed if f".{xform_name(name)}(" not in program} == set()
