"""Tokens: issued at the top of the ladder, refreshed, revoked, and checked when they come back.

Source: Cognito developer guide, 'Understanding user pool JSON web tokens (JWTs)', 'Refresh tokens' and 'Ending user
sessions with token revocation'; Amazon Cognito user pools API reference, GetTokensFromRefreshToken and RevokeToken.
"""

import base64
from datetime import timedelta
from functools import partial

import attrs

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import TriggerSource
from authsteps.engine.messages import Secret

from .directory import LONGEST_ACCESS, Client, Device, RefreshFamily, User, UserStatus
from .errors import Cause, refusal
from .firing import Call
from .members import Members, Texts
from .state import Pool
from .token_customisation import Customisation
from .token_generation import TokenGeneration
from .tokens import SELF_SERVICE_SCOPE, IssuedTokens, NewDevice, Origin, make_refresh_token, token_digest

__all__ = ["Bearer", "Grants"]

_PARTS_OF_A_SIGNED_TOKEN = 3


@attrs.frozen
class Bearer:
    """Whom an access token speaks for.

    Attributes:
        user: The user.
        client: The client that it was issued to.
        event_id: The sign-in that it descends from.
    """

    user: User
    client: Client
    event_id: str


class Grants:
    """Everything about the pool's tokens.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._generation = TokenGeneration(pool)

    async def sign_in(
        self,
        user: User,
        client: Client,
        *,
        device: Device | None = None,
        customisation: Customisation | None = None,
    ) -> IssuedTokens:
        """Issue the tokens of a new sign-in.

        Args:
            user: Who signed in.
            client: Through which client.
            device: The tracked device that took part. Where devices are tracked and none did, a new one is issued with
                the tokens; it waits to be confirmed.
            customisation: What becomes of the tokens; nothing if none is given.
        """
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
        self._forget_expired(user)
        is_new = device is None and self._pool.settings.devices is not None
        if is_new:
            device = self._new_device(origin.event_id)
            user.devices[device.key] = device
        elif device is not None:
            device.authenticated = now
        family = RefreshFamily(
            origin, {}, now + client.refresh_token_validity, device_key=device.key if device is not None else None
        )
        # Known before it is signed, so that a global sign-out meanwhile ends it too.
        refresh = self._new_refresh_token(user, family)
        issued = await self._issue(user, client, family, customisation or Customisation())
        new = NewDevice(device.key, device.group_key) if is_new and device is not None else None
        return attrs.evolve(issued, refresh=refresh, new_device=new)

    async def get_tokens_from_refresh_token(self, request: Members) -> dict[str, Json]:
        """GetTokensFromRefreshToken."""
        token = request.secret("RefreshToken")
        client = self._pool.client_of(request)
        if not self._proves_secret(client, request):
            raise refusal(Cause.CLIENT_SECRET_WRONG, client_id=client.client_id)
        call, device_key = Call.of(request, client.client_id), request.optional_text("DeviceKey")
        source = TriggerSource.TOKEN_GENERATION_REFRESH_TOKENS
        if self._pool.settings.refreshes_by_operation_as_sign_in:
            source = TriggerSource.TOKEN_GENERATION_AUTHENTICATION
        tokens = await self._refresh(client, token, device_key, call, source)
        return {"AuthenticationResult": tokens.members()}

    async def refresh_token_auth(self, client: Client, parameters: Texts) -> dict[str, Json]:
        """InitiateAuth with REFRESH_TOKEN_AUTH. The secret hash is over the user's canonical name."""
        token, given = parameters.required("REFRESH_TOKEN"), parameters.optional("SECRET_HASH")
        if client.client_secret is not None and given is None:
            raise refusal(Cause.SECRET_HASH_MISSING, client_id=client.client_id)
        user, _ = self._known(token, client)
        self._pool.check_secret_hash(client, user.username, given)
        if client.rotation_grace is not None:
            raise refusal(Cause.ROTATION_ON)
        device_key = parameters.optional("DEVICE_KEY")
        device = device_key.reveal() if device_key is not None else None
        source = TriggerSource.TOKEN_GENERATION_REFRESH_TOKENS
        tokens = await self._refresh(client, token, device, Call(client.client_id), source)
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
        user, family = self._pool.holder_of_refresh_token(token_digest(token))
        if user is not None and family is not None:
            if family.origin.client_id != client.client_id:
                raise refusal(Cause.CLIENT_UNAUTHORIZED, client_id=client.client_id)
            user.families[family.origin.event_id] = attrs.evolve(family, revoked=True)
        return {}

    async def global_sign_out(self, request: Members) -> dict[str, Json]:
        """GlobalSignOut."""
        user = await self.user_of(request, gone=Cause.ACCESS_TOKEN_REVOKED)
        self.revoke_all(user)
        return {}

    def revoke_all(self, user: User) -> None:
        """End all of a user's sessions."""
        user.signed_out_at = self._pool.now()
        for event_id, family in user.families.items():
            user.families[event_id] = attrs.evolve(family, revoked=True)

    def delete(self, user: User) -> None:
        """Forget a user. What was issued to the user dies."""
        self.revoke_all(user)
        for family in user.families.values():
            self._forget_tokens(family)
        self._pool.users.remove(user)

    async def user_of(self, request: Members, *, gone: Cause = Cause.USER_NOT_FOUND) -> User:
        """Return the user whom the request's access token speaks for, if the account can be used.

        The arguments and errors are those of ``bearer_of``.
        """
        return (await self.bearer_of(request, gone=gone)).user

    async def bearer_of(self, request: Members, *, gone: Cause = Cause.USER_NOT_FOUND) -> Bearer:
        """Return whom the request's access token speaks for, and through what, if the account can be used.

        Args:
            request: What holds the token.
            gone: The refusal where the user is no more. The service model of some operations has no
                ``UserNotFoundException``.

        Raises:
            ServiceError: The token is none, expired, revoked or without the scope, or the user may not use it.
        """
        bearer = await self.holder_of(request, gone=gone)
        if bearer.user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        if bearer.user.status is UserStatus.UNCONFIRMED:
            raise refusal(Cause.USER_NOT_CONFIRMED)
        return bearer

    async def holder_of(self, request: Members, *, gone: Cause) -> Bearer:
        """Return whom the request's access token speaks for, whatever the state of the account.

        The arguments and errors are those of ``bearer_of``.
        """
        now = self._pool.now()
        claims = (await self._pool.token_issuer()).verify_access_token(request.secret("AccessToken"), now)
        client = self._pool.clients.get(claims.client_id)
        if client is None:
            raise refusal(Cause.ACCESS_TOKEN_INVALID)
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
        return Bearer(user, client, claims.event_id)

    def _known(self, token: Secret, client: Client) -> tuple[User, RefreshFamily]:
        user, family = self._pool.holder_of_refresh_token(token_digest(token))
        if user is None or family is None or family.origin.client_id != client.client_id:
            raise refusal(Cause.REFRESH_TOKEN_INVALID)
        return user, family

    async def _refresh(
        self, client: Client, token: Secret, device_key: str | None, call: Call, source: TriggerSource
    ) -> IssuedTokens:
        user, family = self._refreshable(client, token, device_key)
        customisation = await self._generation.ask(user, source, call)
        # While a trigger thought, anything may have happened to the user, the client and the token.
        client = self._pool.client(client.client_id)
        user, family = self._refreshable(client, token, device_key)
        # Looked at and rotated before anything else is awaited: of two who come at once with a token that has no grace,
        # one is late. And rotated only now: whoever is refused by a trigger keeps a token that works.
        fresh = self._rotate(user, family, client, token_digest(token))
        return attrs.evolve(await self._issue(user, client, family, customisation), refresh=fresh)

    def _refreshable(self, client: Client, token: Secret, device_key: str | None) -> tuple[User, RefreshFamily]:
        """Return whose a refresh token is, and which sign-in's, if it can be used.

        Raises:
            ServiceError: It cannot.
        """
        user, family = self._known(token, client)
        now = self._pool.now()
        if family.revoked:
            raise refusal(Cause.REFRESH_TOKEN_REVOKED)
        if now >= family.expires_at:
            raise refusal(Cause.REFRESH_TOKEN_EXPIRED)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        self._check_device(user, family, device_key)
        reused_from = family.refresh_tokens[token_digest(token)]
        if reused_from is not None and now >= reused_from:
            raise refusal(Cause.REFRESH_TOKEN_REUSED)
        return user, family

    def _rotate(self, user: User, family: RefreshFamily, client: Client, digest: str) -> Secret | None:
        """Return the token that takes the place of another that can be used, where refresh tokens are rotated.

        The other works on until its grace is over. What takes its place expires with the family.

        Source: Cognito developer guide, 'Refresh token rotation'; service model, RefreshTokenRotationType. That reuse
        does not end the family is our choice.
        """
        if client.rotation_grace is None:
            return None
        if family.refresh_tokens[digest] is None:
            reused_from = self._pool.now() + client.rotation_grace
            family = attrs.evolve(family, refresh_tokens={**family.refresh_tokens, digest: reused_from})
        return self._new_refresh_token(user, family)

    def _check_device(self, user: User, family: RefreshFamily, device_key: str | None) -> None:
        """Return if the device that the tokens were issued to takes part, and was confirmed.

        Source: Cognito developer guide, 'Working with user devices in your user pool' (refresh with a device key).
        """
        if self._pool.settings.devices is None or family.device_key is None:
            return
        device = user.devices.get(family.device_key)
        if device is None or device.verifier is None or device_key != device.key:
            raise refusal(Cause.REFRESH_TOKEN_INVALID)

    async def _issue(
        self, user: User, client: Client, family: RefreshFamily, customisation: Customisation
    ) -> IssuedTokens:
        """Sign an access and an id token. Signing takes a millisecond each, so it is done in a thread."""
        issuer = await self._pool.token_issuer()
        now, membership = self._pool.now(), customisation.membership or self._pool.membership_of(user)
        access = partial(
            issuer.access_token,
            family.origin,
            jti=self._pool.new_uuid(),
            issued_at=now,
            lifetime=client.access_token_validity,
            membership=membership,
            device_key=family.device_key,
            change=customisation.in_access,
        )
        identity = partial(
            issuer.id_token,
            family.origin,
            client.readable(user.attributes),
            jti=self._pool.new_uuid(),
            issued_at=now,
            lifetime=client.id_token_validity,
            membership=membership,
            change=customisation.in_id,
        )
        return await self._pool.in_thread(lambda: IssuedTokens(access(), identity(), client.access_token_validity))

    def _new_refresh_token(self, user: User, family: RefreshFamily) -> Secret:
        """Return a new refresh token of a family, which the user has from now on as it is with it."""
        token = make_refresh_token(self._pool.entropy)
        digest, event_id = token_digest(token), family.origin.event_id
        user.families[event_id] = attrs.evolve(family, refresh_tokens={**family.refresh_tokens, digest: None})
        self._pool.refresh_tokens[digest] = (user.sub, event_id)
        return token

    def _new_device(self, event_id: str) -> Device:
        """Source: service model, DeviceKeyType; the form of the group's key is recorded (a traced sign-in)."""
        now, letters = self._pool.now(), self._pool.entropy.random_bytes(6)
        group_key = f"-{base64.b64encode(letters, altchars=b'Xx').decode()}"
        return Device(f"{self._pool.region}_{self._pool.new_uuid()}", group_key, event_id, now, now, now)

    def _proves_secret(self, client: Client, request: Members) -> bool:
        if client.client_secret is None:
            return True
        given = request.optional_secret("ClientSecret")
        return given is not None and given == client.client_secret

    def _forget_expired(self, user: User) -> None:
        """Forget what expired, and the devices that nobody has confirmed and nobody can confirm any more."""
        now = self._pool.now()
        for event_id, family in tuple(user.families.items()):
            # One that was revoked is remembered until no access token of it can be alive: it would be good again.
            if now >= family.expires_at + (LONGEST_ACCESS if family.revoked else timedelta()):
                del user.families[event_id]
                self._forget_tokens(family)
        for key, device in tuple(user.devices.items()):
            if device.verifier is None and device.event_id not in user.families:
                del user.devices[key]

    def _forget_tokens(self, family: RefreshFamily) -> None:
        for digest in family.refresh_tokens:
            self._pool.refresh_tokens.pop(digest, None)
