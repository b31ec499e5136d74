"""SRP-6a as Cognito does it, both sides: proving a password without sending it.

Client: ``key_pair``, then ``password_claim`` on what the challenge brought. Server: ``verifier`` when a password is
set, ``server_challenge`` when a sign-in starts, ``check_signature`` when its proof arrives. A remembered device signs
in the same way, with its group key in place of the pool name, its key in place of the user id, and its own password.

Everything here is a pure function of its arguments: random bytes and instants come in, nothing is read. What came over
the wire is measured, then parsed, then checked; only then is a secret turned into a number. So a refusal raises while
no frame holds one, and a traceback that prints local variables shows neither a secret nor the text that was refused.

Where Cognito leaves RFC 5054: g is 2, the hash is SHA-256, numbers are hashed in their shortest signed form and g is
not padded to the length of N, the user id joins the pool name, and the key is cut from HKDF.

Source: RFC 5054; RFC 3526, section 4 (the group); AWS Amplify's clients for Cognito's own choices (amplify-js
``srp/getAuthenticationHelper``, amplify-flutter ``srp_helper.dart``), which agree with one another.
"""

import base64
import hmac
import string
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Final, Protocol, cast

import attrs
import gmpy2  # type: ignore[import-untyped] # it ships no types; _Gmpy2 states those of the four members used here

from authsteps.engine.messages import Secret

__all__ = [
    "Arithmetic",
    "DeviceUpload",
    "FastArithmetic",
    "G",
    "HardenedArithmetic",
    "K",
    "KeyPair",
    "N",
    "ServerKeys",
    "SrpParameterError",
    "Verifier",
    "check_signature",
    "compute_u",
    "compute_x",
    "derive_key",
    "device_upload",
    "encode",
    "expected_signature",
    "hkdf",
    "is_public_key",
    "key_pair",
    "password_claim",
    "secret_hash",
    "server_challenge",
    "timestamp",
    "verifier",
]


