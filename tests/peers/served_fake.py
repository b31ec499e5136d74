"""The fake in a process of its own, as the other servers are: it says where it listens, and serves until it ends."""

import anyio

from authsteps.adapters.fake import FakeCognito
from authsteps.adapters.fake.server import cognito_app, listen, serving
from authsteps.adapters.lambda_triggers import PythonFunction
from tests.adapters.fake.world import load_signing_keys
from tests.clients.riddles import FUNCTIONS

__all__: list[str] = []


async def main() -> None:
    listener = await listen()
    cognito = FakeCognito(
        signing_keys=load_signing_keys(), functions={arn: PythonFunction(handler) for arn, handler in FUNCTIONS.items()}
    )
    async with serving(cognito_app(cognito), listener):
        print(f"running on {listener.url}", flush=True)  # noqa: T201  # whoever started this waits for it
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main)
