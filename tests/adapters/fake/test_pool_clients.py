"""App clients: which flows they may use, what they prove their secret with, and what they learn of strangers."""

import jwt
import pytest

from authsteps.adapters.fake import Client, ExplicitAuthFlow, FakeUserPool, SigningKeys
from authsteps.flows import AuthClient, srp, steps
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    DAY,
    NO_SUCH_USER,
    PASSWORD,
    STRANGER,
    WRONG_CREDENTIALS,
    App,
    Refusal,
    Reply,
    SignIn,
    both_flows,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import SeededEntropy, VirtualClock

# --- Which flows a client may use ------------------------------------------------------------------------------------

OFF = {
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "CUSTOM_AUTH": "CUSTOM_AUTH is not enabled for the client.",
    "USER_AUTH": "USER_AUTH is not enabled for the client.",
    "REFRESH_TOKEN_AUTH": "REFRESH_TOKEN_AUTH is not enabled for the client.",
    "REFRESH_TOKEN": "REFRESH_TOKEN is not enabled for the client.",
    "ADMIN_USER_PASSWORD_AUTH": "Initiate Auth method not supported.",
    "ADMIN_NO_SRP_AUTH": "Initiate Auth method not supported.",
}
PARAMETERS = {"PASSWORD": PASSWORD, "SRP_A": "2", "REFRESH_TOKEN": "token"}
NEEDS = {
    "USER_SRP_AUTH": ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
    "USER_PASSWORD_AUTH": ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
    "CUSTOM_AUTH": ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
    "USER_AUTH": ExplicitAuthFlow.ALLOW_USER_AUTH,
    "REFRESH_TOKEN_AUTH": ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
    "REFRESH_TOKEN": ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
}


@pytest.mark.parametrize("flow", OFF)
@pytest.mark.parametrize("username", [ALICE, STRANGER])
async def test_a_flow_that_the_client_may_not_use_is_refused_in_its_own_words_whoever_asks(
    app: App, clock: VirtualClock, flow: str, username: str
) -> None:
    flows = ALL_FLOWS - {NEEDS[flow]} if flow in NEEDS else ALL_FLOWS
    forbidden = app.beside(flows=flows)

    assert await refusal(forbidden.initiate(flow, username, **PARAMETERS)) == ("InvalidParameterException", OFF[flow])


async def test_a_client_for_which_no_flow_was_named_may_use_srp_custom_and_refresh(
    app: App, clock: VirtualClock
) -> None:
    by_default = app.beside(flows=frozenset())

    assert tokens_of(await by_default.by_srp())
    assert await refusal(by_default.by_password()) == ("InvalidParameterException", OFF["USER_PASSWORD_AUTH"])
    assert (await refusal(by_default.initiate("REFRESH_TOKEN_AUTH", ALICE, REFRESH_TOKEN="none")))[1] == (
        "Invalid Refresh Token"
    )


async def test_custom_auth_has_no_trigger_to_go_to(app: App, clock: VirtualClock) -> None:
    assert await refusal(app.beside().initiate("CUSTOM_AUTH", ALICE)) == (
        "InvalidUserPoolConfigurationException",
        "Custom auth lambda trigger is not configured for the user pool.",
    )


@pytest.mark.parametrize(("flow", "name"), [("USER_PASSWORD_AUTH", "PASSWORD"), ("USER_SRP_AUTH", "SRP_A")])
async def test_a_flow_without_one_of_its_parameters_says_which_is_missing(app: App, flow: str, name: str) -> None:
    assert await refusal(app.initiate(flow, ALICE)) == missing(name)
    assert await refusal(app.initiate(flow, "", **PARAMETERS)) == missing("USERNAME")


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "OTHER"])
async def test_a_client_that_does_not_exist_is_named(app: App, flow: str) -> None:
    """A flow that the service does not know at all is refused before any client is looked up."""
    call = app.call("InitiateAuth", AuthFlow=flow, ClientId="1nonexistent", AuthParameters={"USERNAME": ALICE})
    code, text = await refusal(call)

    if flow == "OTHER":
        assert code == "InvalidParameterException"
        assert text.startswith("1 validation error detected: Value 'OTHER' at 'authFlow'")
    else:
        assert (code, text) == ("ResourceNotFoundException", "User pool client 1nonexistent does not exist.")


@pytest.mark.parametrize("with_secret", [False, True], ids=["no secret", "secret"])
async def test_the_pools_own_backend_goes_through_the_first_client_or_the_one_that_is_named(
    make_pool: MakePool,
    with_secret: bool,  # noqa: FBT001  # a column of the table
) -> None:
    async with make_pool() as pool:
        pool.add_user(ALICE, PASSWORD)
        client = pool.add_client(with_secret=True) if with_secret else None
        async with AuthClient(pool.backend(client)) as auth:
            done = (await auth.sign_in(ALICE, PASSWORD)).next_step

    assert isinstance(done, steps.Done)
    through = jwt.decode(done.tokens.access.reveal(), options={"verify_signature": False})["client_id"]
    assert through == (client if client is not None else pool.client).client_id


