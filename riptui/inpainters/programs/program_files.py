"""The folder by which riptui and an external program exchange pictures: written, read, and removed after a crash too.

If its owner is killed, its guard ends the program and removes the folder. If the guard is killed too, the next start of
any program does. Two locks show who uses a folder: `owner`, held by the process that made it, and `program`, inherited
by the program.
"""

import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from riptui.arrays import Image, Images, Masks
from riptui.errors import InpainterError
from riptui.filesystem import is_locked
from riptui.inpainters.programs.program_guard import end_marked, guarded
from riptui.inpainters.returned_picture import read_picture

PREFIX = "riptui-program-"
OWNER, PROGRAM, GROUP = "owner", "program", "group"
MIN_UNOWNED_SECONDS = 3600.0  # a folder that has no owner's lock for so long was left while it was being made
MAX_NAMED = 5  # files that an error names


class ExchangeFolder:
    """Pictures and masks for a program, and what it makes of them. The files of picture i have the same name."""

    def __init__(self, path: Path, program_lock: int) -> None:
        self.path = path
        self.images, self.masks, self.outputs = path / "images", path / "masks", path / "outputs"
        self.seeds = path / "seeds.txt"
        self.current_folder = path / "current"
        for folder in (self.images, self.masks, self.outputs, self.current_folder):
            folder.mkdir()
        self.mark = str(path)
        """The value of the environment variable by which the program's processes are found."""
        self.program_lock = program_lock
        """An open file that the program must inherit."""

    def record_group(self, group: int) -> None:
        """Note the process group of the running program."""
        (self.path / GROUP).write_text(str(group))

    def write(self, images: Images, masks: Masks, seeds: Sequence[int], *, white_hole: bool) -> list[str]:
        """Write the inputs; return the files' names. Raises OSError."""
        names = [f"{number:04}.png" for number in range(len(images))]
        for name, image, mask in zip(names, images, masks, strict=True):
            hole = mask if white_hole else ~mask
            PilImage.fromarray(image).save(self.images / name, compress_level=1)
            PilImage.fromarray(hole.astype(np.uint8) * 255).save(self.masks / name, compress_level=1)
        self.seeds.write_text("".join(f"{name} {seed}\n" for name, seed in zip(names, seeds, strict=True)))
        return names

    def read(self, names: Sequence[str], size: int) -> list[Image]:
        """The outputs, uint8 [size, size, 3] each. Raises InpainterError with what is wrong, in a sentence."""
        if self.outputs.is_symlink() or not self.outputs.is_dir():
            raise InpainterError("the folder of the outputs is a link, or gone; it must stay as it was given")
        found = sorted(path.name for path in self.outputs.iterdir())
        files = {name: _find_output(name, found) for name in names}
        if missing := [name for name, file in files.items() if file is None]:
            got = ", ".join(found[:MAX_NAMED]) + (" ..." if len(found) > MAX_NAMED else "")
            raise InpainterError(
                f"it wrote {len(names) - len(missing)} of {len(names)} pictures: no {', '.join(missing[:MAX_NAMED])} "
                f"in the folder of the outputs, which has {got or 'no files'}"
            )
        return [_read_output(self.outputs / file, size) for file in files.values() if file is not None]


@contextmanager
def exchange_folder() -> Iterator[ExchangeFolder]:
    """A new folder in $TMPDIR, which is removed at the end. Raises InpainterError if it cannot be made."""
    try:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        raise InpainterError(
            f"no folder for its pictures can be made in {tempfile.gettempdir()}: {error.strerror}; set TMPDIR"
        ) from error
    locks = []
    try:
        for name in (PROGRAM, OWNER):
            locks.append(_make_lock(path / name))
        with guarded(path):
            yield ExchangeFolder(path, locks[0])
    finally:
        shutil.rmtree(path, ignore_errors=True)
        for lock in locks:
            os.close(lock)


def remove_leftovers() -> None:
    """Remove the folders of processes of this user that were killed, and end the programs that they left running."""
    with suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(PREFIX):
                with suppress(OSError):
                    _remove_if_left(entry)


def _make_lock(path: Path) -> int:
    """An open file that was locked before it had its name, so that nobody ever sees it unlocked."""
    new = path.with_suffix(".new")
    fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    new.rename(path)
    return fd


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    status = entry.stat(follow_symlinks=False)
    if not entry.is_dir(follow_symlinks=False) or status.st_uid != os.geteuid():
        return
    path = Path(entry.path)
    try:
        if is_locked(path / OWNER) is not False:
            return
    except FileNotFoundError:
        if time.time() - status.st_mtime < MIN_UNOWNED_SECONDS:
            return
    with suppress(FileNotFoundError):
        if is_locked(path / PROGRAM):
            _end_program(path)
    end_marked(str(path))
    shutil.rmtree(path, ignore_errors=True)


def _end_program(path: Path) -> None:
    """End the process group that a folder names. One of its processes has the lock, so the number is still its own."""
    with suppress(ValueError, OSError):
        group = int((path / GROUP).read_text())
        if group > 1:
            os.killpg(group, signal.SIGKILL)


def _find_output(name: str, found: Sequence[str]) -> str | None:
    """The file of that name, or the only one whose name begins with it, such as 0003_out.png for 0003.png."""
    if name in found:
        return name
    stem = name.removesuffix(".png")
    similar = [file for file in found if file.startswith(stem)]
    return similar[0] if len(similar) == 1 else None


def _read_output(path: Path, size: int) -> Image:
    if path.is_symlink() or not path.is_file():
        raise InpainterError(f"its output {path.name} is not a file, but a link or a folder; it must be a file")
    return read_picture(path, size, f"its output {path.name}")
