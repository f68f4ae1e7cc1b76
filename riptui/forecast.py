"""What a plan will take, from what was computed here before: inpaintings, time, room on disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from riptui.errors import RiptuiError
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory
from riptui.sweep import Sweep

PATCH = 2.0  # bytes a repainted pixel; measured on photographs: 1.8-2.1 MB for 400 % of 512 x 512
FRAME = 1.8  # bytes a pixel of a whole frame
ROW = 300  # bytes
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
    inpaintings, seconds, bytes = 0, 0.0, 0.0
    for spec in replace(sweep, inpainters=sweep.inpainters[:1], seeds=sweep.seeds[:1]).specs("", "0" * 64, "0" * 64):
        inpaintings += each * spec.iterations
        bytes += each * room(spec)
        if known:
            pace = known[min(known, key=lambda mask: abs(mask - spec.mask))]
            seconds += each * spec.iterations * pace.seconds / min(pace.batch, each)
    return Forecast(each * len(sweep.masks), inpaintings, round(bytes), seconds if known else None)


def room(spec: Spec) -> float:
    """Bytes that a whole trajectory takes on disk, about, of a photograph."""
    pixels = spec.size**2
    repainted = spec.mask**2 * PATCH if spec.paste else pixels * FRAME
    return spec.iterations * (repainted + ROW) + len(spec.halves()) * pixels * FRAME
