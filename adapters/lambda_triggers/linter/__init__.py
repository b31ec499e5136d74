"""A linter for the functions of a custom sign-in: whoever wrote Define, Create and Verify, and in whatever language.

It plays the service. Define is asked with every list of right and wrong answers that it leads to, up to a bound, and
what it answers is held against a few rules. Answers are not computed: an entry of the list says right or wrong, as the
service would. So nothing but Define has to run, and Create and Verify are called only where that is wanted.
"""

from .check import BOUND, check_triggers
from .discovery import FoundFunctions, NothingFoundError, Place, find_functions
from .report import Finding, Report, counted, ending_of, in_words
from .rules import (
    ANSWERS_DIFFER,
    BOTH_OR_NEITHER,
    ENDLESS_CHALLENGES,
    LEAKED_PARAMETER,
    MADE_UP_ANSWER_ACCEPTED,
    NO_USABLE_ANSWER,
    RULES,
    SUCCESS_UNREACHABLE,
    TOKENS_AFTER_FAILED_PASSWORD,
    TOKENS_WITHOUT_CHALLENGE,
    UNKNOWN_CHALLENGE,
    Rule,
)
from .user import USER_ATTRIBUTES
from .walk import Session, Visit, answers_in

__all__ = [
    "ANSWERS_DIFFER",
    "BOTH_OR_NEITHER",
    "BOUND",
    "ENDLESS_CHALLENGES",
    "LEAKED_PARAMETER",
    "MADE_UP_ANSWER_ACCEPTED",
    "NO_USABLE_ANSWER",
    "RULES",
    "SUCCESS_UNREACHABLE",
    "TOKENS_AFTER_FAILED_PASSWORD",
    "TOKENS_WITHOUT_CHALLENGE",
    "UNKNOWN_CHALLENGE",
    "USER_ATTRIBUTES",
    "Finding",
    "FoundFunctions",
    "NothingFoundError",
    "Place",
    "Report",
    "Rule",
    "Session",
    "Visit",
    "answers_in",
    "check_triggers",
    "counted",
    "ending_of",
    "find_functions",
    "in_words",
]
