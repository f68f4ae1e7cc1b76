"""Damage inside a PNG: checksums that do not hold, and pixels that are missing. Pillow looks at neither.

Every chunk ends with its CRC-32, and the compressed pixels with their Adler-32, so any flipped bit is found.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from riptui.images.png_chunks import SIGNATURE

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel, by the colour type."""
WHOLE = ((0, 0, 1, 1),)
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""The passes of an interlaced picture: the first column and row, and the distances to the next ones."""
LAST_FILTER = 4


def find_png_damage(data: bytes) -> str:
    """What is wrong inside a PNG that Pillow could load; empty if nothing was found."""
    header: bytes | memoryview = b""
    packed: list[memoryview] = []
    for name, body, is_intact in _read_chunks_of_pixels(data):
        if not is_intact:
            return f"the checksum of its chunk {name.decode('ascii', 'replace')} does not hold"
        if name == b"IHDR" and header:
            return "it has two headers"
        if name == b"IHDR":
            header = body
        elif name == b"IDAT":
            packed.append(body)
    return _find_damaged_pixels(header, packed)


def _read_chunks_of_pixels(data: bytes) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Name, content and whether the checksum holds, up to the last IDAT: what follows decides no pixel of frame 1."""
    view, position, was_pixels = memoryview(data), len(SIGNATURE), False
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if was_pixels and name != b"IDAT":
            return
        was_pixels = name == b"IDAT"
        body = view[position + 8 : position + 8 + length]
        checksum = data[position + 8 + length : position + 12 + length]
        yield name, body, zlib.crc32(body, zlib.crc32(name)).to_bytes(4) == checksum
        position += 12 + length


def _find_damaged_pixels(header: bytes | memoryview, packed: list[memoryview]) -> str:
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    passes = [*_measure_passes(width, height, depth * SAMPLES[colour], interlace)]
    expected = sum(rows * stride for rows, stride in passes)
    unpacker = zlib.decompressobj()
    try:
        pixels = unpacker.decompress(b"".join(packed), expected)
        unpacker.decompress(unpacker.unconsumed_tail, 1)  # reaches the checksum
    except zlib.error as error:
        return f"its pixels do not decompress ({error})"
    if len(pixels) < expected:
        return f"{100 * (1 - len(pixels) / expected):.0f} % of its pixels are missing"
    position = 0
    for rows, stride in passes:
        filters = np.frombuffer(pixels, np.uint8, rows * stride, position)[::stride]
        if filters.size and filters.max() > LAST_FILTER:
            return "it has rows of an unknown filter"
        position += rows * stride
    return ""


def _measure_passes(width: int, height: int, bits: int, interlace: int) -> Iterator[tuple[int, int]]:
    """Rows and bytes of a row, with the byte that names its filter, of each pass that has pixels."""
    for x, y, dx, dy in ADAM7 if interlace else WHOLE:
        columns, rows = -((x - width) // dx), -((y - height) // dy)
        if columns > 0 and rows > 0:
            yield rows, 1 + (columns * bits + 7) // 8
