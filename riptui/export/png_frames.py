"""Frames as PNGs in a folder, numbered so that they sort: 00000.png is the original."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui.errors import DiskError, InputError
from riptui.export.files import OnExportProgress, ignore_progress, require_parent, staging_folder
from riptui.filesystem import free_bytes
from riptui.images import encode_png
from riptui.store import layout
from riptui.store.disk import read_file
from riptui.store.disk_errors import explain_errors
from riptui.store.frames import read_frames
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_size

MIN_DIGITS = 5  # at least, so that a short and a long trajectory's frames have the same names


def write_frames(
    trajectory: Trajectory,
    folder: Path,
    iterations: Iterable[int] | None = None,
    *,
    overwrite: bool = False,
    on_progress: OnExportProgress = ignore_progress,
) -> list[Path]:
    """Write the frames after `iterations` (all computed ones if None) as lossless PNGs; return their paths.

    The folder is made, but not its parents. All frames appear in it at once, when the last is written, or none.
    With `overwrite` frames of the same number are replaced and everything else in the folder stays.

    Raises InputError: the folder is not empty, or a frame is not computed yet. DiskError: full, read-only ...;
    DamagedError.
    """
    frame_numbers = sorted(set(range(len(trajectory.read_rows()) + 1) if iterations is None else iterations))
    require_folder(folder, overwrite=overwrite)
    require_space(trajectory, folder, len(frame_numbers))
    digits = max(MIN_DIGITS, len(str(trajectory.spec.iterations)))
    with _staged_frames(folder) as staging:
        for done, (k, image) in enumerate(read_frames(trajectory, frame_numbers), start=1):
            with explain_errors(folder):
                (staging / f"{k:0{digits}}.png").write_bytes(encode_png(image))
            on_progress(done, len(frame_numbers))
    return [folder / f"{k:0{digits}}.png" for k in frame_numbers]


def require_folder(folder: Path, *, overwrite: bool) -> None:
    """Raise InputError unless frames can be written here: its parent exists and, without `overwrite`, it is empty."""
    require_parent(folder)
    with explain_errors(folder):
        if folder.is_dir():
            if not overwrite and any(folder.iterdir()):
                raise InputError(f"{folder} is not empty; --overwrite replaces frames in it and keeps the rest")
        elif folder.exists() or folder.is_symlink():
            raise InputError(f"{folder} is a file: name a folder")


def require_space(trajectory: Trajectory, folder: Path, count: int) -> None:
    """Raise DiskError without enough free space. Each frame is estimated as the original's size, an upper bound."""
    needed = count * len(read_file(trajectory.path / layout.ORIGINAL) or b"")
    with explain_errors(folder):
        free = free_bytes(folder)
    if needed > free:
        raise DiskError(
            f"{folder}: {count} frames need about {format_size(needed)} and {format_size(free)} are free: "
            "free some space, choose another disk or export fewer frames"
        )


@contextmanager
def _staged_frames(folder: Path) -> Iterator[Path]:
    """A staging folder whose files move into `folder` on exit; on an error everything is removed."""
    created = not folder.exists()
    try:
        with explain_errors(folder):
            folder.mkdir(exist_ok=True)
        with explain_errors(folder), staging_folder(folder) as staging:
            yield staging
            for file in sorted(staging.iterdir()):
                file.replace(folder / file.name)
    except BaseException:
        if created:
            with suppress(OSError):
                folder.rmdir()
        raise
