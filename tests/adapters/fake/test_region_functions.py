"""Functions that a pool's ``LambdaConfig`` names: which are asked, what cannot be configured, and what is not there."""

from typing import Any

import pytest

from authsteps.adapters.fake import FakeCognito, SigningKeys
from authsteps.adapters.lambda_triggers import EncryptedCodes, Trigger
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.functions import Functions
from tests.adapters.fake.world import PASSWORD, Refusal, load_signing_keys, refusal
from tests.conftest import SeededEntropy, VirtualClock

CHECK = "arn:aws:lambda:eu-west-1:123456789012:function:check"
OTHER = "arn:aws:lambda:eu-west-1:123456789012:function:other"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/codes"
INVALID = "InvalidParameterException"


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def administrator(
    clock: VirtualClock, entropy: SeededEntropy, signing_keys: SigningKeys, functions: Functions
) -> Administrator:
    """Looks after a Cognito with one function, and no pools."""
    cognito = FakeCognito(
        clock=clock,
        entropy=entropy,
        signing_keys=signing_keys,
        functions={CHECK: functions},
        code_encryption=EncryptedCodes(),
    )
    return Administrator(cognito, "")


def cognito_of(administrator: Administrator) -> FakeCognito:
    cognito = administrator.cognito
    assert isinstance(cognito, FakeCognito)
    return cognito


async def make_pool(administrator: Administrator, *, tier: str = "ESSENTIALS", **config: Any) -> None:
    made = await administrator.call("CreateUserPool", PoolName="people", LambdaConfig=config, UserPoolTier=tier)
    administrator.user_pool_id = made["UserPool"]["Id"]


async def add_alice(administrator: Administrator) -> str:
    """Make alice and an app client, and return the client's id."""
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = await administrator.in_pool("CreateUserPoolClient", ClientName="web", ExplicitAuthFlows=flows)
    await administrator.in_pool("AdminCreateUser", Username="alice", MessageAction="SUPPRESS")
    await administrator.in_pool("AdminSetUserPassword", Username="alice", Password=PASSWORD, Permanent=True)
    return str(client["UserPoolClient"]["ClientId"])


async def sign_in(administrator: Administrator, client_id: str) -> Any:
    parameters = {"USERNAME": "alice", "PASSWORD": PASSWORD}
    return await administrator.call(
        "InitiateAuth", ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )


async def test_the_functions_that_a_pool_names_are_asked(administrator: Administrator, functions: Functions) -> None:
    await make_pool(administrator, PreAuthentication=CHECK, PostAuthentication=CHECK)
    await sign_in(administrator, await add_alice(administrator))
    assert functions.fired == [Trigger.PRE_AUTHENTICATION, Trigger.POST_AUTHENTICATION]
    assert functions.told[0][1]["userPoolId"] == administrator.user_pool_id


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:eu-west-1:123456789012:function:by-name",
        "arn:aws:lambda:eu-west-1:123456789012:function:by-name:live",
        "arn:aws-cn:lambda:cn-north-1:210987654321:function:by-name",
    ],
)
async def test_a_function_that_is_given_by_name_is_asked_by_any_arn_of_that_name(
    administrator: Administrator, functions: Functions, arn: str
) -> None:
    administrator.cognito = FakeCognito(functions={"by-name": functions}, signing_keys=load_signing_keys())
    await make_pool(administrator, PreAuthentication=arn)
    await sign_in(administrator, await add_alice(administrator))
    assert functions.fired == [Trigger.PRE_AUTHENTICATION]


async def test_an_update_names_all_of_them_anew(administrator: Administrator, functions: Functions) -> None:
    await make_pool(administrator, PreAuthentication=CHECK)
    client_id = await add_alice(administrator)
    await administrator.in_pool("UpdateUserPool", LambdaConfig={"PostAuthentication": CHECK})
    await sign_in(administrator, client_id)
    await administrator.in_pool("UpdateUserPool")
    await sign_in(administrator, client_id)
    assert functions.fired == [Trigger.POST_AUTHENTICATION]


async def test_a_function_that_is_not_there_makes_the_call_fail_that_asks_it(administrator: Administrator) -> None:
    await make_pool(administrator, PreAuthentication=OTHER)
    client_id = await add_alice(administrator)
    assert await refusal(sign_in(administrator, client_id)) == (
        "UnexpectedLambdaException",
        "PreAuthentication invocation failed due to error ResourceNotFoundException.",
    )


@pytest.mark.parametrize(("version", "on_the_wire"), [("V1_0", "1"), ("V2_0", "2"), ("V3_0", "3")])
async def test_the_token_function_gets_the_version_that_is_configured(
    administrator: Administrator, functions: Functions, version: str, on_the_wire: str
) -> None:
    await make_pool(administrator, PreTokenGenerationConfig={"LambdaVersion": version, "LambdaArn": CHECK})
    await sign_in(administrator, await add_alice(administrator))
    assert [event["version"] for _, event in functions.told] == [on_the_wire]


