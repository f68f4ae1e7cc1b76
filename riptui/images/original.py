"""A source image to frame 0: read, decode, flatten, fit into the square."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL.Image

from riptui.arrays import Image
from riptui.errors import SourceError
from riptui.images.colour import to_flat_srgb
from riptui.images.decoding import PilImage, decode, describe_wrong_suffix, errors_in_one_line, strict_pillow
from riptui.images.source_file import read_source
from riptui.spec import Fit


class PreparedImage(NamedTuple):
    """An original and its source."""

    image: Image
    """UInt8 [size, size, 3]"""
    source_name: str
    """The file's name without its folders."""
    source_sha256: str
    """Of the file's bytes, in hex."""
    notes: tuple[str, ...]
    """Conversions that a person should know of: "first of 12 frames", "enlarged from 200x100" ..."""
    source_size: tuple[int, int] | None = None
    """Width and height of the source, upright, px; None: it is no file."""


def prepare_original(path: Path, *, size: int = 512, fit: Fit = "bands", strict: bool = False) -> PreparedImage:
    """Read a source image and make its original of size x size pixels.

    A picture that is size x size, RGB, 8 bit and sRGB already is taken bit for bit. `fit` applies to pictures that are
    not square: "bands" keeps the whole picture between black bands, "crop" keeps the middle square,
    "stretch" distorts. `strict` refuses damaged pictures, which are otherwise used with a note.

    Not thread-safe: Pillow's settings and Python's warnings belong to the process.

    Raises SourceError, one line: the file cannot be read, is not an image, is damaged, truncated or too large.
    """
    notes: list[str] = []
    try:
        data = read_source(path)
        with strict_pillow(), errors_in_one_line():
            flat = to_flat_srgb(decode(data, notes, strict=strict), notes)
            notes += filter(None, [describe_wrong_suffix(path.suffix, data)])
            picture = _fit(flat, size, fit, notes)
    except SourceError as refusal:
        raise SourceError(f"{path}: {refusal}") from refusal
    except MemoryError as error:
        raise SourceError(f"{path}: not enough memory to decode it: scale it down first") from error
    name = path.name.encode(errors="replace").decode()  # a name that is not UTF-8 could not be written to spec.json
    return PreparedImage(np.array(picture), name, hashlib.sha256(data).hexdigest(), tuple(notes), flat.size)


def prepare_frame(frame: Image, name: str, *, size: int = 512, fit: Fit = "bands") -> PreparedImage:
    """Make an original of size x size pixels of a frame that was computed before; `name` is its source's name.

    A frame of that size is taken bit for bit. The hash is that of the frame's pixels, RGB, row by row.
    """
    notes: list[str] = []
    picture = _fit(PIL.Image.fromarray(frame), size, fit, notes)
    return PreparedImage(np.array(picture), name, hashlib.sha256(frame.tobytes()).hexdigest(), tuple(notes))


def _fit(picture: PilImage, size: int, fit: Fit, notes: list[str]) -> PilImage:
    width, height = picture.size
    match fit:
        case "bands":
            scale = size / max(width, height)
            inner = max(1, round(width * scale)), max(1, round(height * scale))
            square = PIL.Image.new("RGB", (size, size))
            square.paste(_resize(picture, inner, notes), ((size - inner[0]) // 2, (size - inner[1]) // 2))
            return square
        case "crop":
            side = min(width, height)
            x, y = (width - side) // 2, (height - side) // 2
            return _resize(picture.crop((x, y, x + side, y + side)), (size, size), notes)
        case "stretch":
            return _resize(picture, (size, size), notes)


def _resize(picture: PilImage, size: tuple[int, int], notes: list[str]) -> PilImage:
    if size[0] > picture.width or size[1] > picture.height:
        notes.append(f"enlarged from {picture.width}x{picture.height}")
    return picture.resize(size, PIL.Image.Resampling.LANCZOS)