class SrpParameterError(ValueError):
    """A parameter that SRP cannot, or must not, go on with. The text never quotes its value.

    Args:
        parameter: Its name on the wire (``SRP_B``), or in this module (``password``).
        problem: What is wrong with it, to be read after the name: ``is missing``, ``is 0 modulo N``.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(parameter, problem)
        self.parameter = parameter
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.parameter} {self.problem}"


# The group -----------------------------------------------------------------------------------------------------------


def encode(number: int) -> bytes:
    """Return a number as it is hashed: the shortest big-endian two's complement.

    A positive number whose top bit is set gets a leading zero byte, and only then. 0 is one zero byte.

    Source: amplify-js, ``srp/getPaddedHex``, which does what Java's ``BigInteger.toByteArray`` does.
    """
    magnitude = number if number >= 0 else ~number
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


N: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
"""The modulus: a safe prime of 3072 bits. Source: RFC 3526, section 4; RFC 5054, appendix A."""

G: Final = 2
"""The generator. RFC 5054 pairs this N with 5; Cognito takes 2."""

K: Final = int.from_bytes(sha256(encode(N) + encode(G)).digest())
"""SRP-6a's multiplier, H(N, g), without RFC 5054's padding of g."""


# The arithmetic ------------------------------------------------------------------------------------------------------


class Arithmetic(Protocol):
    """Exponentiation modulo N: nearly all of what SRP costs, so it can be chosen.

    Exponents are at least 1 and of any length: a client's own may have 256 bits, or 1024 as Amplify's have.
    Implementations hold no state of a sign-in and may be shared by threads.
    """

    def power_of_g(self, exponent: int, /) -> int:
        """Return G to the power of ``exponent``, modulo N."""
        ...

    def power(self, base: int, exponent: int, /) -> int:
        """Return ``base`` (0 to N - 1) to the power of ``exponent``, modulo N, and let other threads run meanwhile."""
        ...


class _Gmpy2(Protocol):
    """The types of what is used of gmpy2. Its ``mpz`` behaves as an int."""

    mpz: Callable[[int], int]
    powmod_base_list: Callable[[list[int], int, int], list[int]]
    powmod_sec: Callable[[int, int, int], int]

    def context(self, *, allow_release_gil: bool) -> AbstractContextManager[object]: ...


_gmpy2 = cast("_Gmpy2", gmpy2)

_DIGIT_BITS: Final = 6
_ROWS: Final = 43
_TABLE_BITS: Final = _DIGIT_BITS * _ROWS  # 258: a private key of 256 bits, and x and u, which are SHA-256 digests


@cache
def _powers_of_g() -> tuple[tuple[int, ...], ...]:
    """Return G ** (digit * 64 ** row) modulo N for every digit and row: 1.1 MiB, made in about 10 ms at first use.

    Two threads that meet here at first use both make it; the tables are equal and one of them is kept.
    """
    modulus, base = _gmpy2.mpz(N), _gmpy2.mpz(G)
    table: list[tuple[int, ...]] = []
    for _ in range(_ROWS):
        row = [_gmpy2.mpz(1)]
        for _ in range(1, 1 << _DIGIT_BITS):
            row.append(row[-1] * base % modulus)
        table.append(tuple(row))
        base = row[-1] * base % modulus
    return tuple(table)


@attrs.frozen
class FastArithmetic:
    """The quick profile, and the usual choice: sliding windows, and a table for the powers of G.

    Which table cells and windows it touches depends on the exponent. That tells nothing to the other end of a network;
    where strangers share the processor's caches, take ``HardenedArithmetic``.
    """

    def power_of_g(self, exponent: int, /) -> int:
        """Return G to the power of ``exponent``: 43 short products for up to 258 bits, too quick to let go of the GIL."""
        if exponent.bit_length() > _TABLE_BITS:
            return self.power(G, exponent)
        product, modulus = _gmpy2.mpz(1), _gmpy2.mpz(N)
        for row in _powers_of_g():
            product = product * row[exponent % len(row)] % modulus
            exponent >>= _DIGIT_BITS
        return int(product)

    def power(self, base: int, exponent: int, /) -> int:
        """Return ``base`` to the power of ``exponent``. gmpy2's list forms release the GIL, whatever the context."""
        return int(_gmpy2.powmod_base_list([base], exponent, N)[0])


@attrs.frozen
class HardenedArithmetic:
    """The profile whose exponentiations take a time and a trail in memory that depend on no secret but its length.

    It covers the exponentiations, which handle a secret for milliseconds, and costs about two and a half times as
    much. Hashing and the few sums and products around them are ordinary Python.
    """

    def power_of_g(self, exponent: int, /) -> int:
        """Return G to the power of ``exponent``."""
        return self.power(G, exponent)

    def power(self, base: int, exponent: int, /) -> int:
        """Return ``base`` to the power of ``exponent``. The GIL is released by a context that is left at once."""
        with _gmpy2.context(allow_release_gil=True):
            return int(_gmpy2.powmod_sec(base, exponent, N))


# The formulas both sides share ---------------------------------------------------------------------------------------


def compute_u(client_public: int, server_public: int) -> int:
    """Return u, which binds a proof to both public keys.

    Raises:
        SrpParameterError: u is 0, which would take the password out of the proof.

    Source: Stanford SRP, "SRP Protocol Design" (the user aborts if u == 0).
    """
    u = int.from_bytes(sha256(encode(client_public) + encode(server_public)).digest())
    if u == 0:
        raise SrpParameterError("u", "is 0")
    return u


def compute_x(salt: int, identity: bytes, password: Secret) -> int:
    """Return x, the private key that stands for a password.

    Args:
        salt: As an integer: leading zeros of its text or bytes do not count.
        identity: The pool name directly followed by the user id, in UTF-8.
        password: As typed.

    Raises:
        SrpParameterError: The password has a lone surrogate, so it has no UTF-8 form.
    """
    credentials = sha256(identity + b":" + _utf8("password", password)).digest()
    return int.from_bytes(sha256(encode(salt) + credentials).digest())


