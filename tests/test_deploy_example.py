"""The example of a deployment: what its template names is there, and signs people in as Lambda calls it."""

import importlib
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias, cast

import pytest
import yaml
from botocore.stub import Stubber

from authsteps.adapters.cognito import Json
from authsteps.adapters.fake import ExistenceErrors, ExplicitAuthFlow, FakeUserPool
from authsteps.adapters.lambda_triggers import PythonFunction, Trigger, Triggers
from authsteps.flows import AuthClient, AuthFlow, NotAuthorizedError, steps
from tests.adapters.fake.world import load_signing_keys
from tests.adapters.lambda_triggers.attempt import CREATE, CUSTOM, DEFINE, VERIFY, entry, event

FOLDER = Path(__file__).parents[1] / "examples" / "deploy"
PROJECT = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

Node: TypeAlias = Any


class Reader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as the long ones: ``!Ref Pool`` is ``{"Ref": "Pool"}``."""

    def short_form(self, name: str, node: yaml.Node) -> Node:
        value = self.construct_scalar(cast("yaml.ScalarNode", node))
        if name == "GetAtt":
            return {"Fn::GetAtt": value.split(".", 1)}
        return {name if name == "Ref" else f"Fn::{name}": value}


Reader.add_multi_constructor("!", Reader.short_form)  # pyright: ignore[reportUnknownMemberType]  # half typed


def read(text: str) -> Node:
    return yaml.load(text, Reader)  # noqa: S506  # a safe loader, with three forms more


TEMPLATE = read((FOLDER / "template.yaml").read_text("utf-8"))
RESOURCES: Mapping[str, Node] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, Node]:
    """The properties of the resources of a type."""
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
((POOL_NAME, POOL),) = of_type("AWS::Cognito::UserPool").items()
(CLIENT,) = of_type("AWS::Cognito::UserPoolClient").values()


def behind(trigger: str) -> str:
    """The name of the function that the pool asks there."""
    name, attribute = POOL["LambdaConfig"][trigger]["Fn::GetAtt"]
    assert attribute == "Arn"
    return cast("str", name)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module, loaded as Lambda loads it: from the folder that was deployed."""
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    yield importlib.import_module("handler")
    del sys.modules["handler"]


@pytest.fixture
def mailed(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was sent: nothing leaves the process."""
    sent: list[tuple[str, str]] = []

    def send_mail(address: str, code: str) -> None:
        sent.append((address, code))

    monkeypatch.setattr(handler, "send_mail", send_mail)
    return sent


def function(name: str) -> Any:
    """What Lambda runs for a function of the template."""
    module, _, attribute = FUNCTIONS[name]["Handler"].rpartition(".")
    return getattr(sys.modules[module], attribute)


def called(trigger: Trigger, **request: Any) -> Any:
    """What a function answers as Lambda calls it: JSON there, a context beside, JSON back, the event whole."""
    given = event(trigger, **request)
    context = SimpleNamespace(
        function_name=behind(trigger),
        function_version="$LATEST",
        invoked_function_arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{behind(trigger)}",
        memory_limit_in_mb="1024",
        aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        log_group_name=f"/aws/lambda/{behind(trigger)}",
        log_stream_name="2026/01/05/[$LATEST]d1c1e6a4",
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: 5000,
    )
    answer = json.loads(json.dumps(function(behind(trigger))(json.loads(json.dumps(given)), context)))
    assert {**answer, "response": None} == {**given, "response": None}
    return answer["response"]


class TestTheFunctions:
    @pytest.mark.usefixtures("handler")
    def test_define_asks_for_a_challenge_and_issues_tokens_after_a_right_answer(self) -> None:
        assert called(DEFINE, session=[])["challengeName"] == CUSTOM
        assert called(DEFINE, session=[entry(CUSTOM, passed=True)])["issueTokens"] is True
        assert called(DEFINE, session=[entry(CUSTOM, passed=False)] * 3)["failAuthentication"] is True

    def test_create_sends_a_code_that_verify_finds_right(self, mailed: list[tuple[str, str]]) -> None:
        created = called(CREATE, session=[], challengeName=CUSTOM)
        [(address, code)] = mailed
        assert address == "alice@example.com"
        assert code not in json.dumps(created["publicChallengeParameters"])
        private = created["privateChallengeParameters"]
        for answer, is_right in ((code, True), ("another", False)):
            verified = called(VERIFY, challengeAnswer=answer, privateChallengeParameters=private)
            assert verified == {"answerCorrect": is_right}

    @pytest.mark.parametrize(
        "known",
        [
            {"userAttributes": {}, "userNotFound": True},
            {"userAttributes": {"email": "alice@example.com", "email_verified": "false"}},
        ],
        ids=["a stranger", "an address that nobody has verified"],
    )
    def test_create_asks_alike_and_sends_nothing_to(self, mailed: list[tuple[str, str]], known: Any) -> None:
        shown = called(CREATE, session=[], challengeName=CUSTOM)["publicChallengeParameters"]
        del mailed[:]
        given = event(CREATE, session=[], challengeName=CUSTOM)
        given["request"] |= known
        assert function(behind(CREATE))(given, None)["response"]["publicChallengeParameters"] == shown
        assert mailed == []

    def test_mail_goes_out_through_ses(self, handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SENDER", "codes@example.com")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        expected = {
            "FromEmailAddress": "codes@example.com",
            "Destination": {"ToAddresses": ["alice@example.com"]},
            "Content": {
                "Simple": {"Subject": {"Data": "Your code"}, "Body": {"Text": {"Data": "Your code is 471147."}}}
            },
        }
        with Stubber(handler.mailer()) as stubbed:
            stubbed.add_response("send_email", {"MessageId": "1"}, expected)
            handler.send_mail("alice@example.com", "471147")
            stubbed.assert_no_pending_responses()


@pytest.fixture
def auth(mailed: list[tuple[str, str]]) -> AuthClient:
    """A client of a pool that is set up as the template says, with the template's functions behind its triggers."""
    functions = {Trigger(name): PythonFunction(function(behind(name))) for name in POOL["LambdaConfig"]}
    pool = FakeUserPool(triggers=Triggers(functions, tries=1), signing_keys=load_signing_keys(), has_client=False)
    pool.add_client(
        explicit_auth_flows=frozenset(map(ExplicitAuthFlow, CLIENT["ExplicitAuthFlows"])),
        prevent_user_existence_errors=ExistenceErrors(CLIENT["PreventUserExistenceErrors"]),
    )
    pool.add_user("alice", None, attributes={"email": "alice@example.com", "email_verified": "true"})
    return AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP)