# --- The client's secret ---------------------------------------------------------------------------------------------


def needs_hash(client: Client) -> Refusal:
    text = f"Client {client.client_id} is configured with secret but SECRET_HASH was not received"
    return "NotAuthorizedException", text


def wrong_hash(client: Client) -> Refusal:
    return "NotAuthorizedException", f"SecretHash does not match for the client: {client.client_id}"


@both_flows
async def test_a_client_with_a_secret_signs_in_with_the_hash(app: App, clock: VirtualClock, sign_in: SignIn) -> None:
    assert tokens_of(await sign_in(app.beside(with_secret=True), ALICE, PASSWORD))


@pytest.mark.parametrize("username", [ALICE, STRANGER])
async def test_a_hash_that_is_missing_or_wrong_is_refused_before_anybody_is_looked_up(
    app: App, clock: VirtualClock, username: str
) -> None:
    secretive = app.beside(with_secret=True)
    client_id = secretive.client.client_id
    parameters = {"USERNAME": username, "PASSWORD": PASSWORD, "SRP_A": "2"}
    for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH"):
        call = secretive.call("InitiateAuth", AuthFlow=flow, ClientId=client_id, AuthParameters=parameters)
        assert await refusal(call) == needs_hash(secretive.client)
        for given in ("", "wrong", secretive.secret_hash("carol")["SECRET_HASH"]):
            call = secretive.initiate(flow, username, **parameters | {"SECRET_HASH": given})
            assert await refusal(call) == wrong_hash(secretive.client)


async def test_the_answer_to_a_challenge_needs_the_hash_too(app: App, clock: VirtualClock) -> None:
    secretive = app.beside(with_secret=True)
    offer = await secretive.offer_proof()
    responses = {**secretive.proof(offer), "USERNAME": ALICE}
    call = secretive.call(
        "RespondToAuthChallenge",
        ClientId=secretive.client.client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=responses,
    )

    assert await refusal(call) == needs_hash(secretive.client)
    assert await refusal(
        secretive.respond("PASSWORD_VERIFIER", ALICE, **responses | {"SECRET_HASH": "wrong"})
    ) == wrong_hash(secretive.client)
    assert tokens_of(await secretive.prove(offer)), "neither used the attempt up"


async def test_the_hash_is_over_the_username_that_is_sent_in_the_same_call(app: App, clock: VirtualClock) -> None:
    secretive = app.beside(with_secret=True)
    sub = app.pool.user(ALICE).sub
    offer = await secretive.offer_proof(sub)
    assert offer.parameters["USER_ID_FOR_SRP"] == ALICE
    responses = secretive.proof(offer)

    over_the_other_name = responses | secretive.secret_hash(sub)
    assert await refusal(secretive.respond("PASSWORD_VERIFIER", ALICE, **over_the_other_name)) == wrong_hash(
        secretive.client
    )
    assert tokens_of(await secretive.respond("PASSWORD_VERIFIER", sub, **responses))


@both_flows
async def test_a_stray_hash_is_passed_over(app: App, sign_in: SignIn) -> None:
    class Stray(App):
        def secret_hash(self, username: str, member: str = "SECRET_HASH") -> dict[str, str]:
            return {member: f"nonsense for {username}"}

    assert tokens_of(await sign_in(Stray(app.pool, app.clock), ALICE, PASSWORD))


# --- Users who do not exist ------------------------------------------------------------------------------------------


@both_flows
async def test_a_client_that_is_told_learns_at_once_that_a_user_does_not_exist(app: App, sign_in: SignIn) -> None:
    assert await refusal(sign_in(app, STRANGER, PASSWORD)) == NO_SUCH_USER
    assert await refusal(app.offer_proof(STRANGER)) == NO_SUCH_USER


@pytest.fixture
def discreet(app: App, clock: VirtualClock) -> App:
    """An app whose client is not told who exists."""
    return app.discreet()


@both_flows
async def test_a_client_that_is_not_told_gets_the_refusal_of_a_wrong_password(discreet: App, sign_in: SignIn) -> None:
    unknown = await refusal(sign_in(discreet, STRANGER, PASSWORD))

    assert unknown == await refusal(sign_in(discreet, ALICE, "Incorrect-horse-7")) == WRONG_CREDENTIALS


