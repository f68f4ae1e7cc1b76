"""What a file is that Pillow alone cannot read: a format that needs a plug-in, or no picture at all."""

import importlib

import PIL.features
import PIL.Image

from riptui.errors import MissingExtraError, SourceError
from riptui.images.source_file import to_one_line

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}
HEIC, JPEG_XL = "HEIC", "JPEG XL"

PLUGINS = {HEIC: ("pillow_heif", "pillow-heif", "HEIF"), JPEG_XL: ("pillow_jxl", "pillow-jxl-plugin", "JXL")}
"""The module that teaches Pillow a format, its package, and Pillow's name of the format."""

SIGNATURES = {
    b"version https://git-lfs.github.com/spec": "a Git LFS pointer, not the picture itself: run `git lfs pull`",
    b"/annex/objects/": "a git-annex pointer, not the picture itself: run `git annex get`",
    b"\0\x05\x16\x07": "a file in which macOS keeps a picture's attributes (AppleDouble): name the picture itself",
    b"%PDF": "a PDF document: export the page as PNG",
    b"PK\x03\x04": "a ZIP archive or an office document: extract the pictures first",
    b"\x1f\x8b": "compressed with gzip: decompress it first",
    b"Rar!": "an archive: extract the pictures first",
    b"7z\xbc\xaf": "an archive: extract the pictures first",
    b"\x89PNG\n": "a PNG whose line ends a transfer as text has changed: transfer it again as binary",
    b"\x89PNG\r\r": "a PNG whose line ends a transfer as text has changed: transfer it again as binary",
    b"\xc2\x89PNG": "a PNG that was converted as if it were text: copy or download it again",
    b"\xef\xbf\xbdPNG": "a PNG that was converted as if it were text: copy or download it again",
    b"\x1a\x45\xdf\xa3": "a video: export a frame as PNG",
    b"#EXTM3U": "a playlist of a video: export a frame as PNG",
}
HTML = "an HTML page, not a picture: the download gave a page (an error, a login?); download it again"
TEXTS = {
    b"<!doctype html": HTML,
    b"<html": HTML,
    b"<head": HTML,
    b"<body": HTML,
    b"<!--": "HTML or XML, not a picture: download it again, or export a drawing as PNG",
    b"<svg": "an SVG drawing: export it as PNG",
    b"<?xml": "XML, not a picture: a drawing (export it as PNG) or a server's error (download it again)",
}
"""Beginnings of texts, after blanks, in lower case."""
JPEG_START = b"\xff\xd8"
MAX_TEXT = 200  # bytes that are looked at
PLUGIN_SUFFIXES = {".avif", ".heic", ".heif", ".hif", ".jxl"}
UNKNOWN = "not a readable image (unknown format, or truncated): convert it to PNG or JPEG"


def load_plugin(data: bytes) -> None:
    """Have Pillow know the format of a file that only a plug-in reads. Raises SourceError if it is not installed."""
    kind = _find_plugin_format(data)
    if kind is None or PLUGINS[kind][2] in PIL.Image.OPEN:
        return
    module, package, _ = PLUGINS[kind]
    try:
        plugin = importlib.import_module(module)  # registers itself, unless it has a function for that
        getattr(plugin, "register_heif_opener", lambda: None)()
    except ModuleNotFoundError as error:
        advice = MissingExtraError(kind, package, "pictures")
        raise SourceError(f"{advice}; or convert it to PNG") from error
    except Exception as error:  # an installation that is broken
        reason = to_one_line(error)
        raise SourceError(
            f"{kind} needs the package {package}, which is installed but fails ({reason}): convert it to PNG"
        ) from error


def describe_unknown(data: bytes) -> str:
    """What to tell of a file that Pillow does not know."""
    if (brands := _read_brands(data)) & AVIF_BRANDS and not PIL.features.check("avif"):
        return "AVIF, which this Pillow was built without: pip install --upgrade pillow, or convert it to PNG"
    for signature, text in SIGNATURES.items():
        if data.startswith(signature):
            return text
    beginning = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, text in TEXTS.items():
        if beginning.startswith(start):
            return text
    if not data.strip(b"\0"):
        return "zeros only: it was never written, or lost in a crash; copy or download it again"
    if (line := _read_text(data)) is not None:
        return f"text, not a picture ({line!r}): download it again"
    if data.startswith(JPEG_START):
        return "a JPEG without a header that can be read (damaged; or of 12 bits, or lossless): save it again"
    if brands and not brands & (AVIF_BRANDS | HEIC_BRANDS):
        return "a video: export a frame as PNG"
    return UNKNOWN


def _read_text(data: bytes) -> str | None:
    """The first line of a text, or None if it is none."""
    try:
        text = data[:MAX_TEXT].decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.end < len(data[:MAX_TEXT]) - 3 or error.start == 0:  # a character may be cut at the end
            return None
        text = data[: error.start].decode()
    is_text = all(character.isprintable() or character.isspace() for character in text)
    return to_one_line(text)[:40] if is_text else None


def names_plugin(data: bytes) -> bool:
    """Whether a file's beginning is of a format that a plug-in reads."""
    return _find_plugin_format(data) is not None


def _find_plugin_format(data: bytes) -> str | None:
    if data.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return JPEG_XL
    brands = _read_brands(data)
    return HEIC if brands & HEIC_BRANDS and not brands & AVIF_BRANDS else None


def _read_brands(data: bytes) -> set[bytes]:
    """The brands of an ISO base media file: what its content is, and what else may read it."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4]), 256)
    return {data[8:12], *(data[i : i + 4] for i in range(16, end, 4))}
