"""Frames as PNGs in a folder, numbered so that they sort: 00000.png is the original."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riptui.errors import DiskError, InputError
from riptui.export.target import OnProgress, require_parent, temporary_in, unheard
from riptui.images import to_png
from riptui.store import layout
from riptui.store.disk import explained, read_file
from riptui.store.frames import frames
from riptui.store.trajectory import Trajectory
from riptui.wording import sized

DIGITS = 5  # at least, so that a short and a long trajectory's frames have the same names


def frames_to(
    trajectory: Trajectory,
    folder: Path,
    at: Iterable[int] | None = None,
    *,
    overwrite: bool = False,
    on_progress: OnProgress = unheard,
) -> list[Path]:
    """Write the frames after iterations `at` (all computed ones if None) as lossless PNGs; return their paths.

    The folder is made, but not its parents. All frames appear in it at once, when the last is written, or none.
    With `overwrite` frames of the same number are replaced and everything else in the folder stays.

    Raises InputError: the folder is not empty, or a frame is not computed yet. DiskError: full, read-only ...;
    DamagedError.
    """
    wanted = sorted(set(range(len(trajectory.rows()) + 1) if at is None else at))
    _require_folder(folder, overwrite)
    _require_space(trajectory, folder, len(wanted))
    digits = max(DIGITS, len(str(trajectory.spec.iterations)))
    with _all_at_once(folder) as staging:
        for done, (k, image) in enumerate(frames(trajectory, wanted), start=1):
            with explained(folder):
                (staging / f"{k:0{digits}}.png").write_bytes(to_png(image))
            on_progress(done, len(wanted))
    return [folder / f"{k:0{digits}}.png" for k in wanted]


def _require_folder(folder: Path, overwrite: bool) -> None:
    require_parent(folder)
    with explained(folder):
        if folder.is_dir():
            if not overwrite and any(folder.iterdir()):
                raise InputError(f"{folder} is not empty; --overwrite replaces frames in it and keeps the rest")
        elif folder.exists() or folder.is_symlink():
            raise InputError(f"{folder} is a file: name a folder")


def _require_space(trajectory: Trajectory, folder: Path, count: int) -> None:
    """Repainted frames are smoother than the original, and smaller: it is the estimate for each."""
    needed = count * len(read_file(trajectory.path / layout.ORIGINAL) or b"")
    with explained(folder):
        free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if needed > free:
        raise DiskError(
            f"{folder}: {count} frames need about {sized(needed)} and {sized(free)} are free: "
            "free some space, choose another disk or export fewer frames"
        )


@contextmanager
def _all_at_once(folder: Path) -> Iterator[Path]:
    """A folder to write to. In the end its files move up; on an error no trace is left."""
    staging = temporary_in(folder)
    made = not folder.exists()
    try:
        with explained(folder):
            folder.mkdir(exist_ok=True)
            staging.mkdir()
        yield staging
        with explained(folder):
            for file in sorted(staging.iterdir()):
                file.replace(folder / file.name)
            staging.rmdir()
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        if made:
            with suppress(OSError):
                folder.rmdir()
        raise
