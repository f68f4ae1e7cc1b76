"""What a study will take, before anything runs: trajectories, iterations, time, room. Opens no picture."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from riptui import inpainters
from riptui.errors import RiptuiError
from riptui.filesystem import free_bytes
from riptui.planning.estimate import disk_bytes
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.listing import find_trajectories, read_last_row
from riptui.study import manifest, sources
from riptui.study.hub_dataset import is_dataset_row
from riptui.study.study_file import Study
from riptui.supervision.progress import ProgressTracker

MAX_BENCHMARK_PX = 128  # px
SAVING_SECONDS = 0.005  # seconds an iteration, beside the inpainting
MAX_TIMED_TRAJECTORIES = 2000  # trajectories on disk that are looked at for the time an iteration takes


@dataclass(frozen=True)
class StudyEstimate:
    pictures: int
    missing: tuple[Path, ...]
    """Pictures that are not there."""
    unfetched: tuple[str, ...]
    """Datasets that were never here; the sample is taken to be found in them."""
    trajectories: int
    existing: int
    """Of them; as far as the manifest knows."""
    iterations: int
    """Of all of them: inpaintings."""
    done: int
    """Iterations that are on disk already."""
    hours: float | None
    """On one device, for what is not done; None: a model is in it whose speed here is not known."""
    room: int
    """Bytes that the rest will take."""
    free: int
    """Bytes that the disk has left."""


def estimate_study(study: Study) -> StudyEstimate:
    """Raises StudyError if the file names pictures that are nowhere; DiskError."""
    unfetched = tuple(dataset.text for dataset in sources.list_unfetched(study))
    paths = [] if unfetched and study.sample else sources.preview(study)
    pictures = len(paths) or study.sample or 0
    previous = manifest.read(study)
    trajectories = previous.trajectories if previous else {}
    progress = ProgressTracker(study.folder, study.runs, trajectories).poll(full=True)
    existing = sum(progress.statuses.values()) - progress.statuses.get("missing", 0)
    specs = [spec for sweep in study.sweeps for spec in sweep.specs("", "0" * 64, "0" * 64)]
    iterations = pictures * sum(spec.iterations for spec in specs)
    fraction_left = max(0.0, 1 - progress.done / iterations)
    return StudyEstimate(
        pictures=pictures,
        missing=tuple(path for path in paths if not (path.is_file() or is_dataset_row(path))),
        unfetched=unfetched,
        trajectories=pictures * len(specs),
        existing=min(existing, pictures * len(specs)),
        iterations=iterations,
        done=min(progress.done, iterations),
        hours=_estimate_hours(pictures, specs, study.runs, fraction_left),
        room=int(fraction_left * pictures * sum(map(disk_bytes, specs))),
        free=free_bytes(study.runs),
    )


def _estimate_hours(pictures: int, specs: Iterable[Spec], runs: Path, fraction_left: float) -> float | None:
    """At the speed of what is on disk; what needs no model and was never computed is tried."""
    seconds = dict(_time_iterations(runs))
    total = 0.0
    for spec in specs:
        key = _timing_key(spec)
        if key not in seconds:
            if inpainters.find_inpainter(spec.inpainter).needs_weights:
                return None
            seconds[key] = _benchmark(spec)
        total += pictures * spec.iterations * seconds[key]
    return fraction_left * total / 3600


def _benchmark(spec: Spec) -> float:
    """Seconds that an inpainting takes, about: of noise, in a square of at most 128 px, for some take long. Raises
    MissingExtraError, InpainterError.
    """
    side = min(spec.mask, MAX_BENCHMARK_PX)
    frame = np.random.default_rng(0).integers(0, 256, (1, spec.size, spec.size, 3), dtype=np.uint8)
    mask = np.zeros(frame.shape[:3], bool)
    mask[:, :side, :side] = True
    inpaint = inpainters.load(spec.inpainter, spec.parameters)
    times = []
    for _ in range(2):  # the first one imports
        started = time.perf_counter()
        inpaint(frame, mask, seeds=[0], on_step=lambda step, steps: None)
        times.append(time.perf_counter() - started)
    return min(times) * (spec.mask / side) ** 2 + SAVING_SECONDS


def _time_iterations(runs: Path) -> Iterator[tuple[tuple[object, ...], float]]:
    """Seconds an iteration by inpainter, parameters, size and mask, from the last row of trajectories on disk."""
    found: dict[tuple[object, ...], list[float]] = {}
    for trajectory in islice(find_trajectories(runs), MAX_TIMED_TRAJECTORIES) if runs.is_dir() else ():
        with suppress(RiptuiError):
            if row := read_last_row(f"{trajectory.path}/{layout.ROWS}"):
                batch = next(
                    (session.batch for session in trajectory.read_sessions() if session.session == row.session), 1
                )
                found.setdefault(_timing_key(trajectory.spec), []).append(row.seconds / max(1, batch))
    for key, seconds in found.items():
        yield key, sorted(seconds)[len(seconds) // 2]


def _timing_key(spec: Spec) -> tuple[object, ...]:
    return spec.inpainter, tuple(sorted(spec.parameters.items(), key=lambda item: item[0])), spec.size, spec.mask
