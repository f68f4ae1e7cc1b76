"""The processes of whole images without weights: each has the outcome that is known of it."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter

from riptui import inpainters
from riptui.arrays import Image
from riptui.errors import InputError
from riptui.planning.prepare import prepare
from riptui.planning.sweep import Interventions, Sweep
from riptui.recursion import ignore_step, recurse
from tests.support.recursed import bundled_pictures

COFFEE = bundled_pictures(2)[1]


def process(name: str, image: Image, passes: int = 1, **parameters: float | str) -> Image:
    inpaint = inpainters.load(name, parameters)
    for _ in range(passes):
        [image] = inpaint(image[None], np.ones((1, *image.shape[:2]), bool), seeds=[0], on_step=ignore_step)
    return image


def levels_apart(one: Image, other: Image) -> int:
    return int(abs(one.astype(int) - other).max())


def test_jpeg_is_pillows_and_of_quality_100_changes_nearly_nothing() -> None:
    file = BytesIO()
    PIL.Image.fromarray(COFFEE).save(file, "JPEG", quality=30, subsampling="4:2:0")
    assert np.array_equal(process("jpeg", COFFEE, quality=30, subsampling="4:2:0"), np.array(PIL.Image.open(file)))
    assert levels_apart(process("jpeg", COFFEE, quality=100), COFFEE) <= 5
    assert levels_apart(process("jpeg", COFFEE, quality=30), COFFEE) > 20


def test_jpeg_settles_for_what_was_quantised_once_is_quantised_alike() -> None:
    changes = [levels_apart(process("jpeg", COFFEE, k + 1), process("jpeg", COFFEE, k)) for k in (0, 8)]
    assert changes[1] < changes[0] / 4


def test_resampling_by_box_gives_the_means_of_blocks_and_a_second_pass_changes_nothing() -> None:
    means = COFFEE.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3)).repeat(2, axis=0).repeat(2, axis=1)
    once = process("resample", COFFEE, filter="box")
    assert abs(once - means).max() <= 0.5 + 1e-4
    assert np.array_equal(process("resample", once, filter="box"), once)


@pytest.mark.parametrize("filter", ["box", "bilinear", "bicubic", "lanczos"])
def test_resampling_by_factor_1_and_of_a_flat_picture_changes_nothing(filter: str) -> None:
    assert np.array_equal(process("resample", COFFEE, factor=1, filter=filter), COFFEE)
    flat = np.full_like(COFFEE, (200, 100, 7))
    assert np.array_equal(process("resample", flat, factor=3.7, filter=filter), flat)


def test_a_blur_is_a_gaussian_with_mirrored_edges() -> None:
    expected = gaussian_filter(COFFEE.astype(float), (2, 2, 0), mode="reflect", truncate=8)
    assert abs(process("blur", COFFEE, sigma=2) - expected).max() <= 0.51


def test_passes_of_a_blur_add_their_variances() -> None:
    assert levels_apart(process("blur", COFFEE, 9, sigma=1), process("blur", COFFEE, sigma=3)) <= 2


def test_a_blur_has_the_spectrum_that_it_should() -> None:
    w = np.pi * np.arange(1, 64) / 256
    before, after = (dctn(image.mean(axis=2), norm="ortho")[0, 1:64] for image in (COFFEE, process("blur", COFFEE)))
    assert np.abs(after - before * np.exp(-(w**2) / 2)).max() < 3  # rounding


def test_an_image_process_has_no_squares_whatever_mask_is_asked_for() -> None:
    original, spec = prepare(COFFEE, inpainter="jpeg", mask=64, amount=300, order="shuffle", paste=False)
    assert (spec.mask, spec.order, spec.paste, spec.iterations) == (256, "replacement", True, 3)
    assert [spec.progress(k) for k in (0, 3)] == ["pass 0", "pass 3"]
    frames = [iteration.frame for iteration in recurse(original, spec)]
    assert np.array_equal(frames[1], process("jpeg", COFFEE, 2))
    with pytest.raises(InputError, match="mask 64 px: jpeg repaints the whole picture"):
        inpainters.require_usable("jpeg", spec.parameters, 64, 256)


def test_interventions_at_squares_and_other_masks_do_not_concern_it() -> None:
    done = Interventions(onto="original", anchor=2, match="border", feather=8)
    [plain] = Sweep(["jpeg"], [64], [0], {}).specs("", "0" * 64, "0" * 64)
    for order in ("lama-thin", "offset"):
        sweep = Sweep(["jpeg"], [64, 128], [0], {}, order=order, interventions=done)
        assert sweep.specs("", "0" * 64, "0" * 64) == [plain]
