"""Picture files of every kind, also by hand, and what they are prepared to."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile

from riptui.images import PreparedImage, prepare_original

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
NOISE = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
SRGB = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))


def picture(mode: str, data: object) -> PIL.Image.Image:
    """One of any mode from its raw bytes: an array [height, width, ...]."""
    values = np.asarray(data)
    return PIL.Image.frombytes(mode, (values.shape[1], values.shape[0]), values.tobytes())


def saved(folder: Path, image: PIL.Image.Image, name: str, **options: Any) -> Path:
    path = folder / name
    image.save(path, **options)
    return path


def prepared(folder: Path, image: PIL.Image.Image, name: str, **options: object) -> PreparedImage:
    return prepare_original(saved(folder, image, name, **options), size=256)


def colour(of: PreparedImage) -> tuple[int, ...]:
    """The colour of the one pixel that was enlarged."""
    assert (of.image == of.image[0, 0]).all()
    return tuple(of.image[0, 0].tolist())


def png(
    width: int, height: int, depth: int, kind: int, rows: bytes, *more: tuple[bytes, bytes], interlaced: bool = False
) -> bytes:
    """A PNG by hand, with further chunks before the pixels."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))
    chunks = [header, *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


BOMB = png(20_000, 20_000, 8, 2, b"")
TEXT_BOMB = png(1, 1, 8, 2, b"\0\0\0\0", (b"zTXt", b"a\0\0" + zlib.compress(b"a" * 3_000_000)))
JPEG = BytesIO()
PIL.Image.fromarray(NOISE).save(JPEG, "JPEG")


UPRIGHT = np.zeros((64, 128, 3), np.uint8)
UPRIGHT[:32, :64], UPRIGHT[:32, 64:], UPRIGHT[32:, :64], UPRIGHT[32:, 64:] = RED, GREEN, BLUE, WHITE


def icc(space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile by hand (ICC.1:2001-04, section 6)."""
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(">I4x4s4s4s4s12x4s28x", start + len(body), b"\x02\x40\0\0", b"prtr", space, pcs, b"acsp")
    d50 = struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return (header + d50).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def description(text: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" * 79
