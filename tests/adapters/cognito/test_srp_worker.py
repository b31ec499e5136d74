"""The SRP worker: fresh keys, claims in threads that leave the event loop a core, devices, and bad parameters."""

import base64
import importlib
import json
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import pytest

from authsteps.adapters.cognito import srp_worker
from authsteps.adapters.cognito.srp_worker import SrpWorker, arithmetic_threads, cores
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.flows import srp
from authsteps.flows.effects import ComputeClaim, MakeDeviceSecrets, MakeKeyPair
from authsteps.flows.errors import BackendContractError
from authsteps.flows.events import ClaimComputed, ClaimRefused, DeviceSecretsMade, KeyPairMade
from authsteps.flows.model import NewDevice
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.world import COGNITO_NAME, PASSWORD, POOL_NAME

FAST = srp.FastArithmetic()
KEYS = srp.key_pair(bytes(range(32)), FAST)
VERIFIER = srp.verifier(
    pool_name=POOL_NAME, user_id=COGNITO_NAME, password=Secret(PASSWORD), salt=bytes(range(1, 17)), arithmetic=FAST
)
SERVER = srp.server_challenge(VERIFIER, bytes(range(32)), FAST)
BLOCK = Secret("YSBibG9jaw==")

CLAIM = ComputeClaim(
    user_id=COGNITO_NAME,
    password=Secret(PASSWORD),
    private=KEYS.private,
    public=KEYS.public,
    salt=Secret(VERIFIER.salt_hex),
    srp_b=SERVER.public,
    secret_block=BLOCK,
)


def worker(clock: Clock, entropy: Entropy, arithmetic: srp.Arithmetic | None = None) -> SrpWorker:
    return SrpWorker(POOL_NAME, clock=clock, entropy=entropy, arithmetic=arithmetic)


def is_right(claim: ClaimComputed) -> bool:
    return srp.check_signature(
        claim.signature,
        pool_name=POOL_NAME,
        user_id=COGNITO_NAME,
        verifier=VERIFIER,
        server_keys=SERVER,
        srp_a_hex=KEYS.public,
        secret_block_b64=BLOCK,
        timestamp=claim.timestamp,
        arithmetic=FAST,
    )


async def test_every_key_pair_is_made_from_256_fresh_bits(each_backend: str, clock: VirtualClock) -> None:
    performer, same = worker(clock, SeededEntropy(7)), SeededEntropy(7)
    for _ in range(3):
        expected = srp.key_pair(same.random_bytes(32), FAST)
        assert await performer.perform(MakeKeyPair()) == KeyPairMade(expected.private, expected.public)


