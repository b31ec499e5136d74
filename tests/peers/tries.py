"""What is tried on every server: programs that go through against Cognito. The first line says what is tried.

They sign in with the password as it is, where it does not matter how, for not every server knows SRP.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import jwt
from jwt.algorithms import RSAAlgorithm

from authsteps.adapters.cognito import Json
from authsteps.adapters.fake import Purpose
from authsteps.engine.messages import Secret
from authsteps.flows import (
    AuthFlow,
    CodeMismatchError,
    DeviceSecrets,
    ExpiredCodeError,
    FactorType,
    InvalidParameterError,
    InvalidPasswordError,
    LimitExceededError,
    MfaSetting,
    NotAuthorizedError,
    RefreshTokenReuseError,
    SessionExpiredError,
    SignedOutError,
    SignOutComplete,
    UsernameExistsError,
    UserNotFoundError,
    WebAuthnCredential,
    steps,
)
from authsteps.flows.srp import timestamp
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.world import NEW_PASSWORD, PASSWORD, PHONE, STRANGER, b64
from tests.clients.riddles import LAMBDA_CONFIG
from tests.peers.ground import AcceptedError, Peer, Place, SignIn, UnexpectedError, refused

__all__ = ["TRIES", "Try"]

Try: TypeAlias = Callable[[Peer], Awaitable[None]]

_WRONG_PASSWORD = "Incorrect-horse-7"
_SMS: dict[str, Json] = {
    "MfaConfiguration": "OPTIONAL",
    "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
}
_APPS: dict[str, Json] = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
_MAIL: dict[str, Json] = {"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
_OWN_SENDER: dict[str, Any] = {
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
    }
}
_DEVICES: dict[str, Json] = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
_ROTATION: dict[str, Json] = {
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
}


# The first factor


async def srp(peer: Peer) -> None:
    """Sign in with SRP"""
    pool = await peer.pool()
    await pool.add_user()
    (await pool.sign_in(flow=AuthFlow.USER_SRP_AUTH)).expect(steps.Done)


async def srp_with_a_wrong_proof(peer: Peer) -> None:
    """Refuse a wrong SRP proof"""
    pool = await peer.pool()
    await pool.add_user()
    begun: Any = await pool.initiate("USER_SRP_AUTH", USERNAME=pool.alice, SRP_A="abcdef0123456789")
    with refused("a wrong proof", NotAuthorizedError):
        await pool.respond(
            "PASSWORD_VERIFIER",
            begun.get("Session"),
            USERNAME=begun["ChallengeParameters"]["USERNAME"],
            PASSWORD_CLAIM_SECRET_BLOCK=begun["ChallengeParameters"]["SECRET_BLOCK"],
            PASSWORD_CLAIM_SIGNATURE=b64(bytes(32)),
            TIMESTAMP=timestamp(datetime.now(UTC)),
        )


async def password(peer: Peer) -> None:
    """Sign in with the password as it is"""
    pool = await peer.pool()
    await pool.add_user()
    (await pool.sign_in()).expect(steps.Done)


async def a_wrong_password(peer: Peer) -> None:
    """Refuse a wrong password"""
    pool = await peer.pool()
    await pool.add_user()
    with refused("a wrong password", NotAuthorizedError):
        await pool.sign_in(password=_WRONG_PASSWORD)


async def a_way_that_is_not_allowed(peer: Peer) -> None:
    """Refuse a way to sign in that the app client does not allow"""
    pool = await peer.pool(client={"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]})
    await pool.add_user()
    with refused("a password sent as it is", InvalidParameterError):
        await pool.sign_in()


async def guessing(peer: Peer) -> None:
    """Lock out who guesses passwords"""
    pool = await peer.pool()
    await pool.add_user()
    for _ in range(20):
        try:
            await pool.sign_in(password=_WRONG_PASSWORD)
        except NotAuthorizedError as error:
            if error.message == "Password attempts exceeded":
                return
    raise AcceptedError("twenty guesses")


async def who_is_hidden(peer: Peer) -> None:
    """Hide who does not exist, where the app client asks for it"""
    pool = await peer.pool(client={"PreventUserExistenceErrors": "ENABLED"})
    with refused("nobody", NotAuthorizedError):
        await pool.sign_in(STRANGER)
    await pool.service().reset_password(STRANGER)


async def who_does_not_exist(peer: Peer) -> None:
    """Say who does not exist, where the app client does not ask otherwise"""
    pool = await peer.pool(client={"PreventUserExistenceErrors": "LEGACY"})
    with refused("nobody", UserNotFoundError):
        await pool.sign_in(STRANGER)


async def an_alias(peer: Peer) -> None:
    """Sign in with an e-mail address in place of the name"""
    pool = await peer.pool(AliasAttributes=["email"])
    await pool.add_user(email=pool.email, email_verified="true")
    (await pool.sign_in(pool.email)).expect(steps.Done)


async def a_disabled_user(peer: Peer) -> None:
    """Refuse a user who is disabled"""
    pool = await peer.pool()
    await pool.add_user()
    await pool.administer("AdminDisableUser")
    with refused("a disabled user", NotAuthorizedError):
        await pool.sign_in()


async def a_new_password(peer: Peer) -> None:
    """Sign in with a temporary password, and give a new one"""
    pool = await peer.pool()
    await pool.add_user(temporary=True)
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithNewPassword)
    await going.answer(NEW_PASSWORD)
    going.expect(steps.Done)
    await pool.tokens(password=NEW_PASSWORD)


async def a_new_password_too_short(peer: Peer) -> None:
    """Refuse a new password that is against the policy, and take a second one"""
    pool = await peer.pool()
    await pool.add_user(temporary=True)
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithNewPassword)
    with refused("a short password", InvalidPasswordError):
        await going.answer("short")
    await going.answer(NEW_PASSWORD)
    going.expect(steps.Done)


async def a_reset_is_demanded(peer: Peer) -> None:
    """Send to a reset who was told by an administrator to reset the password"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.add_user(email=pool.email, email_verified="true")
    await pool.administer("AdminResetUserPassword")
    (await pool.sign_in()).expect(steps.ResetPassword)


