"""Image to image against plain diffusers scripts with PIL in and out; tiny random weights in the real layout."""

import inspect
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch
from PIL import Image as Pictures

from riptui import inpainters
from riptui.arrays import Image, Images
from riptui.errors import InputError
from riptui.inpainters.silence import silence_libraries
from riptui.planning.missing_weights import require_weights
from riptui.planning.sweep import Sweep
from riptui.recursion import ignore_step, recurse
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import make_images
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = pytest.mark.usefixtures("one_thread_and_no_network")

GIVEN = {"revision": None, "steps": 4, "prompt": "a cat", "guidance": 7.5}
IMAGES = make_images(2, 64)


@pytest.fixture(scope="module")
def model(checkpoints: Checkpoints) -> Any:
    return load(checkpoints["sd1.5-text"])


def load(folder: Path, **given: Any) -> Any:
    return inpainters.load("img2img", {"model": str(folder), **GIVEN, **given}, device="cpu")


def change(inpaint: Any, images: Images, *seeds: int) -> Images:
    whole = np.ones(images.shape[:3], bool)
    changed: Images = inpaint(images, whole, seeds=list(seeds), on_step=ignore_step)
    return changed


def plain(folder: Path, image: Image, seed: int, strength: float) -> Image:
    with silence_libraries():
        pipeline = diffusers.AutoPipelineForImage2Image.from_pretrained(folder)
        pipeline.set_progress_bar_config(disable=True)
        takes_size = "height" in inspect.signature(pipeline.__call__).parameters
        changed = pipeline(
            "a cat",
            image=Pictures.fromarray(image),
            negative_prompt="",
            guidance_scale=7.5,
            num_inference_steps=4,
            strength=strength,
            **({"height": len(image), "width": len(image)} if takes_size else {}),
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]
    return np.asarray(changed)


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.25, 1.0])
@pytest.mark.parametrize("family", ["sd1.5-text", pytest.param("sd3", marks=pytest.mark.slow)])
def test_a_pass_is_that_of_a_plain_diffusers_script(family: str, strength: float, checkpoints: Checkpoints) -> None:
    folder = checkpoints[family]
    found = change(load(folder, strength=strength), IMAGES[:1], 5)[0]
    assert np.array_equal(found, plain(folder, IMAGES[0], 5, strength))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_it_keeps_the_rules_of_inpainters(model: Any) -> None:
    check_inpainter(model, size=64, scope="image", tolerance=1)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_higher_strength_leaves_less_of_the_picture(checkpoints: Checkpoints) -> None:
    def influence(strength: float) -> float:
        inpaint = load(checkpoints["sd1.5-text"], strength=strength)
        one, other = (change(inpaint, images, 5).astype(int) for images in (IMAGES[:1], 255 - IMAGES[:1]))
        return float(abs(one - other).mean())

    assert influence(0.25) > influence(1.0)


@pytest.mark.slow
def test_it_recurses_by_passes_over_the_whole_picture(checkpoints: Checkpoints, model: Any) -> None:
    parameters = {"model": str(checkpoints["sd1.5-text"]), **GIVEN}
    [spec] = Sweep(["img2img"], [64, 128], [0], parameters, 200.0, size=256).specs("", "0" * 64, "0" * 64)
    require_weights([spec])
    frames = [iteration.frame for iteration in recurse(picture(), spec, model)]
    assert len(frames) == 2
    assert spec.progress(2) == "pass 2"


def test_models_that_cannot_are_refused_by_name(checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match=r"cannot make a picture from another: its UNet takes 9 channels"):
        load(checkpoints["sd1.5"])
    with pytest.raises(InputError, match=r"strength 0.1 of 4 steps leaves no step"):
        inpainters.require_usable("img2img", {"model": "org/name", "steps": 4, "strength": 0.1}, 256, 256)
    with pytest.raises(InputError, match="img2img needs a model"):
        inpainters.require_usable("img2img", inpainters.complete_parameters("img2img", {}), 256, 256)
