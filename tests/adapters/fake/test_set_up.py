"""A team's set-up in one file: what it makes, what it does to what is there, and how it complains."""

from pathlib import Path
from typing import Any

import pytest

from authsteps.adapters.fake import (
    SAMPLE,
    ExplicitAuthFlow,
    FakeCognito,
    MfaConfiguration,
    MfaFactor,
    SetUpError,
    UserStatus,
    load_set_up,
)
from authsteps.adapters.lambda_triggers import Trigger, load_function
from tests.adapters.fake.world import load_signing_keys

pytestmark = pytest.mark.usefixtures("each_backend")

TEAM = """
region = "eu-central-1"

[functions]
welcome = "functions/welcome.py:greet"

[[pools]]
id = "eu-central-1_Team00001"
PoolName = "team"
AutoVerifiedAttributes = ["email"]
LambdaConfig = { PreSignUp = "welcome" }
[pools.mfa]
MfaConfiguration = "OPTIONAL"
SoftwareTokenMfaConfiguration = { Enabled = true }
[[pools.clients]]
id = "web"
ClientName = "Web"
ExplicitAuthFlows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
[[pools.clients]]
ClientName = "service"
GenerateSecret = true
[[pools.groups]]
GroupName = "admins"
[[pools.users]]
Username = "alice"
password = "Passw0rd!"
attributes = { email = "alice@example.com", email_verified = "true" }
groups = ["admins"]
[[pools.users]]
Username = "bob"
TemporaryPassword = "Passw0rd!"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a set-up stands, with a function beside it."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "welcome.py").write_text("def greet(event, context):\n    return event\n")
    path = tmp_path / "pools.toml"
    path.write_text(TEAM)
    return path


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def made(file: Path, cognito: FakeCognito | None = None) -> FakeCognito:
    """The region that a file makes."""
    set_up = load_set_up(file)
    functions = {name: load_function(place) for name, place in set_up.functions.items()}
    cognito = cognito or FakeCognito(set_up.region, functions=functions, signing_keys=load_signing_keys())
    await set_up.make(cognito)
    return cognito


async def test_it_makes_pools_clients_groups_users_and_triggers(file: Path) -> None:
    cognito = await made(file)

    (pool,) = cognito.pools
    assert (pool.id, cognito.name_of(pool.id)) == ("eu-central-1_Team00001", "team")
    assert pool.settings.mfa is MfaConfiguration.OPTIONAL
    assert pool.settings.mfa_factors == {MfaFactor.SOFTWARE_TOKEN_MFA}
    assert [(client.name, client.client_secret is not None) for client in pool.clients] == [
        ("Web", False),
        ("service", True),
    ]
    assert pool.client.client_id == "web"
    assert ExplicitAuthFlow.ALLOW_USER_SRP_AUTH in pool.client.auth_flows
    alice, bob = pool.user("alice"), pool.user("bob")
    assert (alice.status, alice.groups, alice.attributes["email_verified"]) == (
        UserStatus.CONFIRMED,
        ("admins",),
        "true",
    )
    assert bob.status is UserStatus.FORCE_CHANGE_PASSWORD
    assert Trigger.PRE_SIGN_UP in pool.triggers.functions
    assert len(pool.outbox) == 0


async def test_made_again_it_sets_up_anew_what_is_there_and_leaves_users_alone(file: Path) -> None:
    cognito = await made(file)
    (pool,) = cognito.pools
    pool.user("alice").attributes["name"] = "Alice"
    before = [client.client_id for client in pool.clients]

    write(file, TEAM.replace('"OPTIONAL"', '"ON"').replace('"Web"', '"Shop"').replace('name = "team"', 'name = "t"'))
    await made(file, cognito)

    assert cognito.pools == (pool,)
    assert pool.settings.mfa is MfaConfiguration.ON
    assert [client.client_id for client in pool.clients] == before
    assert pool.client.name == "Shop"
    assert pool.user("alice").attributes["name"] == "Alice"


async def test_what_has_no_id_is_known_by_its_name(file: Path) -> None:
    write(file, '[[pools]]\nPoolName = "a"\n[[pools.clients]]\nClientName = "b"\n[[pools]]\nPoolName = "c"\n')

    cognito = await made(file)
    ids = [pool.id for pool in cognito.pools]
    await made(file, cognito)

    assert [pool.id for pool in cognito.pools] == ids
    assert [len(pool.clients) for pool in cognito.pools] == [1, 0]


NEVER_CHANGED = {
    'Schema = [{ Name = "level", AttributeDataType = "Number" }]': "pools[0]: Schema is not that of the pool",
    'UsernameAttributes = ["email"]': "pools[0]: UsernameAttributes is not that of the pool",
    'AliasAttributes = ["email"]': "pools[0]: AliasAttributes is not that of the pool",
    "UsernameConfiguration = { CaseSensitive = false }": "pools[0]: UsernameConfiguration is not that of the pool",
}


@pytest.mark.parametrize("wanted", NEVER_CHANGED)
async def test_what_a_pool_keeps_for_ever_is_told_and_not_passed_over(file: Path, wanted: str) -> None:
    cognito = await made(file)
    write(file, TEAM.replace('PoolName = "team"\n', f'PoolName = "team"\n{wanted}\n'))

    with pytest.raises(SetUpError, match="never changes; delete that, or make another") as caught:
        await made(file, cognito)
    assert NEVER_CHANGED[wanted] in str(caught.value)


@pytest.mark.parametrize("change", [("GenerateSecret = true", ""), ('id = "web"', 'id = "web"\nGenerateSecret = true')])
async def test_a_client_gets_or_loses_no_secret(file: Path, change: tuple[str, str]) -> None:
    cognito = await made(file)
    write(file, TEAM.replace(*change))

    with pytest.raises(SetUpError, match="has another secret than is said here, or none, or one"):
        await made(file, cognito)


async def test_the_secret_of_a_client_is_that_of_the_file_for_ever(file: Path) -> None:
    first = TEAM.replace("GenerateSecret = true", 'ClientSecret = "canary-0123456789-0123456789"'.replace("-", "_"))
    write(file, first)
    cognito = await made(file)
    await made(file, cognito)
    write(file, first.replace("canary", "another"))

    with pytest.raises(SetUpError, match="has another secret") as caught:
        await made(file, cognito)
    assert "another_0" not in str(caught.value)


async def test_the_sample_that_is_shipped_can_be_made(tmp_path: Path) -> None:
    copy = tmp_path / "pools.toml"
    write(copy, SAMPLE.read_text("utf-8"))

    (pool,) = (await made(copy)).pools
    assert {user.username for user in pool.users} == {"alice", "bob"}
    assert {client.name for client in pool.clients} == {"web", "service"}


async def test_every_name_of_ours_is_explained_in_the_sample() -> None:
    text = SAMPLE.read_text("utf-8")
    for name in ("region =", "[functions]", "[[pools]]", "[pools.mfa]", "[[pools.clients]]", "[[pools.groups]]"):
        assert name in text
    for name in ("[[pools.users]]", "id =", "password =", "attributes =", "groups ="):
        assert name in text


FAULTS: dict[str, tuple[str, str]] = {
    "[[pools]\n": ("", "it is no TOML: Expected ']]' at the end of an array declaration (at line 1, column 8)"),
    'regoin = "x"\n': ("", "regoin means nothing here; region was meant, perhaps"),
    'PoolName = "x"\n': ("", "PoolName means nothing here; there are: "),
    "pools = 1\n": ("", "pools must be a list of tables: [[pools]]"),
    "pools = [1]\n": ("pools[0]", "it must be a table"),
    "region = 1\n": ("", "region must be a text"),
    "functions = 1\n": ("", "functions must be a table"),
    "functions = { a = 1 }\n": ("", "functions must hold texts"),
    '[[pools]]\nPoolNam = "x"\n': ("pools[0]", "PoolNam means nothing here; PoolName was meant, perhaps"),
    "[[pools]]\n": (
        "pools[0]",
        "CreateUserPool: InvalidParameterException: 1 validation error detected: Value at 'poolName' failed",
    ),
    '[[pools]]\nPoolName = "x"\nid = "nonsense"\n': (
        "pools[0]",
        "'nonsense' is no id of a pool; one is like eu-west-1_AbCdEf123",
    ),
    '[[pools]]\nPoolName = "x"\nLambdaConfig = { PreSignUp = "welcom" }\n': (
        "pools[0]",
        "LambdaConfig names a function 'welcom' that is not there; there are: none",
    ),
    '[[pools]]\nPoolName = "x"\nLambdaConfig = 1\n': (
        "pools[0]",
        "CreateUserPool: SerializationException: Unexpected field type",
    ),
    '[[pools]]\nPoolName = "x"\nLambdaConfig = { PreSignup = "welcome" }\n': (
        "pools[0]",
        "PreSignup means nothing here; PreSignUp was meant, perhaps",
    ),
    '[[pools]]\nPoolName = "x"\nPolicies.PasswordPolicy.MinLength = 8\n': (
        "pools[0]",
        "MinLength means nothing here; MinimumLength was meant, perhaps",
    ),
    '[[pools]]\nPoolName = "x"\nSchema = [{ Nam = "a" }]\n': ("pools[0]", "Nam means nothing here; Name was meant"),
    '[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\nmfa = { Username = "b" }\n': (
        "pools[0].users[0].mfa",
        "Username means nothing here; there are: ",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools]]\nPoolName = "x"\n': (
        "pools[1]",
        "its PoolName is that of pools[0]; give it one of its own",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools.clients]]\nid = "a"\nClientName = "a"\n[[pools.clients]]\nid = "a"\n'
    'ClientName = "b"\n': ("pools[0].clients[1]", "its id is that of pools[0].clients[0]; give it one of its own"),
    '[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\n[[pools.users]]\nUsername = "a"\n': (
        "pools[0].users[1]",
        "its Username is that of pools[0].users[0]; give it one of its own",
    ),
    'region = "E U"\n': ("", "'E U' is no region; one is like eu-west-1"),
    f"a = {'[' * 5000}{']' * 5000}\n": ("", "it is no TOML: "),
    '[[pools]]\nPoolName = "x"\nmfa = { MfaConfig = "ON" }\n': (
        "pools[0].mfa",
        "MfaConfig means nothing here; MfaConfiguration was meant, perhaps",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools.clients]]\nid = "a"\nClientName = "a"\n[[pools.clients]]\nid = "b c"\n'
    'ClientName = "a"\n': (
        "pools[0].clients[1]",
        "'b c' is no id of an app client; one has up to 128 letters, digits and underscores",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\npassword = "short"\n': (
        "pools[0].users[0]",
        "AdminSetUserPassword: InvalidPasswordException: Password did not conform with policy: Password not long",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\ngroups = "admins"\n': (
        "pools[0].users[0]",
        "groups must be a list of texts",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\ngroups = ["nobody"]\n': (
        "pools[0].users[0]",
        "AdminAddUserToGroup: ResourceNotFoundException: Group not found.",
    ),
    '[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\nattributes = { email = 1 }\n': (
        "pools[0].users[0]",
        "attributes must hold texts",
    ),
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
async def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pools.toml"
    write(path, text)

    with pytest.raises(SetUpError) as caught:
        await made(path)

    place, problem = FAULTS[text]
    assert caught.value.place == place
    assert caught.value.problem.startswith(problem)
    assert str(caught.value).startswith(f"{path}: {place}: " if place else f"{path}: ")


@pytest.mark.parametrize(
    ("whole", "fault"), [('"Passw0rd!"\nattributes', '"short"\nattributes'), ('["admins"]', '["nobody"]')]
)
async def test_a_user_who_cannot_be_finished_is_not_left_half_made(file: Path, whole: str, fault: str) -> None:
    """The next start leaves users as they are, so it would never be finished."""
    cognito = FakeCognito(
        "eu-central-1", functions={"welcome": load_function(str(file.parent / "functions/welcome.py:greet"))}
    )
    write(file, TEAM.replace(whole, fault))
    with pytest.raises(SetUpError, match=r"pools\[0\]\.users\[0\]: Admin"):
        await load_set_up(file).make(cognito)
    write(file, TEAM)

    await load_set_up(file).make(cognito)

    request: Any = {"UserPoolId": "eu-central-1_Team00001", "Username": "alice"}
    assert dict(await cognito.call("AdminGetUser", request))["UserStatus"] == UserStatus.CONFIRMED
    groups: Any = await cognito.call("AdminListGroupsForUser", request)
    assert [group["GroupName"] for group in groups["Groups"]] == ["admins"]


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetUpError, match="No such file or directory"):
        load_set_up(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SetUpError, match="it is no TOML"):
        load_set_up(tmp_path / "bytes.toml")


async def test_no_complaint_quotes_a_password(tmp_path: Path) -> None:
    path = tmp_path / "pools.toml"
    for password in ("canary", "canary1-", " Canary-1 "):
        write(path, f'[[pools]]\nPoolName = "x"\n[[pools.users]]\nUsername = "a"\npassword = "{password}"\n')
        with pytest.raises(SetUpError) as caught:
            await made(path)
        assert "canary" not in f"{caught.value!r} {caught.value}"


def test_the_arn_of_a_function_leads_to_it_in_any_region_and_account(file: Path) -> None:
    runner: Any = load_function(str(file.parent / "functions" / "welcome.py:greet"))
    cognito = FakeCognito(functions={"welcome": runner})

    assert cognito.arn_of("welcome") == "arn:aws:lambda:eu-west-1:123456789012:function:welcome"