async def test_the_token_function_by_its_plain_name_gets_version_1_and_by_both_the_one_configured(
    administrator: Administrator, functions: Functions
) -> None:
    await make_pool(administrator, PreTokenGeneration=CHECK)
    await sign_in(administrator, await add_alice(administrator))
    both: dict[str, Any] = {
        "PreTokenGeneration": CHECK,
        "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": CHECK},
    }
    await make_pool(administrator, **both)
    await sign_in(administrator, await add_alice(administrator))
    assert [event["version"] for _, event in functions.told] == ["1", "2"]


@pytest.mark.parametrize(
    ("config", "tier", "expected"),
    [
        (
            {"PreTokenGeneration": CHECK, "PreTokenGenerationConfig": {"LambdaVersion": "V1_0", "LambdaArn": OTHER}},
            "ESSENTIALS",
            (INVALID, "PreTokenGeneration and PreTokenGenerationConfig must name the same function"),
        ),
        (
            {"PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": CHECK}},
            "LITE",
            (
                "FeatureUnavailableInTierException",
                "Access token customization is not available in the LITE tier",
            ),
        ),
        (
            {"CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": CHECK}},
            "ESSENTIALS",
            (INVALID, "KMSKeyID is required for a custom sender"),
        ),
        (
            {"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": CHECK}},
            "ESSENTIALS",
            (INVALID, "KMSKeyID is required for a custom sender"),
        ),
    ],
    ids=["two token functions", "tokens of a low tier", "e-mail without key", "SMS without key"],
)
async def test_what_cannot_be_configured_is_refused_and_changes_nothing(
    administrator: Administrator, functions: Functions, config: dict[str, Any], tier: str, expected: Refusal
) -> None:
    assert await refusal(make_pool(administrator, tier=tier, **config)) == expected
    assert cognito_of(administrator).pools == ()
    await make_pool(administrator, PreAuthentication=CHECK)
    client_id = await add_alice(administrator)
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
    update = administrator.in_pool("UpdateUserPool", LambdaConfig=config, UserPoolTier=tier, Policies=policies)
    assert await refusal(update) == expected
    await sign_in(administrator, client_id)
    assert functions.fired == [Trigger.PRE_AUTHENTICATION]


async def test_a_low_tier_may_change_id_tokens(administrator: Administrator, functions: Functions) -> None:
    versioned = {"LambdaVersion": "V1_0", "LambdaArn": CHECK}
    await make_pool(administrator, tier="LITE", PreTokenGenerationConfig=versioned)
    assert Trigger.PRE_TOKEN_GENERATION in cognito_of(administrator).pools[0].triggers


async def test_senders_are_configured_with_a_version_and_the_pool_s_key(administrator: Administrator) -> None:
    versioned = {"LambdaVersion": "V1_0", "LambdaArn": CHECK}
    await make_pool(administrator, CustomEmailSender=versioned, CustomSMSSender=versioned, KMSKeyID=KEY)
    triggers = cognito_of(administrator).pools[0].triggers
    assert set(triggers.functions) == {Trigger.CUSTOM_EMAIL_SENDER, Trigger.CUSTOM_SMS_SENDER}


async def test_what_is_configured_is_told_as_it_was_said(administrator: Administrator) -> None:
    config: dict[str, Any] = {
        "PreSignUp": OTHER,
        "PreTokenGenerationConfig": {"LambdaVersion": "V3_0", "LambdaArn": CHECK},
    }
    await make_pool(administrator, **config)
    assert (await administrator.in_pool("DescribeUserPool"))["UserPool"]["LambdaConfig"] == config


SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/x@example.com"}


async def test_e_mail_is_written_by_a_function_only_for_a_pool_that_sends_it_itself(
    administrator: Administrator, functions: Functions
) -> None:
    functions.does[Trigger.CUSTOM_MESSAGE] = lambda _: {"emailMessage": "{username}, come in with {####}"}
    await make_pool(administrator, CustomMessage=CHECK)

    async def invite(username: str) -> Any:
        address = [{"Name": "email", "Value": f"{username}@example.com"}]
        media = ["EMAIL"]
        return await administrator.to(
            "AdminCreateUser",
            username,
            UserAttributes=address,
            TemporaryPassword=PASSWORD,
            DesiredDeliveryMediums=media,
        )

    assert await refusal(invite("alice")) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")
    await administrator.in_pool("UpdateUserPool", LambdaConfig={"CustomMessage": CHECK}, EmailConfiguration=SES)
    await invite("bob")
    (pool,) = cognito_of(administrator).pools
    (message,) = pool.outbox
    assert message.body.reveal() == f"bob, come in with {PASSWORD}"
    await administrator.in_pool("UpdateUserPool", LambdaConfig={"CustomMessage": CHECK})
    assert (await refusal(invite("carol")))[0] == "InvalidLambdaResponseException"
