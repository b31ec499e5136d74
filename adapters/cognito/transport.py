"""The one border for I/O: an operation's name and a request in wire form go in, a reply in wire form comes out.

Three implementations stand behind it: aiobotocore (``aws.py``), the fake pool in the process, and a scripted one in
tests. All three go through the same ``protocol.py``, so the fake exercises the code that talks to AWS.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Protocol, TypeAlias

from authsteps.flows.model import Json

__all__ = ["Json", "NoReplyError", "Service", "ServiceError", "Transport"]

Service: TypeAlias = Literal["cognito-idp", "cognito-identity"]
"""A service of AWS that operations belong to: user pools, or identity pools."""


class Transport(Protocol):
    """Carries one operation to a user pool and its reply back.

    Implementations must be safe to call from many tasks at once, must let cancellation through, and must never log
    or quote a request or a reply: both hold passwords, codes and tokens.
    """

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Perform ``operation`` (Cognito's name, such as ``InitiateAuth``) and return its reply.

        Args:
            operation: The name as in the service model.
            request: Members in wire form; absent members are left out, never ``None``.

        Returns:
            The reply's members in wire form, without botocore's ``ResponseMetadata``.

        Raises:
            ServiceError: The service answered with an error.
            NoReplyError: No answer came; ``sent`` says whether the request may have arrived.
        """
        ...


class ServiceError(Exception):
    """The service answered with an error.

    Attributes:
        code: Cognito's exception name, such as ``NotAuthorizedException``.
        message: The service's own text.
        status: The HTTP status: 400 for refusals, 500 and more for faults.
        retry_after: How long to wait before trying again, if that was said.
    """

    def __init__(self, code: str, message: str, status: int = 400, *, retry_after: timedelta | None = None) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code} ({self.status}): {self.message}"


class NoReplyError(Exception):
    """No answer came.

    Attributes:
        sent: False if the request certainly did not arrive, so that it is safe to repeat; True if it may have.
        reason: A short phrase of our own, such as ``connection refused``. It quotes no value.
        retry_after: How long to wait before trying again, if that was said.
    """

    def __init__(self, reason: str, *, sent: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(reason, sent)
        self.reason = reason
        self.sent = sent
        self.retry_after = retry_after

    def __str__(self) -> str:
        arrival = "the request may have arrived" if self.sent else "the request did not arrive"
        return f"{self.reason}; {arrival}"
