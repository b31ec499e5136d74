"""Codes and the outbox: codes are unbiased, live and die on time, and can be read where tests look for them."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.errors import Cause
from authsteps.adapters.fake.outbox import (
    CODE_RULES,
    AttemptLimit,
    Code,
    Medium,
    Message,
    Outbox,
    Purpose,
    make_code,
    mask_email,
    mask_phone,
)
from authsteps.engine.messages import Secret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


class ScriptedEntropy:
    """Gives the draws that it was made with."""

    def __init__(self, draws: Iterable[int]) -> None:
        self._draws = iter(draws)

    def random_bytes(self, count: int) -> bytes:
        return next(self._draws).to_bytes(count)


class SeededEntropy:
    """Gives the same unpredictable-looking bytes in every run."""

    def __init__(self) -> None:
        self._drawn = 0

    def random_bytes(self, count: int) -> bytes:
        self._drawn += 1
        return sha256(str(self._drawn).encode()).digest()[:count]


def message(number: int, username: str = "alice", purpose: Purpose = Purpose.SIGN_UP) -> Message:
    return Message(
        id=str(number),
        username=username,
        medium=Medium.EMAIL,
        destination=f"{username}@example.com",
        code=Secret(f"{number:06}"),
        purpose=purpose,
        sent_at=NOW,
        body=Secret(f"The code is {number:06}"),
        subject=Secret(f"{number:06} is the code"),
    )


def outbox(*messages: Message) -> Outbox:
    box = Outbox()
    for each in messages:
        box.append(each)
    return box


class TestMakingCodes:
    @pytest.mark.parametrize(("draw", "code"), [(0, "000000"), (42, "000042"), (999_999, "999999"), (10**6, "000000")])
    def test_a_code_is_the_draw_in_so_many_digits(self, draw: int, code: str) -> None:
        assert make_code(ScriptedEntropy([draw]), 6) == Secret(code)

    def test_draws_past_the_last_whole_round_are_thrown_away(self) -> None:
        last_round_ends_at = 2**64 - 2**64 % 10**6

        assert make_code(ScriptedEntropy([last_round_ends_at, 2**64 - 1, 7]), 6) == Secret("000007")
        assert make_code(ScriptedEntropy([last_round_ends_at - 1]), 6) == Secret("999999")

    def test_every_digit_comes_about_as_often_in_every_place(self) -> None:
        entropy = SeededEntropy()
        codes = [make_code(entropy, 8).reveal() for _ in range(2000)]

        for place in range(8):
            counts = Counter(code[place] for code in codes)
            assert set(counts) == set("0123456789")
            assert all(140 < count < 260 for count in counts.values())

    @pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.INVITATION}))
    def test_there_is_a_rule_for_every_purpose_of_a_code(self, purpose: Purpose) -> None:
        assert len(make_code(SeededEntropy(), CODE_RULES[purpose].digits).reveal()) in {6, 8}


class TestCode:
    code = Code(Secret("123456"), Purpose.SIGN_UP, NOW, NOW + HOUR, "email", "alice@example.com")

    @pytest.mark.parametrize("wait", [timedelta(0), HOUR - MS])
    def test_the_right_code_is_taken_until_it_expires(self, wait: timedelta) -> None:
        self.code.check(Secret("123456"), NOW + wait)

    @pytest.mark.parametrize(
        "given", ["123457", "12345", "1234567", "", "\uff11\uff12\uff13\uff14\uff15\uff16", "\ud800"]
    )
    def test_any_other_code_is_refused_as_wrong(self, given: str) -> None:
        with pytest.raises(ServiceError) as caught:
            self.code.check(Secret(given), NOW)

        assert caught.value.code == "CodeMismatchException"

    @pytest.mark.parametrize("given", ["123456", "000000"])
    def test_from_its_expiry_on_right_and_wrong_codes_are_refused_alike(self, given: str) -> None:
        with pytest.raises(ServiceError) as caught:
            self.code.check(Secret(given), NOW + HOUR)

        assert caught.value.code == "ExpiredCodeException"

    def test_the_refusals_can_be_those_of_another_operation(self) -> None:
        causes = {"wrong": Cause.MFA_CODE_WRONG, "expired": Cause.SESSION_EXPIRED}

        with pytest.raises(ServiceError, match="Invalid code or auth state for the user"):
            self.code.check(Secret("000000"), NOW, **causes)
        with pytest.raises(ServiceError, match="session is expired"):
            self.code.check(Secret("123456"), NOW + HOUR, **causes)

    def test_a_code_does_not_show_itself(self) -> None:
        assert "123456" not in repr(self.code)


class TestAttemptLimit:
    def test_as_many_as_allowed_pass_and_the_next_is_refused(self) -> None:
        limit = AttemptLimit(allowed=5)
        for _ in range(5):
            limit.spend(NOW)

        with pytest.raises(ServiceError) as caught:
            limit.spend(NOW)

        assert (caught.value.code, caught.value.message) == (
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
        )

    def test_the_hour_slides_with_each_attempt(self) -> None:
        limit = AttemptLimit(allowed=2)
        limit.spend(NOW)
        limit.spend(NOW + HOUR / 2)

        with pytest.raises(ServiceError):
            limit.spend(NOW + HOUR - MS)
        limit.spend(NOW + HOUR)
        with pytest.raises(ServiceError):
            limit.spend(NOW + HOUR * 1.5 - MS)
        limit.spend(NOW + HOUR * 1.5)

    def test_refused_attempts_do_not_count(self) -> None:
        limit = AttemptLimit(allowed=1)
        limit.spend(NOW)
        for minute in range(60):
            with pytest.raises(ServiceError):
                limit.spend(NOW + timedelta(minutes=minute))

        limit.spend(NOW + HOUR)


class TestOutbox:
    def test_messages_come_in_the_order_in_which_they_were_sent(self) -> None:
        box = outbox(message(1), message(2, "bob"), message(3))

        assert [each.id for each in box] == ["1", "2", "3"]
        assert len(box) == 3

    def test_the_latest_is_the_last_one_to_that_user(self) -> None:
        box = outbox(message(1), message(2), message(3, "bob"))

        assert box.latest("alice").id == "2"

    def test_the_latest_for_a_purpose_passes_over_the_others(self) -> None:
        box = outbox(message(1), message(2, purpose=Purpose.SMS_MFA))

        assert box.latest("alice", Purpose.SIGN_UP).id == "1"

    def test_asking_for_what_was_never_sent_says_what_was(self) -> None:
        box = outbox(message(1), message(2, purpose=Purpose.SMS_MFA), message(3, "bob", Purpose.PASSWORD_RESET))

        with pytest.raises(LookupError) as caught:
            box.latest("alice", Purpose.PASSWORD_RESET)

        assert str(caught.value) == ("no password_reset message was sent to 'alice', who was sent: sign_up, sms_mfa")

    def test_asking_for_a_user_who_was_sent_nothing_says_so(self) -> None:
        with pytest.raises(LookupError, match="no message was sent to 'alice', who was sent: nothing"):
            outbox().latest("alice")

    def test_a_cleared_outbox_is_empty(self) -> None:
        box = outbox(message(1))

        box.clear()

        assert list(box) == []

    def test_messages_sent_while_somebody_iterates_do_not_disturb(self) -> None:
        box = outbox(message(1), message(2))

        for each in box:
            box.append(each)

        assert len(box) == 4

    def test_a_message_shows_where_it_went_but_not_its_code(self) -> None:
        shown = repr(message(123456))

        assert "alice@example.com" in shown
        assert "code=Secret(***)" in shown
        assert "123456" not in shown.replace("id='123456'", "")


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("floci@example.com", "f***@e***"),
        ("a@b", "a***@b***"),
        ("odd@name@example.com", "o***@n***"),
        ("not an address", "n***@***"),
    ],
)
def test_an_email_address_keeps_the_first_letter_of_each_side(address: str, masked: str) -> None:
    assert mask_email(address) == masked


def test_a_phone_number_keeps_its_last_four_digits_behind_seven_stars() -> None:
    assert mask_phone("+15555551234") == "+*******1234"
    assert mask_phone("+4930901820") == "+*******1820"
