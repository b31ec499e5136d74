"""What users do with their own accounts once they are signed in.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'TOTP software token MFA'.
"""

from collections.abc import Iterable, Mapping

import attrs

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret

from .directory import FirstFactor, MfaFactor, User
from .errors import Cause, Rule, constraint_refusal, refusal, violation
from .grants import Grants
from .members import Members
from .settings import MfaConfiguration, PasskeyUse
from .state import Pool
from .totp import SoftwareToken, check_user_code

__all__ = ["Preference", "Preferences", "Profile", "mfa_members", "read_preferences"]

_SETTINGS = {
    "SMSMfaSettings": MfaFactor.SMS_MFA,
    "SoftwareTokenMfaSettings": MfaFactor.SOFTWARE_TOKEN_MFA,
    "EmailMfaSettings": MfaFactor.EMAIL_OTP,
}
_CHANNELS = {MfaFactor.SMS_MFA: "phone_number", MfaFactor.EMAIL_OTP: "email"}


@attrs.frozen
class Preference:
    """What is wanted of one factor.

    Attributes:
        is_on: Whether it shall be asked for.
        is_preferred: Whether it shall be asked for first; ``None`` if nothing is said.
    """

    is_on: bool
    is_preferred: bool | None


@attrs.frozen
class Preferences:
    """What is wanted of a user's second factors.

    Attributes:
        of_factors: Of those that are named.
        of_passkeys: Whether a passkey that verifies its user shall count for both factors; ``None`` if nothing is said.
    """

    of_factors: Mapping[MfaFactor, Preference]
    of_passkeys: bool | None


