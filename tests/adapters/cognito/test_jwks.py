"""``TokenVerifier`` takes what Cognito makes, and nothing else: a table of forgeries, properties, and a third party."""

import base64
import hashlib
import hmac
import json
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import anyio
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from authsteps.adapters.cognito import (
    MalformedTokenError,
    TokenAlgorithmError,
    TokenClientError,
    TokenExpiredError,
    TokenIssuerError,
    TokenNotYetValidError,
    TokenRefusedError,
    TokenSignatureError,
    TokenUse,
    TokenUseError,
    TokenVerifier,
    UnknownKeyError,
    keys_at,
)
from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.fake.tokens import SigningKey
from authsteps.engine.messages import Secret
from authsteps.flows import AuthClient, InvalidInputError
from tests.adapters.cognito.signed_tokens import (
    ACCESS,
    CLIENT_ID,
    HOUR,
    ID,
    ISSUER,
    KEYS,
    LEEWAY,
    NOW,
    OTHER_CLIENT_ID,
    POOL_ID,
    PUBLISHED,
    SUB,
    ScriptedKeys,
    b64,
    made,
    signed,
    verifier,
)
from tests.conftest import VirtualClock

ACCESS_KEY = KEYS.access_token
STRANGERS_KEY = SigningKey(KEYS.id_token.pair, "a-key-that-the-pool-does-not-publish")
PAYLOAD = json.dumps(ACCESS).encode()
GOOD = made()
HEAD, BODY, SIGNATURE = GOOD.split(".")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def hs256(key: bytes, **header: Any) -> str:
    """The classic: a token signed with a shared secret, and the public key for the secret."""
    start = f"{b64(json.dumps({**ACCESS_KEY.header, 'alg': 'HS256', **header}).encode())}.{BODY}"
    return f"{start}.{b64(hmac.digest(key, start.encode(), hashlib.sha256))}"


def by_another_algorithm(algorithm: str) -> str:
    header = {**ACCESS_KEY.header, "alg": algorithm}
    key = ECKey.generate_key("P-256") if algorithm == "ES256" else ACCESS_KEY.pair
    return jws.serialize_compact(header, PAYLOAD, key, algorithms=[algorithm])


def unsigned(algorithm: str) -> str:
    return f"{b64(json.dumps({**ACCESS_KEY.header, 'alg': algorithm}).encode())}.{BODY}."


def spare_bits_set() -> str:
    """The same signature, written with bits that mean nothing."""
    last = LETTERS.index(SIGNATURE[-1])
    assert last % 16 == 0  # 256 bytes leave four bits of the last letter to spare
    return GOOD[:-1] + LETTERS[last + 1]


ODD: dict[str, Any] = {
    "sub": 7,
    "iss": [ISSUER],
    "token_use": ["access"],
    "exp": str(NOW + HOUR),
    "iat": True,
    "nbf": "now",
    "client_id": [CLIENT_ID],
    "username": {},
    "scope": ["a"],
    "cognito:groups": "admins",
    "jti": 1,
}

