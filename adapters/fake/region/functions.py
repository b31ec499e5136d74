"""The functions of a pool on the wire: ``LambdaConfig``, and what stands behind its ARNs.

Source: service model, LambdaConfigType; API reference, LambdaConfigType, 'KMSKeyID', 'PreTokenGenerationConfig'.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import (
    CodeEncryption,
    FunctionUnavailableError,
    TokenGenerationVersion,
    Trigger,
    TriggerRunner,
    Triggers,
)

from ..errors import Cause, refusal
from ..members import Members

__all__ = ["Functions", "read_triggers"]

_CONFIG: Final = "LambdaConfig"
_KEY: Final = "KMSKeyID"
_VERSIONED: Final = "PreTokenGenerationConfig"
_SENDERS: Final = (Trigger.CUSTOM_EMAIL_SENDER, Trigger.CUSTOM_SMS_SENDER)
_PLAIN: Final = tuple(trigger for trigger in Trigger if trigger not in _SENDERS)


@attrs.frozen
class Functions:
    """What stands behind the ARNs of functions, in one region.

    Attributes:
        by_arn: What runs, by ARN or by the function's name.
        code_encryption: How codes are made unreadable for custom senders, whichever key a pool names.
    """

    by_arn: Mapping[str, TriggerRunner] = attrs.field(factory=dict[str, TriggerRunner])
    code_encryption: CodeEncryption | None = None

    def behind(self, arn: str) -> TriggerRunner:
        """Return what runs; where there is nothing, what says so to whoever calls."""
        return self.by_arn.get(arn) or self.by_arn.get(_name_of(arn), _NOTHING)


def _name_of(arn: str) -> str:
    """Return the name of the function that an ARN names: ``arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]``.

    Source: AWS Lambda API reference, Invoke, FunctionName.
    """
    *_, name = arn.split(":", 7)[:7]
    return name


class _Nothing:
    """A function that is not there."""

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        del event
        raise FunctionUnavailableError(trigger, "ResourceNotFoundException")


_NOTHING: Final = _Nothing()


def read_triggers(request: Members, functions: Functions, *, is_lite: bool) -> Triggers:
    """Return what a request makes of a pool's triggers. What it does not name is set to none.

    Args:
        request: CreateUserPool or UpdateUserPool.
        functions: What stands behind the ARNs.
        is_lite: Whether the pool is of the lowest tier.

    Raises:
        ServiceError: It cannot be had.
    """
    config = request.nested(_CONFIG) or Members({})
    arns: dict[Trigger, str] = {
        trigger: arn for trigger in _PLAIN if (arn := config.optional_text(trigger)) is not None
    }
    version = TokenGenerationVersion.V1_0
    versioned = config.nested(_VERSIONED)
    if versioned is not None:
        version, arn = TokenGenerationVersion(versioned.text("LambdaVersion")), versioned.text("LambdaArn")
        if arns.setdefault(Trigger.PRE_TOKEN_GENERATION, arn) != arn:
            raise refusal(Cause.TWO_TOKEN_FUNCTIONS)
        if is_lite and version is not TokenGenerationVersion.V1_0:
            raise refusal(Cause.TIER_TOO_LOW, feature="Access token customization")
    for sender in _SENDERS:
        if (sending := config.nested(sender)) is not None:
            if config.optional_text(_KEY) is None:
                raise refusal(Cause.SENDER_WITHOUT_KEY)
            arns[sender] = sending.text("LambdaArn")
    return Triggers(
        {trigger: functions.behind(arn) for trigger, arn in arns.items()},
        token_generation=version,
        code_encryption=functions.code_encryption,
    )
