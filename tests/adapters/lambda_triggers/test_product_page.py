"""The Define function of the product page, in JavaScript, does what its page says whatever stands in ``session``.

Source: Amplify documentation, 'Custom auth flows': password offered, proved, one challenge, tokens; else failure.
"""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Final

from authsteps.adapters.lambda_triggers import (
    DEFINE_AUTH_CHALLENGE,
    ChallengeResult,
    DefineAuthChallengeAnswer,
    DefineAuthChallengeRequest,
    NodeFunction,
    Trigger,
    Triggers,
    TriggerSource,
)
from authsteps.adapters.lambda_triggers.linter.user import USER_ATTRIBUTES, event

DEFINE: Final = Path(__file__).parent / "corpus" / "good" / "javascript" / "password-then-custom" / "define.js"

ENTRIES: Final = [
    ChallengeResult(name, passed)
    for name in ("SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE")
    for passed in (True, False)
]
OFFERED, PROVED, ANSWERED = (entry for entry in ENTRIES if entry.challenge_result)

EXPECTED: Final[Mapping[tuple[ChallengeResult, ...], DefineAuthChallengeAnswer]] = {
    (OFFERED,): DefineAuthChallengeAnswer(challenge_name="PASSWORD_VERIFIER"),
    (OFFERED, PROVED): DefineAuthChallengeAnswer(challenge_name="CUSTOM_CHALLENGE"),
    (OFFERED, PROVED, ANSWERED): DefineAuthChallengeAnswer(issue_tokens=True),
}


async def test_it_answers_every_list_of_up_to_four_entries_as_the_page_says() -> None:
    async with NodeFunction(DEFINE) as function:
        triggers = Triggers({Trigger.DEFINE_AUTH_CHALLENGE: function})
        lists = [entries for length in range(5) for entries in product(ENTRIES, repeat=length)]
        assert len(lists) == 1 + 6 + 36 + 216 + 1296
        for entries in lists:
            request = DefineAuthChallengeRequest(user_attributes=USER_ATTRIBUTES, session=entries)
            asked = event(DEFINE_AUTH_CHALLENGE, TriggerSource.DEFINE_AUTH_CHALLENGE, request)
            answer = await triggers.ask(asked)
            said = EXPECTED.get(entries, DefineAuthChallengeAnswer(fail_authentication=True))
            assert (answer.challenge_name, bool(answer.issue_tokens), bool(answer.fail_authentication)) == (
                said.challenge_name,
                bool(said.issue_tokens),
                bool(said.fail_authentication),
            ), entries
