"""A custom-auth flow is declared once; what comes next follows from what is behind the user, and from nothing else."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.engine import (
    DeclarationError,
    Edge,
    Event,
    EventNotAllowedError,
    Flow,
    Secret,
    SnapshotCodec,
    on,
    passes,
)
from authsteps.flows import (
    AnsweredChallenge,
    AnswerRequest,
    Challenge,
    ChallengeRequest,
    CreatedChallenge,
    CustomAuthContext,
    CustomAuthFlow,
    DemandChallenge,
    DemandPasswordProof,
    FailAuthentication,
    IssueTokens,
    LeakedParameterError,
)
from authsteps.flows.custom_auth_graph import (
    ChallengeFailed,
    ChallengePassed,
    NothingOffered,
    Outstanding,
    PasswordOffered,
    PasswordProofFailed,
    ServiceChallengePassed,
    shortcuts,
    user_exists,
)

SRP_A = AnsweredChallenge("SRP_A", passed=True)
PROVED = AnsweredChallenge("PASSWORD_VERIFIER", passed=True)
RIGHT = AnsweredChallenge("CUSTOM_CHALLENGE", passed=True)
WRONG = AnsweredChallenge("CUSTOM_CHALLENGE", passed=False)
TOTP = AnsweredChallenge("SOFTWARE_TOKEN_MFA", passed=True)
OF_THE_SERVICE = (
    "SMS_MFA",
    "EMAIL_OTP",
    "SOFTWARE_TOKEN_MFA",
    "SELECT_MFA_TYPE",
    "MFA_SETUP",
    "DEVICE_SRP_AUTH",
    "DEVICE_PASSWORD_VERIFIER",
    "NEW_PASSWORD_REQUIRED",
)
NAMES = ("SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE", *OF_THE_SERVICE, "ADMIN_NO_SRP_AUTH", "CUSTOM_CHALLANGE", "")


def create(request: ChallengeRequest) -> CreatedChallenge:
    return CreatedChallenge()


def verify(request: AnswerRequest) -> bool:
    return True


def challenge(name: str, tries: int = 1) -> Challenge:
    return Challenge(name, create, verify, tries=tries)


def flow(*tries: int, password_first: bool = False, give_up_after: int | None = None) -> CustomAuthFlow:
    """A flow with challenges C1, C2 ... that have so many tries each."""
    challenges = [challenge(f"C{number}", each) for number, each in enumerate(tries, start=1)]
    return CustomAuthFlow("sample", challenges, password_first=password_first, give_up_after=give_up_after)


def expected(declared: CustomAuthFlow, entries: Sequence[AnsweredChallenge], *, user_not_found: bool) -> Outstanding:
    """What Define has to answer, told without a graph."""
    failed, rest = FailAuthentication(), list(entries)
    offered = bool(rest) and rest[0].name == "SRP_A"
    if offered and not rest.pop(0).passed:
        return failed
    if declared.password_first:
        if not offered:
            return failed
        if not rest:
            return DemandPasswordProof()
        if rest.pop(0) != PROVED:
            return failed
    passed, wrong = 0, [0] * len(declared.challenges)
    for entry in rest:
        if passed == len(declared.challenges) or entry.name not in {"CUSTOM_CHALLENGE", *OF_THE_SERVICE}:
            return failed
        if entry.name != "CUSTOM_CHALLENGE":
            if not entry.passed:
                return failed
        elif entry.passed:
            passed += 1
        else:
            wrong[passed] += 1
            if wrong[passed] == declared.challenges[passed].tries or sum(wrong) == declared.give_up_after:
                return failed
    if passed == len(declared.challenges):
        return failed if user_not_found else IssueTokens()
    outstanding = declared.challenges[passed]
    left = outstanding.tries - wrong[passed]
    if declared.give_up_after is not None:
        left = min(left, declared.give_up_after - sum(wrong))
    return DemandChallenge(outstanding.name, wrong[passed] + 1, left)


entries = st.builds(
    AnsweredChallenge,
    st.sampled_from(["CUSTOM_CHALLENGE"] * 12 + ["SOFTWARE_TOKEN_MFA"] * 3 + list(NAMES)),
    st.booleans() | st.just(value=True),
)
sessions = st.tuples(
    st.sampled_from([[], [SRP_A], [SRP_A, PROVED]]), st.lists(entries, max_size=9), st.lists(st.just(RIGHT), max_size=3)
).map(lambda parts: [entry for part in parts for entry in part])


@st.composite
def flows(draw: st.DrawFn) -> CustomAuthFlow:
    tries = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    return flow(*tries, password_first=draw(st.booleans()), give_up_after=draw(st.none() | st.integers(1, 5)))


class TestWhatComesNext:
    @pytest.mark.parametrize(
        ("declared", "behind", "next_one"),
        [
            pytest.param(flow(3), [], DemandChallenge("C1", 1, 3), id="the first challenge"),
            pytest.param(flow(3), [SRP_A], DemandChallenge("C1", 1, 3), id="an offer that is not taken up"),
            pytest.param(flow(3), [WRONG, WRONG], DemandChallenge("C1", 3, 1), id="the last try"),
            pytest.param(flow(3), [WRONG] * 3, FailAuthentication(), id="no try is left"),
            pytest.param(flow(3), [WRONG, WRONG, RIGHT], IssueTokens(), id="right at the last try"),
            pytest.param(flow(1), [WRONG, RIGHT], FailAuthentication(), id="right, but after the end"),
            pytest.param(flow(1), [RIGHT, RIGHT], FailAuthentication(), id="more than was asked"),
            pytest.param(flow(2, 2), [WRONG, RIGHT], DemandChallenge("C2", 1, 2), id="each has its own tries"),
            pytest.param(
                flow(2, 2, give_up_after=2), [WRONG, RIGHT], DemandChallenge("C2", 1, 1), id="but not for ever"
            ),
            pytest.param(flow(2, 2, give_up_after=2), [WRONG, RIGHT, WRONG], FailAuthentication(), id="given up"),
            pytest.param(flow(1), [PROVED, RIGHT], FailAuthentication(), id="a password that nobody asked for"),
            pytest.param(flow(1), [TOTP, RIGHT], IssueTokens(), id="a factor of the service's own passes by"),
        ],
    )
    def test_without_a_password(
        self, declared: CustomAuthFlow, behind: list[AnsweredChallenge], next_one: Outstanding
    ) -> None:
        assert declared.define(behind) == next_one

    @pytest.mark.parametrize(
        ("behind", "next_one"),
        [
            pytest.param([], FailAuthentication(), id="the password is not even offered"),
            pytest.param([attrs.evolve(SRP_A, passed=False)], FailAuthentication(), id="the offer failed"),
            pytest.param([SRP_A], DemandPasswordProof(), id="the password is wanted"),
            pytest.param([SRP_A, RIGHT], FailAuthentication(), id="a right answer in place of the password"),
            pytest.param([SRP_A, TOTP], FailAuthentication(), id="a second factor in place of the password"),
            pytest.param([SRP_A, attrs.evolve(PROVED, passed=False)], FailAuthentication(), id="a wrong password"),
            pytest.param(
                [SRP_A, attrs.evolve(PROVED, passed=False), PROVED], FailAuthentication(), id="wrong is wrong for good"
            ),
            pytest.param([SRP_A, PROVED], DemandChallenge("C1", 1, 2), id="then the challenge"),
            pytest.param([SRP_A, PROVED, TOTP], DemandChallenge("C1", 1, 2), id="a second factor passes by"),
            pytest.param(
                [SRP_A, PROVED, attrs.evolve(TOTP, passed=False)], FailAuthentication(), id="unless it was failed"
            ),
            pytest.param([SRP_A, PROVED, TOTP, WRONG, RIGHT], IssueTokens(), id="tokens"),
            pytest.param([SRP_A, PROVED, RIGHT, TOTP], FailAuthentication(), id="whatever comes after the end"),
        ],
    )
    def test_after_the_password(self, behind: list[AnsweredChallenge], next_one: Outstanding) -> None:
        assert flow(2, password_first=True).define(behind) == next_one

    def test_nobody_gets_in_who_does_not_exist_though_asked_like_everybody_else(self) -> None:
        declared = flow(2, 1)
        asked: list[list[AnsweredChallenge]] = [[], [WRONG], [WRONG, RIGHT]]
        for behind in asked:
            assert declared.define(behind, user_not_found=True) == declared.define(behind)
        assert declared.define([RIGHT, RIGHT]) == IssueTokens()
        assert declared.define([RIGHT, RIGHT], user_not_found=True) == FailAuthentication()

    @given(declared=flows(), behind=sessions, user_not_found=st.booleans())
    def test_whatever_is_declared_and_listed_it_is_what_a_plain_reading_says(
        self, declared: CustomAuthFlow, behind: list[AnsweredChallenge], *, user_not_found: bool
    ) -> None:
        answer = declared.define(behind, user_not_found=user_not_found)
        assert answer == expected(declared, behind, user_not_found=user_not_found)
        match answer:
            case IssueTokens():
                assert not user_not_found
                assert sum(entry == RIGHT for entry in behind) == len(declared.challenges)
                assert behind[:2] == [SRP_A, PROVED] or not declared.password_first
            case DemandChallenge(challenge=name, try_number=number, tries_left=left):
                (demanded,) = (each for each in declared.challenges if each.name == name)
                assert 1 <= number <= demanded.tries
                assert 1 <= left <= demanded.tries - number + 1
            case _:
                pass

    @pytest.mark.parametrize(
        "declared", [flow(2, 1), flow(2, 1, password_first=True), flow(1, 2, give_up_after=2)], ids=repr
    )
    def test_every_short_list_leads_where_a_plain_reading_says_and_some_to_each_end(
        self, declared: CustomAuthFlow
    ) -> None:
        alphabet = [SRP_A, PROVED, attrs.evolve(PROVED, passed=False), RIGHT, WRONG, TOTP]
        seen: set[type[object]] = set()
        for length in range(6):
            for behind in itertools.product(alphabet, repeat=length):
                answer = declared.define(behind)
                assert answer == expected(declared, behind, user_not_found=False), behind
                seen.add(type(answer))
        assert seen >= {IssueTokens, FailAuthentication, DemandChallenge}

    @pytest.mark.parametrize("name", OF_THE_SERVICE)
    def test_each_challenge_of_the_services_own_passes_by(self, name: str) -> None:
        behind = [SRP_A, PROVED, AnsweredChallenge(name, passed=True)]
        assert flow(1, password_first=True).define(behind) == DemandChallenge("C1", 1, 1)

    def test_nothing_is_kept_between_two_questions(self) -> None:
        declared = flow(2)
        assert declared.define([RIGHT]) == IssueTokens()
        assert declared.define(iter([WRONG])) == DemandChallenge("C1", 2, 1)
        assert declared.define([]) == DemandChallenge("C1", 1, 2)


class TestADeclaration:
    def test_names_all_that_is_wrong_with_it(self) -> None:
        with pytest.raises(DeclarationError) as raised:
            CustomAuthFlow(
                "e-mail",
                [
                    challenge("CODE", 0),
                    challenge("code"),
                    challenge("two words"),
                    Challenge("Q", create, verify, code="old"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what an untyped program may do
                    Challenge("R", "create", None),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the same
                ],
                give_up_after=0,
            )
        assert raised.value.problems == (
            "the name 'e-mail' is not made of letters, digits and underscores",
            "CODE has 0 tries; it needs one at least",
            "the challenge name 'two words' is not made of letters, digits and underscores",
            "Q has the code 'old'; it is 'new' or 'keep'",
            "R has a create that cannot be called",
            "R has a verify that cannot be called",
            "challenges share a name, or differ in its case alone: CODE, code",
            "it gives up after 0 wrong answers; the least is 1",
        )

    def test_needs_a_challenge(self) -> None:
        with pytest.raises(DeclarationError, match="it has no challenge"):
            CustomAuthFlow("empty", [])

    def test_finds_its_challenges_by_name(self) -> None:
        declared = flow(1, 1)
        assert declared.challenge("C2") is declared.challenges[1]
        assert declared.challenge("C3") is None

    def test_shows_its_name_and_what_it_asks(self) -> None:
        assert repr(flow(1, 1)) == "CustomAuthFlow('sample', ['C1', 'C2'])"


class TestItsGraph:
    @given(flows())
    def test_is_proved_as_it_is_declared(self, declared: CustomAuthFlow) -> None:
        declared.prove()

    def test_has_one_state_for_each_challenge_and_none_for_a_try(self) -> None:
        graph = flow(3, 1, password_first=True).graph
        assert [state.name for state in type(graph.initial)] == [
            "READY",
            "PROVING_PASSWORD",
            "AWAITING_C1",
            "AWAITING_C2",
            "ALLOWED",
            "FAILED",
        ]

    def test_lets_nobody_who_does_not_exist_reach_the_tokens(self) -> None:
        graph = flow(1).graph
        allowed = next(state for state in graph.nodes if state.name == "ALLOWED")
        with pytest.raises(ValueError, match="ALLOWED cannot be reached"):
            passes(graph, allowed, graph.initial, {user_exists: False})

    @given(flows(), sessions)
    def test_stands_in_a_snapshot_that_can_be_written_and_read(
        self, declared: CustomAuthFlow, behind: list[AnsweredChallenge]
    ) -> None:
        graph = declared.graph
        codec = SnapshotCodec(graph.name, graph.version, type(graph.initial), CustomAuthContext)
        snapshot = graph.advance(graph.start(), PasswordOffered()).snapshot
        for event in (ChallengeFailed(), ServiceChallengePassed(), ChallengePassed())[: len(behind)]:
            try:
                snapshot = graph.advance(snapshot, event).snapshot
            except EventNotAllowedError:
                break
        assert codec.decode(codec.encode(snapshot)) == snapshot


def mended(
    graph: Flow[Enum, CustomAuthContext], event: type[Event], source: str, target: str
) -> Flow[Enum, CustomAuthContext]:
    """The graph with what one event does in one state replaced: there it leads to ``target`` now."""
    states = type(graph.initial)
    kept = [edge for edge in graph.edges if (edge.event, edge.sources[0].name) != (event, source)]
    row: Edge[Enum, CustomAuthContext] = on(event, states[source], states[target])
    return Flow(
        graph.name,
        version=1,
        context=CustomAuthContext,
        initial=graph.initial,
        nodes=list(graph.nodes.values()),
        edges=[*kept, row],
    )


class TestAShortcut:
    @pytest.mark.parametrize(
        ("event", "source", "target", "found"),
        [
            (NothingOffered, "READY", "AWAITING_C1", ["AWAITING_C1 can be reached around PROVING_PASSWORD"]),
            (
                PasswordProofFailed,
                "PROVING_PASSWORD",
                "AWAITING_C1",
                ["PasswordProofFailed leads from PROVING_PASSWORD to AWAITING_C1"],
            ),
            (
                ServiceChallengePassed,
                "AWAITING_C1",
                "AWAITING_C2",
                ["ServiceChallengePassed leads from AWAITING_C1 to AWAITING_C2"],
            ),
            (ChallengeFailed, "AWAITING_C2", "ALLOWED", ["ChallengeFailed leads from AWAITING_C2 to ALLOWED"]),
            (
                ServiceChallengePassed,
                "AWAITING_C1",
                "ALLOWED",
                [
                    "ServiceChallengePassed leads from AWAITING_C1 to ALLOWED",
                    "ALLOWED can be reached around AWAITING_C2",
                ],
            ),
            (
                NothingOffered,
                "READY",
                "AWAITING_C2",
                ["AWAITING_C2 can be reached around AWAITING_C1"],
            ),
        ],
        ids=str,
    )
    def test_is_found(self, event: type[Event], source: str, target: str, found: Iterable[str]) -> None:
        graph = flow(2, 2, password_first=True).graph
        assert list(shortcuts(graph)) == []
        assert list(shortcuts(mended(graph, event, source, target))) == found

    def test_is_said_by_the_proof_with_the_flows_name(self) -> None:
        declared = flow(2, 2)
        declared.graph = mended(declared.graph, ChallengeFailed, "AWAITING_C2", "ALLOWED")
        with pytest.raises(DeclarationError, match="'sample' is malformed") as raised:
            declared.prove()
        assert raised.value.problems == ("ChallengeFailed leads from AWAITING_C2 to ALLOWED",)


class TestACreatedChallenge:
    @pytest.mark.parametrize(
        ("public", "private", "leaks"),
        [
            ({"hint": "it is 4711"}, {"code": "4711"}, [("hint", "code")]),
            ({"url": "https://example.com/?token=abc.def-g"}, {"token": "abc.def-g"}, [("url", "token")]),
            ({"a": "blue sky", "b": "blue"}, {"word": "blue"}, [("a", "word"), ("b", "word")]),
            ({"phone": "+15554711"}, {"code": "4711"}, []),
            ({"hint": "sky-high"}, {"word": "SKY-HIGH"}, []),
            ({"try": "1", "of": "two"}, {"number": "1", "word": "two"}, []),
            ({"hint": ""}, {"word": ""}, []),
        ],
        ids=str,
    )
    def test_does_not_show_what_is_private(
        self, public: dict[str, str], private: dict[str, str], leaks: list[tuple[str, str]]
    ) -> None:
        if not leaks:
            CreatedChallenge(public, private)
            return
        with pytest.raises(LeakedParameterError) as raised:
            CreatedChallenge(public, private)
        assert raised.value.leaks == tuple(leaks)
        assert not any(value in str(raised.value) for value in private.values())

    def test_keeps_private_values_secret(self) -> None:
        made = CreatedChallenge(private={"code": "471147", "word": Secret("magic")})
        assert made.private == {"code": Secret("471147"), "word": Secret("magic")}
        assert "471147" not in repr(made)

    @pytest.mark.parametrize("half", ["public", "private"])
    def test_holds_texts_and_nothing_else(self, half: str) -> None:
        with pytest.raises(TypeError, match="'try' must be a text and is of type int"):
            CreatedChallenge(**{half: {"try": 1}})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what an untyped program may do


def requests() -> Iterator[object]:
    told = {"username": "alice", "user_attributes": {"email": "alice@example.com"}, "client_metadata": {"k": "canary"}}
    yield ChallengeRequest(challenge="C", try_number=1, tries_left=1, **told)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # one mapping for both
    yield AnswerRequest(challenge="C", try_number=1, answer=Secret("canary"), private={"k": Secret("canary")}, **told)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the same


@pytest.mark.parametrize("request_", [*requests()], ids=lambda each: type(each).__name__)
def test_a_request_shows_neither_answers_nor_attributes(request_: object) -> None:
    assert "alice" in repr(request_)
    assert "canary" not in repr(request_)
    assert "example.com" not in repr(request_)