async def a_choice(peer: Peer) -> None:
    """Choose a code by e-mail as the first factor (USER_AUTH)"""
    pool = await peer.pool(
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}, **_OWN_SENDER
    )
    await pool.add_user(email=pool.email, email_verified="true")
    going = await pool.sign_in(password=None, flow=AuthFlow.USER_AUTH)
    going.expect(steps.ContinueSignInWithFirstFactorSelection)
    await going.answer(FactorType.EMAIL_OTP)
    going.expect(steps.ConfirmSignInWithOtpCode)
    with refused("a wrong code", CodeMismatchError):
        await going.answer(await pool.wrong_code(Purpose.EMAIL_OTP))
    await going.answer(await pool.code(Purpose.EMAIL_OTP))
    going.expect(steps.Done)


async def a_passkey(peer: Peer) -> None:
    """Register a passkey, and sign in with it"""
    pool = await peer.pool(
        mfa={"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": RP_ID}},
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    )
    await pool.add_user()
    browser, account = Browser(), pool.account(await pool.tokens())
    options = json.loads(await account.start_web_authn_registration())
    await account.complete_web_authn_registration(json.dumps(browser.create(options)))
    going = await pool.sign_in(password=None, flow=AuthFlow.USER_AUTH)
    going.expect(steps.ContinueSignInWithFirstFactorSelection)
    await going.answer(FactorType.WEB_AUTHN)
    asked = going.expect(steps.ContinueSignInWithWebAuthn)
    await going.answer(WebAuthnCredential(browser.get_json(asked.request_options)))
    going.expect(steps.Done)


async def riddles(peer: Peer) -> None:
    """Ask a pool's own questions (custom auth)"""
    pool = await peer.pool(LambdaConfig=LAMBDA_CONFIG)
    await pool.add_user()
    going = await pool.sign_in(password=None, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP)
    for answer in ("piano", "towel"):
        going.expect(steps.ConfirmSignInWithCustomChallenge)
        await going.answer(answer)
    going.expect(steps.Done)


async def a_wrong_answer(peer: Peer) -> None:
    """Refuse a wrong answer to a pool's own question"""
    pool = await peer.pool(LambdaConfig=LAMBDA_CONFIG)
    await pool.add_user()
    going = await pool.sign_in(password=None, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP)
    going.expect(steps.ConfirmSignInWithCustomChallenge)
    with refused("a wrong answer", NotAuthorizedError):
        await going.answer("sieve")


# Second factors


async def sms(peer: Peer) -> None:
    """Ask for a code by SMS"""
    pool = await peer.pool(mfa=_SMS)
    await pool.add_user(phone_number=PHONE, phone_number_verified="true")
    await pool.account(await pool.tokens()).update_mfa_preference(sms=MfaSetting.PREFERRED)
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithSmsCode)
    await going.answer(await pool.code(Purpose.SMS_MFA))
    going.expect(steps.Done)


