"""Handler files in JavaScript for one test each, and calls to them."""

from pathlib import Path
from textwrap import dedent

import anyio
import pytest

from authsteps.adapters.lambda_triggers import FunctionRaisedError, NodeFunction, Trigger
from authsteps.flows.model import Json

__all__ = ["answer", "words", "write"]


def write(folder: Path, text: str, name: str = "index.js") -> Path:
    """Write a file, and return where it is."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text), "utf-8")
    return path


async def answer(function: NodeFunction, **event: Json) -> Json:
    """Return what the function answers."""
    with anyio.fail_after(60):
        return await function.invoke(Trigger.PRE_SIGN_UP, event)


async def words(function: NodeFunction, **event: Json) -> str:
    """Return in which words the function fails."""
    with pytest.raises(FunctionRaisedError) as caught:
        await answer(function, **event)
    return caught.value.detail
