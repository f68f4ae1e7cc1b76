"""Colour spaces that a file declares otherwise than by an ICC profile: not applied, but noted.

Numbers are those of ITU-T H.273, which PNG (cICP) and the ISO containers (nclx) share.
"""

import struct

import PIL.ExifTags
import PIL.Image

from riptui.images.png_chunks import read_chunks

SRGB_GAMMA = 1 / 2.2
SRGB_PRIMARIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
PRIMARIES = {4: "BT.470 M", 9: "BT.2020", 10: "XYZ", 11: "DCI-P3", 12: "Display P3"}
TRANSFERS = {4: "gamma 2.2", 5: "gamma 2.8", 8: "linear", 16: "PQ", 17: "SMPTE 428", 18: "HLG"}
"""Those that differ visibly from sRGB's."""
HEADER_BYTES = 2**16  # bytes; the boxes before the pixels


def note_declared_colour(data: bytes, picture: PIL.Image.Image, notes: list[str]) -> None:
    """Note a colour space that the pixels are not converted from."""
    declared = _read_code_points(data) or _read_gamma_and_primaries(picture) or _read_exif(picture)
    if declared:
        notes.append(f"{declared} is declared but not applied: read as sRGB")


def _read_code_points(data: bytes) -> str:
    """From cICP or nclx, which have precedence over a profile."""
    for name, body in read_chunks(data):
        if name == b"cICP" and len(body) == 4:
            return _name_code_points(body[0], body[1], full_range=body[3] == 1)
    start = data.find(b"colrnclx", 0, HEADER_BYTES) if data[4:8] == b"ftyp" else -1
    if start < 0 or len(data) < start + 12:
        return ""
    primaries, transfer = struct.unpack_from(">HH", data, start + 8)
    return _name_code_points(primaries, transfer, full_range=True)  # the decoder has applied matrix and range


def _name_code_points(primaries: int, transfer: int, *, full_range: bool) -> str:
    found = [PRIMARIES.get(primaries, ""), TRANSFERS.get(transfer, ""), "" if full_range else "narrow range"]
    return " ".join(filter(None, found))


def _read_gamma_and_primaries(picture: PIL.Image.Image) -> str:
    """From a PNG's gAMA and cHRM, which an ICC profile and the chunk sRGB overrule."""
    if picture.format != "PNG" or "icc_profile" in picture.info or "srgb" in picture.info:
        return ""
    gamma, primaries = picture.info.get("gamma"), picture.info.get("chromaticity")
    found = []
    if gamma is not None and abs(gamma - SRGB_GAMMA) > 0.01:
        found.append(f"gamma {gamma:g}")
    if primaries and max(abs(a - b) for a, b in zip(primaries, SRGB_PRIMARIES, strict=True)) > 0.005:
        found.append("primaries " + " ".join(f"{value:g}" for value in primaries[2:]))
    return " with ".join(found)


def _read_exif(picture: PIL.Image.Image) -> str:
    """Cameras mark Adobe RGB by "R03" in EXIF; most embed a profile too."""
    if "icc_profile" in picture.info:
        return ""
    try:
        interoperability = picture.getexif().get_ifd(PIL.ExifTags.IFD.Interop)
    except Exception:  # a malformed block: any error of Pillow's parser
        return ""
    return "Adobe RGB" if interoperability.get(PIL.ExifTags.Interop.InteropIndex) == "R03" else ""