FORGERIES: dict[str, tuple[Callable[[], str], type[TokenRefusedError]]] = {
    # The form
    "nothing": (lambda: "", MalformedTokenError),
    "dots": (lambda: "..", MalformedTokenError),
    "words": (lambda: "let me in", MalformedTokenError),
    "two parts": (lambda: f"{HEAD}.{BODY}", MalformedTokenError),
    "four parts": (lambda: f"{GOOD}.{SIGNATURE}", MalformedTokenError),
    "five parts, as a refresh token": (lambda: f"{GOOD}.{BODY}.{BODY}", MalformedTokenError),
    "Bearer before it": (lambda: f"Bearer {GOOD}", MalformedTokenError),
    "a line end behind it": (lambda: f"{GOOD}\n", MalformedTokenError),
    "padded": (lambda: f"{GOOD}==", MalformedTokenError),
    "letters of another script": (lambda: f"{HEAD}.{BODY}.{'é' * 342}", MalformedTokenError),
    "digits of another script": (lambda: f"{HEAD}.{BODY}.{'٣' * 342}", MalformedTokenError),
    "a lone surrogate": (lambda: f"{HEAD}.{BODY}.\ud800", MalformedTokenError),
    "JSON serialization": (
        lambda: json.dumps({"payload": BODY, "protected": HEAD, "signature": SIGNATURE}),
        MalformedTokenError,
    ),
    "too long": (lambda: made(padding="x" * 64 * 1024), MalformedTokenError),
    "much too long": (lambda: "a" * 100_000_000, MalformedTokenError),
    "a header that is too long": (lambda: made(header={"padding": "x" * 600}), MalformedTokenError),
    "a header that is no JSON": (lambda: f"{b64(b'RS256')}.{BODY}.{SIGNATURE}", MalformedTokenError),
    "a header that is a list": (lambda: f"{b64(b'[1]')}.{BODY}.{SIGNATURE}", MalformedTokenError),
    "a header that is a text": (lambda: b64(b'"alg"') + f".{BODY}.{SIGNATURE}", MalformedTokenError),
    "a header that is nested without end": (lambda: f"{b64(b'[' * 40_000)}.{BODY}.x", MalformedTokenError),
    "a header of an odd length": (lambda: f"A.{BODY}.{SIGNATURE}", MalformedTokenError),
    "a header with an odd member": (lambda: made(header={"typ": 7}), MalformedTokenError),
    "no payload": (lambda: f"{HEAD}..{SIGNATURE}", MalformedTokenError),
    # The algorithm
    "no signature": (lambda: unsigned("none"), TokenAlgorithmError),
    "no signature, shouted": (lambda: unsigned("NONE"), TokenAlgorithmError),
    "a signature that counts for nothing": (lambda: unsigned("none") + SIGNATURE, TokenAlgorithmError),
    "HS256 with the public key as PEM": (lambda: hs256(ACCESS_KEY.pair.as_pem(private=False)), TokenAlgorithmError),
    "HS256 with the public key as DER": (lambda: hs256(ACCESS_KEY.pair.as_der(private=False)), TokenAlgorithmError),
    "HS256 with the public key as JSON": (
        lambda: hs256(json.dumps(ACCESS_KEY.public_jwk()).encode()),
        TokenAlgorithmError,
    ),
    "HS256 with nothing": (lambda: hs256(b""), TokenAlgorithmError),
    "HS256 that says RS256": (lambda: hs256(ACCESS_KEY.pair.as_pem(), alg="RS256"), TokenSignatureError),
    "rs256": (lambda: made(header={"alg": "rs256"}), TokenAlgorithmError),
    "an algorithm in a list": (lambda: made(header={"alg": ["RS256"]}), TokenAlgorithmError),
    "no algorithm": (lambda: signed({"kid": ACCESS_KEY.kid}, PAYLOAD, ACCESS_KEY.pair), TokenAlgorithmError),
    **{
        algorithm: (partial(by_another_algorithm, algorithm), TokenAlgorithmError)
        for algorithm in ("RS384", "RS512", "PS256", "ES256")
    },
    "a critical member": (lambda: made(header={"crit": ["exp"], "exp": 1}), TokenAlgorithmError),
    "no critical member": (lambda: made(header={"crit": []}), TokenAlgorithmError),
    "a critical null": (lambda: made(header={"crit": None}), TokenAlgorithmError),
    "a payload that is not encoded": (lambda: made(header={"crit": ["b64"], "b64": False}), TokenAlgorithmError),
    "a payload that is not encoded, said softly": (lambda: made(header={"b64": False}), TokenAlgorithmError),
    # The key
    "no key named": (lambda: signed({"alg": "RS256"}, PAYLOAD, ACCESS_KEY.pair), UnknownKeyError),
    "a key named null": (lambda: made(header={"kid": None}), UnknownKeyError),
    "a key named by a number": (lambda: made(header={"kid": 1}), UnknownKeyError),
    "a key without a name": (lambda: made(header={"kid": ""}), UnknownKeyError),
    "a key of somebody else's": (lambda: made(key=STRANGERS_KEY), UnknownKeyError),
    "a file as a key": (lambda: made(header={"kid": "../../../../dev/null"}), UnknownKeyError),
    "a name with a space behind it": (lambda: made(header={"kid": f"{ACCESS_KEY.kid} "}), UnknownKeyError),
    "a key that it brings along": (
        lambda: made(key=STRANGERS_KEY, header={"jwk": STRANGERS_KEY.public_jwk()}),
        MalformedTokenError,  # it is too long for a header already
    ),
    "a key that it brings along, under a name of the pool's": (
        lambda: made(key=STRANGERS_KEY, header={"jwk": {"kty": "oct", "k": "AA"}, "kid": ACCESS_KEY.kid}),
        TokenSignatureError,
    ),
    "keys that it points to": (
        lambda: made(key=STRANGERS_KEY, header={"jku": "https://example.com/keys", "kid": ACCESS_KEY.kid}),
        TokenSignatureError,
    ),
    "the pool's other key": (lambda: made(header={"kid": KEYS.id_token.kid}), TokenSignatureError),
    # The signature
    "an empty signature": (lambda: f"{HEAD}.{BODY}.", TokenSignatureError),
    "half a signature": (lambda: f"{HEAD}.{BODY}.{SIGNATURE[:171]}", TokenSignatureError),
    "a signature of zeros": (lambda: f"{HEAD}.{BODY}.{b64(bytes(256))}", TokenSignatureError),
    "a signature with more behind it": (
        lambda: f"{HEAD}.{BODY}.{b64(base64.urlsafe_b64decode(SIGNATURE + '==') + b'x')}",
        TokenSignatureError,
    ),
    "a signature written in another way": (spare_bits_set, TokenSignatureError),
    "other claims": (
        lambda: f"{HEAD}.{b64(json.dumps({**ACCESS, 'sub': 'x'}).encode())}.{SIGNATURE}",
        TokenSignatureError,
    ),
    "another header": (
        lambda: f"{b64(json.dumps({**ACCESS_KEY.header, 'typ': 'JWT'}).encode())}.{BODY}.{SIGNATURE}",
        TokenSignatureError,
    ),
    "claims of another token": (lambda: f"{HEAD}.{made(ID).split('.')[1]}.{SIGNATURE}", TokenSignatureError),
    # The claims: all of these are signed by the pool
    "no JSON": (lambda: made(b"sub=alice"), MalformedTokenError),
    "a list": (lambda: made(b"[]"), MalformedTokenError),
    "no text": (lambda: made(b'{"sub": "\xff"}'), MalformedTokenError),
    "nested without end": (lambda: made(b'{"sub":' + b"[" * 30_000), MalformedTokenError),
    **{
        f"no {claim}": (partial(made, without=[claim]), MalformedTokenError)
        for claim in ("sub", "iss", "token_use", "exp", "iat", "auth_time", "client_id")
    },
    **{f"an odd {claim}": (partial(made, {**ACCESS, claim: odd}), MalformedTokenError) for claim, odd in ODD.items()},
    "an end of time": (lambda: made(exp=1e300), MalformedTokenError),
    "a beginning of time": (lambda: made(nbf=-1e300), MalformedTokenError),
    "another pool": (lambda: made(iss=ISSUER[:-1] + "3"), TokenIssuerError),
    "another region": (lambda: made(iss=ISSUER.replace("eu-west-1.", "eu-west-2.")), TokenIssuerError),
    "another server": (lambda: made(iss=f"https://example.com/{POOL_ID}"), TokenIssuerError),
    "a slash behind the issuer": (lambda: made(iss=f"{ISSUER}/"), TokenIssuerError),
    "an issuer in capitals": (lambda: made(iss=ISSUER.upper()), TokenIssuerError),
    "an issuer without https": (lambda: made(iss=ISSUER.replace("https", "http")), TokenIssuerError),
    "another client": (lambda: made(client_id=OTHER_CLIENT_ID), TokenClientError),
    "a client that begins like it": (lambda: made(client_id=CLIENT_ID + "x"), TokenClientError),
    "a client without a name": (lambda: made(client_id=""), TokenClientError),
    "an ID token": (lambda: made(ID), TokenUseError),
    "an ID token that names the client twice": (lambda: made(ID, client_id=CLIENT_ID), TokenUseError),
    "a refresh token of no kind known": (lambda: made(token_use="refresh"), TokenUseError),
    "an access token in capitals": (lambda: made(token_use="ACCESS"), TokenUseError),
    "an old one": (lambda: made(exp=NOW - HOUR), TokenExpiredError),
    "one without a life": (lambda: made(exp=0), TokenExpiredError),
    "one made tomorrow": (lambda: made(iat=NOW + 24 * HOUR, exp=NOW + 25 * HOUR), TokenNotYetValidError),
    "one that is good tomorrow": (lambda: made(nbf=NOW + 24 * HOUR, exp=NOW + 25 * HOUR), TokenNotYetValidError),
}

