"""``authsteps account`` looks after somebody's account: as a menu, and as one subcommand at a time."""

import json
import re
from typing import Any

import pytest

from tests.adapters.fake.authenticator import Browser
from tests.adapters.terminal.typist import CTRL_C, Line, Session, app_code, at_keyboard, code, on_screen

PASSWORD = "Passw0rd!"
NEW_PASSWORD = "N3w-password"


def menu(monkeypatch: pytest.MonkeyPatch, *lines: Line, scenario: str = "password") -> Session:
    """Sign alice in with her password, and type these lines in the menu."""
    return at_keyboard(monkeypatch, f"account --username alice --fake {scenario}", PASSWORD, *lines)


def subcommand(monkeypatch: pytest.MonkeyPatch, command: str, *lines: Line, scenario: str = "password") -> Session:
    """Sign alice in with her password, and do one thing."""
    return at_keyboard(monkeypatch, f"account --username alice --fake {scenario} {command}", PASSWORD, *lines)


def printed(session: Session) -> list[dict[str, Any]]:
    """What was printed for a program: on stdout there is nothing else."""
    assert session.result.exit_code == 0, session.screen
    return [json.loads(line) for line in session.result.stdout.splitlines()]


# The menu ------------------------------------------------------------------------------------------------------------


def test_the_menu_is_shown_again_when_nothing_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    session = menu(monkeypatch, "", "nonsense", "leave")
    assert session.result.exit_code == 0
    assert "That is not in the menu" in session.screen
    assert session.screen.count("passkeys delete") == 3


def test_the_menu_goes_on_after_a_refusal_a_change_of_mind_and_a_start_over(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("devices current", "attributes delete", "email", "n", "attributes set", "!restart", "who", "leave")
    session = menu(monkeypatch, *lines)
    assert session.result.exit_code == 0
    assert "the pool does not track this device" in session.screen
    assert "Nothing was changed" in session.screen
    assert "Back in the menu" in session.screen
    assert "user id" in session.screen


def test_ctrl_c_leaves_the_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert menu(monkeypatch, "password", CTRL_C).result.exit_code == 130


def test_the_menu_ends_with_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for lines in (("sign-out",), ("sign-out everywhere", "y"), ("delete", "alice")):
        session = menu(monkeypatch, *lines)
        assert session.result.exit_code == 0
        assert session.typed == 1 + len(lines)


def test_a_device_and_a_passkey_are_chosen_from_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (code, "devices forget", "1", "y", "devices list", "devices forget", "leave")
    session = menu(monkeypatch, *lines, scenario="device")
    assert session.screen.count("The pool tracks no device of yours") == 2
    chosen = ("PASSWORD", PASSWORD, "passkeys delete", "1", "y", "passkeys delete", "devices forget", "leave")
    session = at_keyboard(monkeypatch, "account --username alice --fake passwordless", *chosen)
    assert "You have no passkey" in session.screen
    assert session.result.exit_code == 0


def test_a_second_factor_is_switched_on_in_the_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    session = menu(monkeypatch, "mfa set", "SMS", "enabled", "mfa show", "leave", scenario="sms")
    assert session.result.exit_code == 1  # the code of the sign-in was not typed
    session = menu(monkeypatch, "mfa set", "SMS", "enabled", "mfa show", "leave")
    assert re.search(r"sms +yes +yes", session.screen)


def test_attributes_are_named_in_the_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "attributes set",
        "name",
        "Alice",
        "attributes resend",
        "",
        "",
        "attributes confirm",
        "email",
        code,
        "leave",
    )
    session = menu(monkeypatch, *lines)
    assert "name is set" in session.screen
    assert "Give it later with: authsteps account attributes confirm email" in session.screen
    assert "email is confirmed" in session.screen


# Data ----------------------------------------------------------------------------------------------------------------


def test_who_is_signed_in_is_told_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    (who,) = printed(subcommand(monkeypatch, "who --json"))
    assert who["username"] == "alice"
    assert who["access_until"] == "2026-01-05T04:04:09+00:00"
    assert who["device"] is None
    assert "eyJ" not in json.dumps(who)


def test_attributes_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = printed(subcommand(monkeypatch, "attributes list --json"))
    assert {"name": "email", "value": "alice@example.com"} in rows
    assert "alice@example.com" in subcommand(monkeypatch, "attributes list").screen


def test_second_factors_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(subcommand(monkeypatch, "mfa show --json", code, scenario="sms")) == [
        {"factor": "sms", "enabled": True, "preferred": True},
        {"factor": "totp", "enabled": False, "preferred": False},
        {"factor": "email", "enabled": False, "preferred": False},
    ]


def test_devices_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = printed(subcommand(monkeypatch, "devices list --json", code, scenario="device"))
    (current,) = printed(subcommand(monkeypatch, "devices current --json", code, scenario="device"))
    assert row["this_one"] is True
    assert row["last_used"] == current["created"] == "2026-01-05T03:04:09+00:00"
    assert "attributes" in current
    assert "device_status" in subcommand(monkeypatch, "devices current", code, scenario="device").screen


