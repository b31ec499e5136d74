"""Pools over the wire: what one is if nothing is said, what requests make of it, and that replies tell it all."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    DeviceConfiguration,
    FakeCognito,
    FakeUserPool,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    PasskeyUse,
    PasswordPolicy,
    RecoveryChannel,
    Settings,
    SigningKeys,
    UserVerification,
    WebAuthnConfiguration,
)
from authsteps.adapters.fake.attributes import STANDARD_ATTRIBUTES, Attribute, AttributeType
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.model import input_of
from tests.adapters.fake.world import ALICE, EMAIL, MINUTE, PASSWORD, Refusal, Reply, refusal
from tests.conftest import SeededEntropy, VirtualClock

INVALID = "InvalidParameterException"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:trigger"
ROLE = "arn:aws:iam::123456789012:role/sms"
SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/x@example.com"}


@pytest.fixture
def administrator(clock: VirtualClock, entropy: SeededEntropy, signing_keys: SigningKeys) -> Administrator:
    """Looks after a Cognito without pools."""
    return Administrator(FakeCognito(clock=clock, entropy=entropy, signing_keys=signing_keys), "")


async def create(administrator: Administrator, **members: Any) -> Reply:
    """Make a pool, and look after that from now on."""
    pool = (await administrator.call("CreateUserPool", **{"PoolName": "people", **members}))["UserPool"]
    administrator.user_pool_id = pool["Id"]
    return cast("Reply", pool)


async def described(administrator: Administrator) -> Reply:
    return cast("Reply", (await administrator.in_pool("DescribeUserPool"))["UserPool"])


def settings_of(administrator: Administrator) -> Settings:
    cognito = administrator.cognito
    assert isinstance(cognito, FakeCognito)
    return cognito.pool(administrator.user_pool_id).settings


def text(
    name: str, low: int | None = 0, high: int | None = 2048, *, required: bool = False, mutable: bool = True
) -> Json:
    bounds = {"MinLength": low, "MaxLength": high}
    return {
        "Name": name,
        "AttributeDataType": "String",
        "DeveloperOnlyAttribute": False,
        "Mutable": mutable,
        "Required": required,
        "StringAttributeConstraints": {bound: str(value) for bound, value in bounds.items() if value is not None},
    }


def flag(name: str) -> Json:
    return {
        "Name": name,
        "AttributeDataType": "Boolean",
        "DeveloperOnlyAttribute": False,
        "Mutable": True,
        "Required": False,
    }


STANDARD_SCHEMA: list[Json] = [
    text("sub", 1, required=True, mutable=False),
    *map(text, ("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile")),
    *map(text, ("picture", "website", "email")),
    flag("email_verified"),
    text("gender"),
    text("birthdate", 10, 10),
    *map(text, ("zoneinfo", "locale", "phone_number")),
    flag("phone_number_verified"),
    text("address"),
    {
        "Name": "updated_at",
        "AttributeDataType": "Number",
        "DeveloperOnlyAttribute": False,
        "Mutable": True,
        "Required": False,
        "NumberAttributeConstraints": {"MinValue": "0"},
    },
]
"""Source: AWS command line reference, create-user-pool."""


async def test_a_pool_of_which_nothing_is_said_has_the_services_defaults(
    administrator: Administrator, clock: VirtualClock
) -> None:
    pool = await create(administrator)

    pool_id = pool.pop("Id")
    assert pool_id.startswith("eu-west-1_")
    assert pool_id.removeprefix("eu-west-1_").isalnum()
    assert len(pool_id) == len("eu-west-1_") + 9
    now = clock.now().timestamp()
    assert pool == {
        "Name": "people",
        "Arn": f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool_id}",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 7,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        },
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "CreationDate": now,
        "LastModifiedDate": now,
        "SchemaAttributes": STANDARD_SCHEMA,
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": 0,
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
        "UserPoolTier": "ESSENTIALS",
    }
    assert attrs.asdict(settings_of(administrator)) == attrs.asdict(
        Settings(mfa=MfaConfiguration.OFF, mfa_factors=frozenset(), auto_verified=frozenset(), has_own_sender=False)
    )


SAID: Mapping[str, Any] = {
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 10,
            "RequireUppercase": False,
            "RequireLowercase": True,
            "RequireNumbers": False,
            "RequireSymbols": False,
            "TemporaryPasswordValidityDays": 3,
            "PasswordHistorySize": 4,
        },
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]},
    },
    "DeletionProtection": "ACTIVE",
    "LambdaConfig": {"PreSignUp": LAMBDA},
    "AutoVerifiedAttributes": ["email", "phone_number"],
    "SmsVerificationMessage": "Code {####}",
    "EmailVerificationMessage": "Code: {####}",
    "EmailVerificationSubject": "Code",
    "VerificationMessageTemplate": {"SmsMessage": "Code {####}", "DefaultEmailOption": "CONFIRM_WITH_LINK"},
    "SmsAuthenticationMessage": "Code {####}",
    "MfaConfiguration": "OPTIONAL",
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True},
    "EmailConfiguration": SES,
    "SmsConfiguration": {"SnsCallerArn": ROLE, "ExternalId": "x"},
    "UserPoolTags": {"team": "people"},
    "AdminCreateUserConfig": {
        "AllowAdminCreateUserOnly": True,
        "UnusedAccountValidityDays": 3,
        "InviteMessageTemplate": {"EmailMessage": "{username} {####}", "EmailSubject": "Hello"},
    },
    "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
    "AccountRecoverySetting": {
        "RecoveryMechanisms": [
            {"Priority": 1, "Name": "verified_email"},
            {"Priority": 2, "Name": "verified_phone_number"},
        ]
    },
    "UserPoolTier": "PLUS",
}
ONCE: Mapping[str, Any] = {
    "UsernameAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
}
"""What is said of a pool when it is made, and never after."""


async def test_what_is_said_is_told(administrator: Administrator) -> None:
    pool = await create(administrator, **SAID, **ONCE)

    assert {name: pool[name] for name in (*SAID, *ONCE)} == {**SAID, **ONCE}
    assert await described(administrator) == pool
    assert settings_of(administrator).mfa_factors == {MfaFactor.SMS_MFA}
    assert settings_of(administrator).password_policy.temporary_password_validity == timedelta(days=3)


async def test_a_change_sets_what_it_does_not_name_to_its_default(
    administrator: Administrator, clock: VirtualClock
) -> None:
    plain = await create(administrator)
    await create(administrator, **{name: value for name, value in SAID.items() if "Update" not in name}, **ONCE)
    clock.move(MINUTE)
    await administrator.in_pool("UpdateUserPool")

    changed = await described(administrator)
    assert changed["LastModifiedDate"] == changed["CreationDate"] + 60
    own = {"Id": ..., "Arn": ..., "LastModifiedDate": ...}
    assert {**changed, **own} == {**plain, **ONCE, **own}


async def test_a_change_says_all_that_a_beginning_says(administrator: Administrator) -> None:
    await create(administrator)
    await administrator.in_pool("UpdateUserPool", PoolName="others", **SAID)

    changed = await described(administrator)
    assert {name: changed[name] for name in SAID} == dict(SAID)
    assert changed["Name"] == "others"


async def test_a_change_leaves_authenticator_apps_and_passkeys_alone(administrator: Administrator) -> None:
    await create(administrator)
    config = await administrator.in_pool(
        "SetUserPoolMfaConfig",
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        SmsMfaConfiguration={"SmsConfiguration": {"SnsCallerArn": ROLE}},
        WebAuthnConfiguration={"RelyingPartyId": "example.com"},
    )
    await administrator.in_pool("UpdateUserPool", MfaConfiguration="ON")

    del config["SmsMfaConfiguration"]
    assert await administrator.in_pool("GetUserPoolMfaConfig") == {**config, "MfaConfiguration": "ON"}


async def test_a_sender_of_sms_switches_the_factor_on_only_where_there_is_no_other(
    administrator: Administrator,
) -> None:
    await create(administrator)
    await administrator.in_pool(
        "SetUserPoolMfaConfig", MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    await administrator.in_pool("UpdateUserPool", MfaConfiguration="ON", SmsConfiguration={"SnsCallerArn": ROLE})

    assert settings_of(administrator).mfa_factors == {MfaFactor.SOFTWARE_TOKEN_MFA}


async def test_new_values_go_on_waiting_for_their_code_until_a_change_says_otherwise(
    administrator: Administrator,
) -> None:
    """Source: reported, ekristen/aws-nuke#477."""
    waiting = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    await create(administrator, AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=waiting)

    assert await refusal(administrator.in_pool("UpdateUserPool", DeletionProtection="ACTIVE")) == (
        INVALID,
        "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
    )
    await administrator.in_pool("UpdateUserPool", AutoVerifiedAttributes=["email"])
    assert (await described(administrator))["UserAttributeUpdateSettings"] == waiting
    nothing: dict[str, list[str]] = {"AttributesRequireVerificationBeforeUpdate": []}
    await administrator.in_pool("UpdateUserPool", UserAttributeUpdateSettings=nothing)
    assert "UserAttributeUpdateSettings" not in await described(administrator)


