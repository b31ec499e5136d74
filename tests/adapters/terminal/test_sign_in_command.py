"""``authsteps sign-in`` signs somebody in who sits at the keyboard, whatever the pool asks for on the way."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.fake.passkeys import registration_options, verify_registration
from authsteps.adapters.terminal import app
from authsteps.adapters.terminal.scenarios import Scenario
from tests.adapters.fake.authenticator import Browser
from tests.adapters.terminal.typist import CTRL_C, CTRL_D, Line, Session, app_code, at_keyboard, code, on_screen
from tests.conftest import VirtualClock

PASSWORD = "Passw0rd!"
NEW_PASSWORD = "N3w-password"


def sign_in(monkeypatch: pytest.MonkeyPatch, options: str, *lines: Line) -> Session:
    """Run the command, and type these lines."""
    return at_keyboard(monkeypatch, f"sign-in {options}", *lines)


def piped(options: str, typed: str) -> Result:
    """Run the command with its own prompts, and give it these lines."""
    return CliRunner().invoke(app, f"sign-in {options}", input=typed)


def test_on_the_fake_pool_alice_signs_in() -> None:
    result = piped("", "alice\nPassw0rd!\n")
    assert result.exit_code == 0
    assert "signed in as alice" in result.stdout


def test_a_password_is_not_shown() -> None:
    assert "Incorrect-horse-7" not in piped("--username alice", "Incorrect-horse-7\nPassw0rd!\n").output


def test_a_wrong_password_is_asked_for_again() -> None:
    result = piped("--username alice", "wrong\nPassw0rd!\n")
    assert result.exit_code == 0
    assert "Incorrect username or password" in result.stdout


def test_after_three_wrong_passwords_it_gives_up_with_exit_status_1() -> None:
    result = piped("--username alice", "wrong\nwrong\nwrong\n")
    assert result.exit_code == 1
    assert result.output.count("Incorrect username or password") == 3
    assert result.stderr.count("\n") == 1


def test_a_pool_id_without_a_client_id_is_refused() -> None:
    result = piped("--user-pool-id eu-west-1_abc", "")
    assert result.exit_code == 2
    assert "go together" in result.output


def test_a_scenario_and_a_real_pool_exclude_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHSTEPS_USER_POOL_ID", "eu-west-1_abc")
    result = piped("--fake sms --client-id abc", "")
    assert result.exit_code == 2
    assert "--fake has no place" in result.output


def test_a_malformed_pool_id_is_refused_with_the_form_that_it_has() -> None:
    result = piped("--user-pool-id nonsense --client-id abc --username alice", "x\n")
    assert result.exit_code == 1
    assert "user_pool_id is none" in result.stderr


def test_there_is_nothing_to_keep_of_a_fake_pool() -> None:
    result = piped("--keep", "")
    assert result.exit_code == 2
    assert "--keep needs a real pool" in result.output


@pytest.mark.parametrize("typed", ["signing in without an equals sign", "=value"])
def test_attributes_have_a_name_and_an_equals_sign(typed: str) -> None:
    result = CliRunner().invoke(app, ["sign-in", "--attribute", typed])
    assert result.exit_code == 2
    assert "NAME=VALUE" in result.output


# Every scenario, from the first question to the last ------------------------------------------------------------------

WALKS: dict[Scenario, tuple[Line, ...]] = {
    Scenario.PASSWORD: (PASSWORD,),
    Scenario.SMS: (PASSWORD, "000000", code),
    Scenario.TOTP: (PASSWORD, "000000", app_code),
    Scenario.EMAIL: (PASSWORD, code),
    Scenario.CHOOSE_MFA: (PASSWORD, "none of them", "2", app_code),
    Scenario.SET_UP_MFA: (PASSWORD, "TOTP", "000000", app_code),
    Scenario.DEVICE: (PASSWORD, code, PASSWORD),
    Scenario.PASSWORDLESS: ("email_otp", "000000", code),
    Scenario.NEW_PASSWORD: (PASSWORD, "weak", "weak", "Alice", *[NEW_PASSWORD] * 2, "Alice"),
    Scenario.RESET: (
        PASSWORD,
        "000000",
        "N3w-password",
        "N3w-password",
        code,
        "N3w-password",
        "N3w-password",
        "N3w-password",
    ),
    Scenario.UNCONFIRMED: (PASSWORD, "000000", code, PASSWORD),
    Scenario.CUSTOM: ("a cello", "Piano"),
}


@pytest.mark.parametrize("scenario", Scenario)
def test_every_scenario_ends_signed_in(monkeypatch: pytest.MonkeyPatch, scenario: Scenario) -> None:
    session = sign_in(monkeypatch, f"--username alice --fake {scenario.value}", *WALKS[scenario])
    assert session.result.exit_code == 0
    assert session.typed == len(WALKS[scenario])
    assert "signed in as alice" in session.screen


def test_where_a_code_was_sent_is_said_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--fake sms", "alice", PASSWORD, code)
    assert session.prompts == ["Username", "Password (hidden)", "Code that was sent to +*******4567"]


def test_a_factor_is_chosen_by_cognitos_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--fake choose-mfa --username alice", PASSWORD, "sms_mfa", code)
    assert session.result.exit_code == 0


def test_an_authenticator_app_is_set_up_with_a_picture_and_the_secret_once(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--fake set-up-mfa --username alice", PASSWORD, "1", "000000", app_code)
    assert "▄" in session.screen
    secret = on_screen(r"\n  ([A-Z2-7]{52})\n")(session.screen)
    assert session.screen.count(secret) == 1


def test_an_email_address_is_set_up_for_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (PASSWORD, "EMAIL", "nonsense", "alice@example.com", code)
    session = sign_in(monkeypatch, "--fake set-up-mfa --username alice", *lines)
    assert session.result.exit_code == 0
    assert "is no e-mail address" in session.screen
    assert session.prompts[-1] == "Code that was sent to a***@e***"


def test_a_remembered_device_needs_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--fake device --username alice", PASSWORD, code, PASSWORD)
    assert "The pool remembers this device" in session.screen
    assert [prompt for prompt in session.prompts if prompt.startswith("Code")] == ["Code that was sent to +*******4567"]


def test_a_custom_challenge_shows_what_the_pool_says_and_hides_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--fake custom --username alice", "a cello", "piano")
    assert "What has keys and opens no door?" in session.screen
    assert "triesLeft 2" in " ".join(session.screen.split())
    assert session.prompts == ["Answer (it is not shown) (hidden)"] * 2


def test_a_custom_challenge_that_failed_for_good_can_be_started_over(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("a", "b", "c", "y", "alice", "piano")
    session = sign_in(monkeypatch, "--fake custom --username alice", *lines)
    assert "This sign-in is over" in session.screen
    assert session.result.exit_code == 0


def test_a_password_is_asked_for_where_it_is_the_chosen_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--fake passwordless --username alice", "PASSWORD_SRP", PASSWORD)
    assert session.result.exit_code == 0
    assert session.prompts[-1] == "Password (hidden)"


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ("--prefer EMAIL_OTP", (code,)),
        ("--prefer sms_otp", (code,)),
        ("--prefer PASSWORD_SRP", (PASSWORD,)),
        ("--flow USER_AUTH", ("PASSWORD", PASSWORD)),
        ("--flow USER_PASSWORD_AUTH", (PASSWORD,)),
        ("--flow USER_SRP_AUTH", (PASSWORD,)),
        ("--flow custom_auth_without_srp", ("piano",)),
    ],
)
def test_how_it_begins_can_be_said(monkeypatch: pytest.MonkeyPatch, options: str, lines: tuple[Line, ...]) -> None:
    session = sign_in(monkeypatch, f"--fake passwordless --username alice {options}", *lines)
    assert session.result.exit_code == 0
    assert session.typed == len(lines)


def test_a_factor_cannot_be_preferred_in_another_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--username alice --flow CUSTOM_AUTH_WITHOUT_SRP --prefer SMS_OTP")
    assert session.result.exit_code == 1
    assert "USER_AUTH" in session.result.stderr


# Passkeys, which a terminal cannot answer for -------------------------------------------------------------------------


def test_for_a_passkey_the_options_are_shown_and_another_factor_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("WEB_AUTHN", "nonsense", "@/no/such/file", "SMS_OTP", code)
    session = sign_in(monkeypatch, "--fake passwordless --username alice", *lines)
    assert session.result.exit_code == 0
    assert '"rpId": "example.com"' in session.screen
    assert "That is no JSON object" in session.screen
    assert "The file cannot be read" in session.screen


def test_a_credential_that_proves_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("WEB_AUTHN", json.dumps({"id": "abc"}), "n")
    session = sign_in(monkeypatch, "--fake passwordless --username alice", *lines)
    assert session.result.exit_code == 1
    assert "signed in" not in session.screen


@pytest.mark.parametrize("is_in_a_file", [False, True])
def test_a_passkey_signs_in_by_what_an_authenticator_elsewhere_answered(
    monkeypatch: pytest.MonkeyPatch, pools: list[FakeUserPool], tmp_path: Path, *, is_in_a_file: bool
) -> None:
    browser = Browser()

    def choose_once_there_is_one(_: str) -> str:
        user, config = pools[0].user("alice"), pools[0].settings.web_authn
        assert config is not None
        made = browser.create(registration_options(config, user, b"challenge"))
        passkey = verify_registration(config, user, made, b"challenge", user.created)
        user.passkeys[passkey.credential_id] = passkey
        return "WEB_AUTHN"

    def prove(screen: str) -> str:
        proof = browser.get_json(on_screen(r"(?s)ptionsFromJSON:\n(\{.*?\n\})\n")(screen))
        if not is_in_a_file:
            return proof
        file = tmp_path / "credential.json"
        file.write_text(proof)
        return f"@{file}"

    session = sign_in(monkeypatch, "--fake passwordless --username alice", choose_once_there_is_one, prove)
    assert session.result.exit_code == 0
    assert "signed in as alice" in session.screen


# Somebody new --------------------------------------------------------------------------------------------------------


def test_somebody_new_signs_up_and_is_signed_in_without_another_question(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("Bobs-pass-1", "another", "Bobs-pass-1", "Bobs-pass-1", "bob@example.com", "000000", "!again", code)
    session = sign_in(monkeypatch, "--username bob", *lines)
    assert session.result.exit_code == 0
    assert "The two are not the same" in session.screen
    assert "Invalid verification code" in session.screen
    assert session.screen.count("[EMAIL to bob@example.com]") == 2
    assert "signed in as bob" in session.screen


def test_an_account_needs_no_password_where_codes_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--username bob --fake passwordless", "", "", "bob@example.com", code)
    assert session.result.exit_code == 0
    assert "signed in as bob" in session.screen


def test_what_the_pool_does_not_take_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("weak", "weak", "bob@example.com", "Bobs-pass-1", "Bobs-pass-1", "nonsense", CTRL_D)
    session = sign_in(monkeypatch, "--username bob", *lines)
    assert "Password did not conform with policy" in session.screen
    assert session.prompts[-1].startswith("New password")
    assert session.result.exit_code == 1


def test_an_account_can_be_asked_for_with_its_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    options = "--sign-up --username bob --attribute email=bob@example.com --attribute name=Bob"
    session = sign_in(monkeypatch, options, "Bobs-pass-1", "Bobs-pass-1", code)
    assert session.result.exit_code == 0
    assert "E-mail address" not in session.prompts


def test_a_name_that_is_taken_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "Alices-pass-1",
        "Alices-pass-1",
        "a@example.com",
        "bob",
        "Bobs-pass-1",
        "Bobs-pass-1",
        "b@example.com",
        code,
    )
    session = sign_in(monkeypatch, "--sign-up --username alice", *lines)
    assert "User already exists" in session.screen
    assert "signed in as bob" in session.screen


def test_where_a_second_factor_is_demanded_somebody_new_is_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("Bobs-pass-1", "Bobs-pass-1", "bob@example.com", code, code)
    session = sign_in(monkeypatch, "--username bob --fake set-up-mfa", *lines)
    assert session.prompts[-1].startswith("Code that was sent to")
    assert "signed in as bob" in session.screen


# Words ---------------------------------------------------------------------------------------------------------------


def test_starting_over_asks_for_the_name_again_and_sends_a_new_code(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(monkeypatch, "--username alice --fake sms", PASSWORD, "!restart", "alice", PASSWORD, code)
    assert session.result.exit_code == 0
    assert session.screen.count("Your code is") == 2


def test_a_code_of_a_sign_in_is_sent_again_by_starting_over(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (PASSWORD, "!again", "n", "!again", "", "alice", PASSWORD, code)
    session = sign_in(monkeypatch, "--username alice --fake sms", *lines)
    assert "a new sign-in sends a new one" in session.screen
    assert session.result.exit_code == 0


def test_a_code_to_reset_the_password_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: tuple[Line, ...] = (PASSWORD, "!again", code, *[NEW_PASSWORD] * 3)
    session = sign_in(monkeypatch, "--username alice --fake reset", *lines)
    assert session.screen.count("A code was sent to +*******4567") == 2
    assert session.result.exit_code == 0


@pytest.mark.parametrize(("line", "exit_code"), [("!quit", 1), (CTRL_D, 1), (CTRL_C, 130)])
@pytest.mark.parametrize("before", [(), (PASSWORD,)])
def test_leaving_ends_it_cleanly(
    monkeypatch: pytest.MonkeyPatch, line: Line, exit_code: int, before: tuple[Line, ...]
) -> None:
    lines = (*before, line)
    session = sign_in(monkeypatch, "--username alice --fake sms", *lines)
    assert session.result.exit_code == exit_code
    assert "Traceback" not in session.screen
    assert "signed in" not in session.screen


# Dead ends -----------------------------------------------------------------------------------------------------------


def test_a_session_that_died_is_offered_to_be_started_over(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock
) -> None:
    def too_late(screen: str) -> str:
        clock.move(timedelta(minutes=4))
        return code(screen)

    session = sign_in(monkeypatch, "--username alice --fake sms", PASSWORD, too_late, "y", "alice", PASSWORD, code)
    assert "This sign-in is over. Start over?" in session.screen
    assert session.result.exit_code == 0


def test_whoever_does_not_start_over_is_told_why_it_ended(monkeypatch: pytest.MonkeyPatch, clock: VirtualClock) -> None:
    def much_too_late(screen: str) -> str:
        clock.move(timedelta(minutes=16))
        return code(screen)

    session = sign_in(monkeypatch, "--username alice --fake sms", PASSWORD, much_too_late, "n")
    assert session.result.exit_code == 1
    assert session.result.stderr.count("\n") == 1
