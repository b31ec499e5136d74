"""What a signed-in user can do about factors: second factors, authenticator apps, passkeys."""

from collections.abc import Mapping

from authsteps.engine.messages import Secret

from . import effects, events
from .errors import CodeMismatchError, EnableSoftwareTokenMFAError, InvalidInputError
from .model import (
    MfaPreference,
    MfaSetting,
    MfaType,
    TotpSetup,
    WebAuthnCredential,
    WebAuthnCredentialInfo,
    sealed,
)
from .pages import every_page
from .ports import Authenticator
from .signed_in import SignedIn, Verbs
from .steps import code_of, credential_of, friendly_name_of, text_of

__all__ = ["FactorVerbs"]

_MAX_CREDENTIAL_ID_LENGTH = 256
"""Characters. Source: the service model of cognito-idp, DeleteWebAuthnCredential, CredentialId."""


class FactorVerbs(Verbs):
    """Second factors, authenticator apps, passkeys."""

    async def fetch_mfa_preference(self) -> MfaPreference:
        """Return which second factors are switched on, and which is asked for first.

        The only one that is on counts as preferred.

        Source: AWS Amplify Auth (Flutter), fetchMfaPreference.
        """
        async with self._signed_in() as person:
            mfa = (await person.ask(effects.GetUser, events.UserFetched)).mfa
        if mfa.preferred is None and len(mfa.enabled) == 1:
            return MfaPreference(mfa.enabled, next(iter(mfa.enabled)))
        return mfa

    async def update_mfa_preference(
        self,
        *,
        sms: MfaSetting | None = None,
        totp: MfaSetting | None = None,
        email: MfaSetting | None = None,
    ) -> None:
        """Switch second factors on or off. One that is not given stays as it is.

        One that is given as ``ENABLED`` stays preferred if it was, unless another is to be.

        Raises:
            InvalidInputError: Nothing is given, or more than one is to be preferred; nothing was sent.

        Source: AWS Amplify Auth (Swift), updateMFAPreference.
        """
        asked = {MfaType.SMS: sms, MfaType.TOTP: totp, MfaType.EMAIL: email}
        settings = {factor: setting for factor, setting in asked.items() if setting is not None}
        if not settings:
            raise InvalidInputError("sms, totp and email", "are all missing", "say what to change")
        if sum(setting is MfaSetting.PREFERRED for setting in settings.values()) > 1:
            raise InvalidInputError("PREFERRED", "is given more than once", "prefer one second factor")
        async with self._signed_in() as person:
            spelled_out = await _spelled_out(person, settings)
            await person.ask(lambda access: effects.SetUserMfaPreference(access, spelled_out), events.MfaPreferenceSet)

    async def set_up_totp(self) -> TotpSetup:
        """Ask for a secret for an authenticator app. ``verify_totp_setup`` completes the set-up."""
        async with self._signed_in() as person:
            associated = await person.ask(effects.AssociateSoftwareToken, events.SoftwareTokenAssociated)
            return TotpSetup(associated.shared_secret, person.tokens.user.username)

    async def verify_totp_setup(self, code: str | Secret, *, friendly_device_name: str | None = None) -> None:
        """Show that the authenticator app has the secret.

        It does not switch the factor on; ``update_mfa_preference(totp=...)`` does.

        Args:
            code: The code that the app shows.
            friendly_device_name: A name for the app's device, which sign-in shows later.

        Raises:
            InvalidInputError: The code or the name cannot be one; nothing was sent.
            CodeMismatchError: The code is wrong; give another one.
        """
        given = sealed(code)
        del code
        secret, name = code_of(given, "code"), friendly_name_of(friendly_device_name)
        async with self._signed_in() as person:
            try:
                await person.ask(
                    lambda access: effects.VerifySoftwareToken(secret, name, access_token=access),
                    events.SoftwareTokenVerified,
                )
            except EnableSoftwareTokenMFAError as error:
                # Source: AWS Amplify Auth (Flutter), verifyTotpSetup: both mean a wrong code
                raise CodeMismatchError(error.message, retryable=True) from error

    async def associate_web_authn_credential(self, authenticator: Authenticator | None = None) -> None:
        """Have an authenticator make a passkey, and register it.

        Where the authenticator is elsewhere, in a browser for instance, use ``start_web_authn_registration`` and
        ``complete_web_authn_registration``.

        Args:
            authenticator: It makes the passkey. A client may know one already.

        Raises:
            InvalidInputError: There is no authenticator; nothing was sent.
            WebAuthnCeremonyError: The authenticator made none.
        """
        async with self._signed_in() as person:
            maker = authenticator if authenticator is not None else person.authenticator
            if maker is None:
                raise InvalidInputError("authenticator", "is missing", "give one, or use start_web_authn_registration")
            options = await _start_registration(person)
            await _complete_registration(person, await maker.create(options))

    async def start_web_authn_registration(self) -> str:
        """Begin to register a passkey, and return what an authenticator makes it from.

        That is JSON text for the browser's ``PublicKeyCredential.parseCreationOptionsFromJSON``.
        """
        async with self._signed_in() as person:
            return await _start_registration(person)

    async def complete_web_authn_registration(self, credential: WebAuthnCredential | str | Secret) -> None:
        """Register the passkey that an authenticator made.

        Args:
            credential: What it gave, or its JSON text.

        Raises:
            InvalidInputError: It is no JSON object; nothing was sent.
        """
        given = credential if isinstance(credential, WebAuthnCredential) else WebAuthnCredential(credential)
        del credential
        credential_of(given, "credential")
        async with self._signed_in() as person:
            await _complete_registration(person, given)

    async def list_web_authn_credentials(self) -> tuple[WebAuthnCredentialInfo, ...]:
        """Return the user's passkeys, all of them."""
        async with self._signed_in() as person:
            pages = await every_page(
                lambda next_token: person.ask(
                    lambda access: effects.ListWebAuthnCredentials(access, next_token),
                    events.WebAuthnCredentialsListed,
                )
            )
        return tuple(credential for page in pages for credential in page.credentials)

    async def delete_web_authn_credential(self, credential_id: str) -> None:
        """Forget a passkey.

        Args:
            credential_id: Which, as ``list_web_authn_credentials`` names it.

        Raises:
            InvalidInputError: It cannot name one; nothing was sent.
        """
        name = text_of(Secret(credential_id), "credential_id", at_most=_MAX_CREDENTIAL_ID_LENGTH).reveal()
        async with self._signed_in() as person:
            await person.ask(
                lambda access: effects.DeleteWebAuthnCredential(access, name), events.WebAuthnCredentialDeleted
            )


async def _spelled_out(person: SignedIn, settings: Mapping[MfaType, MfaSetting]) -> Mapping[MfaType, MfaSetting]:
    """Say of each factor that is only switched on whether it is preferred: what is left out, Cognito takes for no."""
    if MfaSetting.ENABLED not in settings.values():
        return settings
    preferred = (await person.ask(effects.GetUser, events.UserFetched)).mfa.preferred
    if MfaSetting.PREFERRED in settings.values():
        preferred = None
    as_before = {
        factor: MfaSetting.PREFERRED if factor is preferred else MfaSetting.NOT_PREFERRED for factor in settings
    }
    return {
        factor: as_before[factor] if setting is MfaSetting.ENABLED else setting for factor, setting in settings.items()
    }


async def _start_registration(person: SignedIn) -> str:
    return (await person.ask(effects.StartWebAuthnRegistration, events.WebAuthnRegistrationStarted)).creation_options


async def _complete_registration(person: SignedIn, credential: WebAuthnCredential) -> None:
    text = credential_of(credential, "credential")
    await person.ask(lambda access: effects.CompleteWebAuthnRegistration(access, text), events.WebAuthnRegistered)
