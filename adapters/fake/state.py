"""What a pool is made of: its settings, its users and clients, and the ports it draws time and randomness from."""

import hashlib
import hmac
import math
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import anyio
import anyio.to_thread
import attrs

from authsteps.adapters.cognito.protocol import CognitoConfig
from authsteps.adapters.cognito.srp_worker import arithmetic_threads
from authsteps.adapters.lambda_triggers import Triggers
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.flows import srp

from .directory import Client, Directory, Group, MfaFactor, RefreshFamily, User, UserStatus
from .errors import Cause, refusal
from .members import Members
from .names import EMAIL
from .outbox import ATTEMPTS_PER_HOUR, CHANNELS, AttemptLimit, Outbox, mask_email
from .settings import RecoveryChannel, Settings
from .sign_in.sessions import Sessions
from .strangers import Stranger, Strangers
from .tokens import Membership, SigningKeys, TokenIssuer

__all__ = ["HandOver", "Pool"]

T = TypeVar("T")

_FACTORS = {"phone_number": MfaFactor.SMS_MFA, "email": MfaFactor.EMAIL_OTP}
_RECOVERED_BY = {
    RecoveryChannel.VERIFIED_PHONE_NUMBER: "phone_number",
    RecoveryChannel.VERIFIED_EMAIL: "email",
}


@attrs.frozen
class HandOver:
    """What a sign-up leaves behind, to go on to a sign-in without proving anything twice.

    Attributes:
        sub: Whose.
        client_id: Through which client.
        is_confirmed: Whether the account has been confirmed by then.
    """

    sub: str
    client_id: str
    is_confirmed: bool


