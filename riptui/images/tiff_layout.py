"""TIFFs by the layout of their samples: those that Pillow reads rightly, those that tifffile reads, and the refused.

Pillow takes some samples as they lie in the file: 16-bit white-is-zero comes out as a negative, planes of 16 bits as
garbage, signed samples around the wrong black. Only layouts that were compared with known pixels are left to Pillow.
"""

import ctypes
import logging
import zlib
from contextlib import suppress
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import PIL._imaging
import PIL.Image
import PIL.TiffImagePlugin
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from riptui.errors import SourceError
from riptui.images.source_file import to_one_line

TiffTags = ImageFileDirectory_v2

PLANES = 2  # the value of PLANAR that means one plane after another
SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
SAMPLES, PLANAR, COLOUR_MAP, INK_SET, EXTRA, SAMPLE_FORMAT = 277, 284, 320, 332, 338, 339
STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES, ICC_PROFILE, DNG_VERSION = 273, 279, 324, 325, 34675, 50706
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK = 0, 1, 2, 5
DEFLATE_COMPRESSIONS = (8, 32946)
FAX_COMPRESSIONS = (2, 3, 4)  # of black on white, whether or not they say so
COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4}
"""Samples of a pixel without the extra ones."""
ASSOCIATED_ALPHA, ALPHA = 1, 2
MODES = {(1, 0): "L", (3, 0): "RGB", (4, 0): "CMYK", (1, ALPHA): "LA", (3, ALPHA): "RGBA", (1, 1): "La", (3, 1): "RGBa"}
"""Pillow's, by the number of colours and the kind of alpha."""


def read_tags(data: bytes) -> TiffTags | None:
    """The first directory of a TIFF. None for other files, and for a directory that cannot be read: Pillow says why."""
    if not data.startswith(tuple(PIL.TiffImagePlugin.PREFIXES)):
        return None
    is_big = data[2:4] in (b"\0\x2b", b"\x2b\0")
    try:
        tags = ImageFileDirectory_v2(data[: 16 if is_big else 8])
        file = BytesIO(data)
        file.seek(tags.next)
        tags.load(file)
        read_size(tags)
    except Exception:  # of a damaged file, anything
        return None
    return tags


def read_size(tags: TiffTags) -> tuple[int, int]:
    """Width and height in pixels."""
    return int(tags[WIDTH]), int(tags[HEIGHT])


def is_read_rightly_by_pillow(tags: TiffTags) -> bool:
    """Whether the picture is left to Pillow. Raises SourceError for a layout that says too little about its colours."""
    _require_meaning(tags)
    photometric, bits = _photometric(tags), max(_bits(tags))
    is_compressed, in_planes = tags.get(COMPRESSION, 1) != 1, tags.get(PLANAR, 1) == PLANES and len(_bits(tags)) > 1
    match _sample_format(tags):
        case 1 if bits <= 8:
            is_multiplied = ASSOCIATED_ALPHA in _as_tuple(tags.get(EXTRA, ()))
            return not in_planes or (photometric in (RGB, CMYK) and not is_multiplied)
        case 1 if bits == 12:
            return photometric == BLACK_IS_ZERO and tags.prefix == b"II"
        case 1 if bits == 16:
            return photometric != WHITE_IS_ZERO and (is_compressed or not in_planes)
        case 3 if bits == 32:  # libtiff gives this machine's byte order, and Pillow swaps it again
            return photometric == BLACK_IS_ZERO and not (is_compressed and tags.prefix == b"MM")
        case 1 | 2 if bits == 32:  # Pillow itself writes 16-bit grey so; other values are refused where they are scaled
            return photometric == BLACK_IS_ZERO and not (is_compressed and tags.prefix == b"MM")
    return False


