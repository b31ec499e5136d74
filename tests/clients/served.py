"""The fake as its clients see it: an address. Pools, app clients and users are made there too, by boto3."""

import importlib
import json
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import attrs
from anyio.from_thread import start_blocking_portal
from pyotp.totp import TOTP

from authsteps.adapters.fake import FakeCognito
from authsteps.adapters.fake.server import cognito_app, listen, serving
from authsteps.adapters.lambda_triggers import PythonFunction
from tests.adapters.fake.world import PASSWORD, load_signing_keys
from tests.clients import riddles

__all__ = [
    "AWS_KEYS",
    "REGION",
    "AppClient",
    "Boto",
    "Served",
    "ServedPool",
    "TotpApp",
    "boto",
    "fake_served",
    "pairs",
    "tampered",
]

REGION = "eu-west-1"
AWS_KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI"}
"""An administrator's: the fake wants requests of administrators to be signed, and does not look at how."""

Boto: TypeAlias = Any
"""A client of boto3, which is published without types."""

_boto3: Any = importlib.import_module("boto3")
_ALL_FLOWS = (
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
)
_FACTORS: Mapping[str, Mapping[str, Any]] = {
    "SOFTWARE_TOKEN_MFA": {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
    "SMS_MFA": {
        "SmsMfaConfiguration": {
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "people"}
        }
    },
    "EMAIL_OTP": {"EmailMfaConfiguration": {}},
}
"""What SetUserPoolMfaConfig takes for each second factor."""


@contextmanager
def fake_served(*, is_issuer: bool) -> "Generator[Served]":
    """Serve a fake without pools, in a thread of its own, for clients may block.

    Args:
        is_issuer: Whether tokens name its address as their issuer, or AWS's.
    """
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(_serving(is_issuer=is_issuer)) as url,
        boto(url, **AWS_KEYS) as administrator,
    ):
        yield Served(url, administrator)


@asynccontextmanager
async def _serving(*, is_issuer: bool) -> AsyncGenerator[str, None]:
    listener = await listen()
    cognito = FakeCognito(
        signing_keys=load_signing_keys(),
        functions={arn: PythonFunction(handler) for arn, handler in riddles.FUNCTIONS.items()},
        issuer_base=listener.url if is_issuer else None,
    )
    async with serving(cognito_app(cognito, requires_signatures=True), listener):
        yield listener.url


@contextmanager
def boto(url: str, **options: Any) -> Generator[Boto]:
    """A client of boto3 that knows this endpoint, and what it is given besides."""
    client = _boto3.client("cognito-idp", endpoint_url=url, region_name=REGION, **options)
    try:
        yield client
    finally:
        client.close()


def pairs(given: Mapping[str, str]) -> list[dict[str, str]]:
    """Attributes as they are sent."""
    return [{"Name": name, "Value": value} for name, value in given.items()]


def tampered(token: str) -> str:
    """The token with one letter of its signature changed."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature.startswith('A') else 'A'}{signature[1:]}"


@attrs.frozen
class AppClient:
    """An app client as its app knows it."""

    id: str
    secret: str | None = None


@attrs.frozen
class ServedPool:
    """A pool behind the address, with one app client that may sign in every way."""

    administrator: Boto
    id: str
    app: AppClient

    def add_app(self, **settings: Any) -> AppClient:
        """Make another app client."""
        return _app(self.administrator, self.id, **settings)

    def add_user(
        self,
        username: str,
        password: str = PASSWORD,
        *,
        temporary: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """Make a user, and return the name."""
        self.administrator.admin_create_user(
            UserPoolId=self.id, Username=username, MessageAction="SUPPRESS", UserAttributes=pairs(attributes or {})
        )
        self.administrator.admin_set_user_password(
            UserPoolId=self.id, Username=username, Password=password, Permanent=not temporary
        )
        return username


@attrs.frozen
class Served:
    """A fake that is served, and an administrator of it."""

    url: str
    administrator: Boto

    def get(self, path: str) -> Any:
        """Fetch what stands there."""
        connection = HTTPConnection(urlsplit(self.url).netloc)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def code(self, username: str, purpose: str) -> str:
        """The code in the last message that was sent to a user for this."""
        sent: list[dict[str, str]] = self.get("/outbox.json")
        return next(
            message["code"]
            for message in reversed(sent)
            if message["username"] == username and message["purpose"] == purpose
        )

    def new_pool(
        self,
        *,
        mfa: str = "OFF",
        factors: Iterable[str] = ("SOFTWARE_TOKEN_MFA",),
        passkeys_of: str | None = None,
        **settings: Any,
    ) -> ServedPool:
        """Make a pool with these settings.

        Args:
            mfa: Whether a second factor is asked for: ``OFF``, ``OPTIONAL`` or ``ON``.
            factors: The second factors that there are, where one is asked for.
            passkeys_of: The site that passkeys are made for.
            settings: What CreateUserPool takes.
        """
        pool_id = self.administrator.create_user_pool(PoolName="people", **settings)["UserPool"]["Id"]
        second: dict[str, Any] = {"MfaConfiguration": mfa}
        for factor in factors if mfa != "OFF" else ():
            second |= _FACTORS[factor]
        if passkeys_of is not None:
            second["WebAuthnConfiguration"] = {"RelyingPartyId": passkeys_of}
        self.administrator.set_user_pool_mfa_config(UserPoolId=pool_id, **second)
        return ServedPool(self.administrator, pool_id, _app(self.administrator, pool_id))


def _app(administrator: Boto, pool_id: str, **settings: Any) -> AppClient:
    made = administrator.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", **{"ExplicitAuthFlows": _ALL_FLOWS, **settings}
    )["UserPoolClient"]
    return AppClient(made["ClientId"], made.get("ClientSecret"))


class TotpApp:
    """An authenticator app. The pool takes each code once, and that of the next step too: it shows two of them."""

    def __init__(self, shared_secret: str) -> None:
        self._totp = TOTP(shared_secret)
        self._step = 0

    def code(self) -> str:
        """Return a code that was not shown before: the present one, or else the one after it."""
        self._step = max(self._totp.timecode(datetime.now(UTC)), self._step + 1)
        return self._totp.generate_otp(self._step)
