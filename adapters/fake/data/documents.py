"""What is in a pool as JSON documents, and back.

Every field of every class is written, whichever there are, so a new one is kept without a word here. Reading takes a
field's default where a document has none, and refuses a document that has one too many.
"""

import base64
import json
import operator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Final, TypeVar, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import RSAKey

from authsteps.engine.messages import Secret
from authsteps.flows.srp import Verifier

from ..directory import Attributes, Client, User
from ..region.clients import ClientDescription
from ..region.pools import PoolDescription
from ..settings import Settings
from ..tokens import SigningKey, SigningKeys

__all__ = ["ClientDocument", "PoolDocument", "UnreadableDocumentError", "read_document", "write_document"]

T = TypeVar("T")

_MICROSECOND: Final = timedelta(microseconds=1)


class UnreadableDocumentError(Exception):
    """A document is not what it should be. Nothing quotes it."""


@attrs.frozen
class PoolDocument:
    """A pool, but for whom and what it holds.

    Attributes:
        settings: How it is set up.
        description: What is told of it beside that.
        keys: What it signs with, if that has been made yet.
        secret: What stands for strangers is drawn from it.
    """

    settings: Settings
    description: PoolDescription
    keys: SigningKeys | None = attrs.field(repr=False)
    secret: bytes = attrs.field(repr=False)


@attrs.frozen
class ClientDocument:
    """An app client.

    Attributes:
        client: The client.
        description: What is told of it beside how it works; ``None`` for one that no request made.
    """

    client: Client
    description: ClientDescription | None


def write_document(value: object) -> str:
    """Return a value as JSON: the same text for equal values."""
    return json.dumps(_converter().unstructure(value), separators=(",", ":"))


def read_document(text: str, kind: type[T]) -> T:
    """Return a value that ``write_document`` wrote.

    Raises:
        UnreadableDocumentError: The text holds no such value.
    """
    with suppress(Exception):  # whatever it is; what is raised below has no cause, for that quotes the document
        return _converter().structure(json.loads(text), kind)
    raise UnreadableDocumentError(kind.__name__)


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_unstructure_hook(Secret, Secret.reveal)
    converter.register_structure_hook(Secret, lambda text, _: Secret(text))
    converter.register_unstructure_hook(bytes, lambda value: base64.b64encode(value).decode("ascii"))
    converter.register_structure_hook(bytes, lambda text, _: base64.b64decode(text, validate=True))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(timedelta, lambda value: value // _MICROSECOND)
    converter.register_structure_hook(timedelta, lambda count, _: count * _MICROSECOND)
    converter.register_unstructure_hook(Attributes, dict)
    converter.register_structure_hook(Attributes, lambda values, _: Attributes(values))
    converter.register_unstructure_hook(Verifier, lambda value: {"salt_hex": value.salt_hex, "v": f"{value.v:x}"})
    converter.register_structure_hook(Verifier, lambda value, _: Verifier(value["salt_hex"], int(value["v"], 16)))
    converter.register_unstructure_hook(SigningKeys, _write_keys)
    converter.register_structure_hook(SigningKeys, _read_keys)
    converter.register_unstructure_hook_func(_is_set, sorted)  # equal sets give equal texts
    # What was given as JSON stays as it is.
    echoed = override(unstruct_hook=_as_it_is, struct_hook=_as_it_is)
    for kind in (PoolDescription, ClientDescription):
        # By a predicate: what is registered by its class has its types resolved, and ``Json`` cannot be.
        is_it = partial(operator.is_, kind)
        converter.register_unstructure_hook_func(is_it, make_dict_unstructure_fn(kind, converter, echoed=echoed))
        converter.register_structure_hook_func(is_it, make_dict_structure_fn(kind, converter, echoed=echoed))
    # What grows with every sign-in is in rows of its own.
    row = override(omit=True)
    converter.register_unstructure_hook(User, make_dict_unstructure_fn(User, converter, devices=row, families=row))
    converter.register_structure_hook(User, make_dict_structure_fn(User, converter, devices=row, families=row))
    return converter


def _as_it_is(value: object, _: object = None) -> object:
    return value


def _is_set(kind: object) -> bool:
    return (get_origin(kind) or kind) in {set, frozenset}


def _write_keys(keys: SigningKeys) -> dict[str, str]:
    pairs = {"id_token": keys.id_token.pair, "access_token": keys.access_token.pair}
    return {name: pair.as_pem(private=True).decode("ascii") for name, pair in pairs.items()}


def _read_keys(pem: dict[str, str], _: object) -> SigningKeys:
    return SigningKeys(_read_key(pem["id_token"]), _read_key(pem["access_token"]))


def _read_key(pem: str) -> SigningKey:
    """Return a key that stands in a document. That it is a sound one was seen to when it was made: it takes a while."""
    key = load_pem_private_key(pem.encode("ascii"), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return SigningKey.of(RSAKey(key, key))
