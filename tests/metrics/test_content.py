"""Metrics of the picture without its bands."""

from math import isnan
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.images import prepare_original
from riptui.metrics.content import find_content
from riptui.metrics.meter import Meter, MeteredFrame, measure_together
from riptui.spec import Box
from tests.support.made import made_spec
from tests.support.trajectories import picture

SPEC = made_spec(size=256, mask=64)


def banded(window: Box, level: int = 90) -> np.ndarray:
    frame = np.zeros((256, 256, 3), np.uint8)
    frame[window.window] = level
    return frame


@pytest.mark.parametrize(
    ("width", "height"), [(400, 300), (300, 400), (401, 287), (287, 401), (300, 300), (500, 100), (333, 100)]
)
def test_the_content_is_where_the_picture_was_put(width: int, height: int, tmp_path: Path) -> None:
    PIL.Image.new("RGB", (width, height), (200, 30, 60)).save(tmp_path / "a.png")
    prepared = prepare_original(tmp_path / "a.png", size=256).image
    found = find_content(prepared, SPEC)
    inside = np.zeros((256, 256), np.bool_)
    inside[found.window] = True
    assert np.array_equal(inside, prepared.any(axis=2))


def test_a_picture_that_begins_in_the_colour_of_the_bands_keeps_those_rows() -> None:
    frame = banded(Box(0, 40, 256, 176))
    frame[40:90] = 0  # a night sky
    assert find_content(frame, SPEC) == Box(0, 40, 256, 176)
    sides = banded(Box(40, 0, 176, 256))
    sides[:100] = 0
    assert find_content(sides, SPEC) == Box(40, 0, 176, 256)


def test_without_bands_or_with_nothing_else_the_content_is_all() -> None:
    whole = Box(0, 0, 256, 256)
    assert find_content(banded(Box(0, 40, 256, 176)), made_spec(size=256, mask=64, fit="crop")) == whole
    assert find_content(banded(whole, 0), SPEC) == whole
    assert find_content(picture(), SPEC) == whole


def test_bands_may_have_a_colour() -> None:
    frame = np.full((256, 256, 3), 255, np.uint8)
    frame[50:206] = 7
    assert find_content(frame, made_spec(size=256, mask=64, bands=(255, 255, 255))) == Box(0, 50, 256, 156)


@pytest.mark.parametrize("name", ["ssim", "psnr", "delta-e", "lab-l", "entropy", "high-frequencies", "jpeg-bytes"])
def test_a_value_of_the_content_is_the_value_of_the_crop(name: str) -> None:
    box = Box(0, 40, 256, 176)
    original, frame = picture(), 255 - picture() // 2
    [value] = Meter([f"{name}@content"], original, content=box).measure(frame).values()
    [cropped] = Meter([name], original[box.window]).measure(frame[box.window]).values()
    assert value == cropped
    assert Meter([f"{name}@content"], original).measure(frame) == {
        f"{name}@content": Meter([name], original).measure(frame)[name]
    }


def test_trajectories_with_other_bands_are_measured_together() -> None:
    boxes = [Box(0, 40, 256, 176), Box(30, 0, 196, 256), Box(0, 40, 256, 176)]
    meters = [Meter(["ssim@content", "psnr"], picture(), content=box) for box in boxes]
    frame = 255 - picture() // 2
    together = measure_together([MeteredFrame(meter, frame) for meter in meters])
    assert together == [Meter(["ssim@content", "psnr"], picture(), content=box).measure(frame) for box in boxes]


def test_a_picture_too_narrow_for_a_metric_has_no_value_and_costs_nothing_else() -> None:
    meter = Meter(["ssim@content", "delta-e@content", "ssim"], picture(), content=Box(0, 123, 256, 10))
    values = meter.measure(255 - picture())
    assert isnan(values["ssim@content"])
    assert values["delta-e@content"] > 0
    assert values["ssim"] < 1
