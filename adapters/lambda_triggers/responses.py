"""What each trigger answers: the ``response`` of its event.

One made without arguments is what the pool fills in before it asks, and means that nothing is to change.

Source: Cognito developer guide, per trigger; captured events for what is filled in.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from authsteps.flows.model import Json

from .requests import LEFT_OUT

__all__ = [
    "AccessTokenGeneration",
    "ClaimsAndScopeOverrideDetails",
    "ClaimsOverrideDetails",
    "CreateAuthChallengeAnswer",
    "CustomMessageAnswer",
    "DefineAuthChallengeAnswer",
    "GroupOverrideDetails",
    "IdTokenGeneration",
    "NoAnswer",
    "PreSignUpAnswer",
    "PreTokenGenerationAnswer",
    "PreTokenGenerationV2Answer",
    "UserMigrationAnswer",
    "VerifyAuthChallengeResponseAnswer",
]

_LEFT_OUT: Final = {LEFT_OUT: True}


@attrs.frozen
class NoAnswer:
    """What a trigger answers that can only raise: nothing it says counts."""


@attrs.frozen(kw_only=True)
class PreSignUpAnswer:
    """What PreSignUp answers. It refuses somebody by raising, not by saying false.

    Attributes:
        auto_confirm_user: Whether the account is confirmed at once.
        auto_verify_email: Whether the e-mail address counts as the user's own.
        auto_verify_phone: The same of the phone number.
    """

    auto_confirm_user: bool = False
    auto_verify_email: bool = False
    auto_verify_phone: bool = False


@attrs.frozen(kw_only=True)
class DefineAuthChallengeAnswer:
    """What DefineAuthChallenge answers. Failing counts for more than tokens, and tokens for more than a challenge.

    Attributes:
        challenge_name: The next challenge.
        issue_tokens: Whether it is enough.
        fail_authentication: Whether it is over. An answer that says nothing at all is this, too.
    """

    challenge_name: str | None = None
    issue_tokens: bool | None = None
    fail_authentication: bool | None = None


@attrs.frozen(kw_only=True)
class CreateAuthChallengeAnswer:
    """What CreateAuthChallenge answers.

    Attributes:
        public_challenge_parameters: What the client is shown.
        private_challenge_parameters: What only VerifyAuthChallengeResponse is shown, such as the right answer.
        challenge_metadata: What DefineAuthChallenge and CreateAuthChallenge are told of this challenge later.
    """

    public_challenge_parameters: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    private_challenge_parameters: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    challenge_metadata: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class VerifyAuthChallengeResponseAnswer:
    """What VerifyAuthChallengeResponse answers: whether the answer was right. Nothing said is no."""

    answer_correct: bool | None = None


@attrs.frozen(kw_only=True)
class GroupOverrideDetails:
    """The groups that tokens say in place of the user's. One that names none takes all groups away.

    Attributes:
        groups_to_override: Names of groups.
        iam_roles_to_override: The roles that they give.
        preferred_role: The one that comes first.
    """

    groups_to_override: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)
    iam_roles_to_override: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)
    preferred_role: str | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class ClaimsOverrideDetails:
    """What the first version changes: the claims of the ID token, and the groups in both tokens.

    Attributes:
        claims_to_add_or_override: By name; texts only.
        claims_to_suppress: Names. Suppressing counts for more than adding.
        group_override_details: The groups; ``None`` leaves them as they are. On the wire an explicit ``null`` is an
            empty one, and takes them away.
    """

    claims_to_add_or_override: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    claims_to_suppress: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)
    group_override_details: GroupOverrideDetails | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class PreTokenGenerationAnswer:
    """What PreTokenGeneration answers in its first version."""

    claims_override_details: ClaimsOverrideDetails | None = None


@attrs.frozen(kw_only=True)
class IdTokenGeneration:
    """What the later versions change in the ID token.

    Attributes:
        claims_to_add_or_override: By name; any JSON value.
        claims_to_suppress: Names. Suppressing counts for more than adding.
    """

    claims_to_add_or_override: Mapping[str, Json] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    claims_to_suppress: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class AccessTokenGeneration:
    """What the later versions change in the access token.

    Attributes:
        claims_to_add_or_override: By name; any JSON value.
        claims_to_suppress: Names. Suppressing counts for more than adding.
        scopes_to_add: Scopes that it opens as well.
        scopes_to_suppress: Scopes that it does not open.
    """

    claims_to_add_or_override: Mapping[str, Json] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    claims_to_suppress: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)
    scopes_to_add: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)
    scopes_to_suppress: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class ClaimsAndScopeOverrideDetails:
    """What the later versions change in both tokens; each part may be left out.

    Attributes:
        id_token_generation: In the ID token.
        access_token_generation: In the access token.
        group_override_details: The groups in both, as in ``ClaimsOverrideDetails``.
    """

    id_token_generation: IdTokenGeneration | None = attrs.field(default=None, metadata=_LEFT_OUT)
    access_token_generation: AccessTokenGeneration | None = attrs.field(default=None, metadata=_LEFT_OUT)
    group_override_details: GroupOverrideDetails | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class PreTokenGenerationV2Answer:
    """What PreTokenGeneration answers from its second version on."""

    claims_and_scope_override_details: ClaimsAndScopeOverrideDetails | None = None


@attrs.frozen(kw_only=True)
class UserMigrationAnswer:
    """What UserMigration answers: whom it found. Without attributes it found nobody.

    Attributes:
        user_attributes: The new user's. ``username`` may be among them where an alias was typed.
        final_user_status: ``CONFIRMED`` if the password that was typed is to count; anything else asks for a new one.
        message_action: ``SUPPRESS`` keeps the welcome message from going out.
        desired_delivery_mediums: How the welcome message goes out, ``EMAIL`` or ``SMS``; ``SMS`` if nothing is said.
        force_alias_creation: Whether the address or number is taken from whoever has it as an alias.
        enable_sms_mfa: Whether the user is asked for a code by SMS.
    """

    user_attributes: Mapping[str, str] | None = attrs.field(default=None, repr=False, metadata=_LEFT_OUT)
    final_user_status: str | None = attrs.field(default=None, metadata=_LEFT_OUT)
    message_action: str | None = attrs.field(default=None, metadata=_LEFT_OUT)
    desired_delivery_mediums: tuple[str, ...] | None = attrs.field(default=None, metadata=_LEFT_OUT)
    force_alias_creation: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)
    enable_sms_mfa: bool | None = attrs.field(default=None, metadata=_LEFT_OUT)


@attrs.frozen(kw_only=True)
class CustomMessageAnswer:
    """What CustomMessage answers. Each text that is not given is the pool's own.

    Attributes:
        sms_message: At most 140 characters, with the code's placeholder in it.
        email_message: At most 20,000 characters, the same.
        email_subject: At most 140 characters.
    """

    sms_message: str | None = attrs.field(default=None, repr=False)
    email_message: str | None = attrs.field(default=None, repr=False)
    email_subject: str | None = attrs.field(default=None, repr=False)
