"""Tokens are verified by PyJWT and by aws-jwt-verify with the keys that are served, and not if anything is wrong."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.adapters.fake.world import ALICE, PASSWORD
from tests.clients import node
from tests.clients.served import Served, ServedPool, fake_served, tampered

ID, ACCESS = "IdToken", "AccessToken"


@pytest.fixture(scope="module")
def pool(served: Served) -> ServedPool:
    return served.new_pool()


@pytest.fixture(scope="module")
def tokens(pool: ServedPool) -> dict[str, str]:
    """What Alice holds."""
    return signed_in(pool)


def signed_in(pool: ServedPool) -> dict[str, str]:
    held: dict[str, str] = pool.administrator.initiate_auth(
        ClientId=pool.app.id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": pool.add_user(ALICE), "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    return held


@pytest.fixture(scope="module")
def keys(served: Served, pool: ServedPool) -> jwt.PyJWKClient:
    discovered = served.get(f"/{pool.id}/.well-known/openid-configuration")
    return jwt.PyJWKClient(discovered["jwks_uri"])


@pytest.fixture(scope="module")
def report(served: Served, pool: ServedPool, tokens: dict[str, str]) -> Iterator[node.Report]:
    """What it makes of tokens of a fake that names AWS as their issuer, and of one that names itself."""
    with fake_served(is_issuer=False) as in_disguise:
        disguised = in_disguise.new_pool()
        fakes = {"disguised": (in_disguise, disguised, signed_in(disguised)), "open": (served, pool, tokens)}
        yield node.run(
            "aws_jwt_verify.mjs",
            {
                name: {
                    "url": fake.url,
                    "poolId": its_pool.id,
                    "clientId": its_pool.app.id,
                    "id": held[ID],
                    "access": held[ACCESS],
                    "tampered": [tampered(held[ID]), tampered(held[ACCESS])],
                }
                for name, (fake, its_pool, held) in fakes.items()
            },
        )


def verify(keys: jwt.PyJWKClient, token: str, **expected: Any) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"], **expected)
    return claims


class TestPyJwt:
    def test_verifies_both_kinds_of_tokens(
        self, served: Served, pool: ServedPool, tokens: dict[str, str], keys: jwt.PyJWKClient
    ) -> None:
        issuer = f"{served.url}/{pool.id}"
        of_user = verify(keys, tokens[ID], issuer=issuer, audience=pool.app.id)
        of_access = verify(keys, tokens[ACCESS], issuer=issuer)
        assert (of_user["token_use"], of_access["token_use"]) == ("id", "access")
        assert of_user["sub"] == of_access["sub"]

    @pytest.mark.parametrize("kind", [ID, ACCESS])
    def test_refuses_a_tampered_token(self, tokens: dict[str, str], keys: jwt.PyJWKClient, kind: str) -> None:
        with pytest.raises(jwt.InvalidSignatureError):
            verify(keys, tampered(tokens[kind]), options={"verify_aud": False})

    def test_refuses_what_is_for_another_app_or_from_elsewhere(
        self, tokens: dict[str, str], keys: jwt.PyJWKClient
    ) -> None:
        with pytest.raises(jwt.InvalidAudienceError):
            verify(keys, tokens[ID], audience="another")
        with pytest.raises(jwt.InvalidIssuerError):
            verify(keys, tokens[ACCESS], issuer="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Elsewhere")


class TestAwsJwtVerify:
    @pytest.mark.parametrize("verifier", ["CognitoJwtVerifier", "JwtVerifier"])
    def test_verifies_both_kinds_of_tokens(self, report: node.Report, verifier: str) -> None:
        """Its verifier for Cognito knows no issuer but AWS; the other goes by the issuer that it is given."""
        assert report[verifier]["verified"] == ["id", "access"]

    @pytest.mark.parametrize("verifier", ["CognitoJwtVerifier", "JwtVerifier"])
    def test_refuses_a_tampered_token(self, report: node.Report, verifier: str) -> None:
        assert report[verifier]["tampered"] == ["JwtInvalidSignatureError"] * 2

    def test_refuses_what_is_for_another_app_or_another_use(self, report: node.Report) -> None:
        assert report["CognitoJwtVerifier"]["another app"] == "CognitoJwtInvalidClientIdError"
        assert report["CognitoJwtVerifier"]["another use"] == "CognitoJwtInvalidTokenUseError"

    def test_refuses_what_is_from_elsewhere(self, report: node.Report) -> None:
        assert report["JwtVerifier"]["from elsewhere"] == "JwtInvalidIssuerError"
