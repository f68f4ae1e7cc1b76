"""Transparent colours of every depth, against what the PNG specification says of them."""

import struct
from pathlib import Path

import numpy as np
import pytest

from riptui.images import prepare_original
from tests.support.picture_files import png

GREY, RGB = 0, 2


def packed(samples: list[int], depth: int) -> bytes:
    """A row of samples of 1 to 16 bits."""
    bits = "".join(f"{value:0{depth}b}" for value in samples)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("key", [0, 1, "white"])
@pytest.mark.parametrize("high_bits", [False, True])
def test_the_transparent_grey_of_any_depth(tmp_path: Path, depth: int, key: int | str, high_bits: bool) -> None:
    white = 2**depth - 1
    transparent = white if isinstance(key, str) else key
    other = 1 if transparent == 0 else 0
    rows = 256 * (b"\0" + packed([transparent] * 128 + [other] * 128, depth))
    written = transparent | (0x5A00 if high_bits and depth <= 8 else 0)  # "only the low bits are used"
    (tmp_path / "a.png").write_bytes(png(256, 256, depth, GREY, rows, (b"tRNS", struct.pack(">H", written))))
    found = prepare_original(tmp_path / "a.png", size=256)
    assert (found.image[:, :128] == 255).all()
    assert (found.image[:, 128:] == round(255 * other / white)).all()
    assert "alpha flattened on white" in found.notes


@pytest.mark.parametrize(("depth", "high_bits"), [(8, 0), (8, 0x5A00), (16, 0)])
def test_the_transparent_colour_of_any_depth(tmp_path: Path, depth: int, high_bits: int) -> None:
    """With 16 bits, the second half differs from it in the lowest bit only, and is opaque."""
    transparent, near = ((0x12, 0x56, 0x9A), (0x12, 0x56, 0x9B))
    if depth == 16:
        transparent, near = ((0x1234, 0x5678, 0x9ABC), (0x1234, 0x5678, 0x9ABD))
    rows = 256 * (b"\0" + packed([*transparent] * 128 + [*near] * 128, depth))
    (tmp_path / "a.png").write_bytes(
        png(256, 256, depth, RGB, rows, (b"tRNS", struct.pack(">HHH", *(v | high_bits for v in transparent))))
    )
    found = prepare_original(tmp_path / "a.png", size=256)
    assert (found.image[:, :128] == 255).all()
    assert np.array_equal(np.unique(found.image[:, 128:].reshape(-1, 3), axis=0), [[v >> depth - 8 for v in near]])


def test_a_transparent_colour_that_no_pixel_has_changes_nothing(tmp_path: Path) -> None:
    rows = 256 * (b"\0" + packed([7, 9] * 128, 4))
    (tmp_path / "a.png").write_bytes(png(256, 256, 4, GREY, rows, (b"tRNS", struct.pack(">H", 5))))
    found = prepare_original(tmp_path / "a.png", size=256)
    assert sorted(np.unique(found.image)) == [7 * 17, 9 * 17]
    assert found.notes == ()
