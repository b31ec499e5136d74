"""A region that is served on a port of this machine, on the virtual clock, and whoever sends it bytes."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs
import h11

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import FakeCognito
from authsteps.adapters.fake.server import Exchange, Limits, Listener, cognito_app, listen, serving
from tests.adapters.fake.world import load_signing_keys
from tests.conftest import SeededEntropy, VirtualClock

__all__ = ["PREFIX", "Answer", "Served", "serve"]

PREFIX = "AWSCognitoIdentityProviderService"


@attrs.frozen
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def members(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and text."""
        return self.status, self.members["__type"], self.members["message"]


@attrs.frozen
class Served:
    """The region, and how to reach it."""

    cognito: FakeCognito
    listener: Listener
    exchanges: list[Exchange]

    async def send(self, data: bytes) -> Answer:
        """Send these bytes on a connection of their own, and read one answer."""
        reading = h11.Connection(h11.CLIENT)
        reading.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
        reading.send(h11.EndOfMessage())
        answer, body = None, b""
        with anyio.fail_after(20):
            async with await anyio.connect_tcp(*self.listener.address) as stream:
                await stream.send(data)
                while True:
                    match reading.next_event():
                        case h11.NEED_DATA:
                            try:
                                reading.receive_data(await stream.receive())
                            except anyio.EndOfStream:
                                reading.receive_data(b"")
                        case h11.Response() as head:
                            answer = head
                        case h11.Data() as piece:
                            body += bytes(piece.data)
                        case _:
                            break
        assert answer is not None
        headers = {bytes(name).decode(): bytes(value).decode("latin-1") for name, value in answer.headers}
        return Answer(answer.status_code, headers, body)

    async def request(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send a request as HTTP writes it."""
        fields = {"Host": "localhost", "Content-Length": str(len(body)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return await self.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)

    async def post(self, operation: str, body: bytes, **headers: str) -> Answer:
        """Send an operation with a body as it is."""
        return await self.request("POST", "/", {"X-Amz-Target": f"{PREFIX}.{operation}", **headers}, body)

    async def call(self, operation: str, members: Mapping[str, Json], **headers: str) -> Answer:
        """Send an operation."""
        return await self.post(operation, json.dumps(members).encode(), **headers)


@asynccontextmanager
async def serve(limits: Limits | None = None, *, requires_signatures: bool = False) -> AsyncGenerator[Served, None]:
    """Serve an empty region."""
    listener = await listen()
    exchanges: list[Exchange] = []
    clock, entropy = VirtualClock(), SeededEntropy()
    cognito = FakeCognito(clock=clock, entropy=entropy, signing_keys=load_signing_keys())
    app = cognito_app(
        cognito,
        limits=limits,
        requires_signatures=requires_signatures,
        watch=exchanges.append,
        clock=clock,
        entropy=entropy,
    )
    async with serving(app, listener):
        yield Served(cognito, listener, exchanges)
