"""Documents hold every field of everything that is kept, whatever is in it, and are read back as what they were."""

import base64
import json
import traceback
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import EnumType
from itertools import count
from typing import Any, Final, cast

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from authsteps.adapters.fake.data.documents import (
    ClientDocument,
    PoolDocument,
    UnreadableDocumentError,
    read_document,
    write_document,
)
from authsteps.adapters.fake.directory import Attributes, Client, Device, Group, RefreshFamily, User
from authsteps.adapters.fake.passwords import PasswordPolicy
from authsteps.adapters.fake.settings import Settings
from authsteps.adapters.fake.tokens import SigningKeys
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.engine.messages import Secret
from authsteps.flows.srp import Verifier
from tests.adapters.fake.kept import plain
from tests.adapters.fake.world import load_signing_keys

ROWS_OF_THEIR_OWN: Final = {"devices", "families"}
ECHOED: Final = {"LambdaConfig": {"PreSignUp": "arn", "deep": [1, 2.5, True, None, "\ud800"]}}
GIVEN: Final[Mapping[tuple[object, str], object]] = {
    (Settings, "alias_attributes"): frozenset[str](),  # they exclude others
    (Settings, "username_attributes"): frozenset({"email", "phone_number"}),
    (PasswordPolicy, "minimum_length"): 17,
    (PasswordPolicy, "history_size"): 18,
    (Client, "client_id"): "client_19",
    (Client, "auth_session_validity"): timedelta(minutes=7),
    (Client, "access_token_validity"): timedelta(minutes=8),
    (Client, "id_token_validity"): timedelta(minutes=9, microseconds=1),
    (Client, "refresh_token_validity"): timedelta(hours=10),
    (Client, "rotation_grace"): timedelta(seconds=11),
}
"""Fields that do not take just anything."""
EC_KEY: Final = bytes.fromhex("06072a8648ce3d0201")
UNKNOWN_KEY: Final = bytes.fromhex("06072a8648ce3d0101")
"""Object identifiers, as in DER."""
JUNK: Final[Mapping[str, object]] = {
    "nothing": None,
    "less than nothing": -1,
    "too much": 10**400,
    "endless": 1e400,
    "no text": "",
    "digits": "9" * 50,
    "a list": [1],
    "a mapping": {"canary": [1]},
}
KINDS: Final = (PoolDocument, ClientDocument, Group, User, Device, RefreshFamily)


