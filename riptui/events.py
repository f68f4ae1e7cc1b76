"""Events of a trajectory: from the engine as they happen, or from a monitor that reads the disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riptui.errors import HeldError, RiptuiError
from riptui.store.lock import LockHolder
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory


@dataclass(frozen=True)
class Started:
    """The trajectory is claimed; iterations up to k are intact."""

    k: int
    damage: Sequence[str] = ()
    """What was damaged on disk and is computed again, a sentence each. A monitor does not see it."""


@dataclass(frozen=True)
class Iterated:
    """An iteration is committed: durable on disk."""

    row: IterationRow


@dataclass(frozen=True)
class Measured:
    """The metric values of a frame are saved."""

    k: int
    values: Mapping[str, float | None]


@dataclass(frozen=True)
class Ended:
    """The trajectory left the batch without an error: done, paused, stopped, or out of memory."""

    k: int
    done: bool


@dataclass(frozen=True)
class Failed:
    """The trajectory left the batch with an error. Its folder records it, unless it is a SpecError or a StoreError."""

    error: RiptuiError


@dataclass(frozen=True)
class HeldByOther:
    """The trajectory was skipped: another process is running it and has committed k iterations."""

    k: int
    holder: LockHolder | None
    error: HeldError


@dataclass(frozen=True)
class Notice:
    """A message for the user that is not an error."""

    text: str


@dataclass(frozen=True)
class Loading:
    """A worker is loading the inpainter. Only from a monitor."""

    inpainter: str


@dataclass(frozen=True)
class StepDone:
    """`step` of the `steps` denoising steps of iteration k+1 are done. Only from a monitor."""

    k: int
    step: int
    steps: int


Event = Started | Iterated | Measured | Ended | Failed | HeldByOther | Notice | Loading | StepDone
TrajectoryEvent = tuple[Trajectory, Event]
