"""The scripted transport plays its replies in order and writes down what it was asked."""

from collections.abc import Mapping

import pytest

from authsteps.adapters.cognito.protocol import Request
from authsteps.adapters.cognito.scripted import Call, ScriptedTransport
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError


async def test_replies_come_in_the_order_of_the_script(each_backend: str) -> None:
    transport = ScriptedTransport({"first": 1})
    transport.add([{"second": 2}])
    assert transport.unused == 2
    assert await transport.call("One", {}) == {"first": 1}
    assert await transport.call("Two", {}) == {"second": 2}
    assert transport.unused == 0


@pytest.mark.parametrize(
    "error", [ServiceError("NotAuthorizedException", "no"), NoReplyError("timed out", sent=True)], ids=repr
)
async def test_an_error_in_the_script_is_raised(error: Exception) -> None:
    assert isinstance(error, ServiceError | NoReplyError)
    with pytest.raises(type(error)) as caught:
        await ScriptedTransport(error).call("One", {})
    assert caught.value is error


async def test_a_function_in_the_script_answers_what_it_is_asked() -> None:
    def echo(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        return {"operation": operation, **request}

    assert await ScriptedTransport(echo).call("One", {"a": 1}) == {"operation": "One", "a": 1}


async def test_every_call_is_written_down_also_one_that_fails() -> None:
    transport = ScriptedTransport({}, ServiceError("NotAuthorizedException", "no"))
    await transport.call("One", {"a": 1})
    with pytest.raises(ServiceError):
        await transport.call("Two", {"b": 2})
    with pytest.raises(LookupError, match="no reply to Three, which is call 3"):
        await transport.call("Three", {})
    assert transport.calls == [
        Call("One", Request({"a": 1})),
        Call("Two", Request({"b": 2})),
        Call("Three", Request({})),
    ]


async def test_what_is_written_down_is_a_copy_that_shows_no_value() -> None:
    transport = ScriptedTransport({})
    request = {"Password": "K4n4ry"}
    await transport.call("One", request)
    request.clear()
    assert transport.calls[0].request == {"Password": "K4n4ry"}
    assert repr(transport.calls) == "[Call(operation='One', request=Request(Password))]"


def test_errors_of_a_transport_say_what_happened() -> None:
    assert str(ServiceError("NotAuthorizedException", "no", 400)) == "NotAuthorizedException (400): no"
    assert str(NoReplyError("timed out", sent=True)) == "timed out; the request may have arrived"
    assert str(NoReplyError("connection refused", sent=False)) == "connection refused; the request did not arrive"
