"""A region's pools, clients, groups and users in one file, TOML, so that a team keeps its set-up beside its code.

Names that begin with a capital are Cognito's own: a pool is described by the members of CreateUserPool, a client by
those of CreateUserPoolClient, and so on. Everything goes in through those operations, so what Cognito would refuse is
refused here. The few names in small letters are explained in ``SetUp``.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import attrs

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.lambda_triggers import Trigger
from authsteps.engine.errors import AuthStepsError

from ..administration.inputs import USER_INPUTS
from ..shapes import USER_POOL_ID, Items, Shape, Structure, fits
from .inputs import POOL_INPUTS
from .region import DEFAULT_REGION, FakeCognito

__all__ = ["SAMPLE", "SetUp", "SetUpError", "load_set_up"]

SAMPLE: Final = Path(__file__).with_name("sample.toml")
"""A file to begin with; its comments explain it."""

_INPUTS: Final = {**USER_INPUTS, **POOL_INPUTS}
_MOST_LISTED: Final = 60
_NEVER_CHANGED: Final = {
    "SchemaAttributes": "Schema",
    "UsernameAttributes": "UsernameAttributes",
    "AliasAttributes": "AliasAttributes",
    "UsernameConfiguration": "UsernameConfiguration",
}
"""What a pool keeps for ever: as it is told, and as it is asked for."""
_ARN_PREFIX: Final = "arn:"
_WHERE: Final = ("UserPoolId", "ClientId")
_NAMING_FUNCTIONS: Final = frozenset(Trigger) | {"LambdaArn"}
"""The members of a ``LambdaConfig`` that name a function."""


class SetUpError(AuthStepsError):
    """A set-up cannot be made.

    Attributes:
        file: Where it stands.
        place: Where in it, such as ``pools[0].clients[1]``; empty for the whole file.
        problem: What is wrong, and what to do.
    """

    def __init__(self, file: str, place: str, problem: str) -> None:
        super().__init__(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")
        self.file = file
        self.place = place
        self.problem = problem


@attrs.frozen
class _Table:
    """A table of the file: what in it is Cognito's, and what is ours.

    Attributes:
        file: The file.
        place: Where it stands in there.
        members: What begins with a capital.
        own: The rest.
    """

    file: str
    place: str
    members: dict[str, Json] = attrs.field(repr=False)
    own: dict[str, Any] = attrs.field(repr=False)

    @classmethod
    def read(cls, file: str, place: str, value: object, own: Iterable[str]) -> "_Table":
        """Return a table that has no names in small letters but these."""
        if not isinstance(value, dict):
            raise SetUpError(file, place, "it must be a table")
        held = cast("dict[str, Any]", value)
        table = cls(
            file,
            place,
            {name: value for name, value in held.items() if name[:1].isupper()},
            {name: value for name, value in held.items() if not name[:1].isupper()},
        )
        table.has_only(table.own, own)
        return table

    def has_only(self, names: Iterable[str], known: Iterable[str]) -> None:
        """Return if all names are known; who mistypes one must not wonder why nothing comes of it."""
        known = sorted(known)
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"; {near[0]} was meant, perhaps" if near else f"; there are: {', '.join(known)}"
                raise self.error(f"{name} means nothing here{hint}")

    def takes(self, operation: str, *but: str) -> dict[str, Json]:
        """Return the members, which must be an operation's. Those that say where it belongs are not the file's.

        Args:
            operation: Which.
            but: More that are not the file's.
        """
        known = {name: shape for name, shape in _INPUTS[operation].members.items() if name not in {*_WHERE, *but}}
        self._has_only_known(Structure(known), self.members)
        return self.members

    def _has_only_known(self, shape: Shape, value: Json) -> None:
        """Return if Cognito knows every name within a value; it would pass over one that it does not know."""
        if isinstance(shape, Structure) and isinstance(value, dict):
            self.has_only(value, shape.members)
            for name, within in value.items():
                self._has_only_known(shape.members[name], within)
        elif isinstance(shape, Items) and isinstance(value, list):
            for within in value:
                self._has_only_known(shape.of, within)

    def text(self, name: str) -> str | None:
        """Return a text of ours, or ``None`` if there is none."""
        value = self.own.get(name)
        if value is not None and not isinstance(value, str):
            raise self.error(f"{name} must be a text")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """Return a table of texts of ours; an absent one is empty."""
        value = self.own.get(name, {})
        if not isinstance(value, dict):
            raise self.error(f"{name} must be a table")
        table = cast("dict[str, object]", value)
        if not all(isinstance(held, str) for held in table.values()):
            raise self.error(f"{name} must hold texts")
        return cast("dict[str, str]", table)

    def tables(self, name: str, own: Iterable[str], *, known_by: str) -> tuple["_Table", ...]:
        """Return a list of tables, each of something else; an absent one is empty.

        Args:
            name: Of the list.
            own: Names of ours that one can have.
            known_by: The member that names one that has no ``id``.
        """
        value = self.own.get(name, [])
        if not isinstance(value, list):
            raise self.error(f"{name} must be a list of tables: [[{name}]]")
        prefix = f"{self.place}." if self.place else ""
        tables = tuple(
            _Table.read(self.file, f"{prefix}{name}[{number}]", held, own)
            for number, held in enumerate(cast("list[object]", value))
        )
        places: dict[tuple[str, str], str] = {}
        for table in tables:
            names = {"id": table.own.get("id"), known_by: table.members.get(known_by)}
            called = [(key, held) for key, held in names.items() if isinstance(held, str)]
            if called and called[0] in places:
                raise table.error(f"its {called[0][0]} is that of {places[called[0]]}; give it one of its own")
            places.update(dict.fromkeys(called, table.place))
        return tables

    def list_of_texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts of ours; an absent one is empty."""
        value = self.own.get(name, [])
        if not isinstance(value, list) or not all(isinstance(held, str) for held in cast("list[object]", value)):
            raise self.error(f"{name} must be a list of texts")
        return tuple(cast("list[str]", value))

    def error(self, problem: str) -> SetUpError:
        """Return what says that something is wrong here."""
        return SetUpError(self.file, self.place, problem)


