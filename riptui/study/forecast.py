"""What a study will take, before anything runs: trajectories, iterations, time, room. Opens no picture."""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from riptui import inpainters
from riptui.errors import RiptuiError
from riptui.forecast import room
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.listing import find, last_row
from riptui.study import manifest, sources
from riptui.study.dataset import is_row
from riptui.study.definition import Study
from riptui.study.progress import Progressing

TRIED = 128  # px
SAVING = 0.005  # seconds an iteration, beside the inpainting
MEASURED = 2000  # trajectories on disk that are looked at for the time an iteration takes


@dataclass(frozen=True)
class Forecast:
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


def forecast(study: Study) -> Forecast:
    """Raises StudyError if the file names pictures that are nowhere; DiskError."""
    unfetched = tuple(one.text for one in sources.unfetched(study))
    paths = [] if unfetched and study.sample else sources.foresee(study)
    pictures = len(paths) or study.sample or 0
    known = manifest.read(study)
    here = known.trajectories if known else {}
    progress = Progressing(study.folder, study.runs, here).look(at_all=True)
    existing = sum(progress.statuses.values()) - progress.statuses.get("missing", 0)
    specs = [spec for sweep in study.sweeps for spec in sweep.specs("", "0" * 64, "0" * 64)]
    iterations = pictures * sum(spec.iterations for spec in specs)
    left = max(0.0, 1 - progress.done / iterations)
    return Forecast(
        pictures=pictures,
        missing=tuple(path for path in paths if not (path.is_file() or is_row(path))),
        unfetched=unfetched,
        trajectories=pictures * len(specs),
        existing=min(existing, pictures * len(specs)),
        iterations=iterations,
        done=min(progress.done, iterations),
        hours=_hours(pictures, specs, study.runs, left),
        room=int(left * pictures * sum(map(room, specs))),
        free=_free(study.runs),
    )


def _hours(pictures: int, specs: Iterable[Spec], runs: Path, left: float) -> float | None:
    """At the speed of what is on disk; what needs no model and was never computed is tried."""
    pace = dict(_paces(runs))
    total = 0.0
    for spec in specs:
        kind = _kind(spec)
        if kind not in pace:
            if inpainters.entry(spec.inpainter).weights:
                return None
            pace[kind] = _tried(spec)
        total += pictures * spec.iterations * pace[kind]
    return left * total / 3600


def _tried(spec: Spec) -> float:
    """Seconds that an inpainting takes, about: of noise, in a square of at most 128 px, for some take long. Raises
    MissingExtraError, InpainterError.
    """
    side = min(spec.mask, TRIED)
    frame = np.random.default_rng(0).integers(0, 256, (1, spec.size, spec.size, 3), dtype=np.uint8)
    mask = np.zeros(frame.shape[:3], bool)
    mask[:, :side, :side] = True
    inpaint = inpainters.load(spec.inpainter, spec.parameters)
    times = []
    for _ in range(2):  # the first one imports
        started = time.perf_counter()
        inpaint(frame, mask, seeds=[0], on_step=lambda step, steps: None)
        times.append(time.perf_counter() - started)
    return min(times) * (spec.mask / side) ** 2 + SAVING


def _paces(runs: Path) -> Iterator[tuple[tuple[object, ...], float]]:
    """Seconds an iteration by inpainter, parameters, size and mask, from the last row of trajectories on disk."""
    found: dict[tuple[object, ...], list[float]] = {}
    for trajectory in islice(find(runs), MEASURED) if runs.is_dir() else ():
        with suppress(RiptuiError):
            if row := last_row(f"{trajectory.path}/{layout.ROWS}"):
                batch = next((one.batch for one in trajectory.sessions() if one.session == row.session), 1)
                found.setdefault(_kind(trajectory.spec), []).append(row.seconds / max(1, batch))
    for kind, seconds in found.items():
        yield kind, sorted(seconds)[len(seconds) // 2]


def _kind(spec: Spec) -> tuple[object, ...]:
    return spec.inpainter, tuple(sorted(spec.parameters.items(), key=lambda one: one[0])), spec.size, spec.mask


def _free(runs: Path) -> int:
    there = next(folder for folder in (runs, *runs.parents) if folder.exists())
    return shutil.disk_usage(there).free
