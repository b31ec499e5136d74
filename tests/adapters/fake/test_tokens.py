"""Tokens: any verifier of Cognito tokens takes ours, and the pool takes nothing but its own access tokens back."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.tokens import (
    SELF_SERVICE_SCOPE,
    Membership,
    Origin,
    SigningKey,
    SigningKeys,
    TokenIssuer,
    make_refresh_token,
    token_digest,
)
from authsteps.engine.messages import Secret

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE12"
CLIENT_ID = "1example23456789abcdefghij"
SIGNED_IN = datetime(2026, 3, 1, 12, 0, 0, 987_000, tzinfo=UTC)
ISSUED = SIGNED_IN + timedelta(hours=5)
HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)
EXPIRES = ISSUED.replace(microsecond=0) + HOUR

INVALID = ("NotAuthorizedException", "Invalid Access Token")
EXPIRED = ("NotAuthorizedException", "Access Token has expired")


def load_keys() -> SigningKeys:
    path = Path(__file__).parents[2] / "data" / "fake-signing-keys-generated-once-for-tests.json"
    pem: dict[str, str] = json.loads(path.read_text())
    return SigningKeys.from_pem(id_token=Secret(pem["id_token"]), access_token=Secret(pem["access_token"]))


KEYS = load_keys()
POOL = TokenIssuer(ISSUER, KEYS)
ORIGIN = Origin(
    sub="11111111-2222-3333-4444-555555555555",
    username="alice",
    client_id=CLIENT_ID,
    auth_time=SIGNED_IN,
    event_id="eeeeeeee-2222-3333-4444-555555555555",
    origin_jti="0a0a0a0a-2222-3333-4444-555555555555",
)


def access_token(pool: TokenIssuer = POOL, origin: Origin = ORIGIN, **rest: Any) -> Secret:
    return pool.access_token(origin, jti="jti-1", issued_at=ISSUED, lifetime=HOUR, **rest)


def id_token(attributes: Mapping[str, str] | None = None, origin: Origin = ORIGIN, **rest: Any) -> Secret:
    return POOL.id_token(origin, attributes or {}, jti="jti-2", issued_at=ISSUED, lifetime=HOUR, **rest)


def verified_by_pyjwt(token: Secret, audience: str | None = None) -> dict[str, Any]:
    """Check a token as a stranger does, from the published key set alone, and return its claims."""
    published = jwt.PyJWKSet.from_dict(json.loads(json.dumps(POOL.keys.public_jwks())))
    key = published[jwt.get_unverified_header(token.reveal())["kid"]]
    return jwt.decode(
        token.reveal(),
        key,
        algorithms=["RS256"],
        issuer=ISSUER,
        audience=audience,
        options={"verify_exp": False, "verify_iat": False},  # the tokens are of another day than this one
    )


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(header: object, claims: object, sign: Callable[[bytes], bytes]) -> Secret:
    text = f"{part(header)}.{part(claims)}"
    return Secret(f"{text}.{base64.urlsafe_b64encode(sign(text.encode())).rstrip(b'=').decode()}")


def signed_by(key: SigningKey, header: object, claims: object) -> Secret:
    """Return a token that is signed rightly, but says what we like."""
    return Secret(
        jwt.api_jws.encode(
            json.dumps(claims).encode(),
            key.pair.as_pem(private=True),
            algorithm="RS256",
            headers=header,  # type: ignore[arg-type] # the forgery may be of any shape
        )
    )


def refused(token: Secret, now: datetime = ISSUED) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        POOL.verify_access_token(token, now)
    return caught.value.code, caught.value.message


class TestKeys:
    def test_the_two_keys_are_different_and_published_in_cognitos_form(self) -> None:
        published = KEYS.public_jwks()["keys"]

        assert [key["kid"] for key in published] == [KEYS.id_token.kid, KEYS.access_token.kid]
        assert published[0]["n"] != published[1]["n"]
        for key in published:
            assert key.keys() == {"alg", "e", "kid", "kty", "n", "use"}
            assert (key["alg"], key["e"], key["kty"], key["use"]) == ("RS256", "AQAB", "RSA", "sig")

    def test_a_kid_is_32_bytes_in_standard_base64(self) -> None:
        for key in (KEYS.id_token, KEYS.access_token):
            assert len(key.kid) == 44
            assert len(base64.b64decode(key.kid, validate=True)) == 32

    def test_the_same_pem_has_the_same_kid_every_time(self) -> None:
        assert load_keys().public_jwks() == KEYS.public_jwks()

    def test_new_keys_are_new_and_have_2048_bits(self) -> None:
        kids: set[str] = set()
        for keys in (SigningKeys.generate(), KEYS):
            kids |= {keys.id_token.kid, keys.access_token.kid}
            assert keys.id_token.pair.public_key.key_size == 2048

        assert len(kids) == 4

    def test_private_halves_do_not_show_themselves(self) -> None:
        private = KEYS.access_token.pair.as_dict(private=True)

        for shown in (repr(KEYS), repr(POOL), json.dumps(KEYS.public_jwks())):
            assert str(private["d"]) not in shown
            assert str(private["p"]) not in shown

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "canary",
            "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
            KEYS.id_token.pair.as_pem(private=False).decode(),
        ],
    )
    def test_what_is_no_private_key_is_refused_without_being_quoted(self, text: str) -> None:
        with pytest.raises(ValueError, match="this is not the PEM text of an RSA private key") as caught:
            SigningKeys.from_pem(Secret(text), Secret(text))

        assert caught.value.__context__ is None


class TestIdToken:
    def test_a_stranger_verifies_it_from_the_published_keys(self) -> None:
        claims = verified_by_pyjwt(id_token({"email": "alice@example.com"}), audience=CLIENT_ID)

        assert claims == {
            "sub": ORIGIN.sub,
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "token_use": "id",
            "cognito:username": "alice",
            "event_id": ORIGIN.event_id,
            "auth_time": int(SIGNED_IN.timestamp()),
            "iat": int(ISSUED.timestamp()),
            "exp": int(ISSUED.timestamp()) + 3600,
            "jti": "jti-2",
            "origin_jti": ORIGIN.origin_jti,
            "email": "alice@example.com",
        }

    def test_its_header_is_the_kid_of_the_id_key_and_the_algorithm_and_nothing_else(self) -> None:
        header = base64.urlsafe_b64decode(id_token().reveal().split(".")[0] + "==").decode()

        assert header == f'{{"kid":"{KEYS.id_token.kid}","alg":"RS256"}}'

    @pytest.mark.parametrize(
        ("name", "value", "claim"),
        [
            ("email_verified", "true", True),
            ("email_verified", "false", False),
            ("phone_number_verified", "true", True),
            ("custom:flag", "true", "true"),
            ("custom:number", "7", "7"),
            ("name", "Ålice", "Ålice"),
            ("address", "1 High Street", {"formatted": "1 High Street"}),
            ("updated_at", "1700000000", 1700000000),
            ("updated_at", "yesterday", "yesterday"),
        ],
    )
    def test_attributes_become_claims_of_the_documented_types(self, name: str, value: str, claim: object) -> None:
        assert verified_by_pyjwt(id_token({name: value}), audience=CLIENT_ID)[name] == claim

    def test_no_attribute_takes_the_place_of_a_claim_of_the_pool(self) -> None:
        names = ("sub", "iss", "aud", "exp", "token_use", "cognito:username", "origin_jti")

        claims = verified_by_pyjwt(id_token(dict.fromkeys(names, "forged")), audience=CLIENT_ID)

        assert "forged" not in claims.values()

    def test_groups_stand_in_it_only_if_there_are_any(self) -> None:
        with_groups = verified_by_pyjwt(id_token(membership=Membership(("admins", "staff"))), audience=CLIENT_ID)

        assert with_groups["cognito:groups"] == ["admins", "staff"]
        assert "cognito:groups" not in verified_by_pyjwt(id_token(), audience=CLIENT_ID)


class TestAccessToken:
    def test_a_stranger_verifies_it_from_the_published_keys(self) -> None:
        assert verified_by_pyjwt(access_token(membership=Membership(("staff",)))) == {
            "sub": ORIGIN.sub,
            "iss": ISSUER,
            "client_id": CLIENT_ID,
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "username": "alice",
            "event_id": ORIGIN.event_id,
            "auth_time": int(SIGNED_IN.timestamp()),
            "iat": int(ISSUED.timestamp()),
            "exp": int(ISSUED.timestamp()) + 3600,
            "jti": "jti-1",
            "origin_jti": ORIGIN.origin_jti,
            "cognito:groups": ["staff"],
        }

    def test_the_pool_reads_its_own_token_back(self) -> None:
        claims = POOL.verify_access_token(access_token(), ISSUED)

        assert (claims.sub, claims.username, claims.client_id) == (ORIGIN.sub, "alice", CLIENT_ID)
        assert (claims.jti, claims.origin_jti) == ("jti-1", ORIGIN.origin_jti)
        assert claims.scope == SELF_SERVICE_SCOPE
        assert claims.iat == int(ISSUED.timestamp())

    def test_without_token_revocation_no_token_shows_its_family(self) -> None:
        origin = Origin(
            sub=ORIGIN.sub,
            username=ORIGIN.username,
            client_id=CLIENT_ID,
            auth_time=SIGNED_IN,
            event_id=ORIGIN.event_id,
            origin_jti=ORIGIN.origin_jti,
            revocable=False,
        )

        assert "origin_jti" not in verified_by_pyjwt(id_token(origin=origin), audience=CLIENT_ID)
        assert POOL.verify_access_token(access_token(origin=origin), ISSUED).origin_jti is None

    def test_it_lives_until_the_whole_second_that_it_names(self) -> None:
        POOL.verify_access_token(access_token(), EXPIRES - MS)

        assert refused(access_token(), EXPIRES) == EXPIRED
        assert refused(access_token(), EXPIRES + MS) == EXPIRED


CLAIMS = {
    "sub": ORIGIN.sub,
    "iss": ISSUER,
    "client_id": CLIENT_ID,
    "token_use": "access",
    "scope": SELF_SERVICE_SCOPE,
    "username": "alice",
    "event_id": ORIGIN.event_id,
    "auth_time": int(SIGNED_IN.timestamp()),
    "iat": int(ISSUED.timestamp()),
    "exp": int(EXPIRES.timestamp()),
    "jti": "jti-1",
}
"""What a right access token says, for forgers to start from."""

HEADER = KEYS.access_token.header


def public_pem(key: SigningKey) -> bytes:
    return key.pair.as_pem(private=False)


def with_public_key_as_hmac_key(text: bytes) -> bytes:
    return hmac.digest(public_pem(KEYS.access_token), text, "sha256")


def tampered() -> Secret:
    header, _, signature = access_token().reveal().split(".")
    return Secret(f"{header}.{part({**CLAIMS, 'username': 'mallory'})}.{signature}")


def cut_short() -> Secret:
    return Secret(access_token().reveal()[:-4])


OTHER_PAIR = SigningKey.of(RSAKey.generate_key(2048))

FORGERIES: dict[str, Secret] = {
    "nothing": Secret(""),
    "garbage": Secret("garbage"),
    "three empty parts": Secret(".."),
    "a lone surrogate": Secret("\ud800.a.b"),
    "a megabyte": Secret("a" * 1_000_000),
    "a header that is no object": forged([], CLAIMS, lambda _: b"x"),
    "a header nested out of all reason": Secret(f"{base64.urlsafe_b64encode(b'[' * 300).decode()}.e30.AA"),
    "claims changed after signing": tampered(),
    "a signature cut short": cut_short(),
    "no signature, algorithm none": forged({**HEADER, "alg": "none"}, CLAIMS, lambda _: b""),
    "the public key as an HMAC secret": forged({**HEADER, "alg": "HS256"}, CLAIMS, with_public_key_as_hmac_key),
    "the public key as an HMAC secret under our algorithm": forged(HEADER, CLAIMS, with_public_key_as_hmac_key),
    "another pair under our kid": signed_by(OTHER_PAIR, HEADER, CLAIMS),
    "another pair that brings its own key": signed_by(OTHER_PAIR, {**HEADER, "jwk": OTHER_PAIR.public_jwk()}, CLAIMS),
    "the pool's other pair": signed_by(KEYS.id_token, KEYS.id_token.header, CLAIMS),
    "an unknown kid": signed_by(KEYS.access_token, {**HEADER, "kid": "A" * 43 + "="}, CLAIMS),
    "a header that the pool does not write": signed_by(KEYS.access_token, {**HEADER, "cty": "x"}, CLAIMS),
    "the ID token of the same sign-in": id_token({"email": "alice@example.com"}),
    "an ID token's use under the right key": signed_by(
        KEYS.access_token, {**HEADER, "typ": None}, {**CLAIMS, "token_use": "id"}
    ),
    "another pool with the same keys": access_token(TokenIssuer(ISSUER + "X", KEYS)),
    "claims that are no object": signed_by(KEYS.access_token, {**HEADER, "typ": None}, ["x"]),
    "an expiry that is no number": signed_by(KEYS.access_token, {**HEADER, "typ": None}, {**CLAIMS, "exp": "tomorrow"}),
    "claims without a user": signed_by(
        KEYS.access_token, {**HEADER, "typ": None}, {name: CLAIMS[name] for name in CLAIMS if name != "username"}
    ),
    "a refresh token": Secret("eyJjdHkiOiJKV1QifQ.a.b.c.d"),
}


class TestForgeries:
    def test_the_forgers_start_from_a_token_that_would_be_taken(self) -> None:
        token = signed_by(KEYS.access_token, {**HEADER, "typ": None}, CLAIMS)

        assert POOL.verify_access_token(token, ISSUED).username == "alice"

    @pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
    def test_what_is_no_access_token_of_this_pool_is_invalid(self, token: Secret) -> None:
        assert refused(token) == INVALID

    def test_invalid_comes_before_expired(self) -> None:
        assert refused(id_token(), EXPIRES) == INVALID
        assert refused(access_token(TokenIssuer("https://elsewhere", KEYS)), EXPIRES) == INVALID

    def test_a_refusal_holds_nothing_of_what_was_given(self) -> None:
        with pytest.raises(ServiceError) as caught:
            POOL.verify_access_token(tampered(), ISSUED)

        assert caught.value.__context__ is None

    @given(st.text(alphabet="eyJhbGciOiJSUzI1NiJ9.=_- \n", max_size=200))
    def test_no_text_does_worse_than_being_invalid(self, text: str) -> None:
        assert refused(Secret(text)) == INVALID


class CountingEntropy:
    """Gives bytes that all differ."""

    def __init__(self) -> None:
        self._next = 0

    def random_bytes(self, count: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(count)


class TestRefreshToken:
    def test_it_looks_like_the_services_own(self) -> None:
        token = make_refresh_token(CountingEntropy()).reveal()

        assert token.startswith("eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.")
        assert token.count(".") == 4
        assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")

    def test_every_one_is_new_and_known_by_another_digest(self) -> None:
        entropy = CountingEntropy()

        digests = {token_digest(make_refresh_token(entropy)) for _ in range(100)}

        assert len(digests) == 100

    def test_the_digest_tells_nothing_of_the_token(self) -> None:
        token = make_refresh_token(CountingEntropy())

        assert len(token_digest(token)) == 64
        assert token_digest(token) == token_digest(Secret(token.reveal()))
        assert token_digest(token) not in token.reveal()
