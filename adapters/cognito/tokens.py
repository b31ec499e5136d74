"""Reads the tokens of a reply: whose they are, for which device, and until when. Pure; no signature is judged here."""

import base64
from contextlib import suppress

import msgspec

from authsteps.engine.messages import Secret
from authsteps.flows.errors import BackendContractError
from authsteps.flows.model import AuthUser, Tokens

from . import wire

__all__ = ["tokens_of"]


def tokens_of(result: wire.Result | None, old: Tokens | None = None) -> Tokens:
    """Return the tokens of a reply. A refresh may leave the id and the refresh token out, and the old ones then hold.

    Raises:
        BackendContractError: One is missing, or is no token, or they do not say whose they are.
    """
    access = result.AccessToken if result is not None else None
    identity = result.IdToken if result is not None else None
    refresh = result.RefreshToken if result is not None else None
    if old is not None:
        identity = identity or old.id.reveal()
        refresh = refresh or old.refresh.reveal()
    if not access or not identity or not refresh:
        raise BackendContractError("a reply lacks the access, the id or the refresh token")
    in_access, in_id = _claims(access, "access"), _claims(identity, "id")
    user_id = in_access.sub or in_id.sub
    username = in_id.cognito_username or in_id.username or in_access.username
    if not user_id or not username:
        raise BackendContractError("the tokens do not say whose they are")
    return Tokens(
        access=Secret(access),
        id=Secret(identity),
        refresh=Secret(refresh),
        access_expires_at=in_access.expires_at,
        id_expires_at=in_id.expires_at,
        user=AuthUser(user_id, username),
        device_key=in_access.device_key or (old.device_key if old is not None else None),
    )


def _claims(token: str, use: str) -> wire.Claims:
    # What can quote the token is passed over, so that it is not the context of ours.
    with suppress(IndexError, ValueError, RecursionError):  # msgspec's and binascii's errors are ValueErrors
        payload = token.split(".")[1]
        decoded = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return msgspec.json.decode(decoded, type=wire.Claims)
    raise BackendContractError(f"the {use} token is no JSON web token")
