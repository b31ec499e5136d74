"""The options that several commands share, and what they amount to."""

import os
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, TypeAlias

import attrs
import typer

from authsteps.adapters.cognito import CognitoBackend
from authsteps.flows import AuthFlow, FactorType

from .factors import first_factors
from .keeping import Kept
from .scenarios import SCENARIOS, Scenario, Story
from .sign_in import Beginning

__all__ = [
    "ATTEMPT",
    "VALUES",
    "ClientId",
    "EndpointUrl",
    "Fake",
    "Flow",
    "Json",
    "Prefer",
    "RealPool",
    "Region",
    "UserPoolId",
    "Username",
    "beginning",
    "explained",
    "pairs",
    "pool_options",
]

_POOL = "The pool"
ATTEMPT = "The sign-in"

UserPoolId: TypeAlias = Annotated[
    str | None,
    typer.Option(
        envvar="AUTHSTEPS_USER_POOL_ID",
        help="A real pool, such as eu-west-1_AbCdEf123. Without it a fake one is made.",
        rich_help_panel=_POOL,
    ),
]
ClientId: TypeAlias = Annotated[
    str | None, typer.Option(envvar="AUTHSTEPS_CLIENT_ID", help="The pool's app client.", rich_help_panel=_POOL)
]
Region: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Where the pool is, if its id does not begin with that.", rich_help_panel=_POOL),
]
EndpointUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        envvar="AUTHSTEPS_ENDPOINT_URL",
        help="Where to connect, for a pool that is not AWS's.",
        rich_help_panel=_POOL,
    ),
]
Fake: TypeAlias = Annotated[
    Scenario | None,
    typer.Option(
        help="What to try on a fake pool; password if it is not given.",
        metavar="SCENARIO",
        rich_help_panel=_POOL,
    ),
]
Username: TypeAlias = Annotated[
    str | None, typer.Option(help="Who signs in; asked for if it is not given.", rich_help_panel=ATTEMPT)
]
Flow: TypeAlias = Annotated[
    AuthFlow | None,
    typer.Option(
        help="How to begin; USER_SRP_AUTH if it is not given.",
        metavar="FLOW",
        case_sensitive=False,
        rich_help_panel=ATTEMPT,
    ),
]
Prefer: TypeAlias = Annotated[
    FactorType | None,
    typer.Option(
        help="The first factor to begin with. It means USER_AUTH.",
        metavar="FACTOR",
        case_sensitive=False,
        rich_help_panel=ATTEMPT,
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

_FLOWS = {
    AuthFlow.USER_SRP_AUTH: "the password, proved and never sent",
    AuthFlow.USER_PASSWORD_AUTH: "the password, sent over TLS",
    AuthFlow.CUSTOM_AUTH_WITH_SRP: "the password, proved, and then the pool's own challenges",
    AuthFlow.CUSTOM_AUTH_WITHOUT_SRP: "the pool's own challenges",
    AuthFlow.USER_AUTH: "a choice of first factors",
}


def explained(title: str, names: Mapping[str, str]) -> str:
    """Return what names mean, for the end of a help text: a line for each, or several in a terminal of 80 columns."""
    width = max(map(len, names)) + 4
    lines = [
        textwrap.fill(f"  {name:<{width - 2}}{meaning}", 78, subsequent_indent=" " * width, break_on_hyphens=False)
        for name, meaning in names.items()
    ]
    return "\n".join([f"[bold]{title}[/bold]", *lines])


VALUES = "\n".join(
    [
        explained("SCENARIO", {scenario.value: story.title for scenario, story in SCENARIOS.items()}),
        explained("FLOW", {flow.value: meaning for flow, meaning in _FLOWS.items()}),
        explained("FACTOR", {choice.name: choice.title for choice in first_factors(FactorType)}),
    ]
)
"""What the options of a sign-in can be, for the end of a help text."""


@attrs.frozen
class RealPool:
    """An app client of a pool that somebody named."""

    user_pool_id: str
    client_id: str
    region: str | None
    endpoint_url: str | None

    @property
    def kept(self) -> Kept:
        """Where its sessions are kept."""
        return Kept.at(self.user_pool_id, self.client_id, self.endpoint_url)

    def connect(self) -> AbstractAsyncContextManager[CognitoBackend]:
        """Connect to it. The client's secret, if it has one, comes from the environment."""
        return CognitoBackend.connect(
            user_pool_id=self.user_pool_id,
            client_id=self.client_id,
            client_secret=os.environ.get("AUTHSTEPS_CLIENT_SECRET"),
            region=self.region,
            endpoint_url=self.endpoint_url,
        )


def pool_options(
    user_pool_id: str | None, client_id: str | None, region: str | None, endpoint_url: str | None, fake: Scenario | None
) -> RealPool | Story:
    """Return the pool that the options mean.

    Raises:
        typer.BadParameter: They mean none.
    """
    if fake is not None and (user_pool_id or client_id):
        raise typer.BadParameter(
            "--fake has no place beside a real pool, which the options name, or AUTHSTEPS_USER_POOL_ID and the like"
        )
    if user_pool_id and client_id:
        return RealPool(user_pool_id, client_id, region, endpoint_url)
    if user_pool_id or client_id:
        raise typer.BadParameter("--user-pool-id and --client-id go together")
    return SCENARIOS[fake or Scenario.PASSWORD]


def beginning(pool: RealPool | Story, flow: AuthFlow | None, preferred: FactorType | None) -> Beginning:
    """Return how to begin: as somebody said, or as the story goes, or with SRP."""
    if flow is not None:
        return Beginning(flow, preferred)
    if preferred is not None:
        return Beginning(AuthFlow.USER_AUTH, preferred)
    return Beginning(pool.flow) if isinstance(pool, Story) else Beginning()


def pairs(values: Sequence[str]) -> dict[str, str]:
    """Return texts by name, from NAME=VALUE.

    Raises:
        typer.BadParameter: One has no name, or no equals sign.
    """
    split = [value.partition("=") for value in values]
    if not all(name and equals for name, equals, _ in split):
        raise typer.BadParameter("give NAME=VALUE, such as name=Alice")
    return {name: text for name, _, text in split}
