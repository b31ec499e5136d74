"""The administrators' door: whatever comes in, a reply or a refusal goes out, and both have the shapes of the model.

``Administrator`` holds every reply and refusal against the model, so here it is enough to send a great many requests.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import DeviceConfiguration, FakeCognito, FakeUserPool, Settings, SigningKeys
from authsteps.adapters.fake.administration.inputs import USER_INPUTS
from authsteps.adapters.fake.region.inputs import POOL_INPUTS
from tests.adapters.fake.administrator import Administrator, pairs
from tests.adapters.fake.model import input_of
from tests.adapters.fake.test_pool_door import ANYTHING, replaced
from tests.adapters.fake.world import ALICE, EMAIL, PASSWORD, UNREADABLE, App, constraint, refusal
from tests.conftest import SeededEntropy, VirtualClock

OPERATIONS = sorted({*USER_INPUTS, *POOL_INPUTS})
ROLE = "arn:aws:iam::123456789012:role/staff"
every_operation = pytest.mark.parametrize("name", OPERATIONS)


class House:
    """A Cognito with a pool, in which there is something of everything.

    Attributes:
        administrator: Looks after it.
        right: A request to every operation that it would grant.
    """

    def __init__(self, signing_keys: SigningKeys) -> None:
        clock, entropy = VirtualClock(), SeededEntropy()
        self._pool = FakeUserPool(
            clock=clock, entropy=entropy, signing_keys=signing_keys, settings=Settings(devices=DeviceConfiguration())
        )
        cognito = FakeCognito(clock=clock, entropy=entropy, signing_keys=signing_keys)
        cognito.add_pool(self._pool)
        self.administrator = Administrator(cognito, self._pool.id)
        self._app = App(self._pool, clock)
        self.right: dict[str, dict[str, Any]] = {}

    async def prepare(self) -> None:
        pool, app = self._pool, self._app
        attributes = {"email": EMAIL, "email_verified": "true", "phone_number": "+15550001234"}
        pool.add_user(ALICE, PASSWORD, attributes=attributes)
        pool.add_group("staff", ALICE)
        key = await app.confirm_device(await app.tokens(), name="phone")
        await app.sign_up("dave", email=EMAIL)
        by_pool: dict[str, Any] = {"UserPoolId": pool.id}
        by_user = {**by_pool, "Username": ALICE}
        by_client = {**by_pool, "ClientId": pool.client.client_id}
        by_group = {**by_pool, "GroupName": "staff"}
        by_device = {**by_user, "DeviceKey": key}
        token = "MDAwMA=="
        described = {"Description": "People", "RoleArn": ROLE, "Precedence": 1}
        policies = {
            "PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": True, "TemporaryPasswordValidityDays": 1},
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        }
        pool_members: dict[str, Any] = {
            "Policies": policies,
            "AutoVerifiedAttributes": ["email"],
            "SmsConfiguration": {"SnsCallerArn": ROLE},
            "MfaConfiguration": "OPTIONAL",
            "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
            "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
            "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
            "UserPoolTags": {"team": "people"},
        }
        client_members: dict[str, Any] = {
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "AccessTokenValidity": 1,
            "TokenValidityUnits": {"AccessToken": "hours"},
            "ReadAttributes": ["email"],
            "WriteAttributes": ["email"],
            "CallbackURLs": ["https://example.com"],
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 1},
        }
        schema = [{"Name": "x", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1"}}]
        self.right = {
            "AdminAddUserToGroup": {**by_user, "GroupName": "staff"},
            "AdminConfirmSignUp": {**by_pool, "Username": "dave", "ClientMetadata": {"a": "b"}},
            "AdminCreateUser": {
                **by_pool,
                "Username": "erin",
                "UserAttributes": pairs({"email": EMAIL, "email_verified": "true"}),
                "ValidationData": pairs({"a": "b"}),
                "TemporaryPassword": PASSWORD,
                "MessageAction": "SUPPRESS",
                "DesiredDeliveryMediums": ["EMAIL"],
                "ForceAliasCreation": True,
            },
            "AdminDeleteUser": by_user,
            "AdminDeleteUserAttributes": {**by_user, "UserAttributeNames": ["name"]},
            "AdminDisableUser": by_user,
            "AdminEnableUser": by_user,
            "AdminForgetDevice": by_device,
            "AdminGetDevice": by_device,
            "AdminGetUser": by_user,
            "AdminListDevices": {**by_user, "Limit": 1, "PaginationToken": token},
            "AdminListGroupsForUser": {**by_user, "Limit": 1, "NextToken": token},
            "AdminRemoveUserFromGroup": {**by_user, "GroupName": "staff"},
            "AdminResetUserPassword": by_user,
            "AdminSetUserMFAPreference": {**by_user, "SMSMfaSettings": {"Enabled": True, "PreferredMfa": True}},
            "AdminSetUserPassword": {**by_user, "Password": PASSWORD, "Permanent": True},
            "AdminUpdateDeviceStatus": {**by_device, "DeviceRememberedStatus": "remembered"},
            "AdminUpdateUserAttributes": {**by_user, "UserAttributes": pairs({"name": "Alice"})},
            "AdminUserGlobalSignOut": by_user,
            "ListUsers": {**by_pool, "AttributesToGet": ["email"], "Limit": 1, "Filter": 'name ^= "A"'},
            "CreateGroup": {**by_pool, "GroupName": "new", **described},
            "GetGroup": by_group,
            "UpdateGroup": {**by_group, **described},
            "DeleteGroup": by_group,
            "ListGroups": {**by_pool, "Limit": 1, "NextToken": token},
            "ListUsersInGroup": {**by_group, "Limit": 1, "NextToken": token},
            "CreateUserPool": {"PoolName": "p", "Schema": schema, **pool_members},
            "DescribeUserPool": by_pool,
            "UpdateUserPool": {**by_pool, **pool_members},
            "DeleteUserPool": by_pool,
            "ListUserPools": {"MaxResults": 1, "NextToken": token},
            "CreateUserPoolClient": {**by_pool, "ClientName": "c", "GenerateSecret": True, **client_members},
            "DescribeUserPoolClient": by_client,
            "UpdateUserPoolClient": {**by_client, **client_members},
            "DeleteUserPoolClient": by_client,
            "ListUserPoolClients": {**by_pool, "MaxResults": 1, "NextToken": token},
            "SetUserPoolMfaConfig": {
                **by_pool,
                "MfaConfiguration": "ON",
                "SoftwareTokenMfaConfiguration": {"Enabled": True},
                "WebAuthnConfiguration": {"RelyingPartyId": "example.com", "UserVerification": "required"},
            },
            "GetUserPoolMfaConfig": by_pool,
        }


async def house(signing_keys: SigningKeys) -> House:
    made = House(signing_keys)
    await made.prepare()
    return made


@every_operation
async def test_a_right_request_is_granted(signing_keys: SigningKeys, name: str) -> None:
    made = await house(signing_keys)

    await made.administrator.call(name, **made.right[name])


@every_operation
async def test_nulls_and_members_that_the_model_does_not_have_are_passed_over(
    signing_keys: SigningKeys, name: str
) -> None:
    made = await house(signing_keys)
    absent = dict.fromkeys(set(input_of(name).members) - set(made.right[name]))

    await made.administrator.send(name, {**made.right[name], **absent, "Stray": 7})


@every_operation
@pytest.mark.parametrize("value", [None, ...], ids=["null", "absent"])
async def test_a_required_member_that_is_absent_or_null_is_named(
    signing_keys: SigningKeys, name: str, value: Any
) -> None:
    made = await house(signing_keys)
    for member in input_of(name).required_members:
        request = {key: held for key, held in made.right[name].items() if key != member}
        request |= {member: None} if value is None else {}
        path = f"{member[:1].lower()}{member[1:]}"
        assert await refusal(made.administrator.send(name, request)) == constraint(
            f"Value at '{path}' failed to satisfy constraint: Member must not be null"
        )


@every_operation
async def test_a_member_of_a_wrong_type_is_unreadable(signing_keys: SigningKeys, name: str) -> None:
    made = await house(signing_keys)
    others: list[Json] = [7, True, 1.5, ["x"], {"X": "x"}, "x"]
    right: dict[str, Json] = made.right[name]
    for member, value in right.items():
        for other in others:
            if type(other) is not type(value):
                request = {**right, member: other}
                assert await refusal(made.administrator.send(name, request)) == UNREADABLE, (member, other)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(OPERATIONS), st.lists(st.integers(0, 10), min_size=1, max_size=4), ANYTHING),
        min_size=5,
        max_size=15,
    )
)
def test_whatever_is_changed_in_right_requests_a_reply_or_a_refusal_of_the_model_comes_back(
    signing_keys: SigningKeys, changes: list[tuple[str, list[int], Any]]
) -> None:
    async def send() -> None:
        made = await house(signing_keys)
        for name, path, instead in changes:
            changed = replaced(made.right[name], path, instead)
            assert isinstance(changed, Mapping)
            with suppress(ServiceError):  # Administrator has seen whether the model knows it
                await made.administrator.send(name, changed)

    asyncio.run(send())
