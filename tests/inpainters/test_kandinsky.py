"""Kandinsky 2.2, of two checkpoints, against a plain diffusers script; tiny random weights in the real layout."""

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch
from PIL import Image as Pictures

from riptui import inpainters
from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import file_digests, identity, moved_weights
from riptui.inpainters.models.weight_check import read_place, unlike_place
from riptui.inpainters.pipeline.components import verify_model
from riptui.inpainters.silence import silence_libraries
from riptui.recursion import ignore_step
from riptui.testing import check_inpainter
from tests.inpainters.pipeline.test_components import change, weights_file, without_one
from tests.inpainters.test_diffusion import STEPS, squares
from tests.support import added_checkpoints
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["added_checkpoints", "checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

PRIOR_STEPS = 2


def told(checkpoints: Checkpoints, **given: Any) -> dict[str, Any]:
    places = {"model": str(checkpoints["kandinsky"]), "revision": None, "prior": str(checkpoints["kandinsky-prior"])}
    return inpainters.spec_parameters("kandinsky", places | {"steps": STEPS, "prior_steps": PRIOR_STEPS} | given)


@pytest.fixture(scope="module")
def made(checkpoints: Checkpoints) -> Any:
    return inpainters.load("kandinsky", told(checkpoints, prompt="a cat"), device="cpu")


@pytest.fixture(scope="module")
def plain(checkpoints: Checkpoints) -> Any:
    """The combined pipeline of diffusers, of its two checkpoints."""
    with silence_libraries():
        model = diffusers.KandinskyV22InpaintPipeline.from_pretrained(checkpoints["kandinsky"])
        prior = diffusers.KandinskyV22PriorPipeline.from_pretrained(checkpoints["kandinsky-prior"])
    parts = {f"prior_{name}": part for name, part in prior.components.items()}
    pipeline = diffusers.KandinskyV22InpaintCombinedPipeline(**model.components, **parts)
    for one in (pipeline.prior_pipe, pipeline.decoder_pipe):
        one.set_progress_bar_config(disable=True)
    return pipeline


def plain_picture(plain: Any, image: Any, mask: Any, seed: int, **given: Any) -> Any:
    with silence_libraries():
        return np.asarray(
            plain(
                image=Pictures.fromarray(image),
                mask_image=Pictures.fromarray(mask.astype(np.uint8) * 255),
                height=256,
                width=256,
                num_inference_steps=STEPS,
                prior_num_inference_steps=PRIOR_STEPS,
                generator=torch.Generator("cpu").manual_seed(seed),
                **{"prompt": "a cat", **given},
            ).images[0]
        )


def test_each_picture_of_a_batch_is_that_of_a_plain_diffusers_script(made: Any, plain: Any) -> None:
    images, masks, seeds = np.stack([picture(), 255 - picture()]), squares((64, 128), (0, 64)), (5, 2**53 - 1)
    steps: list[tuple[int, int]] = []
    painted = made(images, masks, seeds=seeds, on_step=lambda step, of: steps.append((step, of)))
    for got, image, mask, seed in zip(painted, images, masks, seeds, strict=True):
        assert np.array_equal(got, plain_picture(plain, image, mask, seed))
    total = 2 * (STEPS + PRIOR_STEPS)
    assert steps == [(step, total) for step in range(1, total + 1)]


@pytest.mark.exhaustive
def test_a_negative_prompt_is_that_of_the_script(checkpoints: Checkpoints, plain: Any) -> None:
    given = {"prompt": "a cat", "negative_prompt": "a dog"}
    made = inpainters.load("kandinsky", told(checkpoints, prior_guidance=2.0, **given), device="cpu")
    image, mask = picture(), squares((64, 128))
    expected = plain_picture(plain, image, mask[0], 5, prior_guidance_scale=2.0, **given)
    assert np.array_equal(made(image[None], mask, seeds=[5], on_step=ignore_step)[0], expected)


def test_where_nothing_is_masked_the_picture_comes_back_from_the_latents(made: Any) -> None:
    """The polarity: what is False is known, and what is True is painted."""
    movq, image = made.pipeline.movq, picture()[None]
    rows = torch.from_numpy(image).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        decoded = movq.decode(movq.encode(rows).latents, force_not_quantize=True).sample
    passed = ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    nowhere, everywhere = np.zeros((1, 256, 256), bool), np.ones((1, 256, 256), bool)
    assert np.array_equal(made(image, nowhere, seeds=[5], on_step=ignore_step), passed)
    assert not np.array_equal(made(image, everywhere, seeds=[5], on_step=ignore_step), passed)


@pytest.mark.exhaustive
def test_it_keeps_the_rules(made: Any) -> None:
    check_inpainter(made, size=256, grid=64, tolerance=1)


def test_the_session_has_the_weights_of_both_and_either_is_recognised(made: Any, checkpoints: Checkpoints) -> None:
    recorded = identity.recorded_identity(made.notes)
    assert {"unet", "movq", "model_index", "prior_prior", "prior_image_encoder", "prior_model_index"} <= recorded.keys()
    parameters = told(checkpoints)
    for place in ("kandinsky", "kandinsky-prior"):
        assert unlike_place(read_place(str(checkpoints[place])), [recorded], parameters) == []
    other = dict.fromkeys(read_place(str(checkpoints["kandinsky-prior"])), "0" * 64)
    assert "prior_text_encoder" in (unlike_place(other, [recorded], parameters) or [])
    assert identity.used_weights(parameters, made.notes)


def test_a_prior_that_moved_is_found_and_one_that_is_not_there_is_named(
    made: Any, checkpoints: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = shutil.copytree(checkpoints["kandinsky-prior"], tmp_path / "moved")
    monkeypatch.setattr(file_digests, "known_files", lambda: [*moved.glob("*/*")])
    found, notices = moved_weights.find_weights(told(checkpoints, prior=str(tmp_path / "gone")), made.notes)
    assert found.places["prior"] == str(moved)
    assert f"{tmp_path / 'gone'} is gone; {moved} is used" in notices[0]
    with pytest.raises(WeightsError, match="fetch it with: riptui fetch kandinsky-community/kandinsky-2-2-prior"):
        identity.require_places(told(checkpoints, prior="kandinsky-community/kandinsky-2-2-prior"))


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ({"prior": "sd1.5"}, "is a checkpoint for StableDiffusionInpaintPipeline; prior must be one for Kandinsky"),
        ({"model": "sd1.5"}, "does not inpaint with a prior: it is a checkpoint for StableDiffusionInpaintPipeline"),
    ],
)
def test_checkpoints_that_do_not_belong_together_are_refused(
    places: dict[str, str], said: str, checkpoints: Checkpoints
) -> None:
    given = {name: str(checkpoints[family]) for name, family in places.items()}
    with pytest.raises(InputError, match=said):
        identity.require_places(told(checkpoints, **given))


def test_without_its_prior_the_model_is_told_to_be_used_with_it(checkpoints: Checkpoints) -> None:
    parameters = inpainters.spec_parameters("diffusion", {"model": str(checkpoints["kandinsky"])})
    for use in (identity.require_places, lambda told: inpainters.load("diffusion", told, device="cpu")):
        with pytest.raises(InputError, match="needs its prior, another checkpoint: -i kandinsky --set model="):
            use(parameters)


@pytest.mark.parametrize("family", ["kandinsky", "kandinsky-prior"])
def test_a_part_that_lacks_a_tensor_is_named(family: str, checkpoints: Checkpoints, tmp_path: Path) -> None:
    for part in sorted(file.parent.name for file in checkpoints[family].glob("*/*.safetensors")):
        folder = shutil.copytree(checkpoints[family], tmp_path / part)
        change(weights_file(folder / part), without_one)
        with pytest.raises(WeightsError, match=f"the model's {part} does not fit its config.json .*lacks tensors"):
            verify_model(folder, "the model", repair_hint="Mend it")
