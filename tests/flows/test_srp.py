"""SRP as Cognito does it: other people's numbers, a second opinion, and everything that must be refused.

``tests/data/srp-vectors.json`` holds inputs and answers from the test suites of Amplify's clients, and some that were
worked out independently. ``second_opinion`` is the protocol written once more, with Python's own ``pow`` and padding on
hexadecimal text; pycognito is a third opinion. Whatever counts is tried on both arithmetic profiles.
"""

import base64
import hashlib
import hmac
import importlib
import json
import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, cast

import attrs
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from authsteps.engine.messages import Secret
from authsteps.flows import srp
from authsteps.flows.srp import (
    Arithmetic,
    FastArithmetic,
    G,
    HardenedArithmetic,
    K,
    KeyPair,
    N,
    ServerKeys,
    SrpParameterError,
    Verifier,
    check_signature,
    compute_u,
    compute_x,
    derive_key,
    device_upload,
    encode,
    expected_signature,
    hkdf,
    key_pair,
    password_claim,
    secret_hash,
    server_challenge,
    timestamp,
    verifier,
)

Row = dict[str, Any]

PYCOGNITO: Any = importlib.import_module("pycognito.aws_srp")  # published without types

FAST = FastArithmetic()
PROFILES = [pytest.param(FAST, id="fast"), pytest.param(HardenedArithmetic(), id="hardened")]


@pytest.fixture(params=PROFILES)
def arithmetic(request: pytest.FixtureRequest) -> Arithmetic:
    return cast("Arithmetic", request.param)


# The numbers of others -----------------------------------------------------------------------------------------------

VECTORS: Row = json.loads((Path(__file__).parents[1] / "data" / "srp-vectors.json").read_text(encoding="utf-8"))
TRIED: set[str] = set()
NOT_OURS = {
    "_about": "says where the numbers come from",
    "floored_modulo": "Python's own % is floored",
    "totp_setup_uri": "concerns TOTP, not SRP",
}


def vectors(group: str) -> Any:
    """Return a group of the file, and note that it is tried here."""
    TRIED.add(group)
    return VECTORS[group]


def rows(listed: list[Row]) -> list[Any]:
    """Return the rows of a group as parameters that carry their own ids."""
    return [pytest.param(row, id=row["id"]) for row in listed]


GROUP: Row = vectors("group")
SIGNED: Row = vectors("signed_big_endian")
TIMESTAMPS: list[list[str]] = vectors("derived_timestamp_format")["rows"]
CHALLENGE: dict[str, str] = vectors("challenge_parameter_samples_without_expected_output")[0]["challenge_parameters"]


def number(row: Row, name: str) -> int:
    """Return a number that the file gives in decimal or in hexadecimal, whichever it is."""
    return int(row[f"{name}_dec"]) if f"{name}_dec" in row else int(row[f"{name}_hex"], 16)


def keys(private: int, arithmetic: Arithmetic) -> KeyPair:
    """Return the client keys of another client's ``a``, which is longer than ours."""
    return KeyPair(private=Secret(f"{private:x}"), public=Secret(f"{arithmetic.power_of_g(private):x}"))


