"""What Pillow leaves out of a PNG: the transparent colour of pictures that do not have 8 bits, and cICP."""

from collections.abc import Iterator

import numpy as np
import PIL.Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks before the pixels: their names and contents. Nothing for other files."""
    position = len(SIGNATURE)
    while data.startswith(SIGNATURE) and position + 8 <= len(data):
        length, name = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8]
        if name in (b"IDAT", b"IEND"):
            return
        yield name, data[position + 8 : position + 8 + length]
        position += 12 + length


def correct_transparency(picture: PIL.Image.Image, data: bytes) -> PIL.Image.Image:
    """A loaded PNG with its one transparent colour as Pillow's mode has it.

    Pillow widens grey of 2 and 4 bits to 8 and cuts colour of 16 bits to 8, but leaves the transparent colour as it
    was written: it matches other pixels then, or none.
    """
    key = dict(read_chunks(data)).get(b"tRNS", b"")
    depth = data[24]  # of IHDR, which is always the first chunk
    white = 2**depth - 1
    if picture.mode == "RGB" and depth == 16 and len(key) == 6:
        del picture.info["transparency"]
        picture.putalpha(_find_opacity_of_16_bits(data))
    elif picture.mode == "RGB" and len(key) == 6:
        picture.info["transparency"] = (key[1], key[3], key[5])  # of the two bytes for each, the low bits count
    elif picture.mode in ("1", "L") and len(key) == 2:
        picture.info["transparency"] = (int.from_bytes(key) & white) * 255 // white
    return picture


def _find_opacity_of_16_bits(data: bytes) -> PIL.Image.Image:
    """255 where a pixel has another colour than the transparent one, by OpenCV, which keeps all 16 bits."""
    import cv2  # 17 MiB that readers do without

    pixels = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
    return PIL.Image.fromarray((pixels[..., 3] // 257).astype(np.uint8))