@attrs.frozen
class SetUp:
    """What a file asks for. ``load_set_up`` reads one.

    The file's own names, the ones in small letters:

    * ``region``: where the pools are; ``eu-west-1`` if nothing is said.
    * ``[functions]``: places of functions by name, ``welcome = "welcome.py:handler"``, relative to the file. A pool's
      ``LambdaConfig`` takes such a name in place of an ARN.
    * ``[[pools]]``: ``id``, ``mfa`` (the members of SetUserPoolMfaConfig), ``clients``, ``groups`` and ``users``.
    * ``[[pools.clients]]``: ``id``.
    * ``[[pools.users]]``: ``password``, which is then permanent; ``attributes``, texts by name; ``groups``, names;
      ``mfa`` (the members of AdminSetUserMFAPreference). Nobody is sent an invitation.

    Attributes:
        file: Where it was read.
        region: Where the pools are.
        functions: Places by name.
    """

    file: str
    region: str
    functions: Mapping[str, str]
    _pools: tuple[_Table, ...] = attrs.field(repr=False)

    async def make(self, cognito: FakeCognito) -> None:
        """Make what is not there yet, and set up anew what is: pools, clients and groups. Users are left as they are.

        A pool or a client is known by its ``id``, or else by its name.

        Raises:
            SetUpError: The fake refuses something. What came before it has been made, but no user by halves.
        """
        for table in self._pools:
            await _PoolInTheMaking(cognito, table).make()