def signature(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


# A second opinion ----------------------------------------------------------------------------------------------------

POOL = "EXAMPLE12"
USER = "alice"
PASSWORD = Secret("Passw0rd!")
BLOCK = base64.b64encode(bytes(range(64))).decode()
TIMESTAMP = "Sat Nov 1 09:05:03 UTC 2025"


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 # tests repeat themselves; nothing here is kept secret


def padded(value: int) -> bytes:
    """Return a number as amplify-js hashes it, by the look of its hexadecimal text."""
    digits = f"{value:x}"
    if len(digits) % 2:
        digits = f"0{digits}"
    elif digits[0] in "89abcdef":
        digits = f"00{digits}"
    return bytes.fromhex(digits)


def hashed(*parts: bytes) -> int:
    return int(hashlib.sha256(b"".join(parts)).hexdigest(), 16)


@attrs.frozen
class Exchange:
    """Every number of one sign-in."""

    salt: int
    a: int
    b: int
    v: int
    client_public: int
    server_public: int
    u: int
    shared_secret: int
    signature: str


def second_opinion(identity: str, password: str, salt: int, a: int, b: int, *, block: str, when: str) -> Exchange:
    """Return a sign-in from beginning to end, by the book and by ``pow``; both sides must come to the same secret."""
    k = hashed(padded(N), padded(2))
    x = hashed(padded(salt), hashlib.sha256(f"{identity}:{password}".encode()).digest())
    v = pow(2, x, N)
    client_public = pow(2, a, N)
    server_public = (k * v + pow(2, b, N)) % N
    u = hashed(padded(client_public), padded(server_public))
    shared_secret = pow(server_public - k * v, a + u * x, N)
    assert shared_secret == pow(client_public * pow(v, u, N), b, N)
    extracted = hmac.digest(padded(u), padded(shared_secret), "sha256")
    key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
    message = identity.encode() + base64.b64decode(block) + when.encode()
    return Exchange(salt, a, b, v, client_public, server_public, u, shared_secret, signature(key, message))


@cache
def exchange_of(seed: int) -> Exchange:
    """Return Alice's sign-in with the random numbers of a seed, as the second opinion has it."""
    salt, a, b = (int.from_bytes(drawn) for drawn in drawn_from(seed))
    return second_opinion(f"{POOL}{USER}", PASSWORD.reveal(), salt, a, b, block=BLOCK, when=TIMESTAMP)


def drawn_from(seed: int) -> tuple[bytes, bytes, bytes]:
    """Return the random bytes of a sign-in: salt, a, b."""
    source = seeded(seed)
    return source.randbytes(16), source.randbytes(32), source.randbytes(32)


def alices_verifier(arithmetic: Arithmetic = FAST, *, salt: bytes = bytes(range(1, 17))) -> Verifier:
    return verifier(pool_name=POOL, user_id=USER, password=PASSWORD, salt=salt, arithmetic=arithmetic)


CLIENT_KEYS = key_pair(bytes(range(100, 132)), FAST)
VERIFIER = alices_verifier()
SERVER_KEYS = server_challenge(VERIFIER, bytes(range(32)), FAST)

GIVEN_TO_CLIENT: Row = {
    "pool_name": POOL,
    "user_id": USER,
    "password": PASSWORD,
    "key_pair": CLIENT_KEYS,
    "salt_hex": VERIFIER.salt_hex,
    "srp_b_hex": SERVER_KEYS.public.reveal(),
    "secret_block_b64": BLOCK,
    "timestamp": TIMESTAMP,
    "arithmetic": FAST,
}
GIVEN_TO_SERVER: Row = {
    "pool_name": POOL,
    "user_id": USER,
    "verifier": VERIFIER,
    "server_keys": SERVER_KEYS,
    "srp_a_hex": CLIENT_KEYS.public.reveal(),
    "secret_block_b64": BLOCK,
    "timestamp": TIMESTAMP,
    "arithmetic": FAST,
}


def given(usual: Row, changed: Row) -> Row:
    """Return the arguments of one side, with something changed and the wire's numbers and blocks out of sight."""
    wire = ("salt_hex", "srp_a_hex", "srp_b_hex", "secret_block_b64")
    return {
        name: Secret(value) if name in wire and isinstance(value, str) else value
        for name, value in {**usual, **changed}.items()
    }


def claim(**changed: Any) -> Secret:
    """Return the client's proof in Alice's sign-in, with something changed."""
    return password_claim(**given(GIVEN_TO_CLIENT, changed))


def expected(**changed: Any) -> Secret:
    """Return the proof that the server of Alice's sign-in expects, with something changed."""
    return expected_signature(**given(GIVEN_TO_SERVER, changed))


def accepted(claimed: Secret, **changed: Any) -> bool:
    """Return whether the server of Alice's sign-in takes a proof, with something changed."""
    return check_signature(claimed, **given(GIVEN_TO_SERVER, changed))


# Numbers and their bytes ---------------------------------------------------------------------------------------------


def test_every_group_of_vectors_is_tried_here_or_is_known_not_to_be_ours() -> None:
    assert TRIED | set(NOT_OURS) == set(VECTORS)
    assert TRIED.isdisjoint(NOT_OURS)


def test_the_group_is_that_of_all_four_clients() -> None:
    assert int(GROUP["N_hex"], 16) == N
    assert N.bit_length() == GROUP["bits"]
    assert GROUP["g"] == G
    assert f"{K:x}" == GROUP["expected_k_hex"]


def test_the_key_is_cut_from_hkdf_with_cognitos_label_and_length() -> None:
    key = derive_key(0x80, 0xFF)
    assert key == hkdf(b"\x00\x80", b"\x00\xff", GROUP["hkdf_info"].encode())
    assert len(key) == GROUP["hkdf_length_bytes"]


@pytest.mark.parametrize("row", rows(vectors("hkdf_sha256")))
def test_hkdf_begins_as_the_rfc_says(row: Row) -> None:
    salt, material, info = (bytes.fromhex(row[f"{name}_hex"]) for name in ("salt", "ikm", "info"))
    assert hkdf(salt, material, info) == bytes.fromhex(row["expected_okm_hex"])[:16]


def test_numbers_are_encoded_as_javascript_encodes_them() -> None:
    table: list[tuple[int, str]] = SIGNED["js_padded_hex_table"]["rows"]
    assert [encode(value).hex().upper() for value, _ in table] == [text for _, text in table]


def test_numbers_are_encoded_as_dart_encodes_them() -> None:
    table: list[tuple[int, list[int]]] = SIGNED["dart"]["encode_signed"]
    assert [list(encode(value)) for value, _ in table] == [octets for _, octets in table]
    unsigned: list[tuple[int, list[int]]] = SIGNED["dart"]["encode_unsigned"]
    assert [list(encode(value).lstrip(b"\x00")) for value, _ in unsigned] == [octets for _, octets in unsigned]


def test_salt_bytes_are_read_as_dart_reads_unsigned_numbers() -> None:
    table: list[tuple[list[int], int]] = SIGNED["dart"]["decode_unsigned"]
    salts = [alices_verifier(salt=bytes(octets)).salt_hex for octets, _ in table]
    assert [int(salt, 16) for salt in salts] == [value for _, value in table]


def test_numbers_are_encoded_as_swift_encodes_them_but_for_the_sign_bytes_it_drops_or_adds() -> None:
    table: list[tuple[int, str]] = SIGNED["swift"]["rows"]
    for value, text in table:
        octets = bytes.fromhex(text)
        assert int.from_bytes(encode(value), signed=True) == value
        assert encode(value).endswith(octets) or octets.endswith(encode(value))


@settings(derandomize=True, database=None)
@drawn(st.integers(min_value=0, max_value=N))
def test_an_encoded_number_is_what_javascript_pads_it_to(value: int) -> None:
    assert encode(value) == padded(value)


# The two profiles ----------------------------------------------------------------------------------------------------

EXPONENTS = {
    "1": 1,
    "one digit of the table": 63,
    "the table's second row": 64,
    "256 ones": (1 << 256) - 1,
    "the table's last": (1 << 258) - 1,
    "beyond the table": 1 << 258,
    "513 bits, as S has": (1 << 512) + 12345,
    "1024 bits, as Amplify's a has": (1 << 1024) - 1,
    "256 random bits": seeded(1).getrandbits(256),
    "a row of zeros inside": (1 << 255) + 1,
}


@pytest.mark.parametrize("exponent", EXPONENTS.values(), ids=EXPONENTS)
def test_powers_of_g_are_those_of_python(arithmetic: Arithmetic, exponent: int) -> None:
    assert arithmetic.power_of_g(exponent) == pow(G, exponent, N)


@pytest.mark.parametrize("base", [0, 1, 2, N - 1, seeded(2).randrange(N)], ids=["0", "1", "2", "N-1", "random"])
@pytest.mark.parametrize("exponent", [1, 2, seeded(3).getrandbits(513), seeded(4).getrandbits(1024)])
def test_powers_are_those_of_python(arithmetic: Arithmetic, base: int, exponent: int) -> None:
    assert arithmetic.power(base, exponent) == pow(base, exponent, N)


def test_powers_are_plain_integers(arithmetic: Arithmetic) -> None:
    assert {type(arithmetic.power_of_g(5)), type(arithmetic.power_of_g(1 << 300)), type(arithmetic.power(3, 5))} == {
        int
    }


def test_threads_that_make_the_table_at_once_all_count_right() -> None:
    table = srp._powers_of_g  # pyright: ignore[reportPrivateUsage] # first use cannot be had twice from outside
    table.cache_clear()
    start = threading.Barrier(4)
    found: list[int] = []

    def count() -> None:
        start.wait()
        found.append(FAST.power_of_g(EXPONENTS["256 random bits"]))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [pow(G, EXPONENTS["256 random bits"], N)] * 4
    assert table.cache_info().currsize == 1


@pytest.fixture
def _nobody_is_preempted() -> Iterator[None]:
    """Let a thread run only when another gives up the GIL of its own accord."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    yield
    sys.setswitchinterval(interval)


def lets_another_thread_run(work: Callable[[], object], *, times: int) -> bool:
    go, ran = threading.Event(), threading.Event()

    def other() -> None:
        go.wait()
        ran.set()

    thread = threading.Thread(target=other)
    thread.start()
    go.set()
    done = 0
    while done < times and not ran.is_set():
        work()
        done += 1
    let_it_run = ran.is_set()
    thread.join()
    return let_it_run


@pytest.mark.usefixtures("_nobody_is_preempted")
def test_a_power_lets_other_threads_run(arithmetic: Arithmetic) -> None:
    assert lets_another_thread_run(lambda: arithmetic.power(3, (1 << 512) + 1), times=2000)


@pytest.mark.usefixtures("_nobody_is_preempted")
def test_pythons_own_power_lets_no_other_thread_run() -> None:
    assert not lets_another_thread_run(lambda: pow(3, (1 << 512) + 1, N), times=5)


# The client ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows(vectors("password_claim")))
def test_a_password_claim_is_that_of_amplify_flutter(row: Row, arithmetic: Arithmetic) -> None:
    pair = keys(number(row, "a"), arithmetic)
    assert int(pair.public.reveal(), 16) == number(row, "A")
    identity = f"{row['pool_name']}{row['user_id_for_srp']}".encode()
    assert compute_u(number(row, "A"), number(row, "B")) == number(row, "derived_u")
    assert compute_x(number(row, "salt"), identity, Secret(row["password"])) == number(row, "derived_x")
    key = derive_key(number(row, "derived_u"), number(row, "derived_S"))
    assert key == base64.b64decode(row["derived_key_b64"])
    when = timestamp(datetime.fromisoformat(row["timestamp_utc_iso"]))
    assert when == row["timestamp"]

    found = claim(
        pool_name=row["pool_name"],
        user_id=row["user_id_for_srp"],
        password=Secret(row["password"]),
        key_pair=pair,
        salt_hex=row["salt_hex"],
        srp_b_hex=row["B_hex"],
        secret_block_b64=row["secret_block_b64"],
        timestamp=when,
        arithmetic=arithmetic,
    )

    assert found.reveal() == row["expected_signature_b64"]


@pytest.mark.parametrize("row", rows(vectors("authentication_key")))
def test_the_key_behind_a_claim_is_that_of_amplify_flutter(row: Row, arithmetic: Arithmetic) -> None:
    key = base64.b64decode(row["expected_key_b64"])
    assert derive_key(number(row, "derived_u"), number(row, "derived_S")) == key
    assert compute_u(number(row, "A"), number(row, "B")) == number(row, "derived_u")

    found = claim(
        pool_name=row["pool_name"],
        user_id=row["user_id_for_srp"],
        password=Secret(row["password"]),
        key_pair=keys(number(row, "a"), arithmetic),
        salt_hex=row["salt_hex"],
        srp_b_hex=row["B_hex"],
        arithmetic=arithmetic,
    )

    signed = f"{row['pool_name']}{row['user_id_for_srp']}".encode() + base64.b64decode(BLOCK) + TIMESTAMP.encode()
    assert found.reveal() == signature(key, signed)


@pytest.mark.parametrize("row", rows(vectors("u")))
def test_u_is_that_of_amplify_swift(row: Row) -> None:
    assert compute_u(number(row, "A"), number(row, "B")) == number(row, "expected_u")


@pytest.mark.parametrize("row", rows(vectors("shared_secret")))
def test_the_shared_secret_is_that_of_amplify_swift_even_with_a_salt_of_31_digits(
    row: Row, arithmetic: Arithmetic
) -> None:
    pair = keys(number(row, "a"), arithmetic)
    assert int(pair.public.reveal(), 16) == number(row, "A")
    assert compute_u(number(row, "A"), number(row, "B")) == number(row, "derived_u")
    x = compute_x(number(row, "salt"), row["identity"].encode(), Secret(row["password"]))
    assert x == number(row, "derived_x")
    key = derive_key(number(row, "derived_u"), number(row, "expected_S"))
    assert key == base64.b64decode(row["derived_key_b64"])

    found = claim(
        pool_name=row["identity"][:9],
        user_id=row["identity"][9:],
        password=Secret(row["password"]),
        key_pair=pair,
        salt_hex=row["salt_hex"],
        srp_b_hex=row["B_hex"],
        arithmetic=arithmetic,
    )

    assert found.reveal() == signature(key, row["identity"].encode() + base64.b64decode(BLOCK) + TIMESTAMP.encode())


@pytest.mark.parametrize("row", rows(vectors("stepwise")))
def test_each_step_is_that_of_amplify_android_but_the_key_is_decoded_before_it_signs(
    row: Row, arithmetic: Arithmetic
) -> None:
    """Android's test signs with the base64 text of the key, which no server would accept."""
    identity = f"{row['pool_name']}{row['user_id_for_srp']}".encode()
    pair = keys(number(row, "a"), arithmetic)
    assert int(pair.public.reveal(), 16) == number(row, "A")
    assert compute_u(number(row, "A"), number(row, "B")) == number(row, "expected_u")
    assert compute_x(number(row, "salt"), identity, Secret(row["password"])) == number(row, "expected_x")
    key = derive_key(number(row, "expected_u"), number(row, "expected_S"))
    assert key == base64.b64decode(row["expected_key_b64"])

    found = claim(
        pool_name=row["pool_name"],
        user_id=row["user_id_for_srp"],
        password=Secret(row["password"]),
        key_pair=pair,
        salt_hex=row["salt_hex"],
        srp_b_hex=row["B_hex"],
        secret_block_b64=row["secret_block_b64"],
        timestamp=row["timestamp"],
        arithmetic=arithmetic,
    )

    assert found.reveal() == row["derived_M1_with_decoded_16_byte_key_b64"]
    message = identity + base64.b64decode(row["secret_block_b64"]) + row["timestamp"].encode()
    assert signature(row["expected_key_b64"].encode(), message) == row["test_M1_b64"]
    assert found.reveal() != row["test_M1_b64"]


def test_a_recorded_challenge_is_answered_as_the_second_opinion_answers_it(arithmetic: Arithmetic) -> None:
    user, salt, server_public = CHALLENGE["USER_ID_FOR_SRP"], int(CHALLENGE["SALT"], 16), int(CHALLENGE["SRP_B"], 16)
    a = int(CLIENT_KEYS.private.reveal(), 16)
    x = hashed(padded(salt), hashlib.sha256(f"{POOL}{user}:{PASSWORD.reveal()}".encode()).digest())
    u = hashed(padded(pow(2, a, N)), padded(server_public))
    key = derive_key(u, pow(server_public - K * pow(2, x, N), a + u * x, N))
    block = base64.b64decode(CHALLENGE["SECRET_BLOCK"])

    found = claim(
        user_id=user,
        salt_hex=CHALLENGE["SALT"],
        srp_b_hex=CHALLENGE["SRP_B"],
        secret_block_b64=CHALLENGE["SECRET_BLOCK"],
        arithmetic=arithmetic,
    )

    assert found.reveal() == signature(key, f"{POOL}{user}".encode() + block + TIMESTAMP.encode())


def test_client_keys_are_hexadecimal_without_padding(arithmetic: Arithmetic) -> None:
    drawn = drawn_from(41)[1]
    pair = key_pair(drawn, arithmetic)
    assert pair.private.reveal() == f"{int.from_bytes(drawn):x}"
    assert pair.public.reveal() == f"{pow(G, int.from_bytes(drawn), N):x}"
    assert len(pair.public.reveal()) < 767  # this one begins with a zero byte, which is not written


@pytest.mark.parametrize("size", [0, 31, 33, 128])
def test_client_keys_are_made_of_32_bytes_and_no_other_number(size: int) -> None:
    with pytest.raises(SrpParameterError, match="a is not made of 32 random bytes"):
        key_pair(b"\x01" * size, FAST)


def test_a_random_source_that_gives_zeros_makes_no_keys(arithmetic: Arithmetic) -> None:
    with pytest.raises(SrpParameterError, match="a is 0"):
        key_pair(bytes(32), arithmetic)
    with pytest.raises(SrpParameterError, match="b is 0"):
        server_challenge(VERIFIER, bytes(32), arithmetic)


@attrs.frozen
class BrokenArithmetic:
    """An arithmetic that answers the same to everything."""

    answer: int

    def power_of_g(self, _exponent: int, /) -> int:
        return self.answer

    def power(self, _base: int, _exponent: int, /) -> int:
        return self.answer


@pytest.mark.parametrize("public", [0, N, 2 * N], ids=["0", "N", "2N"])
def test_a_client_key_of_0_is_not_sent(public: int) -> None:
    with pytest.raises(SrpParameterError, match="SRP_A is 0 modulo N"):
        key_pair(b"\x01" * 32, BrokenArithmetic(public))


# Client and server ---------------------------------------------------------------------------------------------------


def test_alices_sign_in_goes_as_worked_out_independently(arithmetic: Arithmetic) -> None:
    salt = bytes.fromhex("a244c038c0fd9192b9b5538344ce41ab")
    kept = alices_verifier(arithmetic, salt=salt)
    theirs = server_challenge(kept, b"\x22" * 128, arithmetic)
    ours = keys(int.from_bytes(b"\x11" * 128), arithmetic)
    client_public, server_public = int(ours.public.reveal(), 16), int(theirs.public.reveal(), 16)
    x = compute_x(int.from_bytes(salt), b"EXAMPLE12alice", PASSWORD)
    u = compute_u(client_public, server_public)
    shared_secret = arithmetic.power(client_public * arithmetic.power(kept.v, u) % N, int(theirs.private.reveal(), 16))

    assert f"{x:x}" == "12b38c9c5ec23a89f465b60f204f57964ef6f039cc8c017ac9596d37bb1725ac"
    assert [hashlib.sha256(encode(value)).hexdigest() for value in (kept.v, client_public, server_public)] == [
        "07522856418b3f3d09d61890738fe99483648dae2763763baabc2184e235c16f",
        "f9f3f0f4857fcc7a83f7a2d602d3783150c9cc42175f8c53bf8d15aa0fd3761f",
        "58d969fef867734c7efb0eca372d28b8ca74eb6f33dbe34d1738bc3d0106e158",
    ]
    assert f"{u:x}" == "a4970fbb76d433ed39dbb7ae1ba799b23b5792588557e4a79f2883a4eb128faf"
    assert derive_key(u, shared_secret).hex() == "df7057328e46d07c7fd816502d0a7778"
    challenge = {"salt_hex": kept.salt_hex, "srp_b_hex": theirs.public.reveal()}
    found = claim(key_pair=ours, arithmetic=arithmetic, **challenge)
    assert found.reveal() == "Fd8H3B1W0sf/FYUCFaYrkBSJ4KOtqv0Dp/GHJywew68="
    answer = {"srp_a_hex": ours.public.reveal(), "arithmetic": arithmetic}
    assert accepted(found, verifier=kept, server_keys=theirs, **answer)


@pytest.mark.parametrize("row", rows(vectors("derived_end_to_end")["rows"]))
def test_people_and_devices_sign_in_from_end_to_end(row: Row, arithmetic: Arithmetic) -> None:
    first, second, password = row["first_identity_part"], row["second_identity_part"], Secret(row["password"])
    salt = number(row, "salt").to_bytes(16)
    kept = verifier(pool_name=first, user_id=second, password=password, salt=salt, arithmetic=arithmetic)
    assert kept == Verifier(salt_hex=row["salt_hex"], v=number(row, "verifier"))
    theirs = server_challenge(kept, number(row, "server_b").to_bytes(32), arithmetic)
    assert theirs.public.reveal() == row["B_hex"]
    ours = keys(number(row, "a"), arithmetic)
    assert ours.public.reveal() == row["A_hex"]
    assert compute_u(number(row, "A"), number(row, "B")) == number(row, "u")
    assert compute_x(number(row, "salt"), f"{first}{second}".encode(), password) == number(row, "x")
    assert derive_key(number(row, "u"), number(row, "S")) == base64.b64decode(row["key_b64"])

    asked = {"secret_block_b64": row["secret_block_b64"], "timestamp": row["timestamp"], "arithmetic": arithmetic}
    who = {"pool_name": first, "user_id": second}
    found = claim(password=password, key_pair=ours, salt_hex=row["salt_hex"], srp_b_hex=row["B_hex"], **who | asked)
    assert found.reveal() == row["signature_b64"]
    server = {"verifier": kept, "server_keys": theirs, "srp_a_hex": row["A_hex"], **who, **asked}
    assert accepted(found, **server)
    assert expected(**server) == found


@pytest.mark.parametrize("row", rows(vectors("derived_device_verifier")["rows"]))
def test_a_device_uploads_the_verifier_of_its_own_password(row: Row, arithmetic: Arithmetic) -> None:
    kept = verifier(
        pool_name=row["device_group_key"],
        user_id=row["device_key"],
        password=Secret(row["device_password"]),
        salt=bytes.fromhex(row["salt_input_hex"]),
        arithmetic=arithmetic,
    )
    assert kept.v == number(row, "derived_verifier")
    upload = device_upload(
        group_key=row["device_group_key"],
        key=row["device_key"],
        password=Secret(row["device_password"]),
        salt=bytes.fromhex(row["salt_input_hex"]),
        arithmetic=arithmetic,
    )
    assert upload.verifier.reveal() == row["derived_password_verifier_b64"]
    assert upload.salt.reveal() == row["derived_salt_b64"]
    assert int.from_bytes(base64.b64decode(row["derived_salt_b64"])) == int(kept.salt_hex, 16)
    identity = f"{row['device_group_key']}{row['device_key']}".encode()
    x = compute_x(number(row, "salt_input"), identity, Secret(row["device_password"]))
    assert x == number(row, "derived_x")


# Numbers that clients have been known to pad wrongly, and a seed whose sign-in has such a one. Found by search.
NUMBERS = ("client_public", "server_public", "shared_secret", "u", "salt", "a", "b")
SEEDS = {
    "has its top bit set": (1, 3, 0, 1, 0, 1, 2),
    "has a leading zero byte": (41, 187, 51, 5, 769, 85, 823),
    "has an odd number of digits": (13, 0, 6, 2, 21, 13, 4),
}
BITS = {"client_public": 3072, "server_public": 3072, "shared_secret": 3072, "u": 256, "salt": 128, "a": 256, "b": 256}
LOOKS: dict[str, Callable[[int, int], bool]] = {
    "has its top bit set": lambda value, bits: value.bit_length() == bits,
    "has a leading zero byte": lambda value, bits: value.bit_length() <= bits - 8,
    "has an odd number of digits": lambda value, bits: bits - 8 < value.bit_length() <= bits - 4,
}


@pytest.mark.parametrize(
    ("name", "look", "seed"),
    [
        pytest.param(name, look, seed, id=f"{name} {look}")
        for look, seeds in SEEDS.items()
        for name, seed in zip(NUMBERS, seeds, strict=True)
    ],
)
def test_both_sides_agree_with_the_second_opinion_when(name: str, look: str, seed: int, arithmetic: Arithmetic) -> None:
    book = exchange_of(seed)
    assert LOOKS[look](getattr(book, name), BITS[name])

    salt, a, b = drawn_from(seed)
    kept = alices_verifier(arithmetic, salt=salt)
    theirs = server_challenge(kept, b, arithmetic)
    ours = key_pair(a, arithmetic)
    found = claim(key_pair=ours, salt_hex=kept.salt_hex, srp_b_hex=theirs.public.reveal(), arithmetic=arithmetic)

    assert (int(kept.salt_hex, 16), kept.v) == (book.salt, book.v)
    assert int(ours.public.reveal(), 16) == book.client_public
    assert int(theirs.public.reveal(), 16) == book.server_public
    assert found.reveal() == book.signature
    assert accepted(found, verifier=kept, server_keys=theirs, srp_a_hex=ours.public.reveal(), arithmetic=arithmetic)


def test_client_and_server_may_count_with_different_profiles() -> None:
    assert accepted(claim(arithmetic=HardenedArithmetic()), arithmetic=FAST)
    assert accepted(claim(arithmetic=FAST), arithmetic=HardenedArithmetic())


def upper_case(digits: str) -> str:
    return digits.upper()


def with_a_sign_byte(digits: str) -> str:
    return f"00{digits}"


@pytest.mark.parametrize("spelling", [upper_case, with_a_sign_byte])
def test_numbers_are_read_in_every_spelling_that_clients_use(spelling: Callable[[str], str]) -> None:
    proof = claim()
    assert claim(srp_b_hex=spelling(GIVEN_TO_CLIENT["srp_b_hex"]), salt_hex=spelling(VERIFIER.salt_hex)) == proof
    assert accepted(proof, srp_a_hex=spelling(GIVEN_TO_SERVER["srp_a_hex"]))


@pytest.mark.parametrize(
    "changed",
    [
        {"password": Secret("Passw0rd?")},
        {"password": Secret("")},
        {"user_id": "Alice"},
        {"pool_name": "EXAMPLE13"},
        {"salt_hex": "1"},
        {"timestamp": "Sat Nov 1 09:05:04 UTC 2025"},
        {"secret_block_b64": base64.b64encode(bytes(range(1, 65))).decode()},
        {"key_pair": key_pair(b"\x07" * 32, FAST)},
        {"srp_b_hex": server_challenge(VERIFIER, b"\x07" * 32, FAST).public.reveal()},
    ],
    ids=lambda changed: next(iter(cast("Row", changed))),
)
def test_a_proof_made_with_anything_else_is_not_accepted(changed: Row, arithmetic: Arithmetic) -> None:
    assert not accepted(claim(**changed), arithmetic=arithmetic)


@pytest.mark.parametrize(
    "claimed", ["", "AAAA", "not base64 \ud800", "A" * 1_000_000], ids=["empty", "short", "odd", "1 MB"]
)
def test_a_claim_of_any_shape_is_judged_without_a_fuss(claimed: str) -> None:
    assert not accepted(Secret(claimed))


def test_a_proof_that_differs_in_one_character_is_not_accepted() -> None:
    proof = claim().reveal()
    for place in (0, 20, 42):
        changed = "B" if proof[place] == "A" else "A"
        assert not accepted(Secret(proof[:place] + changed + proof[place + 1 :]))


def test_a_server_keeps_of_the_password_only_its_salt_and_verifier() -> None:
    assert [field.name for field in attrs.fields(Verifier)] == ["salt_hex", "v"]
    assert [field.name for field in attrs.fields(ServerKeys)] == ["private", "public"]


# pycognito -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pycognitos_client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that draws from a seed and has one time of day."""

    def same_time(_instant: datetime) -> str:
        return TIMESTAMP

    monkeypatch.setattr(PYCOGNITO.os, "urandom", seeded(5).randbytes)
    monkeypatch.setattr(PYCOGNITO.AWSSRP, "get_cognito_formatted_timestamp", staticmethod(same_time))
    return PYCOGNITO.AWSSRP(USER, PASSWORD.reveal(), f"eu-west-1_{POOL}", "a-client", client=object())


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_pycognito_proves_a_password_to_our_server(pycognitos_client: Any, arithmetic: Arithmetic) -> None:
    request: dict[str, str] = pycognitos_client.get_auth_params()
    challenge = {
        "USERNAME": USER,
        "USER_ID_FOR_SRP": USER,
        "SALT": VERIFIER.salt_hex,
        "SRP_B": SERVER_KEYS.public.reveal(),
        "SECRET_BLOCK": BLOCK,
    }

    answer: dict[str, str] = pycognitos_client.process_challenge(challenge, request)
    pycognitos_client.password = "Passw0rd?"
    wrong: dict[str, str] = pycognitos_client.process_challenge(challenge, request)

    answered = {"srp_a_hex": request["SRP_A"], "timestamp": answer["TIMESTAMP"], "arithmetic": arithmetic}
    assert accepted(Secret(answer["PASSWORD_CLAIM_SIGNATURE"]), **answered)
    assert not accepted(Secret(wrong["PASSWORD_CLAIM_SIGNATURE"]), **answered)


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_pycognito_sends_the_proof_that_our_client_sends(pycognitos_client: Any, arithmetic: Arithmetic) -> None:
    pycognitos_client.small_a_value = int(CLIENT_KEYS.private.reveal(), 16)
    pycognitos_client.large_a_value = pycognitos_client.calculate_a()
    request: dict[str, str] = pycognitos_client.get_auth_params()
    challenge = CHALLENGE | {"USERNAME": USER, "USER_ID_FOR_SRP": USER}

    answer: dict[str, str] = pycognitos_client.process_challenge(challenge, request)

    assert request["SRP_A"] == CLIENT_KEYS.public.reveal()
    ours = claim(
        salt_hex=CHALLENGE["SALT"],
        srp_b_hex=CHALLENGE["SRP_B"],
        secret_block_b64=CHALLENGE["SECRET_BLOCK"],
        arithmetic=arithmetic,
    )
    assert answer["PASSWORD_CLAIM_SIGNATURE"] == ours.reveal()


@pytest.mark.usefixtures("pycognitos_client")
def test_pycognito_makes_the_same_device_verifier(arithmetic: Arithmetic) -> None:
    group, device = "-groupKey1", "eu-west-1_1"
    drawn: tuple[str, dict[str, str]] = PYCOGNITO.generate_hash_device(group, device)
    password, uploaded = drawn
    salt = base64.b64decode(uploaded["Salt"])
    kept = verifier(pool_name=group, user_id=device, password=Secret(password), salt=salt, arithmetic=arithmetic)
    assert base64.b64encode(encode(kept.v)).decode() == uploaded["PasswordVerifier"]


def test_pycognito_makes_the_same_secret_hash() -> None:
    theirs: str = PYCOGNITO.AWSSRP.get_secret_hash("j\u00f6rg", "a-client", "its secret")
    assert secret_hash("j\u00f6rg", "a-client", Secret("its secret")).reveal() == theirs


def test_pycognito_writes_the_same_timestamps() -> None:
    for day in range(0, 366, 5):
        instant = datetime(2024, 1, 1, 0, 59, 9, tzinfo=UTC) + timedelta(days=day, hours=day)
        assert timestamp(instant) == PYCOGNITO.AWSSRP.get_cognito_formatted_timestamp(instant)


# The hash of the client's secret, and the timestamp ------------------------------------------------------------------


@pytest.mark.parametrize("row", rows(vectors("secret_hash")))
def test_a_secret_hash_is_that_of_amplify_flutter(row: Row) -> None:
    found = secret_hash(row["username"], row["client_id"], Secret(row["client_secret"]))
    assert found.reveal() == row["expected_b64"]


def test_alices_secret_hash_is_as_worked_out_independently() -> None:
    found = secret_hash("alice", "1example23456789", Secret("1234567890abcdefghijklmnop"))
    assert found.reveal() == "WVuNOP1lbIyjL5wNWcH1RKzRouFXs/56hQfV6Xe5UL0="


@pytest.mark.parametrize(("instant", "text"), TIMESTAMPS)
def test_a_timestamp_is_written_as_cognito_reads_it(instant: str, text: str) -> None:
    assert timestamp(datetime.fromisoformat(instant)) == text


def test_a_timestamp_is_in_utc_whatever_the_zone_of_its_instant() -> None:
    instant = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(instant) == "Wed Dec 31 23:30:00 UTC 2025"


def test_a_timestamp_drops_what_is_below_a_second() -> None:
    assert timestamp(datetime(2025, 11, 1, 9, 5, 3, 999_999, tzinfo=UTC)) == TIMESTAMP


def test_days_and_months_have_their_english_names() -> None:
    year = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(366)]
    days, months, dates = zip(*(timestamp(instant).split()[:3] for instant in year), strict=True)
    assert list(days[:7]) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert list(dict.fromkeys(months)) == [
        *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    ]
    assert [int(date) for date in dates] == [instant.day for instant in year]
    assert all(not date.startswith("0") for date in dates)