def find_deflate_damage(data: bytes, picture: PIL.Image.Image) -> str:
    """Which strip or tile of a TIFF by deflate has a wrong checksum: libtiff does not always read that far."""
    if not isinstance(picture, TiffImageFile) or picture.tag_v2.get(COMPRESSION) not in DEFLATE_COMPRESSIONS:
        return ""
    tags = picture.tag_v2
    offsets = _as_tuple(tags.get(STRIP_OFFSETS, tags.get(TILE_OFFSETS, ())))
    counts = _as_tuple(tags.get(STRIP_BYTES, tags.get(TILE_BYTES, ())))
    for number, (offset, count) in enumerate(zip(offsets, counts, strict=False), 1):
        try:
            zlib.decompress(data[offset : offset + count])
        except zlib.error:
            return f"the checksum of strip {number} of {len(offsets)} does not hold"
    return ""


def correct_palette(picture: PIL.ImageFile.ImageFile) -> None:
    """Brighten a palette of 8 bits: the format asks for 16, of which Pillow takes the upper ones, all 0 then."""
    if not isinstance(picture, TiffImageFile) or picture.mode != "P":
        return
    colours = np.asarray(picture.tag_v2.get(COLOUR_MAP, ()), np.uint16)
    if colours.size and colours.max() < 256:
        picture.putpalette(colours.reshape(3, -1).T.astype(np.uint8).tobytes())


@cache
def silence_libtiff() -> None:
    """Have libtiff print nothing to stderr: its errors are raised by Pillow too, and the app's screen is there."""
    with suppress(OSError, AttributeError):  # a Pillow that was linked otherwise
        library = ctypes.CDLL(PIL._imaging.__file__)  # the libtiff that it was linked with is found through it
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)


def widen_12_bits(picture: PIL.ImageFile.ImageFile) -> PIL.Image.Image:
    """Grey of 12 bits as grey of 16: Pillow leaves it from 0 to 4095. Other pictures as they are."""
    if not isinstance(picture, TiffImageFile) or picture.tag_v2.get(BITS) != (12,):
        return picture
    widened = PIL.Image.fromarray(np.rint(np.asarray(picture) * (65535 / 4095)).astype(np.uint16))
    widened.info = picture.info
    return widened


def read_samples(data: bytes, tags: TiffTags, notes: list[str]) -> PIL.Image.Image:
    """The first picture, read by tifffile and scaled to 8 bits; not turned yet. Raises SourceError."""
    photometric = _photometric(tags)
    if photometric not in COLOURS:
        raise SourceError(f"a TIFF of {_describe(tags)}: save it as RGB of 8 bits")
    samples = _load_samples(data, tags, notes)
    colours, extra = COLOURS[photometric], [*_as_tuple(tags.get(EXTRA, ()))]
    alpha = extra[0] if extra and extra[0] in (ASSOCIATED_ALPHA, ALPHA) else 0
    if (colours, alpha) not in MODES or samples.ndim != 3 or samples.shape[2] < colours + (alpha > 0):
        raise SourceError(f"a TIFF of {_describe(tags)}: save it as RGB of 8 bits")
    levels = _to_levels(samples[..., : colours + (alpha > 0)], tags, notes)
    if photometric == WHITE_IS_ZERO:
        levels[..., 0] = 255 - levels[..., 0]
    picture = PIL.Image.frombytes(MODES[colours, alpha], levels.shape[1::-1], levels.tobytes())
    if profile := tags.get(ICC_PROFILE):
        picture.info["icc_profile"] = profile
    return picture