def hkdf(salt: bytes, material: bytes, info: bytes) -> bytes:
    """Return the first 16 bytes of HKDF-SHA256. Source: RFC 5869, section 2."""
    return hmac.digest(hmac.digest(salt, material, "sha256"), info + b"\x01", "sha256")[:16]


def derive_key(u: int, shared_secret: int) -> bytes:
    """Return the 16 bytes that sign the proof, made from u and S."""
    return hkdf(encode(u), encode(shared_secret), b"Caldera Derived Key")


def secret_hash(username: str, client_id: str, client_secret: Secret) -> Secret:
    """Return the ``SECRET_HASH`` that an app client with a secret sends beside a username, in base64.

    Raises:
        SrpParameterError: The username or the client's secret has a lone surrogate, so it has no UTF-8 form.

    Source: Cognito developer guide, "Computing secret hash values".
    """
    message = _utf8("username", Secret(username + client_id))
    return _sign(_utf8("client secret", client_secret), message)


def timestamp(instant: datetime) -> str:
    """Return an instant as proofs carry it: ``Sat Nov 1 09:05:03 UTC 2025``, in English whatever the locale.

    Raises:
        ValueError: The instant is naive.

    Source: amplify-js, ``srp/getNowString``: the day of the month has neither a leading zero nor padding.
    """
    if instant.utcoffset() is None:
        raise ValueError("a proof's timestamp is made from an aware instant; this one has no time zone")
    # ctime knows English only, unlike strftime, and pads the day with a space that split takes away.
    *day_and_time, year = instant.astimezone(UTC).ctime().split()
    return " ".join([*day_and_time, "UTC", year])


# The client ----------------------------------------------------------------------------------------------------------


@attrs.frozen
class KeyPair:
    """A client's keys for one sign-in, in lower-case hexadecimal without padding.

    Attributes:
        private: The exponent a.
        public: A, which the client sends as ``SRP_A``.
    """

    private: Secret
    public: Secret


def key_pair(random: bytes, arithmetic: Arithmetic) -> KeyPair:
    """Return fresh client keys.

    With ``FastArithmetic`` it takes a fraction of a millisecond, so it may run on an event loop (the very first power
    of G in a process takes about ten); with ``HardenedArithmetic`` it takes a few, so it belongs in a worker thread.

    Args:
        random: 32 bytes from a source fit for cryptography.
        arithmetic: The profile to count with.

    Raises:
        SrpParameterError: There are not 32 bytes, all of them are 0, or they lead to a public key of 0.

    Source: RFC 5054, section 2.5.4 (at least 256 bits); amplify-swift takes 256 as well.
    """
    if len(random) != _PRIVATE_KEY_BYTES:
        raise SrpParameterError("a", f"is not made of {_PRIVATE_KEY_BYTES} random bytes")
    private = _private_key("a", random)
    public = arithmetic.power_of_g(int(private.reveal(), 16))
    if public % N == 0:
        raise SrpParameterError("SRP_A", "is 0 modulo N")
    return KeyPair(private=private, public=_hexadecimal(public))