class LocalisedInstant(datetime):
    """An instant that must not be written by means of the locale."""

    def strftime(self, format: str, /) -> NoReturn:  # noqa: A002 # the name that datetime gives it
        raise AssertionError(f"{format} is written in the language of the locale")

    def __format__(self, fmt: str, /) -> NoReturn:
        raise AssertionError(f"{fmt} is written in the language of the locale")


def test_a_timestamp_never_asks_the_locale() -> None:
    assert timestamp(LocalisedInstant(2025, 11, 1, 9, 5, 3, tzinfo=UTC)) == TIMESTAMP


def test_a_naive_instant_has_no_timestamp() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        timestamp(datetime(2025, 11, 1, 9, 5, 3))  # noqa: DTZ001 # what is refused here


# What is refused -----------------------------------------------------------------------------------------------------


class Endless(str):
    """A text of 200 MB that can be measured but must not be read."""

    __slots__ = ()

    def __len__(self) -> int:
        return 200_000_000

    def __iter__(self) -> NoReturn:
        raise AssertionError("a text too long to be read was read")


NOT_HEXADECIMAL = {
    "negative": "-1",
    "with a plus": "+1",
    "with a prefix": "0x1f",
    "with an underscore": "1_000",
    "with a space before": " 1f",
    "with a line break after": "1f\n",
    "with a space inside": "1 f",
    "with other letters": "12fg",
    "with Arabic digits": "\u0661\u0662",
    "with wide digits": "\uff11\uff12",
    "with a null": "1\x00",
}
REFUSED_INTEGERS: dict[str, tuple[str | None, str]] = {
    "missing": (None, "is missing"),
    "empty": ("", "is missing"),
    **{name: (text, "is not hexadecimal") for name, text in NOT_HEXADECIMAL.items()},
}
REFUSED_KEYS: dict[str, tuple[str | None, str]] = {
    **REFUSED_INTEGERS,
    "0": ("0", "is 0 modulo N"),
    "0 with padding": ("0" * 770, "is 0 modulo N"),
    "N": (f"{N:x}", "is 0 modulo N"),
    "N in upper case with a sign byte": (f"00{N:X}", "is 0 modulo N"),
    "2N": (f"{2 * N:x}", "is 0 modulo N"),
    "N+1": (f"{N + 1:x}", "is not below N"),
    "771 digits": ("0" * 770 + "1", "is longer than 770 characters"),
    "1 MB": ("A" * 1_000_000, "is longer than 770 characters"),
    "200 MB": (Endless("2"), "is longer than 770 characters"),
}
REFUSED_SALTS: dict[str, tuple[str | None, str]] = {
    **REFUSED_INTEGERS,
    "129 digits": ("1" * 129, "is longer than 128 characters"),
    "1 MB": ("A" * 1_000_000, "is longer than 128 characters"),
    "200 MB": (Endless("2"), "is longer than 128 characters"),
}
REFUSED_BLOCKS: dict[str, tuple[str | None, str]] = {
    "missing": (None, "is missing"),
    "empty": ("", "is missing"),
    "without padding": ("QQ", "is not base64"),
    "URL-safe": ("-_-_", "is not base64"),
    "with a line break": ("QUFB\nQUFB", "is not base64"),
    "with something after the padding": ("QQ==QQ==", "is not base64"),
    "not ASCII": ("\u00e4\u00e4\u00e4\u00e4", "is not base64"),
    "too long": ("A" * 8196, "is longer than 8192 characters"),
    "200 MB": (Endless("QUFB"), "is longer than 8192 characters"),
}
REFUSED_USER_IDS: dict[str, tuple[str | None, str]] = {
    "missing": (None, "is missing"),
    "empty": ("", "is missing"),
    "200 MB": (Endless("alice"), "is longer than 1024 characters"),
    "a lone surrogate": ("ali\ud800ce", "is not Unicode text: it has a lone surrogate"),
}
REFUSED_TIMESTAMPS: dict[str, tuple[str | None, str]] = {
    "empty": ("", "is missing"),
    "200 MB": (Endless(TIMESTAMP), "is longer than 64 characters"),
    "a lone surrogate": ("Sat\udfff", "is not Unicode text: it has a lone surrogate"),
}
ON_BOTH_SIDES = {
    "user_id": ("USER_ID_FOR_SRP", REFUSED_USER_IDS),
    "secret_block_b64": ("SECRET_BLOCK", REFUSED_BLOCKS),
    "timestamp": ("TIMESTAMP", REFUSED_TIMESTAMPS),
}
BY_THE_CLIENT = {"salt_hex": ("SALT", REFUSED_SALTS), "srp_b_hex": ("SRP_B", REFUSED_KEYS), **ON_BOTH_SIDES}
BY_THE_SERVER = {"srp_a_hex": ("SRP_A", REFUSED_KEYS), **ON_BOTH_SIDES}


