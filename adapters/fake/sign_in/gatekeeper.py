"""Performs the gate, passwords and their proofs, and the new password that a temporary one demands."""

from typing import assert_never

from authsteps.engine.messages import Carried, Event, Secret
from authsteps.flows import srp

from ..accounts import check_attributes, check_names_are_free
from ..directory import User, UserStatus
from ..errors import Cause, refusal
from ..firing import Call
from ..lockout import Lockout
from ..migration import Migration
from ..state import Pool
from . import rungs
from .proofs import Proofs

__all__ = ["GateEffect", "Gatekeeper"]

GateEffect = rungs.PassGate | rungs.PrepareProof | rungs.CheckFirstFactor | rungs.SetNewPassword


class Gatekeeper:
    """Says who may try, and who has proved a password.

    Args:
        pool: The pool.
        proofs: Challenges with SRP.
        migration: Looks elsewhere for people whom the pool does not know.
    """

    def __init__(self, pool: Pool, proofs: Proofs, migration: Migration) -> None:
        self._pool = pool
        self._proofs = proofs
        self._migration = migration

    async def perform(self, effect: GateEffect, call: Call) -> Event:
        """Perform an effect of this room, for a call.

        Raises:
            ServiceError: It is refused.
        """
        match effect:
            case rungs.PassGate():
                return await self._pass_gate(effect, call)
            case rungs.PrepareProof():
                verifier = self._verifier(self._pool.users.by_sub(effect.sub), effect.sub)
                return self._proofs.prepare(verifier, effect.srp_a)
            case rungs.CheckFirstFactor():
                return await self._check_first_factor(effect)
            case rungs.SetNewPassword():
                return self._set_new_password(effect)
            case _:
                assert_never(effect)

    def admit(self, user: User, *, reveals_existence: bool) -> None:
        """Return if the state of the account lets this user try to sign in now.

        Raises:
            ServiceError: It does not.
        """
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        if user.status is UserStatus.UNCONFIRMED:
            raise refusal(Cause.USER_NOT_CONFIRMED)
        if user.status is UserStatus.RESET_REQUIRED:
            # Source: Cognito developer guide, 'Managing error response': imported users are masked
            is_masked = user.is_imported and not reveals_existence
            raise refusal(Cause.WRONG_CREDENTIALS if is_masked else Cause.PASSWORD_RESET_REQUIRED)

    def present(self, sub: str) -> User:
        """Return a user who passed the first factor. One who was deleted or disabled meanwhile gets no further.

        Raises:
            ServiceError: There is none any more.
        """
        user = self._pool.users.by_sub(sub)
        if user is None:
            raise refusal(Cause.WRONG_CREDENTIALS)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        return user

    def standing(self, sub: str, proved: Secret | None) -> User:
        """Return a user who passed the first factor, if that still counts.

        The arguments and errors are those of ``present`` and ``check_password_stands``.
        """
        user = self.present(sub)
        self.check_password_stands(sub, proved)
        return user

    def check_password_stands(self, sub: str, proved: Secret | None) -> None:
        """Return if the password that an attempt proved is the user's still, or it has proved none.

        Source: Cognito developer guide, 'Managing users in your user pool': once an administrator resets a password,
        nobody signs in with the one before. That this ends attempts in the middle as well is our choice.

        Args:
            sub: The user.
            proved: What the attempt knows the password by.

        Raises:
            ServiceError: The user has another by now, or must choose another.
        """
        user = self._pool.users.by_sub(sub)
        if user is None or proved is None:
            return
        if user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        if user.verifier is None or Secret(user.verifier.salt_hex) != proved:
            raise refusal(Cause.SESSION_INVALID)

    def check_device(self, sub: str, device_key: str) -> None:
        """Return if the client names no device, or one that this user has confirmed.

        Raises:
            ServiceError: It names another.
        """
        user = self._pool.users.by_sub(sub)
        device = user.devices.get(device_key) if user is not None else None
        if device_key and (device is None or device.verifier is None):
            raise refusal(Cause.UNKNOWN_DEVICE)

    def note_received(self, user: User, attribute: str, sent_to: Secret) -> None:
        """Take note that a code reached a user, which verifies where it went; unless another is found by that.

        Source: Cognito developer guide, 'SMS and email message MFA'. That a code to an address or number which is not
        the user's any more is a wrong one is our choice.

        Raises:
            ServiceError: The user has another address or number by now.
        """
        value = user.attributes.get(attribute, "")
        if Secret(value) != sent_to:
            raise refusal(Cause.MFA_CODE_WRONG)
        if value and self._pool.users.owner_of(attribute, value) in (None, user):
            user.attributes[f"{attribute}_verified"] = "true"

    async def _pass_gate(self, effect: rungs.PassGate, call: Call) -> Event:
        user = self._pool.find_user(effect.username) or await self._migrated(effect, call)
        if user is None and effect.reveals_existence:
            raise refusal(Cause.USER_NOT_FOUND)
        name = user.username if user is not None else self._pool.simulated_user_id(effect.username)
        sub = user.sub if user is not None else name
        if user is not None:
            self.admit(user, reveals_existence=effect.reveals_existence)
        if effect.by_password:
            self._lockout(user, sub).check(self._pool.now())
        self.check_device(sub, effect.device_key)
        return rungs.GatePassed(name, sub)

    async def _migrated(self, effect: rungs.PassGate, call: Call) -> User | None:
        """Return somebody who was found elsewhere. Where existence is hidden, guessing there locks out as it does here.

        Source: Amazon Cognito user pools API reference, InitiateAuth and RespondToAuthChallenge, ClientMetadata: the
        first call alone asks UserMigration.
        """
        if effect.password is None or not self._migration.is_configured:
            return None
        reveals = effect.reveals_existence
        if not reveals:
            self._lockout(None, self._pool.simulated_user_id(effect.username)).check(self._pool.now())
        return await self._migration.sign_in(effect.username, effect.password, call, reveals_existence=reveals)

    def _admitted(self, sub: str, *, reveals_existence: bool) -> User | None:
        """Return a user who may still try, or ``None`` if there is none."""
        user = self._pool.users.by_sub(sub)
        if user is not None:
            self.admit(user, reveals_existence=reveals_existence)
        self._lockout(user, sub).check(self._pool.now())
        return user

    def _lockout(self, user: User | None, sub: str) -> Lockout:
        return user.lockout if user is not None else self._pool.strangers.of(sub).lockout

    async def _check_first_factor(self, effect: rungs.CheckFirstFactor) -> Event:
        user = self._admitted(effect.sub, reveals_existence=effect.reveals_existence)
        username = user.username if user is not None else effect.sub
        verifier = self._verifier(user, effect.sub)
        if effect.proof is not None:
            passed = await self._proofs.hold(effect.proof, verifier, pool_name=self._pool.name, user_id=username)
            # While a thread checked the proof, others may have failed, and the user may have been disabled or deleted.
            user = self._admitted(effect.sub, reveals_existence=effect.reveals_existence)
        else:
            passed = effect.password is not None and self._pool.fits(verifier, username, effect.password)
        now = self._pool.now()
        if user is None or not passed or user.verifier is not verifier:
            self._lockout(user, effect.sub).failed(now)
            raise refusal(Cause.WRONG_CREDENTIALS)
        is_temporary = user.status is UserStatus.FORCE_CHANGE_PASSWORD
        if is_temporary and user.password_expires_at is not None and now >= user.password_expires_at:
            raise refusal(Cause.TEMPORARY_PASSWORD_EXPIRED)
        user.lockout.succeeded()
        return rungs.FirstFactorPassed(is_temporary=is_temporary, password=Carried(verifier.salt_hex))

    def _set_new_password(self, effect: rungs.SetNewPassword) -> Event:
        user = self.present(effect.sub)
        if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
            # Another attempt has set it: whoever knew the temporary password must not undo that.
            raise refusal(Cause.SESSION_INVALID)
        for name in effect.attributes:
            if user.attributes.get(name):
                raise refusal(Cause.ATTRIBUTE_ALREADY_SET, attribute=name)
        for name in self._pool.settings.required_attributes:
            if not user.attributes.get(name) and not effect.attributes.get(name):
                raise refusal(Cause.ATTRIBUTE_NOT_GIVEN, attribute=name)
        check_attributes(self._pool, effect.attributes, client=self._pool.client(effect.client_id))
        check_names_are_free(self._pool, user, {**user.attributes, **effect.attributes})
        if user.verifier is not None and self._pool.fits(user.verifier, user.username, effect.password):
            # Whoever handed the temporary password out would know the new one, too.
            raise refusal(Cause.PASSWORD_USED_BEFORE)
        self._pool.set_password(user, effect.password, member="newPassword")
        user.attributes.update(effect.attributes)
        return rungs.NewPasswordSet(Carried(self._verifier(user, user.sub).salt_hex))

    def _verifier(self, user: User | None, sub: str) -> srp.Verifier:
        if user is None or user.verifier is None:
            return self._pool.simulated_verifier(sub)
        return user.verifier
