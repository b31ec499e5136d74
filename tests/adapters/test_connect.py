"""``connect``: whole sign-ins, and an identity pool's credentials, through aiobotocore and a real socket."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyotp.totp import TOTP

from authsteps.adapters.cognito import CognitoBackend, CognitoIdentityPool, Connections, Json, ServiceError
from authsteps.adapters.fake import FakeUserPool
from authsteps.engine.messages import Secret
from authsteps.flows import (
    AuthClient,
    BackendUnavailableError,
    CodeMismatchError,
    InvalidInputError,
    MfaSetting,
    NotAuthorizedError,
    SignOutComplete,
    effects,
    events,
    steps,
)
from tests.adapters.local_cognito import Answer, Received, error, local_pool, reply
from tests.conftest import SeededEntropy, VirtualClock


class Server:
    """Answers each request as the pool does."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool

    async def __call__(self, received: Received) -> Answer:
        members: dict[str, Json] = received.members
        try:
            return reply(await self._pool.call(received.operation, members))
        except ServiceError as refusal:
            return error(refusal.code, refusal.message)


@pytest.mark.parametrize("with_secret", [False, True], ids=["public client", "client with secret"])
async def test_a_person_signs_up_signs_in_sets_totp_up_and_out_over_the_wire(
    clock: VirtualClock, entropy: SeededEntropy, *, with_secret: bool
) -> None:
    pool = FakeUserPool(clock=clock, entropy=entropy)
    client = pool.add_client(with_secret=with_secret)
    async with (
        local_pool(Server(pool)) as server,
        CognitoBackend.connect(
            user_pool_id=pool.id,
            client_id=client.client_id,
            client_secret=client.client_secret,
            endpoint_url=server.url,
            clock=clock,
        ) as backend,
        AuthClient(backend, clock=clock) as auth,
    ):
        await auth.sign_up("alice", "Passw0rd!", attributes={"email": "alice@example.com"})
        await auth.confirm_sign_up("alice", pool.outbox.latest("alice").code)
        with pytest.raises(NotAuthorizedError, match="Incorrect username or password"):
            await auth.sign_in("alice", "wrong")
        assert (await auth.sign_in("alice", "Passw0rd!")).is_signed_in
        app = TOTP((await auth.set_up_totp()).shared_secret.reveal())
        await auth.verify_totp_setup(app.at(clock.now()))
        await auth.update_mfa_preference(totp=MfaSetting.PREFERRED)
        assert await auth.sign_out() == SignOutComplete()
        clock.move(timedelta(seconds=30))  # the app shows its next code
        result = await auth.sign_in("alice", "Passw0rd!")
        assert isinstance(result.next_step, steps.ConfirmSignInWithTotpCode)
        with pytest.raises(CodeMismatchError):
            await auth.confirm_sign_in(app.at(clock.now() + timedelta(minutes=5)))
        assert (await auth.confirm_sign_in(app.at(clock.now()))).is_signed_in
        before = (await auth.fetch_auth_session()).tokens.unwrap()
        after = (await auth.fetch_auth_session(force_refresh=True)).tokens.unwrap()
        assert after.access != before.access
    assert all("authorization" not in received.headers for received in server.received)


async def test_a_pool_that_cannot_be_reached_is_unavailable_and_nothing_is_in_doubt() -> None:
    async with local_pool(Answer()) as server:
        url = server.url
    connecting = CognitoBackend.connect(user_pool_id="eu-west-1_abc", client_id="client", endpoint_url=url)
    async with connecting as backend, AuthClient(backend) as auth:
        with pytest.raises(BackendUnavailableError) as caught:
            await auth.sign_in("alice", "Passw0rd!")
    assert not caught.value.sent
    assert not caught.value.in_doubt


async def test_a_guest_and_a_user_are_given_credentials_over_the_wire() -> None:
    identity_id = "eu-west-1:66666666-7777-8888-9999-000000000000"
    keys: dict[str, Json] = {"AccessKeyId": "AKID", "SecretKey": "s", "SessionToken": "t", "Expiration": 1767582249.0}

    async def answer(received: Received) -> Answer:
        if received.operation == "GetId":
            return reply({"IdentityId": identity_id})
        if "Logins" in received.members and received.members["Logins"] != {"an.issuer": "token"}:
            return error("NotAuthorizedException", "Invalid login token.")
        return reply({"IdentityId": identity_id, "Credentials": keys})

    async with (
        local_pool(answer) as server,
        CognitoIdentityPool.connect(
            identity_pool_id="eu-west-1:1", user_pool_id="eu-west-1_abc", endpoint_url=server.url
        ) as identity_pool,
    ):
        for logins in ({}, {"an.issuer": Secret("token")}):
            found = await identity_pool.perform(effects.GetId(logins))
            assert found == events.IdentityFound(identity_id)
            issued = await identity_pool.perform(effects.GetCredentialsForIdentity(identity_id, logins))
            assert isinstance(issued, events.CredentialsIssued)
            assert issued.credentials.expires_at == datetime(2026, 1, 5, 3, 4, 9, tzinfo=UTC)
        wrong = effects.GetCredentialsForIdentity(identity_id, {"an.issuer": Secret("another")})
        assert await identity_pool.perform(wrong) == events.Refused("NotAuthorizedException", "Invalid login token.")
    assert all("authorization" not in received.headers for received in server.received)


NOWHERE: dict[str, tuple[dict[str, object], str]] = {
    "a pool id that is none": ({"user_pool_id": "nonsense"}, "user_pool_id is none"),
    "an endpoint that is no URL": ({"endpoint_url": "nonsense"}, "the connection cannot be made"),
    "no time to read": (
        {"connections": Connections(read_timeout=timedelta())},
        "read_timeout must be longer than zero",
    ),
    "no connections": ({"connections": Connections(limit=0)}, "there must be at least one connection"),
}


@pytest.mark.parametrize(("settings", "problem"), NOWHERE.values(), ids=NOWHERE)
async def test_settings_that_lead_nowhere_are_refused_with_what_to_do(
    settings: dict[str, object], problem: str
) -> None:
    arguments: dict[str, Any] = {"user_pool_id": "eu-west-1_abc", "client_id": "client", **settings}
    with pytest.raises(InvalidInputError, match=problem):
        async with CognitoBackend.connect(**arguments):
            pytest.fail("it connected")
