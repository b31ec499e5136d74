"""A browser with an authenticator in it, made of arithmetic alone: what a person's device does in a passkey ceremony.

It is built on cryptography and CBOR and on nothing that the pool uses to check it. Each part of an answer can be
replaced, so that it can be forged.

Source: W3C Web Authentication, Level 2, 6.1, 6.5 and 5.8.1; RFC 9053 for the keys.
"""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import attrs
import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

RP_ID = "example.com"
ORIGIN = "https://example.com"

USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40
ES256 = -7


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@attrs.define
class Credential:
    """One passkey, as its authenticator keeps it."""

    id: bytes
    user_handle: str
    key: EllipticCurvePrivateKey
    uses: int = 0


@attrs.define
class Browser:
    """A browser on a site, and the authenticator that it talks to.

    Attributes:
        origin: Where it is.
        verifies_user: Whether the authenticator verifies its user each time.
        counts: Whether it counts how often a passkey was used. Passkeys that are synchronised do not.
        seed: Two browsers with different seeds make different passkeys.
    """

    origin: str = ORIGIN
    verifies_user: bool = True
    counts: bool = True
    seed: int = 0
    credentials: list[Credential] = attrs.field(factory=list[Credential])

    def create(self, options: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
        """Make a passkey, as ``navigator.credentials.create`` does, and return it as JSON.

        ``instead`` replaces the ``challenge``, the ``origin``, the ``rp_id``, the ``type`` or the ``algorithm``.
        """
        assert {"type": "public-key", "alg": ES256} in options["pubKeyCredParams"]
        known = {excluded["id"] for excluded in options["excludeCredentials"]}
        assert not known & {encoded(credential.id) for credential in self.credentials}, "InvalidStateError"
        made = self._new_credential(options["user"]["id"])
        data = self._data(instead.get("rp_id", options["rp"]["id"]), made, self._attested(made, **instead))
        statement: dict[str, bytes] = {}
        attestation = {"fmt": "none", "attStmt": statement, "authData": data}
        self.credentials.append(made)
        return self._answer(
            made,
            self._client_data("webauthn.create", options, instead),
            {"attestationObject": encoded(cbor2.dumps(attestation)), "transports": ["internal", "hybrid"]},
        )

    def get(self, options: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
        """Prove to hold a passkey, as ``navigator.credentials.get`` does, and return the proof as JSON.

        ``instead`` replaces the ``challenge``, the ``origin``, the ``rp_id``, the ``type``, the ``credential``, the
        ``signature`` or the ``user_handle``.
        """
        allowed = {descriptor["id"] for descriptor in options["allowCredentials"]}
        used = instead.get("credential")
        if used is None:
            used = next(credential for credential in self.credentials if encoded(credential.id) in allowed)
        used.uses += self.counts
        client_data = self._client_data("webauthn.get", options, instead)
        data = self._data(instead.get("rp_id", options["rpId"]), used)
        signature = used.key.sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            used,
            client_data,
            {
                "authenticatorData": encoded(data),
                "signature": encoded(instead.get("signature", signature)),
                "userHandle": instead.get("user_handle", used.user_handle),
            },
        )

    def get_json(self, options: str, **instead: Any) -> str:
        """Prove as ``get`` does, from and to JSON text: CREDENTIAL_REQUEST_OPTIONS in, CREDENTIAL out."""
        return json.dumps(self.get(json.loads(options), **instead))

    def _new_credential(self, user_handle: str) -> Credential:
        drawn = sha256(f"{self.seed} {len(self.credentials)}".encode()).digest()
        key = ec.derive_private_key(int.from_bytes(drawn) >> 8, ec.SECP256R1())
        return Credential(sha256(drawn).digest(), user_handle, key)

    def _attested(self, made: Credential, algorithm: int = ES256, **_: Any) -> bytes:
        point = made.key.public_key().public_numbers()
        public = {1: 2, 3: algorithm, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        return bytes(16) + len(made.id).to_bytes(2) + made.id + cbor2.dumps(public)

    def _data(self, rp_id: str, credential: Credential, attested: bytes = b"") -> bytes:
        flags = USER_PRESENT | USER_VERIFIED * self.verifies_user | HAS_CREDENTIAL * bool(attested)
        return sha256(rp_id.encode()).digest() + bytes([flags]) + credential.uses.to_bytes(4) + attested

    def _client_data(self, kind: str, options: Mapping[str, Any], instead: Mapping[str, Any]) -> bytes:
        said = {
            "type": instead.get("type", kind),
            "challenge": instead.get("challenge", options["challenge"]),
            "origin": instead.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _answer(self, credential: Credential, client_data: bytes, response: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": encoded(credential.id),
            "rawId": encoded(credential.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": encoded(client_data), **response},
        }