class Profile:
    """The operations that an access token opens.

    Args:
        pool: The pool.
        grants: Says whom an access token speaks for.
    """

    def __init__(self, pool: Pool, grants: Grants) -> None:
        self._pool = pool
        self._grants = grants

    async def get_user(self, request: Members) -> dict[str, Json]:
        """GetUser."""
        bearer = await self._grants.bearer_of(request)
        user = bearer.user
        attributes = {"sub": user.sub, **bearer.client.readable(user.attributes)}
        return {
            "Username": user.username,
            "UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
            **mfa_members(user),
        }

    async def get_user_auth_factors(self, request: Members) -> dict[str, Json]:
        """GetUserAuthFactors. It tells what the user has, whatever the pool allows for a first factor."""
        user = await self._grants.user_of(request)
        has = {
            FirstFactor.PASSWORD: user.verifier is not None,
            FirstFactor.EMAIL_OTP: user.attributes.get("email_verified") == "true",
            FirstFactor.SMS_OTP: user.attributes.get("phone_number_verified") == "true",
            FirstFactor.WEB_AUTHN: bool(user.passkeys),
        }
        return {
            "Username": user.username,
            **mfa_members(user),
            "ConfiguredUserAuthFactors": [factor.value for factor, is_there in has.items() if is_there],
        }

    async def delete_user(self, request: Members) -> dict[str, Json]:
        """DeleteUser."""
        self._grants.delete(await self._grants.user_of(request))
        return {}

    async def change_password(self, request: Members) -> dict[str, Json]:
        """ChangePassword. Whoever is signed in stays so."""
        proposed, previous = request.secret("ProposedPassword"), request.optional_secret("PreviousPassword")
        user = await self._grants.user_of(request)
        if user.verifier is not None:
            if previous is None:
                raise constraint_refusal([violation("previousPassword", Rule.REQUIRED)])
            self._pool.spend(user, "ChangePassword")
            if not self._pool.fits(user.verifier, user.username, previous):
                raise refusal(Cause.WRONG_CREDENTIALS)
        self._pool.set_password(user, proposed, member="proposedPassword")
        return {}

    async def associate_software_token(self, request: Members) -> dict[str, Json]:
        """AssociateSoftwareToken. The app that works now goes on working until the new one is verified."""
        _by_token(request)
        user = (await self._grants.holder_of(request, gone=Cause.ACCESS_TOKEN_REVOKED)).user
        return {"SecretCode": self.begin_software_token(user).reveal()}

    async def verify_software_token(self, request: Members) -> dict[str, Json]:
        """VerifySoftwareToken. It does not switch the factor on."""
        code, name = request.secret("UserCode"), request.optional_text("FriendlyDeviceName")
        check_user_code(code)
        _by_token(request)
        self.finish_software_token(await self._grants.user_of(request), code, name)
        return {"Status": "SUCCESS"}

    def begin_software_token(self, user: User) -> Secret:
        """Return the secret that a new authenticator app of the user's shall share.

        Raises:
            ServiceError: The pool offers no such factor.
        """
        self._check_totp_is_on()
        user.pending_software_token = SoftwareToken.make(self._pool.entropy)
        return user.pending_software_token.secret

    def finish_software_token(self, user: User, code: Secret, name: str | None) -> None:
        """Take the app that was begun with for the user's, in the place of any other.

        Raises:
            ServiceError: The pool offers no such factor, none was begun with, or the code is not what it shows.
        """
        self._check_totp_is_on()
        pending = user.pending_software_token
        if pending is None:
            raise refusal(Cause.TOTP_SETUP_CODE_WRONG)
        pending.verify(code, self._pool.now(), wrong=Cause.TOTP_SETUP_CODE_WRONG)
        pending.verified = True
        pending.friendly_name = name or None
        user.software_token, user.pending_software_token = pending, None
        user.modified = self._pool.now()

    async def set_user_mfa_preference(self, request: Members) -> dict[str, Json]:
        """SetUserMFAPreference."""
        preferences = read_preferences(request)
        self.prefer(await self._grants.user_of(request), preferences)
        return {}

    def prefer(self, user: User, preferences: Preferences) -> None:
        """Switch a user's second factors on and off. Those that are not named stay as they are.

        Whoever prefers a factor switches it on. Switching off the preferred one leaves none preferred, and so does
        saying that it is not; to switch it on once more says nothing of that.

        Raises:
            ServiceError: One is not set up, or two are preferred.
        """
        given = preferences.of_factors
        if sum(preference.is_preferred is True for preference in given.values()) > 1:
            raise refusal(Cause.TWO_FACTORS_PREFERRED)
        for factor, preference in given.items():
            if preference.is_on:
                self._check_is_set_up(user, factor)
        on = {factor for factor, preference in given.items() if preference.is_on}
        factors = user.mfa_factors - given.keys() | on
        if preferences.of_passkeys:
            self._check_passkeys_can_count(factors)
        user.mfa_factors = factors
        preferred = user.preferred_factor
        if preferred is not None and preferred in given:
            is_kept = preferred in on and given[preferred].is_preferred is not False
            user.preferred_factor = preferred if is_kept else None
        for factor, preference in given.items():
            if preference.is_preferred:
                user.preferred_factor = factor
        if preferences.of_passkeys is not None:
            user.has_passkey_mfa = preferences.of_passkeys
        user.modified = self._pool.now()

    def _check_totp_is_on(self) -> None:
        settings = self._pool.settings
        if settings.mfa is MfaConfiguration.OFF or MfaFactor.SOFTWARE_TOKEN_MFA not in settings.mfa_factors:
            raise refusal(Cause.TOTP_OFF_IN_POOL)

    def _check_is_set_up(self, user: User, factor: MfaFactor) -> None:
        is_set_up = (
            bool(user.attributes.get(_CHANNELS[factor]))
            if factor in _CHANNELS
            else user.software_token is not None and user.software_token.verified
        )
        if not is_set_up or factor not in self._pool.settings.mfa_factors:
            raise refusal(Cause.FACTOR_NOT_SET_UP, factor=factor.value)

    def _check_passkeys_can_count(self, factors: Iterable[MfaFactor]) -> None:
        config = self._pool.settings.web_authn
        if config is None or config.use is not PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION or not any(factors):
            raise refusal(Cause.PASSKEY_MFA_NOT_POSSIBLE)


def mfa_members(user: User) -> dict[str, Json]:
    """Return what replies tell of a user's second factors: nothing, if there are none."""
    members: dict[str, Json] = {}
    if user.preferred_factor is not None:
        members["PreferredMfaSetting"] = user.preferred_factor.value
    if user.mfa_factors:
        members["UserMFASettingList"] = [factor.value for factor in MfaFactor if factor in user.mfa_factors]
    return members


def read_preferences(request: Members) -> Preferences:
    """Return what a request says of a user's second factors."""
    named = {factor: request.nested(name) for name, factor in _SETTINGS.items()}
    passkeys = request.nested("WebAuthnMfaSettings")
    return Preferences(
        {
            factor: Preference(
                settings.flag("Enabled") or settings.flag("PreferredMfa"), settings.optional_flag("PreferredMfa")
            )
            for factor, settings in named.items()
            if settings is not None
        },
        passkeys.flag("Enabled") if passkeys is not None else None,
    )


def _by_token(request: Members) -> None:
    """Return if the request goes by an access token and by nothing else.

    A session could only be one of MFA_SETUP, a challenge that this pool does not make.

    Raises:
        ServiceError: It goes by a session, by both, or by neither.
    """
    token, session = request.optional_secret("AccessToken"), request.optional_secret("Session")
    if (token is None) is (session is None):
        raise refusal(Cause.TOKEN_OR_SESSION_NEEDED)
    if token is None:
        raise refusal(Cause.SESSION_INVALID)
