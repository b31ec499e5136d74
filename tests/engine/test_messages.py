"""Secrets never show themselves, and two of them compare like the texts that they hold."""

import copy
import hmac
import json
import logging
import pickle
import pprint
import reprlib
import string
import traceback
from collections.abc import Callable
from typing import NoReturn

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.engine import RunHandle
from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret, Step

CANARY = "canary-that-must-not-sing"
KINDS = (Secret, Carried, RunHandle)
TEXTS = st.text(st.characters(codec=None), max_size=20)  # lone surrogates included


@attrs.frozen
class Envelope(Event):
    """An attrs class that holds a secret, as events, effects and contexts do."""

    content: Secret
    note: str = "a note"


def tear(envelope: Envelope) -> NoReturn:
    secret = envelope.content
    raise ValueError(f"cannot read {envelope} with {secret}")


def traceback_with_locals(secret: Secret) -> str:
    try:
        tear(Envelope(secret))
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


RENDERINGS: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": format,
    "format with a spec": lambda secret: format(secret, ">40"),
    "f-string": lambda secret: f"{secret}",
    "f-string !r": lambda secret: f"{secret!r}",
    "f-string !s with a spec": lambda secret: f"{secret!s:>40}",
    "f-string !a": lambda secret: f"{secret!a}",
    "f-string =": lambda secret: f"{secret=}",
    "str.format": "{0} {0!r} {0:>9}".format,
    "percent s": lambda secret: "%s" % secret,  # noqa: UP031  # the old way is what is tested
    "percent r": lambda secret: "%r" % secret,  # noqa: UP031  # the same
    "template": lambda secret: string.Template("$it").substitute(it=secret),
    "in a list": lambda secret: str([secret]),
    "in a dict": lambda secret: str({"password": secret}),
    "as a key": lambda secret: str({secret: 1}),
    "in an attrs class": lambda secret: f"{Envelope(secret)} {Envelope(secret)!r}",
    "in attrs.asdict": lambda secret: str(attrs.asdict(Envelope(secret))),
    "pprint": lambda secret: pprint.pformat([Envelope(secret)]),
    "reprlib": lambda secret: reprlib.repr([secret]),
    "in an exception": lambda secret: repr(ValueError(secret)) + str(ValueError(secret)),
    "in a traceback with locals": traceback_with_locals,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rendering", RENDERINGS.values(), ids=RENDERINGS)
def test_a_secret_is_masked_however_it_is_rendered(kind: type[Secret], rendering: Callable[[Secret], str]) -> None:
    text = rendering(kind(CANARY))
    assert CANARY not in text
    assert "***" in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_is_masked_in_every_log_line(kind: type[Secret], caplog: pytest.LogCaptureFixture) -> None:
    secret = kind(CANARY)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("toy").debug("%s %r %s", secret, secret, Envelope(secret), extra={"password": secret})
        try:
            tear(Envelope(secret))
        except ValueError:
            logging.getLogger("toy").exception("it broke")
    assert CANARY not in caplog.text
    assert CANARY not in str([vars(record) for record in caplog.records])
    assert "***" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
def test_reveal_is_the_way_to_the_text(kind: type[Secret]) -> None:
    assert kind(CANARY).reveal() == CANARY


@given(TEXTS, TEXTS)
def test_two_secrets_are_equal_just_when_their_texts_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert (Secret(one) != Secret(other)) is (one != other)
    assert Secret(one) == Secret(one)
    assert hash(Secret(one)) == hash(Secret(one))


@pytest.mark.parametrize("text", ["", "Ünïcödé ☃ 😀", "\ud800", "a\udfffb", "\x00"])
def test_texts_that_are_not_ascii_or_not_even_unicode_compare_as_well(text: str) -> None:
    assert Secret(text) == Secret(text)
    assert Secret(text) != Secret(text + "x")
    assert Carried(text) == Secret(text)


def test_comparing_takes_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare_digest)
    assert Secret("é") != Secret("e")
    assert compared == [("é".encode(), b"e")]


def test_a_secret_equals_no_plain_text() -> None:
    assert Secret("open") != "open"
    assert Secret("open") not in ("open", None, 4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_cannot_be_pickled(kind: type[Secret], protocol: int) -> None:
    for value in (kind(CANARY), [kind(CANARY)], Envelope(kind(CANARY))):
        with pytest.raises(TypeError, match=f"{kind.__name__} is not picklable") as refusal:
            pickle.dumps(value, protocol)
        assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("encode", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode])
@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_that_knows_nothing_of_secrets_writes_none(
    kind: type[Secret], encode: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError) as refusal:
        encode({"password": kind(CANARY)})
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copied_secret_is_the_same_one(kind: type[Secret]) -> None:
    secret = kind(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret
    assert copy.deepcopy([Envelope(secret)])[0].content is secret


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_has_no_dict_that_would_show_it(kind: type[Secret]) -> None:
    with pytest.raises(TypeError):
        vars(kind(CANARY))


def test_messages_are_frozen_and_have_slots() -> None:
    for message in (Event(), Effect(), Step(), Failure()):
        assert not hasattr(message, "__dict__")
        with pytest.raises(AttributeError):
            setattr(message, "anything", 1)  # noqa: B010  # a checker would refuse the plain assignment


def test_an_effect_is_answered_by_nothing_unless_it_says_so() -> None:
    assert Effect.answers == ()


def test_a_failure_is_labelled_with_the_name_of_its_class() -> None:
    class WrongCode(Failure):
        pass

    assert WrongCode().label == "WrongCode"
