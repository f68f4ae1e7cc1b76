"""Frames one after another in one file: GIF, or without loss WebP and animated PNG."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.features
import PIL.Image

from riptui.arrays import Image
from riptui.errors import InputError
from riptui.export.target import OnProgress, require_file, unheard, write_whole
from riptui.store.frames import frames
from riptui.store.trajectory import Trajectory

FRAMES = 64  # with 100 ms each as long as one looks on: 6.5 s
FIRST, LAST = 800, 2000  # ms; to take in the original, and where it led to
PIXELS = 2**28  # of all frames: 1024 of 512 px. Pillow holds them at once, at 4 bytes, and a PNG's twice: 2 GB
SHORTEST, LONGEST = 20, 10_000  # ms; browsers show a GIF's frames below 20 ms at 100

COLOURS = 255  # the 256th of a GIF's palette is for "as before"
SAMPLES = 4  # frames that the palette is made from, the original and the last among them

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".gif": ("GIF", {"disposal": 1}),
    ".webp": ("WEBP", {"lossless": True}),
    ".png": ("PNG", {"blend": 0}),
}


def about(n: int, trajectory: Trajectory) -> list[int]:
    """Frame 0, the last computed one, and about n between them, evenly paced."""
    last = len(trajectory.rows())
    stride = max(1, round(last / max(n, 1)))
    return sorted({*range(0, last, stride), last})


def gif(
    trajectory: Trajectory,
    file: Path,
    at: Iterable[int] | None = None,
    *,
    milliseconds: int = 100,
    overwrite: bool = False,
    on_progress: OnProgress = unheard,
) -> Path:
    """Write an animation of the original and the frames after iterations `at` (about 64 if None), looping for ever.

    The file's suffix decides: .gif has 255 colours, .webp and .png are lossless. Each frame is shown for a number of
    milliseconds, 20 to 10,000; the first and the last for longer. Returns the file.

    Raises InputError: a bad suffix, duration or target, or a frame that is not computed yet; DiskError, DamagedError.
    """
    require_file(file, list(FORMATS), overwrite=overwrite)
    wanted = sorted({0, *(about(FRAMES, trajectory) if at is None else at)})
    _require_possible(trajectory, file, len(wanted), milliseconds)
    images = _reported(frames(trajectory, wanted), len(wanted), on_progress)
    kind, options = FORMATS[file.suffix.lower()]
    if kind == "GIF":
        first, *others = _indexed(images, _palette(trajectory, wanted))
    else:
        first, *others = map(PIL.Image.fromarray, images)
    durations = _durations(len(wanted), milliseconds)
    out = BytesIO()
    first.save(out, kind, save_all=True, append_images=others, duration=durations, loop=0, **options)
    write_whole(file, out.getvalue())
    return file


def _require_possible(trajectory: Trajectory, file: Path, count: int, milliseconds: int) -> None:
    if not SHORTEST <= milliseconds <= LONGEST:
        raise InputError(f"{milliseconds} ms a frame: it must be from {SHORTEST} to {LONGEST:,}")
    most = PIXELS // trajectory.spec.size**2
    if count > most:
        raise InputError(f"an animation of {count} frames: at most {most} of this size fit in memory: take fewer")
    if file.suffix.lower() == ".webp" and not PIL.features.check("webp"):
        raise InputError(f"{file}: this Pillow was built without WebP: choose .gif or .png")


def _durations(count: int, milliseconds: int) -> list[int]:
    first, last = max(FIRST, milliseconds), max(LAST, milliseconds)
    return [first, *[milliseconds] * (count - 2), last] if count > 1 else [last]


def _reported(numbered: Iterator[tuple[int, Image]], total: int, on_progress: OnProgress) -> Iterator[Image]:
    for done, (_, image) in enumerate(numbered, start=1):
        yield image
        on_progress(done, total)


def _palette(trajectory: Trajectory, wanted: list[int]) -> PIL.Image.Image:
    """One palette for all frames, from every fourth pixel in x and y of a few of them.

    Measured after dithering and blurring, as an eye does: maximum coverage with k-means is 1 to 3 dB behind Pillow's
    octree on photographs and 5 to 11 dB ahead on smooth gradients, which inpainting makes. It takes 0.1 s.
    """
    places = np.linspace(0, len(wanted) - 1, SAMPLES).round().astype(int)
    sampled = [image[::4, ::4] for _, image in frames(trajectory, [wanted[place] for place in places])]
    mosaic = PIL.Image.fromarray(np.concatenate(sampled))
    return mosaic.quantize(COLOURS, PIL.Image.Quantize.MAXCOVERAGE, kmeans=3, dither=PIL.Image.Dither.NONE)


def _indexed(images: Iterator[Image], palette: PIL.Image.Image) -> Iterator[PIL.Image.Image]:
    """Frames in a palette's colours, dithered. A pixel that did not change keeps its colour.

    Without that, error diffusion lets everything right of and below a repainted square flicker, and the file is four
    to eight times as large.
    """
    before: Image | None = None
    indices = np.empty(0, np.uint8)
    for image in images:
        dithered = PIL.Image.fromarray(image).quantize(palette=palette, dither=PIL.Image.Dither.FLOYDSTEINBERG)
        fresh = np.asarray(dithered)
        indices = fresh if before is None else np.where((image == before).all(axis=2), indices, fresh)
        before = image
        dithered.frombytes(indices.tobytes())
        yield dithered
