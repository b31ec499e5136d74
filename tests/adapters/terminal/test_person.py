"""What the fake pool does not ask for, and what it does not refuse: here replies were prepared."""

import pytest
import typer
from rich.console import Console

from authsteps.adapters.cognito import CognitoBackend, CognitoConfig, NoReplyError, ScriptedTransport, ServiceError
from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.terminal.prompts import Leave, Prompts
from authsteps.adapters.terminal.sign_in import Beginning, Person
from authsteps.engine import AuthStepsError
from authsteps.flows import AuthClient, AuthFlow
from tests.adapters.terminal.typist import Line, Typing

PASSWORD = "Passw0rd!"
HIDDEN = "Password (hidden)"
THE_END: Reply = {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": {}}
"""No reply to an answer: it ends the sign-in."""
SMS: Reply = {"ChallengeName": "SMS_MFA", "Session": "s", "ChallengeParameters": {}}


class Attempt:
    """Alice signs in against prepared replies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *replies: Reply) -> None:
        self.transport = ScriptedTransport(*replies)
        self.console = Console(record=True, width=200, force_terminal=False)
        self.residents: frozenset[str] | None = None
        self._monkeypatch = monkeypatch

    async def typing(self, *lines: Line) -> list[str]:
        """Sign in until the replies or the lines end, and return what was asked."""
        typing = Typing(*lines)
        self._monkeypatch.setattr(typer, "prompt", typing.prompt)
        auth = AuthClient(CognitoBackend(self.transport, CognitoConfig("eu-west-1_abc", "client")))
        person = Person(auth, Prompts(self.console), residents=self.residents)
        with pytest.raises((AuthStepsError, Leave)):
            await person.sign_in("alice", Beginning(AuthFlow.USER_PASSWORD_AUTH))
        assert typing.waiting == []
        return typing.prompts

    @property
    def screen(self) -> str:
        """All that was shown."""
        return self.console.export_text(clear=False)


async def test_a_challenge_without_a_step_of_its_own_is_answered_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters: dict[str, Json] = {"hint": "a colour", "\x1b[2J": "\x1b[2J"}
    asked: Reply = {"ChallengeName": "COLOUR", "Session": "s", "ChallengeParameters": parameters}
    attempt = Attempt(monkeypatch, asked, THE_END)
    prompts = await attempt.typing(PASSWORD, "ANSWER", "blue", "")
    assert prompts[2] == "ANSWER (it is not shown) (hidden)"
    assert "The pool asks for COLOUR" in attempt.screen
    assert "a colour" in attempt.screen
    assert "\x1b" not in attempt.screen
    responses = attempt.transport.calls[1].request["ChallengeResponses"]
    assert responses == {"USERNAME": "alice", "ANSWER": "blue"}


async def test_where_a_code_went_may_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await Attempt(monkeypatch, SMS).typing(PASSWORD) == [HIDDEN, "Code that was sent to you"]


async def test_where_the_pool_does_not_say_which_first_factors_there_are_all_are_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = Attempt(monkeypatch, {"ChallengeName": "SELECT_CHALLENGE", "Session": "s", "ChallengeParameters": {}})
    await attempt.typing(PASSWORD)
    assert "5  WEB_AUTHN" in attempt.screen


@pytest.mark.parametrize("code", ["ExpiredCodeException", "TooManyFailedAttemptsException"])
async def test_after_a_code_that_is_worth_nothing_any_more_a_new_sign_in_is_advised(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    attempt = Attempt(monkeypatch, SMS, ServiceError(code, "no more", 400), SMS)
    await attempt.typing(PASSWORD, "123456", "!restart", "alice", PASSWORD)
    assert "type !restart" in attempt.screen


async def test_an_answer_that_may_be_lost_can_be_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(monkeypatch, SMS, NoReplyError("no answer", sent=True), THE_END)
    prompts = await attempt.typing(PASSWORD, "123456", "123456")
    assert prompts == [HIDDEN, *["Code that was sent to you"] * 2]
    assert "may have arrived" in attempt.screen


async def test_a_trigger_that_refuses_for_good_offers_to_start_over(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(monkeypatch, SMS, ServiceError("NotAuthorizedException", "Invalid session", 400), SMS)
    prompts = await attempt.typing(PASSWORD, "123456", "y", "alice", PASSWORD)
    assert prompts[2].startswith("This sign-in is over")


async def test_a_name_that_nobody_has_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(monkeypatch, ServiceError("UserNotFoundException", "User does not exist.", 400), SMS)
    prompts = await attempt.typing(PASSWORD, "alice", PASSWORD)
    assert prompts[1] == "Username"
    assert "User does not exist" in attempt.screen


NEW = ("New-passw0rd", "New-passw0rd", "alice@example.com")
MADE: Reply = {"UserConfirmed": False, "UserSub": "sub"}
SESSION: Reply = {"Session": "sign-up session"}


def newcomer(monkeypatch: pytest.MonkeyPatch, *replies: Reply) -> Attempt:
    """Alice, who has no account yet."""
    attempt = Attempt(monkeypatch, *replies)
    attempt.residents = frozenset()
    return attempt


async def test_an_account_that_needs_no_code_is_signed_in_to_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = newcomer(monkeypatch, {"UserConfirmed": True, "UserSub": "sub"}, SMS)
    prompts = await attempt.typing(*NEW, PASSWORD)
    assert prompts[-2:] == [HIDDEN, "Code that was sent to you"]


async def test_where_the_pool_does_not_sign_a_newcomer_in_the_password_does(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = ServiceError("NotAuthorizedException", "Session expired", 400)
    attempt = newcomer(monkeypatch, MADE, SESSION, refused, SMS)
    await attempt.typing(*NEW, "123456", PASSWORD)
    assert "Session expired" in attempt.screen


async def test_a_code_that_has_expired_is_sent_again_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: Reply = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
    too_often = ServiceError("LimitExceededException", "Attempt limit exceeded", 400)
    expired = ServiceError("ExpiredCodeException", "Code expired", 400)
    attempt = newcomer(monkeypatch, MADE, expired, sent, too_often, NoReplyError("no network", sent=False), THE_END)
    prompts = await attempt.typing(*NEW, "123456", "!again", "!again", " ", "123456")
    assert prompts[-1] == "Code to confirm the account"
    assert "A code was sent to a***@e***" in attempt.screen
    assert "Attempt limit exceeded" in attempt.screen
    assert "code is empty" in attempt.screen


async def test_an_account_that_was_made_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = newcomer(monkeypatch, MADE, SMS)
    prompts = await attempt.typing(*NEW, "!restart", "alice", PASSWORD)
    assert prompts[-1] == "Code that was sent to you"