ID_FORGERIES: dict[str, tuple[Callable[[], str], type[TokenRefusedError]]] = {
    "an access token": (made, TokenUseError),
    "an access token with an audience": (lambda: made(aud=CLIENT_ID), TokenUseError),
    "another audience": (lambda: made(ID, aud=OTHER_CLIENT_ID), TokenClientError),
    "an audience among others": (lambda: made(ID, aud=[CLIENT_ID, OTHER_CLIENT_ID]), MalformedTokenError),
    "no audience": (lambda: made(ID, without=["aud"]), MalformedTokenError),
    "a client in place of the audience": (lambda: made(ID, without=["aud"], client_id=CLIENT_ID), MalformedTokenError),
    "an old one": (lambda: made(ID, exp=NOW - HOUR), TokenExpiredError),
    "the access token's key under its name": (
        lambda: made(ID, KEYS.access_token, header={"kid": KEYS.id_token.kid}),
        TokenSignatureError,
    ),
}


async def refused(token: str, clock: VirtualClock, use: TokenUse = "access") -> TokenRefusedError:
    with pytest.raises(TokenRefusedError) as caught:
        await verifier(clock).verify(token, use)
    return caught.value


def accepts(token: str, use: TokenUse = "access") -> bool:
    try:
        anyio.run(verifier(VirtualClock()).verify, token, use)
    except TokenRefusedError:
        return False
    return True


