"""The profile of a signed-in user: attributes and the password."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Secret
from authsteps.flows import steps
from authsteps.flows.account import Account
from authsteps.flows.errors import (
    AliasExistsError,
    AuthError,
    CodeDeliveryFailureError,
    CodeMismatchError,
    ExpiredCodeError,
    InvalidInputError,
    InvalidParameterError,
    InvalidPasswordError,
    LimitExceededError,
    NotAuthorizedError,
    PasswordHistoryPolicyViolationError,
)
from authsteps.flows.model import CodeDelivery, DeliveryMedium
from authsteps.flows.profile import UpdateUserAttributeResult
from tests.flows.conftest import Meet
from tests.flows.world import SUB, access_token, code_sent, user

METADATA = {"from": "a test"}
EMAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")
UPDATED = UpdateUserAttributeResult(steps.AttributeUpdateDone())
TOKEN: dict[str, Json] = {"AccessToken": access_token()}

Verb = Callable[[Account], Awaitable[object]]

# What each verb sends, and what comes of the reply.

EXCHANGES: Mapping[str, tuple[Verb, Reply, dict[str, Json], object]] = {
    "attributes are read": (
        lambda account: account.fetch_user_attributes(),
        user(email="a@b", **{"custom:plan": ""}),
        {},
        {"sub": SUB, "email": "a@b", "custom:plan": ""},
    ),
    "attributes are set": (
        lambda account: account.update_user_attributes({"name": "Alice", "custom:plan": ""}),
        {},
        {"UserAttributes": [{"Name": "name", "Value": "Alice"}, {"Name": "custom:plan", "Value": ""}]},
        {"name": UPDATED, "custom:plan": UPDATED},
    ),
    "attributes are set, and one must be confirmed": (
        lambda account: account.update_user_attributes({"email": "a@b", "name": "Alice"}, client_metadata=METADATA),
        {"CodeDeliveryDetailsList": [code_sent()["CodeDeliveryDetails"]]},
        {
            "UserAttributes": [{"Name": "email", "Value": "a@b"}, {"Name": "name", "Value": "Alice"}],
            "ClientMetadata": METADATA,
        },
        {"email": UpdateUserAttributeResult(steps.ConfirmAttributeWithCode(EMAIL)), "name": UPDATED},
    ),
    "a code is sent": (
        lambda account: account.send_user_attribute_verification_code("email", client_metadata=METADATA),
        code_sent(),
        {"AttributeName": "email", "ClientMetadata": METADATA},
        EMAIL,
    ),
    "an attribute is confirmed": (
        lambda account: account.confirm_user_attribute("email", "123 456"),
        {},
        {"AttributeName": "email", "Code": "123456"},
        None,
    ),
    "attributes are forgotten": (
        lambda account: account.delete_user_attributes("name", "custom:plan"),
        {},
        {"UserAttributeNames": ["name", "custom:plan"]},
        None,
    ),
    "the password is changed": (
        lambda account: account.update_password(" old ", Secret(" new ")),
        {},
        {"PreviousPassword": " old ", "ProposedPassword": " new "},
        None,
    ),
    "a first password is set": (
        lambda account: account.update_password(None, "new"),
        {},
        {"ProposedPassword": "new"},
        None,
    ),
}


@pytest.mark.parametrize(("verb", "reply", "request_", "result"), EXCHANGES.values(), ids=[*EXCHANGES])
async def test_each_verb_is_one_exchange(
    verb: Verb, reply: Reply, request_: dict[str, Json], result: object, each_backend: str, meet: Meet
) -> None:
    world = meet(reply)
    assert await verb(world.account()) == result
    assert world.request() == {**TOKEN, **request_}
    assert len(world.called) == 1


def test_an_attribute_that_waits_for_a_code_is_not_updated() -> None:
    assert UPDATED.is_updated is True
    assert UpdateUserAttributeResult(steps.ConfirmAttributeWithCode(EMAIL)).is_updated is False


REFUSALS: Mapping[str, tuple[Verb, type[AuthError], bool]] = {
    "a wrong old password": (lambda account: account.update_password("old", "new"), NotAuthorizedError, False),
    "a weak new password": (lambda account: account.update_password("old", "new"), InvalidPasswordError, True),
    "a password of old": (
        lambda account: account.update_password("old", "new"),
        PasswordHistoryPolicyViolationError,
        True,
    ),
    "too many tries": (lambda account: account.update_password("old", "new"), LimitExceededError, False),
    "a wrong code": (lambda account: account.confirm_user_attribute("email", "1"), CodeMismatchError, True),
    "a late code": (lambda account: account.confirm_user_attribute("email", "1"), ExpiredCodeError, False),
    "somebody else's address": (
        lambda account: account.confirm_user_attribute("email", "1"),
        AliasExistsError,
        False,
    ),
    "no such attribute": (
        lambda account: account.update_user_attributes({"custom:none": "x"}),
        InvalidParameterError,
        False,
    ),
    "an attribute that must stay": (
        lambda account: account.delete_user_attributes("email"),
        InvalidParameterError,
        False,
    ),
    "a code that went nowhere": (
        lambda account: account.send_user_attribute_verification_code("email"),
        CodeDeliveryFailureError,
        False,
    ),
}


@pytest.mark.parametrize(("verb", "kind", "retryable"), REFUSALS.values(), ids=[*REFUSALS])
async def test_a_refusal_is_told_by_its_name(verb: Verb, kind: type[AuthError], *, retryable: bool, meet: Meet) -> None:
    world = meet(ServiceError(kind.code, "Why."))
    with pytest.raises(kind) as caught:
        await verb(world.account())
    assert (caught.value.message, caught.value.retryable) == ("Why.", retryable)


async def test_a_reply_that_does_not_say_where_the_code_went_is_a_failed_delivery(meet: Meet) -> None:
    with pytest.raises(CodeDeliveryFailureError):
        await meet({}).account().send_user_attribute_verification_code("email")


BAD: Mapping[str, tuple[Callable[[Account, Any], Awaitable[object]], object, str, str]] = {
    "no attributes": (lambda account, given: account.update_user_attributes(given), {}, "attributes", "are missing"),
    "an attribute that is no text": (
        lambda account, given: account.update_user_attributes(given),
        {"age": 42},
        "attributes",
        "has a name or a value that is not a text",
    ),
    "metadata that is no text": (
        lambda account, given: account.update_user_attributes({"name": "Alice"}, client_metadata=given),
        {"n": 1},
        "client_metadata",
        "has a name or a value that is not a text",
    ),
    "metadata that is no text with a code": (
        lambda account, given: account.send_user_attribute_verification_code("email", client_metadata=given),
        {"n": 1},
        "client_metadata",
        "has a name or a value that is not a text",
    ),
    "a nameless attribute": (
        lambda account, given: account.send_user_attribute_verification_code(given),
        "",
        "name",
        "is empty",
    ),
    "a name that is none": (
        lambda account, given: account.confirm_user_attribute(given, "123456"),
        None,
        "name",
        "is not a text",
    ),
    "a name that is too long": (
        lambda account, given: account.delete_user_attributes("email", given),
        "K4n4ry" * 6,
        "name",
        "is longer than 32 characters",
    ),
    "no names": (lambda account, given: account.delete_user_attributes(*given), (), "names", "are missing"),
    "no code": (
        lambda account, given: account.confirm_user_attribute("email", given),
        " ",
        "code",
        "is empty",
    ),
    "a code of a megabyte": (
        lambda account, given: account.confirm_user_attribute("email", given),
        "K4n4ry" * 200_000,
        "code",
        "is longer than 2048 characters",
    ),
    "an empty old password": (
        lambda account, given: account.update_password(given, "new"),
        "",
        "old_password",
        "is empty",
    ),
    "no new password": (
        lambda account, given: account.update_password("old", given),
        None,
        "new_password",
        "is not a text",
    ),
    "a new password that is too long": (
        lambda account, given: account.update_password(None, given),
        "K4n4ry" * 50,
        "new_password",
        "is longer than 256 characters",
    ),
}


@pytest.mark.parametrize(("verb", "given", "field", "problem"), BAD.values(), ids=[*BAD])
async def test_what_cannot_be_right_is_not_sent(
    verb: Callable[[Account, Any], Awaitable[object]], given: object, field: str, problem: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await verb(world.account(), given)
    assert (caught.value.field, caught.value.problem) == (field, problem)
    assert "K4n4ry" not in str(caught.value)
    assert world.called == []
