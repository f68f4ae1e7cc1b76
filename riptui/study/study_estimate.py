"""What a study will take, before anything runs: trajectories, iterations, time, disk space. Opens no picture."""

from dataclasses import dataclass
from pathlib import Path

from riptui.errors import StudyError
from riptui.filesystem import free_bytes
from riptui.planning.estimate import estimate_sweeps, time_iterations
from riptui.store.listing import find_trajectories
from riptui.study import manifest, sources
from riptui.study.hub_dataset import is_dataset_row
from riptui.study.sources import StudyPictures
from riptui.study.study_file import Study
from riptui.supervision.progress import ProgressTracker


@dataclass(frozen=True)
class StudyEstimate:
    """The keys of `riptui study plan --json`, but for the file and the folder."""

    pictures: int
    missing: tuple[Path, ...]
    """Pictures that do not exist."""
    unfetched: tuple[str, ...]
    """Datasets that are not on this machine; they are assumed to hold at least the sample."""
    notices: tuple[str, ...]
    """What a person should know about the sweeps, and how the pictures were found."""
    trajectories: int
    existing: int
    """How many of them exist, as far as the manifest knows."""
    iterations: int
    """Of all trajectories."""
    done: int
    """Iterations that are on disk."""
    hours: float | None
    """For the rest, on one device; None: unknown, because a model never ran here with these settings."""
    room: int
    """Bytes on disk for the rest."""
    free: int
    """Bytes free on the disk."""


def estimate_study(study: Study) -> StudyEstimate:
    """Raises StudyError if an entry of `images` matches no picture, or none of the pictures exists; DiskError."""
    unfetched = tuple(str(dataset.name) for dataset in sources.list_unfetched(study))
    found = StudyPictures() if unfetched and study.sample else sources.preview(study)
    paths = found.paths
    previous = manifest.read(study)
    missing = tuple(path for path in paths if not (path.is_file() or is_dataset_row(path)))
    if paths and len(missing) == len(paths) and not previous:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise StudyError(f"{study.file}: images: {missing[0]} does not exist{more}: there is no picture to repaint")
    pictures = len(paths) or study.sample or 0
    trajectories = previous.trajectories if previous else {}
    progress = ProgressTracker(study.folder, study.runs, trajectories).poll(full=True)
    existing = sum(progress.statuses.values()) - progress.statuses.get("missing", 0)
    on_disk = find_trajectories(study.runs) if study.runs.is_dir() else ()
    total = estimate_sweeps(study.sweeps, pictures, time_iterations(study.sweeps, on_disk))
    fraction_left = max(0.0, 1 - progress.done / total.iterations)
    return StudyEstimate(
        pictures=pictures,
        missing=missing,
        unfetched=unfetched,
        notices=(*study.notices, *found.notices),
        trajectories=total.trajectories,
        existing=min(existing, total.trajectories),
        iterations=total.iterations,
        done=min(progress.done, total.iterations),
        hours=None if total.seconds is None else fraction_left * total.seconds / 3600,
        room=int(fraction_left * total.disk_bytes),
        free=free_bytes(study.runs),
    )