class TestASignIn:
    async def test_takes_the_code_that_was_sent_at_the_third_try(
        self, auth: AuthClient, mailed: list[tuple[str, str]]
    ) -> None:
        await auth.sign_in("alice")
        await auth.confirm_sign_in("a guess")
        result = await auth.confirm_sign_in("another guess")
        assert isinstance(result.next_step, steps.ConfirmSignInWithCustomChallenge)
        assert result.next_step.parameters["triesLeft"] == "1"
        [(_, code)] = mailed
        assert (await auth.confirm_sign_in(code)).is_signed_in

    @pytest.mark.parametrize("username", ["alice", "nobody"])
    async def test_is_refused_after_three_guesses(self, auth: AuthClient, username: str) -> None:
        await auth.sign_in(username)
        await auth.confirm_sign_in("a guess")
        await auth.confirm_sign_in("another guess")
        with pytest.raises(NotAuthorizedError, match="Incorrect username or password"):
            await auth.confirm_sign_in("a third guess")


def references(node: Json) -> Iterator[str]:
    """What a part of the template refers to by name."""
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield name
        case Mapping():
            for each in node.values():
                yield from references(each)
        case [*elements]:
            for each in elements:
                yield from references(each)
        case _:
            pass


class TestTheTemplate:
    def test_names_handlers_that_are_there(self, handler: ModuleType) -> None:
        assert {name: function(name) for name in FUNCTIONS} == {
            "Define": handler.handlers.define,
            "Create": handler.handlers.create,
            "Verify": handler.handlers.verify,
        }

    def test_has_a_function_of_its_own_behind_each_trigger(self) -> None:
        assert {trigger: behind(trigger) for trigger in POOL["LambdaConfig"]} == {
            "DefineAuthChallenge": "Define",
            "CreateAuthChallenge": "Create",
            "VerifyAuthChallengeResponse": "Verify",
        }

    @pytest.mark.parametrize("trigger", POOL["LambdaConfig"])
    def test_lets_this_pool_and_no_other_call_each_of_them(self, trigger: str) -> None:
        assert [
            each
            for each in of_type("AWS::Lambda::Permission").values()
            if each["FunctionName"] == {"Ref": behind(trigger)}
        ] == [
            {
                "FunctionName": {"Ref": behind(trigger)},
                "Action": "lambda:InvokeFunction",
                "Principal": "cognito-idp.amazonaws.com",
                "SourceArn": {"Fn::GetAtt": [POOL_NAME, "Arn"]},
            }
        ]

    def test_lets_create_alone_send_mail(self) -> None:
        assert [name for name, properties in FUNCTIONS.items() if "Policies" in properties] == ["Create"]
        assert FUNCTIONS["Create"]["Environment"] == {"Variables": {"SENDER": {"Ref": "Sender"}}}

    def test_refers_to_nothing_that_it_does_not_hold(self) -> None:
        known = {*RESOURCES, *TEMPLATE["Parameters"]}
        referred = set(references(TEMPLATE))
        assert referred >= {*FUNCTIONS, "Sender", POOL_NAME}
        assert referred <= known

    def test_runs_where_authsteps_does_and_gives_up_no_later_than_the_pool(self) -> None:
        shared = TEMPLATE["Globals"]["Function"]
        version = tuple(map(int, shared["Runtime"].removeprefix("python").split(".")))
        assert version >= tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
        assert shared["Timeout"] <= 5
        assert (FOLDER / shared["CodeUri"] / "handler.py").is_file()

    def test_brings_authsteps_along(self) -> None:
        assert (FOLDER / "requirements.txt").read_text("utf-8").split() == ["authsteps>=0.1"]
