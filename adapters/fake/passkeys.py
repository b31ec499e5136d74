"""Passkeys: what a browser is asked for, and what becomes of its answer.

Source: W3C Web Authentication, Level 2, 7.1 and 7.2; Cognito developer guide, 'Passkey sign-in'; service model,
StartWebAuthnRegistration and CompleteWebAuthnRegistration; AWS command line reference, start-web-authn-registration.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, TypeVar

import attrs
import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret

from .directory import Passkey, User
from .errors import Cause, refusal
from .settings import PasskeyUse, UserVerification, WebAuthnConfiguration

__all__ = [
    "CHALLENGE_BYTES",
    "MOST_PASSKEYS",
    "registration_options",
    "request_options",
    "verify_assertion",
    "verify_registration",
]

T = TypeVar("T")

CHALLENGE_BYTES: Final = 32
"""How long a challenge is. Source: W3C Web Authentication, 13.4.3, asks for 16 at least."""
MOST_PASSKEYS: Final = 20
"""How many a user may have. Source: service model, the longest list of credentials; that it is the limit is known from
experience.
"""
_ALGORITHMS: Final = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256]
_ASKED_FOR: Final = frozenset(
    {"rp", "user", "challenge", "pubKeyCredParams", "timeout", "excludeCredentials", "authenticatorSelection"}
)
"""The members that the service sends. Source: AWS command line reference, start-web-authn-registration."""
_ILL_FORMED: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""How the library turns away what is no credential: it answers some with Python's own errors."""


@attrs.frozen
class _ClientData:
    """What a browser says that it had signed."""

    type: str
    challenge: str
    origin: str


def registration_options(config: WebAuthnConfiguration, user: User, challenge: bytes) -> dict[str, Json]:
    """Return what a browser needs to make a passkey, as ``CredentialCreationOptions``.

    Args:
        config: For which site.
        user: For whom; the passkeys that this user has are not to be made again.
        challenge: What the browser must have signed.
    """
    name = user.attributes.get("email") or user.username
    options = generate_registration_options(
        rp_id=config.relying_party_id,
        rp_name=config.relying_party_id,
        user_id=user.sub.encode(),
        user_name=name,
        user_display_name=user.attributes.get("name") or name,
        challenge=challenge,
        exclude_credentials=_descriptors(config, user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement(config.user_verification.value),
        ),
        supported_pub_key_algs=_ALGORITHMS,
    )
    return {member: value for member, value in _members_of(options).items() if member in _ASKED_FOR}


def verify_registration(
    config: WebAuthnConfiguration, user: User, credential: Mapping[str, Json], challenge: bytes, now: datetime
) -> Passkey:
    """Return the passkey that a browser made. It is not the user's yet: the caller adds it.

    Args:
        config: For which site.
        user: Whose it shall be.
        credential: The browser's answer: a ``PublicKeyCredential`` as JSON.
        challenge: What it must have signed.
        now: The present instant.

    Raises:
        ServiceError: It answers another challenge, comes from an origin that is not allowed, was made for another site,
            or proves nothing.
    """
    made = _tried(lambda: parse_registration_credential_json(dict(credential)))
    said = _tried(lambda: _client_data_of(made)) if made is not None else None
    if made is None or said is None:
        raise refusal(Cause.PASSKEY_NOT_SUPPORTED)
    if _tried(lambda: base64url_to_bytes(said.challenge)) != challenge:
        raise refusal(Cause.PASSKEY_CHALLENGE_NOT_FOUND)
    if said.origin not in config.expected_origins:
        raise refusal(Cause.PASSKEY_ORIGIN_NOT_ALLOWED)
    data = _tried(lambda: parse_attestation_object(made.response.attestation_object).auth_data)
    if data is not None and data.rp_id_hash != sha256(config.relying_party_id.encode()).digest():
        raise refusal(Cause.PASSKEY_OF_ANOTHER_SITE)
    verified = _tried(
        lambda: verify_registration_response(
            credential=made,
            expected_challenge=challenge,
            expected_rp_id=config.relying_party_id,
            expected_origin=list(config.expected_origins),
            require_user_verification=_must_verify_user(config),
            supported_pub_key_algs=_ALGORITHMS,
        )
    )
    if verified is None:
        raise refusal(Cause.PASSKEY_NOT_SUPPORTED)
    return Passkey(
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        relying_party_id=config.relying_party_id,
        name=f"Passkey {len(user.passkeys) + 1}",
        attachment=made.authenticator_attachment.value if made.authenticator_attachment is not None else None,
        transports=tuple(transport.value for transport in made.response.transports or ()),
        created=now,
    )


def request_options(config: WebAuthnConfiguration, user: User, challenge: bytes) -> dict[str, Json]:
    """Return what a browser needs to prove that it holds one of the user's passkeys, as CREDENTIAL_REQUEST_OPTIONS.

    Args:
        config: For which site.
        user: Whose passkeys.
        challenge: What the browser must have signed.
    """
    options = generate_authentication_options(
        rp_id=config.relying_party_id,
        challenge=challenge,
        allow_credentials=_descriptors(config, user),
        user_verification=UserVerificationRequirement(config.user_verification.value),
    )
    return _members_of(options)


def verify_assertion(config: WebAuthnConfiguration, user: User, credential: Secret, challenge: bytes) -> Passkey:
    """Return the passkey that a browser proved to hold, and take note of its counter.

    Args:
        config: For which site.
        user: Who tries.
        credential: The browser's answer: a ``PublicKeyCredential`` as JSON text.
        challenge: What it must have signed.

    Raises:
        ServiceError: It is no proof: of another challenge, origin, site or user, with a wrong signature, without the
            user being verified where that is required, or seen before.
    """
    # No variable holds what was given where this raises: a log of the error may show them.
    proved = _tried(lambda: _proved(config, user, credential, challenge))
    if proved is None:
        raise refusal(Cause.PASSKEY_REFUSED)
    passkey, count = proved
    passkey.sign_count = count
    return passkey


def _proved(config: WebAuthnConfiguration, user: User, credential: Secret, challenge: bytes) -> tuple[Passkey, int]:
    """Return which passkey was proved to be there, and the authenticator's counter."""
    given = parse_authentication_credential_json(credential.reveal())
    passkey = user.passkeys[given.id]
    if given.response.user_handle not in (None, user.sub.encode()):
        raise LookupError("the passkey is another user's")
    verified = verify_authentication_response(
        credential=given,
        expected_challenge=challenge,
        expected_rp_id=config.relying_party_id,
        expected_origin=list(config.expected_origins),
        credential_public_key=passkey.public_key,
        credential_current_sign_count=passkey.sign_count,
        require_user_verification=_must_verify_user(config),
    )
    return passkey, verified.new_sign_count


def _members_of(options: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions) -> dict[str, Json]:
    return msgspec.json.decode(options_to_json(options), type=dict[str, Any])


def _descriptors(config: WebAuthnConfiguration, user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id))
        for passkey in user.passkeys.values()
        if passkey.relying_party_id == config.relying_party_id
    ]


def _must_verify_user(config: WebAuthnConfiguration) -> bool:
    return (
        config.user_verification is UserVerification.REQUIRED
        or config.use is PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION
    )


def _client_data_of(made: RegistrationCredential) -> _ClientData:
    return msgspec.json.decode(made.response.client_data_json, type=_ClientData)


def _tried(read: Callable[[], T]) -> T | None:
    """Return what ``read`` returns, or ``None`` for what is ill-formed or proves nothing."""
    try:
        return read()
    except _ILL_FORMED:
        return None
