"""Source image to original; frames to PNG and back. The only module that knows Pillow's modes and OpenCV's BGR.

An `Image` is an array, a `PilImage` is Pillow's. Two limits: of colour with 16 bits per channel Pillow gives only the
high bytes, at most one level of 255 too dark; and damage is found only in formats that have checksums or a length.
"""

import hashlib
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile

from riptui.arrays import Image
from riptui.errors import DamagedError, SourceError
from riptui.spec import SIZES, Fit

PilImage = PIL.Image.Image

MAX_FILE_BYTES = 2 * 2**30
MAX_PIXELS = 178_956_970  # Pillow's own limit: 0.7 GB once decoded

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


def prepare_original(path: Path, *, size: int = 512, fit: Fit = "bands") -> PreparedImage:
    """Read a source image and make its original of size x size pixels.

    A picture that is size x size, RGB, 8 bit and sRGB already is taken bit for bit. `fit` applies to pictures that are
    not square: "bands" keeps the whole picture between black bands, "crop" keeps the middle
    square, "stretch" distorts.

    Not thread-safe: Pillow's settings and Python's warnings belong to the process.

    Raises SourceError, one line: the file cannot be read, is not an image, is damaged, truncated or too large.
    """
    notes: list[str] = []
    try:
        data = _read_file(path)
        with _strict_pillow():
            picture = _fit(_to_flat_srgb(_decode(data, notes), notes), size, fit, notes)
    except SourceError as refusal:
        raise SourceError(f"{path}: {refusal}") from refusal
    except MemoryError as error:
        raise SourceError(f"{path}: not enough memory to decode it: scale it down first") from error
    name = path.name.encode(errors="replace").decode()  # a name that is not UTF-8 could not be written to spec.json
    return PreparedImage(np.array(picture), name, hashlib.sha256(data).hexdigest(), tuple(notes))


def pixels_sha256(image: Image) -> str:
    """SHA-256 in hex of the pixels: RGB, row by row."""
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def encode_png(image: Image) -> bytes:
    """Lossless PNG of an image of any height and width. By OpenCV: 8 ms for 512x512; Pillow takes over 20 ms."""
    import cv2  # 17 MiB that readers do without

    return cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR))[1].tobytes()


def encode_original_png(image: Image) -> bytes:
    """As `encode_png`, by Pillow: 10 ms more, but without OpenCV's 20 MiB in a process that only creates folders."""
    out = BytesIO()
    PIL.Image.fromarray(image).save(out, "PNG", compress_level=1)  # 6, the usual, takes 80 ms for a tenth less
    return out.getvalue()


def decode_png(data: bytes) -> Image:
    """The pixels of a PNG that `encode_png` wrote. By Pillow: OpenCV prints to stderr and returns half-decoded images.

    Raises DamagedError: truncated, any flipped bit, not RGB of 8 bits, or more than 2048x2048 pixels.
    """
    try:
        if data[12:16] != b"IHDR" or data[24:26] != b"\x08\x02" or data[-12:] != b"\0\0\0\0IEND\xaeB`\x82":
            raise ValueError("not RGB of 8 bits from the first chunk to the last")
        width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
        if width * height > SIZES[-1] ** 2:
            raise ValueError(f"{width}x{height} pixels; the limit is {SIZES[-1]}x{SIZES[-1]}")
        PIL.Image.open(BytesIO(data), formats=["PNG"]).verify()  # load() does not compare the CRCs of the pixels
        picture = PIL.Image.open(BytesIO(data), formats=["PNG"])
        if (picture.mode, picture.size) != ("RGB", (width, height)):
            raise ValueError("a second header contradicts the first")
        picture.load()
    except Exception as error:
        raise DamagedError(f"{len(data)} bytes are not a readable PNG: {_to_one_line(error)}") from error
    return np.array(picture)


