"""Cognito's protocol over HTTP, JSON 1.1: what a request asks for, and how replies and errors are written down.

Source: service model, ``metadata``; what stands on the wire is recorded from the service (a traced sign-in of August
2023, and the errors that projects quote).
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from authsteps.adapters.cognito.transport import Json, ServiceError

from ..errors import Cause, refusal
from .service_model import TARGET_PREFIX, ServiceModel

__all__ = [
    "EXPOSED_HEADERS",
    "INTERNAL_ERROR",
    "MEDIA_TYPE",
    "STOPPED_ERROR",
    "error_body",
    "error_headers",
    "read_members",
    "read_operation",
    "reply_body",
]

MEDIA_TYPE: Final = "application/x-amz-json-1.1"
EXPOSED_HEADERS: Final = ("x-amzn-RequestId", "x-amzn-ErrorType", "x-amzn-ErrorMessage", "Date")
"""The headers that a browser lets a page read. Source: recorded from the service."""
INTERNAL_ERROR: Final = ServiceError("InternalErrorException", "Something went wrong", 500)
"""What is answered where the fake itself is at fault. Its own words. Source of code and status: service model."""
STOPPED_ERROR: Final = ServiceError("InternalErrorException", "The server was stopped before it was done", 500)
"""What is answered where the server ends before the operation does. Its own words, too."""

_LONGEST_HEADER: Final = 1024
"""In characters. Clients give up on a reply whose headers are too long; most take 8 kilobytes of them."""

_decode_members = msgspec.json.Decoder(dict[str, Any]).decode


def read_operation(target: str | None, known: frozenset[str]) -> str:
    """Return the operation that a request's ``X-Amz-Target`` names.

    Args:
        target: Such as ``AWSCognitoIdentityProviderService.InitiateAuth``.
        known: What there is in AWS.

    Raises:
        ServiceError: There is no such operation.
    """
    prefix, _, operation = (target or "").rpartition(".")
    if prefix != TARGET_PREFIX or operation not in known:
        raise refusal(Cause.UNKNOWN_OPERATION)
    return operation


def read_members(body: bytes) -> Mapping[str, Json]:
    """Return a request's members. A body that is not there has none.

    Raises:
        ServiceError: It is no JSON object, or nests too deeply to be read.
    """
    # No variable holds what was read where this raises, and no cause is kept: they would quote it.
    members = _decoded(body or b"{}")
    if members is None:
        raise refusal(Cause.UNREADABLE_REQUEST)
    return members


def reply_body(operation: str, members: Mapping[str, Json], model: ServiceModel) -> bytes:
    """Return the body of a reply: nothing at all where the model has no reply for the operation."""
    return b"" if operation in model.without_reply else _encoded(members)


def error_body(error: ServiceError) -> bytes:
    """Return the body of an error."""
    return _encoded({"__type": error.code, "message": error.message})


def error_headers(error: ServiceError) -> dict[str, str]:
    """Return the headers that tell an error to clients that do not read bodies.

    A text that does not fit into a header is left out of it. The colon after the type is the service's.
    """
    headers = {"x-amzn-ErrorType": f"{error.code}:"}
    if error.message.isascii() and error.message.isprintable() and len(error.message) <= _LONGEST_HEADER:
        headers["x-amzn-ErrorMessage"] = error.message
    return headers


def _decoded(body: bytes) -> dict[str, Any] | None:
    try:
        return _decode_members(body)
    except (ValueError, RecursionError):  # msgspec's errors and Unicode's are ValueErrors
        return None


def _encoded(members: Mapping[str, Json]) -> bytes:
    return msgspec.json.encode(members, enc_hook=_plain)


def _plain(value: object) -> object:
    """Return what msgspec knows: a mapping of any kind as a dict. There is nothing else in a reply."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Json]", value))
    raise TypeError(f"a {type(value).__name__} has no form on the wire")
