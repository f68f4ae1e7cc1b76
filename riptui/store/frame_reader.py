"""Frames of one trajectory at random access, for scrubbing.

In each square, frame k shows the last patch up to k, or the original if there is none. So between two frames only the
squares that were repainted between them are pasted, forwards and backwards alike. Regions that are not squares of one
grid overlap, and squares may be painted back: then all patches from an earlier frame to k are pasted in their order.
All patches of 400 % take 3 MB decoded, at any mask size; decoding one of 64 px takes 0.1 ms, pasting it 1 us.
"""

from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

from riptui.arrays import Image
from riptui.errors import DamagedError, InputError, RiptuiError
from riptui.images import pixels_sha256
from riptui.spec import Box
from riptui.store import frames
from riptui.store.records import IterationRow
from riptui.store.tail import RowTail
from riptui.store.trajectory import Trajectory

CACHE_BYTES = 16 * 2**20  # bytes of decoded patches
KEYFRAME_COST = 64  # reading a keyframe takes as long as decoding 64 patches of 64 px


class PastedSquare(NamedTuple):
    """The content of a square: the patch of row k, or the original if k is 0."""

    k: int
    box: Box


class CachedFrame(NamedTuple):
    k: int
    sha256: str
    image: Image


class FrameReader:
    """Reads frames without a lock, so another process may run the trajectory. For one thread at a time.

    cache_bytes: of decoded patches.
    """

    def __init__(self, trajectory: Trajectory, cache_bytes: int = CACHE_BYTES) -> None:
        self.trajectory = trajectory
        self.rows: list[IterationRow] = []
        """Row k at index k-1, as of the last `refresh`. It grows in place; a trajectory that was cut has a new list."""
        self._tail = RowTail(trajectory)
        self._repaints: dict[Box, list[int]] = {}
        self._keyframes: list[int] = []
        self._patches = PatchCache(trajectory, cache_bytes)
        self._original: Image | None = None
        self._last_frame: CachedFrame | None = None

    @property
    def original(self) -> Image:
        """Frame 0, read-only. Raises DamagedError."""
        if self._original is None:
            image = frames.read_original(self.trajectory)
            image.flags.writeable = False
            self._original = image
        return self._original

    def refresh(self) -> None:
        """Read new rows from disk, or all rows after a recovery cut some.

        Raises DiskError, DamagedError, SpecError.
        """
        self._keyframes = self._keyframes or self.trajectory.spec.keyframe_iterations()
        new_rows = self._tail.read_new()
        if self._tail.was_cut:
            self.rows, self._repaints = [], {}
        self.rows += new_rows
        for row in new_rows:
            self._repaints.setdefault(row.box, []).append(row.k)

    def frame(self, k: int) -> Image:
        """Frame k, [size, size, 3], read-only, its SHA-256 compared (0.5 ms of the 0.6 ms that a step takes).

        Raises InputError if it is not computed yet, DamagedError or DiskError if it cannot be rebuilt.
        """
        rows = self.rows
        if not 0 <= k <= len(rows):
            raise InputError(f"{self.trajectory.path} has frames 0 to {len(rows)}, not {k}")
        if k == 0:
            return self.original
        sha256 = rows[k - 1].sha256
        if self._last_frame is not None and self._last_frame.sha256 == sha256:
            return self._last_frame.image
        image = self._rebuild(k, sha256)
        image.flags.writeable = False
        self._last_frame = CachedFrame(k, sha256, image)
        return image

    def _rebuild(self, k: int, sha256: str) -> Image:
        """Frame k from the cheapest start that gives the right pixels: damage may affect one start and not another."""
        cause: RiptuiError | None = None
        for _, start in sorted((self._decode_cost(start, k), start) for start in self._start_frames(k)):
            try:
                image = self._rebuild_from(start, k)
            except RiptuiError as error:
                cause = error
                continue
            if pixels_sha256(image) == sha256:
                return image
        reason = f": {cause}" if cause else ""
        path = self.trajectory.path
        raise DamagedError(f"frame {k} is damaged{reason}. For details: riptui check {path}") from cause

    def _start_frames(self, k: int) -> set[int]:
        """Frames to start from: the original, the keyframes on both sides of k, and the last frame. None that is after
        k where patches can only be pasted in their order.
        """
        spec = self.trajectory.spec
        last = k if spec.needs_frame_before and not spec.keeps_squares else len(self.rows)
        position = bisect_right(self._keyframes, k)
        candidates = {0, *self._keyframes[max(0, position - 1) : position + 1]}
        if self._valid_last_frame is not None:
            candidates.add(self._valid_last_frame.k)
        return {candidate for candidate in candidates if candidate <= last}

    @property
    def _valid_last_frame(self) -> CachedFrame | None:
        """The frame returned last, if the trajectory still has it."""
        last_frame = self._last_frame
        if last_frame is None or last_frame.k > len(self.rows):
            return None
        return last_frame if self.rows[last_frame.k - 1].sha256 == last_frame.sha256 else None

    def _decode_cost(self, start: int, k: int) -> int:
        """The cost of a start, in patches to decode."""
        is_free = start == 0 or (self._valid_last_frame is not None and start == self._valid_last_frame.k)
        pastes = [paste.k for paste in self._squares_to_paste(start, k) if paste.k]
        unread = sum(not self._patches.holds(self.rows[k - 1]) for k in pastes)
        return unread + (0 if is_free else KEYFRAME_COST)

    def _squares_to_paste(self, start: int, k: int) -> list[PastedSquare]:
        """The squares that turn frame `start` into frame k, in the order of the rows."""
        spec = self.trajectory.spec
        if start == k:
            return []
        if not spec.keeps_squares:
            return [PastedSquare(row.k, row.box) for row in self.rows[start if spec.needs_frame_before else k - 1 : k]]
        boxes = {row.box for row in self.rows[min(start, k) : max(start, k)]}
        return sorted(PastedSquare(self._last_repaint(box, k), box) for box in boxes)

    def _last_repaint(self, box: Box, k: int) -> int:
        """The last iteration up to k that repainted a square; 0 if none did."""
        repaints = self._repaints[box]
        position = bisect_right(repaints, k)
        return repaints[position - 1] if position else 0

    def _rebuild_from(self, start: int, k: int) -> Image:
        image = self._load_start(start).copy()
        for paste in self._squares_to_paste(start, k):
            if paste.k:
                row = self.rows[paste.k - 1]
                frames.make_frame(self.trajectory.spec, self.original, image, row, self._patches.read(row))
            else:
                image[paste.box.window] = self.original[paste.box.window]
        return image

    def _load_start(self, k: int) -> Image:
        if self._valid_last_frame is not None and self._valid_last_frame.k == k:
            return self._valid_last_frame.image
        if k == 0:
            return self.original
        image = frames.read_keyframe(self.trajectory, self.rows[k - 1])
        if image is None:
            raise DamagedError(f"keyframe {k} is missing or damaged")
        return image


class PatchCache:
    """Decoded patches; beyond a number of bytes the least recently used ones are dropped."""

    def __init__(self, trajectory: Trajectory, max_bytes: int) -> None:
        self._trajectory = trajectory
        self._max_bytes = max_bytes
        self.bytes = 0
        """Of the patches that it holds."""
        self._patches: OrderedDict[tuple[int, str], frames.Patch] = OrderedDict()

    def holds(self, row: IterationRow) -> bool:
        return (row.k, row.sha256) in self._patches

    def read(self, row: IterationRow) -> frames.Patch:
        """Raises DamagedError, DiskError."""
        key = row.k, row.sha256  # after a recovery row k may be another
        if key not in self._patches:
            patch = frames.read_patch(self._trajectory, row)
            self._patches[key] = patch
            self.bytes += patch.bytes
            while self.bytes > self._max_bytes and len(self._patches) > 1:
                self.bytes -= self._patches.popitem(last=False)[1].bytes
        self._patches.move_to_end(key)
        return self._patches[key]
