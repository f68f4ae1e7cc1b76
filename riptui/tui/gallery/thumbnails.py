"""Read small pictures of many trajectories. For one thread; no Textual."""

from pathlib import Path
from typing import NamedTuple

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.store import frames
from riptui.store.frame_reader import FrameReader
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.tui.trajectory.loader import FrameImage, shrink_image

OPEN_READERS = 4  # a row of pictures is often of one trajectory
READER_CACHE_BYTES = 2**20


class ThumbnailKey(NamedTuple):
    """Which picture: a trajectory's folder, the digest of its spec, and the frame."""

    path: str
    digest: str
    k: int


class ThumbnailReader:
    """Reads frames reduced by a whole factor."""

    def __init__(self) -> None:
        self._readers: dict[tuple[str, str], FrameReader] = {}  # the one that was used last is last

    def read(self, key: ThumbnailKey, min_pixels: int) -> FrameImage:
        """The frame, at least `min_pixels` on each side if it has so many, or why there is none."""
        try:
            image = self._read_frame(key)
        except RiptuiError as error:
            return FrameImage(key.k, None, printable(str(error).replace(f"{key.path}/", "")))
        return FrameImage(key.k, shrink_image(image, min_pixels))

    def _read_frame(self, key: ThumbnailKey) -> Image:
        reader = self._open(key)
        if 0 < key.k <= len(reader.rows):  # most are keyframes, a third of the work
            keyframe = frames.read_keyframe(reader.trajectory, reader.rows[key.k - 1])
            if keyframe is not None:
                return keyframe
        return reader.frame(key.k)

    def _open(self, key: ThumbnailKey) -> FrameReader:
        name = key.path, key.digest
        reader = self._readers.pop(name, None) or FrameReader(Trajectory(Path(key.path)), READER_CACHE_BYTES)
        self._readers[name] = reader
        if len(self._readers) > OPEN_READERS:
            del self._readers[next(iter(self._readers))]
        reader.refresh()
        return reader