def test_passkeys_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = printed(
        at_keyboard(monkeypatch, "account --username alice --fake passwordless passkeys list --json", "SMS_OTP", code)
    )
    assert row["site"] == "example.com"
    assert row["transports"] == ["hybrid"]
    assert "You have no passkey" in subcommand(monkeypatch, "passkeys list").screen


# Changes -------------------------------------------------------------------------------------------------------------


def test_attributes_are_set_and_their_codes_asked_for_until_one_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    session = subcommand(monkeypatch, "attributes set name=Alice email=new@example.com", "000000", "!again", code)
    assert session.result.exit_code == 0
    assert "name is set" in session.screen
    assert "A code was sent to n***@e***" in session.screen
    assert "email is confirmed" in session.screen


def test_the_code_of_an_attribute_can_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    session = subcommand(monkeypatch, "attributes resend email", code)
    assert session.result.exit_code == 0
    assert "email is confirmed" in session.screen


def test_a_code_that_nobody_sent_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    session = subcommand(monkeypatch, "attributes confirm email", "123456", "!again", code)
    assert session.result.exit_code == 0


def test_attributes_are_deleted_by_whoever_is_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert subcommand(monkeypatch, "attributes delete email", "n").result.exit_code == 1
    session = subcommand(monkeypatch, "attributes delete email --yes")
    assert session.result.exit_code == 0
    assert "Deleted" in session.screen


def test_second_factors_are_switched_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert subcommand(monkeypatch, "mfa set --sms preferred").result.exit_code == 0
    assert subcommand(monkeypatch, "mfa set --sms disabled", code, scenario="sms").result.exit_code == 0
    session = subcommand(monkeypatch, "mfa set")
    assert session.result.exit_code == 1
    assert "say what to change" in session.result.stderr


def test_an_authenticator_app_is_set_up_and_asked_for_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    session = subcommand(monkeypatch, "totp --name phone", "000000", app_code, "")
    assert session.result.exit_code == 0
    assert "▄" in session.screen
    assert "It will be asked for" in session.screen
    assert "mfa set --totp preferred" in subcommand(monkeypatch, "totp", app_code, "n").screen


def test_a_device_is_remembered_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "remembers this device" in subcommand(monkeypatch, "devices remember", code, scenario="device").screen
    assert "Forgotten" in subcommand(monkeypatch, "devices forget", code, "y", scenario="device").screen
    session = subcommand(monkeypatch, "devices forget eu-west-1_no-such-device --yes", code, scenario="device")
    assert session.result.exit_code == 1


def test_a_passkey_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()

    def options(screen: str) -> dict[str, Any]:
        return dict(json.loads(on_screen(r"(?s)ptionsFromJSON:\n(\{.*?\n\})\n")(screen)))

    def made(screen: str) -> str:
        return json.dumps(browser.create(options(screen)))

    lines = ("SMS_OTP", code, "passkeys add", made, "passkeys list", "leave")
    session = at_keyboard(monkeypatch, "account --username alice --fake passwordless", *lines)
    assert session.result.exit_code == 0
    assert "The passkey is registered" in session.screen


def test_a_passkey_is_registered_and_deleted_by_subcommands(monkeypatch: pytest.MonkeyPatch) -> None:
    passwordless = "account --username alice --fake passwordless"
    added = at_keyboard(monkeypatch, f"{passwordless} passkeys add", "SMS_OTP", code, "nonsense", '{"id": "abc"}')
    assert added.result.exit_code == 1
    assert "That is no JSON object" in added.screen
    deleted = at_keyboard(monkeypatch, f"{passwordless} passkeys delete no-such-passkey --yes", "SMS_OTP", code)
    assert deleted.result.exit_code == 1
    assert deleted.result.stderr.count("\n") == 1


def test_the_password_is_changed_and_a_weak_one_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (PASSWORD, "weak", "weak", PASSWORD, NEW_PASSWORD, NEW_PASSWORD)
    session = subcommand(monkeypatch, "password", *lines)
    assert session.result.exit_code == 0
    assert "The password is changed" in session.screen
    assert all(prompt.endswith("(hidden)") for prompt in session.prompts)


def test_a_wrong_present_password_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    session = subcommand(monkeypatch, "password", "wrong", NEW_PASSWORD, NEW_PASSWORD)
    assert session.result.exit_code == 1
    assert session.result.stderr.count("\n") == 1


def test_a_subcommand_can_be_started_over(monkeypatch: pytest.MonkeyPatch) -> None:
    session = subcommand(monkeypatch, "password", "!restart", PASSWORD, NEW_PASSWORD, NEW_PASSWORD)
    assert "Starting over" in session.screen
    assert session.result.exit_code == 0


def test_sessions_are_ended_here_and_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Signed out." in subcommand(monkeypatch, "sign-out").screen
    assert "Signed out everywhere." in subcommand(monkeypatch, "sign-out --everywhere", "y").screen
    assert subcommand(monkeypatch, "sign-out --everywhere", "n").result.exit_code == 1


def test_a_user_is_deleted_when_the_username_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = subcommand(monkeypatch, "delete", "yes")
    assert refused.result.exit_code == 1
    assert "nothing was changed" in refused.screen
    session = subcommand(monkeypatch, "delete", "alice")
    assert session.result.exit_code == 0
    assert "The user is deleted" in session.screen
