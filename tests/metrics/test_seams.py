"""What an iteration leaves along the border of its square, against closed forms and other libraries."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.color import deltaE_ciede2000, rgb2lab

from riptui import metrics
from riptui.arrays import Image
from riptui.errors import InputError
from riptui.metrics import Repaint
from riptui.metrics.meter import Meter
from riptui.metrics.seams import find_border
from riptui.region import Region
from riptui.spec import Box
from tests.support.trajectories import picture

BOX = Box(64, 32, 64, 64)
WHOLE = Box(0, 0, 256, 256)


@pytest.fixture(scope="module")
def before() -> Image:
    return picture()


def repainted(before: Image, box: Box, change: int) -> Image:
    frame = before.copy()
    frame[box.window] = np.clip(frame[box.window].astype(int) + change, 0, 255)
    return frame


def value(name: str, original: Image, before: Image, frame: Image, box: Box = BOX) -> float:
    metric = metrics.load_repaint_metric(name)
    return metric.measure(metric.prepare(original), frame, Repaint(before, Region(box)))


@pytest.mark.parametrize(("box", "sides"), [(BOX, 4), (Box(0, 64, 64, 64), 3), (Box(192, 0, 64, 64), 2), (WHOLE, 0)])
def test_the_border_is_where_the_box_ends_inside_the_picture(box: Box, sides: int) -> None:
    border = find_border(Region(box).in_frame(256))
    assert abs(border.sum() - sides * 64) <= 2 * sides
    distances = ndimage.distance_transform_cdt(~border)
    inside = np.zeros_like(border)
    inside[box.window] = True
    at_edge = inside & ~ndimage.binary_erosion(inside, border_value=1)
    assert (distances[at_edge] <= 1).all()


def test_the_seam_is_asukas_grad(before: Image) -> None:
    frame = repainted(before, BOX, 40)
    border = find_border(Region(BOX).in_frame(256))
    per_channel = []
    for channel in range(3):
        new, old = (image[..., channel].astype(float) for image in (frame, before))
        across, down = (ndimage.sobel(new, axis=axis) - ndimage.sobel(old, axis=axis) for axis in (1, 0))
        per_channel.append(np.sqrt(across**2 + down**2)[border].mean())
    assert value("seam", before, before, frame) == pytest.approx(np.mean(per_channel), rel=1e-12)


def test_a_step_in_a_flat_picture_has_the_gradient_of_sobels_operator() -> None:
    before = np.full((256, 256, 3), 100, np.uint8)
    frame = repainted(before, BOX, 10)
    assert value("seam", before, before, frame) == pytest.approx(40, rel=0.02), (
        "4 x 10 along the sides, less in corners"
    )


def test_seams_to_the_frame_before_and_to_the_original_differ_once_the_border_was_repainted(before: Image) -> None:
    frame = repainted(before, BOX, 40)
    assert value("seam-original", before, before, frame) == value("seam", before, before, frame)
    healed = value("seam", before, frame, before), value("seam-original", before, frame, before)
    assert healed == (value("seam", before, before, frame), 0), "what the next iteration takes away is a change as well"


def test_the_step_in_colour_is_of_the_pairs_across_the_border_less_what_was_there(before: Image) -> None:
    frame = repainted(before, BOX, 40)

    def step(image: Image) -> float:
        lab = rgb2lab(image)
        x, y, width, height = BOX
        inside = [(y, x + i) for i in range(width)] + [(y + height - 1, x + i) for i in range(width)]
        outside = [(y - 1, x + i) for i in range(width)] + [(y + height, x + i) for i in range(width)]
        inside += [(y + i, x) for i in range(height)] + [(y + i, x + width - 1) for i in range(height)]
        outside += [(y + i, x - 1) for i in range(height)] + [(y + i, x + width) for i in range(height)]
        return float(np.mean([deltaE_ciede2000(lab[a], lab[b]) for a, b in zip(inside, outside, strict=True)]))

    added = value("seam-delta-e", before, before, frame)
    assert added == pytest.approx(step(frame) - step(before), abs=1e-9)
    assert added > 1
    assert value("seam-delta-e", before, frame, before) == pytest.approx(-added)


@pytest.mark.parametrize("name", ["seam", "seam-original", "seam-delta-e"])
def test_a_box_that_is_the_whole_picture_has_no_seam(name: str, before: Image) -> None:
    assert value(name, before, before, 255 - before, WHOLE) == 0


@pytest.mark.parametrize("name", ["seam", "seam-original", "seam-delta-e"])
def test_a_frame_that_no_iteration_made_has_no_value(name: str, before: Image) -> None:
    meter = Meter([name, "psnr"], before)
    assert meter.measure(before).keys() == {"psnr"}
    assert meter.measure(255 - before, repaint=Repaint(before, Region(BOX))).keys() == {name, "psnr"}


def test_a_metric_of_iterations_and_one_of_frames_are_loaded_by_functions_of_their_own() -> None:
    with pytest.raises(InputError, match="seam measures iterations, not frames: load it with"):
        metrics.load("seam")
    with pytest.raises(InputError, match="ssim measures frames, not iterations: load it with"):
        metrics.load_repaint_metric("ssim")
