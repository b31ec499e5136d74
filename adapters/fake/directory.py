"""What a pool knows about its users and its clients. Data only: what may be done with it is decided elsewhere."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from authsteps.engine.messages import Secret
from authsteps.flows.srp import Verifier

from .lockout import Lockout
from .names import Alias, NameRule
from .outbox import AttemptLimit, Code, Purpose
from .tokens import Origin
from .totp import SoftwareToken
from .touched import note_all, note_user

__all__ = [
    "LONGEST_ACCESS",
    "Attributes",
    "Client",
    "Device",
    "Directory",
    "ExistenceErrors",
    "ExplicitAuthFlow",
    "FirstFactor",
    "Group",
    "MfaFactor",
    "Passkey",
    "PendingPasskey",
    "RefreshFamily",
    "User",
    "UserStatus",
]


class UserStatus(StrEnum):
    """How far a user's account has come, as on the wire."""

    UNCONFIRMED = "UNCONFIRMED"
    CONFIRMED = "CONFIRMED"
    FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"
    RESET_REQUIRED = "RESET_REQUIRED"


class MfaFactor(StrEnum):
    """A second factor, as on the wire."""

    SMS_MFA = "SMS_MFA"
    SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"
    EMAIL_OTP = "EMAIL_OTP"


class FirstFactor(StrEnum):
    """A first factor that a pool may allow in choice-based sign-in, as on the wire (``AllowedFirstAuthFactors``)."""

    PASSWORD = "PASSWORD"
    EMAIL_OTP = "EMAIL_OTP"
    SMS_OTP = "SMS_OTP"
    WEB_AUTHN = "WEB_AUTHN"


class ExplicitAuthFlow(StrEnum):
    """A way to sign in that a client can be given, as on the wire."""

    ALLOW_USER_SRP_AUTH = "ALLOW_USER_SRP_AUTH"
    ALLOW_USER_PASSWORD_AUTH = "ALLOW_USER_PASSWORD_AUTH"
    ALLOW_REFRESH_TOKEN_AUTH = "ALLOW_REFRESH_TOKEN_AUTH"
    ALLOW_CUSTOM_AUTH = "ALLOW_CUSTOM_AUTH"
    ALLOW_USER_AUTH = "ALLOW_USER_AUTH"
    ALLOW_ADMIN_USER_PASSWORD_AUTH = "ALLOW_ADMIN_USER_PASSWORD_AUTH"


class ExistenceErrors(StrEnum):
    """Whether a client is told that a user does not exist, as on the wire (``PreventUserExistenceErrors``)."""

    LEGACY = "LEGACY"
    ENABLED = "ENABLED"


LONGEST_ACCESS: Final = timedelta(days=1)
"""How long an access or an ID token can be good for. Source: service model, AccessTokenValidityType."""
_FLOWS_WHEN_NONE_ARE_NAMED: Final = frozenset(
    {
        ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
        ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
        ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
    }
)