def load_set_up(path: Path) -> SetUp:
    """Return what a TOML file asks for.

    Raises:
        SetUpError: It cannot be read, or asks for what there is not.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise SetUpError(str(path), "", error.strerror or "it cannot be read") from error
    except (ValueError, RecursionError) as error:  # of TOML, of Unicode, or of lists in lists in lists
        raise SetUpError(str(path), "", f"it is no TOML: {error}") from error
    top = _Table.read(str(path), "", content, ("region", "functions", "pools"))
    top.has_only(top.members, ())
    functions = {name: str(path.parent / place) for name, place in top.texts("functions").items()}
    pools = top.tables("pools", ("id", "mfa", "clients", "groups", "users"), known_by="PoolName")
    region = top.text("region") or DEFAULT_REGION
    if not fits(USER_POOL_ID, f"{region}_0"):
        raise top.error(f"{region!r} is no region; one is like {DEFAULT_REGION}")
    return SetUp(str(path), region, functions, pools)


@attrs.define
class _PoolInTheMaking:
    """One pool, and what is in it."""

    cognito: FakeCognito
    table: _Table
    pool_id: str = ""

    async def make(self) -> None:
        """Make it, or set it up anew."""
        members = {**self.table.takes("CreateUserPool")}
        if "LambdaConfig" in members:
            members["LambdaConfig"] = self._with_arns(members["LambdaConfig"])
        await self._find()
        if self.pool_id:
            await self._see_that_it_can_be_so(members)
            changeable = _INPUTS["UpdateUserPool"].members
            kept = {name: value for name, value in members.items() if name in changeable}
            await self._call(self.table, "UpdateUserPool", kept)
        else:
            made = await self._call(self.table, "CreateUserPool", members, new_id=self.table.text("id"))
            self.pool_id = made["UserPool"]["Id"]
        if "mfa" in self.table.own:
            mfa = _Table.read(self.table.file, f"{self.table.place}.mfa", self.table.own["mfa"], ())
            await self._call(mfa, "SetUserPoolMfaConfig", mfa.takes("SetUserPoolMfaConfig"))
        for client in self.table.tables("clients", ("id",), known_by="ClientName"):
            await self._make_client(client)
        for group in self.table.tables("groups", (), known_by="GroupName"):
            await self._make_group(group)
        for user in self.table.tables("users", ("password", "attributes", "groups", "mfa"), known_by="Username"):
            await self._make_user(user)

    async def _see_that_it_can_be_so(self, members: Mapping[str, Json]) -> None:
        """Return if the pool that is there has what is wanted of it and never changes.

        Raises:
            SetUpError: It has something else.
        """
        asked = {name: value for name, value in members.items() if name != "LambdaConfig"}
        alike = _PoolInTheMaking(FakeCognito(), self.table)
        wanted = (await alike._call(self.table, "CreateUserPool", asked))["UserPool"]  # one of its kind
        there = cast("Any", await self.cognito.call("DescribeUserPool", {"UserPoolId": self.pool_id}))["UserPool"]
        for told, name in _NEVER_CHANGED.items():
            if wanted.get(told) != there.get(told):
                raise self.table.error(
                    f"{name} is not that of the pool that is there, which never changes; delete that, or make another"
                )

    async def _find(self) -> None:
        wanted, name = self.table.text("id"), self.table.members.get("PoolName")
        token: Json = None
        while True:
            request: dict[str, Json] = {"MaxResults": _MOST_LISTED, "NextToken": token}
            found = cast("Any", await self.cognito.call("ListUserPools", request))
            for pool in found["UserPools"]:
                if pool["Id"] == wanted or (wanted is None and pool["Name"] == name):
                    self.pool_id = pool["Id"]
                    return
            token = found.get("NextToken")
            if token is None:
                return

    async def _make_client(self, table: _Table) -> None:
        wanted, name = table.text("id"), table.members.get("ClientName")
        members = table.takes("CreateUserPoolClient")
        there = next(
            (
                client
                for client in self.cognito.pool(self.pool_id).clients
                if client.client_id == wanted or (wanted is None and client.name == name)
            ),
            None,
        )
        if there is None:
            await self._call(table, "CreateUserPoolClient", members, new_id=wanted)
            return
        if "ClientSecret" in members:
            has_another = there.client_secret is None or there.client_secret.reveal() != members["ClientSecret"]
        else:
            has_another = (there.client_secret is not None) != bool(members.get("GenerateSecret"))
        if has_another:
            raise table.error(
                "the client that is there has another secret than is said here, or none, or one, which never changes; "
                "delete that, or make another"
            )
        changeable = _INPUTS["UpdateUserPoolClient"].members
        kept = {name: value for name, value in members.items() if name in changeable}
        await self._call(table, "UpdateUserPoolClient", {**kept, "ClientId": there.client_id})

    async def _make_group(self, table: _Table) -> None:
        members = table.takes("CreateGroup")
        name = members.get("GroupName")
        is_there = isinstance(name, str) and await self._is_there("GetGroup", {"GroupName": name})
        await self._call(table, "UpdateGroup" if is_there else "CreateGroup", members)

    async def _make_user(self, table: _Table) -> None:
        members = {"MessageAction": "SUPPRESS", **table.takes("AdminCreateUser")}
        username = members.get("Username")
        if isinstance(username, str) and await self._is_there("AdminGetUser", {"Username": username}):
            return
        attributes = [{"Name": name, "Value": value} for name, value in table.texts("attributes").items()]
        if attributes:
            members["UserAttributes"] = attributes
        await self._call(table, "AdminCreateUser", members)
        try:
            await self._finish_user(table, username)
        except SetUpError:  # one that is half made would be left as it is by the next start
            await self._call(table, "AdminDeleteUser", {"Username": username})
            raise

    async def _finish_user(self, table: _Table, username: Json) -> None:
        named: dict[str, Json] = {"Username": username}
        password = table.text("password")
        if password is not None:
            await self._call(table, "AdminSetUserPassword", {**named, "Password": password, "Permanent": True})
        for group in table.list_of_texts("groups"):
            await self._call(table, "AdminAddUserToGroup", {**named, "GroupName": group})
        if "mfa" in table.own:
            mfa = _Table.read(table.file, f"{table.place}.mfa", table.own["mfa"], ())
            members = mfa.takes("AdminSetUserMFAPreference", "Username")
            await self._call(mfa, "AdminSetUserMFAPreference", {**members, **named})

    async def _is_there(self, operation: str, members: Mapping[str, Json]) -> bool:
        try:
            await self.cognito.call(operation, {**members, "UserPoolId": self.pool_id})
        except ServiceError as error:
            if error.code in {"ResourceNotFoundException", "UserNotFoundException"}:
                return False
            if error.code == "InvalidParameterException":  # making it will say what is wrong
                return False
            raise
        return True

    async def _call(
        self, table: _Table, operation: str, members: Mapping[str, Json], *, new_id: str | None = None
    ) -> Any:
        pool = {"UserPoolId": self.pool_id} if self.pool_id else {}
        try:
            return await self.cognito.call(operation, {**members, **pool}, new_id=new_id)
        except ServiceError as error:
            raise table.error(f"{operation}: {error.code}: {error.message}") from None
        except ValueError as error:
            raise table.error(str(error)) from None

    def _with_arns(self, config: Json) -> Json:
        """Return a ``LambdaConfig`` in which the names of functions have become their ARNs."""
        if not isinstance(config, dict):
            return config  # the fake will say that it is none
        return {name: self._with_arn(name, value) for name, value in config.items()}

    def _with_arn(self, name: str, value: Json) -> Json:
        if isinstance(value, dict):
            return self._with_arns(value)
        if not isinstance(value, str) or name not in _NAMING_FUNCTIONS or value.startswith(_ARN_PREFIX):
            return value
        if value not in self.cognito.functions:
            known = ", ".join(sorted(self.cognito.functions)) or "none"
            raise self.table.error(f"LambdaConfig names a function {value!r} that is not there; there are: {known}")
        return self.cognito.arn_of(value)
