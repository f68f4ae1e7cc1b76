"""What is told of a trajectory: by the engine as it happens, and by `following` as the disk shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riptui.errors import HeldError, RiptuiError
from riptui.store.lock import LockHolder
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory


@dataclass(frozen=True)
class Started:
    """The trajectory is claimed and whole up to iteration k."""

    k: int
    damage: Sequence[str] = ()
    """What was committed, was no longer right and is computed again; a sentence each. From outside it is not seen."""


@dataclass(frozen=True)
class Iterated:
    """An iteration is committed."""

    row: IterationRow


@dataclass(frozen=True)
class Measured:
    """A frame's distances are saved."""

    k: int
    values: Mapping[str, float | None]


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
class HeldByOther:
    """Another process computes it and has committed k iterations, so it was left alone."""

    k: int
    holder: LockHolder | None
    error: HeldError


@dataclass(frozen=True)
class Notice:
    """Something to know that is no failure."""

    text: str


@dataclass(frozen=True)
class Loading:
    """A worker loads the inpainter. Only seen from outside."""

    inpainter: str


@dataclass(frozen=True)
class StepDone:
    """So many denoising steps of iteration k+1 are done. Only seen from outside."""

    k: int
    step: int
    steps: int


Event = Started | Iterated | Measured | Ended | Failed | HeldByOther | Notice | Loading | StepDone
TrajectoryEvent = tuple[Trajectory, Event]
