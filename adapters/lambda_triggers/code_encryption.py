"""How a code is made unreadable on its way to a custom sender.

A custom sender is told codes and temporary passwords encrypted: a message of the AWS Encryption SDK, in base64. Whoever
has the key reads it there with the SDK, and so does a function under test.

Source: Cognito developer guide, 'Custom sender Lambda triggers'. That ``userpool-id`` is the name in the encryption
context is told by the key policy on that page.
"""

import base64
from importlib.util import find_spec
from typing import Any, Final, Protocol, cast

import anyio.to_thread

from authsteps.engine.messages import Secret
from authsteps.engine.system import SystemEntropy

__all__ = ["CodeEncryption", "EncryptedCodes"]

_CONTEXT: Final = "userpool-id"
_PROVIDER: Final = "authsteps"
_KEY_LENGTH: Final = 32
_KEY: Final = "own"


class CodeEncryption(Protocol):
    """Encrypts what a custom sender is to send."""

    async def encrypt(self, code: Secret, *, user_pool_id: str) -> Secret:
        """Return a code as it stands in a sender's event."""
        ...


class EncryptedCodes:
    """A ``CodeEncryption`` by the AWS Encryption SDK, which the extra ``senders`` brings.

    ::

        codes = EncryptedCodes()
        triggers = Triggers({Trigger.CUSTOM_EMAIL_SENDER: PythonFunction(handler)}, code_encryption=codes)

    In the function under test ``codes.decrypt`` stands where the SDK's ``decrypt`` with the key in KMS stands later, or
    the SDK is called there with ``codes.key_provider``.

    Args:
        key_provider: Whose key it is: a ``MasterKeyProvider`` of the SDK, such as one of a KMS or of an emulator of it.
            ``None``: a key of its own is drawn, which is good for this object alone.

    Attributes:
        key_provider: The same.

    Raises:
        ImportError: The SDK is not installed.
    """

    def __init__(self, key_provider: object | None = None) -> None:
        if find_spec("aws_encryption_sdk") is None:
            raise ImportError("the AWS Encryption SDK is not installed; it comes with authsteps[senders]")
        self.key_provider: object = key_provider if key_provider is not None else _own_key()
        self._sdk = _sdk()

    async def encrypt(self, code: Secret, *, user_pool_id: str) -> Secret:
        """Return a code as it stands in a sender's event: in base64, bound to the pool. A worker thread does it."""
        return await anyio.to_thread.run_sync(self._encrypted, code, user_pool_id)

    def decrypt(self, code: str) -> str:
        """Return what stands in a sender's event as it was before. It may ask a KMS, and block for so long.

        Raises:
            ValueError: It is not in base64, or no message of the SDK that this key opens.
        """
        try:
            plain, _ = self._sdk.decrypt(source=base64.b64decode(code, validate=True), key_provider=self.key_provider)
        except Exception as error:  # noqa: BLE001  # of a damaged message the SDK raises whatever it comes upon
            problem = type(error).__name__
        else:
            return bytes(plain).decode()
        raise ValueError(f"this is no code that the key opens: {problem}")

    def _encrypted(self, code: Secret, user_pool_id: str) -> Secret:
        message, _ = self._sdk.encrypt(
            source=code.reveal().encode(),
            key_provider=self.key_provider,
            encryption_context={_CONTEXT: user_pool_id},
        )
        return Secret(base64.b64encode(message).decode())


def _sdk() -> Any:
    # Imported here and below, for it brings boto3 along, which takes a while.
    from aws_encryption_sdk import EncryptionSDKClient  # noqa: PLC0415  # see above
    from aws_encryption_sdk.identifiers import CommitmentPolicy  # noqa: PLC0415  # see above

    # Codes that the service sent begin with AYAD: messages of version 1, signed and without key commitment. A function
    # that demands commitment cannot read them, there or here.
    return EncryptionSDKClient(commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)


def _own_key() -> object:
    from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm  # noqa: PLC0415  # see above
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey  # noqa: PLC0415  # see above
    from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider  # noqa: PLC0415  # see above

    wrapping = WrappingKey(
        wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        wrapping_key=SystemEntropy().random_bytes(_KEY_LENGTH),
        wrapping_key_type=EncryptionKeyType.SYMMETRIC,
    )

    # Put together rather than declared, for the library is not typed.

    def raw_key(_provider: object, _key_id: object) -> WrappingKey:
        return wrapping

    members = {"provider_id": _PROVIDER, "_get_raw_key": raw_key}
    provider = cast("Any", type("OwnKey", (RawMasterKeyProvider,), members))()
    provider.add_master_key(_KEY)
    return cast("object", provider)