class TestWhatCognitoMakes:
    async def test_an_access_token_says_who_it_is_for_whom_and_what_it_opens(
        self, each_backend: str, clock: VirtualClock
    ) -> None:
        claims = await verifier(clock).verify(Secret(GOOD))
        assert (claims.sub, claims.username, claims.client_id) == (SUB, "alice", CLIENT_ID)
        assert claims.token_use == "access"
        assert claims.scopes == {"aws.cognito.signin.user.admin", "orders/read"}
        assert claims.groups == ("admins", "staff")
        assert claims.issuer == ISSUER
        assert claims.issued_at == datetime.fromtimestamp(NOW - 60, UTC)
        assert claims.expires_at == datetime.fromtimestamp(NOW + HOUR, UTC)
        assert claims.auth_time == datetime.fromtimestamp(NOW - HOUR, UTC)
        assert claims.not_before is None
        assert claims.jti == ACCESS["jti"]
        assert claims.others == {name: ACCESS[name] for name in ("event_id", "origin_jti")}

    async def test_an_id_token_says_what_the_pool_knows_of_the_user(self, clock: VirtualClock) -> None:
        claims = await verifier(clock).verify(made(ID), "id")
        assert (claims.username, claims.client_id, claims.token_use) == ("alice", CLIENT_ID, "id")
        assert claims.scopes == frozenset()
        assert claims.others["email"] == "alice@example.com"
        assert claims.others["email_verified"] is True
        assert "alice@example.com" not in repr(claims)

    async def test_the_token_of_a_program_has_no_user(self, clock: VirtualClock) -> None:
        token = made(without=["username", "cognito:groups"], sub=CLIENT_ID, scope="orders/write", version=2)
        claims = await verifier(clock).verify(token)
        assert claims.username is None
        assert claims.groups == ()
        assert claims.scopes == {"orders/write"}

    async def test_an_audience_that_a_trigger_put_into_an_access_token_is_one_claim_among_others(
        self, clock: VirtualClock
    ) -> None:
        claims = await verifier(clock).verify(made(aud=["https://api.example.com"]))
        assert claims.client_id == CLIENT_ID

    async def test_several_clients_can_be_accepted(self, clock: VirtualClock) -> None:
        of_two = TokenVerifier(POOL_ID, [CLIENT_ID, OTHER_CLIENT_ID], keys=ScriptedKeys(PUBLISHED), clock=clock)
        for client_id in (CLIENT_ID, OTHER_CLIENT_ID):
            assert (await of_two.verify(made(client_id=client_id))).client_id == client_id

    async def test_the_issuer_can_be_another_than_awss(self, clock: VirtualClock) -> None:
        local = f"http://127.0.0.1:9229/{POOL_ID}"
        there = verifier(clock, issuer=local)
        assert (await there.verify(made(iss=local))).issuer == local
        with pytest.raises(TokenIssuerError):
            await there.verify(GOOD)

    @pytest.mark.parametrize("header", [{"typ": "JWT"}, {"cty": "x"}, {"unheard-of": 1}], ids=str)
    async def test_members_of_a_header_that_demand_nothing_are_passed_over(
        self, header: dict[str, Any], clock: VirtualClock
    ) -> None:
        assert (await verifier(clock).verify(made(header=header))).sub == SUB

    async def test_what_the_fake_issues_is_accepted(self, each_backend: str, clock: VirtualClock) -> None:
        pool = FakeUserPool(clock=clock, signing_keys=KEYS)
        pool.add_user("alice", "Passw0rd!", attributes={"email": "alice@example.com"})
        pool.add_group("admins", "alice")
        async with AuthClient(pool.backend(), clock=clock) as auth:
            await auth.sign_in("alice", "Passw0rd!")
            tokens = (await auth.fetch_auth_session()).tokens.unwrap()
        of_the_pool = TokenVerifier(pool.id, pool.client.client_id, keys=pool.jwks, clock=clock)
        access = await of_the_pool.verify(tokens.access)
        identity = await of_the_pool.verify(tokens.id, "id")
        assert access.sub == identity.sub == tokens.user.user_id
        assert access.username == identity.username == "alice"
        assert access.groups == ("admins",)
        assert access.expires_at == tokens.access_expires_at
        assert identity.others["email"] == "alice@example.com"
        with pytest.raises(MalformedTokenError):
            await of_the_pool.verify(tokens.refresh)
        clock.move(timedelta(hours=1, seconds=LEEWAY))
        with pytest.raises(TokenExpiredError):
            await of_the_pool.verify(tokens.access)


