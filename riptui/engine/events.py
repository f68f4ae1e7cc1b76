"""What the engine tells, each about one trajectory."""

from dataclasses import dataclass

from riptui.errors import HeldError, RiptuiError
from riptui.store.lock import Holder
from riptui.store.records import Row
from riptui.store.survey import Survey
from riptui.store.trajectory import Trajectory


@dataclass(frozen=True)
class Started:
    """The trajectory is claimed and whole up to iteration k."""

    k: int
    found: Survey
    """What was there, and what was wrong with it."""


@dataclass(frozen=True)
class Iterated:
    """An iteration is committed."""

    row: Row


@dataclass(frozen=True)
class Measured:
    """A frame's distances are saved."""

    k: int
    values: dict[str, float]


@dataclass(frozen=True)
class Ended:
    """It has left the bench in order: the amount is reached, or it was asked to leave, or there was no room for it."""

    k: int
    done: bool


@dataclass(frozen=True)
class Failed:
    """It has left the bench with an error, which is recorded in its folder unless that cannot be claimed."""

    error: RiptuiError


@dataclass(frozen=True)
class Elsewhere:
    """Another process computes it and has committed k iterations, so it was left alone."""

    k: int
    holder: Holder | None
    error: HeldError


@dataclass(frozen=True)
class Noted:
    """Something to know that is no failure."""

    text: str


Event = Started | Iterated | Measured | Ended | Failed | Elsewhere | Noted
Told = tuple[Trajectory, Event]