def refusals(table: dict[str, tuple[str, dict[str, tuple[str | None, str]]]]) -> list[Any]:
    return [
        pytest.param({argument: value}, parameter, problem, id=f"{parameter} {name}")
        for argument, (parameter, cases) in table.items()
        for name, (value, problem) in cases.items()
    ]


def assert_refused(
    refused: pytest.ExceptionInfo[SrpParameterError], parameter: str, problem: str, value: str | None = None
) -> None:
    assert (refused.value.parameter, refused.value.problem) == (parameter, problem)
    assert str(refused.value) == f"{parameter} {problem}"
    assert refused.value.__cause__ is refused.value.__context__ is None
    report = report_of(refused.value)
    assert not secrets_in(report)
    if parameter not in ("USER_ID_FOR_SRP", "TIMESTAMP") and value is not None and len(value) > 1:
        assert repr(str(value)) not in report


def report_of(error: BaseException) -> str:
    """Return the error's traceback with the local variables of the module's own frames."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename != srp.__file__:
        step = step.tb_next
    assert step is not None
    return "".join(traceback.TracebackException(type(error), error, step, capture_locals=True).format())


def secrets_in(report: str) -> set[str]:
    """Return the names of those of Alice's secrets that a report shows."""
    x = compute_x(int(VERIFIER.salt_hex, 16), f"{POOL}{USER}".encode(), PASSWORD)
    a, b = (int(pair.private.reveal(), 16) for pair in (CLIENT_KEYS, SERVER_KEYS))
    numbers = {"x": x, "v": VERIFIER.v, "a": a, "b": b}
    shown = {name for name, value in numbers.items() if str(value) in report or f"{value:x}" in report}
    return shown | ({"password"} if PASSWORD.reveal() in report else set())