class TestForgeries:
    @pytest.mark.parametrize("name", FORGERIES)
    async def test_it_is_refused_for_the_rule_that_it_breaks(self, name: str, clock: VirtualClock) -> None:
        make, kind = FORGERIES[name]
        assert type(await refused(make(), clock)) is kind

    @pytest.mark.parametrize("name", ID_FORGERIES)
    async def test_no_id_token_it_is(self, name: str, clock: VirtualClock) -> None:
        make, kind = ID_FORGERIES[name]
        assert type(await refused(make(), clock, "id")) is kind

    @pytest.mark.parametrize("name", FORGERIES)
    async def test_the_refusal_says_what_to_do_and_shows_nothing_of_the_token(
        self, name: str, clock: VirtualClock
    ) -> None:
        token = FORGERIES[name][0]()[:200_000]
        error = await refused(token, clock)
        assert error.recovery in str(error)
        assert not error.retryable
        shown = [str(error), repr(error)]
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals["__name__"].startswith("authsteps."):
                shown += [repr(value) for value in frame.f_locals.values()]
        assert len(shown) > 2
        pieces = [piece for piece in token.split(".") if len(piece) > 40]
        assert not any(piece[:40] in text for piece in pieces for text in shown)
        assert error.__context__ is None

    @given(st.integers(0, len(GOOD) - 1), st.characters())
    @settings(max_examples=300)
    def test_a_token_with_any_one_character_changed_is_refused(self, place: int, character: str) -> None:
        changed = GOOD[:place] + character + GOOD[place + 1 :]
        assert accepts(changed) == (changed == GOOD)

    @given(st.integers(0, len(GOOD) - 1), st.sampled_from(LETTERS))
    @settings(max_examples=300)
    def test_a_token_with_any_one_letter_changed_is_refused(self, place: int, letter: str) -> None:
        changed = GOOD[:place] + letter + GOOD[place + 1 :]
        assert accepts(changed) == (changed == GOOD)

    @pytest.mark.parametrize("letter", LETTERS)
    async def test_the_last_letter_counts_with_all_its_bits(self, letter: str, clock: VirtualClock) -> None:
        if letter == GOOD[-1]:
            assert (await verifier(clock).verify(GOOD)).sub == SUB
        else:
            await refused(GOOD[:-1] + letter, clock)

    @given(st.integers(0, len(GOOD)))
    def test_no_part_of_a_token_is_one(self, length: int) -> None:
        assert accepts(GOOD[:length]) == (length == len(GOOD))

    @given(st.text())
    def test_no_text_leads_to_anything_but_a_refusal(self, text: str) -> None:
        assert not accepts(text)


