"""What work will take: iterations, time on one device, disk space. Learnt from what was computed here before.

The time of an iteration comes from trajectories on disk with the same settings. An inpainter without weights that never
ran with them is timed in a short trial; a model that never ran is not loaded for this, and its time is unknown.
"""

import re
import time
from collections.abc import Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from statistics import median

import numpy as np

from riptui import inpainters
from riptui.errors import RiptuiError
from riptui.planning.scheduled_work import work_after, work_of
from riptui.planning.sweep import Sweep
from riptui.spec import Spec
from riptui.store.layout import ROWS
from riptui.store.listing import mtime_ns
from riptui.store.records import Session
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_duration, format_size

PATCH_BYTES = 2.0  # bytes per repainted pixel; measured on photographs: 1.8-2.1 MB for 400 % of 512 x 512
FRAME_BYTES = 1.8  # bytes per pixel of a whole frame
ROW_BYTES = 300  # bytes

SAVING_SECONDS = 0.005  # seconds to save an iteration, which overlaps with the next one
MAX_SCANNED_TRAJECTORIES = 2000  # trajectories on disk whose settings are read
MAX_TIMED_TRAJECTORIES = 5  # trajectories with the same settings whose rows are read, the newest ones
MAX_TIMED_ROWS = 64  # rows per trajectory, the newest ones
TRIAL_CALLS = 3  # the fastest counts: other processes slow the rest down
MAX_TRIAL_SECONDS = 1.0  # seconds after which no further call is made
MAX_TRIAL_PX = 64  # px; telea with radius 60 takes 2 s there, and about 40 s at 256 px

PARAMETERS_WITHOUT_COST = {
    "prompt",
    "negative_prompt",
    "embedding",
    "revision",
    "allow_pickle",
    "prompt_syntax",
    "weights",
}

CostKey = Hashable
"""Specs with equal keys take equally long per iteration on the same device."""


@dataclass(frozen=True)
class IterationTime:
    """How long one iteration of a batch took, at the steps of its spec's parameters."""

    seconds: float
    """For all trajectories of the batch together."""
    batch: int = 1
    """Trajectories in it."""

    def per_trajectory(self, trajectories: int) -> float:
        """Seconds per iteration of one trajectory, if so many are computed together."""
        return max(self.seconds / min(self.batch, trajectories), SAVING_SECONDS)


IterationTimes = Mapping[CostKey, IterationTime]


@dataclass(frozen=True)
class Estimate:
    """What some sweeps will take, all trajectories from their first iteration."""

    trajectories: int
    iterations: int
    seconds: float | None
    """On one device; None: unknown."""
    disk_bytes: int


def estimate_sweeps(sweeps: Iterable[Sweep], pictures: int, times: IterationTimes) -> Estimate:
    """Add up the trajectories of so many pictures. `times`: from `time_iterations` for the same sweeps."""
    trajectories, iterations, seconds, total_bytes = 0, 0, 0.0, 0.0
    unknown = False
    for sweep in sweeps:
        copies = pictures * len(sweep.seeds)
        for spec in specs_without_seeds(sweep):
            trajectories += copies
            iterations += copies * spec.iterations
            total_bytes += copies * disk_bytes(spec)
            if found := times.get(cost_key(spec)):
                seconds += copies * work_after(spec) * found.per_trajectory(max(1, copies))
            else:
                unknown = True
    return Estimate(trajectories, iterations, None if unknown else seconds, round(total_bytes))


def specs_without_seeds(sweep: Sweep) -> list[Spec]:
    """The sweep's specs of a picture that is not known yet, with its first seed only: seeds change no cost."""
    return replace(sweep, seeds=sweep.seeds[:1]).specs("", "0" * 64, "0" * 64)


def cost_key(spec: Spec) -> CostKey:
    """What decides the time of an iteration: the inpainter, its parameters, the size and the mask size.

    Of prompts it only matters whether they differ from each other, because equal ones need no guidance. A model
    computes the whole frame, whatever the mask size. Schedules of steps are counted by `work_after`.
    """
    parameters = {key: value for key, value in spec.parameters.items() if key not in PARAMETERS_WITHOUT_COST}
    prompts = spec.scheduled_prompts or (spec.parameters.get("prompt") or "",)
    guided = any(prompt != (spec.parameters.get("negative_prompt") or "") for prompt in prompts)
    info = inpainters.find_inpainter(spec.inpainter)
    mask = 0 if info.needs_weights or info.is_server else spec.mask
    return spec.inpainter, tuple(sorted(parameters.items(), key=lambda item: item[0])), guided, spec.size, mask