@attrs.define(eq=False)
class Pool:
    """All of a pool's state.

    Attributes:
        id: Such as ``eu-west-1_Fake00001``.
        clock: Its time.
        entropy: Its randomness.
        arithmetic: How its half of SRP is computed.
        issuer_base: What stands before its id in ``issuer``, without a slash at the end; ``None`` for AWS's address.
        settings: How it is set up.
        triggers: The functions that are asked on the way.
        clients: Its app clients, by id.
        users: Its users.
        groups: Its groups, by name.
        outbox: Every message that it sent.
        refresh_tokens: Of which sub and of which of its sign-ins a refresh token is, by the token's digest.
        hand_overs: From sign-ups to sign-ins, where the client allows choice-based sign-in.
        strangers: What was tried with names that nobody has.
        secret: What stands for strangers is drawn from it.
    """

    id: str
    clock: Clock
    entropy: Entropy
    arithmetic: srp.Arithmetic
    settings: Settings
    keys: SigningKeys | None = attrs.field(repr=False)
    issuer_base: str | None = None
    triggers: Triggers = attrs.field(factory=Triggers)
    clients: dict[str, Client] = attrs.field(factory=dict[str, Client])
    users: Directory = attrs.field(init=False)
    groups: dict[str, Group] = attrs.field(factory=dict[str, Group])
    outbox: Outbox = attrs.field(factory=Outbox)
    refresh_tokens: dict[str, tuple[str, str]] = attrs.field(factory=dict[str, tuple[str, str]], repr=False)
    hand_overs: Sessions[HandOver] = attrs.field(init=False, repr=False)
    strangers: Strangers = attrs.field(factory=Strangers)
    limiter: anyio.CapacityLimiter = attrs.field(
        factory=lambda: anyio.CapacityLimiter(arithmetic_threads()), repr=False
    )
    _keys_lock: anyio.Lock = attrs.field(factory=anyio.Lock, repr=False)
    secret: bytes = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.secret = self.entropy.random_bytes(32)
        self.users = Directory(self.settings.name_rule)
        self.hand_overs = Sessions(self.entropy)

    @property
    def name(self) -> str:
        """The part of the id after the underscore."""
        return CognitoConfig(self.id, "").pool_name

    @property
    def region(self) -> str:
        """The part of the id before the underscore."""
        return CognitoConfig(self.id, "").region

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens. Source: Cognito developer guide, 'Verifying JSON web tokens'."""
        base = self.issuer_base if self.issuer_base is not None else f"https://cognito-idp.{self.region}.amazonaws.com"
        return f"{base}/{self.id}"

    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def new_uuid(self) -> str:
        """Return a random UUID."""
        return str(uuid.UUID(bytes=self.entropy.random_bytes(16), version=4))

    async def token_issuer(self) -> TokenIssuer:
        """Return what signs tokens. The keys are made in a worker thread when they are first wanted."""
        async with self._keys_lock:
            if self.keys is None:
                self.keys = await anyio.to_thread.run_sync(SigningKeys.generate)
        return TokenIssuer(self.issuer, self.keys)

    def find_user(self, name: str) -> User | None:
        """Return the user whom somebody means by a name: a username, an active alias, or a sub."""
        return self.users.find(name)

    def holder_of_refresh_token(self, digest: str) -> tuple[User | None, RefreshFamily | None]:
        """Return whose a refresh token is and what it descends from, by its digest; nothing where it is nobody's."""
        sub, event_id = self.refresh_tokens.get(digest, ("", ""))
        user = self.users.by_sub(sub)
        return user, user.families.get(event_id) if user is not None else None

    def membership_of(self, user: User) -> Membership:
        """Return what tokens say of a user's groups.

        Source: Cognito developer guide, 'Adding groups to a user pool' (precedence and ``cognito:preferred_role``).
        """
        groups = [self.groups[name] for name in user.groups if name in self.groups]
        with_role = [(_precedence(group), group.role_arn) for group in groups if group.role_arn is not None]
        first = {role for precedence, role in with_role if precedence == min(with_role)[0]}
        return Membership(
            user.groups, tuple(dict.fromkeys(role for _, role in with_role)), first.pop() if len(first) == 1 else None
        )

    def set_password(
        self, user: User, password: Secret, *, member: str = "password", is_temporary: bool = False
    ) -> None:
        """Give a user a new password: the one place where one is set.

        Args:
            user: Whose.
            password: The new one. The policy and the user's history are asked.
            member: The request's member that it came in, as the service names it in a report.
            is_temporary: Whether it must be changed at the next sign-in, and stops working some day.

        Raises:
            ServiceError: The policy refuses it, or the user had it before. Nothing has changed then.
        """
        policy = self.settings.password_policy
        policy.check(password, member)
        present = (user.verifier,) if user.verifier is not None else ()
        remembered = (*present, *user.former_verifiers)[: policy.history_size]
        if any(self.fits(verifier, user.username, password) for verifier in remembered):
            raise refusal(Cause.PASSWORD_USED_BEFORE)
        now = self.now()
        user.verifier = self.verifier_for(user.username, password)
        user.former_verifiers = remembered
        user.password_expires_at = now + policy.temporary_password_validity if is_temporary else None
        user.status = UserStatus.FORCE_CHANGE_PASSWORD if is_temporary else UserStatus.CONFIRMED
        user.modified = now

    def spend(self, user: User | Stranger, operation: str) -> None:
        """Count an attempt against an hourly limit.

        Args:
            user: Who tries; a stranger is counted where it must not show that there is no such user.
            operation: One that has a limit.

        Raises:
            ServiceError: ``LimitExceededException``.
        """
        if self.settings.has_limits:
            limit = user.limits.setdefault(operation, AttemptLimit(ATTEMPTS_PER_HOUR[operation]))
            limit.spend(self.now())

    def stranger(self, typed: str) -> Stranger:
        """Return what is remembered of a name that nobody has."""
        return self.strangers.of(self.simulated_user_id(typed))

    def client_of(self, request: Members) -> Client:
        """Return the client that a request comes through.

        Raises:
            ServiceError: There is no such client.
        """
        return self.client(request.text("ClientId"))

    def client(self, client_id: str) -> Client:
        """Return the client of this id. An administrator may have deleted it in the middle of a sign-in.

        Raises:
            ServiceError: There is no such client.
        """
        client = self.clients.get(client_id)
        if client is None:
            raise refusal(Cause.UNKNOWN_CLIENT, client_id=client_id)
        return client

    def check_secret_hash(self, client: Client, username: str, given: Secret | None) -> None:
        """Return if the request proves the client's secret, or the client has none. A stray hash is passed over.

        Raises:
            ServiceError: The hash is missing or wrong.
        """
        if client.client_secret is None:
            return
        if given is None:
            raise refusal(Cause.SECRET_HASH_MISSING, client_id=client.client_id)
        if given != srp.secret_hash(username, client.client_id, client.client_secret):
            raise refusal(Cause.SECRET_HASH_WRONG, client_id=client.client_id)

    def verifier_for(self, username: str, password: Secret) -> srp.Verifier:
        """Return what is kept of a password."""
        salt = self.entropy.random_bytes(16)
        return srp.verifier(
            pool_name=self.name, user_id=username, password=password, salt=salt, arithmetic=self.arithmetic
        )

    def simulated_user_id(self, typed: str) -> str:
        """Return the name that stands for a user who does not exist: the same for the same typed name.

        Two names that would find one user stand for one stranger.
        """
        return str(uuid.UUID(bytes=self._simulated(f"id:{self.users.rule.folded(typed)}")[:16], version=4))

    def simulated_destination(self, typed: str) -> str:
        """Return where a code is said to have gone that went nowhere, masked: always the same for the same name.

        Where an address was typed it is that one, as it would be of most who exist.
        """
        name = self.users.rule.folded(typed)
        return mask_email(name if EMAIL.fullmatch(name) else f"{self.simulated_user_id(name)[:1]}@{name[:1] or 'x'}")

    def simulated_verifier(self, user_id: str) -> srp.Verifier:
        """Return a verifier that no password fits: the same for the same name.

        Source: RFC 5054, 2.5.1.3; Cognito developer guide, 'Managing error response'.
        """
        digest = b"".join(self._simulated(f"v{part}:{user_id}") for part in range(12))
        salt = int.from_bytes(self._simulated(f"salt:{user_id}")[:16])
        return srp.Verifier(salt_hex=f"{salt:x}", v=int.from_bytes(digest) % srp.N)

    def fits(self, verifier: srp.Verifier, user_id: str, password: Secret) -> bool:
        """Tell whether a password belongs to a verifier, in a time that does not depend on how wrong it is."""
        salt = int(verifier.salt_hex, 16).to_bytes(64)
        tried = srp.verifier(
            pool_name=self.name, user_id=user_id, password=password, salt=salt, arithmetic=self.arithmetic
        )
        return hmac.compare_digest(srp.encode(tried.v), srp.encode(verifier.v))

    def sign_up_channel(self, user: User) -> str | None:
        """Return the attribute that a sign-up code goes to, if any."""
        return next(
            (name for name in CHANNELS if name in self.settings.auto_verified and user.attributes.get(name)), None
        )

    def recovery_channel(self, user: User) -> str | None:
        """Return the verified attribute that a reset code goes to, if any.

        A channel whose messages are the second factor is none: it would be both factors then.

        Source: service model, AccountRecoverySettingType; Cognito developer guide, 'Resetting user passwords'.
        """
        wanted = self.settings.recovery
        ways = (
            tuple(CHANNELS) if wanted is None else tuple(_RECOVERED_BY[way] for way in wanted if way in _RECOVERED_BY)
        )
        return next(
            (
                name
                for name in ways
                if user.attributes.get(name)
                and user.attributes.get(f"{name}_verified") == "true"
                and _FACTORS[name] not in user.mfa_factors
            ),
            None,
        )

    async def in_thread(self, compute: Callable[[], T]) -> T:
        """Run arithmetic in a worker thread, first come first served."""
        return await anyio.to_thread.run_sync(compute, limiter=self.limiter)

    def _simulated(self, label: str) -> bytes:
        return hmac.digest(self.secret, label.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _precedence(group: Group) -> float:
    """Return what counts as a group's precedence: one that has none comes last."""
    return math.inf if group.precedence is None else group.precedence