class Filler:
    """Makes values of any type, all different and none a default."""

    def __init__(self) -> None:
        self._numbers = count(20)

    def value(self, kind: Any) -> Any:
        simple: dict[object, Callable[[int], object]] = {
            str: lambda n: f"text {n} \u00e9\U0001f600",
            int: lambda n: n,
            bytes: lambda n: bytes([0, 255, n]),
            datetime: lambda n: datetime(2026, 1, 2, 3, 4, 5, n, UTC),
            timedelta: lambda n: timedelta(days=n, microseconds=1),
            Secret: lambda n: Secret(f"secret {n}"),
            Verifier: lambda n: Verifier(f"{n:x}", 1 << 3000 | n),
            Attributes: lambda n: Attributes({"name": f"{n}", "email": "a"}),
            SigningKeys: lambda _: load_signing_keys(),
        }
        if kind is bool:
            raise TypeError("a flag is turned over where its default is known")
        if kind in simple:
            return simple[kind](next(self._numbers))
        if isinstance(kind, EnumType):
            members: list[object] = [*kind]
            return members[next(self._numbers) % len(members)]
        if attrs.has(cast("type", kind)):
            return self.instance(kind)
        return self._generic(typing.get_origin(kind), typing.get_args(kind))

    def instance(self, kind: type[Any]) -> Any:
        """An instance with all of its fields filled, those that no argument sets included."""
        hints = {field.name: field.type for field in attrs.fields(kind)}
        made = {field.name: self._field(kind, field, hints) for field in attrs.fields(kind)}
        arguments = {field.alias: made[field.name] for field in attrs.fields(kind) if field.init}
        filled = kind(**arguments)
        for field in attrs.fields(kind):
            if not field.init:
                setattr(filled, field.name, made[field.name])
        return filled

    def _field(self, kind: type[Any], field: Any, hints: Mapping[str, Any]) -> object:
        if (kind, field.name) in GIVEN:
            return GIVEN[kind, field.name]
        if field.name == "echoed":
            return ECHOED
        if kind is User and field.name in ROWS_OF_THEIR_OWN:
            return {}
        if hints[field.name] is bool:
            return field.default is attrs.NOTHING or not field.default
        value = self.value(hints[field.name])
        while value == field.default:
            value = self.value(hints[field.name])
        return value

    def _generic(self, origin: Any, kinds: Sequence[Any]) -> object:
        if origin in {types.UnionType, typing.Union}:
            return self.value(next(kind for kind in kinds if kind is not type(None)))
        several: list[object] = [self.value(kinds[0]) for _ in range(3)]
        if origin in {tuple, set, frozenset}:
            return cast("object", origin(several))
        if issubclass(origin, Mapping):
            return {name: self.value(kinds[1]) for name in several}
        raise TypeError(f"nobody knows how to make {origin}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_read_back_as_it_was(kind: type[Any]) -> None:
    value = Filler().value(kind)

    assert plain(read_document(write_document(value), kind)) == plain(value)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_written_as_it_stood(kind: type[Any]) -> None:
    """A file that was opened and left alone is not written."""
    text = write_document(Filler().value(kind))

    assert write_document(read_document(text, kind)) == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_with_a_field_too_many_is_refused(kind: type[Any]) -> None:
    """A later version wrote it: whoever dropped the field would lose what is in it."""
    text = write_document(Filler().value(kind))

    with pytest.raises(UnreadableDocumentError):
        read_document(f'{{"later":"canary",{text[1:]}', kind)


@pytest.mark.parametrize(
    "damage", ["", "[]", "null", "{}", '{"username": "canary"', '{"username":{"canary":1}}', "[" * 10**5]
)
def test_a_damaged_document_is_refused_and_not_quoted(damage: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(damage, User)

    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_whatever_stands_in_a_document_it_is_read_or_refused(kind: type[Any], junk: object) -> None:
    text = write_document(Filler().value(kind))
    for place in _places_in(json.loads(text)):
        damaged = json.loads(text)
        within = damaged
        for step in place[:-1]:
            within = within[step]
        within[place[-1]] = junk
        with suppress(UnreadableDocumentError):
            read_document(json.dumps(damaged), kind)


def _places_in(value: object, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    within: list[tuple[object, object]] = []
    if isinstance(value, dict):
        within = [*cast("dict[object, object]", value).items()]
    elif isinstance(value, list):
        within = [*enumerate(cast("list[object]", value))]
    for step, held in within:
        yield (*way, step)
        yield from _places_in(held, (*way, step))


def test_a_key_of_an_unknown_kind_is_refused() -> None:
    text = write_document(Filler().value(PoolDocument))
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    unknown = base64.b64encode(base64.b64decode("".join(pem.splitlines()[1:-1])).replace(EC_KEY, UNKNOWN_KEY)).decode()
    damaged = json.loads(text)
    damaged["keys"]["id_token"] = f"-----BEGIN PRIVATE KEY-----\n{unknown}\n-----END PRIVATE KEY-----\n"

    with pytest.raises(UnreadableDocumentError):
        read_document(json.dumps(damaged), PoolDocument)


def test_a_document_that_lacks_what_came_later_gets_its_default() -> None:
    text = write_document(Filler().value(User)).replace('"has_passkey_mfa":true,', "")

    assert not read_document(text, User).has_passkey_mfa


def test_equal_sets_are_written_alike_in_whichever_order_they_came() -> None:
    one, other = frozenset([0, 8]), frozenset([8, 0])
    assert [*one] != [*other]
    texts = {write_document(SoftwareToken(Secret("A"), used_steps=steps)) for steps in (one, other)}

    assert len(texts) == 1
