"""Groups of users: they show in tokens, and nowhere else.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'Adding groups to a user pool'.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import Json

from ..directory import Group, User
from ..errors import Cause, refusal
from ..members import Members
from ..pages import page
from ..state import Pool
from .search import page_of_users, user_members

__all__ = ["Groups"]

_MOST_LISTED: Final = 60


class Groups:
    """The operations on groups and on who is in them.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create_group(self, request: Members) -> dict[str, Json]:
        """CreateGroup."""
        name, now = request.text("GroupName"), self._pool.now()
        if name in self._pool.groups:
            raise refusal(Cause.GROUP_EXISTS)
        return self._put(_described(Group(name, now, now), request))

    async def get_group(self, request: Members) -> dict[str, Json]:
        """GetGroup."""
        return self._reply(self._group(request))

    async def update_group(self, request: Members) -> dict[str, Json]:
        """UpdateGroup. What it does not name stays as it is."""
        return self._put(attrs.evolve(_described(self._group(request), request), modified=self._pool.now()))

    async def delete_group(self, request: Members) -> dict[str, Json]:
        """DeleteGroup. Its members leave it."""
        group = self._group(request)
        for user in self._members_of(group):
            self._pool.users.touch(user)
            _leave(user, group)
        del self._pool.groups[group.name]
        return {}

    async def list_groups(self, request: Members) -> dict[str, Json]:
        """ListGroups."""
        return self._listed(self._pool.groups.values(), request)

    async def add_user_to_group(self, request: Members) -> dict[str, Json]:
        """AdminAddUserToGroup. Whoever is in it already stays in it."""
        group, user = self._group(request), self._user(request)
        if group.name not in user.groups:
            user.groups = (*user.groups, group.name)
        return {}

    async def remove_user_from_group(self, request: Members) -> dict[str, Json]:
        """AdminRemoveUserFromGroup. Whoever is not in it stays out of it."""
        group, user = self._group(request), self._user(request)
        _leave(user, group)
        return {}

    async def list_groups_for_user(self, request: Members) -> dict[str, Json]:
        """AdminListGroupsForUser."""
        user = self._user(request)
        return self._listed((group for name, group in self._pool.groups.items() if name in user.groups), request)

    async def list_users_in_group(self, request: Members) -> dict[str, Json]:
        """ListUsersInGroup."""
        members = self._members_of(self._group(request))
        piece = page_of_users(members, request.optional_number("Limit"), request.optional_text("NextToken"))
        reply: dict[str, Json] = {"Users": [user_members(user) for user in piece.items]}
        return reply if piece.token is None else {**reply, "NextToken": piece.token}

    def _group(self, request: Members) -> Group:
        group = self._pool.groups.get(request.text("GroupName"))
        if group is None:
            raise refusal(Cause.UNKNOWN_GROUP)
        return group

    def _user(self, request: Members) -> User:
        user = self._pool.find_user(request.text("Username"))
        if user is None:
            raise refusal(Cause.USER_NOT_FOUND)
        return user

    def _members_of(self, group: Group) -> tuple[User, ...]:
        return tuple(user for user in self._pool.users if group.name in user.groups)

    def _listed(self, groups: Iterable[Group], request: Members) -> dict[str, Json]:
        piece = page(
            groups,
            lambda group: group.name,
            most=_MOST_LISTED,
            limit=request.optional_number("Limit"),
            token=request.optional_text("NextToken"),
        )
        reply: dict[str, Json] = {"Groups": [self._members(group) for group in piece.items]}
        return reply if piece.token is None else {**reply, "NextToken": piece.token}

    def _put(self, group: Group) -> dict[str, Json]:
        self._pool.groups[group.name] = group
        return self._reply(group)

    def _reply(self, group: Group) -> dict[str, Json]:
        return {"Group": self._members(group)}

    def _members(self, group: Group) -> dict[str, Json]:
        members: dict[str, Json] = {
            "GroupName": group.name,
            "UserPoolId": self._pool.id,
            "Description": group.description,
            "RoleArn": group.role_arn,
            "Precedence": group.precedence,
            "CreationDate": group.created.timestamp(),
            "LastModifiedDate": group.modified.timestamp(),
        }
        return {name: value for name, value in members.items() if value is not None}


def _described(group: Group, request: Members) -> Group:
    """Return the group, with what a request says of it."""
    description, role_arn = request.optional_text("Description"), request.optional_text("RoleArn")
    precedence = request.optional_number("Precedence")
    return attrs.evolve(
        group,
        description=description if description is not None else group.description,
        role_arn=role_arn if role_arn is not None else group.role_arn,
        precedence=precedence if precedence is not None else group.precedence,
    )


def _leave(user: User, group: Group) -> None:
    user.groups = tuple(name for name in user.groups if name != group.name)
