"""What the trajectory view shows, read and made in its thread. No Textual; imported after the first paint.

Everything here is immutable or never changed after it was handed over, so that the screen can use it as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import PIL.Image

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.spec import Spec
from riptui.store.records import Failure, Row, Session, Values
from riptui.store.trajectory import Trajectory
from riptui.tui.trajectory.comparison import Comparison, difference, heat_map, outlined
from riptui.tui.trajectory.reel import Reel

Part = TypeVar("Part")

THUMBNAIL = 192  # px at least; a picture of the strip is seldom 20 columns wide


@dataclass(frozen=True)
class Snapshot:
    """A trajectory as it was when the disk was looked at."""

    path: Path
    spec: Spec | None = None
    """None: it cannot be read, and `error` says why."""
    rows: Sequence[Row] = ()
    """Row k at index k-1; the list may have grown since, by rows that were not there yet."""
    newest: int = 0
    """The last frame that there is."""
    metrics: dict[int, Values] = field(default_factory=dict)
    sessions: Sequence[Session] = ()
    failure: Failure | None = None
    log: str = ""
    error: str = ""


@dataclass(frozen=True, eq=False)
class Projected:
    """Frame k and what it is compared with. A picture that cannot be had is None, and its note says why."""

    path: Path
    k: int
    comparison: Comparison
    original: Image | None = None
    frame: Image | None = None
    compared: Image | None = None
    original_note: str = ""
    frame_note: str = ""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small frame k of the strip."""

    k: int
    image: Image | None
    note: str = ""


class Projector:
    """Reads one trajectory. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reel = Reel(Trajectory(path))
        self._thumbnails: dict[str, Image] = {}

    def look(self) -> Snapshot:
        """Look at the disk again. Never raises for what is there."""
        trajectory = Trajectory(self.path)
        try:
            spec = trajectory.spec
            if self._reel.trajectory.spec != spec:  # another one is in its place
                self._reel = Reel(trajectory)
            self._reel.refresh()
        except RiptuiError as error:
            return Snapshot(self.path, error=self._told(error))
        rows, errors = self._reel.rows, []

        def read(part: Callable[[], Part], instead: Part) -> Part:
            try:
                return part()
            except RiptuiError as error:
                errors.append(self._told(error))
                return instead

        metrics: dict[int, Values] = read(trajectory.metrics, {})
        sessions: list[Session] = read(trajectory.sessions, [])
        failure = read(lambda: trajectory.failure, None)
        log = read(trajectory.log, "")
        return Snapshot(self.path, spec, rows, len(rows), metrics, sessions, failure, "\n".join([*errors, log]))

    def project(self, k: int, comparison: Comparison) -> Projected:
        """Frame k, or the newest one where a recovery has cut the trajectory before it."""
        k = min(k, len(self._reel.rows))
        original, original_note = self._tried(0)
        frame, frame_note = self._tried(k)
        compared = None
        if frame is not None:
            compared = self._compared(frame, original, k, comparison)
        return Projected(self.path, k, comparison, original, frame, compared, original_note, frame_note)

    def thumbnail(self, k: int) -> Thumbnail:
        """Frame k, made smaller by a whole number."""
        rows = self._reel.rows
        if k > len(rows):
            return Thumbnail(k, None)
        key = rows[k - 1].sha256 if k else ""
        if key not in self._thumbnails:
            image, note = self._tried(k)
            if image is None:
                return Thumbnail(k, None, note)
            self._thumbnails[key] = _reduced(image)
        return Thumbnail(k, self._thumbnails[key])

    def _tried(self, k: int) -> tuple[Image | None, str]:
        try:
            return self._reel.frame(k), ""
        except RiptuiError as error:
            return None, self._told(error)

    def _told(self, error: RiptuiError) -> str:
        """Without the folder, which the heading names: there is little room in a picture's place."""
        return str(error).replace(f"{self.path}/", "")

    def _compared(self, frame: Image, original: Image | None, k: int, comparison: Comparison) -> Image | None:
        match comparison:
            case Comparison.SQUARE:
                return outlined(frame, self._reel.rows[k - 1].box) if k else frame
            case Comparison.DIFFERENCE if original is not None:
                return difference(frame, original)
            case Comparison.HEAT if original is not None:
                return heat_map(frame, original)
            case _:
                return original


def _reduced(image: Image) -> Image:
    import numpy as np

    factor = max(1, image.shape[0] // THUMBNAIL)
    return np.asarray(PIL.Image.fromarray(image).reduce(factor))
