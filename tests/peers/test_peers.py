"""Every try on every server comes out as the table in the README says; the fake passes all of them."""

import os
from collections.abc import AsyncGenerator

import pytest

from tests.peers.ground import Peer
from tests.peers.judging import README, label, met, recorded, table, tried
from tests.peers.servers import SERVERS, Server, running
from tests.peers.tries import TRIES, Try


@pytest.fixture(scope="module", params=SERVERS, ids=[server.name for server in SERVERS])
async def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, no_aws_settings: pytest.MonkeyPatch
) -> AsyncGenerator[Peer, None]:
    """A server that runs, for all tries."""
    server: Server = request.param
    if not server.is_installed:
        if os.environ.get("AUTHSTEPS_CLIENTS") == "required":
            pytest.fail(f"{server.name} is missing: {server.remedy}")
        pytest.skip(f"{server.name} is not here: {server.remedy}")
    with running(server, tmp_path_factory.mktemp("server")) as process:
        async with met(process) as peer:
            yield peer


@pytest.mark.parametrize("program", TRIES, ids=[program.__name__ for program in TRIES])
async def test_a_try_comes_out_as_the_table_says(peer: Peer, program: Try) -> None:
    name = peer.running.server.name
    expected = recorded()[name][label(program)]

    found = str(await tried(peer, program))

    assert found == expected, (
        f"{name} {found!r} where the table in {README.name} says {expected!r} ({label(program)}): "
        "if that is right, write it down with python -m tests.peers"
    )


def test_the_table_is_about_these_servers_and_tries_and_the_fake_passes_all_of_them() -> None:
    outcomes = recorded()

    assert table(outcomes) in README.read_text()
    assert set(outcomes) == {server.name for server in SERVERS}
    assert outcomes["fake"] == {label(program): "works" for program in TRIES}
