"""The served fake, byte by byte: what goes in and out over a socket, and that nothing that comes in brings it down.

Source of what is expected: the service model, and traces of the service.
"""

import logging
import socket
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import FakeCognito, FakeUserPool
from authsteps.adapters.fake.server import Exchange, Limits, NotListeningError, cognito_app, listen, serving
from authsteps.adapters.fake.server import listener as listener_module
from tests.adapters.fake.server.served import PREFIX, Answer, Served, serve
from tests.adapters.fake.world import ALICE, ALL_FLOWS, PASSWORD, UNREADABLE
from tests.conftest import SeededEntropy, VirtualClock

EXPOSED = {"x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A region with one pool, in which Alice has a password."""
    async with serve() as served:
        pool = FakeUserPool("eu-west-1_Pool00001", clock=VirtualClock(), entropy=SeededEntropy(7))
        pool.add_client(explicit_auth_flows=ALL_FLOWS)
        pool.add_user(ALICE, PASSWORD)
        served.cognito.add_pool(pool)
        yield served


def sign_in(served: Served, password: str = PASSWORD) -> dict[str, Json]:
    (pool,) = served.cognito.pools
    return {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": pool.client.client_id,
        "AuthParameters": {"USERNAME": ALICE, "PASSWORD": password},
    }


class TestAReply:
    async def test_is_json_of_amazons_kind_with_a_request_id_of_its_own(self, served: Served) -> None:
        answers = [await served.call("ListUserPools", {"MaxResults": 10}) for _ in range(2)]

        assert [answer.status for answer in answers] == [200, 200]
        assert answers[0].headers["content-type"] == "application/x-amz-json-1.1"
        ids = {uuid.UUID(answer.headers["x-amzn-requestid"]) for answer in answers}
        assert len(ids) == 2
        assert {"date", "content-length"} <= answers[0].headers.keys()
        assert [pool["Id"] for pool in answers[0].members["UserPools"]] == ["eu-west-1_Pool00001"]

    async def test_is_an_empty_object_where_the_model_has_one_without_members(self, served: Served) -> None:
        target = {"UserPoolId": "eu-west-1_Pool00001", "Username": ALICE}

        assert (await served.call("AdminDisableUser", target)).body == b"{}"

    async def test_is_nothing_at_all_where_the_model_has_none(self, served: Served) -> None:
        answer = await served.call("AdminDeleteUser", {"UserPoolId": "eu-west-1_Pool00001", "Username": ALICE})

        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")

    async def test_leaves_out_what_has_no_value(self, served: Served) -> None:
        tokens = (await served.call("InitiateAuth", sign_in(served))).members

        assert set(tokens) == {"AuthenticationResult", "ChallengeParameters"}
        assert tokens["ChallengeParameters"] == {}


class TestAnError:
    async def test_names_its_type_and_text_in_the_body_and_in_headers(self, served: Served) -> None:
        answer = await served.call("InitiateAuth", sign_in(served, "wrong"))

        assert answer.error == (400, "NotAuthorizedException", "Incorrect username or password.")
        assert answer.headers["x-amzn-errortype"] == "NotAuthorizedException:"
        assert answer.headers["x-amzn-errormessage"] == "Incorrect username or password."
        assert set(answer.members) == {"__type", "message"}

    @pytest.mark.parametrize("name", ["é" * 200, "x\r\nSet-Cookie: a=b", "x" * 5000])
    async def test_whose_text_is_no_header_has_it_in_the_body_alone(self, served: Served, name: str) -> None:
        answer = await served.call("ListUsers", {"UserPoolId": name})

        assert answer.error[:2] == (400, "InvalidParameterException")
        assert name in answer.error[2]
        assert "x-amzn-errormessage" not in answer.headers
        assert "set-cookie" not in answer.headers

    async def test_of_the_fake_itself_is_told_as_a_fault_and_logged_without_ending_the_server(
        self, served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fail(operation: str, request: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
            patch.setattr(served.cognito, "call", fail)
            answer = await served.call("ListUserPools", {"MaxResults": 10}, Origin="https://app.example")

        assert answer.error == (500, "InternalErrorException", "Something went wrong")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert [record.getMessage() for record in caplog.records] == ["ListUserPools failed"]
        assert (await served.call("ListUserPools", {"MaxResults": 10})).status == 200

    async def test_of_a_data_file_is_told_as_a_fault_until_it_can_be_written(
        self, served: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        path, elsewhere = tmp_path / "data.db", tmp_path / "elsewhere.db"
        async with served.cognito.kept_in(path):
            path.rename(elsewhere)
            answers = [await served.call("CreateUserPool", {"PoolName": f"pool {number}"}) for number in range(2)]
            elsewhere.rename(path)
            listed = await served.call("ListUserPools", {"MaxResults": 10})

        assert [answer.error for answer in answers] == [(500, "InternalErrorException", "Something went wrong")] * 2
        assert [record.getMessage() for record in caplog.records] == ["CreateUserPool failed"] * 2
        assert sorted(pool["Name"] for pool in listed.members["UserPools"]) == ["pool", "pool 0", "pool 1"]
        async with (again := FakeCognito()).kept_in(path):
            assert [pool.id for pool in again.pools] == [pool.id for pool in served.cognito.pools]


class TestATarget:
    @pytest.mark.parametrize(
        "target",
        [
            "",
            "InitiateAuth",
            f"{PREFIX}.initiateAuth",
            f"{PREFIX.lower()}.InitiateAuth",
            f"{PREFIX}.InitiateAuth.",
            f"{PREFIX}.NoSuchOperation",
            "AWSCognitoIdentityService.GetId",
            "x" * 5000,
        ],
    )
    async def test_that_aws_does_not_have_is_unknown(self, served: Served, target: str) -> None:
        answer = await served.request("POST", "/", {"X-Amz-Target": target}, b"{}")

        assert answer.error == (400, "UnknownOperationException", "")

    async def test_that_is_missing_is_unknown(self, served: Served) -> None:
        assert (await served.request("POST", "/")).error == (400, "UnknownOperationException", "")

    async def test_that_aws_has_and_the_fake_does_not_is_named(self, served: Served) -> None:
        assert (await served.call("ListUserImportJobs", {})).error == (
            400,
            "UnsupportedOperationException",
            "ListUserImportJobs is an operation of Amazon Cognito that this fake does not perform",
        )

    async def test_may_come_with_any_content_type_and_without_a_signature(self, served: Served) -> None:
        answer = await served.call(
            "ListUserPools", {"MaxResults": 1}, **{"Content-Type": "application/json; charset=utf-8"}
        )

        assert answer.status == 200

    async def test_is_refused_unsigned_if_signatures_are_required_and_aws_wants_one(self) -> None:
        async with serve(requires_signatures=True) as served:
            unsigned = await served.call("ListUserPools", {"MaxResults": 1})
            signed = await served.call("ListUserPools", {"MaxResults": 1}, Authorization="AWS4-HMAC-SHA256 whatever")
            open_to_all = await served.call("GetUser", {"AccessToken": "none"})

        assert unsigned.error == (400, "MissingAuthenticationTokenException", "Missing Authentication Token")
        assert signed.status == 200
        assert open_to_all.error == (400, "NotAuthorizedException", "Invalid Access Token")


BAD_BODIES = {
    "no JSON": b"not json",
    "half of it": b'{"MaxResults": 1',
    "more than one": b'{"MaxResults": 1}{}',
    "a list": b"[]",
    "a text": b'"MaxResults"',
    "null": b"null",
    "not Unicode": b'{"MaxResults": "\xff"}',
    "half a character": b'{"MaxResults": "\\ud800"}',
    "not a number": b'{"MaxResults": NaN}',
    "a number beyond all bounds": b'{"MaxResults": 1e999}',
    "a number with too many digits to be one": b'{"MaxResults": ' + b"9" * 5000 + b"}",
    "a number that is no whole one": b'{"MaxResults": 1.5}',
    "lists in lists in lists": b'{"MaxResults": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects in objects": b'{"MaxResults": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    "a text for a number": b'{"MaxResults": "1"}',
}


class TestABody:
    @pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
    async def test_that_cannot_be_read_is_refused_in_cognitos_form_and_the_server_lives_on(
        self, served: Served, body: bytes
    ) -> None:
        answer = await served.post("ListUserPools", body)

        assert answer.error == (400, *UNREADABLE)
        assert (await served.call("ListUserPools", {"MaxResults": 1})).status == 200

    async def test_with_a_huge_number_breaks_the_constraint(self, served: Served) -> None:
        answer = await served.post("ListUserPools", b'{"MaxResults": ' + b"9" * 300 + b"}")

        assert answer.error[:2] == (400, "InvalidParameterException")
        assert answer.error[2].endswith("Member must have value less than or equal to 60")

    async def test_that_is_empty_has_no_members(self, served: Served) -> None:
        assert (await served.post("GetUser", b"")).error == (
            400,
            "InvalidParameterException",
            "1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null",
        )

    @pytest.mark.parametrize("framing", ["length", "chunks"])
    async def test_that_is_too_long_is_refused_before_it_is_whole(self, framing: str) -> None:
        async with serve(Limits(body_bytes=1000)) as served:
            fits = await served.post("ListUserPools", b'{"MaxResults": 1}'.ljust(1000))
            head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {PREFIX}.ListUserPools\r\n"
            if framing == "length":
                answer = await served.send(f"{head}Content-Length: 100000000\r\n\r\n".encode() + b" " * 1001)
            else:
                chunk = f"{1001:x}\r\n".encode() + b" " * 1001 + b"\r\n"
                answer = await served.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk)
            after = await served.post("ListUserPools", b'{"MaxResults": 1}')

        assert fits.status == after.status == 200
        assert answer.error == (400, "SerializationException", "The request's body is longer than 1000 bytes")

    async def test_that_does_not_come_is_not_waited_for(self) -> None:
        async with serve(Limits(body_seconds=0.05)) as served:
            head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {PREFIX}.ListUserPools\r\nContent-Length: 20\r\n\r\n"
            answer = await served.send(f'{head}{{"Max'.encode())

        assert answer.error == (
            400,
            "SerializationException",
            "The request's body did not arrive within 0.05 seconds",
        )

    async def test_whose_sender_hangs_up_is_forgotten(self, served: Served) -> None:
        async with await anyio.connect_tcp(*served.listener.address) as stream:
            head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {PREFIX}.ListUserPools\r\nContent-Length: 20\r\n\r\n"
            await stream.send(f"{head}{{".encode())

        assert (await served.call("ListUserPools", {"MaxResults": 1})).status == 200

    async def test_that_is_no_http_at_all_is_turned_away(self, served: Served) -> None:
        assert (await served.send(b"\x16\x03\x01 this is TLS\r\n\r\n")).status == 400
        assert (await served.call("ListUserPools", {"MaxResults": 1})).status == 200


class TestABrowser:
    async def test_is_told_that_it_may_send_what_it_asks_to_send(self, served: Served) -> None:
        asked = "cache-control,content-type,x-amz-target,x-amz-user-agent"
        answer = await served.request(
            "OPTIONS",
            "/",
            {
                "Origin": "http://localhost:3000",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": asked,
            },
        )

        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == asked
        assert answer.headers["access-control-max-age"] == "172800"

    @pytest.mark.parametrize("password", [PASSWORD, "wrong"])
    async def test_lets_a_page_read_replies_and_errors(self, served: Served, password: str) -> None:
        answer = await served.call("InitiateAuth", sign_in(served, password), Origin="http://localhost:3000")

        assert answer.headers["access-control-allow-origin"] == "*"
        assert exposed(answer) >= EXPOSED


def exposed(answer: Answer) -> set[str]:
    return {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}


class TestWhoeverWatches:
    async def test_is_told_of_every_exchange_and_of_no_value_in_it(self, served: Served) -> None:
        await served.call("InitiateAuth", sign_in(served))
        await served.call("InitiateAuth", sign_in(served, "wrong"))
        await served.call("ListUserImportJobs", {})
        await served.request("POST", "/", {"X-Amz-Target": "Something.Else"})

        none = timedelta()
        assert served.exchanges == [
            Exchange("InitiateAuth", 200, None, none),
            Exchange("InitiateAuth", 400, "NotAuthorizedException", none),
            Exchange("ListUserImportJobs", 400, "UnsupportedOperationException", none),
            Exchange("", 400, "UnknownOperationException", none),
        ]


class TestAPort:
    async def test_that_is_in_use_says_so_and_what_to_do(self) -> None:
        taken = await listen()
        with taken.endpoint, pytest.raises(NotListeningError, match="it is in use; stop what uses it, or take another"):
            await listen(port=taken.address[1])

    @pytest.mark.parametrize(
        ("host", "port", "problem"),
        [
            ("nowhere.invalid", 0, "this machine has no such host"),
            ("192.0.2.1", 0, "it is no address of this machine"),
            ("127.0.0.1", 70_000, "ports go from 0 to 65535"),
        ],
    )
    async def test_that_cannot_be_says_why(self, host: str, port: int, problem: str) -> None:
        with pytest.raises(NotListeningError) as caught:
            await listen(host, port)

        assert caught.value.problem == problem
        assert str(caught.value) == f"cannot listen on port {port} of {host}: {problem}"

    @pytest.mark.parametrize(
        ("host", "reached", "whence"),
        [
            ("127.0.0.1", "127.0.0.1", "here"),
            ("::1", "[::1]", "here"),
            ("::", "[::1]", "anywhere"),
            ("0.0.0.0", "127.0.0.1", "anywhere"),  # noqa: S104  # that it is not local is the point
        ],
    )
    async def test_tells_how_it_is_reached_and_whether_from_elsewhere(
        self, host: str, reached: str, whence: str
    ) -> None:
        listener = await listen(host)
        with listener.endpoint:
            assert listener.url == f"http://{reached}:{listener.address[1]}"
            assert listener.is_local is (whence == "here")
            socket.create_connection((reached.strip("[]"), listener.address[1])).close()

    async def test_sends_what_is_written_at_once(self) -> None:
        """Else the end of every answer waits for the client's delayed acknowledgement: 40 ms."""
        listener = await listen()
        with listener.endpoint, socket.create_connection(listener.address):
            accepted, _ = listener.endpoint.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    async def test_tells_whoever_waits_that_it_ends_and_logs_no_fault(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A function of somebody's that hangs does not hold up Ctrl-C."""
        monkeypatch.setattr(listener_module, "_SECONDS_TO_FINISH", 0)
        listener, cognito, is_called, answers = await listen(), FakeCognito(), anyio.Event(), list[Answer]()

        async def hang(operation: str, request: object) -> None:
            is_called.set()
            await anyio.sleep_forever()

        monkeypatch.setattr(cognito, "call", hang)

        async def wait() -> None:
            answers.append(await Served(cognito, listener, []).call("ListUserPools", {"MaxResults": 1}))

        with caplog.at_level(logging.WARNING):
            async with anyio.create_task_group() as group, serving(cognito_app(cognito), listener):
                group.start_soon(wait)
                await is_called.wait()

        assert [answer.error for answer in answers] == [
            (500, "InternalErrorException", "The server was stopped before it was done")
        ]
        assert not [record for record in caplog.records if record.exc_info]

    async def test_is_free_again_once_the_block_is_over_and_what_was_raised_in_it_comes_out_as_it_was(self) -> None:
        listener = await listen()

        async def fail() -> None:
            async with serving(cognito_app(FakeCognito()), listener):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        (await listen(port=listener.address[1])).endpoint.close()
