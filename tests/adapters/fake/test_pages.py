"""Long lists come in pieces, each item once, whatever comes and goes meanwhile."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.pages import page

PLACES = st.sets(st.text(st.characters(codec="utf-8"), min_size=1), max_size=20)


def itself(item: str) -> str:
    return item


@given(items=PLACES, limit=st.integers(1, 7))
def test_the_pieces_together_are_the_list_in_order(items: set[str], limit: int) -> None:
    seen: list[str] = []
    token: str | None = None
    for _ in range(len(items) + 1):
        piece = page(items, itself, most=5, limit=limit, token=token)
        assert len(piece.items) <= min(limit, 5)
        seen += piece.items
        token = piece.token
        if token is None:
            break

    assert seen == sorted(items)


@given(items=PLACES, gone=PLACES, come=PLACES)
def test_what_stays_is_seen_once_whatever_comes_and_goes(items: set[str], gone: set[str], come: set[str]) -> None:
    first = page(items, itself, most=3)
    after = (items - gone) | come
    rest = page(after, itself, most=100, token=first.token) if first.token is not None else page([], itself, most=1)

    seen = [item for item in (*first.items, *rest.items) if item in items - gone]
    assert len(seen) == len(set(seen))
    assert first.token is None or set(seen) | set(first.items) >= items - gone


@pytest.mark.parametrize(("limit", "count"), [(None, 60), (0, 60), (1, 1), (60, 60), (61, 60)])
def test_a_limit_of_nought_is_none_and_none_is_the_most(limit: int | None, count: int) -> None:
    items = [f"{number:03}" for number in range(100)]

    assert len(page(items, itself, most=60, limit=limit).items) == count


@pytest.mark.parametrize("token", ["!", "a", "é", "a b", base64.b64encode(b"\xff\xfe").decode()])
def test_a_token_that_no_piece_gave_is_refused(token: str) -> None:
    with pytest.raises(ServiceError, match="Invalid pagination token"):
        page(["a"], itself, most=1, token=token)


def test_the_last_piece_has_no_token() -> None:
    assert page([], itself, most=1).token is None
    assert page(["a"], itself, most=1).token is None
    assert page(["a", "b"], itself, most=1).token is not None