def _require_meaning(tags: TiffTags) -> None:
    """Raise SourceError for what neither Pillow nor tifffile can know."""
    if int(tags.get(SUBFILE_TYPE, 0)) & 1 or DNG_VERSION in tags:
        raise SourceError("a camera's raw file, or its first picture is only a thumbnail: export it as PNG or TIFF")
    if _sample_format(tags) == SIGNED and max(_bits(tags)) < 32:
        raise SourceError(f"a TIFF of {_describe(tags)}, which do not say what is black: save it with unsigned samples")
    if PHOTOMETRIC not in tags and len(_bits(tags)) < 3 and tags.get(COMPRESSION, 1) not in FAX_COMPRESSIONS:
        raise SourceError("a TIFF that does not say whether 0 is black or white: save it again")
    if len(set(_bits(tags)[: COLOURS.get(_photometric(tags), 3)])) > 1:
        raise SourceError(f"a TIFF of {_describe(tags)} and fewer: save it as RGB of 8 bits")
    if _photometric(tags) == CMYK and tags.get(INK_SET, 1) != 1:
        raise SourceError("a TIFF of inks other than cyan, magenta, yellow and black: save it as RGB")


def _load_samples(data: bytes, tags: TiffTags, notes: list[str]) -> NDArray[Any]:
    """[height, width, samples] as they are in the file."""
    import tifffile  # 0.1 s that other pictures do without

    logger = logging.getLogger("tifffile")
    was_disabled, logger.disabled = logger.disabled, True  # it would print what is raised here
    try:
        with tifffile.TiffFile(BytesIO(data)) as file:
            if (frames := len(file.pages)) > 1:
                notes.append(f"first of {frames} frames")
            samples = file.pages[0].asarray()
    except MemoryError:
        raise
    except Exception as error:  # from any codec below it
        reason = to_one_line(error)
        raise SourceError(f"a TIFF of {_describe(tags)} cannot be read ({reason}): save it as 8 bits") from error
    finally:
        logger.disabled = was_disabled
    if len(_bits(tags)) == 1:
        return samples[..., None]
    return np.moveaxis(samples, 0, -1) if tags.get(PLANAR, 1) == PLANES else samples


def _to_levels(samples: NDArray[Any], tags: TiffTags, notes: list[str]) -> NDArray[np.uint8]:
    """Scaled so that white is 255. Raises SourceError if the samples do not say what is white."""
    low, high = samples.min(), samples.max()
    is_float = _sample_format(tags) == FLOAT
    white = 1 if is_float else 2 ** max(_bits(tags)) - 1 if max(_bits(tags)) <= 16 else 0
    if not (white and 0 <= low <= high <= white):  # false with NaN too
        raise SourceError(
            f"a TIFF of {_describe(tags)} from {low:g} to {high:g}, which do not say what is white: save it as 8 bits"
        )
    if white != 255:
        kind = "floating point" if is_float else f"{max(_bits(tags))}-bit"
        notes.append(f"{kind} scaled to 8 (from {low:g} to {high:g}; {white:g} is white)")
    return np.rint(samples.astype(np.float64) * (255 / white)).astype(np.uint8)


def _describe(tags: TiffTags) -> str:
    kind = {UNSIGNED: "unsigned", SIGNED: "signed", FLOAT: "floating-point"}.get(_sample_format(tags), "unusual")
    colour = {WHITE_IS_ZERO: "white-is-zero ", CMYK: "CMYK ", RGB: "RGB ", BLACK_IS_ZERO: "grey "}
    planes = " in planes" if tags.get(PLANAR, 1) == PLANES and len(_bits(tags)) > 1 else ""
    space = colour.get(_photometric(tags), f"colour space {_photometric(tags)}, ")
    return f"{space}{kind} samples of {max(_bits(tags))} bits{planes}"


def _bits(tags: TiffTags) -> tuple[int, ...]:
    """Bits of each sample of a pixel."""
    bits, samples = _as_tuple(tags.get(BITS, 1)), int(tags.get(SAMPLES, 1))
    return bits * samples if len(bits) == 1 else bits


def _sample_format(tags: TiffTags) -> int:
    """One for all samples; 0 if they differ."""
    formats = set(_as_tuple(tags.get(SAMPLE_FORMAT, UNSIGNED)))
    return formats.pop() if len(formats) == 1 else 0


def _photometric(tags: TiffTags) -> int:
    return int(tags.get(PHOTOMETRIC, WHITE_IS_ZERO))


def _as_tuple(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)
