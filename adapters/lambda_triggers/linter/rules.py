"""What the linter holds the functions of a custom sign-in against."""

from typing import Final

import attrs

__all__ = [
    "ANSWERS_DIFFER",
    "BOTH_OR_NEITHER",
    "ENDLESS_CHALLENGES",
    "LEAKED_PARAMETER",
    "MADE_UP_ANSWER_ACCEPTED",
    "NO_USABLE_ANSWER",
    "RULES",
    "SUCCESS_UNREACHABLE",
    "TOKENS_AFTER_FAILED_PASSWORD",
    "TOKENS_WITHOUT_CHALLENGE",
    "UNKNOWN_CHALLENGE",
    "Rule",
]


@attrs.frozen
class Rule:
    """A rule of the linter.

    Attributes:
        id: Its name, in lower case with hyphens. It stays the same from release to release.
        fault: What is wrong where it is broken.
        remedy: What to do about it.
    """

    id: str
    fault: str
    remedy: str


TOKENS_AFTER_FAILED_PASSWORD: Final = Rule(
    "tokens-after-failed-password",
    "Define issues tokens though the password was wrong.",
    "Look at challengeResult of the PASSWORD_VERIFIER entry, and set failAuthentication unless it is true.",
)
TOKENS_WITHOUT_CHALLENGE: Final = Rule(
    "tokens-without-challenge",
    "Define issues tokens to somebody who has passed no challenge.",
    "Set issueTokens only where challengeResult of the challenge that counts is true. SRP_A is true in every attempt "
    "that begins with it and proves nothing, nor does a list that is merely long enough.",
)
ENDLESS_CHALLENGES: Final = Rule(
    "endless-challenges",
    "Define goes on asking: there is no end to the tries.",
    "Count the entries of session, and set failAuthentication when there are too many; the service counts none itself. "
    "If the flow is meant to be that long, give a greater --bound.",
)
UNKNOWN_CHALLENGE: Final = Rule(
    "unknown-challenge",
    "Define asks for a challenge that the service cannot put there.",
    "Answer CUSTOM_CHALLENGE for a challenge of your own, and PASSWORD_VERIFIER only where session begins with SRP_A. "
    "SRP_A is how a client begins, not a challenge.",
)
BOTH_OR_NEITHER: Final = Rule(
    "both-or-neither",
    "Define sets both issueTokens and failAuthentication, or neither and no challengeName either.",
    "Set exactly one of issueTokens, failAuthentication and challengeName in every case; close the last else with "
    "failAuthentication.",
)
NO_USABLE_ANSWER: Final = Rule(
    "no-usable-answer",
    "A function raises, dies, takes too long, or gives back what the service does not take.",
    "Give back the whole event with response filled in, whatever stands in the request. clientMetadata may be missing, "
    "answers can be any text, and challengeMetadata is null where Create notes nothing or was not called (see --call).",
)
ANSWERS_DIFFER: Final = Rule(
    "answers-differ",
    "Define answers differently when it is asked the same again, so nothing else was looked at.",
    "Go by session alone and keep nothing between calls: an instance of a function serves many people, and one "
    "person's calls may go to several instances.",
)
SUCCESS_UNREACHABLE: Final = Rule(
    "success-unreachable",
    "No sequence of answers ends in tokens.",
    "Set issueTokens where session ends with the right answer to the last challenge. Mind the length of session: it "
    "counts the entry of SRP_A, if there is one. If the flow is longer than that, give a greater --bound.",
)
LEAKED_PARAMETER: Final = Rule(
    "leaked-parameter",
    "Create shows the client what it keeps private.",
    "Take the value out of publicChallengeParameters: whoever signs in gets to see all of them.",
)
MADE_UP_ANSWER_ACCEPTED: Final = Rule(
    "made-up-answer-accepted",
    "Verify takes an answer that was made up.",
    "Set answerCorrect to whether challengeAnswer equals what Create put into privateChallengeParameters, and to false "
    "where that is missing.",
)

RULES: Final = (
    ANSWERS_DIFFER,
    TOKENS_AFTER_FAILED_PASSWORD,
    TOKENS_WITHOUT_CHALLENGE,
    ENDLESS_CHALLENGES,
    UNKNOWN_CHALLENGE,
    BOTH_OR_NEITHER,
    NO_USABLE_ANSWER,
    SUCCESS_UNREACHABLE,
    LEAKED_PARAMETER,
    MADE_UP_ANSWER_ACCEPTED,
)
"""Every rule, in the order in which findings are reported."""
