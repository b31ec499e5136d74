"""A device from its first sign-in to its next, through the graph, the backend and the arithmetic.

The pool here keeps nothing of a device but what was uploaded, and lets nobody in without a proof made from the rest.
"""

import base64
from collections.abc import Mapping
from typing import Any, cast

import attrs
import pytest

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Effect, Event, Failure, Secret, Step
from authsteps.engine.ports import Clock, Entropy
from authsteps.flows import srp, steps
from authsteps.flows.errors import DeviceRefusal
from authsteps.flows.events import SignInRequested
from authsteps.flows.model import AuthFlow, DeviceSecrets
from authsteps.flows.sign_in import sign_in
from authsteps.flows.sign_in_context import SignInState
from tests.flows.world import ALICE, COGNITO_NAME, a_backend, challenged, part, signed_in

KEY, GROUP = "eu-west-1_11111111-2222-3333-4444-555555555555", "-group"
BLOCK = base64.b64encode(b"a block that only the server can read").decode()
FAST = srp.FastArithmetic()


class Pool:
    """A pool that tracks devices. It asks for no second factor, so that the device stands alone."""

    def __init__(self) -> None:
        self.verifier: srp.Verifier | None = None
        self.called: list[str] = []
        self._srp_a = Secret("")
        self._keys: srp.ServerKeys | None = None

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        name = str(request.get("ChallengeName", operation))
        self.called.append(name)
        match name:
            case "InitiateAuth":
                return self._begin(part(request, "AuthParameters"))
            case "ConfirmDevice":
                return self._confirm(str(request["DeviceKey"]), part(request, "DeviceSecretVerifierConfig"))
            case "DEVICE_SRP_AUTH":
                return self._challenge(part(request, "ChallengeResponses"))
            case "DEVICE_PASSWORD_VERIFIER":
                return self._judge(part(request, "ChallengeResponses"))
            case _:
                raise AssertionError(name)

    def _begin(self, parameters: Mapping[str, str]) -> Mapping[str, Json]:
        if "DEVICE_KEY" in parameters:
            self._know(parameters["DEVICE_KEY"])
            return {"ChallengeName": "DEVICE_SRP_AUTH", "ChallengeParameters": {}, "Session": "device-session-1"}
        result = cast("Mapping[str, Json]", signed_in()["AuthenticationResult"])
        return {"AuthenticationResult": {**result, "NewDeviceMetadata": {"DeviceKey": KEY, "DeviceGroupKey": GROUP}}}

    def _know(self, key: str) -> srp.Verifier:
        if key != KEY or self.verifier is None:
            raise ServiceError("ResourceNotFoundException", "Device does not exist.")
        return self.verifier

    def _confirm(self, key: str, uploaded: Mapping[str, str]) -> Mapping[str, Json]:
        assert key == KEY
        salt = int.from_bytes(base64.b64decode(uploaded["Salt"]))
        v = int.from_bytes(base64.b64decode(uploaded["PasswordVerifier"]))
        self.verifier = srp.Verifier(salt_hex=f"{salt:x}", v=v)
        return {"UserConfirmationNecessary": False}

    def _challenge(self, responses: Mapping[str, str]) -> Mapping[str, Json]:
        assert responses.keys() == {"USERNAME", "DEVICE_KEY", "SRP_A"}
        verifier = self._know(responses["DEVICE_KEY"])
        self._srp_a, self._keys = Secret(responses["SRP_A"]), srp.server_challenge(verifier, bytes(range(32)), FAST)
        return challenged(
            "DEVICE_PASSWORD_VERIFIER",
            "device-session-2",
            USERNAME=COGNITO_NAME,
            DEVICE_KEY=KEY,
            SALT=verifier.salt_hex,
            SRP_B=self._keys.public.reveal(),
            SECRET_BLOCK=BLOCK,
        )

    def _judge(self, responses: Mapping[str, str]) -> Mapping[str, Json]:
        assert self._keys is not None
        proved = responses["PASSWORD_CLAIM_SECRET_BLOCK"] == BLOCK and srp.check_signature(
            Secret(responses["PASSWORD_CLAIM_SIGNATURE"]),
            pool_name=GROUP,
            user_id=KEY,
            verifier=self._know(responses["DEVICE_KEY"]),
            server_keys=self._keys,
            srp_a_hex=self._srp_a,
            secret_block_b64=Secret(BLOCK),
            timestamp=responses["TIMESTAMP"],
            arithmetic=FAST,
        )
        if not proved:
            raise ServiceError("NotAuthorizedException", "Incorrect username or password.")
        return signed_in()


@attrs.frozen
class End:
    """Where a sign-in ended, and why."""

    state: SignInState
    step: Effect | None
    failure: Failure | None


async def sign_alice_in(backend: CognitoBackend, device: DeviceSecrets | None = None) -> End:
    """Lead the graph from a request to where it holds nothing more for a performer."""
    event: Event = SignInRequested(ALICE, AuthFlow.USER_PASSWORD_AUTH, Secret("p"), device=device)
    snapshot = sign_in.start()
    while True:
        advance = sign_in.advance(snapshot, event)
        snapshot, held = advance.snapshot, advance.outstanding
        if held is None or isinstance(held, Step):
            return End(snapshot.state, held, advance.failure)
        event = await backend.perform(held)
        assert type(event) in type(held).answers


async def tracked(backend: CognitoBackend) -> DeviceSecrets:
    """Sign in on a device that the pool has not seen, and return its secrets."""
    end = await sign_alice_in(backend)
    assert isinstance(end.step, steps.Done)
    assert end.step.new_device is not None
    return end.step.new_device


async def test_a_new_device_is_given_secrets_with_which_it_is_recognised_the_next_time(
    each_backend: str, clock: Clock, entropy: Entropy
) -> None:
    pool = Pool()
    backend = a_backend(pool, clock, entropy)
    device = await tracked(backend)
    assert (device.key, device.group_key, device.is_remembered) == (KEY, GROUP, True)
    assert len(base64.b64decode(device.password.reveal())) == 40
    assert pool.called == ["InitiateAuth", "ConfirmDevice"]

    end = await sign_alice_in(backend, device)
    assert end.state is SignInState.SIGNED_IN
    assert pool.called[2:] == ["InitiateAuth", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]


@pytest.mark.parametrize("wrong", [{"password": Secret("QUJD")}, {"group_key": "-other"}], ids=str)
async def test_a_device_that_cannot_prove_itself_is_refused(
    wrong: dict[str, Any], clock: Clock, entropy: Entropy
) -> None:
    backend = a_backend(Pool(), clock, entropy)
    end = await sign_alice_in(backend, attrs.evolve(await tracked(backend), **wrong))
    assert end == End(
        SignInState.REFUSED, None, DeviceRefusal("NotAuthorizedException", "Incorrect username or password.")
    )


async def test_a_device_that_the_pool_has_forgotten_is_not_mentioned_again(clock: Clock, entropy: Entropy) -> None:
    pool = Pool()
    backend = a_backend(pool, clock, entropy)
    device = await tracked(backend)
    pool.verifier = None
    end = await sign_alice_in(backend, device)
    assert isinstance(end.step, steps.Done)
    assert end.step.is_device_unknown
    assert end.step.new_device is not None
    assert end.step.new_device.password != device.password
    assert pool.called[2:] == ["InitiateAuth", "InitiateAuth", "ConfirmDevice"]