@attrs.frozen
class Client:
    """An app client of the pool. The defaults are those of a client made through the API.

    Source: service model, CreateUserPoolClient; Cognito developer guide, 'Understanding user pool JSON web tokens'.

    Attributes:
        client_id: Word characters, at most 128; the service's own are 26 lower-case letters and digits.
        name: For people.
        client_secret: None if the client has none.
        explicit_auth_flows: The ways to sign in that were named for it; ``auth_flows`` says what that means.
        only_custom_auth: Whether it was named ``CUSTOM_AUTH_FLOW_ONLY``, which is refused anything else in other words.
        auth_session_validity: How long a challenge waits for its answer, 3 to 15 minutes.
        access_token_validity: 5 minutes to a day, and no longer than the refresh token's.
        id_token_validity: The same.
        refresh_token_validity: 60 minutes to ten years.
        prevent_user_existence_errors: Whether it is told that a user does not exist.
        enable_token_revocation: Whether its refresh tokens can be revoked.
        rotation_grace: With refresh-token rotation on: how long a rotated token still works, 0 to 60 seconds. ``None``
            where rotation is off.
        read_attributes: The attributes that it may read; ``None`` for all.
        write_attributes: The attributes that it may write; ``None`` for all that can be written.
    """

    client_id: str = attrs.field(validator=attrs.validators.matches_re(r"\w{1,128}", re.ASCII))
    name: str
    client_secret: Secret | None = None
    explicit_auth_flows: frozenset[ExplicitAuthFlow] = frozenset()
    auth_session_validity: timedelta = attrs.field(
        default=timedelta(minutes=3),
        validator=[attrs.validators.ge(timedelta(minutes=3)), attrs.validators.le(timedelta(minutes=15))],
    )
    refresh_token_validity: timedelta = attrs.field(
        default=timedelta(days=30),
        validator=[attrs.validators.ge(timedelta(minutes=60)), attrs.validators.le(timedelta(days=3650))],
    )
    access_token_validity: timedelta = attrs.field(
        default=timedelta(hours=1),
        validator=[attrs.validators.ge(timedelta(minutes=5)), attrs.validators.le(LONGEST_ACCESS)],
    )
    id_token_validity: timedelta = attrs.field(
        default=timedelta(hours=1),
        validator=[attrs.validators.ge(timedelta(minutes=5)), attrs.validators.le(LONGEST_ACCESS)],
    )
    prevent_user_existence_errors: ExistenceErrors = ExistenceErrors.LEGACY
    enable_token_revocation: bool = True
    rotation_grace: timedelta | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(
            [attrs.validators.ge(timedelta()), attrs.validators.le(timedelta(seconds=60))]
        ),
    )
    read_attributes: frozenset[str] | None = None
    write_attributes: frozenset[str] | None = None
    only_custom_auth: bool = False

    def __attrs_post_init__(self) -> None:
        if max(self.access_token_validity, self.id_token_validity) > self.refresh_token_validity:
            raise ValueError("access and ID tokens must not outlive the refresh token")

    @property
    def auth_flows(self) -> frozenset[ExplicitAuthFlow]:
        """The ways to sign in with this client. SRP, custom and refresh if none was named."""
        return self.explicit_auth_flows or _FLOWS_WHEN_NONE_ARE_NAMED

    def readable(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """Return those of a user's attributes that the client may read."""
        allowed = self.read_attributes
        return {name: value for name, value in attributes.items() if allowed is None or name in allowed}


@attrs.define(eq=False)
class Device:
    """A device that the pool tracks.

    Source: Cognito developer guide, 'Working with user devices in your user pool'; service model, DeviceType.

    Attributes:
        key: ``{region}_{uuid}``.
        group_key: ``-`` and eight characters; it stands for the pool's name in the device's SRP.
        event_id: The sign-in that it was issued to. Only that one's access token can confirm it.
        created: When it was confirmed; until then it is not listed.
        modified: When any of this last changed.
        authenticated: When it last took part in a sign-in.
        name: What the client calls it.
        verifier: What SRP checks the device's password against; ``None`` until it is confirmed.
        is_remembered: Whether its proof may stand in place of a second factor.
    """

    key: str = attrs.field(on_setattr=attrs.setters.frozen)
    group_key: str = attrs.field(on_setattr=attrs.setters.frozen)
    event_id: str
    created: datetime
    modified: datetime
    authenticated: datetime
    name: str | None = None
    verifier: Verifier | None = None
    is_remembered: bool = False


@attrs.define(eq=False)
class Passkey:
    """A WebAuthn credential that a user has registered.

    Attributes:
        credential_id: Base64url, without padding.
        public_key: COSE, as the authenticator gave it.
        sign_count: The authenticator's counter, as it was last seen.
        relying_party_id: For which it was made.
        name: What people call it.
        attachment: ``platform`` or ``cross-platform``, if the authenticator said so.
        transports: As the authenticator named them.
        created: When.
    """

    credential_id: str = attrs.field(on_setattr=attrs.setters.frozen)
    public_key: bytes = attrs.field(repr=False)
    sign_count: int
    relying_party_id: str
    name: str
    attachment: str | None
    transports: tuple[str, ...]
    created: datetime


@attrs.frozen(eq=False)
class Group:
    """A group of users, as it stands. It shows in tokens only.

    Attributes:
        name: 1 to 128 characters.
        description: For people.
        role_arn: The role that its members get.
        precedence: The group with the lowest number decides on ``cognito:preferred_role``.
        created: When.
        modified: When any of this last changed.
    """

    name: str
    created: datetime
    modified: datetime
    description: str | None = None
    role_arn: str | None = None
    precedence: int | None = None


@attrs.frozen(eq=False)
class RefreshFamily:
    """All tokens that descend from one sign-in, as they stand.

    Attributes:
        origin: That sign-in.
        refresh_tokens: What is known of its refresh tokens: digests, each with the instant from which on it was reused.
            ``None`` for one that was not rotated. Another mapping takes its place where that changes.
        expires_at: From this instant on the refresh token is refused.
        revoked: Whether all of them were revoked.
        device_key: The tracked device that took part, or that was issued with them; a refresh must name it.
    """

    origin: Origin
    refresh_tokens: Mapping[str, datetime | None]
    expires_at: datetime
    revoked: bool = False
    device_key: str | None = None


class Attributes(MutableMapping[str, str]):
    """A user's attributes, as on the wire, without ``sub``. Whoever finds users by them is told of every change.

    Args:
        values: What stands in them to begin with.

    Attributes:
        watch: Is called after each change.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.watch: Callable[[], None] = _nobody_watches
        self._values = dict(values or {})

    def __repr__(self) -> str:
        return repr(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._values[name] = value
        self.watch()

    def __delitem__(self, name: str) -> None:
        del self._values[name]
        self.watch()

    def replace(self, values: Mapping[str, str]) -> None:
        """Put these in the place of all that there are, in one step."""
        self._values = dict(values)
        self.watch()


@attrs.define(eq=False)
class PendingPasskey:
    """A passkey that a browser has been asked to make.

    Attributes:
        challenge: What it must have signed.
        client_id: Which client asked. No other may finish it.
        expires_at: From this instant on it is too late.
    """

    challenge: bytes = attrs.field(repr=False)
    client_id: str
    expires_at: datetime


@attrs.define(eq=False)
class User:
    """One user of the pool. The password is never kept.

    Attributes:
        username: The canonical name. It never changes.
        sub: The user's id. It never changes.
        attributes: As on the wire, without ``sub``. Change what is in there.
        status: How far the account has come.
        created: When.
        modified: When any of this last changed.
        enabled: Whether the user may sign in at all.
        verifier: What SRP checks the password against. None for a user who has no password.
        password_expires_at: When a temporary password stops working. None for a permanent one.
        groups: Names of groups.
        lockout: Wrong passwords so far.
        codes: The latest code for each purpose, until it is used.
        attribute_codes: The latest code that verifies an attribute, by the attribute's name, until it is used.
        limits: Hourly limits by operation.
        software_token: The authenticator app that the user has shown to work.
        pending_software_token: An authenticator app that is being set up; ``software_token`` works on meanwhile.
        mfa_factors: The second factors that the user has switched on.
        preferred_factor: The one of them that is asked for first.
        families: What the user's sign-ins issued, by ``event_id``, which every token shows.
        signed_out_at: When the user last signed out everywhere.
        devices: The devices that the pool tracks for this user, by key, those that wait for confirmation included.
        passkeys: The registered ones, by credential id.
        pending_passkey: One that is being registered.
        has_passkey_mfa: Whether a passkey that verifies its user counts for both factors.
        former_verifiers: Of the passwords before the present one, newest first, as many as the policy remembers.
        pending_attributes: New values of e-mail address and phone number that wait for their code, by name.
        is_imported: Whether the user came from a file, with a password still to be chosen.
    """

    username: str = attrs.field(on_setattr=attrs.setters.frozen)
    sub: str = attrs.field(on_setattr=attrs.setters.frozen)
    attributes: Attributes = attrs.field(converter=Attributes, on_setattr=attrs.setters.frozen)
    status: UserStatus
    created: datetime
    modified: datetime
    enabled: bool = True
    verifier: Verifier | None = None
    password_expires_at: datetime | None = None
    groups: tuple[str, ...] = ()
    lockout: Lockout = attrs.field(factory=Lockout)
    codes: dict[Purpose, Code] = attrs.field(factory=dict[Purpose, Code])
    attribute_codes: dict[str, Code] = attrs.field(factory=dict[str, Code])
    limits: dict[str, AttemptLimit] = attrs.field(factory=dict[str, AttemptLimit])
    software_token: SoftwareToken | None = None
    pending_software_token: SoftwareToken | None = None
    mfa_factors: set[MfaFactor] = attrs.field(factory=set[MfaFactor])
    preferred_factor: MfaFactor | None = None
    families: dict[str, RefreshFamily] = attrs.field(factory=dict[str, RefreshFamily])
    signed_out_at: datetime | None = None
    devices: dict[str, Device] = attrs.field(factory=dict[str, Device])
    passkeys: dict[str, Passkey] = attrs.field(factory=dict[str, Passkey])
    pending_passkey: PendingPasskey | None = None
    has_passkey_mfa: bool = False
    former_verifiers: tuple[Verifier, ...] = attrs.field(default=(), repr=False)
    pending_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    is_imported: bool = False


@attrs.define(eq=False)
class Directory:
    """All users of a pool, in the order in which they came. Whoever is found here is noted as touched by the call.

    Args:
        rule: By which names they are found.
    """

    rule: NameRule = attrs.field(factory=NameRule)
    _by_username: dict[str, User] = attrs.field(factory=dict[str, User], init=False)
    _by_sub: dict[str, User] = attrs.field(factory=dict[str, User], init=False)
    _by_alias: dict[Alias, list[User]] = attrs.field(factory=dict[Alias, list[User]], init=False, repr=False)
    _aliases: dict[str, frozenset[Alias]] = attrs.field(factory=dict[str, frozenset[Alias]], init=False, repr=False)

    def __iter__(self) -> Iterator[User]:
        note_all()
        return iter(tuple(self._by_username.values()))

    def __len__(self) -> int:
        return len(self._by_username)

    def add(self, user: User) -> None:
        """Take in a user.

        Raises:
            ValueError: The username or the sub is taken. The caller should have asked.
        """
        name = self.rule.folded(user.username)
        if name in self._by_username or user.sub in self._by_sub:
            raise ValueError("a user of this name or sub is in the directory")
        note_user(user, self)
        self._by_username[name] = user
        self._by_sub[user.sub] = user
        user.attributes.watch = lambda: self._index(user)
        self._index(user)

    def find(self, name: str) -> User | None:
        """Return the user with this username or, failing that, with this active alias, or with this sub.

        It is for names that a person gives. How long it takes does not depend on who there is.

        Source: service model (most operations take a local user's sub for the username); Cognito developer guide,
        'Customizing sign-in attributes'. The order is known from experience.
        """
        owners = (self.owner_of(*alias) for alias in self.rule.aliases_for(name))
        return self._noted(
            self._by_username.get(self.rule.folded(name))
            or next((owner for owner in owners if owner is not None), None)
            or self._by_sub.get(name)
        )

    def owner_of(self, attribute: str, value: str) -> User | None:
        """Return who is found by this value of an attribute: nobody, if it is no alias or not an active one."""
        owners = self._by_alias.get(self.rule.alias(attribute, value))
        return self._noted(owners[0]) if owners else None

    def by_sub(self, sub: str) -> User | None:
        """Return the user with this sub. It is for tokens: another user's name may look like a sub."""
        return self._noted(self._by_sub.get(sub))

    def remove(self, user: User) -> None:
        """Forget a user who was added."""
        note_user(user, self)
        del self._by_username[self.rule.folded(user.username)]
        del self._by_sub[user.sub]
        user.attributes.watch = _nobody_watches
        self._unlist(user, self._aliases.pop(user.sub))

    def touch(self, user: User) -> None:
        """Take note of a user who is changed by a call that went through all."""
        note_user(user, self)

    def _noted(self, user: User | None) -> User | None:
        if user is not None:
            note_user(user, self)
        return user

    def _index(self, user: User) -> None:
        """Find a user by what is active now, and by nothing that was."""
        before, now = self._aliases.get(user.sub, frozenset()), frozenset(self.rule.active_aliases(user.attributes))
        self._aliases[user.sub] = now
        self._unlist(user, before - now)
        for alias in now - before:
            self._by_alias.setdefault(alias, []).append(user)

    def _unlist(self, user: User, aliases: Iterable[Alias]) -> None:
        for alias in aliases:
            owners = self._by_alias[alias]
            owners.remove(user)
            if not owners:
                del self._by_alias[alias]


def _nobody_watches() -> None:
    return None
