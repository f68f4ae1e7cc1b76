"""Damage inside a picture that Pillow decodes without a word.

libjpeg warns about data that it cannot explain and fills the gap; Pillow hides the warnings, so simplejpeg, which does
not, decodes a JPEG again (an eighth of its size). WebP's lossy coder explains any bits: only holes are found. The
checksums of PNG and of deflate in TIFF are compared.
"""

import re

import numpy as np
import PIL.Image
import simplejpeg

from riptui.images.jpeg_segments import find_zeros, has_all_scans
from riptui.images.png_damage import find_png_damage
from riptui.images.source_file import to_one_line
from riptui.images.tiff_layout import find_deflate_damage

JPEG_START, JPEG_END, JPEG_SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
HOLE_BYTES = 256  # equal bytes; the blocks of disks and of downloads are larger
HOLE = re.compile(rb"(.)\1{255}", re.DOTALL)
GREY = 128  # what decoders leave where nothing was decoded
MIN_GREY_ROWS = 1 / 32  # of the height


def complete_jpeg(data: bytes, notes: list[str]) -> bytes:
    """A JPEG that lacks only its end marker, with it. Any other file as it is."""
    if not data.startswith(JPEG_START) or data.rfind(JPEG_END) > data.rfind(JPEG_SCAN):
        return data
    completed = data + JPEG_END
    if not _find_jpeg_damage(data) or _find_jpeg_damage(completed):  # whole, and something was appended; or cut
        return data
    notes.append("the end marker of the JPEG is missing")
    return completed


def find_damage(data: bytes, picture: PIL.Image.Image) -> str:
    """What is wrong inside a picture that was loaded; empty if nothing was found."""
    match picture.format:
        case "JPEG" | "MPO":
            return ", ".join(filter(None, (_find_jpeg_damage(data), _find_grey_rows(picture))))
        case "PNG":
            return find_png_damage(data) or _find_missing_colours(picture)
        case "TIFF":
            return find_deflate_damage(data, picture)
        case "WEBP":
            return ", ".join(filter(None, (_find_hole(data), _find_grey_rows(picture))))
    return ""


def _find_jpeg_damage(data: bytes) -> str:
    try:
        _, _, colour_space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
        grey_or_inks = "CMYK" if colour_space in ("CMYK", "YCCK") else "GRAY"
        simplejpeg.decode_jpeg(data, grey_or_inks, min_height=1, min_width=1, min_factor=8, strict=True)
    except ValueError as error:
        return to_one_line(error)
    if not has_all_scans(data):
        return "its last scans are missing"
    place = find_zeros(data, HOLE_BYTES)
    return "" if place is None else f"a hole at byte {place:,} of its compressed pixels"


def _find_hole(data: bytes) -> str:
    """A run of equal bytes among the compressed pixels of a WebP."""
    position = 12  # after "RIFF", the length and "WEBP"
    while position + 8 <= len(data):
        name, length = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        if name in (b"VP8 ", b"VP8L") and (hole := HOLE.search(data, position + 8, position + 8 + length)):
            return f"a hole at byte {hole.start() - position - 8:,} of its compressed pixels"
        position += 8 + length + length % 2
    return ""


def _find_grey_rows(picture: PIL.Image.Image) -> str:
    """Whether the lowest rows are the even grey that decoders leave where nothing was decoded."""
    if picture.mode not in ("L", "RGB"):
        return ""
    differs = (np.asarray(picture) != GREY).reshape(picture.height, -1).any(axis=1)
    rows = int(np.argmax(differs[::-1]))  # 0 also if all of it is grey: that is a picture
    if rows < max(8, picture.height * MIN_GREY_ROWS):
        return ""
    return f"the lowest {max(1, round(100 * rows / picture.height))} % is even grey"


def _find_missing_colours(picture: PIL.Image.Image) -> str:
    """Whether pixels have numbers beyond the palette's end: Pillow makes them black."""
    if picture.mode != "P" or picture.palette is None:
        return ""
    colours = len(picture.palette.palette) // len(picture.palette.mode)
    highest = int(np.asarray(picture).max())
    return "" if highest < colours else f"its palette has {colours} colours, and a pixel has colour {highest}"
