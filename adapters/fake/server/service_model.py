"""What botocore's own model of user pools says about operations: which there are, and what of them is known here.

The model comes with botocore, so an operation that is new in AWS is known by name as soon as botocore knows it.
"""

from functools import cache
from typing import Any, Final, cast

import attrs
from botocore.loaders import Loader

__all__ = ["TARGET_PREFIX", "ServiceModel", "service_model"]

TARGET_PREFIX: Final = "AWSCognitoIdentityProviderService"
"""What stands before an operation's name in ``X-Amz-Target``. Source: service model, ``metadata.targetPrefix``."""


@attrs.frozen
class ServiceModel:
    """The operations of user pools in AWS, by name.

    Attributes:
        operations: All of them.
        unsigned: Those that need no signature.
        without_reply: Those whose reply has no members, not even an empty set of them.
    """

    operations: frozenset[str]
    unsigned: frozenset[str]
    without_reply: frozenset[str]


@cache
def service_model() -> ServiceModel:
    """Return the model that the installed botocore has. It is read from the disk once, in some ten milliseconds."""
    loader = cast("Any", Loader())  # the stubs leave open what it returns
    operations: dict[str, dict[str, Any]] = loader.load_service_model("cognito-idp", "service-2")["operations"]
    return ServiceModel(
        frozenset(operations),
        frozenset(name for name, operation in operations.items() if operation.get("authtype") == "none"),
        frozenset(name for name, operation in operations.items() if "output" not in operation),
    )