def password_claim(
    *,
    pool_name: str,
    user_id: str | None,
    password: Secret,
    key_pair: KeyPair,
    salt_hex: Secret | None,
    srp_b_hex: Secret | None,
    secret_block_b64: Secret | None,
    timestamp: str,
    arithmetic: Arithmetic,
) -> Secret:
    """Return ``PASSWORD_CLAIM_SIGNATURE``, in base64: the proof that the person knows the password.

    It takes milliseconds, nearly all of them in one ``Arithmetic.power`` that lets other threads run: call it in a
    worker thread.

    Args:
        pool_name: The pool's id after its first ``_``; for a device, its group key.
        user_id: ``USER_ID_FOR_SRP``, which need not be what the person typed; for a device, its key.
        password: As typed; for a device, its own.
        key_pair: The keys whose public one went out as ``SRP_A``.
        salt_hex: ``SALT``, at most 128 hexadecimal digits; Cognito sends 32 or a few less.
        srp_b_hex: ``SRP_B``, at most 770 hexadecimal digits: as many as N has, and a sign byte.
        secret_block_b64: ``SECRET_BLOCK``, at most 8192 characters; Cognito sends 1712.
        timestamp: The text that goes out as ``TIMESTAMP``.
        arithmetic: The profile to count with.

    Raises:
        SrpParameterError: A parameter of the challenge is missing, too long, not in its encoding or out of its range,
            u is 0, or the password has no UTF-8 form.

    Source: RFC 5054, sections 2.5.3 (B) and 2.6 (S); amplify-flutter, ``srp_helper.dart`` (the signature).
    """
    identity = _identity(pool_name, user_id)
    salt = _integer("SALT", salt_hex, longest=_SALT_DIGITS)
    server_public = _public_key("SRP_B", srp_b_hex)
    message = _signed_message(identity, secret_block_b64, timestamp)
    u = compute_u(int(key_pair.public.reveal(), 16), server_public)
    x = compute_x(salt, identity, password)  # the last that can refuse; from here on the frame holds secrets
    base = (server_public - K * arithmetic.power_of_g(x)) % N
    shared_secret = arithmetic.power(base, int(key_pair.private.reveal(), 16) + u * x)
    return _sign(derive_key(u, shared_secret), message)


# The server ----------------------------------------------------------------------------------------------------------


@attrs.frozen
class Verifier:
    """What a server keeps in place of a password. A thief cannot sign in with it, but can try guesses on it.

    Attributes:
        salt_hex: The salt as the challenge's ``SALT``: an integer in hexadecimal, without leading zeros.
        v: G to the power of x, modulo N. A device uploads it as base64 of ``encode(v)``.
    """

    salt_hex: str = attrs.field(repr=False)
    v: int = attrs.field(repr=False)


def verifier(*, pool_name: str, user_id: str | None, password: Secret, salt: bytes, arithmetic: Arithmetic) -> Verifier:
    """Return what to keep of a password. A client makes its device's verifier with it, too.

    Args:
        pool_name: The pool's id after its first ``_``; for a device, its group key.
        user_id: The canonical user name, as ``USER_ID_FOR_SRP`` will give it; for a device, its key.
        password: As typed; for a device, base64 of 40 random bytes.
        salt: Random bytes, 16 as a rule. They are read as one integer.
        arithmetic: The profile to count with.

    Raises:
        SrpParameterError: The user id is missing, too long or without UTF-8 form, or the password is without one.

    Source: RFC 5054, section 2.4; amplify-js, ``srp/AuthenticationHelper.generateHashDevice``.
    """
    salt_number = int.from_bytes(salt)
    x = compute_x(salt_number, _identity(pool_name, user_id), password)
    return Verifier(salt_hex=f"{salt_number:x}", v=arithmetic.power_of_g(x))


@attrs.frozen
class DeviceUpload:
    """What a client uploads of its device's password, in base64: ``DeviceSecretVerifierConfig``.

    Attributes:
        verifier: ``PasswordVerifier``.
        salt: ``Salt``.
    """

    verifier: Secret
    salt: Secret


def device_upload(*, group_key: str, key: str, password: Secret, salt: bytes, arithmetic: Arithmetic) -> DeviceUpload:
    """Return what to upload of a new device's password.

    Args:
        group_key: The device's group key.
        key: The device's key.
        password: Base64 of 40 random bytes.
        salt: 16 random bytes. They are read as one integer.
        arithmetic: The profile to count with.

    Raises:
        SrpParameterError: The key is missing, too long or without UTF-8 form.

    Source: amplify-js, ``srp/AuthenticationHelper.generateHashDevice``.
    """
    kept = verifier(pool_name=group_key, user_id=key, password=password, salt=salt, arithmetic=arithmetic)
    return DeviceUpload(verifier=_base64(encode(kept.v)), salt=_base64(encode(int.from_bytes(salt))))