@pytest.mark.parametrize(
    ("policy", "creation", "days"),
    [
        ({"TemporaryPasswordValidityDays": 0}, {}, 7),
        ({"TemporaryPasswordValidityDays": 2}, {}, 2),
        ({}, {"UnusedAccountValidityDays": 5}, 5),
        ({"TemporaryPasswordValidityDays": 2}, {"UnusedAccountValidityDays": 5}, 2),
        (None, {"UnusedAccountValidityDays": 5}, 5),
        (None, {}, 7),
    ],
)
async def test_a_temporary_password_lasts_as_long_as_is_said_somewhere(
    administrator: Administrator, policy: Mapping[str, int] | None, creation: Mapping[str, int], days: int
) -> None:
    policies = {} if policy is None else {"Policies": {"PasswordPolicy": policy}}
    pool = await create(administrator, AdminCreateUserConfig=creation, **policies)

    assert pool["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == days
    assert settings_of(administrator).password_policy.temporary_password_validity == timedelta(days=days)


async def test_a_policy_demands_the_classes_that_it_names_and_no_others(administrator: Administrator) -> None:
    await create(administrator, Policies={"PasswordPolicy": {"RequireNumbers": True}})

    assert settings_of(administrator).password_policy == PasswordPolicy(
        require_uppercase=False, require_lowercase=False, require_numbers=True, require_symbols=False
    )


async def test_the_priority_orders_the_ways_of_recovery(administrator: Administrator) -> None:
    ways = [{"Priority": 2, "Name": "verified_email"}, {"Priority": 1, "Name": "verified_phone_number"}]
    await create(administrator, AccountRecoverySetting={"RecoveryMechanisms": ways})

    assert settings_of(administrator).recovery == (
        RecoveryChannel.VERIFIED_PHONE_NUMBER,
        RecoveryChannel.VERIFIED_EMAIL,
    )


# --- Schemas ----------------------------------------------------------------------------------------------------------


async def test_attributes_are_declared(administrator: Administrator) -> None:
    pool = await create(
        administrator,
        Schema=[
            {"Name": "email", "Required": True, "Mutable": False},
            {"Name": "name", "StringAttributeConstraints": {"MaxLength": "20"}},
            {"Name": "team", "AttributeDataType": "String"},
            {
                "Name": "age",
                "AttributeDataType": "Number",
                "Mutable": False,
                "NumberAttributeConstraints": {"MinValue": "0", "MaxValue": "150"},
            },
            {"Name": "note", "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": True},
        ],
    )

    schema = {attribute["Name"]: attribute for attribute in pool["SchemaAttributes"]}
    assert [*schema] == [*STANDARD_ATTRIBUTES, "custom:team", "custom:age", "dev:custom:note"]
    assert schema["email"] == text("email", required=True, mutable=False)
    assert schema["name"] == text("name", 0, 20)
    assert schema["custom:team"] == text("custom:team", None, None)
    assert (schema["custom:age"]["Mutable"], schema["custom:age"]["NumberAttributeConstraints"]) == (
        False,
        {"MinValue": "0", "MaxValue": "150"},
    )
    assert schema["dev:custom:note"]["DeveloperOnlyAttribute"] is True
    assert settings_of(administrator).required_attributes == ("email",)


STANDARD_CHANGED = (
    INVALID,
    "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email",
)
NO_BOUNDS = (
    INVALID,
    "The constraints of schema attribute custom:x are no numbers, or the lower one is above the upper one.",
)
WITHOUT_FACTORS = (
    INVALID,
    "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.",
)
ADMINISTRATORS_ALONE = (
    "Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other "
    "recovery mechanisms."
)
PROTECTED = (
    "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated "
    "first."
)
REFUSED: Mapping[str, tuple[Mapping[str, Any], Refusal]] = {
    "names beside and instead of usernames": (
        {"UsernameAttributes": ["email"], "AliasAttributes": ["phone_number"]},
        (INVALID, "Only one of aliasAttributes or usernameAttributes can be set in a user pool."),
    ),
    "a standard attribute of another type": (
        {"Schema": [{"Name": "email", "AttributeDataType": "Number"}]},
        STANDARD_CHANGED,
    ),
    "a standard attribute for developers": (
        {"Schema": [{"Name": "email", "DeveloperOnlyAttribute": True}]},
        STANDARD_CHANGED,
    ),
    "an attribute without a type": (
        {"Schema": [{"Name": "x"}]},
        (INVALID, "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."),
    ),
    "a custom attribute that is required": (
        {"Schema": [{"Name": "x", "AttributeDataType": "String", "Required": True}]},
        (INVALID, "Required custom attributes are not supported currently."),
    ),
    "an attribute twice": (
        {"Schema": [{"Name": "email"}, {"Name": "email", "Required": True}]},
        (INVALID, "Schema attribute email is declared more than once."),
    ),
    "bounds that are no numbers": (
        {"Schema": [{"Name": "x", "AttributeDataType": "String", "StringAttributeConstraints": {"MinLength": "few"}}]},
        NO_BOUNDS,
    ),
    "bounds the wrong way round": (
        {
            "Schema": [
                {
                    "Name": "x",
                    "AttributeDataType": "Number",
                    "NumberAttributeConstraints": {"MinValue": "2", "MaxValue": "1"},
                }
            ]
        },
        NO_BOUNDS,
    ),
    "waiting for codes that are not sent": (
        {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
        (INVALID, "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"),
    ),
    "recovery by administrators alone and others": (
        {
            "AccountRecoverySetting": {
                "RecoveryMechanisms": [
                    {"Priority": 1, "Name": "admin_only"},
                    {"Priority": 2, "Name": "verified_email"},
                ]
            }
        },
        (
            INVALID,
            ADMINISTRATORS_ALONE,
        ),
    ),
    "a second factor without any": ({"MfaConfiguration": "ON"}, WITHOUT_FACTORS),
    "passwordless sign-in in the lowest tier": (
        {
            "UserPoolTier": "LITE",
            "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        },
        ("FeatureUnavailableInTierException", "Passwordless sign-in is not available in the LITE tier"),
    ),
}


@pytest.mark.parametrize(("members", "expected"), REFUSED.values(), ids=[*REFUSED])
async def test_a_pool_that_cannot_be_is_refused(
    administrator: Administrator, members: Mapping[str, Any], expected: Refusal
) -> None:
    assert await refusal(create(administrator, **members)) == expected
    assert (await administrator.call("ListUserPools", MaxResults=1))["UserPools"] == []


async def test_a_refused_change_changes_nothing(administrator: Administrator) -> None:
    pool = await create(administrator, **SAID)

    changes = {"MfaConfiguration": "ON", "DeletionProtection": "INACTIVE", "AutoVerifiedAttributes": ["email"]}
    assert await refusal(administrator.in_pool("UpdateUserPool", **changes)) == WITHOUT_FACTORS
    assert await described(administrator) == pool


# --- Second factors and passkeys --------------------------------------------------------------------------------------

EMAIL_MFA: Mapping[str, Any] = {"Message": "Your code: {####}", "Subject": "Code"}


async def test_factors_are_configured_and_told(administrator: Administrator) -> None:
    await create(administrator, EmailConfiguration=SES)
    config: dict[str, Any] = {
        "MfaConfiguration": "ON",
        "SmsMfaConfiguration": {
            "SmsAuthenticationMessage": "Code {####}",
            "SmsConfiguration": {"SnsCallerArn": ROLE},
        },
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "EmailMfaConfiguration": EMAIL_MFA,
        "WebAuthnConfiguration": {
            "RelyingPartyId": "example.com",
            "UserVerification": "required",
            "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
        },
    }

    assert await administrator.in_pool("SetUserPoolMfaConfig", **config) == config
    assert await administrator.in_pool("GetUserPoolMfaConfig") == config
    assert settings_of(administrator).mfa_factors == set(MfaFactor)
    assert settings_of(administrator).web_authn == WebAuthnConfiguration(
        "example.com", UserVerification.REQUIRED, PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION
    )
    assert (await described(administrator))["SmsConfiguration"] == {"SnsCallerArn": ROLE}


async def test_what_a_configuration_does_not_name_is_switched_off(administrator: Administrator) -> None:
    await create(administrator)
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    await administrator.in_pool(
        "SetUserPoolMfaConfig",
        MfaConfiguration="ON",
        SmsMfaConfiguration={},
        WebAuthnConfiguration={"RelyingPartyId": "example.com"},
        **app,
    )

    config = await administrator.in_pool("SetUserPoolMfaConfig", MfaConfiguration="OPTIONAL", **app)
    assert config == {"MfaConfiguration": "OPTIONAL", **app}
    assert await administrator.in_pool("SetUserPoolMfaConfig") == {"MfaConfiguration": "OFF"}


async def test_where_ceremonies_come_from_outlives_a_configuration_of_the_same_site(
    administrator: Administrator,
) -> None:
    await create(administrator)
    settings_of(administrator).web_authn = WebAuthnConfiguration("example.com", origins=("https://app.example.com",))
    for site, origins in (("example.com", ("https://app.example.com",)), ("example.org", ())):
        await administrator.in_pool("SetUserPoolMfaConfig", WebAuthnConfiguration={"RelyingPartyId": site})
        config = settings_of(administrator).web_authn
        assert config is not None
        assert (config.relying_party_id, config.origins) == (site, origins)


MISCONFIGURED: Mapping[str, tuple[Mapping[str, Any], Refusal]] = {
    "off, and a factor": (
        {"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": {"Enabled": True}},
        (INVALID, "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."),
    ),
    "on, and no factor": (
        {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}},
        WITHOUT_FACTORS,
    ),
    "e-mail without a sender": (
        {"MfaConfiguration": "ON", "EmailMfaConfiguration": EMAIL_MFA},
        (INVALID, "Email MFA needs an e-mail configuration with a sending account of DEVELOPER"),
    ),
    "passkeys of no site": (
        {"WebAuthnConfiguration": {"UserVerification": "required"}},
        (INVALID, "RelyingPartyId is required for a user pool without a domain"),
    ),
}


@pytest.mark.parametrize(("members", "expected"), MISCONFIGURED.values(), ids=[*MISCONFIGURED])
async def test_a_configuration_that_cannot_be_is_refused(
    administrator: Administrator, members: Mapping[str, Any], expected: Refusal
) -> None:
    await create(administrator)

    assert await refusal(administrator.in_pool("SetUserPoolMfaConfig", **members)) == expected
    assert await administrator.in_pool("GetUserPoolMfaConfig") == {"MfaConfiguration": "OFF"}


async def test_codes_by_e_mail_are_not_for_the_lowest_tier(administrator: Administrator) -> None:
    await create(administrator, EmailConfiguration=SES, UserPoolTier="LITE")
    call = administrator.in_pool("SetUserPoolMfaConfig", MfaConfiguration="ON", EmailMfaConfiguration=EMAIL_MFA)

    assert await refusal(call) == (
        "FeatureUnavailableInTierException",
        "Email MFA is not available in the LITE tier",
    )


# --- Lists and ends ---------------------------------------------------------------------------------------------------


async def test_pools_are_listed_in_pieces_the_oldest_first(administrator: Administrator, clock: VirtualClock) -> None:
    made: list[str] = []
    for number in range(3):
        made.append((await create(administrator, PoolName=f"pool {number}"))["Id"])
        clock.move(MINUTE)

    first = await administrator.call("ListUserPools", MaxResults=2)
    second = await administrator.call("ListUserPools", MaxResults=2, NextToken=first["NextToken"])

    assert [pool["Id"] for pool in (*first["UserPools"], *second["UserPools"])] == made
    assert "NextToken" not in second
    assert set(first["UserPools"][0]) == {"Id", "Name", "LambdaConfig", "CreationDate", "LastModifiedDate"}


async def test_a_deleted_pool_is_gone(administrator: Administrator) -> None:
    pool_id = (await create(administrator))["Id"]
    await administrator.in_pool("DeleteUserPool")

    for operation in ("DescribeUserPool", "UpdateUserPool", "DeleteUserPool", "ListUserPoolClients", "ListUsers"):
        assert await refusal(administrator.in_pool(operation)) == (
            "ResourceNotFoundException",
            f"User pool {pool_id} does not exist.",
        )


async def test_a_protected_pool_is_not_deleted(administrator: Administrator) -> None:
    await create(administrator, DeletionProtection="ACTIVE")

    assert await refusal(administrator.in_pool("DeleteUserPool")) == (INVALID, PROTECTED)
    await administrator.in_pool("UpdateUserPool", DeletionProtection="INACTIVE")
    await administrator.in_pool("DeleteUserPool")


async def test_users_are_counted(administrator: Administrator) -> None:
    await create(administrator)
    await administrator.create_user(ALICE, {"email": EMAIL}, TemporaryPassword=PASSWORD)

    assert (await described(administrator))["EstimatedNumberOfUsers"] == 1


async def test_a_pool_that_was_made_elsewhere_is_told_of_too(
    administrator: Administrator, make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool(mfa=MfaConfiguration.ON)
    assert isinstance(administrator.cognito, FakeCognito)
    administrator.cognito.add_pool(pool, "made elsewhere")
    administrator.user_pool_id = pool.id

    told = await described(administrator)
    assert (told["Name"], told["MfaConfiguration"], told["CreationDate"]) == (
        "made elsewhere",
        "ON",
        clock.now().timestamp(),
    )
    pool.settings.mfa = MfaConfiguration.OPTIONAL
    assert (await described(administrator))["MfaConfiguration"] == "OPTIONAL"


# --- There and back ---------------------------------------------------------------------------------------------------

CHANNELS = st.frozensets(st.sampled_from(["email", "phone_number"]))
NAMES = st.one_of(
    st.tuples(CHANNELS, st.just(frozenset[str]())),
    st.tuples(
        st.just(frozenset[str]()), st.frozensets(st.sampled_from(["email", "phone_number", "preferred_username"]))
    ),
)
BOUNDS = st.tuples(st.none() | st.integers(0, 50), st.none() | st.integers(50, 100))


def custom(name: str, kind: AttributeType, bounds: tuple[int | None, int | None], *, is_mutable: bool) -> Attribute:
    has_bounds = kind in {AttributeType.STRING, AttributeType.NUMBER}
    low, high = bounds if has_bounds else (None, None)
    return Attribute(name, kind, is_mutable, low, high)


CUSTOM = st.lists(
    st.builds(
        custom,
        st.sampled_from(["custom:team", "custom:age", "dev:custom:note", "custom:x"]),
        st.sampled_from(AttributeType),
        BOUNDS,
        is_mutable=st.booleans(),
    ),
    unique_by=lambda attribute: attribute.name,
    max_size=3,
)
POLICIES = st.builds(
    PasswordPolicy,
    minimum_length=st.integers(6, 99),
    require_uppercase=st.booleans(),
    require_lowercase=st.booleans(),
    require_numbers=st.booleans(),
    require_symbols=st.booleans(),
    temporary_password_validity=st.integers(1, 365).map(timedelta),
    history_size=st.integers(0, 24),
)
RECOVERIES = (
    st.none()
    | st.just((RecoveryChannel.ADMIN_ONLY,))
    | st.permutations([RecoveryChannel.VERIFIED_EMAIL, RecoveryChannel.VERIFIED_PHONE_NUMBER]).map(tuple)
)
PASSKEYS = st.none() | st.builds(
    WebAuthnConfiguration, st.just("example.com"), st.sampled_from(UserVerification), st.sampled_from(PasskeyUse)
)


@st.composite
def pools(draw: st.DrawFn) -> Settings:
    usernames, aliases = draw(NAMES)
    auto_verified = draw(CHANNELS)
    factors = draw(st.frozensets(st.sampled_from(MfaFactor)))
    return Settings(
        mfa=draw(st.sampled_from(MfaConfiguration)) if factors else MfaConfiguration.OFF,
        mfa_factors=factors,
        first_factors=draw(st.frozensets(st.sampled_from(FirstFactor), min_size=1)),
        devices=draw(st.none() | st.builds(DeviceConfiguration, st.booleans(), st.booleans())),
        web_authn=draw(PASSKEYS),
        username_attributes=usernames,
        alias_attributes=aliases,
        is_case_sensitive=draw(st.booleans()),
        password_policy=draw(POLICIES),
        custom_attributes=draw(CUSTOM),
        required_attributes=tuple(draw(st.lists(st.sampled_from(["email", "name", "birthdate"]), unique=True))),
        auto_verified=auto_verified,
        verified_before_update=frozenset(
            draw(st.sets(st.sampled_from(sorted(auto_verified)))) if auto_verified else ()
        ),
        recovery=draw(RECOVERIES),
        only_administrators_create_users=draw(st.booleans()),
    )


def asked_for(pool: Reply) -> dict[str, Json]:
    """What would have to be asked for to get a pool like one that is described."""
    known = {name: value for name, value in pool.items() if name in input_of("CreateUserPool").members}
    schema = [
        {**attribute, "Name": attribute["Name"].removeprefix("dev:").removeprefix("custom:")}
        for attribute in pool["SchemaAttributes"]
        if attribute["Name"] != "phone_number_verified"  # a name that no request can hold
    ]
    mfa = {} if "SmsConfiguration" in pool else {"MfaConfiguration": "OFF"}
    return {**known, "PoolName": pool["Name"], "Schema": cast("Json", schema), **mfa}


def comparable(settings_: Settings) -> dict[str, object]:
    """Settings as values; the order in which attributes are required makes no difference."""
    values = attrs.asdict(settings_, recurse=False)
    return {**values, "required_attributes": frozenset(settings_.required_attributes)}


@settings(max_examples=100)
@given(wanted=pools())
def test_what_is_told_of_a_pool_makes_another_like_it(signing_keys: SigningKeys, wanted: Settings) -> None:
    async def there_and_back() -> None:
        cognito = FakeCognito(clock=VirtualClock(), entropy=SeededEntropy(), signing_keys=signing_keys)
        first = Administrator(cognito, "")
        pool = FakeUserPool(clock=VirtualClock(), entropy=SeededEntropy(), settings=wanted)
        cognito.add_pool(pool)
        first.user_pool_id = pool.id
        told, factors = await described(first), await first.in_pool("GetUserPoolMfaConfig")

        second = Administrator(cognito, "")
        await create(second, **{**asked_for(told), "EmailConfiguration": SES})
        if wanted.mfa is not MfaConfiguration.OFF:
            assert await second.in_pool("SetUserPoolMfaConfig", **factors) == factors
        else:
            passkeys = {name: value for name, value in factors.items() if name == "WebAuthnConfiguration"}
            await second.in_pool("SetUserPoolMfaConfig", **passkeys)
        expected = comparable(wanted)
        if wanted.mfa is MfaConfiguration.OFF:
            expected["mfa_factors"] = frozenset[MfaFactor]()
        assert comparable(settings_of(second)) == expected

    asyncio.run(there_and_back())
