"""Tokens: issued at the top of the ladder, refreshed, revoked, and checked when they come back.

Source: Cognito developer guide, 'Understanding user pool JSON web tokens (JWTs)', 'Refresh tokens' and 'Ending user
sessions with token revocation'; Amazon Cognito user pools API reference, GetTokensFromRefreshToken and RevokeToken.
"""

from functools import partial

import attrs

from authsteps.adapters.cognito.transport import Json

from .directory import Client, RefreshFamily, User, UserStatus
from .errors import Cause, refusal
from .members import Members
from .state import Pool
from .tokens import SELF_SERVICE_SCOPE, IssuedTokens, Origin, make_refresh_token, token_digest

__all__ = ["Grants"]

_PARTS_OF_A_SIGNED_TOKEN = 3


class Grants:
    """Everything about the pool's tokens.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sign_in(self, user: User, client: Client) -> IssuedTokens:
        """Issue the tokens of a new sign-in."""
        now = self._pool.now()
        origin = Origin(
            sub=user.sub,
            username=user.username,
            client_id=client.client_id,
            auth_time=now,
            event_id=self._pool.new_uuid(),
            origin_jti=self._pool.new_uuid(),
            revocable=client.enable_token_revocation,
        )
        refresh = make_refresh_token(self._pool.entropy)
        family = RefreshFamily(origin, token_digest(refresh), now + client.refresh_token_validity)
        issued = await self._issue(user, client, origin)
        self._forget_expired(user)
        user.families[origin.origin_jti] = family
        self._pool.refresh_tokens[family.token_digest] = (user, family)
        return attrs.evolve(issued, refresh=refresh)

    async def get_tokens_from_refresh_token(self, request: Members) -> dict[str, Json]:
        """GetTokensFromRefreshToken."""
        token = request.secret("RefreshToken")
        client = self._pool.client_of(request)
        if not self._proves_secret(client, request):
            raise refusal(Cause.CLIENT_SECRET_WRONG, client_id=client.client_id)
        user, family = self._pool.refresh_tokens.get(token_digest(token), (None, None))
        if user is None or family is None or family.origin.client_id != client.client_id:
            raise refusal(Cause.REFRESH_TOKEN_INVALID)
        if family.revoked:
            raise refusal(Cause.REFRESH_TOKEN_REVOKED)
        if self._pool.now() >= family.expires_at:
            raise refusal(Cause.REFRESH_TOKEN_EXPIRED)
        if self._pool.users.by_sub(user.sub) is not user:
            raise refusal(Cause.REFRESH_TOKEN_INVALID)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        return {"AuthenticationResult": (await self._issue(user, client, family.origin)).members()}

    async def revoke_token(self, request: Members) -> dict[str, Json]:
        """RevokeToken. A token that nobody knows is none to revoke, which is no error."""
        token = request.secret("Token")
        client = self._pool.client_of(request)
        if not self._proves_secret(client, request):
            raise refusal(Cause.CLIENT_UNAUTHORIZED, client_id=client.client_id)
        if token.reveal().count(".") == _PARTS_OF_A_SIGNED_TOKEN - 1:
            raise refusal(Cause.NOT_A_REFRESH_TOKEN)
        if not client.enable_token_revocation:
            raise refusal(Cause.REVOCATION_OFF)
        _, family = self._pool.refresh_tokens.get(token_digest(token), (None, None))
        if family is not None:
            if family.origin.client_id != client.client_id:
                raise refusal(Cause.CLIENT_UNAUTHORIZED, client_id=client.client_id)
            family.revoked = True
        return {}

    async def global_sign_out(self, request: Members) -> dict[str, Json]:
        """GlobalSignOut."""
        user = await self.user_of(request)
        self.revoke_all(user)
        return {}

    def revoke_all(self, user: User) -> None:
        """End all of a user's sessions."""
        user.signed_out_at = self._pool.now()
        for family in user.families.values():
            family.revoked = True

    async def user_of(self, request: Members) -> User:
        """Return the user whom the request's access token speaks for.

        Raises:
            ServiceError: The token is none, expired, revoked or without the scope, or the user may not use it.
        """
        now = self._pool.now()
        claims = (await self._pool.token_issuer()).verify_access_token(request.secret("AccessToken"), now)
        user = self._pool.users.by_sub(claims.sub)
        family = user.families.get(claims.origin_jti) if user is not None and claims.origin_jti is not None else None
        # Without an id of the family in the token, only a global sign-out can end it; tokens count whole seconds.
        signed_out_at = user.signed_out_at if user is not None else None
        ended = signed_out_at is not None and claims.iat <= int(signed_out_at.timestamp())
        if (family is not None and family.revoked) or (family is None and ended):
            raise refusal(Cause.ACCESS_TOKEN_REVOKED)
        if SELF_SERVICE_SCOPE not in claims.scope.split():
            raise refusal(Cause.ACCESS_TOKEN_WITHOUT_SCOPE)
        if user is None:
            raise refusal(Cause.USER_NOT_FOUND)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        if user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        if user.status is UserStatus.UNCONFIRMED:
            raise refusal(Cause.USER_NOT_CONFIRMED)
        return user

    async def _issue(self, user: User, client: Client, origin: Origin) -> IssuedTokens:
        """Sign an access and an id token. Signing takes a millisecond each, so it is done in a thread."""
        issuer = await self._pool.token_issuer()
        now = self._pool.now()
        access = partial(
            issuer.access_token,
            origin,
            jti=self._pool.new_uuid(),
            issued_at=now,
            lifetime=client.access_token_validity,
            groups=user.groups,
        )
        identity = partial(
            issuer.id_token,
            origin,
            dict(user.attributes),
            jti=self._pool.new_uuid(),
            issued_at=now,
            lifetime=client.id_token_validity,
            groups=user.groups,
        )
        return await self._pool.in_thread(lambda: IssuedTokens(access(), identity(), client.access_token_validity))

    def _proves_secret(self, client: Client, request: Members) -> bool:
        if client.client_secret is None:
            return True
        given = request.optional_secret("ClientSecret")
        return given is not None and given == client.client_secret

    def _forget_expired(self, user: User) -> None:
        now = self._pool.now()
        for origin_jti, family in tuple(user.families.items()):
            if now >= family.expires_at:
                del user.families[origin_jti]
                self._pool.refresh_tokens.pop(family.token_digest, None)
