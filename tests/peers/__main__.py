"""Try everything on every server, and write down what comes of it in the README beside this file.

python -m tests.peers
"""

import tempfile
from pathlib import Path

import anyio

from tests.peers.judging import label, met, tried, written
from tests.peers.servers import SERVERS, Server, running
from tests.peers.tries import TRIES

__all__: list[str] = []


async def outcomes_of(server: Server) -> dict[str, str]:
    """Return what comes of every try."""
    with tempfile.TemporaryDirectory() as folder, running(server, Path(folder)) as process:
        async with met(process) as peer:
            return {label(program): str(await tried(peer, program)) for program in TRIES}


async def main() -> None:
    written({server.name: await outcomes_of(server) for server in SERVERS})


if __name__ == "__main__":
    anyio.run(main)
