"""What the served fake publishes beside Cognito's operations: keys, discovery, messages, a sign of life."""

from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from authsteps.adapters.fake import FakeCognito, FakeUserPool, FirstFactor, Purpose, Settings
from authsteps.adapters.fake.server import cognito_app, listen, serving
from tests.adapters.fake.server.served import Served, serve
from tests.adapters.fake.world import ALICE, ALL_FLOWS, BOB, EMAIL, PASSWORD, SECOND, load_signing_keys
from tests.conftest import SeededEntropy, VirtualClock

AWS = "https://cognito-idp.eu-west-1.amazonaws.com"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A region with two pools, which send codes by e-mail."""
    async with serve() as served:
        for number in (1, 2):
            clock, entropy = VirtualClock(), SeededEntropy(number)
            clock.move((2 - number) * SECOND)
            settings = Settings(first_factors=frozenset(FirstFactor))
            pool = FakeUserPool(
                f"eu-west-1_Pool0000{number}",
                clock=clock,
                entropy=entropy,
                settings=settings,
                signing_keys=load_signing_keys(),
            )
            pool.add_client(explicit_auth_flows=ALL_FLOWS)
            served.cognito.add_pool(pool)
        yield served


async def sign_up(served: Served, username: str, pool: int = 0) -> None:
    answer = await served.call(
        "SignUp",
        {
            "ClientId": served.cognito.pools[pool].client.client_id,
            "Username": username,
            "Password": PASSWORD,
            "UserAttributes": [{"Name": "email", "Value": f"{username}@example.com"}],
        },
    )
    assert answer.status == 200


class TestKeys:
    async def test_are_two_of_the_form_that_aws_publishes(self, served: Served) -> None:
        answer = await served.request("GET", "/eu-west-1_Pool00001/.well-known/jwks.json")

        keys = answer.members["keys"]
        assert answer.headers["content-type"] == "application/json"
        assert [set(key) for key in keys] == [{"alg", "e", "kid", "kty", "n", "use"}] * 2
        assert len({key["kid"] for key in keys}) == 2

    async def test_of_a_pool_that_is_not_there_are_not_found(self, served: Served) -> None:
        for document in ("jwks.json", "openid-configuration"):
            assert (await served.request("GET", f"/eu-west-1_Nowhere/.well-known/{document}")).status == 404

    async def test_may_be_read_by_any_page(self, served: Served) -> None:
        page = {"Origin": "https://app.example"}
        answer = await served.request("GET", "/eu-west-1_Pool00001/.well-known/jwks.json", page)

        assert answer.headers["access-control-allow-origin"] == "*"


class TestDiscovery:
    async def test_names_the_issuer_of_the_tokens_and_where_the_keys_really_are(self, served: Served) -> None:
        host = {"Host": f"127.0.0.1:{served.listener.address[1]}"}
        answer = await served.request("GET", "/eu-west-1_Pool00002/.well-known/openid-configuration", host)

        assert answer.members == {
            "issuer": f"{AWS}/eu-west-1_Pool00002",
            "jwks_uri": f"{served.listener.url}/eu-west-1_Pool00002/.well-known/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    async def test_leads_a_verifier_from_a_local_issuer_to_the_keys(self) -> None:
        listener = await listen()
        cognito = FakeCognito(signing_keys=load_signing_keys(), issuer_base=listener.url)
        made: Any = await cognito.call("CreateUserPool", {"PoolName": "local"})
        pool = cognito.pool(made["UserPool"]["Id"])
        pool.add_user(ALICE, PASSWORD)
        client = pool.add_client(explicit_auth_flows=ALL_FLOWS)
        request: Any = {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": client.client_id,
            "AuthParameters": {"USERNAME": ALICE, "PASSWORD": PASSWORD},
        }
        async with serving(cognito_app(cognito), listener):
            served = Served(cognito, listener, [])
            token = (await served.call("InitiateAuth", request)).members["AuthenticationResult"]["IdToken"]
            issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
            path = issuer.removeprefix(listener.url)
            host = {"Host": listener.url.removeprefix("http://")}
            document = (await served.request("GET", f"{path}/.well-known/openid-configuration", host)).members
            keys = (await served.request("GET", document["jwks_uri"].removeprefix(listener.url))).members

        assert document["issuer"] == issuer == f"{listener.url}/{pool.id}"
        key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
        assert jwt.decode(token, key, algorithms=["RS256"], audience=client.client_id, issuer=issuer)["sub"]


class TestTheOutbox:
    async def test_lists_what_all_pools_sent_the_newest_last(self, served: Served) -> None:
        assert (await served.request("GET", "/outbox.json")).members == []
        await sign_up(served, ALICE, pool=0)  # its clock is a second ahead
        await sign_up(served, BOB, pool=1)

        answer = await served.request("GET", "/outbox.json")
        bob, alice = answer.members
        sent = served.cognito.pools[0].outbox.latest(ALICE)
        assert alice == {
            "id": sent.id,
            "username": ALICE,
            "medium": "EMAIL",
            "destination": EMAIL,
            "code": sent.code.reveal(),
            "purpose": Purpose.SIGN_UP,
            "sent_at": "2026-01-05T03:04:10.000Z",
        }
        assert (bob["username"], bob["sent_at"]) == (BOB, "2026-01-05T03:04:09.000Z")
        assert answer.headers["cache-control"] == "no-store"

    async def test_lists_what_came_after_it_was_asked_for_and_not_what_was_forgotten(self, served: Served) -> None:
        await sign_up(served, ALICE)
        assert [message["username"] for message in (await served.request("GET", "/outbox.json")).members] == [ALICE]
        served.cognito.pools[0].outbox.clear()
        await sign_up(served, BOB)

        assert [message["username"] for message in (await served.request("GET", "/outbox.json")).members] == [BOB]

    async def test_gives_the_code_that_confirms_an_account(self, served: Served) -> None:
        await sign_up(served, ALICE)
        (message,) = (await served.request("GET", "/outbox.json")).members
        client_id = served.cognito.pools[0].client.client_id

        confirmed = {"ClientId": client_id, "Username": ALICE, "ConfirmationCode": message["code"]}
        assert (await served.call("ConfirmSignUp", confirmed)).status == 200

    async def test_is_empty_once_it_was_emptied_and_codes_work_on(self, served: Served) -> None:
        await sign_up(served, ALICE)
        code = served.cognito.pools[0].outbox.latest(ALICE).code.reveal()

        assert (await served.request("DELETE", "/outbox.json")).status == 204
        assert (await served.request("GET", "/outbox.json")).members == []
        client_id = served.cognito.pools[0].client.client_id
        confirmed = {"ClientId": client_id, "Username": ALICE, "ConfirmationCode": code}
        assert (await served.call("ConfirmSignUp", confirmed)).status == 200

    async def test_shows_itself_to_a_person_in_a_page_that_loads_nothing_from_elsewhere(self, served: Served) -> None:
        page = await served.request("GET", "/outbox")

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert b"outbox.json" in page.body
        assert b"http" not in page.body.lower().replace(b"http-equiv", b"")

    async def test_is_what_somebody_finds_who_opens_the_endpoint(self, served: Served) -> None:
        answer = await served.request("GET", "/")

        assert (answer.status, answer.headers["location"]) == (307, "/outbox")


async def test_it_says_that_it_lives(served: Served) -> None:
    answer = await served.request("GET", "/healthz")

    assert (answer.status, answer.members) == (200, {"status": "ok"})
