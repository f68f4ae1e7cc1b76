"""Each inpainter against the library behind it, and the registry that names them all without importing any."""

import subprocess
import sys
from importlib.metadata import version

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.restoration import inpaint_biharmonic

from riptui import inpainters
from riptui.arrays import Image, Mask
from riptui.errors import InputError, MissingExtraError
from riptui.inpainters import (
    DEFAULT_INPAINTER,
    REGISTRY,
    InpainterInfo,
    complete_parameters,
    find_inpainter,
    load,
    spec_parameters,
)
from riptui.recursion import ignore_step
from tests.support.trajectories import picture

ORIGINAL = picture(64)
BARE = [
    name for name, entry in REGISTRY.items() if not (entry.needs_weights or entry.is_server) and entry.scope == "square"
]
"""Those that fill squares here, without a checkpoint; test_diffusion.py has others, test_controls.py whole images."""
OPENCV = {"navier-stokes": cv2.INPAINT_NS, "telea": cv2.INPAINT_TELEA}


def square(x: int, y: int, side: int) -> Mask:
    repaint = np.zeros((64, 64), bool)
    repaint[y : y + side, x : x + side] = True
    return repaint


INSIDE = square(16, 32, 16)
SQUARES = [INSIDE, square(0, 0, 32), square(48, 16, 16), square(0, 32, 32), square(24, 24, 8)]
"""Inside, in corners and at edges; several sizes."""


def paint(name: str, image: Image, repaint: Mask, *, seed: int = 0, **parameters: float) -> Image:
    """What an inpainter makes of one image."""
    inpaint = load(name, complete_parameters(name, parameters))
    return inpaint(image[None], repaint[None], seeds=[seed], on_step=ignore_step)[0]


# --- each against its library


@pytest.mark.parametrize("repaint", SQUARES)
@pytest.mark.parametrize("name", OPENCV)
def test_opencvs_give_what_opencv_gives_with_radius_3(name: str, repaint: Mask) -> None:
    white = repaint.astype(np.uint8) * 255
    assert np.array_equal(paint(name, ORIGINAL, repaint), cv2.inpaint(ORIGINAL, white, 3, OPENCV[name]))


@pytest.mark.parametrize("radius", [1, 5, 7.5])
@pytest.mark.parametrize("name", OPENCV)
def test_the_radius_is_opencvs(name: str, radius: float) -> None:
    repaint = INSIDE
    expected = cv2.inpaint(ORIGINAL, repaint.astype(np.uint8), radius, OPENCV[name])
    assert np.array_equal(paint(name, ORIGINAL, repaint, radius=radius), expected)
    assert not np.array_equal(expected, paint(name, ORIGINAL, repaint))


@pytest.mark.parametrize("name", [*OPENCV, "biharmonic", "identity"])
def test_the_order_of_the_channels_does_not_matter(name: str) -> None:
    for repaint in SQUARES[:2]:
        bgr = np.ascontiguousarray(ORIGINAL[..., ::-1])
        assert np.array_equal(paint(name, ORIGINAL, repaint), paint(name, bgr, repaint)[..., ::-1])


@pytest.mark.parametrize("repaint", SQUARES)
def test_biharmonic_gives_what_scikit_image_gives_in_8_bits(repaint: Mask) -> None:
    filled = inpaint_biharmonic(ORIGINAL / 255.0, repaint, channel_axis=-1)
    painted = paint("biharmonic", ORIGINAL, repaint)
    assert abs(painted - filled * 255).max() <= 0.5 + 1e-6
    assert np.array_equal(painted[~repaint], ORIGINAL[~repaint])


@pytest.mark.parametrize("repaint", SQUARES)
def test_biharmonic_stays_within_the_range_of_what_is_known(repaint: Mask) -> None:
    painted = paint("biharmonic", ORIGINAL, repaint)[repaint]
    known = ORIGINAL[~repaint]
    assert (painted >= known.min(axis=0)).all()
    assert (painted <= known.max(axis=0)).all()


def test_biharmonic_continues_a_ramp() -> None:
    x = np.arange(64)
    ramp = np.stack(np.broadcast_arrays(2 * x, 3 * x[:, None], 150 - x - x[:, None]), axis=-1).astype(np.uint8)
    assert np.array_equal(paint("biharmonic", ramp, INSIDE), ramp)


