"""``authsteps sign-in`` signs somebody in who sits at the keyboard. Here a typist sits there."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import typer
from pyotp.totp import TOTP
from rich.console import Console
from typer.testing import CliRunner, Result

from authsteps.adapters.cognito import CognitoBackend, CognitoConfig, ScriptedTransport
from authsteps.adapters.fake import FakeUserPool, MfaFactor, PasswordPolicy, Settings
from authsteps.adapters.terminal import app
from authsteps.adapters.terminal.sign_in import Person, qr_code
from authsteps.engine import Secret
from authsteps.flows import AuthClient, AuthFlow, BackendContractError, NotAuthorizedError, steps
from tests.conftest import SeededEntropy, VirtualClock


def sign_in(*options: str, typed: str) -> Result:
    """Run the command, and type these lines."""
    return CliRunner().invoke(app, ["sign-in", *options], input=typed)


def test_on_the_fake_pool_alice_signs_in() -> None:
    result = sign_in(typed="alice\nPassw0rd!\nn\n")
    assert result.exit_code == 0
    assert "signed in as alice" in result.stdout


def test_a_wrong_password_is_asked_for_again() -> None:
    result = sign_in("--username", "alice", typed="wrong\nPassw0rd!\nn\n")
    assert result.exit_code == 0
    assert "Incorrect username or password" in result.stdout


def test_after_three_wrong_passwords_it_gives_up_with_exit_status_1() -> None:
    result = sign_in("--username", "alice", typed="wrong\nwrong\nwrong\n")
    assert result.exit_code == 1
    assert result.stdout.count("Incorrect username or password") == 3


def test_somebody_new_signs_up_first_and_reads_the_code_on_the_screen() -> None:
    result = sign_in("--username", "bob", typed="Bobs-pass-1\nBobs-pass-1\nbob@example.com\n000000\n")
    assert "[EMAIL to bob@example.com] Your code is" in result.stdout
    assert "Invalid verification code" in result.stdout


def test_a_pool_id_without_a_client_id_is_refused() -> None:
    result = sign_in("--user-pool-id", "eu-west-1_abc", typed="")
    assert result.exit_code == 2
    assert "go together" in result.output


def test_a_malformed_pool_id_is_refused_with_the_form_that_it_has() -> None:
    result = sign_in("--user-pool-id", "nonsense", "--client-id", "abc", "--username", "alice", typed="x\n")
    assert result.exit_code == 1
    assert "user_pool_id is none" in result.stdout


class Typist:
    """Types prepared lines at the prompts, in order; a callable is asked for its line when it is due."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lines: object) -> None:
        self.prompts: list[str] = []
        self._lines = list(lines)
        monkeypatch.setattr(typer, "prompt", self._prompt)

    def _prompt(self, text: str, **options: object) -> str:
        self.prompts.append(f"{text} (hidden)" if options.get("hide_input") else text)
        line = self._lines.pop(0)
        return str(line()) if callable(line) else str(line)

    @property
    def is_done(self) -> bool:
        """Whether everything was typed."""
        return not self._lines


def latest_code(pool: FakeUserPool) -> Callable[[], str]:
    """Return what alice reads off her phone or out of her mail when she is asked for it."""

    def read() -> str:
        return pool.outbox.latest("alice").code.reveal()

    return read


def agree(*_: object, **__: object) -> bool:
    """Say yes."""
    return True


@pytest.fixture
def console() -> Console:
    """A console that is not shown."""
    return Console(record=True, width=120, file=None, quiet=True)


async def test_wrong_sms_codes_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, console: Console, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy)
    pool.add_user("alice", "Passw0rd!", attributes={"phone_number": "+15551234567"})
    pool.user("alice").mfa_factors = {MfaFactor.SMS_MFA}
    typist = Typist(monkeypatch, "Passw0rd!", "", "nonsense", latest_code(pool))
    async with AuthClient(pool.backend(), clock=clock) as auth:
        done = await Person(auth, console, pool).sign_in("alice", AuthFlow.USER_SRP_AUTH)
    assert isinstance(done, steps.Done)
    assert typist.is_done
    assert typist.prompts == ["Password (hidden)", *["Code that was sent to +*******4567"] * 3]


