"""Tokens: issued at the top of the ladder, refreshed, revoked, and checked when they come back.

Source: Cognito developer guide, 'Understanding user pool JSON web tokens (JWTs)', 'Refresh tokens' and 'Ending user
sessions with token revocation'; Amazon Cognito user pools API reference, GetTokensFromRefreshToken and RevokeToken.
"""

from functools import partial

import attrs

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret

from .directory import Client, RefreshFamily, User, UserStatus
from .errors import Cause, refusal
from .members import Members, Texts
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
        self._forget_expired(user)
        # Known before it is signed, so that a global sign-out meanwhile ends it too.
        user.families[origin.event_id] = family
        self._pool.refresh_tokens[family.token_digest] = (user, family)
        issued = await self._issue(user, client, origin)
        return attrs.evolve(issued, refresh=refresh)

    async def get_tokens_from_refresh_token(self, request: Members) -> dict[str, Json]:
        """GetTokensFromRefreshToken."""
        token = request.secret("RefreshToken")
        client = self._pool.client_of(request)
        if not self._proves_secret(client, request):
            raise refusal(Cause.CLIENT_SECRET_WRONG, client_id=client.client_id)
        user, family = self._known(token, client)
        return {"AuthenticationResult": (await self._refresh(user, family, client)).members()}

    async def refresh_token_auth(self, client: Client, parameters: Texts) -> dict[str, Json]:
        """InitiateAuth with REFRESH_TOKEN_AUTH. The secret hash is over the user's canonical name."""
        token, given = parameters.required("REFRESH_TOKEN"), parameters.optional("SECRET_HASH")
        if client.client_secret is not None and given is None:
            raise refusal(Cause.SECRET_HASH_MISSING, client_id=client.client_id)
        user, family = self._known(token, client)
        self._pool.check_secret_hash(client, user.username, given)
        tokens = await self._refresh(user, family, client)
        return {"AuthenticationResult": tokens.members(), "ChallengeParameters": {}}

    async def revoke_token(self, request: Members) -> dict[str, Json]:
        """RevokeToken. A token that nobody knows is none to revoke, which is no error."""
        token, client_id = request.secret("Token"), request.text("ClientId")
        client = self._pool.clients.get(client_id)
        if client is None or not self._proves_secret(client, request):
            raise refusal(Cause.CLIENT_UNAUTHORIZED, client_id=client_id)
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
        user = await self.user_of(request, gone=Cause.ACCESS_TOKEN_REVOKED)
        self.revoke_all(user)
        return {}

    def revoke_all(self, user: User) -> None:
        """End all of a user's sessions."""
        user.signed_out_at = self._pool.now()
        for family in user.families.values():
            family.revoked = True

    async def user_of(self, request: Members, *, gone: Cause = Cause.USER_NOT_FOUND) -> User:
        """Return the user whom the request's access token speaks for, if the account can be used.

        Args:
            request: What holds the token.
            gone: The refusal where the user is no more. The service model of some operations has no
                ``UserNotFoundException``.

        Raises:
            ServiceError: The token is none, expired, revoked or without the scope, or the user may not use it.
        """
        user = await self.holder_of(request, gone=gone)
        if user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        if user.status is UserStatus.UNCONFIRMED:
            raise refusal(Cause.USER_NOT_CONFIRMED)
        return user

    async def holder_of(self, request: Members, *, gone: Cause) -> User:
        """Return the user whom the request's access token speaks for, whatever the state of the account.

        The arguments and errors are those of ``user_of``.
        """
        now = self._pool.now()
        claims = (await self._pool.token_issuer()).verify_access_token(request.secret("AccessToken"), now)
        user = self._pool.users.by_sub(claims.sub)
        family = user.families.get(claims.event_id) if user is not None else None
        # A family is forgotten after its refresh token has expired. What is left of it ends with a global sign-out,
        # too; tokens count whole seconds.
        signed_out_at = user.signed_out_at if user is not None else None
        ended = signed_out_at is not None and claims.iat <= int(signed_out_at.timestamp())
        if (family is not None and family.revoked) or (family is None and ended):
            raise refusal(Cause.ACCESS_TOKEN_REVOKED)
        if SELF_SERVICE_SCOPE not in claims.scope.split():
            raise refusal(Cause.ACCESS_TOKEN_WITHOUT_SCOPE)
        if user is None:
            raise refusal(gone)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        return user

    def _known(self, token: Secret, client: Client) -> tuple[User, RefreshFamily]:
        user, family = self._pool.refresh_tokens.get(token_digest(token), (None, None))
        if user is None or family is None or family.origin.client_id != client.client_id:
            raise refusal(Cause.REFRESH_TOKEN_INVALID)
        return user, family

    async def _refresh(self, user: User, family: RefreshFamily, client: Client) -> IssuedTokens:
        if family.revoked:
            raise refusal(Cause.REFRESH_TOKEN_REVOKED)
        if self._pool.now() >= family.expires_at:
            raise refusal(Cause.REFRESH_TOKEN_EXPIRED)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        return await self._issue(user, client, family.origin)

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
        for event_id, family in tuple(user.families.items()):
            if now >= family.expires_at:
                del user.families[event_id]
                self._pool.refresh_tokens.pop(family.token_digest, None)