@attrs.frozen
class ServerKeys:
    """A server's keys for one sign-in, in lower-case hexadecimal without padding.

    Attributes:
        private: The exponent b.
        public: B, which the challenge carries as ``SRP_B``.
    """

    private: Secret
    public: Secret


def server_challenge(verifier: Verifier, random: bytes, arithmetic: Arithmetic) -> ServerKeys:
    """Return fresh server keys for one sign-in of the verifier's owner.

    Args:
        verifier: What was kept of the password.
        random: At least 32 bytes from a source fit for cryptography.
        arithmetic: The profile to count with.

    Raises:
        SrpParameterError: There are fewer bytes, all of them are 0, or they lead to a public key of 0: draw again.

    Source: RFC 5054, section 2.5.3.
    """
    private = _private_key("b", random)
    public = (K * verifier.v + arithmetic.power_of_g(int(private.reveal(), 16))) % N
    if public == 0:
        raise SrpParameterError("SRP_B", "is 0 modulo N")
    return ServerKeys(private=private, public=_hexadecimal(public))


def is_public_key(srp_a_hex: Secret) -> bool:
    """Tell whether ``SRP_A`` as it came can be a client's public key."""
    try:
        _public_key("SRP_A", srp_a_hex)
    except SrpParameterError:
        return False
    return True


def expected_signature(
    *,
    pool_name: str,
    user_id: str | None,
    verifier: Verifier,
    server_keys: ServerKeys,
    srp_a_hex: Secret | None,
    secret_block_b64: Secret | None,
    timestamp: str,
    arithmetic: Arithmetic,
) -> Secret:
    """Return the signature that proves the verifier's password, in base64. To judge a proof, use ``check_signature``.

    It takes milliseconds, nearly all of them in ``Arithmetic.power``, which lets other threads run.

    Args:
        pool_name: As the verifier was made with.
        user_id: As the verifier was made with.
        verifier: What was kept of the password.
        server_keys: The keys whose public one went out as ``SRP_B``.
        srp_a_hex: ``SRP_A``, at most 770 hexadecimal digits, of either case.
        secret_block_b64: The ``SECRET_BLOCK`` that went out, at most 8192 characters.
        timestamp: ``TIMESTAMP`` as it came; whether it is true is for the caller to say.
        arithmetic: The profile to count with.

    Raises:
        SrpParameterError: A parameter is missing, too long, not in its encoding or out of its range, or u is 0.

    Source: RFC 5054, sections 2.5.4 (A) and 2.6 (S).
    """
    client_public = _public_key("SRP_A", srp_a_hex)
    message = _signed_message(_identity(pool_name, user_id), secret_block_b64, timestamp)
    u = compute_u(client_public, int(server_keys.public.reveal(), 16))
    base = client_public * arithmetic.power(verifier.v, u) % N
    shared_secret = arithmetic.power(base, int(server_keys.private.reveal(), 16))
    return _sign(derive_key(u, shared_secret), message)


def check_signature(
    claimed: Secret,
    *,
    pool_name: str,
    user_id: str | None,
    verifier: Verifier,
    server_keys: ServerKeys,
    srp_a_hex: Secret | None,
    secret_block_b64: Secret | None,
    timestamp: str,
    arithmetic: Arithmetic,
) -> bool:
    """Return whether a proof is right, in a time that does not depend on where it is wrong.

    Args:
        claimed: ``PASSWORD_CLAIM_SIGNATURE`` as it came.
        pool_name: As for ``expected_signature``, like the rest.
        user_id: The same.
        verifier: The same.
        server_keys: The same.
        srp_a_hex: The same.
        secret_block_b64: The same.
        timestamp: The same.
        arithmetic: The same.

    Raises:
        SrpParameterError: As for ``expected_signature``.
    """
    expected = expected_signature(
        pool_name=pool_name,
        user_id=user_id,
        verifier=verifier,
        server_keys=server_keys,
        srp_a_hex=srp_a_hex,
        secret_block_b64=secret_block_b64,
        timestamp=timestamp,
        arithmetic=arithmetic,
    )
    return claimed == expected