def _read_file(path: Path) -> bytes:
    """The whole file, once, so that the hash and the pixels are of the same bytes."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise SourceError("is a folder: name the images in it")
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for a writer
            raise SourceError("is a pipe, a socket or a device: save the image to a file first")
        if status.st_size > MAX_FILE_BYTES:
            raise SourceError(f"the file is {status.st_size / 2**30:.1f} GiB; the limit is {MAX_FILE_BYTES >> 30} GiB")
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        cause = _to_one_line(getattr(error, "strerror", error))
        raise SourceError(f"cannot be read ({cause}): check the path and its permissions") from error
    if not data:
        raise SourceError("the file is empty: copy or download it again")
    return data


@contextmanager
def _strict_pillow() -> Iterator[None]:
    """Have Pillow refuse truncated images, whatever other code has set, and not warn: errors and notes do."""
    previous, PIL.ImageFile.LOAD_TRUNCATED_IMAGES = PIL.ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        PIL.ImageFile.LOAD_TRUNCATED_IMAGES = previous


def _decode(data: bytes, notes: list[str]) -> PilImage:
    """The first frame, upright, still in its own mode."""
    limit = f"the limit is {MAX_PIXELS / 1e6:.0f} megapixels: scale it down first"
    PIL.Image.init()
    try:
        picture = PIL.Image.open(
            BytesIO(data), formats=[name for name in PIL.Image.OPEN if name not in REFUSED_FORMATS]
        )
        if picture.width * picture.height > MAX_PIXELS:  # Pillow itself refuses those without any
            raise SourceError(f"{picture.width}x{picture.height} pixels; {limit}")
        return _first_frame(picture, notes)
    except (SourceError, MemoryError):
        raise
    except PIL.UnidentifiedImageError as error:
        raise SourceError("not a readable image (unknown format, or truncated): convert it to PNG or JPEG") from error
    except PIL.Image.DecompressionBombError as error:
        raise SourceError(f"{_to_one_line(error).partition(',')[0]}; {limit}") from error
    except Exception as error:  # by format: OSError, SyntaxError, ValueError, KeyError, EOFError, struct.error ...
        raise SourceError(f"damaged or truncated ({_to_one_line(error)}): copy or save it again") from error


def _first_frame(picture: PIL.ImageFile.ImageFile, notes: list[str]) -> PilImage:
    frames = 1 if picture.format == "PSD" else getattr(picture, "n_frames", 1)  # a PSD's are layers, and it opens whole
    if frames > 1:
        notes.append(f"first of {frames} frames")
    if ";16" in str(picture.tile) and not picture.mode.startswith("I"):
        notes.append("16-bit colour cut to 8")
    transpose = EXIF_TRANSPOSES.get(picture.getexif().get(PIL.ExifTags.Base.Orientation, 1))
    picture.load()
    if transpose is None:
        return picture
    notes.append("rotated by EXIF")
    return picture if picture.format == "TIFF" else picture.transpose(transpose)  # load() turns a TIFF


def _to_flat_srgb(picture: PilImage, notes: list[str]) -> PilImage:
    """RGB in sRGB, on white where it is transparent; before resizing, or hidden colours would bleed into the edges."""
    if picture.mode in ("La", "RGBa"):  # premultiplied
        picture = picture.convert(picture.mode.upper())
    alpha = _extract_alpha(picture)
    colour = _to_srgb(_to_eight_bits(picture, notes), picture.info.get("icc_profile"), notes)
    if alpha is None or alpha.getextrema() == (255, 255):
        return colour
    notes.append("alpha flattened on white")
    white = PIL.Image.new("RGB", colour.size, "white")
    white.paste(colour, mask=alpha)
    return white


def _extract_alpha(picture: PilImage) -> PilImage | None:
    """Opacity, 0 to 255, from a channel, a palette or the one transparent colour; None if there is none of them."""
    if not picture.has_transparency_data:
        return None
    if picture.mode.startswith("I"):  # Pillow would look for a 16-bit grey among pixels clipped to 8
        return PIL.Image.fromarray(255 * (np.asarray(picture) != picture.info["transparency"]).astype(np.uint8))
    return picture.convert("RGBA").getchannel("A")


def _to_eight_bits(picture: PilImage, notes: list[str]) -> PilImage:
    """The colours without alpha as L, RGB, CMYK or LAB: the modes that ICC profiles describe."""
    match picture.mode:
        case "L" | "RGB" | "CMYK" | "LAB":
            return picture
        case "1" | "LA":
            return picture.convert("L")
        case "F":
            return _scale_to_eight_bits(picture, 1, "floating point", notes)
        case mode if mode.startswith("I"):
            return _scale_to_eight_bits(picture, 65535, "16-bit", notes)
        case _:  # P, PA, RGBA, RGBX, YCbCr, HSV
            return picture.convert("RGB")


def _scale_to_eight_bits(picture: PilImage, white: int, depth_name: str, notes: list[str]) -> PilImage:
    """Grey of more than 8 bits as L. Values beyond white are refused: 32-bit integers do not define white."""
    values = np.asarray(picture)
    low, high = values.min(), values.max()
    if not 0 <= low <= high <= white:  # false with NaN too
        raise SourceError(
            f"{depth_name} grey from {low:g} to {high:g}, not 0 (black) to {white} (white): save it as 8 bits"
        )
    notes.append(f"{depth_name} scaled to 8")
    return PIL.Image.fromarray(np.rint(values.astype(np.float32) * np.float32(255 / white)).astype(np.uint8))


def _to_srgb(colour: PilImage, profile: bytes | None, notes: list[str]) -> PilImage:
    """RGB in sRGB: by the embedded ICC profile, or by Pillow's own rules if none works."""
    if profile:
        try:
            return _convert_by_profile(colour, PIL.ImageCms.ImageCmsProfile(BytesIO(profile)), notes)
        except (OSError, TypeError, ValueError) as error:
            notes.append(f"ICC profile ignored ({_to_one_line(error)})")
    if colour.mode == "CMYK":
        notes.append("CMYK converted without a profile")
    return colour.convert("RGB")


def _convert_by_profile(colour: PilImage, profile: PIL.ImageCms.ImageCmsProfile, notes: list[str]) -> PilImage:
    if colour.mode == "L" and profile.profile.xcolor_space == "RGB ":  # many grey PNGs have an sRGB profile
        colour = colour.convert("RGB")
    srgb = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))
    transform = PIL.ImageCms.ImageCmsTransform(profile, srgb, colour.mode, "RGB")
    cube = PIL.Image.fromarray(np.moveaxis(17 * np.indices((16, 16, 16), np.uint8).reshape(3, 64, 64), 0, 2))
    sample = cube.convert(colour.mode)
    shifts = np.asarray(transform.apply(sample), np.int16) - np.asarray(sample.convert("RGB"))
    if np.abs(shifts).max() <= 1:  # one of the many profiles that mean sRGB: the pixels stay as they are
        return colour.convert("RGB")
    notes.append(
        f"ICC profile {_to_one_line(profile.profile.profile_description or 'without a name')} converted to sRGB"
    )
    return transform.apply(colour)


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


def _to_one_line(text: object) -> str:
    """Another library's message for one of ours: on one line, at most 120 characters."""
    return " ".join(str(text).split())[:120] or type(text).__name__
