"""``FakeCognito``: Cognito in this process, with any number of user pools in one region.

It makes, describes, changes and deletes pools and app clients, and hands everything else on to the pool that a request
belongs to. It is a ``Transport``, as each of its pools is.

Source: Amazon Cognito user pools API reference, per operation.
"""

import base64
import os
import string
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import CodeEncryption, TriggerRunner, Triggers
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy
from authsteps.flows.srp import Arithmetic

from ..administration.inputs import names_its_pool
from ..data.keeping import opened
from ..directory import Client
from ..errors import Cause, refusal
from ..members import Members
from ..pages import page
from ..pool import FakeUserPool
from ..settings import Settings
from ..shapes import CLIENT_ID, USER_POOL_ID, fits
from ..tokens import SigningKeys
from .clients import ClientDescription, client_members, read_client
from .functions import Functions, read_triggers
from .places import Place
from .pools import PoolDescription, adopt, mfa_members, pool_members, read_mfa, read_new_pool, read_pool

if TYPE_CHECKING:
    from ..data.keeper import Keeper

__all__ = ["DEFAULT_REGION", "FakeCognito"]

DEFAULT_REGION: Final = "eu-west-1"
"""Where pools are if nobody says otherwise."""

_POOL_LETTERS: Final = string.ascii_letters + string.digits
_POOL_LETTERS_COUNT: Final = 9
_CLIENT_LETTERS: Final = string.ascii_lowercase + string.digits
_CLIENT_ID_LENGTH: Final = 26
_CLIENT_SECRET_LENGTH: Final = 51
_MOST_LISTED: Final = 60
_NOWHERE: Final = "0"
"""What follows the region in the id of the pool that stands for none. Ids that are made are longer."""


class _Issuer(msgspec.Struct, frozen=True):
    """What a token says of where it is from."""

    iss: str = ""


