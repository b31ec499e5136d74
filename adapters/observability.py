"""Logs what happens, through structlog: one entry for each advance, with names and a duration and nothing else."""

import re
from typing import Protocol

import structlog

from authsteps.engine.ports import Observation

__all__ = ["StructlogObserver"]

_UNSAFE = re.compile(r"[^A-Za-z0-9_.:-]")
_LONGEST_NAME = 80


class _Logger(Protocol):
    """What is used of a structlog logger."""

    def info(self, event: str, **values: object) -> object: ...

    def warning(self, event: str, **values: object) -> object: ...


class StructlogObserver:
    """Writes one log entry for each advance; a failure is a warning.

    An entry has ``flow``, ``run_id``, ``from_state``, ``flow_event``, ``to_state``, ``outstanding``, ``failure`` and
    ``duration_ms``. No payload ever reaches it, and a name that came over the wire is cut down to harmless characters,
    so that it cannot forge an entry.

    Args:
        logger: The structlog logger to write to; one called ``authsteps`` if none is given.
    """

    def __init__(self, logger: _Logger | None = None) -> None:
        self._logger: _Logger = logger if logger is not None else structlog.get_logger("authsteps")

    def advanced(self, observation: Observation) -> None:
        """Write the entry."""
        write = self._logger.info if observation.failure is None else self._logger.warning
        write(
            "flow advanced",
            flow=observation.flow,
            run_id=observation.run_id,
            from_state=observation.source,
            flow_event=observation.event,
            to_state=observation.target,
            outstanding=observation.outstanding,
            failure=_harmless(observation.failure),
            duration_ms=round(observation.took.total_seconds() * 1000, 3),
        )


def _harmless(name: str | None) -> str | None:
    return _UNSAFE.sub("?", name)[:_LONGEST_NAME] if name is not None else None
