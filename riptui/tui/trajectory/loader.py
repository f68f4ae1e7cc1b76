"""Read what the trajectory view shows, in its thread. No Textual; imported after the first paint.

Results are immutable, or never changed once passed to the screen, so no copy is needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import PIL.Image

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.metrics.display import in_display_order
from riptui.metrics.values import MetricValues, ProfileValues, SquareValues
from riptui.region import Region
from riptui.results.exposure import LUMA
from riptui.results.patch_errors import read_square_errors
from riptui.results.recursion_effect import compute_effect
from riptui.spec import Spec
from riptui.store.annotations import NO_ANNOTATIONS, Annotations, read_annotations
from riptui.store.frame_reader import FrameReader
from riptui.store.frames import read_region
from riptui.store.records import Failure, IterationRow, Session
from riptui.store.trajectory import Status, Trajectory, derive_status
from riptui.text.terminal import printable
from riptui.tui.trajectory.difference import ComparisonMode, difference, heat_map, outline_region
from riptui.tui.trajectory.region_tiles import RegionTiles

if TYPE_CHECKING:
    from riptui.results.exposure import SquareErrors
    from riptui.results.recursion_effect import RecursionEffect

Part = TypeVar("Part")

MIN_THUMBNAIL_PIXELS = 192  # per side; a picture of the strip is seldom 20 columns wide


@dataclass(frozen=True)
class TrajectorySnapshot:
    """A trajectory as read at one moment."""

    path: Path
    spec: Spec | None = None  # None: unreadable for the reason in `error`
    rows: Sequence[IterationRow] = ()  # row k at index k-1; the list may have grown beyond `newest` since
    newest: int = 0  # the last frame saved
    metrics: dict[int, MetricValues] = field(default_factory=dict)
    squares: dict[int, dict[str, SquareValues]] = field(default_factory=dict)
    profiles: dict[int, dict[str, ProfileValues]] = field(default_factory=dict)
    sessions: Sequence[Session] = ()
    failure: Failure | None = None
    log: str = ""
    annotations: Annotations = NO_ANNOTATIONS
    status: Status | None = None  # None: not known
    status_word: str = ""  # it in a word, where that is another one
    tiles: RegionTiles | None = None  # None: it repaints squares of one grid
    error: str = ""  # why it is unreadable, or a part of it


NO_SNAPSHOT = TrajectorySnapshot(Path())
"""Nothing was read yet."""


@dataclass(frozen=True, eq=False)
class FrameImage:
    """Frame k of a trajectory, or a note that says why there is none."""

    k: int
    image: Image | None
    note: str = ""


@dataclass(frozen=True, eq=False)
class LoadedFrame:
    """A frame, the original and their comparison."""

    mode: ComparisonMode
    original: FrameImage
    frame: FrameImage
    comparison: Image | None


class TrajectoryLoader:
    """Reads one trajectory. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = FrameReader(Trajectory(path))
        self._thumbnails: dict[str, Image] = {}
        self._squares: SquareErrors | None = None
        self._tiles: RegionTiles | None = None

    def read_snapshot(self) -> TrajectorySnapshot:
        """Read the trajectory. Never raises for what is on disk."""
        trajectory = Trajectory(self.path)
        try:
            spec = trajectory.spec
            if self._reader.trajectory.spec != spec:  # replaced by another one
                self._reader, self._tiles = FrameReader(trajectory), None
            self._reader.refresh()
        except RiptuiError as error:
            return TrajectorySnapshot(self.path, error=self._short_message(error))
        rows, errors = self._reader.rows, []

        def try_read(read_part: Callable[[], Part], default: Part) -> Part:
            try:
                return read_part()
            except RiptuiError as error:
                errors.append(self._short_message(error))
                return default

        snapshot = TrajectorySnapshot(
            self.path,
            spec,
            rows,
            len(rows),
            metrics=try_read(trajectory.read_metrics, {}),
            squares=try_read(trajectory.read_squares, {}),
            profiles=try_read(trajectory.read_profiles, {}),
            sessions=try_read(trajectory.read_sessions, []),
            failure=try_read(lambda: trajectory.failure, None),
            log=try_read(trajectory.read_log, ""),
            annotations=try_read(lambda: read_annotations(self.path), NO_ANNOTATIONS),
            status=try_read(lambda: derive_status(trajectory, rows[-1] if rows else None), None),
            tiles=try_read(self._read_tiles, None),
        )
        log, status = "\n".join([*errors, snapshot.log]), snapshot.status
        status_word = try_read(lambda: trajectory.describe_status(status), "") if status else ""
        return replace(snapshot, log=log, status_word=status_word, error="; ".join(errors))

    def _read_tiles(self) -> RegionTiles | None:
        spec = self._reader.trajectory.spec
        if spec.is_on_grid:
            return None
        self._tiles = self._tiles or RegionTiles(spec.size)
        self._tiles.update(len(self._reader.rows), self.region)
        return self._tiles

    def load_frame(self, k: int, mode: ComparisonMode) -> LoadedFrame:
        """Load frame k, or the newest one if a recovery has cut the trajectory before k."""
        k = min(k, len(self._reader.rows))
        original, frame = self.load_image(0), self.load_image(k)
        comparison = None if frame.image is None else self._make_comparison(frame.image, original.image, k, mode)
        return LoadedFrame(mode, original, frame, comparison)

    def load_thumbnail(self, k: int) -> FrameImage:
        """Load frame k, reduced by a whole factor."""
        rows = self._reader.rows
        if k > len(rows):
            return FrameImage(k, None)
        key = rows[k - 1].sha256 if k else ""
        if key not in self._thumbnails:
            loaded = self.load_image(k)
            if loaded.image is None:
                return loaded
            self._thumbnails[key] = shrink_image(loaded.image, MIN_THUMBNAIL_PIXELS)
        return FrameImage(k, self._thumbnails[key])

    def load_effects(self) -> "tuple[dict[str, RecursionEffect], str]":
        """What recursion did to the errors of the squares, by error; none with the reason. Reads only new patches."""
        try:
            self._squares = read_square_errors(Trajectory(self.path), [LUMA], self._squares)
        except RiptuiError as error:
            return {}, self._short_message(error)
        if not self._squares.rows:
            return {}, "no square was repainted yet"
        names = [LUMA, *in_display_order(self._squares.errors.keys() - {LUMA})]
        return {name: compute_effect([self._squares], name) for name in names}, ""

    def load_image(self, k: int) -> FrameImage:
        try:
            return FrameImage(k, self._reader.frame(k))
        except RiptuiError as error:
            return FrameImage(k, None, self._short_message(error))

    def region(self, k: int) -> Region:
        """What iteration k repainted."""
        row = self._reader.rows[k - 1]
        return Region(row.box) if self._reader.trajectory.spec.is_on_grid else read_region(self._reader.trajectory, k)

    def _short_message(self, error: RiptuiError) -> str:
        """The error without the folder, which the heading shows: there is little room."""
        return printable(str(error).replace(f"{self.path}/", ""))

    def _make_comparison(self, frame: Image, original: Image | None, k: int, mode: ComparisonMode) -> Image | None:
        match mode:
            case ComparisonMode.SQUARE:
                return outline_region(frame, self.region(k)) if k else frame
            case ComparisonMode.DIFFERENCE if original is not None:
                return difference(frame, original)
            case ComparisonMode.HEAT if original is not None:
                return heat_map(frame, original)
            case _:
                return original


def shrink_image(image: Image, min_pixels: int) -> Image:
    """An image reduced by a whole factor, to at least so many pixels on each side if it has them."""
    factor = max(1, len(image) // max(1, min_pixels))
    return np.asarray(PIL.Image.fromarray(image).reduce(factor)) if factor > 1 else image
