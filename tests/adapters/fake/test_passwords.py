"""A pool's password policy: the first broken rule is told, in a fixed order, and the password itself never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.passwords import SYMBOLS, PasswordPolicy
from authsteps.engine.messages import Secret

NO_DEMANDS = PasswordPolicy(
    minimum_length=6,
    require_uppercase=False,
    require_lowercase=False,
    require_numbers=False,
    require_symbols=False,
)

PATTERN_REPORT = (
    "Value at 'password' failed to satisfy constraint: "
    r"Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$"
)
LENGTH_REPORT = "Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 256"


def refused(policy: PasswordPolicy, password: str) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        policy.check(Secret(password))
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    "password", ["Passw0rd!", "aA1-aaaa", "correct Horse 1", "Pä55w örD", "Passw0rd!\u00a0", "A" * 253 + "a1!"]
)
def test_a_password_that_keeps_every_rule_is_taken(password: str) -> None:
    PasswordPolicy().check(Secret(password))


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "Password not long enough"),
        ("Aa1!", "Password not long enough"),
        ("Passw0!", "Password not long enough"),
        ("passw0rd!", "Password must have uppercase characters"),
        ("PASSW0RD!", "Password must have lowercase characters"),
        ("Password!", "Password must have numeric characters"),
        ("Passw0rds", "Password must have symbol characters"),
        ("--------", "Password must have uppercase characters"),
        ("A-------", "Password must have lowercase characters"),
        ("Aa------", "Password must have numeric characters"),
        ("Aa111111", "Password must have symbol characters"),
    ],
)
def test_only_the_first_broken_rule_is_told(password: str, reason: str) -> None:
    assert refused(PasswordPolicy(), password) == (
        "InvalidPasswordException",
        f"Password did not conform with policy: {reason}",
    )


@pytest.mark.parametrize(
    ("password", "missing"),
    [("äÖpassw0rd!", "uppercase"), ("ÄöPASSW0RD!", "lowercase"), ("Password!٣", "numeric"), ("Passw0rd§", "symbol")],
)
def test_letters_numbers_and_symbols_beyond_the_documented_ones_do_not_count(password: str, missing: str) -> None:
    assert f"must have {missing} characters" in refused(PasswordPolicy(), password)[1]


def test_the_documented_symbols_are_thirty_three_and_the_space() -> None:
    assert len(SYMBOLS) == 33
    assert " " in SYMBOLS


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_each_documented_symbol_counts(symbol: str) -> None:
    PasswordPolicy().check(Secret(f"Passw0{symbol}rd"))


@pytest.mark.parametrize(
    ("password", "policy"),
    [
        ("passw0rd!", PasswordPolicy(require_uppercase=False)),
        ("PASSW0RD!", PasswordPolicy(require_lowercase=False)),
        ("Password!", PasswordPolicy(require_numbers=False)),
        ("Passw0rds", PasswordPolicy(require_symbols=False)),
        ("Passw0!", PasswordPolicy(minimum_length=7)),
    ],
)
def test_a_rule_that_is_off_is_not_applied(password: str, policy: PasswordPolicy) -> None:
    policy.check(Secret(password))


@pytest.mark.parametrize("password", [" Passw0rd!", "Passw0rd! ", "\tPassw0rd!", "Passw0rd!\n", "Pass\nw0rd!", " "])
def test_spaces_at_the_ends_and_line_breaks_are_no_matter_of_policy_but_of_shape(password: str) -> None:
    assert refused(PasswordPolicy(), password) == (
        "InvalidParameterException",
        f"1 validation error detected: {PATTERN_REPORT}",
    )


def test_more_than_256_characters_are_refused_and_256_are_not() -> None:
    NO_DEMANDS.check(Secret("a" * 256))

    assert refused(NO_DEMANDS, "a" * 257) == (
        "InvalidParameterException",
        f"1 validation error detected: {LENGTH_REPORT}",
    )


def test_all_broken_constraints_are_told_at_once() -> None:
    assert refused(NO_DEMANDS, " " * 257)[1] == f"2 validation errors detected: {LENGTH_REPORT}; {PATTERN_REPORT}"


def test_the_report_names_the_member_that_the_password_came_in() -> None:
    with pytest.raises(ServiceError, match="at 'proposedPassword'"):
        NO_DEMANDS.check(Secret(" secret"), "proposedPassword")


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=6, max_size=64))
def test_a_policy_without_demands_takes_whatever_was_typed(password: str) -> None:
    NO_DEMANDS.check(Secret(password))


@pytest.mark.parametrize("password", ["canary", " canary-canary", "canary" * 50])
def test_a_refusal_never_quotes_the_password(password: str) -> None:
    assert "canary" not in " ".join(refused(PasswordPolicy(), password))


@pytest.mark.parametrize("length", [5, 100])
def test_a_minimum_beyond_what_the_service_allows_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="minimum_length"):
        PasswordPolicy(minimum_length=length)


@pytest.mark.parametrize("size", [-1, 25])
def test_a_history_is_of_24_passwords_at_most(size: int) -> None:
    with pytest.raises(ValueError, match="history_size"):
        PasswordPolicy(history_size=size)
