"""What requests that administer users, devices and groups are made of.

Source: service model, the input shapes of these operations. Passwords have no pattern here: the policy says which of
them are taken.
"""

from collections.abc import Mapping
from typing import Final

from ..shapes import (
    ARN,
    ATTRIBUTE_NAMES,
    ATTRIBUTES,
    DEVICE_KEY,
    DEVICE_REMEMBERED_STATUS,
    FLAG,
    NON_SPACE,
    PAGE_LIMIT,
    PAGINATION_KEY,
    STRING,
    SWITCH,
    USER_POOL_ID,
    USERNAME,
    Items,
    Map,
    Number,
    Structure,
    Text,
)

__all__ = ["USER_INPUTS", "names_its_pool"]

_GROUP_NAME: Final = Text(shortest=1, longest=128, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
_CLIENT_METADATA: Final = Map(STRING, STRING)
_PASSWORD: Final = Text(longest=256, is_sensitive=True)
_MESSAGE_ACTION: Final = Text(values=("RESEND", "SUPPRESS"))
_DELIVERY_MEDIUM: Final = Text(values=("SMS", "EMAIL"))
_DELIVERY_MEDIA: Final = Items(_DELIVERY_MEDIUM)
_FACTOR_SETTINGS: Final = Structure({"Enabled": FLAG, "PreferredMfa": FLAG})
_USER_FILTER: Final = Text(longest=256)
_DESCRIPTION: Final = Text(longest=2048)
_PRECEDENCE: Final = Number(lowest=0)

USER_INPUTS: Final[Mapping[str, Structure]] = {
    "AdminAddUserToGroup": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "GroupName": _GROUP_NAME},
        required=("UserPoolId", "Username", "GroupName"),
    ),
    "AdminConfirmSignUp": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "ClientMetadata": _CLIENT_METADATA},
        required=("UserPoolId", "Username"),
    ),
    "AdminCreateUser": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Username": USERNAME,
            "UserAttributes": ATTRIBUTES,
            "ValidationData": ATTRIBUTES,
            "TemporaryPassword": _PASSWORD,
            "ForceAliasCreation": FLAG,
            "MessageAction": _MESSAGE_ACTION,
            "DesiredDeliveryMediums": _DELIVERY_MEDIA,
            "ClientMetadata": _CLIENT_METADATA,
        },
        required=("UserPoolId", "Username"),
    ),
    "AdminDeleteUser": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME}, required=("UserPoolId", "Username")
    ),
    "AdminDeleteUserAttributes": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "UserAttributeNames": ATTRIBUTE_NAMES},
        required=("UserPoolId", "Username", "UserAttributeNames"),
    ),
    "AdminDisableUser": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME}, required=("UserPoolId", "Username")
    ),
    "AdminEnableUser": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME}, required=("UserPoolId", "Username")
    ),
    "AdminForgetDevice": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "DeviceKey": DEVICE_KEY},
        required=("UserPoolId", "Username", "DeviceKey"),
    ),
    "AdminGetDevice": Structure(
        {"DeviceKey": DEVICE_KEY, "UserPoolId": USER_POOL_ID, "Username": USERNAME},
        required=("DeviceKey", "UserPoolId", "Username"),
    ),
    "AdminGetUser": Structure({"UserPoolId": USER_POOL_ID, "Username": USERNAME}, required=("UserPoolId", "Username")),
    "AdminListDevices": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "Limit": PAGE_LIMIT, "PaginationToken": NON_SPACE},
        required=("UserPoolId", "Username"),
    ),
    "AdminListGroupsForUser": Structure(
        {"Username": USERNAME, "UserPoolId": USER_POOL_ID, "Limit": PAGE_LIMIT, "NextToken": PAGINATION_KEY},
        required=("Username", "UserPoolId"),
    ),
    "AdminRemoveUserFromGroup": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "GroupName": _GROUP_NAME},
        required=("UserPoolId", "Username", "GroupName"),
    ),
    "AdminResetUserPassword": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "ClientMetadata": _CLIENT_METADATA},
        required=("UserPoolId", "Username"),
    ),
    "AdminSetUserMFAPreference": Structure(
        {
            "SMSMfaSettings": _FACTOR_SETTINGS,
            "SoftwareTokenMfaSettings": _FACTOR_SETTINGS,
            "EmailMfaSettings": _FACTOR_SETTINGS,
            "WebAuthnMfaSettings": SWITCH,
            "Username": USERNAME,
            "UserPoolId": USER_POOL_ID,
        },
        required=("Username", "UserPoolId"),
    ),
    "AdminSetUserPassword": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME, "Password": _PASSWORD, "Permanent": FLAG},
        required=("UserPoolId", "Username", "Password"),
    ),
    "AdminUpdateDeviceStatus": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Username": USERNAME,
            "DeviceKey": DEVICE_KEY,
            "DeviceRememberedStatus": DEVICE_REMEMBERED_STATUS,
        },
        required=("UserPoolId", "Username", "DeviceKey"),
    ),
    "AdminUpdateUserAttributes": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Username": USERNAME,
            "UserAttributes": ATTRIBUTES,
            "ClientMetadata": _CLIENT_METADATA,
        },
        required=("UserPoolId", "Username", "UserAttributes"),
    ),
    "AdminUserGlobalSignOut": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": USERNAME}, required=("UserPoolId", "Username")
    ),
    "ListUsers": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "AttributesToGet": ATTRIBUTE_NAMES,
            "Limit": PAGE_LIMIT,
            "PaginationToken": NON_SPACE,
            "Filter": _USER_FILTER,
        },
        required=("UserPoolId",),
    ),
    "CreateGroup": Structure(
        {
            "GroupName": _GROUP_NAME,
            "UserPoolId": USER_POOL_ID,
            "Description": _DESCRIPTION,
            "RoleArn": ARN,
            "Precedence": _PRECEDENCE,
        },
        required=("GroupName", "UserPoolId"),
    ),
    "GetGroup": Structure({"GroupName": _GROUP_NAME, "UserPoolId": USER_POOL_ID}, required=("GroupName", "UserPoolId")),
    "UpdateGroup": Structure(
        {
            "GroupName": _GROUP_NAME,
            "UserPoolId": USER_POOL_ID,
            "Description": _DESCRIPTION,
            "RoleArn": ARN,
            "Precedence": _PRECEDENCE,
        },
        required=("GroupName", "UserPoolId"),
    ),
    "DeleteGroup": Structure(
        {"GroupName": _GROUP_NAME, "UserPoolId": USER_POOL_ID}, required=("GroupName", "UserPoolId")
    ),
    "ListGroups": Structure(
        {"UserPoolId": USER_POOL_ID, "Limit": PAGE_LIMIT, "NextToken": PAGINATION_KEY}, required=("UserPoolId",)
    ),
    "ListUsersInGroup": Structure(
        {"UserPoolId": USER_POOL_ID, "GroupName": _GROUP_NAME, "Limit": PAGE_LIMIT, "NextToken": PAGINATION_KEY},
        required=("UserPoolId", "GroupName"),
    ),
}
"""By operation."""


def names_its_pool(operation: str) -> bool:
    """Tell whether an operation's requests say which pool they are for. Elsewhere such a member is a stray one."""
    return operation in USER_INPUTS or operation.startswith("Admin")