class TestTime:
    @pytest.mark.parametrize(
        ("claims", "kind"),
        [
            ({"exp": NOW + 1}, None),
            ({"exp": NOW}, None),
            ({"exp": NOW - LEEWAY + 1}, None),
            ({"exp": NOW - LEEWAY + 0.001}, None),
            ({"exp": NOW - LEEWAY}, TokenExpiredError),
            ({"exp": NOW - LEEWAY - 1}, TokenExpiredError),
            ({"iat": NOW}, None),
            ({"iat": NOW + LEEWAY}, None),
            ({"iat": NOW + LEEWAY + 0.001}, TokenNotYetValidError),
            ({"iat": NOW + LEEWAY + 1}, TokenNotYetValidError),
            ({"nbf": NOW - HOUR}, None),
            ({"nbf": NOW + LEEWAY}, None),
            ({"nbf": NOW + LEEWAY + 0.001}, TokenNotYetValidError),
            ({"nbf": NOW + LEEWAY + 1}, TokenNotYetValidError),
            ({"auth_time": NOW - 300 * 24 * HOUR}, None),
        ],
        ids=str,
    )
    async def test_the_edges_are_where_the_leeway_puts_them(
        self, claims: dict[str, Any], kind: type[TokenRefusedError] | None, clock: VirtualClock
    ) -> None:
        if kind is None:
            assert (await verifier(clock).verify(made(**claims))).sub == SUB
        else:
            assert type(await refused(made(**claims), clock)) is kind

    async def test_without_leeway_a_token_is_good_until_the_instant_that_it_names(self, clock: VirtualClock) -> None:
        strict = verifier(clock, leeway=timedelta())
        token = made(exp=NOW + 1)
        clock.move(timedelta(milliseconds=999))
        await strict.verify(token)
        clock.move(timedelta(milliseconds=1))
        with pytest.raises(TokenExpiredError) as caught:
            await strict.verify(token)
        assert caught.value.expired_at == clock.now()


