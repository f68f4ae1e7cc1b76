"""Frames of one trajectory at random access, for scrubbing. No Textual.

Frame k shows in every square the last patch up to k, or the original where there is none. So from any frame to any
other only the squares that were repainted between them are pasted, forwards and backwards alike. All patches of
400 % are 3 MB once decoded, whatever the mask size; decoding one of 64 px takes 0.1 ms, pasting it 1 us.
"""

from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

from riptui.arrays import Image
from riptui.errors import DamagedError, InputError, RiptuiError
from riptui.images import pixels_sha256
from riptui.spec import Box
from riptui.store import frames
from riptui.store.following import FollowedRows
from riptui.store.records import Row
from riptui.store.trajectory import Trajectory

CACHE = 16 * 2**20  # bytes of decoded patches
KEYFRAME_COST = 64  # reading a keyframe takes as long as decoding so many patches of 64 px


class Paste(NamedTuple):
    """What a square shows: the patch of row k, or the original if k is 0."""

    k: int
    box: Box


class Shown(NamedTuple):
    """A frame that was handed out."""

    k: int
    sha256: str
    image: Image


class Reel:
    """For one thread at a time: it reads the disk and takes no lock, so another process may compute the trajectory."""

    def __init__(self, trajectory: Trajectory, *, cache: int = CACHE) -> None:
        self.trajectory = trajectory
        self._followed = FollowedRows(trajectory)
        self._repaints: dict[Box, list[int]] = {}
        self._counted: list[Row] = self._followed.rows
        self._count = 0
        self._keyframes: list[int] = []
        self._patches = Patches(trajectory, cache)
        self._original: Image | None = None
        self._shown: Shown | None = None

    @property
    def rows(self) -> list[Row]:
        """Row k at index k-1, as of the last `refresh`."""
        return self._followed.rows

    @property
    def original(self) -> Image:
        """Frame 0, read-only. Raises DamagedError."""
        if self._original is None:
            image = frames.original(self.trajectory)
            image.flags.writeable = False
            self._original = image
        return self._original

    def refresh(self) -> None:
        """Look at the disk again: more rows, or fewer where a recovery cut them.

        Raises DiskError, DamagedError, SpecError.
        """
        self._keyframes = self._keyframes or self.trajectory.spec.halves()
        self._followed.refresh()
        rows = self._followed.rows
        if rows is not self._counted:
            self._repaints, self._counted, self._count = {}, rows, 0
        for row in rows[self._count :]:
            self._repaints.setdefault(row.box, []).append(row.k)
        self._count = len(rows)

    def frame(self, k: int) -> Image:
        """Frame k, [size, size, 3], read-only, its SHA-256 compared (0.5 ms of the 0.6 ms that a step takes).

        Raises InputError if it is not computed yet, DamagedError or DiskError if it cannot be had.
        """
        rows = self.rows
        if not 0 <= k <= len(rows):
            raise InputError(f"{self.trajectory.path} has frames 0 to {len(rows)}, not {k}")
        if k == 0:
            return self.original
        sha256 = rows[k - 1].sha256
        if self._shown is not None and self._shown.sha256 == sha256:
            return self._shown.image
        image = self._developed(k, sha256)
        image.flags.writeable = False
        self._shown = Shown(k, sha256, image)
        return image

    def _developed(self, k: int, sha256: str) -> Image:
        """Frame k by the cheapest way that leads to the right pixels; damage on one way may not be on another."""
        cause: RiptuiError | None = None
        for _, start in sorted((self._cost(start, k), start) for start in self._starts(k)):
            try:
                image = self._from(start, k)
            except RiptuiError as error:
                cause = error
                continue
            if pixels_sha256(image) == sha256:
                return image
        why = f": {cause}" if cause else ""
        path = self.trajectory.path
        raise DamagedError(f"frame {k} is not what was computed{why}. What is damaged: riptui check {path}") from cause

    def _starts(self, k: int) -> set[int]:
        """Frames to go from: the original, the keyframes on both sides of k, and the one shown."""
        place = bisect_right(self._keyframes, k)
        starts = {0, *(point for point in self._keyframes[place - 1 : place + 1] if point <= len(self.rows))}
        return starts | {self._here.k} if self._here else starts

    @property
    def _here(self) -> Shown | None:
        """The frame shown last, if it is still one of the trajectory's."""
        shown = self._shown
        there = shown is not None and shown.k <= len(self.rows) and self.rows[shown.k - 1].sha256 == shown.sha256
        return shown if there else None

    def _cost(self, start: int, k: int) -> int:
        """In patches to decode."""
        free = start == 0 or (self._here is not None and start == self._here.k)
        unread = sum(not self._patches.holds(self.rows[paste.k - 1]) for paste in self._pastes(start, k) if paste.k)
        return unread + (0 if free else KEYFRAME_COST)

    def _pastes(self, start: int, k: int) -> list[Paste]:
        """What turns frame `start` into frame k, in the order of the rows."""
        if not self.trajectory.spec.paste:  # a patch is a whole frame
            return [Paste(k, self.rows[k - 1].box)] if start != k else []
        boxes = {row.box for row in self.rows[min(start, k) : max(start, k)]}
        return sorted(Paste(self._last_repaint(box, k), box) for box in boxes)

    def _last_repaint(self, box: Box, k: int) -> int:
        """The last iteration up to k that repainted a square; 0 if none did."""
        repaints = self._repaints[box]
        place = bisect_right(repaints, k)
        return repaints[place - 1] if place else 0

    def _from(self, start: int, k: int) -> Image:
        image = self._start(start).copy()
        for paste in self._pastes(start, k):
            if paste.k:
                row = self.rows[paste.k - 1]
                frames.paste(image, row, self._patches.read(row))
            else:
                image[paste.box.window] = self.original[paste.box.window]
        return image

    def _start(self, k: int) -> Image:
        if self._here is not None and self._here.k == k:
            return self._here.image
        if k == 0:
            return self.original
        image = frames.read_keyframe(self.trajectory, self.rows[k - 1])
        if image is None:
            raise DamagedError(f"keyframe {k} is missing or damaged")
        return image


class Patches:
    """Decoded patches, the least recently used ones dropped beyond so many bytes."""

    def __init__(self, trajectory: Trajectory, most: int) -> None:
        self._trajectory = trajectory
        self._most = most
        self._bytes = 0
        self._held: OrderedDict[tuple[int, str], Image] = OrderedDict()

    def holds(self, row: Row) -> bool:
        return (row.k, row.sha256) in self._held

    def read(self, row: Row) -> Image:
        """Raises DamagedError, DiskError."""
        key = row.k, row.sha256  # after a recovery row k may be another
        if key not in self._held:
            patch = frames.read_patch(self._trajectory, row)
            self._held[key] = patch
            self._bytes += patch.nbytes
            while self._bytes > self._most and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
        self._held.move_to_end(key)
        return self._held[key]
