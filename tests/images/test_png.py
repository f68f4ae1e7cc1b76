"""Frames as PNG: every bit is kept, and all damage is found."""

import struct
from hashlib import sha256
from io import BytesIO

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riptui.errors import DamagedError
from riptui.images import decode_png, encode_png, pixels_sha256
from tests.support.picture_files import BOMB, JPEG, NOISE, RED, TEXT_BOMB, png


@pytest.mark.slow
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_a_png_holds_every_bit(image: np.ndarray) -> None:
    assert np.array_equal(decode_png(encode_png(image)), image)


@pytest.mark.parametrize(
    "view",
    [NOISE[64:128, 32:96], NOISE[::-1, ::2], NOISE[..., ::-1], NOISE.transpose(1, 0, 2)],
    ids=["a box", "steps", "BGR", "transposed"],
)
def test_a_view_is_stored_as_it_is_seen(view: np.ndarray) -> None:
    assert not view.flags.c_contiguous
    again = decode_png(encode_png(view))
    assert np.array_equal(again, view)
    assert again.flags.c_contiguous
    assert pixels_sha256(view) == pixels_sha256(again) == sha256(view.tobytes()).hexdigest()


def test_other_programs_read_the_same_colours() -> None:
    assert PIL.Image.open(BytesIO(encode_png(np.array([[RED]], np.uint8)))).getpixel((0, 0)) == RED


SMALL = NOISE[:8, :8]


def test_every_flipped_bit_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode_png(SMALL)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedError, match=r"^\d+ bytes are not a readable PNG: .+$"):
            decode_png(bytes(flipped))
    assert capfd.readouterr() == ("", "")


def test_every_truncation_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode_png(SMALL)
    for length in range(len(data)):
        with pytest.raises(DamagedError, match=rf"^{length} bytes are not a readable PNG: .+$"):
            decode_png(data[:length])
    assert capfd.readouterr() == ("", "")


@given(st.binary(max_size=300), st.booleans())
@example(b"", False)
def test_random_bytes_are_no_png(data: bytes, signed: bool) -> None:
    with pytest.raises(DamagedError, match="not a readable PNG"):
        decode_png(b"\x89PNG\r\n\x1a\n" * signed + data)


@pytest.mark.slow
@given(st.data())
def test_a_hole_or_a_shuffle_in_a_png_is_found(data: st.DataObject) -> None:
    whole = encode_png(SMALL)
    start, stop = sorted((data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole)))))
    holed = whole[:start] + b"\0" * (stop - start) + whole[stop:]
    if holed != whole:
        with pytest.raises(DamagedError, match="not a readable PNG"):
            decode_png(holed)


ROW = b"\0\1\2\3"
SECOND_HEADER = (b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 2, 0, 0, 0))
NOT_OURS = {
    "grey": png(1, 1, 8, 0, b"\0\1"),
    "16 bits": png(1, 1, 16, 2, b"\0\1\2\3\4\5\6"),
    "with alpha": png(1, 1, 8, 6, b"\0\1\2\3\4"),
    "a palette": png(1, 1, 8, 3, b"\0\0", (b"PLTE", b"\1\2\3")),
    "too many pixels": encode_png(np.zeros((2048, 2049, 3), np.uint8)),
    "a bomb": BOMB,
    "no pixels": png(0, 1, 8, 2, b""),
    "two headers": png(1, 1, 8, 2, ROW, SECOND_HEADER),
    "bytes after the end": png(1, 1, 8, 2, ROW) + b"\0",
    "a text bomb": TEXT_BOMB,
    "a broken animation": png(1, 1, 8, 2, ROW, (b"acTL", struct.pack(">II", 0, 0))),
    "JPEG": JPEG.getvalue(),
}


@pytest.mark.parametrize("data", NOT_OURS.values(), ids=NOT_OURS)
def test_a_png_that_no_frame_can_be_is_refused(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DamagedError, match=r"^\d+ bytes are not a readable PNG: .+$"):
        decode_png(data)
    assert capfd.readouterr() == ("", "")


def test_the_largest_frame_is_read() -> None:
    assert decode_png(encode_png(np.zeros((2048, 2048, 3), np.uint8))).shape == (2048, 2048, 3)
    assert np.array_equal(decode_png(png(1, 1, 8, 2, ROW)), [[[1, 2, 3]]])
