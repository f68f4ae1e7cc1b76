"""What a plan will take, from what was computed here before: inpaintings, time, room on disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from riptui.errors import RiptuiError
from riptui.plan import Sweep
from riptui.spec import HALF, iterations_at
from riptui.store.trajectory import Trajectory

BYTES = 1.5  # a pixel of a photograph as PNG: 400 % of 512 px make 5 MB
NEWEST = 64  # rows of a trajectory that say how fast it is: the device may be another than at its beginning
ENOUGH = 5  # trajectories of one mask size


@dataclass(frozen=True)
class Pace:
    """How fast an inpainter was."""

    seconds: float
    """Of an iteration, all trajectories of the batch together."""
    batch: int
    """Trajectories at a time."""


@dataclass(frozen=True)
class Forecast:
    """What a plan comes to."""

    trajectories: int
    inpaintings: int
    bytes: int
    """On disk, about."""
    seconds: float | None
    """With one worker, about; None: nothing like it was computed here yet."""


def paces(trajectories: Iterable[Trajectory], inpainter: str, size: int) -> dict[int, Pace]:
    """How fast an inpainter was at a frame size, by mask size, from the first few trajectories of each that tell."""
    found: dict[int, list[Pace]] = {}
    for trajectory in trajectories:
        try:
            spec = trajectory.spec
            if (spec.inpainter, spec.size) != (inpainter, size) or len(found.get(spec.mask, [])) >= ENOUGH:
                continue
            rows = trajectory.rows()[-NEWEST:]
            batches = {session.session: session.batch for session in trajectory.sessions()}
        except RiptuiError:
            continue
        if rows:
            batch = max(1, batches.get(rows[-1].session, 1))
            found.setdefault(spec.mask, []).append(Pace(median(row.seconds for row in rows), batch))
    return {mask: sorted(several, key=lambda pace: pace.seconds)[len(several) // 2] for mask, several in found.items()}


def forecast(sweep: Sweep, pictures: int, known: Mapping[int, Pace]) -> Forecast:
    """What the trajectories of so many pictures take, given the paces of the sweep's inpainter by mask size.

    A mask size that was never computed is taken to be as fast as the one nearest to it.
    """
    each = pictures * len(sweep.seeds) * len(sweep.inpainters)
    inpaintings, seconds, room = 0, 0.0, 0.0
    for mask in sweep.masks:
        iterations = iterations_at(sweep.amount, (sweep.size // mask) ** 2)
        inpaintings += each * iterations
        keyframes = sweep.amount / HALF + 1
        room += each * sweep.size**2 * BYTES * (sweep.amount / 100 + keyframes)
        if known:
            pace = known[min(known, key=lambda one: abs(one - mask))]
            seconds += each * iterations * pace.seconds / min(pace.batch, each)
    return Forecast(each * len(sweep.masks), inpaintings, round(room), seconds if known else None)