class FakeCognito:
    """Cognito in one region. It begins without pools.

    Use it as any ``Transport``, or take a pool out of it with ``pool`` and use that.

    Args:
        region: Such as ``eu-west-1``. The ids of its pools begin with it.
        clock: The time of all its pools.
        entropy: Their randomness.
        signing_keys: What all of them sign tokens with. None are given: each makes a pair of its own when it issues its
            first token.
        arithmetic: How their half of SRP is computed.
        account_id: The account that owns them, as it stands in their names.
        issuer_base: What stands before a pool's id in the ``iss`` of its tokens, as for ``FakeUserPool``.
        functions: What runs where a pool's ``LambdaConfig`` names an ARN: by ARN, or by the function's name, which then
            stands for the ARN of that function in any region and account. Behind any other there is no function: what
            asks it fails, as in AWS.
        code_encryption: How codes are made unreadable for custom senders, whichever key a pool names. A pool with such
            a sender cannot be made without it.
    """

    def __init__(
        self,
        region: str = DEFAULT_REGION,
        *,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        signing_keys: SigningKeys | None = None,
        arithmetic: Arithmetic | None = None,
        account_id: str = "123456789012",
        issuer_base: str | None = None,
        functions: Mapping[str, TriggerRunner] | None = None,
        code_encryption: CodeEncryption | None = None,
    ) -> None:
        self._region = region
        self._account_id = account_id
        self._clock = clock if clock is not None else SystemClock()
        self._entropy = entropy if entropy is not None else SystemEntropy()
        self._signing_keys = signing_keys
        self._arithmetic = arithmetic
        self._issuer_base = issuer_base
        self._functions = Functions(functions if functions is not None else {}, code_encryption)
        self._places: dict[str, Place] = {}
        self._keeper: Keeper | None = None
        self._is_kept = False
        # What belongs to no pool is refused by one that nobody can have anything in.
        self._nowhere = self._new_pool(f"{region}_{_NOWHERE}", Settings(), Triggers())
        self._creations: Mapping[str, Callable[[Members, str | None], Awaitable[dict[str, Json]]]] = {
            "CreateUserPool": self._create_user_pool,
            "CreateUserPoolClient": self._create_user_pool_client,
        }
        self._operations: Mapping[str, Callable[[Members], Awaitable[dict[str, Json]]]] = {
            "DescribeUserPool": self._describe_user_pool,
            "UpdateUserPool": self._update_user_pool,
            "DeleteUserPool": self._delete_user_pool,
            "ListUserPools": self._list_user_pools,
            "SetUserPoolMfaConfig": self._set_user_pool_mfa_config,
            "GetUserPoolMfaConfig": self._get_user_pool_mfa_config,
            "DescribeUserPoolClient": self._describe_user_pool_client,
            "UpdateUserPoolClient": self._update_user_pool_client,
            "DeleteUserPoolClient": self._delete_user_pool_client,
            "ListUserPoolClients": self._list_user_pool_clients,
        }

    @property
    def operations(self) -> frozenset[str]:
        """The names of the operations that it performs, those of its pools included."""
        return self._nowhere.operations | self._operations.keys() | self._creations.keys()

    @property
    def functions(self) -> frozenset[str]:
        """The names and ARNs of the functions that it can ask."""
        return frozenset(self._functions.by_arn)

    def arn_of(self, function: str) -> str:
        """Return the ARN that a ``LambdaConfig`` calls a function by."""
        return f"arn:aws:lambda:{self._region}:{self._account_id}:function:{function}"

    @property
    def pools(self) -> tuple[FakeUserPool, ...]:
        """Its pools, the oldest first."""
        return tuple(place.pool for place in self._places.values())

    def pool(self, user_pool_id: str) -> FakeUserPool:
        """Return a pool, to look at or to change.

        Raises:
            LookupError: There is no such pool.
        """
        if user_pool_id not in self._places:
            raise LookupError(f"there is no pool {user_pool_id!r}")
        return self._places[user_pool_id].pool

    def name_of(self, user_pool_id: str) -> str:
        """Return what people call a pool.

        Raises:
            LookupError: There is no such pool.
        """
        return self._places[self.pool(user_pool_id).id].description.name

    def add_pool(self, pool: FakeUserPool, name: str = "pool") -> None:
        """Take in a pool that was made elsewhere.

        Args:
            pool: The pool, of any region.
            name: For people.

        Raises:
            ValueError: There is one with its id.
        """
        if pool.id in self._places or pool.id == self._nowhere.id:
            raise ValueError(f"there is a pool {pool.id!r}")
        now = self._clock.now()
        self._places[pool.id] = Place(pool, PoolDescription(name, now, now))

    @asynccontextmanager
    async def kept_in(self, path: str | os.PathLike[str]) -> AsyncGenerator[None, None]:
        """Take in what a data file holds, and keep in it what happens from now on: an asynchronous context manager.

        Pools, clients, groups, users, devices, codes that wait, and all that was issued are kept. An operation of this
        or of any of its pools is answered when it is on disk, so that the end of the process loses nothing that was
        answered. What is done to a pool past its operations is kept by ``keep``, and at the end. Sign-ins that are
        under way, messages and what was tried with names that nobody has are in memory alone, and so are triggers, but
        for those that a ``LambdaConfig`` names.

        Args:
            path: The file. There is a new one if there is none, readable by its owner alone: it holds secrets.

        Raises:
            DataFileError: It cannot be opened, read or written, or is none of ours.
            ValueError: It holds a pool that is here already, or one whose triggers cannot be had.
            RuntimeError: Another file is open.
        """
        if self._is_kept:
            raise RuntimeError("this FakeCognito is kept in a file already; leave that one first")
        self._is_kept = True  # from the first moment of opening to the last of closing
        try:
            async with opened(path, self._places, self._restored) as keeper:
                self._keeper = keeper
                try:
                    yield
                finally:
                    self._keeper = None
        finally:
            self._is_kept = False

    async def keep(self) -> None:
        """Keep what was done to pools past their operations. Without a data file there is nothing to do.

        Raises:
            DataFileError: It could not be written.
        """
        if self._keeper is not None:
            await self._keeper.keep_all()

    async def call(
        self, operation: str, request: Mapping[str, Json], *, new_id: str | None = None
    ) -> Mapping[str, Json]:
        """Perform an operation, as ``Transport`` promises.

        Args:
            operation: Its name.
            request: Its members in wire form.
            new_id: The id of the pool or the app client that is made, where it shall not be drawn. Other operations
                pass over it.

        Raises:
            ServiceError: It refuses, with Cognito's code and text.
            ValueError: There is a pool or a client with the new id, or it cannot be one's.
        """
        members = Members(request)
        if operation not in self.operations:
            raise refusal(Cause.UNKNOWN_OPERATION)
        members.keep_constraints(operation)
        if operation in self._creations:
            perform = partial(self._creations[operation], members, new_id)
        elif operation in self._operations:
            perform = partial(self._operations[operation], members)
        else:
            pool = self._place(members).pool if names_its_pool(operation) else self._pool_of(members)
            return await pool.perform(operation, members)
        if self._keeper is None:
            return await perform()
        return await self._keeper.keeping(members.optional_text("UserPoolId"), perform)

    # Where a request belongs

    def _pool_of(self, request: Members) -> FakeUserPool:
        """Return the pool that a request belongs to which names none, or the one that stands for none.

        Source: service model: what is not signed goes by client, by access token or by session alone.
        """
        client_id = request.optional_text("ClientId")
        if client_id is not None:
            pools = (pool for pool in self.pools if any(client.client_id == client_id for client in pool.clients))
        elif (token := request.optional_secret("AccessToken")) is not None:
            issuer = _issuer_of(token)
            pools = (pool for pool in self.pools if pool.issuer == issuer)
        else:
            session = request.optional_secret("Session")
            pools = (pool for pool in self.pools if session is not None and pool.knows_session(session))
        return next(pools, self._nowhere)

    def _place(self, request: Members) -> Place:
        user_pool_id = request.text("UserPoolId")
        place = self._places.get(user_pool_id)
        if place is None:
            raise refusal(Cause.UNKNOWN_POOL, user_pool_id=user_pool_id)
        return place

    def _client(self, request: Members) -> tuple[Place, Client]:
        place, client_id = self._place(request), request.text("ClientId")
        for client in place.pool.clients:
            if client.client_id == client_id:
                return place, client
        raise refusal(Cause.UNKNOWN_CLIENT, client_id=client_id)

    # Pools

    async def _create_user_pool(self, request: Members, new_id: str | None) -> dict[str, Json]:
        settings, description = read_new_pool(request, self._clock.now())
        triggers = read_triggers(request, self._functions, is_lite=description.is_lite)
        if new_id is None:
            new_id = f"{self._region}_{self._random(_POOL_LETTERS, _POOL_LETTERS_COUNT)}"
        elif not fits(USER_POOL_ID, new_id):
            raise ValueError(f"{new_id!r} is no id of a pool; one is like eu-west-1_AbCdEf123")
        pool = self._new_pool(new_id, settings, triggers)
        if pool.id in self._places or pool.id == self._nowhere.id:
            raise ValueError(f"there is a pool {pool.id!r}")
        self._places[pool.id] = Place(pool, description)
        return {"UserPool": self._described(self._places[pool.id])}

    async def _describe_user_pool(self, request: Members) -> dict[str, Json]:
        return {"UserPool": self._described(self._place(request))}

    async def _update_user_pool(self, request: Members) -> dict[str, Json]:
        place = self._place(request)
        changed = read_pool(request, place.pool.settings, place.description, self._clock.now())
        place.pool.triggers = read_triggers(request, self._functions, is_lite=changed[1].is_lite)
        self._adopt(place, changed)
        return {}

    async def _delete_user_pool(self, request: Members) -> dict[str, Json]:
        place = self._place(request)
        if place.description.is_protected:
            raise refusal(Cause.DELETION_PROTECTED)
        del self._places[place.pool.id]
        return {}

    async def _list_user_pools(self, request: Members) -> dict[str, Json]:
        piece = page(
            self._places.values(),
            lambda place: f"{place.description.created.timestamp():020.6f} {place.pool.id}",
            most=_MOST_LISTED,
            limit=request.optional_number("MaxResults"),
            token=request.optional_text("NextToken"),
        )
        shown = ("Id", "Name", "LambdaConfig", "LastModifiedDate", "CreationDate")
        described = [self._described(place) for place in piece.items]
        reply: dict[str, Json] = {"UserPools": [{name: one[name] for name in shown} for one in described]}
        return reply if piece.token is None else {**reply, "NextToken": piece.token}

    async def _set_user_pool_mfa_config(self, request: Members) -> dict[str, Json]:
        place = self._place(request)
        self._adopt(place, read_mfa(request, place.pool.settings, place.description, self._clock.now()))
        return mfa_members(place.pool.settings, place.description)

    async def _get_user_pool_mfa_config(self, request: Members) -> dict[str, Json]:
        place = self._place(request)
        return mfa_members(place.pool.settings, place.description)

    def _adopt(self, place: Place, changed: tuple[Settings, PoolDescription]) -> None:
        settings, place.description = changed
        adopt(place.pool.settings, settings)

    def _described(self, place: Place) -> dict[str, Json]:
        return {
            "Id": place.pool.id,
            "Arn": f"arn:aws:cognito-idp:{self._region}:{self._account_id}:userpool/{place.pool.id}",
            "EstimatedNumberOfUsers": len(place.pool.users),
            **pool_members(place.pool.settings, place.description),
        }

    def _new_pool(self, user_pool_id: str, settings: Settings, triggers: Triggers) -> FakeUserPool:
        return FakeUserPool(
            user_pool_id,
            clock=self._clock,
            entropy=self._entropy,
            signing_keys=self._signing_keys,
            arithmetic=self._arithmetic,
            settings=settings,
            issuer_base=self._issuer_base,
            triggers=triggers,
            has_client=False,
        )

    def _restored(self, user_pool_id: str, settings: Settings, description: PoolDescription) -> Place:
        """Return a pool that was in a file, as yet without what it held."""
        if user_pool_id in self._places:
            raise ValueError(f"there is a pool {user_pool_id!r} here and one in the file; add pools after it is open")
        config = Members(description.echoed)
        triggers = read_triggers(config, self._functions, is_lite=description.is_lite)
        return Place(self._new_pool(user_pool_id, settings, triggers), description)

    # App clients

    async def _create_user_pool_client(self, request: Members, new_id: str | None) -> dict[str, Json]:
        place, secret, now = self._place(request), request.optional_secret("ClientSecret"), self._clock.now()
        if request.flag("GenerateSecret"):
            if secret is not None:
                raise refusal(Cause.TWO_CLIENT_SECRETS)
            secret = Secret(self._random(_CLIENT_LETTERS, _CLIENT_SECRET_LENGTH))
        if new_id is None:
            new_id = self._random(_CLIENT_LETTERS, _CLIENT_ID_LENGTH)
        elif not fits(CLIENT_ID, new_id):
            raise ValueError(f"{new_id!r} is no id of an app client; one has up to 128 letters, digits and underscores")
        elif any(client.client_id == new_id for pool in self.pools for client in pool.clients):
            raise ValueError(f"there is an app client {new_id!r}")
        new = Client(new_id, request.text("ClientName"), secret)
        client, echoed = read_client(request, new, place.pool.settings, doing="creating")
        return self._put_client(place, client, ClientDescription(now, now, echoed))

    async def _describe_user_pool_client(self, request: Members) -> dict[str, Json]:
        return self._described_client(*self._client(request))

    async def _update_user_pool_client(self, request: Members) -> dict[str, Json]:
        place, before = self._client(request)
        client, echoed = read_client(request, before, place.pool.settings, doing="updating")
        created = self._client_description(place, client).created
        return self._put_client(place, client, ClientDescription(created, self._clock.now(), echoed))

    async def _delete_user_pool_client(self, request: Members) -> dict[str, Json]:
        place, client = self._client(request)
        place.pool.remove_client(client.client_id)
        place.clients.pop(client.client_id, None)
        return {}

    async def _list_user_pool_clients(self, request: Members) -> dict[str, Json]:
        place = self._place(request)
        piece = page(
            place.pool.clients,
            lambda client: client.client_id,
            most=_MOST_LISTED,
            limit=request.optional_number("MaxResults"),
            token=request.optional_text("NextToken"),
        )
        clients: list[Json] = [
            {"ClientId": client.client_id, "UserPoolId": place.pool.id, "ClientName": client.name}
            for client in piece.items
        ]
        reply: dict[str, Json] = {"UserPoolClients": clients}
        return reply if piece.token is None else {**reply, "NextToken": piece.token}

    def _put_client(self, place: Place, client: Client, description: ClientDescription) -> dict[str, Json]:
        place.pool.put_client(client)
        place.clients[client.client_id] = description
        return self._described_client(place, client)

    def _described_client(self, place: Place, client: Client) -> dict[str, Json]:
        return {"UserPoolClient": client_members(client, self._client_description(place, client), place.pool.id)}

    def _client_description(self, place: Place, client: Client) -> ClientDescription:
        created = place.description.created
        return place.clients.get(client.client_id, ClientDescription(created, created))

    def _random(self, letters: str, length: int) -> str:
        return "".join(letters[byte % len(letters)] for byte in self._entropy.random_bytes(length))


def _issuer_of(token: Secret) -> str | None:
    """Return where a token says that it is from. Whether it is, the pool finds out."""
    parts = token.reveal().split(".")
    try:
        claims = base64.urlsafe_b64decode(f"{parts[1]}==")
        return msgspec.json.decode(claims, type=_Issuer).iss
    except (IndexError, ValueError):
        return None
