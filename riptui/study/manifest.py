"""The manifest of a study: a JSON file in its group's folder, replaced atomically.

It lists the pictures with their hashes, so that later changes are noticed, and the trajectories of each picture, so
that they are found without searching the runs folder.
"""

import os
from pathlib import Path

import msgspec

from riptui.errors import DamagedError
from riptui.spec import Sha256, SquareSource
from riptui.store.disk import Folder, make_folders_inside, read_file
from riptui.store.names import is_name
from riptui.store.records import UNREADABLE
from riptui.study.study_file import Study

FORMAT = 1
MAX_BYTES = 2**28  # bytes; 10,000 trajectories take about 1 MB


class SourceRecord(msgspec.Struct, frozen=True):
    """A source image as it was when its trajectories were created."""

    path: str
    """Absolute."""
    sha256: Sha256
    """Of the file's bytes."""
    size: int
    """Bytes."""
    changed: int
    """Modification time in ns since 1970. A file with the same time and size is not read again."""
    originals: dict[str, Sha256] = {}
    """The hash of frame 0's pixels for each size and fit, e.g. "512 bands"."""
    trajectories: dict[str, int] = {}
    """The number of iterations of each, by its path below the group's folder."""


class Manifest(msgspec.Struct, frozen=True):
    """`GROUP/NAME.study.json`"""

    file: str
    """The study file."""
    text: str
    """Its content."""
    expected: int
    """Trajectories when all of them are created."""
    pictures: tuple[SourceRecord, ...] = ()
    squares: SquareSource = "shared"
    """Those of a study file that does not name them: shared if the study was begun before there was a choice."""
    format: int = FORMAT

    @property
    def trajectories(self) -> dict[str, int]:
        """The trajectories of all pictures, as in SourceRecord."""
        return {path: count for picture in self.pictures for path, count in picture.trajectories.items()}


SUFFIX = ".study.json"
"""How the name of a manifest's file ends."""


def manifest_file(study: Study) -> Path:
    return study.folder / f"{study.name}{SUFFIX}"


def read(study: Study) -> Manifest | None:
    """The manifest of a study; None if it was never run. Raises DamagedError, DiskError."""
    return load(manifest_file(study))


def load(path: Path) -> Manifest | None:
    """The manifest in a file; None if there is no file. Raises DamagedError, DiskError."""
    data = read_file(path, MAX_BYTES)
    if data is None:
        return None
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except UNREADABLE as error:
        raise DamagedError(
            f"{path} is not readable ({error}): delete it, and `riptui study run` writes it again"
        ) from error
    for place in manifest.trajectories:
        if not all(is_name(part) for part in place.split("/")):
            raise DamagedError(
                f"{path} names a trajectory outside the study's folder ({place}): somebody else may have written it. "
                "Delete it, and `riptui study run` writes it again"
            )
    return manifest


def write(study: Study, manifest: Manifest) -> None:
    """Raises DiskError."""
    root = Path(os.path.realpath(study.runs))
    folder = root / study.group
    make_folders_inside(root, folder)
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    with Folder(folder) as opened:
        opened.write_atomically(manifest_file(study).name, data, shared=True)