async def a_wrong_sms_code(peer: Peer) -> None:
    """Refuse a wrong code by SMS"""
    pool = await peer.pool(mfa=_SMS)
    await pool.add_user(phone_number=PHONE, phone_number_verified="true")
    await pool.account(await pool.tokens()).update_mfa_preference(sms=MfaSetting.PREFERRED)
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithSmsCode)
    with refused("a wrong code", CodeMismatchError):
        await going.answer(await pool.wrong_code(Purpose.SMS_MFA))


async def a_mailed_second_factor(peer: Peer) -> None:
    """Ask for a code by e-mail"""
    pool = await peer.pool(mfa=_MAIL, **_OWN_SENDER)
    await pool.add_user(email=pool.email, email_verified="true")
    await pool.account(await pool.tokens()).update_mfa_preference(email=MfaSetting.PREFERRED)
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithOtpCode)
    with refused("a wrong code", CodeMismatchError):
        await going.answer(await pool.wrong_code(Purpose.EMAIL_OTP))
    await going.answer(await pool.code(Purpose.EMAIL_OTP))
    going.expect(steps.Done)


async def totp(peer: Peer) -> None:
    """Set up an authenticator app, and sign in with it"""
    await _sign_in_with_an_app(peer, AuthFlow.USER_PASSWORD_AUTH)


async def totp_over_srp(peer: Peer) -> None:
    """Ask for a code of an app after SRP"""
    await _sign_in_with_an_app(peer, AuthFlow.USER_SRP_AUTH)


async def _sign_in_with_an_app(peer: Peer, flow: AuthFlow) -> None:
    pool = await peer.pool(mfa=_APPS)
    await pool.add_user()
    app = await pool.with_totp()
    going = await pool.sign_in(flow=flow)
    going.expect(steps.ConfirmSignInWithTotpCode)
    await app.show(going.answer)
    going.expect(steps.Done)


async def a_wrong_app_at_set_up(peer: Peer) -> None:
    """Refuse a wrong code when an app is set up"""
    pool = await peer.pool(mfa=_APPS)
    await pool.add_user()
    account = pool.account(await pool.tokens())
    app = pool.app((await account.set_up_totp()).shared_secret)
    with refused("a wrong code", CodeMismatchError):
        await account.verify_totp_setup(app.wrong_code())


async def a_wrong_app_code(peer: Peer) -> None:
    """Refuse a wrong code of an app"""
    pool = await peer.pool(mfa=_APPS)
    await pool.add_user()
    app = await pool.with_totp()
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithTotpCode)
    with refused("a wrong code", CodeMismatchError):
        await going.answer(app.wrong_code())


async def an_app_code_twice(peer: Peer) -> None:
    """Refuse a code of an app that was used before"""
    pool = await peer.pool(mfa=_APPS)
    await pool.add_user()
    app = await pool.with_totp()
    given: list[str] = []
    for _ in range(2):
        going = await pool.sign_in()
        going.expect(steps.ConfirmSignInWithTotpCode)
        if given:
            with refused("a used code", ExpiredCodeError):
                await going.answer(given[-1])
        else:

            async def give(code: str, going: SignIn = going) -> None:
                given.append(code)
                await going.answer(code)

            await app.show(give)


async def a_secret_of_its_own(peer: Peer) -> None:
    """Give every app a secret of its own"""
    pool = await peer.pool(mfa=_APPS)
    secrets: set[str] = set()
    for name in (pool.alice, pool.bob):
        await pool.add_user(name)
        secrets.add((await pool.account(await pool.tokens(name)).set_up_totp()).shared_secret.reveal())
    if len(secrets) == 1:
        raise UnexpectedError("one secret for all")


async def set_up_on_the_way(peer: Peer) -> None:
    """Have an app set up on the way, where a second factor is demanded"""
    pool = await peer.pool(mfa={**_APPS, "MfaConfiguration": "ON"})
    await pool.add_user()
    await pool.early_in_a_step()
    going = await pool.sign_in()
    app = pool.app(going.expect(steps.ContinueSignInWithTotpSetup).shared_secret)
    with refused("a wrong code", CodeMismatchError):
        await going.answer(app.wrong_code())
    await app.show(going.answer)
    going.expect(steps.Done)


# Devices


