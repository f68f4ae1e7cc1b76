"""Colours matched along a border, and feathered pastes: whatever is done, only the mask's pixels change."""

from typing import Any

import numpy as np
import pytest
from skimage.color import rgb2lab

from riptui.arrays import Image, Mask
from riptui.errors import SpecError
from riptui.pasting import BORDER_PX, feather, match_border
from tests.support.trajectories import make_spec, picture

CANVAS = picture(128)


def square(x: int, y: int, side: int = 64) -> Mask:
    mask = np.zeros((128, 128), bool)
    mask[y : y + side, x : x + side] = True
    return mask


def strip_lab(image: Image, x: int, y: int, side: int, width: int) -> Any:
    """The colours of a strip inside a square (width > 0), or of one outside (width < 0)."""
    larger, smaller = (side, side - 2 * width) if width > 0 else (side - 2 * width, side)
    shift = min(0, width)
    strip = square(x + shift, y + shift, larger) & ~square(x + max(0, width), y + max(0, width), smaller)
    return rgb2lab(image[strip] / 255)


def test_what_was_repainted_takes_the_colours_along_its_border() -> None:
    output = (CANVAS * 0.85 + 20).astype(np.uint8)
    mask = square(32, 32)
    matched = match_border(output, CANVAS, mask)
    inside, outside = (strip_lab(image, 32, 32, 64, width) for image, width in ((matched, 8), (CANVAS, -8)))
    assert abs(inside.mean(axis=0) - outside.mean(axis=0)).max() < 0.6  # rounding, and colours that RGB does not have
    assert abs(inside.std(axis=0) / outside.std(axis=0) - 1).max() < 0.1
    assert np.array_equal(matched[~mask], output[~mask])
    assert BORDER_PX == 8


def test_a_flat_fill_is_not_stretched_and_a_whole_picture_has_no_border() -> None:
    flat = np.full_like(CANVAS, 90)
    mask = square(0, 0)
    matched = match_border(flat, CANVAS, mask)
    assert len(np.unique(matched[mask].reshape(-1, 3), axis=0)) == 1
    assert match_border(flat, CANVAS, np.ones((128, 128), bool)) is flat


@pytest.mark.parametrize("width", [1, 3, 8])
def test_a_feathered_square_rises_evenly_from_its_border(width: int) -> None:
    black, white = np.zeros((128, 128, 3), np.uint8), np.full((128, 128, 3), 255, np.uint8)
    row = feather(white, black, square(32, 32), width)[64, :, 0].astype(int)
    expected = [int(255 * step / (width + 1) + 0.5) for step in range(1, width + 1)]
    assert row[32 : 32 + width].tolist() == expected == row[95 : 95 - width : -1].tolist()
    assert (row[32 + width : 96 - width] == 255).all()
    assert not row[:32].any()
    assert not row[96:].any()


def test_the_pictures_edge_is_not_feathered() -> None:
    black, white = np.zeros((128, 128, 3), np.uint8), np.full((128, 128, 3), 255, np.uint8)
    row = feather(white, black, square(0, 32), 4)[64, :, 0].astype(int)
    assert (row[:60] == 255).all()
    assert row[60:65].tolist() == [204, 153, 102, 51, 0]
    assert (feather(white, black, np.ones((128, 128), bool), 4) == 255).all()


def test_without_a_width_nothing_is_blended_inside() -> None:
    output, mask = 255 - CANVAS, square(16, 24)
    assert np.array_equal(feather(output, CANVAS, mask, 0), np.where(mask[..., None], output, CANVAS))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"feather": 33}, "half the mask, 32 px"),
        ({"feather": 4, "paste": False}, "no-paste"),
        ({"feather": -1}, "from 0"),
    ],
)
def test_what_cannot_be_pasted_so_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_spec(picture(256), **fields)