@pytest.mark.parametrize(("changed", "parameter", "problem"), refusals(BY_THE_CLIENT))
def test_the_client_refuses(changed: Row, parameter: str, problem: str) -> None:
    with pytest.raises(SrpParameterError) as refused:
        claim(**changed)
    assert_refused(refused, parameter, problem, *changed.values())


@pytest.mark.parametrize(("changed", "parameter", "problem"), refusals(BY_THE_SERVER))
def test_the_server_refuses(changed: Row, parameter: str, problem: str) -> None:
    with pytest.raises(SrpParameterError) as refused:
        accepted(Secret("AAAA"), **changed)
    assert_refused(refused, parameter, problem, *changed.values())


@pytest.mark.parametrize("row", rows(vectors("rejects")))
def test_the_client_refuses_what_flutter_and_swift_refuse(row: Row) -> None:
    """All are 0 modulo N; Swift's is so long a multiple that its length is reason enough."""
    too_long = len(row["B_hex"]) > 770
    assert number(row, "B") % N == 0
    with pytest.raises(SrpParameterError) as refused:
        claim(srp_b_hex=row["B_hex"])
    assert_refused(refused, "SRP_B", "is longer than 770 characters" if too_long else "is 0 modulo N")


@attrs.frozen
class HashOfZeros:
    """A hash function that has been broken for good."""

    data: bytes

    def digest(self) -> bytes:
        return bytes(32)


