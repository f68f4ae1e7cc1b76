"""Animations of frames: GIF, or lossless WebP and animated PNG."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.features
import PIL.Image

from riptui.arrays import Image
from riptui.errors import InputError
from riptui.export.files import OnExportProgress, ignore_progress, require_file, write_atomically
from riptui.store.frames import read_frames
from riptui.store.trajectory import Trajectory

DEFAULT_FRAMES = 64  # 6.5 s at 100 ms each
FIRST_MS, LAST_MS = 800, 2000  # ms; time to look at the original and at the last frame
MAX_PIXELS = 2**28  # of all frames: 1024 of 512 px. Pillow holds them at once, at 4 bytes, and a PNG's twice: 2 GB
MIN_MS, MAX_MS = 20, 10_000  # ms; browsers show a GIF's frames below 20 ms at 100

COLOURS = 255  # the 256th of a GIF's palette means "unchanged"
PALETTE_FRAMES = 4  # frames from which the palette is made, the original and the last among them

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".gif": ("GIF", {"disposal": 1}),
    ".webp": ("WEBP", {"lossless": True}),
    ".png": ("PNG", {"blend": 0}),
}


def number_frames(trajectory: Trajectory, iterations: Iterable[int] | None = None) -> list[int]:
    """The frames of an animation: the original and those after `iterations`, or about `DEFAULT_FRAMES` if None, evenly
    spaced up to the last computed one.
    """
    if iterations is None:
        last = len(trajectory.read_rows())
        iterations = (*range(0, last, max(1, round(last / DEFAULT_FRAMES))), last)
    return sorted({0, *iterations})


def write_animation(
    trajectory: Trajectory,
    file: Path,
    iterations: Iterable[int] | None = None,
    *,
    milliseconds: int = 100,
    overwrite: bool = False,
    on_progress: OnExportProgress = ignore_progress,
) -> Path:
    """Write an animation of the original and the frames after `iterations` (about 64 if None), looping for ever.

    The file's suffix decides: .gif has 255 colours, .webp and .png are lossless. Each frame is shown for a number of
    milliseconds, 20 to 10,000; the first and the last for longer. Returns the file.

    Raises InputError: a bad suffix, duration or target, or a frame that is not computed yet; DiskError, DamagedError.
    """
    require_file(file, list(FORMATS), overwrite=overwrite)
    require_duration(milliseconds)
    frame_numbers = number_frames(trajectory, iterations)
    require_animation(trajectory, file, len(frame_numbers))
    images = _report_each(read_frames(trajectory, frame_numbers), len(frame_numbers), on_progress)
    kind, options = FORMATS[file.suffix.lower()]
    if kind == "GIF":
        first, *rest = _apply_palette(images, _build_palette(trajectory, frame_numbers))
    else:
        first, *rest = map(PIL.Image.fromarray, images)
    durations = frame_durations(len(frame_numbers), milliseconds)
    out = BytesIO()
    first.save(out, kind, save_all=True, append_images=rest, duration=durations, loop=0, **options)
    write_atomically(file, out.getvalue())
    return file


def require_duration(milliseconds: int) -> None:
    """Raise InputError unless frames can be shown for so long."""
    if not MIN_MS <= milliseconds <= MAX_MS:
        raise InputError(f"{milliseconds} ms per frame: it must be from {MIN_MS} to {MAX_MS:,}")


def require_animation(trajectory: Trajectory, file: Path, count: int) -> None:
    """Raise InputError unless Pillow can write so many frames of a trajectory, in the file's format."""
    max_frames = MAX_PIXELS // trajectory.spec.size**2
    if count > max_frames:
        raise InputError(f"{count} frames are too many: at most {max_frames} of this size fit in memory; export fewer")
    if file.suffix.lower() == ".webp" and not PIL.features.check("webp"):
        raise InputError(f"{file}: this Pillow was built without WebP: choose .gif or .png")


def frame_durations(count: int, milliseconds: int) -> list[int]:
    """For how long each of so many frames is shown, in ms: the first and the last for longer."""
    first, last = max(FIRST_MS, milliseconds), max(LAST_MS, milliseconds)
    return [first, *[milliseconds] * (count - 2), last] if count > 1 else [last]


def _report_each(numbered: Iterator[tuple[int, Image]], total: int, on_progress: OnExportProgress) -> Iterator[Image]:
    for done, (_, image) in enumerate(numbered, start=1):
        yield image
        on_progress(done, total)


def _build_palette(trajectory: Trajectory, frame_numbers: list[int]) -> PIL.Image.Image:
    """One palette for all frames, from every fourth pixel in x and y of a few of them.

    Measured after dithering and blurring, as an eye does: maximum coverage with k-means is 1 to 3 dB behind Pillow's
    octree on photographs and 5 to 11 dB ahead on smooth gradients, which inpainting makes. It takes 0.1 s.
    """
    indices = np.linspace(0, len(frame_numbers) - 1, PALETTE_FRAMES).round().astype(int)
    sampled = [image[::4, ::4] for _, image in read_frames(trajectory, [frame_numbers[index] for index in indices])]
    mosaic = PIL.Image.fromarray(np.concatenate(sampled))
    return mosaic.quantize(COLOURS, PIL.Image.Quantize.MAXCOVERAGE, kmeans=3, dither=PIL.Image.Dither.NONE)


def _apply_palette(images: Iterator[Image], palette: PIL.Image.Image) -> Iterator[PIL.Image.Image]:
    """Frames in a palette's colours, dithered. A pixel that did not change keeps its colour.

    Without that, error diffusion lets everything right of and below a repainted square flicker, and the file is four
    to eight times as large.
    """
    previous: Image | None = None
    indices = np.empty(0, np.uint8)
    for image in images:
        dithered = PIL.Image.fromarray(image).quantize(palette=palette, dither=PIL.Image.Dither.FLOYDSTEINBERG)
        fresh = np.asarray(dithered)
        indices = fresh if previous is None else np.where((image == previous).all(axis=2), indices, fresh)
        previous = image
        dithered.frombytes(indices.tobytes())
        yield dithered