@pytest.mark.parametrize("arithmetic", [None, srp.FastArithmetic(), srp.HardenedArithmetic()], ids=repr)
async def test_a_claim_proves_the_password_at_the_clocks_instant(
    arithmetic: srp.Arithmetic | None, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    performer = worker(clock, entropy, arithmetic)
    clock.move(timedelta(hours=5))
    event = await performer.perform(CLAIM)
    assert isinstance(event, ClaimComputed)
    assert event.timestamp == "Mon Jan 5 08:04:09 UTC 2026"
    assert is_right(event)


@pytest.mark.parametrize(
    ("unfit", "problem"),
    [
        (attrs.evolve(CLAIM, srp_b=Secret("")), "SRP_B is missing"),
        (attrs.evolve(CLAIM, srp_b=Secret("K4n4ry")), "SRP_B is not hexadecimal"),
        (attrs.evolve(CLAIM, srp_b=Secret("f" * 771)), "SRP_B is longer than 770 characters"),
        (attrs.evolve(CLAIM, srp_b=Secret("f" * 768)), "SRP_B is not below N"),
        (attrs.evolve(CLAIM, srp_b=Secret("0")), "SRP_B is 0 modulo N"),
        (attrs.evolve(CLAIM, srp_b=Secret(f"{srp.N:x}")), "SRP_B is 0 modulo N"),
        (attrs.evolve(CLAIM, salt=Secret("")), "SALT is missing"),
        (attrs.evolve(CLAIM, salt=Secret("-1")), "SALT is not hexadecimal"),
        (attrs.evolve(CLAIM, salt=Secret("1" * 1_000_000)), "SALT is longer than 128 characters"),
        (attrs.evolve(CLAIM, secret_block=Secret("")), "SECRET_BLOCK is missing"),
        (attrs.evolve(CLAIM, secret_block=Secret("K4n4ry!")), "SECRET_BLOCK is not base64"),
        (attrs.evolve(CLAIM, user_id=""), "USER_ID_FOR_SRP is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_unfit_parameter_is_an_event_that_quotes_nothing(
    unfit: ComputeClaim, problem: str, clock: Clock, entropy: Entropy
) -> None:
    event = await worker(clock, entropy).perform(unfit)
    assert event == ClaimRefused(problem)


class Crowded:
    """An arithmetic that goes on when three threads are in it, and notes which, and how many there were at most."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._three = threading.Barrier(3, timeout=10)

    def power_of_g(self, exponent: int, /) -> int:
        return FAST.power_of_g(exponent)

    def power(self, base: int, exponent: int, /) -> int:
        with self._lock:
            self.threads.append(threading.get_ident())
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self._three.wait()
        result = FAST.power(base, exponent)
        with self._lock:
            self._at_once -= 1
        return result


async def test_claims_are_computed_elsewhere_and_as_many_at_once_as_leaves_the_loop_a_core(
    each_backend: str, clock: Clock, entropy: Entropy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(srp_worker, "cores", lambda: 4)
    arithmetic = Crowded()
    performer = worker(clock, entropy, arithmetic)
    claims: list[object] = []

    async def compute() -> None:
        claims.append(await performer.perform(CLAIM))

    async with anyio.create_task_group() as tasks:
        for _ in range(9):
            tasks.start_soon(compute)
    assert arithmetic.most_at_once == 3
    assert threading.get_ident() not in arithmetic.threads
    assert len(claims) == 9
    assert all(isinstance(claim, ClaimComputed) and is_right(claim) for claim in claims)


@pytest.mark.parametrize(("present", "threads"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_the_loop_but_there_is_always_a_thread(
    present: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(srp_worker, "cores", lambda: present)
    assert arithmetic_threads() == threads


def test_a_machine_has_at_least_one_core() -> None:
    assert cores() >= 1


# Devices

DEVICE = NewDevice("eu-west-1_11111111-2222-3333-4444-555555555555", "-group")
VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "srp-vectors.json").read_text("utf-8"))
PYCOGNITO: Any = importlib.import_module("pycognito.aws_srp")  # published without types


class Drawn:
    """Gives these bytes, in this order."""

    def __init__(self, *drawn: bytes) -> None:
        self.drawn = list(drawn)

    def random_bytes(self, count: int) -> bytes:
        drawn = self.drawn.pop(0)
        assert len(drawn) == count
        return drawn


@pytest.mark.parametrize("row", VECTORS["derived_device_verifier"]["rows"], ids=lambda row: row["id"])
async def test_a_devices_secrets_are_those_of_the_vectors(row: dict[str, str], each_backend: str, clock: Clock) -> None:
    drawn = Drawn(base64.b64decode(row["device_password"]), bytes.fromhex(row["salt_input_hex"]))
    device = NewDevice(row["device_key"], row["device_group_key"])
    made = await worker(clock, drawn).perform(MakeDeviceSecrets(device))
    assert drawn.drawn == []
    assert made == DeviceSecretsMade(
        Secret(row["device_password"]), Secret(row["derived_password_verifier_b64"]), Secret(row["derived_salt_b64"])
    )


async def test_no_two_devices_have_the_same_secrets(clock: Clock, entropy: Entropy) -> None:
    performer = worker(clock, entropy)
    made = [await performer.make_device_secrets(DEVICE) for _ in range(20)]
    for part in ("password", "verifier", "salt"):
        assert len({getattr(secrets, part) for secrets in made}) == 20


@pytest.mark.parametrize("key", ["", "k" * 1025])
async def test_a_device_that_cannot_be_is_a_broken_contract(key: str, clock: Clock, entropy: Entropy) -> None:
    with pytest.raises(BackendContractError, match="the device's key is") as caught:
        await worker(clock, entropy).perform(MakeDeviceSecrets(NewDevice(key, "-group")))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


class DeviceServer:
    """The pool's half of a device's proof, from nothing but what was uploaded."""

    def __init__(self, made: DeviceSecretsMade) -> None:
        salt = int.from_bytes(base64.b64decode(made.salt.reveal()))
        v = int.from_bytes(base64.b64decode(made.verifier.reveal()))
        self.verifier = srp.Verifier(salt_hex=f"{salt:x}", v=v)
        self.keys = srp.server_challenge(self.verifier, bytes(range(32)), FAST)

    def accepts(self, signature: Secret, srp_a: Secret, timestamp: str) -> bool:
        return srp.check_signature(
            signature,
            pool_name=DEVICE.group_key,
            user_id=DEVICE.key,
            verifier=self.verifier,
            server_keys=self.keys,
            srp_a_hex=srp_a,
            secret_block_b64=BLOCK,
            timestamp=timestamp,
            arithmetic=FAST,
        )


def claim_of(made: DeviceSecretsMade, server: DeviceServer) -> ComputeClaim:
    return ComputeClaim(
        user_id=DEVICE.key,
        password=made.password,
        private=KEYS.private,
        public=KEYS.public,
        salt=Secret(server.verifier.salt_hex),
        srp_b=server.keys.public,
        secret_block=BLOCK,
        device_group_key=DEVICE.group_key,
    )


async def test_a_device_proves_itself_with_the_secrets_that_were_made_for_it(clock: Clock, entropy: Entropy) -> None:
    performer = worker(clock, entropy)
    made = await performer.make_device_secrets(DEVICE)
    server = DeviceServer(made)
    claim = claim_of(made, server)
    proved = await performer.perform(claim)
    assert isinstance(proved, ClaimComputed)
    assert server.accepts(proved.signature, KEYS.public, proved.timestamp)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"device_group_key": None},
        {"device_group_key": "-other"},
        {"user_id": COGNITO_NAME},
        {"password": Secret(PASSWORD)},
    ],
    ids=str,
)
async def test_nothing_else_proves_the_device(otherwise: dict[str, Any], clock: Clock, entropy: Entropy) -> None:
    performer = worker(clock, entropy)
    made = await performer.make_device_secrets(DEVICE)
    server = DeviceServer(made)
    proved = await performer.perform(attrs.evolve(claim_of(made, server), **otherwise))
    assert isinstance(proved, ClaimComputed)
    assert not server.accepts(proved.signature, KEYS.public, proved.timestamp)


async def test_pycognito_makes_the_same_claim_for_a_device(
    clock: VirtualClock, entropy: Entropy, monkeypatch: pytest.MonkeyPatch
) -> None:
    performer = worker(clock, entropy)
    made = await performer.make_device_secrets(DEVICE)
    server = DeviceServer(made)
    standing_still = SimpleNamespace(datetime=SimpleNamespace(utcnow=lambda: clock.now().replace(tzinfo=None)))
    monkeypatch.setattr(PYCOGNITO, "datetime", standing_still)
    monkeypatch.setattr(PYCOGNITO.os, "urandom", SeededEntropy(5).random_bytes)
    theirs = PYCOGNITO.AWSSRP(
        COGNITO_NAME,
        PASSWORD,
        f"eu-west-1_{POOL_NAME}",
        "a-client",
        client=object(),
        device_key=DEVICE.key,
        device_group_key=DEVICE.group_key,
        device_password=made.password.reveal(),
    )
    answer: dict[str, str] = theirs.process_device_challenge(
        {
            "USERNAME": COGNITO_NAME,
            "SALT": server.verifier.salt_hex,
            "SRP_B": server.keys.public.reveal(),
            "SECRET_BLOCK": BLOCK.reveal(),
        }
    )
    claim = attrs.evolve(
        claim_of(made, server),
        private=Secret(f"{theirs.small_a_value:x}"),
        public=Secret(f"{theirs.large_a_value:x}"),
    )
    proved = await performer.perform(claim)
    assert proved == ClaimComputed(Secret(answer["PASSWORD_CLAIM_SIGNATURE"]), answer["TIMESTAMP"])
    assert server.accepts(Secret(answer["PASSWORD_CLAIM_SIGNATURE"]), claim.public, answer["TIMESTAMP"])


async def test_a_device_is_given_its_secrets_in_a_thread(clock: Clock, entropy: Entropy) -> None:
    threads: list[int] = []

    class Noting:
        def power_of_g(self, exponent: int, /) -> int:
            threads.append(threading.get_ident())
            return FAST.power_of_g(exponent)

        def power(self, base: int, exponent: int, /) -> int:
            raise AssertionError

    await worker(clock, entropy, Noting()).perform(MakeDeviceSecrets(DEVICE))
    assert threads
    assert threading.get_ident() not in threads
