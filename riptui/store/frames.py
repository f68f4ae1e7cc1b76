"""Frames rebuilt from patches: frame k is the last keyframe before it plus the patches since then.

Where a patch is a whole frame, frame k is patch k.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET

from riptui.arrays import Image, Mask
from riptui.errors import DamagedError, InputError
from riptui.images import decode_masked_png, decode_png, pixels_sha256
from riptui.masks import draw_region
from riptui.region import Region
from riptui.spec import Box, Spec
from riptui.store import layout
from riptui.store.disk import read_file, read_range
from riptui.store.records import IterationRow
from riptui.store.size_limits import SLACK_BYTES, max_bytes, max_png_bytes
from riptui.store.trajectory import Trajectory


def read_original(trajectory: Trajectory) -> Image:
    """Frame 0, [size, size, 3]. Raises DamagedError if it is missing or does not match the spec."""
    path = trajectory.path / layout.ORIGINAL
    image = _read_verified(path, trajectory.spec.size, trajectory.spec.original_sha256)
    if image is None:
        raise DamagedError(
            f"{path} is missing or damaged: run `riptui run` on the source image "
            f"({trajectory.spec.source_name}) with the same options to restore it"
        )
    return image


def read_frame(trajectory: Trajectory, k: int) -> Image:
    """Frame k, [size, size, 3], verified. Raises InputError if it is not computed yet, DamagedError."""
    return next(iter(read_frames(trajectory, [k])))[1]


def read_frames(trajectory: Trajectory, frame_numbers: Iterable[int]) -> Iterator[tuple[int, Image]]:
    """Frames in ascending order, each with its number, verified against the SHA-256 of its row.

    Raises InputError for a frame that is not computed yet, DamagedError for one whose pixels do not match.
    """
    numbers = sorted(set(frame_numbers))
    if not numbers:
        return
    rows = trajectory.read_rows()
    if not 0 <= numbers[0] <= numbers[-1] <= len(rows):
        missing = numbers[-1] if numbers[-1] > len(rows) else numbers[0]
        raise InputError(f"{trajectory.path} has frames 0 to {len(rows)}, not {missing}")
    patches = trajectory.read_data(layout.PATCHES)
    keyframes = set(trajectory.spec.keyframe_iterations())
    original = read_original(trajectory)
    reached, current = 0, original.copy()
    for k in numbers:
        reached, current = _find_start(trajectory, rows, keyframes, k, (reached, current))
        for row in rows[reached if trajectory.spec.needs_frame_before else max(reached, k - 1) : k]:
            make_frame(trajectory.spec, original, current, row, decode_patch_of(row, patches))
        reached = k
        if k and pixels_sha256(current) != rows[k - 1].sha256:
            raise DamagedError(f"{trajectory.path}: frame {k} is damaged. For details: riptui check {trajectory.path}")
        yield k, current.copy()


class Patch(NamedTuple):
    """What an iteration repainted."""

    pixels: Image
    """As large as its box, or as the frame."""
    mask: Mask | None
    """Which of them count; None: all."""

    @property
    def bytes(self) -> int:
        """In memory."""
        return self.pixels.nbytes + (0 if self.mask is None else self.mask.nbytes)

    def is_of(self, row: IterationRow, region: Region) -> bool:
        """Whether a row that repaints this region has such a patch."""
        same = (self.mask is None) == (region.mask is None) and row.box == region.box
        return same and (self.mask is None or bool((self.mask == region.mask).all()))


def decode_patch_of(row: IterationRow, patches: bytes) -> Patch:
    """Decode a row's patch from the bytes of all patches. Raises DamagedError."""
    offset, length = row.patch
    return decode_patch(row, patches[offset : offset + length])


def decode_patch(row: IterationRow, data: bytes) -> Patch:
    """Decode the patch of a row. Raises DamagedError."""
    if len(data) < row.patch[1]:
        raise DamagedError(f"patch {row.k} is truncated")
    return Patch(*decode_masked_png(data))


def read_patch(trajectory: Trajectory, row: IterationRow) -> Patch:
    """One row's patch, without reading the others. Raises DamagedError, DiskError."""
    return decode_patch(row, read_range(f"{trajectory.path}/{layout.PATCHES}", *row.patch))


def read_patches(trajectory: Trajectory, rows: Iterable[IterationRow]) -> Iterator[Patch]:
    """The patches of rows, each as large as its box; what lies between them is read from disk at once.

    Raises DamagedError, DiskError.
    """
    listed = list(rows)
    start = min((row.patch[0] for row in listed), default=0)
    end = max((sum(row.patch) for row in listed), default=0)
    most = max_bytes(trajectory.spec, layout.PATCHES)
    data = read_range(trajectory.path / layout.PATCHES, start, min(end - start, most), max_bytes=most)
    for row in listed:
        offset, length = row.patch
        patch = decode_patch(row, data[offset - start : offset - start + length])
        if patch.pixels.shape[:2] != (row.box.height, row.box.width):
            raise _wrong_size(row)
        yield patch


def read_region(trajectory: Trajectory, k: int) -> Region:
    """The pixels that iteration k of a trajectory repaints, whether or not it is computed yet."""
    return draw_region(trajectory.spec, k)


def make_frame(spec: Spec, original: Image, image: Image, row: IterationRow, patch: Patch) -> None:
    """Make frame k of frame k-1, in place, by a row and its patch. Raises DamagedError if these do not fit."""
    if spec.onto == "original":
        image[...] = original
    paste_patch(image, row, patch)
    if row.anchor is not UNSET:
        Region(row.anchor).paste(original, image)


def paste_patch(image: Image, row: IterationRow, patch: Patch) -> None:
    """Paste a row's patch.

    Raises DamagedError if the patch is not as large as the row's box or the image.
    """
    if patch.pixels.shape == image.shape:
        Region(Box(0, 0, *image.shape[1::-1]), patch.mask).paste_patch(patch.pixels, image)
    elif patch.pixels.shape == image[row.box.window].shape:
        Region(row.box, patch.mask).paste_patch(patch.pixels, image)
    else:
        raise _wrong_size(row)


def read_keyframe(trajectory: Trajectory, row: IterationRow) -> Image | None:
    """The keyframe of a row, or None if it is missing or not right."""
    path = trajectory.path / layout.KEYFRAMES / layout.keyframe_name(row.k)
    return _read_verified(path, trajectory.spec.size, row.sha256)


def _wrong_size(row: IterationRow) -> DamagedError:
    return DamagedError(f"patch {row.k} is not as large as its box")


def _find_start(
    trajectory: Trajectory, rows: list[IterationRow], keyframes: set[int], k: int, reached: tuple[int, Image]
) -> tuple[int, Image]:
    """The last frame up to k that need not be rebuilt: the one reached, or an intact keyframe after it."""
    for candidate in range(k, reached[0], -1):
        if candidate in keyframes and (image := read_keyframe(trajectory, rows[candidate - 1])) is not None:
            return candidate, image
    return reached


def _read_verified(path: Path, size: int, sha256: str) -> Image | None:
    try:
        data = read_file(path, SLACK_BYTES + max_png_bytes(size))
        image = decode_png(data) if data is not None else None
    except DamagedError:
        return None
    is_intact = image is not None and image.shape[:2] == (size, size) and pixels_sha256(image) == sha256
    return image if is_intact else None
