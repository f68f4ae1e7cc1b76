"""How much detail a frame has, against closed forms."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from scipy.ndimage import gaussian_filter

from riptui import metrics
from riptui.arrays import Image
from tests.support.trajectories import picture

NAMES = ("high-frequencies", "edge-density", "jpeg-bytes")


def value(name: str, frame: Image) -> float:
    metric = metrics.load(name)
    return float(metric.measure(metric.prepare(frame), frame[None])[0])


def stripes(cycles: float, size: int = 256) -> Image:
    """Grey stripes of `cycles` per pixel, whose cosine transform is one number."""
    wave = np.cos(2 * np.pi * cycles * (np.arange(size) + 0.5))
    return np.broadcast_to(np.rint(128 + 100 * wave).astype(np.uint8)[:, None, None], (size, size, 3)).copy()


def test_white_noise_has_the_share_of_its_area() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    share = value("high-frequencies", np.repeat(noise[..., None], 3, axis=-1))
    assert share == pytest.approx(100 * (1 - np.pi / 16), abs=0.5)


@pytest.mark.parametrize(("cycles", "share"), [(8 / 256, 0), (60 / 256, 0), (68 / 256, 100), (120 / 256, 100)])
def test_a_wave_is_high_above_a_quarter_cycle_a_pixel(cycles: float, share: float) -> None:
    assert value("high-frequencies", stripes(cycles)) == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_a_flat_picture_has_none(level: int) -> None:
    flat = np.full((256, 256, 3), level, np.uint8)
    assert [value(name, flat) for name in NAMES[:2]] == [0, 0]


def test_an_edge_is_a_line_of_pixels() -> None:
    image = np.zeros((256, 256, 3), np.uint8)
    image[:, 100:] = 200
    assert value("edge-density", image) == pytest.approx(100 / 256, rel=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_blurring_takes_detail_away_and_grain_adds_it(name: str) -> None:
    image = picture()
    blurred = gaussian_filter(image, (2, 2, 0))
    grain = np.random.default_rng(1).integers(-60, 61, image.shape)
    grainy = np.clip(image + grain, 0, 255).astype(np.uint8)
    assert value(name, blurred) < value(name, image) < value(name, grainy)


def test_the_bytes_are_of_a_jpeg_of_quality_90() -> None:
    image, out = picture(), BytesIO()
    PIL.Image.fromarray(image).save(out, "JPEG", quality=90, subsampling="4:4:4")
    assert value("jpeg-bytes", image) == len(out.getvalue())
