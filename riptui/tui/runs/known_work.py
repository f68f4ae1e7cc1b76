"""What is known of the work on a trajectory, beside its status: whether its worker gives signs, when its turn comes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.text.units import format_duration, format_silence

if TYPE_CHECKING:  # the cost of what waits, not needed for the first paint
    from riptui.supervision.queue_listing import ListedQueue, WaitingTrajectory


@dataclass(frozen=True)
class KnownWork:
    """For one trajectory."""

    silent: int = 0
    """For how many seconds its worker has given no sign."""
    skipped: str = ""
    """Why a worker left it out."""
    has_workers: bool = True
    """Whether any worker runs that could take it."""
    waiting: "WaitingTrajectory | None" = None
    """Its place in the queue; None: not queued, or not known yet."""

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for something that is not going to happen by itself."""
        return bool(self.skipped or not self.has_workers or (self.waiting and self.waiting.reason))


NOTHING_KNOWN = KnownWork()


def find_place(queue: "ListedQueue", folder: Path) -> "WaitingTrajectory | None":
    """The place of a trajectory in the queue, by its resolved folder; None if it does not wait."""
    return next((waiting for waiting in queue.lines if waiting.queued.trajectory.path == folder), None)


def describe_queued(work: KnownWork) -> str:
    """queued 3rd, in about 12 min; or why it does not start."""
    waiting = work.waiting
    place = "" if waiting is None else " next" if waiting.position == 1 else f" {ordinal(waiting.position)}"
    if reason := work.skipped or (waiting.reason if waiting is not None else ""):
        return f"queued{place}: {reason}"
    if not work.has_workers:
        return f"queued{place}, but no worker runs"
    if waiting is None or waiting.starts_in is None:
        return f"queued{place}"
    return f"queued{place}, in {format_duration(waiting.starts_in)}"


def describe_running(work: KnownWork) -> str:
    """running; or that its worker gives no sign, so that it may no longer be true."""
    return format_silence(work.silent) if work.silent else "running"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
