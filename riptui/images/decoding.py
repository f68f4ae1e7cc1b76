"""A file's bytes to its first picture, upright, in its own mode: by Pillow, its plug-ins, or tifffile."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

import PIL.ExifTags
import PIL.Image
import PIL.ImageFile

from riptui.errors import SourceError
from riptui.images import png_chunks, tiff_layout
from riptui.images.damage import complete_jpeg, find_damage
from riptui.images.declared_colour import note_declared_colour
from riptui.images.file_kinds import PLUGIN_SUFFIXES, describe_unknown, load_plugin, names_plugin
from riptui.images.source_file import to_one_line

PilImage = PIL.Image.Image

MAX_PIXELS = 178_956_970  # Pillow's own limit: 0.7 GB once decoded
LIMIT = f"the limit is {MAX_PIXELS / 1e6:.0f} megapixels: scale it down first"

# EPS starts Ghostscript, WMF asks Windows, IPTC opens whatever it contains, EPS too. A FITS can be a gzip bomb before
# Pillow 12.2. The other four Pillow can only name.
REFUSED_FORMATS = {"EPS", "WMF", "IPTC", "FITS", "BUFR", "GRIB", "HDF5", "MPEG"}

# The transpose that undoes each EXIF orientation. ImageOps.exif_transpose also rewrites the EXIF block, and fails on
# unusual ones.
EXIF_TRANSPOSES = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
SIGNED_FORMATS = ["AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "PSD", "QOI", "TIFF", "WEBP"]

TURNED = "rotated by EXIF"


@contextmanager
def strict_pillow() -> Iterator[None]:
    """Have Pillow refuse truncated images, whatever other code has set, and not warn: errors and notes do."""
    previous, PIL.ImageFile.LOAD_TRUNCATED_IMAGES = PIL.ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        PIL.ImageFile.LOAD_TRUNCATED_IMAGES = previous


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn whatever a decoder or a conversion raises into SourceError, without the path; except MemoryError."""
    try:
        yield
    except (SourceError, MemoryError):
        raise
    except PIL.Image.DecompressionBombError as error:
        raise SourceError(f"{to_one_line(error).partition(',')[0]}; {LIMIT}") from error
    except Exception as error:  # by format: OSError, SyntaxError, ValueError, KeyError, EOFError, struct.error ...
        cause = to_one_line(error)
        reason = f" ({cause})" if any(map(str.isalpha, cause)) else ""  # some decoders give a number alone
        raise SourceError(f"damaged or truncated{reason}: copy or save it again") from error


def decode(data: bytes, notes: list[str], *, strict: bool = False) -> PilImage:
    """The first frame, upright, still in its own mode. `strict` refuses damage that is otherwise noted.

    Raises SourceError, and whatever the decoder of the format raises.
    """
    data = complete_jpeg(data, notes)
    tags = tiff_layout.read_tags(data)
    if tags is not None:
        tiff_layout.silence_libtiff()
    if tags is None or tiff_layout.is_read_rightly_by_pillow(tags):
        with suppress(PIL.UnidentifiedImageError):
            return _decode_by_pillow(data, notes, strict)
    if tags is None:
        raise SourceError(describe_unknown(data))
    return _decode_tiff_samples(data, tags, notes)


def picture_suffixes() -> frozenset[str]:
    """The suffixes of the formats that are read, in lower case, with those that need a plug-in."""
    PIL.Image.init()
    formats = set(PIL.Image.OPEN) - REFUSED_FORMATS
    return frozenset(suffix for suffix, name in PIL.Image.EXTENSION.items() if name in formats) | PLUGIN_SUFFIXES


def describe_wrong_suffix(suffix: str, data: bytes) -> str:
    """What a picture is whose name says that it is of another format; empty if that agrees or is not known."""
    try:
        with open_picture(data) as picture:
            found = picture.format
    except Exception:  # a TIFF whose samples are not read by Pillow
        return ""
    named = PIL.Image.EXTENSION.get(suffix.lower())
    if named is None or found is None or _family(named) == _family(found):
        return ""
    return f"named {suffix}, but its contents are {_family(found)}"


def _family(name: str) -> str:
    """A format of Pillow by the name of the one whose suffixes it shares: several pictures in a JPEG are a JPEG."""
    return {"MPO": "JPEG", "DIB": "BMP", "CUR": "ICO"}.get(name, name)


def looks_like_picture(path: Path) -> bool:
    """Whether a regular file of any suffix begins as a picture of a format that has a signature."""
    try:
        with path.open("rb") as file, strict_pillow():
            if names_plugin(file.read(256)):
                return True
            file.seek(0)
            PIL.Image.init()
            PIL.Image.open(file, formats=SIGNED_FORMATS)
    except Exception:  # unreadable, unknown, or so damaged that the parser of its format fails
        return False
    return True


def open_picture(data: bytes) -> PIL.ImageFile.ImageFile:
    """Identify a picture by its header; its pixels are decoded when it is loaded.

    Raises PIL.UnidentifiedImageError, SourceError for a format that needs a plug-in, and whatever Pillow raises.
    """
    PIL.Image.init()
    load_plugin(data)
    return PIL.Image.open(BytesIO(data), formats=[name for name in PIL.Image.OPEN if name not in REFUSED_FORMATS])


def _decode_by_pillow(data: bytes, notes: list[str], strict: bool) -> PilImage:
    picture = open_picture(data)
    _require_pixel_limit(*picture.size)  # Pillow itself refuses those without any
    frames = 1 if picture.format == "PSD" else getattr(picture, "n_frames", 1)  # a PSD's are layers, and it opens whole
    if frames > 1:
        notes.append(f"first of {frames} frames")
    if ";16" in str(picture.tile) and not picture.mode.startswith("I"):
        notes.append("16-bit colour cut to 8")
    note_declared_colour(data, picture, notes)
    orientation = picture.getexif().get(PIL.ExifTags.Base.Orientation, 1)
    picture.load()
    if damage := find_damage(data, picture):
        if strict:
            raise SourceError(f"damaged inside ({damage}): copy or save it again")
        notes.append(f"damaged inside ({damage})")
    match picture.format:
        case "TIFF":  # load() has turned it
            if orientation in EXIF_TRANSPOSES:
                notes.append(TURNED)
            tiff_layout.correct_palette(picture)
            return tiff_layout.widen_12_bits(picture)
        case "PNG":
            return _turn(png_chunks.correct_transparency(picture, data), orientation, notes)
        case "HEIF" | "JXL":  # their own headers say how to turn them, and the plug-ins have; EXIF is not to be asked
            return picture
        case _:
            return _turn(picture, orientation, notes)


def _decode_tiff_samples(data: bytes, tags: tiff_layout.TiffTags, notes: list[str]) -> PilImage:
    _require_pixel_limit(*tiff_layout.read_size(tags))
    picture = tiff_layout.read_samples(data, tags, notes)
    return _turn(picture, tags.get(PIL.ExifTags.Base.Orientation, 1), notes)


def _turn(picture: PilImage, orientation: int, notes: list[str]) -> PilImage:
    transpose = EXIF_TRANSPOSES.get(orientation)
    if transpose is None:
        return picture
    notes.append(TURNED)
    return picture.transpose(transpose)


def _require_pixel_limit(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise SourceError(f"{width}x{height} pixels; {LIMIT}")