@pytest.mark.parametrize("name", ["navier-stokes", "biharmonic"])  # OpenCV's telea darkens it by up to 7 levels
def test_a_flat_picture_stays_flat(name: str) -> None:
    flat = np.full((64, 64, 3), (200, 100, 7), np.uint8)
    for repaint in SQUARES:
        assert np.array_equal(paint(name, flat, repaint), flat)


@pytest.mark.parametrize("repaint", [*SQUARES, np.ones((64, 64), bool)])
def test_identity_changes_nothing(repaint: Mask) -> None:
    assert np.array_equal(paint("identity", ORIGINAL, repaint), ORIGINAL)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**53 - 1))
def test_noise_is_the_documented_formula_of_the_seed_alone(seed: int) -> None:
    expected = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(paint("noise", ORIGINAL, INSIDE, seed=seed), expected)
    assert np.array_equal(paint("noise", 255 - ORIGINAL, SQUARES[1], seed=seed), expected)
    assert not np.array_equal(paint("noise", ORIGINAL, INSIDE, seed=seed + 1), expected)


def test_noise_is_uniform_over_the_8_bits() -> None:
    counts = np.bincount(paint("noise", ORIGINAL, INSIDE).ravel(), minlength=256)
    assert 20 < counts.min() <= counts.mean() == 48 <= counts.max() < 80


# --- what holds for all of them


def influence(name: str, repaint: Mask) -> float:
    """Mean change of what is painted, in levels, when what lay under the mask is inverted."""
    other = ORIGINAL.copy()
    other[repaint] = 255 - other[repaint]
    return float(abs(paint(name, ORIGINAL, repaint).astype(int) - paint(name, other, repaint))[repaint].mean())


@pytest.mark.parametrize("name", sorted({*BARE} - {"identity"}))
def test_what_lay_under_the_mask_has_no_influence(name: str) -> None:
    for repaint in [INSIDE, square(24, 24, 8), square(16, 16, 32)]:
        assert influence(name, repaint) == 0


@pytest.mark.parametrize("name", sorted({*BARE} - {"identity"}))
def test_at_the_edge_of_the_image_it_has_hardly_any(name: str) -> None:
    for repaint in SQUARES:
        assert influence(name, repaint) < 1  # above 0 with OpenCV at the left and the top: its own handling of edges
        assert name in OPENCV or influence(name, repaint) == 0


@pytest.mark.parametrize("name", sorted({*BARE} - {"identity"}))
def test_the_square_is_repainted(name: str) -> None:
    for repaint in SQUARES:
        changed = (paint(name, ORIGINAL, repaint) != ORIGINAL).any(axis=-1)[repaint]
        assert changed.mean() > 0.8


@pytest.mark.parametrize("name", BARE)
def test_a_batch_gives_what_single_calls_give(name: str) -> None:
    images = np.stack([ORIGINAL, 255 - ORIGINAL, ORIGINAL[::-1], ORIGINAL[:, ::-1], ORIGINAL])
    seeds = [0, 1, 2**53 - 1, 1, 7]
    batch = load(name, {})(images, np.stack(SQUARES), seeds=seeds, on_step=ignore_step)
    for i, repaint in enumerate(SQUARES):
        assert np.array_equal(batch[i], paint(name, images[i], repaint, seed=seeds[i]))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", BARE)
def test_the_images_come_back_in_their_shape_and_the_given_ones_are_left_alone(name: str, whole: bool) -> None:
    repaint = np.stack([np.ones((64, 64), bool) if whole else INSIDE] * 2)
    images = np.stack([ORIGINAL, 255 - ORIGINAL])
    outputs = load(name, {})(images, repaint, seeds=[1, 2], on_step=ignore_step)
    assert outputs.shape == images.shape
    assert outputs.dtype == np.uint8
    assert not np.shares_memory(outputs, images)
    assert np.array_equal(images, [ORIGINAL, 255 - ORIGINAL])


def test_where_nothing_is_known_biharmonic_gives_black() -> None:
    assert not paint("biharmonic", ORIGINAL, np.ones((64, 64), bool)).any()