def time_iterations(sweeps: Iterable[Sweep], trajectories: Iterable[Trajectory]) -> dict[CostKey, IterationTime]:
    """The time of an iteration for each cost key of the sweeps, from trajectories on disk or from a trial.

    Takes seconds if an inpainter is slow and never ran. The time of a key that the result lacks is unknown.
    """
    specs = {cost_key(spec): spec for sweep in sweeps for spec in specs_without_seeds(sweep)}
    times = times_on_disk(specs, trajectories)
    for key, spec in specs.items():
        info = inpainters.find_inpainter(spec.inpainter)
        if key not in times and not (info.needs_weights or info.program or info.is_server):
            with suppress(RiptuiError):  # an extra is missing, or the inpainter fails: `riptui run` will say so
                times[key] = IterationTime(run_trial(spec))
    return times


def times_on_disk(keys: Collection[CostKey], trajectories: Iterable[Trajectory]) -> dict[CostKey, IterationTime]:
    """The time of an iteration for each of the keys that trajectories on disk were computed with."""
    found: dict[CostKey, list[Trajectory]] = {}
    for trajectory in islice(trajectories, MAX_SCANNED_TRAJECTORIES):
        with suppress(RiptuiError):
            if (key := cost_key(trajectory.spec)) in keys:
                found.setdefault(key, []).append(trajectory)
    return {key: timed for key, same_cost in found.items() if (timed := _typical_time(same_cost))}


def _typical_time(trajectories: Iterable[Trajectory]) -> IterationTime | None:
    """The median over the newest trajectories, on the kind of device that computed the newest of them.

    The first iteration of a session takes longer, because the model warms up: it counts where there is no other.
    """
    timed: list[IterationTime] = []
    warming_up: list[IterationTime] = []
    newest_device = None
    for trajectory in sorted(trajectories, key=lambda item: mtime_ns(f"{item.path}/{ROWS}"), reverse=True):
        try:
            rows = trajectory.read_rows()[-MAX_TIMED_ROWS:]
            sessions = {session.session: session for session in trajectory.read_sessions()}
        except RiptuiError:
            continue
        if not rows or not (session := sessions.get(rows[-1].session)):
            continue
        device = _device_kind(session)
        newest_device = newest_device or device
        if device == newest_device:
            alike = {key for key, other in sessions.items() if _is_alike(other, session)}
            steady = [row for before, row in pairwise(rows) if before.session == row.session and row.session in alike]
            seconds = median(row.seconds / (work_of(trajectory.spec, row.k) or 1) for row in steady or rows[-1:])
            (timed if steady else warming_up).append(IterationTime(seconds, max(1, session.batch)))
        if len(timed) == MAX_TIMED_TRAJECTORIES:
            break
    ranked = sorted(timed or warming_up, key=lambda found: found.seconds / found.batch)
    return ranked[len(ranked) // 2] if ranked else None


def _is_alike(session: Session, other: Session) -> bool:
    """Whether an iteration takes equally long in both."""
    return (_device_kind(session), session.batch) == (_device_kind(other), other.batch)


def _device_kind(session: Session) -> str:
    """The device, whatever its number."""
    return re.sub(r":\d+", "", session.device)


def run_trial(spec: Spec) -> float:
    """Seconds per inpainting: of noise, in a small square, scaled to the mask's area. Raises RiptuiError."""
    side = spec.mask if inpainters.find_inpainter(spec.inpainter).scope == "image" else min(spec.mask, MAX_TRIAL_PX)
    frame = np.random.default_rng(0).integers(0, 256, (1, spec.size, spec.size, 3), dtype=np.uint8)
    inpaint = inpainters.load(spec.inpainter, spec.parameters)
    times: list[float] = []
    for width in (min(side, 8), *[side] * TRIAL_CALLS):  # the first call imports
        mask = np.zeros(frame.shape[:3], bool)
        mask[:, :width, :width] = True
        started = time.perf_counter()
        inpaint(frame, mask, seeds=[0], on_step=lambda step, steps: None)
        times.append(time.perf_counter() - started)
        if sum(times[1:]) > MAX_TRIAL_SECONDS:
            break
    return min(times[1:]) * (spec.mask / side) ** 2


def disk_bytes(spec: Spec) -> float:
    """Bytes on disk of a finished trajectory of a photograph, about."""
    pixels = spec.size**2
    repainted = spec.mask**2 * PATCH_BYTES if spec.paste else pixels * FRAME_BYTES
    return spec.iterations * (repainted + ROW_BYTES) + len(spec.keyframe_iterations()) * pixels * FRAME_BYTES


def describe_time(seconds: float | None) -> str:
    """An estimate of time for people: "about 3 h 20 min", or "time unknown"."""
    return "time unknown" if seconds is None else f"about {format_duration(seconds)}"


def describe_disk_space(size: float) -> str:
    """An estimate of disk space for people: about 52 MB."""
    return f"about {format_size(size)}"
