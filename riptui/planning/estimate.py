"""What a plan will take, from what was computed here before: inpaintings, time, room on disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from riptui.errors import RiptuiError
from riptui.planning.sweep import Sweep
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory

PATCH_BYTES = 2.0  # bytes a repainted pixel; measured on photographs: 1.8-2.1 MB for 400 % of 512 x 512
FRAME_BYTES = 1.8  # bytes a pixel of a whole frame
ROW_BYTES = 300  # bytes
MAX_TIMED_ROWS = 64  # rows of a trajectory that say how fast it is: the device may be another than at its beginning
MAX_TIMED_TRAJECTORIES = 5  # trajectories of one mask size


@dataclass(frozen=True)
class Throughput:
    """How fast an inpainter was."""

    seconds: float
    """Of an iteration, all trajectories of the batch together."""
    batch: int
    """Trajectories at a time."""


@dataclass(frozen=True)
class SweepEstimate:
    """What a plan comes to."""

    trajectories: int
    inpaintings: int
    disk_bytes: int
    """On disk, about."""
    seconds: float | None
    """With one worker, about; None: nothing like it was computed here yet."""


def measure_throughput(trajectories: Iterable[Trajectory], inpainter: str, size: int) -> dict[int, Throughput]:
    """How fast an inpainter was at a frame size, by mask size, from the first few trajectories of each that tell."""
    found: dict[int, list[Throughput]] = {}
    for trajectory in trajectories:
        try:
            spec = trajectory.spec
            if (spec.inpainter, spec.size) != (inpainter, size) or len(
                found.get(spec.mask, [])
            ) >= MAX_TIMED_TRAJECTORIES:
                continue
            rows = trajectory.read_rows()[-MAX_TIMED_ROWS:]
            batches = {session.session: session.batch for session in trajectory.read_sessions()}
        except RiptuiError:
            continue
        if rows:
            batch = max(1, batches.get(rows[-1].session, 1))
            found.setdefault(spec.mask, []).append(Throughput(median(row.seconds for row in rows), batch))
    return {
        mask: sorted(throughputs, key=lambda throughput: throughput.seconds)[len(throughputs) // 2]
        for mask, throughputs in found.items()
    }


def estimate_sweep(sweep: Sweep, pictures: int, throughputs: Mapping[int, Throughput]) -> SweepEstimate:
    """What the trajectories of so many pictures take, given the paces of the sweep's inpainter by mask size.

    A mask size that was never computed is taken to be as fast as the one nearest to it.
    """
    per_mask = pictures * len(sweep.seeds) * len(sweep.inpainters)
    inpaintings, seconds, total_bytes = 0, 0.0, 0.0
    for spec in replace(sweep, inpainters=sweep.inpainters[:1], seeds=sweep.seeds[:1]).specs("", "0" * 64, "0" * 64):
        inpaintings += per_mask * spec.iterations
        total_bytes += per_mask * disk_bytes(spec)
        if throughputs:
            throughput = throughputs[min(throughputs, key=lambda mask: abs(mask - spec.mask))]
            seconds += per_mask * spec.iterations * throughput.seconds / min(throughput.batch, per_mask)
    return SweepEstimate(per_mask * len(sweep.masks), inpaintings, round(total_bytes), seconds if throughputs else None)


def disk_bytes(spec: Spec) -> float:
    """Bytes that a whole trajectory takes on disk, about, of a photograph."""
    pixels = spec.size**2
    repainted = spec.mask**2 * PATCH_BYTES if spec.paste else pixels * FRAME_BYTES
    return spec.iterations * (repainted + ROW_BYTES) + len(spec.keyframe_iterations()) * pixels * FRAME_BYTES
