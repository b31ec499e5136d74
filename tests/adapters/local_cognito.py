"""A small HTTP server on this machine that speaks Cognito's protocol, well or badly."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal

import anyio
import attrs

from authsteps.adapters.cognito.transport import Json

__all__ = ["Answer", "LocalPool", "Received", "error", "http", "local_pool", "reply"]


@attrs.frozen
class Received:
    """A request as it arrived."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        return self.headers["x-amz-target"].rpartition(".")[2]

    @property
    def members(self) -> dict[str, Json]:
        members: dict[str, Json] = json.loads(self.body)
        return members


@attrs.frozen
class Answer:
    """What goes back, and what happens to the connection then: keep it, hang up, reset it, say no more, or say
    next to nothing, again and again.
    """

    data: bytes = b""
    then: Literal["keep", "hang up", "reset", "be silent", "drip"] = "keep"


@attrs.define
class LocalPool:
    """A server on 127.0.0.1 that notes each request and gives the answer it was made with.

    ``connections`` are those that are open, ``most_connections`` how many were so at once, ``all_connections`` how many
    there have been.
    """

    answer: Answer | Callable[[Received], Awaitable[Answer]]
    url: str = ""
    received: list[Received] = attrs.field(factory=list[Received])
    connections: int = 0
    most_connections: int = 0
    all_connections: int = 0
    _all_closed: anyio.Event = attrs.field(factory=anyio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.connections:
            self._all_closed = anyio.Event()
        self.connections += 1
        self.all_connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        try:
            while (answer := await self._take_one(reader)).then == "keep":
                writer.write(answer.data)
            writer.write(answer.data)
            if answer.then == "be silent":
                await reader.read()  # until the client gives up
            elif answer.then == "drip":
                while not reader.at_eof():
                    writer.write(b" ")
                    await writer.drain()
                    await anyio.sleep(0.02)
            elif answer.then == "reset":
                linger_not = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()
            self.connections -= 1
            if not self.connections:
                self._all_closed.set()

    async def until_all_closed(self) -> None:
        with anyio.fail_after(5):
            await self._all_closed.wait()

    async def _take_one(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *fields = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
        received = Received(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
        self.received.append(received)
        return self.answer if isinstance(self.answer, Answer) else await self.answer(received)


@asynccontextmanager
async def local_pool(
    answer: Answer | Callable[[Received], Awaitable[Answer]], tls: ssl.SSLContext | None = None
) -> AsyncGenerator[LocalPool, None]:
    pool = LocalPool(answer)
    async with await asyncio.start_server(pool.serve, "127.0.0.1", 0, ssl=tls) as server:
        pool.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield pool


def http(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    fields = {"Content-Type": "application/x-amz-json-1.1", "Content-Length": str(len(body))} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return Answer(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def reply(members: Json) -> Answer:
    return http(json.dumps(members).encode(), x_amzn_RequestId="7d1b4f5c-0000-4000-8000-000000000000")


def error(code: str, message: str, status: str = "400 Bad Request") -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return http(body, status, x_amzn_ErrorType=f"{code}:", x_amzn_ErrorMessage=message)