class TestASecondOpinion:
    """PyJWT, with the same rules, takes the same tokens."""

    @staticmethod
    def pyjwt_accepts(token: str, use: TokenUse) -> bool:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> "Clock":
                return cls.fromtimestamp(NOW, tz)

        try:
            with patch("jwt.api_jwt.datetime", Clock):
                key = jwt.PyJWKSet.from_dict(dict(PUBLISHED))[jwt.get_unverified_header(token)["kid"]]
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=["RS256"],
                    issuer=ISSUER,
                    audience=CLIENT_ID if use == "id" else None,
                    leeway=LEEWAY,
                    options={"require": ["exp", "iat", "iss", "sub"]},
                )
        except (jwt.PyJWTError, KeyError):
            return False
        return bool(claims["token_use"] == use and (use == "id" or claims["client_id"] == CLIENT_ID))

    @given(
        use=st.sampled_from(["access", "id"]),
        wanted=st.sampled_from(["access", "id"]),
        key=st.sampled_from([KEYS.access_token, KEYS.id_token, STRANGERS_KEY]),
        times=st.dictionaries(st.sampled_from(["exp", "iat", "nbf"]), st.integers(NOW - 20, NOW + 20)),
        issuer=st.sampled_from([ISSUER] * 5 + [ISSUER + "/"]),
        client_id=st.sampled_from([CLIENT_ID] * 5 + [OTHER_CLIENT_ID]),
    )
    @settings(max_examples=500)
    def test_both_take_the_same_tokens(
        self,
        use: TokenUse,
        wanted: TokenUse,
        key: SigningKey,
        times: dict[str, int],
        issuer: str,
        client_id: str,
    ) -> None:
        claims = {**(ACCESS if use == "access" else ID), **times, "iss": issuer}
        token = made({**claims, "client_id" if use == "access" else "aud": client_id}, key)
        assert accepts(token, wanted) == self.pyjwt_accepts(token, wanted)

    @pytest.mark.parametrize("use", ["access", "id"])
    def test_both_take_one_at_all(self, use: TokenUse) -> None:
        token = made(ACCESS if use == "access" else ID)
        assert accepts(token, use)
        assert self.pyjwt_accepts(token, use)

    @pytest.mark.parametrize("name", FORGERIES)
    def test_nothing_that_it_refuses_is_accepted(self, name: str) -> None:
        token = FORGERIES[name][0]()[:200_000]
        assert not accepts(token)


class TestMakingOne:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"user_pool_id": "EXAMPLE12"}, "user_pool_id"),
            ({"user_pool_id": "example.com/?_EXAMPLE12"}, "user_pool_id"),  # it would name who publishes the keys
            ({"user_pool_id": "eu-west-1_../EXAMPLE12"}, "user_pool_id"),
            ({"user_pool_id": "eu-west-1_EXAMPLE12\n"}, "user_pool_id"),
            ({"user_pool_id": "é_EXAMPLE12"}, "user_pool_id"),
            ({"client_ids": ()}, "client_ids"),
            ({"client_ids": ""}, "client_ids"),
            ({"client_ids": [CLIENT_ID, ""]}, "client_ids"),
            ({"leeway": timedelta(seconds=-1)}, "leeway"),
            ({"leeway": timedelta(minutes=5, seconds=1)}, "leeway"),
            ({"max_key_age": timedelta()}, "max_key_age"),
            ({"min_fetch_interval": timedelta()}, "min_fetch_interval"),
        ],
        ids=str,
    )
    def test_what_makes_no_sense_is_refused_with_its_name(self, change: dict[str, Any], field: str) -> None:
        options: dict[str, Any] = {"user_pool_id": POOL_ID, "client_ids": CLIENT_ID, "keys": ScriptedKeys(PUBLISHED)}
        with pytest.raises(InvalidInputError) as caught:
            TokenVerifier(**{**options, **change})
        assert caught.value.field == field

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "keys.json",
            "file:///etc/passwd",
            "https://",
            "ftp://example.com/keys",
            "https://[",
            "https://a:b",
            "http://a:0",
        ],
    )
    def test_keys_are_fetched_from_the_web_alone(self, url: str) -> None:
        with pytest.raises(InvalidInputError):
            keys_at(url)