async def test_a_stranger_has_the_same_salt_and_id_at_every_call_and_another_public_key(discreet: App) -> None:
    offers = [await discreet.offer_proof(STRANGER) for _ in range(5)]

    assert len({offer.parameters["SALT"] for offer in offers}) == 1
    assert len({offer.parameters["USER_ID_FOR_SRP"] for offer in offers}) == 1
    assert len({offer.parameters["SRP_B"] for offer in offers}) == 5
    assert len({offer.parameters["SECRET_BLOCK"] for offer in offers}) == 5


async def test_a_stranger_has_another_salt_and_id_under_another_name_and_in_another_pool(
    discreet: App, signing_keys: SigningKeys, clock: VirtualClock
) -> None:
    elsewhere = FakeUserPool(clock=clock, entropy=SeededEntropy(1), signing_keys=signing_keys)
    offers = [
        await discreet.offer_proof(name) for name in (STRANGER, STRANGER.upper(), STRANGER + " ", "\u0000", "x" * 9999)
    ]
    offers.append(await App(elsewhere, clock).discreet().offer_proof(STRANGER))

    assert len({offer.parameters["SALT"] for offer in offers}) == len(offers)
    assert len({offer.parameters["USER_ID_FOR_SRP"] for offer in offers}) == len(offers)


async def test_a_stranger_keeps_salt_and_id_when_the_same_pool_is_built_again(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    seen = set[tuple[str, str]]()
    for _ in range(2):
        pool = make_pool(entropy=SeededEntropy(7))
        offer = await App(pool, clock).discreet().offer_proof(STRANGER)
        seen.add((offer.parameters["SALT"], offer.parameters["USER_ID_FOR_SRP"]))

    assert len(seen) == 1


async def test_nothing_but_the_form_of_the_id_tells_a_stranger_from_a_user(discreet: App) -> None:
    """For Alice the id is her name, and for a stranger a UUID, as the subs of real users are."""
    known, unknown = [(await discreet.offer_proof(name)).challenge for name in (ALICE, STRANGER)]

    assert _shape(known) == _shape(unknown)


async def test_over_many_names_salts_and_public_keys_are_spread_alike(discreet: App) -> None:
    names = [f"user-{number}" for number in range(60)]
    for name in names:
        discreet.pool.add_user(name, PASSWORD)
    salts = {
        kind: [int((await discreet.offer_proof(f"{prefix}{name}")).parameters["SALT"], 16) for name in names]
        for kind, prefix in (("real", ""), ("simulated", "no-"))
    }

    for kind, drawn in salts.items():
        assert len(set(drawn)) == 60, kind
        upper_half = sum(salt >> 127 for salt in drawn)
        assert 15 < upper_half < 45, kind  # a fair coin leaves these bounds once in ten thousand runs


def _shape(challenge: Reply) -> dict[str, object]:
    parameters: dict[str, str] = challenge["ChallengeParameters"]
    return {
        "members": set(challenge),
        "names": set(parameters),
        "salt": len(parameters["SALT"]) in range(28, 33),
        "public key": len(parameters["SRP_B"]) in range(760, 769),
        "block": len(parameters["SECRET_BLOCK"]),
        "one id": parameters["USERNAME"] == parameters["USER_ID_FOR_SRP"],
        "lower case": all(parameters[name] == parameters[name].lower() for name in ("SALT", "SRP_B")),
    }


async def test_whatever_is_answered_a_stranger_is_refused_as_a_user_with_a_wrong_password_is(
    discreet: App, clock: VirtualClock
) -> None:
    async def outcomes(name: str, password: str) -> list[Refusal]:
        seen: list[Refusal] = []
        for change in (
            {},
            {"PASSWORD_CLAIM_SIGNATURE": "nonsense"},
            {"TIMESTAMP": "now"},
            {"TIMESTAMP": srp.timestamp(clock.now() + DAY)},
            {"PASSWORD_CLAIM_SECRET_BLOCK": "AAAA"},
        ):
            offer = await discreet.offer_proof(name)
            responses = {**discreet.proof(offer, password), **change}
            seen.append(await refusal(discreet.send_proof(offer, responses)))
            seen.append(await refusal(discreet.send_proof(offer, {**discreet.proof(offer), **change})))
        return seen

    discreet.pool.add_user(BOB, PASSWORD)
    assert await outcomes(STRANGER, PASSWORD) == await outcomes(BOB, "Incorrect-horse-7")


async def test_a_stranger_may_answer_by_the_typed_name_or_by_the_id_as_a_user_may(discreet: App) -> None:
    for name in (STRANGER, ALICE):
        for answers_as in ("typed", "id"):
            offer = await discreet.offer_proof(name)
            username = name if answers_as == "typed" else offer.parameters["USER_ID_FOR_SRP"]
            responses = discreet.proof(offer, "Incorrect-horse-7")
            assert await refusal(discreet.respond("PASSWORD_VERIFIER", username, **responses)) == WRONG_CREDENTIALS
