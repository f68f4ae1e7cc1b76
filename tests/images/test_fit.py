"""How a picture of another shape becomes a square."""

from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import pytest

from riptui.images import prepare_original
from riptui.spec import FITS, Fit
from tests.support.picture_files import BLUE, GREEN, NOISE, RED, UPRIGHT, WHITE, prepared, saved


def test_bands_keep_a_wide_picture_whole_and_in_the_middle(tmp_path: Path) -> None:
    path = saved(tmp_path, PIL.Image.new("RGB", (400, 200), RED), "a.png")
    image = prepare_original(path, size=256).image
    assert (image[:64] == 0).all()
    assert (image[64:192] == RED).all()
    assert (image[192:] == 0).all()


def test_bands_keep_a_tall_picture_whole_and_in_the_middle(tmp_path: Path) -> None:
    image = prepared(tmp_path, PIL.Image.new("RGB", (101, 256), RED), "a.png").image
    assert (image[:, :77] == 0).all()
    assert (image[:, 77:178] == RED).all()
    assert (image[:, 178:] == 0).all()


def test_crop_takes_the_middle_square(tmp_path: Path) -> None:
    wide = np.hstack([np.full((256, 70, 3), 9, np.uint8), NOISE, np.full((256, 71, 3), 9, np.uint8)])
    path = saved(tmp_path, PIL.Image.fromarray(wide), "a.png")
    assert np.array_equal(prepare_original(path, size=256, fit="crop").image, NOISE)
    path = saved(tmp_path, PIL.Image.fromarray(wide.transpose(1, 0, 2)), "a.png")
    assert np.array_equal(prepare_original(path, size=256, fit="crop").image, NOISE.transpose(1, 0, 2))


def test_stretch_uses_every_pixel_of_both_sides(tmp_path: Path) -> None:
    path = saved(tmp_path, PIL.Image.fromarray(UPRIGHT), "a.png")
    image = prepare_original(path, size=256, fit="stretch").image
    assert image[[5, 5, 250, 250], [5, 250, 5, 250]].tolist() == [list(c) for c in (RED, GREEN, BLUE, WHITE)]


def test_resampling_is_lanczos(tmp_path: Path) -> None:
    source = PIL.Image.fromarray(np.tile(NOISE, (3, 3, 1)))
    expected = source.resize((256, 256), PIL.Image.Resampling.LANCZOS)
    original = prepared(tmp_path, source, "a.png")
    assert np.array_equal(original.image, np.asarray(expected))
    assert original.notes == ()


def test_hidden_colours_do_not_bleed_out_of_transparent_pixels(tmp_path: Path) -> None:
    source = PIL.Image.new("RGBA", (8, 8), (*RED, 0))
    source.paste((*BLUE, 255), (0, 0, 4, 8))
    image = prepared(tmp_path, source, "a.png").image
    assert np.array_equal(image[..., 0], image[..., 1])  # blue, white and all between them have as much red as green


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", [(10000, 1), (1, 10000)])
def test_a_very_thin_picture_keeps_at_least_a_pixel(tmp_path: Path, shape: tuple[int, int], fit: Fit) -> None:
    path = saved(tmp_path, PIL.Image.new("RGB", shape, RED), "a.png")
    image = prepare_original(path, size=256, fit=fit).image
    count = {"bands": 256, "crop": 256 * 256, "stretch": 256 * 256}[fit]
    assert (image == RED).all(axis=2).sum() == count


@pytest.mark.parametrize(("fit", "note"), [("bands", "200x100"), ("crop", "100x100"), ("stretch", "200x100")], ids=FITS)
def test_enlarging_is_noted(tmp_path: Path, fit: Fit, note: str) -> None:
    path = saved(tmp_path, PIL.Image.new("RGB", (200, 100)), "a.png")
    assert prepare_original(path, size=256, fit=fit).notes == (f"enlarged from {note}",)
