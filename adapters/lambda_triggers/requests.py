"""What a pool tells each trigger: the ``request`` of its event.

A field that is ``None`` and marked as left out does not stand in the event at all; any other stands there as ``null``.
Attributes of users are texts, all of them, by the names of the pool's schema, with ``sub`` and
``cognito:user_status`` for whoever is stored.

Source: Cognito developer guide, per trigger; captured events (amplify-js#5834 and others) for what is left out and what
is ``null``.
"""

from collections.abc import Mapping
from typing import Final, Literal

import attrs

from authsteps.engine.messages import Secret

__all__ = [
    "ChallengeResult",
    "CreateAuthChallengeRequest",
    "CustomEmailSenderRequest",
    "CustomMessageRequest",
    "CustomSmsSenderRequest",
    "DefineAuthChallengeRequest",
    "GroupConfiguration",
    "PostAuthenticationRequest",
    "PostConfirmationRequest",
    "PreAuthenticationRequest",
    "PreSignUpRequest",
    "PreTokenGenerationRequest",
    "PreTokenGenerationV2Request",
    "UserMigrationRequest",
    "VerifyAuthChallengeResponseRequest",
]

LEFT_OUT: Final = "left_out"
"""Marks a field that is left out where it has its default."""

_LEFT_OUT: Final = {LEFT_OUT: True}


@attrs.frozen(kw_only=True)
class PreSignUpRequest:
    """What PreSignUp is told.

    Attributes:
        user_attributes: As submitted; there is no ``sub`` yet.
        validation_data: What the client wants looked at and not kept.
        client_metadata: What the client sent along.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    validation_data: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class PostConfirmationRequest:
    """What PostConfirmation is told."""

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class PreAuthenticationRequest:
    """What PreAuthentication is told.

    Attributes:
        user_attributes: None of somebody who does not exist.
        validation_data: The ClientMetadata of InitiateAuth.
        user_not_found: Whether there is no such user; only where clients are not told.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    validation_data: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    user_not_found: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class PostAuthenticationRequest:
    """What PostAuthentication is told.

    Attributes:
        user_attributes: The user's.
        new_device_used: Whether the device is a new one; only where devices are tracked.
        client_metadata: What the client sent along with its last answer.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    new_device_used: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen
class ChallengeResult:
    """One challenge that is behind the user in a custom sign-in: an entry of ``session``.

    Attributes:
        challenge_name: Such as ``CUSTOM_CHALLENGE`` or ``PASSWORD_VERIFIER``.
        challenge_result: Whether it was answered rightly.
        challenge_metadata: What CreateAuthChallenge noted of it. No client is shown it.
    """

    challenge_name: str
    challenge_result: bool
    challenge_metadata: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class DefineAuthChallengeRequest:
    """What DefineAuthChallenge is told.

    Attributes:
        user_attributes: None of somebody who does not exist.
        session: The challenges that are behind the user, in the order of time.
        client_metadata: What the client sent along with the answer that led here; nothing when a sign-in begins.
        user_not_found: Whether there is no such user; only where clients are not told.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    session: tuple[ChallengeResult, ...]
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    user_not_found: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class CreateAuthChallengeRequest:
    """What CreateAuthChallenge is told: what DefineAuthChallenge was, and which challenge it wants."""

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    challenge_name: str
    session: tuple[ChallengeResult, ...]
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    user_not_found: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class VerifyAuthChallengeResponseRequest:
    """What VerifyAuthChallengeResponse is told. The challenges before are not among it.

    Attributes:
        user_attributes: None of somebody who does not exist.
        private_challenge_parameters: As CreateAuthChallenge made them.
        challenge_answer: The user's answer.
        client_metadata: What the client sent along with it.
        user_not_found: Whether there is no such user; only where clients are not told.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    private_challenge_parameters: Mapping[str, str] = attrs.field(repr=False)
    challenge_answer: Secret
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    user_not_found: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class GroupConfiguration:
    """A user's groups as tokens will say them.

    Attributes:
        groups_to_override: Their names.
        iam_roles_to_override: The roles that they give.
        preferred_role: The one that comes first, if one does.
    """

    groups_to_override: tuple[str, ...] = ()
    iam_roles_to_override: tuple[str, ...] = ()
    preferred_role: str | None = None


@attrs.frozen(kw_only=True)
class PreTokenGenerationRequest:
    """What PreTokenGeneration is told in its first version."""

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    group_configuration: GroupConfiguration = attrs.field(factory=GroupConfiguration)
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class PreTokenGenerationV2Request:
    """What PreTokenGeneration is told from its second version on.

    Attributes:
        user_attributes: The user's.
        group_configuration: The user's groups.
        scopes: What the access token will open.
        client_metadata: What the client sent along with the answer that led here.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    group_configuration: GroupConfiguration = attrs.field(factory=GroupConfiguration)
    scopes: tuple[str, ...] = ()
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class UserMigrationRequest:
    """What UserMigration is told. The name stands in the event's ``userName``, as typed.

    Attributes:
        password: As typed; none where a password was forgotten.
        validation_data: The ClientMetadata of InitiateAuth.
        client_metadata: What the client sent along, if a password was forgotten.
    """

    password: Secret | None = attrs.field(default=None, metadata=_LEFT_OUT)
    validation_data: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class CustomMessageRequest:
    """What CustomMessage is told. The code itself is not among it.

    Attributes:
        user_attributes: The user's.
        code_parameter: What stands for the code in the texts that are asked for.
        username_parameter: What stands for the name; only where an administrator makes an account.
        link_parameter: What stands for the link; only where a link is sent and no code.
        client_metadata: What the client sent along.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    code_parameter: str = "{####}"
    username_parameter: str | None = None
    link_parameter: str | None = attrs.field(default=None, metadata=_LEFT_OUT)
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class CustomEmailSenderRequest:
    """What CustomEmailSender is told.

    Attributes:
        user_attributes: The user's.
        code: The code or temporary password, encrypted with the AWS Encryption SDK, in base64.
        client_metadata: What the client sent along.
        type: The version of this request.
    """

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    code: Secret | None = None
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    type: Literal["customEmailSenderRequestV1"] = "customEmailSenderRequestV1"


@attrs.frozen(kw_only=True)
class CustomSmsSenderRequest:
    """What CustomSMSSender is told. The fields are those of ``CustomEmailSenderRequest``."""

    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    code: Secret | None = None
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    type: Literal["customSMSSenderRequestV1"] = "customSMSSenderRequestV1"
