"""``FakeUserPool``: a Cognito user pool in this process.

It does what Cognito does, as far as it goes: it verifies SRP proofs, rotates and expires backend sessions, sends codes
to an outbox, locks people out who guess, and signs tokens with keys that it publishes. Its clock, its entropy and its
signing keys are arguments, so a test can move time and repeat itself. It is a ``Transport``: everything that talks to
Cognito can talk to it.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeAlias, TypeVar

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.protocol import CognitoConfig
from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import Triggers
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy
from authsteps.flows.srp import Arithmetic, FastArithmetic

from .accounts import Accounts
from .administration.devices import AdministeredDevices
from .administration.groups import Groups
from .administration.inputs import names_its_pool
from .administration.invitations import Invitations
from .administration.search import UserSearch
from .administration.users import Administration
from .devices import Devices
from .directory import Client, ExistenceErrors, ExplicitAuthFlow, Group, User, UserStatus
from .errors import Cause, refusal
from .firing import Call
from .grants import Grants
from .members import Members
from .messages import Messages
from .migration import Migration
from .outbox import Outbox
from .own_attributes import OwnAttributes
from .profile import Profile
from .registrations import Registrations
from .settings import Settings
from .sign_in.attempts import Attempts
from .state import Pool
from .tokens import SigningKeys

__all__ = ["FakeUserPool", "Keeper"]

Operation: TypeAlias = Callable[[Members], Awaitable[dict[str, Json]]]
T = TypeVar("T")

_CLIENT_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_CLIENT_ID_LENGTH = 26
_CLIENT_SECRET_LENGTH = 51


class Keeper(Protocol):
    """Keeps what is in pools, beyond this process."""

    async def keeping(self, pool_id: str | None, perform: Callable[[], Awaitable[T]]) -> T:
        """Perform an operation of a pool, and return what comes of it once that is kept."""
        ...


class FakeUserPool:
    """A user pool with one app client to begin with.

    Use it as an async context manager, or just make one; nothing has to be closed.

    Args:
        user_pool_id: Its id.
        clock: Its time.
        entropy: Its randomness: salts, codes, sessions, ids.
        signing_keys: What it signs tokens with. None are given: a pair is made in a worker thread when the first token
            is issued, which takes about a tenth of a second.
        arithmetic: How its half of SRP is computed.
        settings: How it is set up; as one from the API, with a second factor for who wants one, if none are given.
        issuer_base: What stands before its id in the ``iss`` of its tokens, if not AWS's address. Where a pool is
            served on this machine, verifiers find its keys by that address.
        triggers: The functions that it asks on the way, where the service would ask them; none if none are given. One
            that fails makes the call fail that led to it, in the service's words.
        has_client: Whether it begins with an app client, or with none.
    """

    def __init__(
        self,
        user_pool_id: str = "eu-west-1_Fake00001",
        *,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        signing_keys: SigningKeys | None = None,
        arithmetic: Arithmetic | None = None,
        settings: Settings | None = None,
        issuer_base: str | None = None,
        triggers: Triggers | None = None,
        has_client: bool = True,
    ) -> None:
        self._pool = Pool(
            id=CognitoConfig(user_pool_id, "").user_pool_id,
            clock=clock if clock is not None else SystemClock(),
            entropy=entropy if entropy is not None else SystemEntropy(),
            arithmetic=arithmetic if arithmetic is not None else FastArithmetic(),
            settings=settings if settings is not None else Settings(),
            keys=signing_keys,
            issuer_base=issuer_base,
            triggers=triggers if triggers is not None else Triggers(),
        )
        self._keeper: Keeper | None = None
        self._grants = Grants(self._pool)
        messages = Messages(self._pool)
        self._accounts = Accounts(self._pool, messages, self._migrate)
        self._migration = Migration(self._pool, self._accounts, messages)
        attempts = Attempts(self._pool, self._grants, self._migration, messages)
        profile = Profile(self._pool, self._grants)
        attributes = OwnAttributes(self._pool, self._grants, messages)
        devices = Devices(self._pool, self._grants)
        registrations = Registrations(self._pool, self._grants)
        invitations, groups = Invitations(self._pool, self._accounts, messages), Groups(self._pool)
        self._administration = administration = Administration(self._pool, self._grants, profile, attributes, messages)
        administered_devices = AdministeredDevices(administration, devices)
        self._attempts = attempts
        self._operations: Mapping[str, Operation] = {
            "InitiateAuth": attempts.initiate_auth,
            "RespondToAuthChallenge": attempts.respond_to_auth_challenge,
            "AdminInitiateAuth": attempts.admin_initiate_auth,
            "AdminRespondToAuthChallenge": attempts.admin_respond_to_auth_challenge,
            "SignUp": self._accounts.sign_up,
            "ConfirmSignUp": self._accounts.confirm_sign_up,
            "ResendConfirmationCode": self._accounts.resend_confirmation_code,
            "ForgotPassword": self._accounts.forgot_password,
            "ConfirmForgotPassword": self._accounts.confirm_forgot_password,
            "GetTokensFromRefreshToken": self._grants.get_tokens_from_refresh_token,
            "RevokeToken": self._grants.revoke_token,
            "GlobalSignOut": self._grants.global_sign_out,
            "GetUser": profile.get_user,
            "GetUserAuthFactors": profile.get_user_auth_factors,
            "DeleteUser": profile.delete_user,
            "ChangePassword": profile.change_password,
            "UpdateUserAttributes": attributes.update_user_attributes,
            "DeleteUserAttributes": attributes.delete_user_attributes,
            "GetUserAttributeVerificationCode": attributes.get_user_attribute_verification_code,
            "VerifyUserAttribute": attributes.verify_user_attribute,
            "AssociateSoftwareToken": _by_session_or_token(
                attempts.associate_software_token, profile.associate_software_token
            ),
            "VerifySoftwareToken": _by_session_or_token(attempts.verify_software_token, profile.verify_software_token),
            "SetUserMFAPreference": profile.set_user_mfa_preference,
            "ConfirmDevice": devices.confirm_device,
            "UpdateDeviceStatus": devices.update_device_status,
            "GetDevice": devices.get_device,
            "ListDevices": devices.list_devices,
            "ForgetDevice": devices.forget_device,
            "StartWebAuthnRegistration": registrations.start,
            "CompleteWebAuthnRegistration": registrations.complete,
            "ListWebAuthnCredentials": registrations.list,
            "DeleteWebAuthnCredential": registrations.delete,
            "AdminCreateUser": invitations.admin_create_user,
            "AdminGetUser": administration.get_user,
            "AdminSetUserPassword": administration.set_user_password,
            "AdminResetUserPassword": administration.reset_user_password,
            "AdminConfirmSignUp": administration.confirm_sign_up,
            "AdminDisableUser": administration.disable_user,
            "AdminEnableUser": administration.enable_user,
            "AdminDeleteUser": administration.delete_user,
            "AdminUserGlobalSignOut": administration.user_global_sign_out,
            "AdminUpdateUserAttributes": administration.update_user_attributes,
            "AdminDeleteUserAttributes": administration.delete_user_attributes,
            "AdminSetUserMFAPreference": administration.set_user_mfa_preference,
            "AdminListDevices": administered_devices.list_devices,
            "AdminGetDevice": administered_devices.get_device,
            "AdminForgetDevice": administered_devices.forget_device,
            "AdminUpdateDeviceStatus": administered_devices.update_device_status,
            "ListUsers": UserSearch(self._pool).list_users,
            "CreateGroup": groups.create_group,
            "GetGroup": groups.get_group,
            "UpdateGroup": groups.update_group,
            "DeleteGroup": groups.delete_group,
            "ListGroups": groups.list_groups,
            "AdminAddUserToGroup": groups.add_user_to_group,
            "AdminRemoveUserFromGroup": groups.remove_user_from_group,
            "AdminListGroupsForUser": groups.list_groups_for_user,
            "ListUsersInGroup": groups.list_users_in_group,
        }
        if has_client:
            self.add_client(
                explicit_auth_flows=frozenset(
                    {
                        ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
                        ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
                        ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
                    }
                )
            )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    @property
    def id(self) -> str:
        """The pool's id."""
        return self._pool.id

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens."""
        return self._pool.issuer

    @property
    def settings(self) -> Settings:
        """How it is set up. An administrator may change it at any time."""
        return self._pool.settings

    @property
    def triggers(self) -> Triggers:
        """The functions that it asks on the way. An administrator may put others in their place at any time."""
        return self._pool.triggers

    @triggers.setter
    def triggers(self, triggers: Triggers) -> None:
        self._pool.triggers = triggers

    @property
    def client(self) -> Client:
        """Its oldest app client. What it begins with has no secret and may use SRP, passwords and refresh tokens.

        Raises:
            LookupError: It has none.
        """
        if not self._pool.clients:
            raise LookupError("the pool has no app client; add one")
        return next(iter(self._pool.clients.values()))

    @property
    def clients(self) -> tuple[Client, ...]:
        """Its app clients, the oldest first."""
        return tuple(self._pool.clients.values())

    @property
    def users(self) -> tuple[User, ...]:
        """Its users, the oldest first."""
        return tuple(self._pool.users)

    @property
    def outbox(self) -> Outbox:
        """Every message that it sent, codes included."""
        return self._pool.outbox

    @property
    def operations(self) -> frozenset[str]:
        """The names of the operations that it performs."""
        return frozenset(self._operations)

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Perform an operation, as ``Transport`` promises.

        Raises:
            ServiceError: It refuses, with Cognito's code and text.
        """
        members = Members(request)
        if operation in self._operations:
            members.keep_constraints(operation)
        return await self.perform(operation, members)

    async def perform(self, operation: str, members: Members) -> Mapping[str, Json]:
        """Perform an operation whose request keeps the constraints of the service model.

        Raises:
            ServiceError: It refuses, with Cognito's code and text.
        """
        perform = self._operations.get(operation)
        if perform is None:
            raise refusal(Cause.UNKNOWN_OPERATION)
        if names_its_pool(operation) and members.text("UserPoolId") != self.id:
            raise refusal(Cause.UNKNOWN_POOL, user_pool_id=members.text("UserPoolId"))
        return await self._kept(partial(perform, members))

    def keep_with(self, keeper: Keeper | None) -> Pool:
        """Have a keeper keep what operations change, or nobody, and return what the pool is made of."""
        self._keeper = keeper
        return self._pool

    def knows_session(self, session: Secret) -> bool:
        """Tell whether a backend session is one of this pool's, open or not."""
        return self._attempts.knows(session)

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys that its tokens can be verified with, as it publishes them."""
        return (await self._kept(self._pool.token_issuer)).keys.public_jwks()

    def backend(self, client: Client | None = None) -> CognitoBackend:
        """Return a backend that talks to this pool, on its clock and its entropy.

        Args:
            client: Through which app client; the one it begins with if none is given.
        """
        through = client if client is not None else self.client
        config = CognitoConfig(self._pool.id, through.client_id, through.client_secret)
        return CognitoBackend(
            self, config, clock=self._pool.clock, entropy=self._pool.entropy, arithmetic=self._pool.arithmetic
        )

    def add_client(
        self,
        *,
        name: str = "app",
        with_secret: bool = False,
        explicit_auth_flows: frozenset[ExplicitAuthFlow] = frozenset(),
        prevent_user_existence_errors: ExistenceErrors = ExistenceErrors.LEGACY,
        auth_session_validity: timedelta = timedelta(minutes=3),
        access_token_validity: timedelta = timedelta(hours=1),
        id_token_validity: timedelta | None = None,
        refresh_token_validity: timedelta = timedelta(days=30),
        enable_token_revocation: bool = True,
        rotation_grace: timedelta | None = None,
        read_attributes: frozenset[str] | None = None,
        write_attributes: frozenset[str] | None = None,
    ) -> Client:
        """Add an app client. The defaults are those of one made through the API.

        Args:
            name: For people.
            with_secret: Whether it gets a secret.
            explicit_auth_flows: The ways to sign in; SRP, custom and refresh if none is named.
            prevent_user_existence_errors: Whether it is told that a user does not exist.
            auth_session_validity: How long a challenge waits for its answer, 3 to 15 minutes.
            access_token_validity: 5 minutes to a day.
            id_token_validity: The same; as long as access tokens if nothing is said.
            refresh_token_validity: 60 minutes to ten years.
            enable_token_revocation: Whether its refresh tokens can be revoked.
            rotation_grace: Rotates its refresh tokens, and says how long a rotated one still works, 0 to 60 seconds.
            read_attributes: The attributes that it may read; all if nothing is said.
            write_attributes: The attributes that it may write; all that can be written if nothing is said.

        Raises:
            ValueError: A duration is out of its range.
        """
        client = Client(
            client_id=self._random_text(_CLIENT_ID_LENGTH),
            name=name,
            client_secret=Secret(self._random_text(_CLIENT_SECRET_LENGTH)) if with_secret else None,
            explicit_auth_flows=explicit_auth_flows,
            auth_session_validity=auth_session_validity,
            refresh_token_validity=refresh_token_validity,
            access_token_validity=access_token_validity,
            id_token_validity=id_token_validity if id_token_validity is not None else access_token_validity,
            prevent_user_existence_errors=prevent_user_existence_errors,
            enable_token_revocation=enable_token_revocation,
            rotation_grace=rotation_grace,
            read_attributes=read_attributes,
            write_attributes=write_attributes,
        )
        self.put_client(client)
        return client

    def put_client(self, client: Client) -> None:
        """Add an app client, or put it into the place of the one that has its id."""
        self._pool.clients[client.client_id] = client

    def remove_client(self, client_id: str) -> None:
        """Forget an app client. What was issued to it dies.

        Raises:
            LookupError: There is no such client.
        """
        if client_id not in self._pool.clients:
            raise LookupError("the pool has no such app client")
        del self._pool.clients[client_id]

    def add_user(
        self,
        username: str,
        password: str | Secret | None,
        *,
        attributes: Mapping[str, str] | None = None,
        temporary: bool = False,
    ) -> None:
        """Add a user, as an administrator does. Nothing is sent.

        Args:
            username: What the user gives for a username: where attributes stand for it, one of them.
            password: The password; ``None`` for a user who signs in without one.
            attributes: As they shall stand, verified flags included.
            temporary: Whether the password must be changed at the first sign-in.

        Raises:
            ServiceError: The policy refuses the password.
            ValueError: The name is taken.
        """
        secret = Secret(password) if isinstance(password, str) else password
        del password
        if secret is not None:
            self._pool.settings.password_policy.check(secret)
        status = UserStatus.FORCE_CHANGE_PASSWORD if temporary else UserStatus.CONFIRMED
        self._accounts.add_user(username, secret, attributes or {}, status)

    def user(self, username: str) -> User:
        """Return a user, to look at or to change, as an administrator can.

        Raises:
            LookupError: There is no such user.
        """
        found = self._pool.users.find(username)
        if found is None:
            raise LookupError(f"the pool has no user {username!r}")
        return found

    def disable_user(self, username: str) -> None:
        """Disable a user, which ends all of the user's sessions too."""
        self._administration.disable(self.user(username))

    def require_password_reset(self, username: str) -> None:
        """Make a user reset the password before the next sign-in, as an administrator can."""
        self.user(username).status = UserStatus.RESET_REQUIRED

    def delete_user(self, username: str) -> None:
        """Delete a user; what the user holds dies with it."""
        self._grants.delete(self.user(username))

    def add_group(
        self,
        name: str,
        *members: str,
        role_arn: str | None = None,
        precedence: int | None = None,
        description: str | None = None,
    ) -> Group:
        """Add a group, with users in it.

        Args:
            name: 1 to 128 characters.
            members: Usernames.
            role_arn: The role that its members get.
            precedence: The group with the lowest number decides which role is preferred.
            description: For people.

        Raises:
            ValueError: There is a group of this name.
            LookupError: There is no such user.
        """
        if name in self._pool.groups:
            raise ValueError(f"the pool has a group {name!r}")
        users = [self.user(username) for username in members]
        now = self._pool.now()
        group = Group(name, now, now, description, role_arn, precedence)
        self._pool.groups[name] = group
        for user in users:
            user.groups = (*user.groups, name)
        return group

    async def _kept(self, perform: Callable[[], Awaitable[T]]) -> T:
        return await (perform() if self._keeper is None else self._keeper.keeping(self.id, perform))

    async def _migrate(self, typed: str, call: Call, /, *, reveals_existence: bool) -> User | None:
        """Look elsewhere for who has forgotten a password: migration makes accounts, and accounts ask for it here."""
        return await self._migration.forgotten(typed, call, reveals_existence=reveals_existence)

    def _random_text(self, length: int) -> str:
        letters = _CLIENT_ID_LETTERS
        return "".join(letters[byte % len(letters)] for byte in self._pool.entropy.random_bytes(length))


def _by_session_or_token(by_session: Operation, by_token: Operation) -> Operation:
    """Return an operation that is done in the middle of a sign-in or after it. The latter refuses what is neither."""

    async def perform(request: Members) -> dict[str, Json]:
        is_midway = request.optional_secret("Session") is not None and request.optional_secret("AccessToken") is None
        return await (by_session if is_midway else by_token)(request)

    return perform
