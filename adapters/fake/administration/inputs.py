"""What requests that administer users, devices and groups are made of.

Source: service model, the input shapes of these operations. Passwords have no pattern here: the policy says which of
them are taken.
"""

from collections.abc import Mapping
from typing import Final

from ..shapes import (
    ARN,
    FLAG,
    NON_SPACE,
    PAGINATION_KEY,
    STRING,
    SWITCH,
    USER_POOL_ID,
    Items,
    Map,
    Number,
    Structure,
    Text,
)

__all__ = ["USER_INPUTS", "names_its_pool"]

_USERNAME: Final = Text(shortest=1, longest=128, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", is_sensitive=True)
_GROUP_NAME: Final = Text(shortest=1, longest=128, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
_CLIENT_METADATA: Final = Map(STRING, STRING)
_ATTRIBUTE_NAME: Final = Text(shortest=1, longest=32, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+")
_ATTRIBUTE_VALUE: Final = Text(longest=2048, is_sensitive=True)
_ATTRIBUTE: Final = Structure({"Name": _ATTRIBUTE_NAME, "Value": _ATTRIBUTE_VALUE}, required=("Name",))
_ATTRIBUTES: Final = Items(_ATTRIBUTE)
_PASSWORD: Final = Text(longest=256, is_sensitive=True)
_MESSAGE_ACTION: Final = Text(values=("RESEND", "SUPPRESS"))
_DELIVERY_MEDIUM: Final = Text(values=("SMS", "EMAIL"))
_DELIVERY_MEDIA: Final = Items(_DELIVERY_MEDIUM)
_ATTRIBUTE_NAMES: Final = Items(_ATTRIBUTE_NAME)
_DEVICE_KEY: Final = Text(shortest=1, longest=55, pattern=r"[\w-]+_[0-9a-f-]+")
_PAGE_LIMIT: Final = Number(lowest=0, highest=60)
_FACTOR_SETTINGS: Final = Structure({"Enabled": FLAG, "PreferredMfa": FLAG})
_DEVICE_REMEMBERED_STATUS: Final = Text(values=("remembered", "not_remembered"))
_USER_FILTER: Final = Text(longest=256)
_DESCRIPTION: Final = Text(longest=2048)
_PRECEDENCE: Final = Number(lowest=0)

USER_INPUTS: Final[Mapping[str, Structure]] = {
    "AdminAddUserToGroup": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "GroupName": _GROUP_NAME},
        required=("UserPoolId", "Username", "GroupName"),
    ),
    "AdminConfirmSignUp": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "ClientMetadata": _CLIENT_METADATA},
        required=("UserPoolId", "Username"),
    ),
    "AdminCreateUser": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Username": _USERNAME,
            "UserAttributes": _ATTRIBUTES,
            "ValidationData": _ATTRIBUTES,
            "TemporaryPassword": _PASSWORD,
            "ForceAliasCreation": FLAG,
            "MessageAction": _MESSAGE_ACTION,
            "DesiredDeliveryMediums": _DELIVERY_MEDIA,
            "ClientMetadata": _CLIENT_METADATA,
        },
        required=("UserPoolId", "Username"),
    ),
    "AdminDeleteUser": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME}, required=("UserPoolId", "Username")
    ),
    "AdminDeleteUserAttributes": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "UserAttributeNames": _ATTRIBUTE_NAMES},
        required=("UserPoolId", "Username", "UserAttributeNames"),
    ),
    "AdminDisableUser": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME}, required=("UserPoolId", "Username")
    ),
    "AdminEnableUser": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME}, required=("UserPoolId", "Username")
    ),
    "AdminForgetDevice": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "DeviceKey": _DEVICE_KEY},
        required=("UserPoolId", "Username", "DeviceKey"),
    ),
    "AdminGetDevice": Structure(
        {"DeviceKey": _DEVICE_KEY, "UserPoolId": USER_POOL_ID, "Username": _USERNAME},
        required=("DeviceKey", "UserPoolId", "Username"),
    ),
    "AdminGetUser": Structure({"UserPoolId": USER_POOL_ID, "Username": _USERNAME}, required=("UserPoolId", "Username")),
    "AdminListDevices": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "Limit": _PAGE_LIMIT, "PaginationToken": NON_SPACE},
        required=("UserPoolId", "Username"),
    ),
    "AdminListGroupsForUser": Structure(
        {"Username": _USERNAME, "UserPoolId": USER_POOL_ID, "Limit": _PAGE_LIMIT, "NextToken": PAGINATION_KEY},
        required=("Username", "UserPoolId"),
    ),
    "AdminRemoveUserFromGroup": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "GroupName": _GROUP_NAME},
        required=("UserPoolId", "Username", "GroupName"),
    ),
    "AdminResetUserPassword": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "ClientMetadata": _CLIENT_METADATA},
        required=("UserPoolId", "Username"),
    ),
    "AdminSetUserMFAPreference": Structure(
        {
            "SMSMfaSettings": _FACTOR_SETTINGS,
            "SoftwareTokenMfaSettings": _FACTOR_SETTINGS,
            "EmailMfaSettings": _FACTOR_SETTINGS,
            "WebAuthnMfaSettings": SWITCH,
            "Username": _USERNAME,
            "UserPoolId": USER_POOL_ID,
        },
        required=("Username", "UserPoolId"),
    ),
    "AdminSetUserPassword": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME, "Password": _PASSWORD, "Permanent": FLAG},
        required=("UserPoolId", "Username", "Password"),
    ),
    "AdminUpdateDeviceStatus": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Username": _USERNAME,
            "DeviceKey": _DEVICE_KEY,
            "DeviceRememberedStatus": _DEVICE_REMEMBERED_STATUS,
        },
        required=("UserPoolId", "Username", "DeviceKey"),
    ),
    "AdminUpdateUserAttributes": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Username": _USERNAME,
            "UserAttributes": _ATTRIBUTES,
            "ClientMetadata": _CLIENT_METADATA,
        },
        required=("UserPoolId", "Username", "UserAttributes"),
    ),
    "AdminUserGlobalSignOut": Structure(
        {"UserPoolId": USER_POOL_ID, "Username": _USERNAME}, required=("UserPoolId", "Username")
    ),
    "ListUsers": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "AttributesToGet": _ATTRIBUTE_NAMES,
            "Limit": _PAGE_LIMIT,
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
        {"UserPoolId": USER_POOL_ID, "Limit": _PAGE_LIMIT, "NextToken": PAGINATION_KEY}, required=("UserPoolId",)
    ),
    "ListUsersInGroup": Structure(
        {"UserPoolId": USER_POOL_ID, "GroupName": _GROUP_NAME, "Limit": _PAGE_LIMIT, "NextToken": PAGINATION_KEY},
        required=("UserPoolId", "GroupName"),
    ),
}
"""By operation."""


def names_its_pool(operation: str) -> bool:
    """Tell whether an operation's requests say which pool they are for. Elsewhere such a member is a stray one."""
    return operation in USER_INPUTS or operation.startswith("Admin")