async def _with_device(peer: Peer) -> tuple[Place, DeviceSecrets]:
    pool = await peer.pool(mfa=_APPS, DeviceConfiguration=_DEVICES)
    await pool.add_user()
    app = await pool.with_totp()
    going = await pool.sign_in()
    going.expect(steps.ConfirmSignInWithTotpCode)
    await app.show(going.answer)
    device = going.expect(steps.Done).new_device
    if device is None:
        raise UnexpectedError("no device")
    return pool, device


async def a_known_device(peer: Peer) -> None:
    """Let a remembered device in without a code"""
    pool, device = await _with_device(peer)
    (await pool.sign_in(device=device)).expect(steps.Done)


async def a_false_device(peer: Peer) -> None:
    """Refuse a device that cannot prove itself"""
    pool, device = await _with_device(peer)
    false = DeviceSecrets(device.key, device.group_key, Secret("a guess"), is_remembered=True)
    with refused("a false device", NotAuthorizedError):
        await pool.sign_in(device=false)


# Sessions


async def a_forged_session(peer: Peer) -> None:
    """Refuse a session that nobody gave out"""
    pool = await peer.pool()
    await pool.add_user(temporary=True)
    with refused("a forged session", NotAuthorizedError):
        await pool.respond("NEW_PASSWORD_REQUIRED", "f" * 40, USERNAME=pool.alice, NEW_PASSWORD=NEW_PASSWORD)


async def a_session_twice(peer: Peer) -> None:
    """Refuse a session that was used before"""
    pool = await peer.pool()
    await pool.add_user(temporary=True)
    begun: Any = await pool.initiate("USER_PASSWORD_AUTH", USERNAME=pool.alice, PASSWORD=PASSWORD)
    responses = {"USERNAME": pool.alice, "NEW_PASSWORD": NEW_PASSWORD}
    await pool.respond("NEW_PASSWORD_REQUIRED", begun["Session"], **responses)
    with refused("a used session", NotAuthorizedError):
        await pool.respond("NEW_PASSWORD_REQUIRED", begun["Session"], **responses)


# Client secrets


async def a_client_secret(peer: Peer) -> None:
    """Sign in through an app client that has a secret"""
    pool = await peer.pool(client={"GenerateSecret": True})
    await pool.add_user()
    await pool.tokens()


async def a_wrong_client_secret(peer: Peer) -> None:
    """Refuse a hash made with another secret"""
    pool = await peer.pool(client={"GenerateSecret": True})
    await pool.add_user()
    with refused("a wrong secret hash", NotAuthorizedError):
        await pool.service(Secret("another")).sign_in(pool.alice, PASSWORD)


# Accounts


async def sign_up(peer: Peer) -> None:
    """Sign up, and confirm it with the code"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    service = pool.service()
    await service.sign_up(pool.alice, PASSWORD, attributes={"email": pool.email})
    await service.confirm_sign_up(pool.alice, await pool.code(Purpose.SIGN_UP))
    await pool.tokens()


async def a_wrong_sign_up_code(peer: Peer) -> None:
    """Refuse a wrong code after a sign-up"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.service().sign_up(pool.alice, PASSWORD, attributes={"email": pool.email})
    with refused("a wrong code", CodeMismatchError):
        await pool.service().confirm_sign_up(pool.alice, await pool.wrong_code(Purpose.SIGN_UP))


async def resend(peer: Peer) -> None:
    """Send the code of a sign-up again"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    service = pool.service()
    await service.sign_up(pool.alice, PASSWORD, attributes={"email": pool.email})
    await service.resend_sign_up_code(pool.alice)
    await service.confirm_sign_up(pool.alice, await pool.code(Purpose.SIGN_UP))


async def unconfirmed(peer: Peer) -> None:
    """Send to the confirmation who has not confirmed the sign-up"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.service().sign_up(pool.alice, PASSWORD, attributes={"email": pool.email})
    (await pool.sign_in()).expect(steps.ConfirmSignUp)


async def a_taken_name(peer: Peer) -> None:
    """Refuse a name that is taken"""
    pool = await peer.pool()
    await pool.add_user()
    with refused("a name that is taken", UsernameExistsError):
        await pool.service().sign_up(pool.alice, PASSWORD, attributes={"email": pool.email})


async def a_weak_password(peer: Peer) -> None:
    """Refuse a password that is against the policy at the sign-up"""
    pool = await peer.pool()
    with refused("a short password", InvalidPasswordError):
        await pool.service().sign_up(pool.alice, "short", attributes={"email": pool.email})


