"""Small rooms of the command: the mailbox, passkey options, how signing out ended, how a command ends."""

import pytest
import typer
from pyotp.totp import TOTP
from rich.console import Console

from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.adapters.terminal.leaving import why_it_may_live_on
from authsteps.adapters.terminal.mailbox import Mailbox
from authsteps.adapters.terminal.passkeys import show_options
from authsteps.adapters.terminal.prompts import Prompts
from authsteps.adapters.terminal.qr import qr_code
from authsteps.adapters.terminal.visit import run
from authsteps.engine import Secret
from authsteps.flows import SignOutComplete, SignOutFailed, SignOutPartial
from tests.conftest import SeededEntropy, VirtualClock


@pytest.fixture
def pool(clock: VirtualClock, entropy: SeededEntropy) -> FakeUserPool:
    """A pool with alice in it, who has no authenticator app."""
    pool = FakeUserPool(clock=clock, entropy=entropy)
    pool.add_user("alice", "Passw0rd!")
    return pool


def test_an_app_shows_codes_that_were_not_taken_yet(
    pool: FakeUserPool, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    app = pool.user("alice").software_token = SoftwareToken.make(entropy)
    shown: list[str] = []
    while (code := Mailbox(pool, clock).app_code("alice")) is not None:
        app.verify(code, clock.now())
        shown.append(code.reveal())
    totp = TOTP(app.secret.reveal())
    present = totp.timecode(clock.now())
    assert shown == [totp.generate_otp(step) for step in (present, present + 1, present - 1)]


@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_whoever_has_no_app_is_shown_no_code(pool: FakeUserPool, clock: VirtualClock, username: str) -> None:
    console = Console(record=True)
    Prompts(console, Mailbox(pool, clock)).show_app_code(username)
    Prompts(console).show_app_code(username)
    assert console.export_text() == ""


@pytest.mark.parametrize("options", ['{"rpId": "example.com"}', "no JSON"])
def test_passkey_options_are_shown_whatever_they_are(options: str) -> None:
    console = Console(record=True, width=200)
    show_options(Prompts(console), options, "get")
    assert options.strip("{}") in console.export_text()


def test_the_qr_code_is_as_large_as_its_text_demands() -> None:
    drawn = qr_code(Secret("otpauth://totp/authsteps:alice?secret=ABC&issuer=authsteps"))
    assert len(drawn.splitlines()) >= 15  # half blocks: two modules a character


def test_it_is_said_why_a_session_may_live_on() -> None:
    assert why_it_may_live_on(SignOutComplete()) is None
    assert why_it_may_live_on(SignOutFailed(OSError("no room"))) == "Not signed out: no room"
    partial = why_it_may_live_on(SignOutPartial(revoke_token_error=OSError("no network")))
    assert partial is not None
    assert partial.endswith("no network")


def test_ctrl_c_between_two_prompts_ends_a_command_with_130() -> None:
    async def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        run(interrupted)
    assert ended.value.exit_code == 130
