"""What users do with their passkeys once they are signed in.

Source: Amazon Cognito user pools API reference, per operation; AWS command line reference,
start-web-authn-registration and list-web-authn-credentials.
"""

from authsteps.adapters.cognito.transport import Json

from .directory import FirstFactor, Passkey, PendingPasskey, UserStatus
from .errors import Cause, refusal
from .grants import Bearer, Grants
from .members import Members
from .pages import page
from .passkeys import CHALLENGE_BYTES, MOST_PASSKEYS, registration_options, verify_registration
from .state import Pool

__all__ = ["Registrations"]


class Registrations:
    """The operations on one's own passkeys.

    Args:
        pool: The pool.
        grants: Says whom an access token speaks for.
    """

    def __init__(self, pool: Pool, grants: Grants) -> None:
        self._pool = pool
        self._grants = grants

    async def start(self, request: Members) -> dict[str, Json]:
        """StartWebAuthnRegistration. Whoever starts anew cannot finish what was started before.

        The challenge waits as long as one of a sign-in does; how long the service waits is not known.
        """
        bearer = await self._bearer_of(request)
        self._check_are_allowed()
        config = self._pool.settings.web_authn
        if config is None:
            raise refusal(Cause.PASSKEYS_NOT_CONFIGURED)
        if len(bearer.user.passkeys) >= MOST_PASSKEYS:
            raise refusal(Cause.PASSKEY_LIMIT_EXCEEDED)
        challenge = self._pool.entropy.random_bytes(CHALLENGE_BYTES)
        expires_at = self._pool.now() + bearer.client.auth_session_validity
        bearer.user.pending_passkey = PendingPasskey(challenge, bearer.client.client_id, expires_at)
        return {"CredentialCreationOptions": registration_options(config, bearer.user, challenge)}

    async def complete(self, request: Members) -> dict[str, Json]:
        """CompleteWebAuthnRegistration. A credential that was refused may be sent again, right this time."""
        credential = request.document("Credential")
        bearer = await self._bearer_of(request)
        self._check_are_allowed()
        user, now, config = bearer.user, self._pool.now(), self._pool.settings.web_authn
        pending = user.pending_passkey
        if config is None or pending is None or now >= pending.expires_at:
            raise refusal(Cause.PASSKEY_CHALLENGE_NOT_FOUND)
        if pending.client_id != bearer.client.client_id:
            raise refusal(Cause.PASSKEY_OF_ANOTHER_CLIENT)
        passkey = verify_registration(config, user, credential, pending.challenge, now)
        if passkey.credential_id in user.passkeys:
            raise refusal(Cause.PASSKEY_NOT_SUPPORTED)
        if len(user.passkeys) >= MOST_PASSKEYS:
            raise refusal(Cause.PASSKEY_LIMIT_EXCEEDED)
        user.passkeys[passkey.credential_id] = passkey
        user.pending_passkey = None
        user.modified = now
        return {}

    async def list(self, request: Members) -> dict[str, Json]:
        """ListWebAuthnCredentials."""
        bearer = await self._bearer_of(request)
        piece = page(
            bearer.user.passkeys.values(),
            lambda passkey: f"{passkey.created.timestamp():020.6f} {passkey.credential_id}",
            most=MOST_PASSKEYS,
            limit=request.optional_number("MaxResults"),
            token=request.optional_text("NextToken"),
        )
        reply: dict[str, Json] = {"Credentials": [_members_of(passkey) for passkey in piece.items]}
        return reply if piece.token is None else {**reply, "NextToken": piece.token}

    async def delete(self, request: Members) -> dict[str, Json]:
        """DeleteWebAuthnCredential."""
        credential_id = request.text("CredentialId")
        user = (await self._bearer_of(request)).user
        if credential_id not in user.passkeys:
            raise refusal(Cause.PASSKEY_UNKNOWN)
        del user.passkeys[credential_id]
        user.modified = self._pool.now()
        return {}

    async def _bearer_of(self, request: Members) -> Bearer:
        """Return whom the token speaks for.

        The service model of these operations has no ``UserNotFoundException`` and no ``UserNotConfirmedException``.
        """
        bearer = await self._grants.holder_of(request, gone=Cause.ACCESS_TOKEN_REVOKED)
        if bearer.user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        return bearer

    def _check_are_allowed(self) -> None:
        if FirstFactor.WEB_AUTHN not in self._pool.settings.first_factors:
            raise refusal(Cause.PASSKEYS_OFF)


def _members_of(passkey: Passkey) -> dict[str, Json]:
    attachment: dict[str, Json] = {}
    if passkey.attachment is not None:
        attachment = {"AuthenticatorAttachment": passkey.attachment}
    return {
        "CredentialId": passkey.credential_id,
        "FriendlyCredentialName": passkey.name,
        "RelyingPartyId": passkey.relying_party_id,
        **attachment,
        "AuthenticatorTransports": list(passkey.transports),
        "CreatedAt": passkey.created.timestamp(),
    }