async def reset(peer: Peer) -> None:
    """Reset a password with the code"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.add_user(email=pool.email, email_verified="true")
    await pool.service().reset_password(pool.alice)
    await pool.service().confirm_reset_password(pool.alice, NEW_PASSWORD, await pool.code(Purpose.PASSWORD_RESET))
    await pool.tokens(password=NEW_PASSWORD)


async def a_wrong_reset_code(peer: Peer) -> None:
    """Refuse a wrong code when a password is reset"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.add_user(email=pool.email, email_verified="true")
    await pool.service().reset_password(pool.alice)
    with refused("a wrong code", CodeMismatchError):
        code = await pool.wrong_code(Purpose.PASSWORD_RESET)
        await pool.service().confirm_reset_password(pool.alice, NEW_PASSWORD, code)


async def a_reset_code_twice(peer: Peer) -> None:
    """Refuse a code that reset a password before"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.add_user(email=pool.email, email_verified="true")
    await pool.service().reset_password(pool.alice)
    code = await pool.code(Purpose.PASSWORD_RESET)
    await pool.service().confirm_reset_password(pool.alice, NEW_PASSWORD, code)
    with refused("a used code", ExpiredCodeError):
        await pool.service().confirm_reset_password(pool.alice, PASSWORD, code)


async def guessing_codes(peer: Peer) -> None:
    """Stop who guesses the code of a reset"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.add_user(email=pool.email, email_verified="true")
    await pool.service().reset_password(pool.alice)
    code = await pool.wrong_code(Purpose.PASSWORD_RESET)
    with refused("twenty-five guesses", LimitExceededError):
        for _ in range(25):
            with refused("a wrong code", CodeMismatchError):
                await pool.service().confirm_reset_password(pool.alice, NEW_PASSWORD, code)


async def attributes(peer: Peer) -> None:
    """Read, change and delete attributes"""
    pool = await peer.pool()
    await pool.add_user(email=pool.email)
    account = pool.account(await pool.tokens())
    await account.update_user_attributes({"nickname": "Al"})
    found = await account.fetch_user_attributes()
    if (found.get("nickname"), found.get("email")) != ("Al", pool.email):
        raise UnexpectedError("other attributes")
    await account.delete_user_attributes("nickname")
    if "nickname" in await account.fetch_user_attributes():
        raise UnexpectedError("an attribute that was deleted")


async def a_verified_attribute(peer: Peer) -> None:
    """Verify an address with the code that went there, and with no other"""
    pool = await peer.pool(AutoVerifiedAttributes=["email"])
    await pool.add_user(email=pool.email)
    account = pool.account(await pool.tokens())
    await account.send_user_attribute_verification_code("email")
    with refused("a wrong code", CodeMismatchError):
        await account.confirm_user_attribute("email", await pool.wrong_code(Purpose.ATTRIBUTE_VERIFICATION))
    await account.confirm_user_attribute("email", await pool.code(Purpose.ATTRIBUTE_VERIFICATION))
    if (await account.fetch_user_attributes()).get("email_verified") != "true":
        raise UnexpectedError("not verified")


async def another_password(peer: Peer) -> None:
    """Change the password, and refuse a wrong old one"""
    pool = await peer.pool()
    await pool.add_user()
    account = pool.account(await pool.tokens())
    with refused("a wrong old password", NotAuthorizedError):
        await account.update_password(_WRONG_PASSWORD, NEW_PASSWORD)
    await account.update_password(PASSWORD, NEW_PASSWORD)
    await pool.tokens(password=NEW_PASSWORD)


async def deletion(peer: Peer) -> None:
    """Delete oneself"""
    pool = await peer.pool(client={"PreventUserExistenceErrors": "LEGACY"})
    await pool.add_user()
    await pool.account(await pool.tokens()).delete_user()
    with refused("who was deleted", NotAuthorizedError, UserNotFoundError):
        await pool.sign_in()


# Tokens


async def a_signature(peer: Peer) -> None:
    """Sign tokens with the keys that are published"""
    pool = await peer.pool()
    await pool.add_user()
    token = (await pool.tokens()).id.reveal()
    published = await peer.fetch(f"{pool.pool_id}/.well-known/jwks.json")
    keys = {key["kid"]: RSAAlgorithm.from_jwk(key) for key in published["keys"]}
    named = jwt.get_unverified_header(token)["kid"]
    if named not in keys:
        raise UnexpectedError("signed with a key that is not published")
    key: Any = keys[named]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=pool.client_id)
    if claims["token_use"] != "id" or not claims["iss"].endswith(f"/{pool.pool_id}"):
        raise UnexpectedError("other claims")


