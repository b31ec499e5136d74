"""``authsteps demo`` walks through the library, and notices a pool that is not faithful."""

import json
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from typer.testing import CliRunner, Result

from authsteps.adapters.fake import FakeUserPool, SigningKeys
from authsteps.adapters.fake.firing import Call
from authsteps.adapters.fake.sign_in.choice import ChoiceEffect, FirstFactors
from authsteps.adapters.fake.sign_in.choice_rungs import VerifyFirstCode
from authsteps.adapters.fake.sign_in.device_proofs import DeviceEffect, DeviceProofs
from authsteps.adapters.fake.sign_in.device_rungs import CheckDeviceProof, DeviceProofPassed
from authsteps.adapters.fake.sign_in.rungs import FirstFactorPassed
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.adapters.terminal import app
from authsteps.engine import Event, Secret
from authsteps.flows import srp


def demo(*options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["demo", *options])


def test_it_ends_signed_in_with_exit_status_0() -> None:
    result = demo()
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("signed in as alice")


def test_it_shows_every_part_of_the_walk() -> None:
    shown = demo().stdout
    parts = ["Sign up", "wrong password", "SRP", "authenticator app", "Sign out", "asked for its code"]
    parts += ["remembers this device", "Without a password", "code by e-mail", "refresh"]
    positions = [shown.find(part) for part in parts]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_it_shows_events_states_effects_and_steps_with_what_each_took() -> None:
    row = re.compile(r"^ +\d+\.\d ms  KeyPairMade +INITIATING +InitiateAuth$", re.MULTILINE)
    assert row.search(demo().stdout)
    assert re.search(r"TotpCodeChallenged +AWAITING_TOTP_CODE +▸ ConfirmSignInWithTotpCode", demo().stdout)
    assert "VerifySoftwareToken → SoftwareTokenVerified" in demo().stdout


def test_as_json_it_prints_one_object_a_line() -> None:
    lines = [json.loads(line) for line in demo("--json").stdout.splitlines()]
    assert {line["kind"] for line in lines} == {"part", "advance", "exchange", "check", "done"}
    assert lines[-1] == {"kind": "done", "text": "signed in as alice"}
    assert all(line["took_ms"] >= 0 for line in lines if line["kind"] in {"advance", "exchange"})


def test_it_shows_no_secret() -> None:
    shown = demo("--json").stdout
    assert "Correct-horse" not in shown
    assert "eyJ" not in shown  # how every token begins


def accept_every_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fake: any proof will do."""

    def check_signature(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr(srp, "check_signature", check_signature)


def accept_every_totp_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fake: any code will do."""

    def verify(_: SoftwareToken, __: Secret, ___: datetime, **____: object) -> None:
        return None

    monkeypatch.setattr(SoftwareToken, "verify", verify)


def publish_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fake: it signs with other keys than it publishes."""
    other = SigningKeys.generate().public_jwks()

    async def jwks(_: FakeUserPool) -> dict[str, list[dict[str, str]]]:
        return other

    monkeypatch.setattr(FakeUserPool, "jwks", jwks)


def accept_every_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fake: any proof of a device will do."""

    async def perform(self: DeviceProofs, effect: DeviceEffect) -> Event:
        return DeviceProofPassed() if isinstance(effect, CheckDeviceProof) else await true_perform(self, effect)

    true_perform = DeviceProofs.perform
    monkeypatch.setattr(DeviceProofs, "perform", perform)


def track_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fake: it forgets devices as it sees them."""

    def remembered(*_: object) -> None:
        return None

    monkeypatch.setattr(DeviceProofs, "remembered", remembered)


def accept_every_one_time_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fake: any code from the mail will do."""

    async def perform(self: FirstFactors, effect: ChoiceEffect, call: Call) -> Event:
        return FirstFactorPassed() if isinstance(effect, VerifyFirstCode) else await true_perform(self, effect, call)

    true_perform = FirstFactors.perform
    monkeypatch.setattr(FirstFactors, "perform", perform)


@pytest.mark.parametrize(
    ("break_the_fake", "reason"),
    [
        (accept_every_device, "the pool accepted a forged device"),
        (track_no_device, ""),
        (accept_every_one_time_code, "the pool accepted a wrong code"),
        (accept_every_proof, "the pool accepted a wrong password"),
        (accept_every_totp_code, "the pool accepted a wrong code"),
        (publish_other_keys, "the access token is not signed by a key that the pool publishes"),
    ],
)
def test_a_pool_that_is_not_faithful_makes_it_exit_with_1_and_say_why(
    break_the_fake: Callable[[pytest.MonkeyPatch], None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_the_fake(monkeypatch)
    result = demo()
    assert result.exit_code == 1
    assert reason in result.stdout
    assert "signed in as" not in result.stdout


def test_as_json_a_failure_is_an_object_too(monkeypatch: pytest.MonkeyPatch) -> None:
    accept_every_totp_code(monkeypatch)
    result = demo("--json")
    assert result.exit_code == 1
    last = json.loads(result.stdout.splitlines()[-1])
    assert last == {"kind": "failure", "text": "the pool accepted a wrong code"}
