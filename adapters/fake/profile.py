"""What users do with their own accounts once they are signed in.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'TOTP software token MFA'.
"""

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret

from .directory import MfaFactor, User
from .errors import Cause, Rule, constraint_refusal, refusal, violation
from .grants import Grants
from .members import Members
from .settings import MfaConfiguration
from .state import Pool
from .totp import SoftwareToken

__all__ = ["Profile"]

_SETTINGS = {
    "SMSMfaSettings": MfaFactor.SMS_MFA,
    "SoftwareTokenMfaSettings": MfaFactor.SOFTWARE_TOKEN_MFA,
}
_TOTP_DIGITS = 6


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
        user = await self._grants.user_of(request)
        attributes = {"sub": user.sub, **user.attributes}
        reply: dict[str, Json] = {
            "Username": user.username,
            "UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        }
        if user.mfa_factors:
            reply["UserMFASettingList"] = [factor.value for factor in MfaFactor if factor in user.mfa_factors]
        if user.preferred_factor is not None:
            reply["PreferredMfaSetting"] = user.preferred_factor.value
        return reply

    async def associate_software_token(self, request: Members) -> dict[str, Json]:
        """AssociateSoftwareToken. The app that works now goes on working until the new one is verified."""
        _by_token(request)
        user = (await self._grants.holder_of(request, gone=Cause.ACCESS_TOKEN_REVOKED)).user
        if self._pool.settings.mfa is MfaConfiguration.OFF:
            raise refusal(Cause.TOTP_OFF_IN_POOL)
        user.pending_software_token = SoftwareToken.make(self._pool.entropy)
        return {"SecretCode": user.pending_software_token.secret.reveal()}

    async def verify_software_token(self, request: Members) -> dict[str, Json]:
        """VerifySoftwareToken. It does not switch the factor on."""
        code, name = request.secret("UserCode"), request.optional_text("FriendlyDeviceName")
        if violations := _user_code_violations(code):
            raise constraint_refusal(violations)
        _by_token(request)
        user = await self._grants.user_of(request)
        if self._pool.settings.mfa is MfaConfiguration.OFF:
            raise refusal(Cause.TOTP_OFF_IN_POOL)
        pending = user.pending_software_token
        if pending is None:
            raise refusal(Cause.TOTP_SETUP_CODE_WRONG)
        pending.verify(code, self._pool.now(), wrong=Cause.TOTP_SETUP_CODE_WRONG)
        pending.verified = True
        pending.friendly_name = name or None
        user.software_token, user.pending_software_token = pending, None
        user.modified = self._pool.now()
        return {"Status": "SUCCESS"}

    async def set_user_mfa_preference(self, request: Members) -> dict[str, Json]:
        """SetUserMFAPreference. Factors that are not named stay as they are."""
        given = {factor: request.nested(name) for name, factor in _SETTINGS.items()}
        asked = {factor: settings for factor, settings in given.items() if settings is not None}
        preferred = [factor for factor, settings in asked.items() if settings.flag("PreferredMfa")]
        email = request.nested("EmailMfaSettings") or Members({})
        enabled = [factor for factor, settings in asked.items() if settings.flag("Enabled") or factor in preferred]
        wants_email = email.flag("Enabled") or email.flag("PreferredMfa")
        user = await self._grants.user_of(request)
        if len(preferred) + email.flag("PreferredMfa") > 1:
            raise refusal(Cause.TWO_FACTORS_PREFERRED)
        if wants_email:
            raise refusal(Cause.FACTOR_NOT_SET_UP, factor="EMAIL_OTP")  # this pool sends no codes by e-mail to sign in
        for factor in enabled:
            self._check_is_set_up(user, factor)
        for factor in asked:
            if factor in enabled:
                user.mfa_factors.add(factor)
            else:
                user.mfa_factors.discard(factor)
            if user.preferred_factor is factor:
                user.preferred_factor = None
        if preferred:
            user.preferred_factor = preferred[0]
        user.modified = self._pool.now()
        return {}

    def _check_is_set_up(self, user: User, factor: MfaFactor) -> None:
        is_set_up = (
            bool(user.attributes.get("phone_number"))
            if factor is MfaFactor.SMS_MFA
            else user.software_token is not None and user.software_token.verified
        )
        if not is_set_up:
            raise refusal(Cause.FACTOR_NOT_SET_UP, factor=factor.value)


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


def _user_code_violations(code: Secret) -> list[str]:
    """Source: service model, SoftwareTokenMFAUserCodeType."""
    text = code.reveal()
    violations: list[str] = []
    if len(text) < _TOTP_DIGITS:
        violations.append(violation("userCode", Rule.MIN_LENGTH, limit=str(_TOTP_DIGITS)))
    if len(text) > _TOTP_DIGITS:
        violations.append(violation("userCode", Rule.MAX_LENGTH, limit=str(_TOTP_DIGITS)))
    if not (text.isascii() and text.isdigit()):
        violations.append(violation("userCode", Rule.PATTERN, pattern="[0-9]+"))
    return violations