async def a_forged_token(peer: Peer) -> None:
    """Refuse an access token whose signature is another's"""
    pool = await peer.pool()
    await pool.add_user()
    own = (await pool.tokens()).access.reveal()
    await pool.add_user(pool.bob)
    others = (await pool.tokens(pool.bob)).access.reveal()
    forged = ".".join([*own.split(".")[:2], others.split(".")[2]])
    with refused("a forged token", NotAuthorizedError):
        await peer.transport.call("GetUser", {"AccessToken": forged})


async def groups(peer: Peer) -> None:
    """Name a user's groups in the tokens"""
    pool = await peer.pool()
    await pool.add_user()
    await peer.transport.call("CreateGroup", {"UserPoolId": pool.pool_id, "GroupName": "cooks"})
    await pool.administer("AdminAddUserToGroup", GroupName="cooks")
    claims = jwt.decode((await pool.tokens()).access.reveal(), options={"verify_signature": False})
    if claims.get("cognito:groups") != ["cooks"]:
        raise UnexpectedError("no groups")


async def refresh(peer: Peer) -> None:
    """Refresh tokens (GetTokensFromRefreshToken)"""
    pool = await peer.pool(client=_ROTATION)
    await pool.add_user()
    await pool.refreshed(await pool.tokens())


async def refresh_as_of_old(peer: Peer) -> None:
    """Refresh tokens as of old (REFRESH_TOKEN_AUTH)"""
    pool = await peer.pool()
    await pool.add_user()
    await pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=(await pool.tokens()).refresh.reveal())


async def rotation(peer: Peer) -> None:
    """Refuse a refresh token that was rotated"""
    pool = await peer.pool(client=_ROTATION)
    await pool.add_user()
    tokens = await pool.tokens()
    await pool.refreshed(tokens)
    with refused("a rotated token", RefreshTokenReuseError, SessionExpiredError):
        await pool.refreshed(tokens)


async def revocation(peer: Peer) -> None:
    """Refuse a refresh token once its owner has signed out (RevokeToken)"""
    pool = await peer.pool()
    await pool.add_user()
    tokens = await pool.tokens()
    ended = await pool.account(tokens).sign_out()
    if not isinstance(ended, SignOutComplete):
        raise UnexpectedError(type(ended).__name__)
    with refused("a revoked token", NotAuthorizedError):
        await pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens.refresh.reveal())


async def global_sign_out(peer: Peer) -> None:
    """End all of a user's sessions (GlobalSignOut)"""
    pool = await peer.pool()
    await pool.add_user()
    tokens, others = await pool.tokens(), await pool.tokens()
    await peer.transport.call("GlobalSignOut", {"AccessToken": tokens.access.reveal()})
    with refused("a token of an ended session", NotAuthorizedError, SignedOutError, SessionExpiredError):
        await pool.account(others).fetch_user_attributes()


TRIES: tuple[Try, ...] = (
    srp,
    srp_with_a_wrong_proof,
    password,
    a_wrong_password,
    a_way_that_is_not_allowed,
    guessing,
    who_is_hidden,
    who_does_not_exist,
    an_alias,
    a_disabled_user,
    a_new_password,
    a_new_password_too_short,
    a_reset_is_demanded,
    a_choice,
    a_passkey,
    riddles,
    a_wrong_answer,
    sms,
    a_wrong_sms_code,
    a_mailed_second_factor,
    totp,
    totp_over_srp,
    a_wrong_app_at_set_up,
    a_wrong_app_code,
    an_app_code_twice,
    a_secret_of_its_own,
    set_up_on_the_way,
    a_known_device,
    a_false_device,
    a_forged_session,
    a_session_twice,
    a_client_secret,
    a_wrong_client_secret,
    sign_up,
    a_wrong_sign_up_code,
    resend,
    unconfirmed,
    a_taken_name,
    a_weak_password,
    reset,
    a_wrong_reset_code,
    a_reset_code_twice,
    guessing_codes,
    attributes,
    a_verified_attribute,
    another_password,
    deletion,
    a_signature,
    a_forged_token,
    groups,
    refresh,
    refresh_as_of_old,
    rotation,
    revocation,
    global_sign_out,
)
