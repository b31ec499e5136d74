"""Codes on their way to a custom sender, made unreadable by the AWS Encryption SDK and read as a function does."""

import base64
from typing import Any

import aws_encryption_sdk
import pytest
from aws_encryption_sdk.exceptions import ActionNotAllowedError
from aws_encryption_sdk.identifiers import CommitmentPolicy

from authsteps.adapters.lambda_triggers import EncryptedCodes
from authsteps.engine.messages import Secret

pytestmark = pytest.mark.usefixtures("each_backend")

POOL = "eu-west-1_Fake00001"


@pytest.fixture(scope="module")
def codes() -> EncryptedCodes:
    return EncryptedCodes()


async def test_a_code_is_what_the_sdk_reads_with_the_key_and_is_bound_to_the_pool(codes: EncryptedCodes) -> None:
    sent = await codes.encrypt(Secret("123456"), user_pool_id=POOL)
    sdk: Any = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    plain, header = sdk.decrypt(source=base64.b64decode(sent.reveal()), key_provider=codes.key_provider)
    assert plain == b"123456"
    assert header.encryption_context["userpool-id"] == POOL


async def test_a_code_begins_as_those_of_the_service_do_and_never_looks_the_same(codes: EncryptedCodes) -> None:
    first, second = [await codes.encrypt(Secret("123456"), user_pool_id=POOL) for _ in range(2)]
    assert first.reveal().startswith("AYAD")
    assert first != second


async def test_a_function_that_demands_key_commitment_cannot_read_it_as_in_aws(codes: EncryptedCodes) -> None:
    sent = await codes.encrypt(Secret("123456"), user_pool_id=POOL)
    sdk: Any = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    )
    with pytest.raises(ActionNotAllowedError):
        sdk.decrypt(source=base64.b64decode(sent.reveal()), key_provider=codes.key_provider)


@pytest.mark.parametrize("code", ["123456", "Täglich<neu>", "x" * 256])
async def test_decrypt_gives_back_what_was_encrypted(codes: EncryptedCodes, code: str) -> None:
    assert codes.decrypt((await codes.encrypt(Secret(code), user_pool_id=POOL)).reveal()) == code


async def test_what_the_key_does_not_open_is_refused_and_not_quoted(codes: EncryptedCodes) -> None:
    of_another = (await EncryptedCodes().encrypt(Secret("123456"), user_pool_id=POOL)).reveal()
    changed = of_another[:-8] + "AAAAAAA="
    for text in (of_another, changed, "no base64", "", base64.b64encode(b"123456").decode()):
        with pytest.raises(ValueError, match="this is no code that the key opens: ") as caught:
            codes.decrypt(text)
        assert caught.value.__context__ is None
        assert "123456" not in str(caught.value)


async def test_nothing_of_the_key_or_a_code_is_shown(codes: EncryptedCodes) -> None:
    sent = await codes.encrypt(Secret("123456"), user_pool_id=POOL)
    assert sent.reveal() not in repr(sent) + str(sent)
    assert "123456" not in repr(codes)