def test_neither_side_goes_on_with_a_u_of_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srp, "sha256", HashOfZeros)
    with pytest.raises(SrpParameterError) as refused_by_client:
        claim()
    with pytest.raises(SrpParameterError) as refused_by_server:
        expected()
    monkeypatch.undo()
    assert_refused(refused_by_client, "u", "is 0")
    assert_refused(refused_by_server, "u", "is 0")


def test_a_server_key_of_0_is_not_sent(arithmetic: Arithmetic) -> None:
    drawn = b"\x05" * 32
    unlucky = Verifier(salt_hex="1", v=-pow(G, int.from_bytes(drawn), N) * pow(K, -1, N) % N)
    with pytest.raises(SrpParameterError, match="SRP_B is 0 modulo N"):
        server_challenge(unlucky, drawn, arithmetic)


@pytest.mark.parametrize("size", [0, 16, 31])
def test_server_keys_are_made_of_at_least_32_bytes(size: int) -> None:
    with pytest.raises(SrpParameterError, match="b is made of fewer than 32 random bytes"):
        server_challenge(VERIFIER, b"\x01" * size, FAST)


def test_a_password_that_has_no_utf8_form_is_refused_without_being_quoted() -> None:
    with pytest.raises(SrpParameterError) as refused:
        claim(password=Secret(f"{PASSWORD.reveal()}\ud800"))
    assert_refused(refused, "password", "is not Unicode text: it has a lone surrogate")


def test_a_username_or_client_secret_that_has_no_utf8_form_has_no_secret_hash() -> None:
    with pytest.raises(SrpParameterError, match="username is not Unicode text"):
        secret_hash("ali\ud800ce", "a-client", Secret("its secret"))
    with pytest.raises(SrpParameterError, match="client secret is not Unicode text"):
        secret_hash("alice", "a-client", Secret("its \ud800 secret"))


# What is shown -------------------------------------------------------------------------------------------------------


def test_nothing_that_is_kept_or_returned_shows_a_value() -> None:
    assert repr(CLIENT_KEYS) == "KeyPair(private=Secret(***), public=Secret(***))"
    assert repr(SERVER_KEYS) == "ServerKeys(private=Secret(***), public=Secret(***))"
    assert repr(VERIFIER) == "Verifier()"
    assert repr(claim()) == "Secret(***)"
    assert repr(expected()) == "Secret(***)"
    assert repr(secret_hash("alice", "a-client", Secret("its secret"))) == "Secret(***)"