# Reading and writing the wire's forms --------------------------------------------------------------------------------

_PRIVATE_KEY_BYTES: Final = 32
_PUBLIC_KEY_DIGITS: Final = 770
_SALT_DIGITS: Final = 128
_SECRET_BLOCK_CHARACTERS: Final = 8192
_USER_ID_CHARACTERS: Final = 1024
_TIMESTAMP_CHARACTERS: Final = 64

_HEXADECIMAL_DIGITS: Final = frozenset(string.hexdigits)


def _measured(parameter: str, text: Secret | None, longest: int) -> Secret:
    """Return a text that is there and not too long; its length is looked at before anything else."""
    if text is None or not text.reveal():
        raise SrpParameterError(parameter, "is missing")
    if len(text.reveal()) > longest:
        raise SrpParameterError(parameter, f"is longer than {longest} characters")
    return text


def _integer(parameter: str, text: Secret | None, *, longest: int) -> int:
    digits = _measured(parameter, text, longest)
    if not _HEXADECIMAL_DIGITS.issuperset(digits.reveal()):
        # int() would take signs, spaces, 0x, underscores and the digits of other scripts.
        raise SrpParameterError(parameter, "is not hexadecimal")
    return int(digits.reveal(), 16)


def _public_key(parameter: str, text: Secret | None) -> int:
    number = _integer(parameter, text, longest=_PUBLIC_KEY_DIGITS)
    if number % N == 0:
        raise SrpParameterError(parameter, "is 0 modulo N")
    if number > N:
        raise SrpParameterError(parameter, "is not below N")
    return number


def _private_key(parameter: str, random: bytes) -> Secret:
    if len(random) < _PRIVATE_KEY_BYTES:
        raise SrpParameterError(parameter, f"is made of fewer than {_PRIVATE_KEY_BYTES} random bytes")
    if not any(random):
        raise SrpParameterError(parameter, "is 0: the source of its random bytes is broken")
    return _hexadecimal(int.from_bytes(random))


def _hexadecimal(number: int) -> Secret:
    return Secret(f"{number:x}")


def _identity(pool_name: str, user_id: str | None) -> bytes:
    known = _measured("USER_ID_FOR_SRP", Secret(user_id or ""), _USER_ID_CHARACTERS)
    return _utf8("USER_ID_FOR_SRP", Secret(pool_name + known.reveal()))


def _signed_message(identity: bytes, secret_block_b64: Secret | None, timestamp: str) -> bytes:
    """Return what the proof signs: who, the server's block, and when."""
    block = _base64_decoded("SECRET_BLOCK", _measured("SECRET_BLOCK", secret_block_b64, _SECRET_BLOCK_CHARACTERS))
    return identity + block + _utf8("TIMESTAMP", _measured("TIMESTAMP", Secret(timestamp), _TIMESTAMP_CHARACTERS))


def _base64_decoded(parameter: str, text: Secret) -> bytes:
    with suppress(ValueError):
        return base64.b64decode(text.reveal(), validate=True)
    raise SrpParameterError(parameter, "is not base64")


def _utf8(parameter: str, text: Secret) -> bytes:
    with suppress(UnicodeEncodeError):  # it quotes the whole text, so ours is raised where it is no longer the context
        return text.reveal().encode()
    raise SrpParameterError(parameter, "is not Unicode text: it has a lone surrogate")


def _sign(key: bytes, message: bytes) -> Secret:
    return _base64(hmac.digest(key, message, "sha256"))


def _base64(data: bytes) -> Secret:
    return Secret(base64.b64encode(data).decode())