async def test_a_temporary_password_is_replaced_and_a_weak_one_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, console: Console, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy, settings=Settings(required_attributes=("name",)))
    pool.add_user("alice", "Temp0rary!", temporary=True)
    typist = Typist(monkeypatch, "Temp0rary!", "weak", "Alice", "Str0nger-one", "Alice")
    async with AuthClient(pool.backend(), clock=clock) as auth:
        await Person(auth, console, pool).sign_in("alice", AuthFlow.USER_SRP_AUTH)
    assert typist.is_done
    assert pool.user("alice").attributes["name"] == "Alice"


async def test_a_forgotten_password_is_reset_on_the_way(
    monkeypatch: pytest.MonkeyPatch, console: Console, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = FakeUserPool(
        clock=clock, entropy=entropy, settings=Settings(password_policy=PasswordPolicy(require_symbols=False))
    )
    pool.add_user("alice", "Passw0rd1", attributes={"email": "alice@example.com", "email_verified": "true"})
    pool.require_password_reset("alice")
    typist = Typist(monkeypatch, "Passw0rd1", latest_code(pool), "N3wpassword", "N3wpassword")
    async with AuthClient(pool.backend(), clock=clock) as auth:
        done = await Person(auth, console, pool).sign_in("alice", AuthFlow.USER_SRP_AUTH)
    assert done.user.username == "alice"
    assert typist.is_done


async def test_an_account_that_is_not_confirmed_is_confirmed_on_the_way(
    monkeypatch: pytest.MonkeyPatch, console: Console, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy)
    async with AuthClient(pool.backend(), clock=clock) as auth:
        await auth.sign_up("alice", "Passw0rd!", attributes={"email": "alice@example.com"})
        typist = Typist(monkeypatch, "Passw0rd!", "123", latest_code(pool), "Passw0rd!")
        await Person(auth, console, pool).sign_in("alice", AuthFlow.USER_SRP_AUTH)
    assert typist.is_done


async def test_a_challenge_without_a_step_of_its_own_is_answered_by_name(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    transport = ScriptedTransport(
        {"ChallengeName": "CUSTOM_CHALLENGE", "Session": "s", "ChallengeParameters": {"hint": "a colour"}},
        {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": {}},
    )
    typist = Typist(monkeypatch, "Passw0rd!", "ANSWER", "blue", "")
    auth = AuthClient(CognitoBackend(transport, CognitoConfig("eu-west-1_abc", "client")))
    with pytest.raises(BackendContractError, match="PASSWORD_VERIFIER"):
        await Person(auth, console, None).sign_in("alice", AuthFlow.USER_PASSWORD_AUTH)
    assert typist.is_done
    responses = transport.calls[1].request["ChallengeResponses"]
    assert responses == {"USERNAME": "alice", "ANSWER": "blue"}


async def test_an_authenticator_app_is_set_up_with_a_picture(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, entropy: SeededEntropy, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy)
    pool.add_user("alice", "Passw0rd!")

    def code() -> str:
        pending = pool.user("alice").pending_software_token
        assert pending is not None
        return TOTP(pending.secret.reveal()).at(clock.now())

    typist = Typist(monkeypatch, "Passw0rd!", "000000", code)
    monkeypatch.setattr(typer, "confirm", agree)
    async with AuthClient(pool.backend(), clock=clock) as auth:
        person = Person(auth, Console(width=120), pool)
        await person.sign_in("alice", AuthFlow.USER_SRP_AUTH)
        assert await person.offer_totp()
    assert typist.is_done
    assert "▄" in capsys.readouterr().out
    assert pool.user("alice").preferred_factor is MfaFactor.SOFTWARE_TOKEN_MFA


async def test_a_session_that_died_ends_the_sign_in(
    monkeypatch: pytest.MonkeyPatch, console: Console, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy)
    pool.add_user("alice", "Passw0rd!", attributes={"phone_number": "+15551234567"})
    pool.user("alice").mfa_factors = {MfaFactor.SMS_MFA}

    def too_late() -> str:
        clock.move(timedelta(minutes=4))
        return pool.outbox.latest("alice").code.reveal()

    Typist(monkeypatch, "Passw0rd!", too_late)
    async with AuthClient(pool.backend(), clock=clock) as auth:
        with pytest.raises(NotAuthorizedError, match="expired"):
            await Person(auth, console, pool).sign_in("alice", AuthFlow.USER_SRP_AUTH)


def test_the_qr_code_is_as_large_as_its_text_demands() -> None:
    drawn = qr_code(Secret("otpauth://totp/authsteps:alice?secret=ABC&issuer=authsteps"))
    assert len(drawn.splitlines()) >= 15  # half blocks: two modules a character