@pytest.mark.parametrize("name", OPENCV)
def test_where_nothing_is_known_opencv_gives_what_it_gives_without_riptui(name: str) -> None:
    assert np.array_equal(paint(name, ORIGINAL, np.ones((64, 64), bool)), ORIGINAL)


# --- the registry


@pytest.mark.slow
def test_the_registry_can_be_read_without_importing_what_it_names() -> None:
    code = """
import sys
from riptui.inpainters import DEFAULT_INPAINTER, REGISTRY, complete_parameters, find_inpainter
print(find_inpainter(DEFAULT_INPAINTER).summary, complete_parameters(DEFAULT_INPAINTER, {}))
print(*sys.modules)
print(len(REGISTRY))  # reads the settings too, which may name programs
print(*sys.modules)
"""
    said, modules, count, later = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    assert said.startswith("OpenCV")
    assert int(count) == len(REGISTRY)
    arrays = {"cv2", "skimage", "numpy", "scipy"}
    assert not (arrays | {"msgspec"}) & set(modules.split())
    assert not arrays & set(later.split())


def test_navier_stokes_is_the_default() -> None:
    assert DEFAULT_INPAINTER == "navier-stokes"
    assert find_inpainter(DEFAULT_INPAINTER).parameters == {"radius": 3}


@pytest.mark.parametrize("name", REGISTRY)
def test_every_entry_is_complete(name: str) -> None:
    assert find_inpainter(name) is REGISTRY[name]
    assert find_inpainter(name).summary.endswith(".")
    info = find_inpainter(name)
    assert complete_parameters(name, {}) == info.parameters
    assert spec_parameters(name, {}).keys() == info.parameters.keys() - info.added_parameters


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.needs(info.extra or "diffusion")) for name, info in REGISTRY.items()]
)
def test_every_entry_names_distributions_that_are_installed(name: str) -> None:
    for distribution in find_inpainter(name).distributions:
        assert version(distribution)


def test_the_defaults_are_not_handed_out_to_be_changed() -> None:
    complete_parameters("telea", {})["radius"] = 99
    assert complete_parameters("telea", {}) == {"radius": 3}


@pytest.mark.parametrize(
    ("wrong", "meant"), [("telae", "telea"), ("navier_stokes", "navier-stokes"), ("Noise", "noise")]
)
def test_a_name_nearly_right_is_answered_with_the_right_one(wrong: str, meant: str) -> None:
    for ask in (find_inpainter, lambda name: complete_parameters(name, {}), lambda name: load(name, {})):
        with pytest.raises(InputError, match=rf"unknown inpainter '{wrong}'\. Did you mean {meant}\? Available: "):
            ask(wrong)


@pytest.mark.parametrize("wrong", ["", "dall-e", "riptui.inpainters.opencv:telea"])
def test_any_other_name_is_answered_with_all_there_are(wrong: str) -> None:
    with pytest.raises(InputError) as refused:
        find_inpainter(wrong)
    assert "Did you mean" not in str(refused.value)
    assert str(refused.value).endswith("Available: " + ", ".join(REGISTRY))


def test_an_unknown_parameter_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"^telea has no parameter raduis\. Did you mean radius\? Available: radius$"):
        complete_parameters("telea", {"raduis": 3})
    with pytest.raises(InputError, match=r"^noise has no parameter radius\. Available: none$"):
        load("noise", {"radius": 3})


@pytest.mark.parametrize(
    "wrong", [0, -1, 100.5, float("nan"), float("inf"), True, "3", None], ids=lambda value: repr(value)
)
def test_a_radius_out_of_range_is_refused(wrong: float | str | None) -> None:
    with pytest.raises(InputError, match=r"telea's radius is .*; it must be a number above 0 and at most 100"):
        complete_parameters("telea", {"radius": wrong})


def test_a_package_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = InpainterInfo("riptui_absent_package.diffusion:sd2", "Needs what is not here.", extra="diffusion")
    monkeypatch.setitem(inpainters.REGISTRY, "sd2", absent)
    with pytest.raises(MissingExtraError, match=r"the inpainter sd2 needs .*riptui_absent.*'riptui\[diffusion\]'"):
        load("sd2", {})
