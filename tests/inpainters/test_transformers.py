"""The newer families against plain diffusers scripts with PIL in and out; tiny random weights in the real layout."""

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch
from PIL import Image as Pictures

from riptui.errors import InputError, WeightsError
from riptui.inpainters.models.catalogue import MODELS
from riptui.inpainters.pipeline.components import verify_model
from riptui.inpainters.silence import silence_libraries
from riptui.recursion import ignore_step
from riptui.testing import check_inpainter
from tests.inpainters.pipeline.test_components import change, weights_file, without_one
from tests.inpainters.test_diffusion import STEPS, loaded, paint, squares
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture
from tests.support.transformer_checkpoints import TRANSFORMERS

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

PIPELINES = {
    "chroma": "ChromaInpaintPipeline",
    "flux-kontext": "FluxKontextInpaintPipeline",
    "flux2-klein": "Flux2KleinInpaintPipeline",
    "qwen-image": "QwenImageInpaintPipeline",
    "z-image": "ZImageInpaintPipeline",
}
GUIDED = {"chroma": "guidance_scale", "qwen-image": "true_cfg_scale", "z-image": "guidance_scale"}
"""The families whose guidance is a second pass over the negative prompt, and what their pipelines call its scale."""


@pytest.fixture(scope="module")
def made(checkpoints: Checkpoints) -> dict[str, Any]:
    """Families to loaded inpainters, for the tests that change nothing of them."""

    class Loaded(dict[str, Any]):
        def __missing__(self, family: str) -> Any:
            self[family] = loaded(checkpoints[family], family)
            return self[family]

    return Loaded()


def plain_picture(family: str, checkpoints: Checkpoints, **given: Any) -> Any:
    """What a script with the pipeline gives, called as its documentation says."""
    with silence_libraries():
        pipeline = getattr(diffusers, PIPELINES[family]).from_pretrained(checkpoints[family])
    pipeline.set_progress_bar_config(disable=True)
    if family == "chroma":
        pipeline.transformer.register_to_config(guidance_embeds=False)
    if family == "flux-kontext":
        given["_auto_resize"] = False
    image, mask = Pictures.fromarray(picture()), Pictures.fromarray(squares((64, 128))[0])
    given = {"prompt": "", "strength": 1.0, "num_inference_steps": STEPS, "height": 256, "width": 256} | given
    generator = torch.Generator("cpu").manual_seed(5)
    with silence_libraries():
        return np.asarray(pipeline(image=image, mask_image=mask, generator=generator, **given).images[0])


@pytest.mark.parametrize("family", TRANSFORMERS)
@pytest.mark.exhaustive
def test_it_is_a_plain_diffusers_script_and_guidance_between_equal_prompts_is_skipped(
    family: str, made: dict[str, Any], checkpoints: Checkpoints
) -> None:
    inpaint = made[family]
    assert inpaint.notes["pipeline"] == PIPELINES[family]
    assert inpaint.notes["inpainting"].startswith("by blending latents")
    painted = paint(inpaint)
    if family not in GUIDED:
        scale = inpaint.settings["guidance_scale"]
        assert np.array_equal(painted, plain_picture(family, checkpoints, guidance_scale=scale))
        return
    assert inpaint.notes["guidance"].startswith("skipped")
    name = GUIDED[family]
    assert np.array_equal(painted, plain_picture(family, checkpoints, **{name: inpaint.settings[name]}))
    both = plain_picture(family, checkpoints, negative_prompt="", **{name: 4.0})
    assert abs(painted.astype(int) - both).max() <= 1


@pytest.mark.parametrize("family", GUIDED)
@pytest.mark.exhaustive
def test_with_a_prompt_guidance_is_kept(family: str, checkpoints: Checkpoints) -> None:
    guided = loaded(checkpoints[family], family, prompt="a cat", guidance=4.0)
    assert "guidance" not in guided.notes
    given = {"prompt": "a cat", "negative_prompt": "", GUIDED[family]: 4.0}
    expected = plain_picture(family, checkpoints, **given)
    assert np.array_equal(paint(guided), expected)
    assert (
        abs(expected.astype(int) - paint(loaded(checkpoints[family], family, prompt="a cat", guidance=0.0))).max() > 1
    )


@pytest.mark.parametrize("family", TRANSFORMERS)
@pytest.mark.exhaustive
def test_it_keeps_the_rules_and_tells_each_step(family: str, made: dict[str, Any]) -> None:
    inpaint = made[family]
    check_inpainter(inpaint, size=128, grid=32, tolerance=1)
    steps: list[tuple[int, int]] = []
    inpaint(picture()[None], squares((0, 0)), seeds=[1], on_step=lambda step, of: steps.append((step, of)))
    assert steps == [(step, STEPS) for step in range(1, STEPS + 1)]


@pytest.mark.parametrize("family", ["flux-kontext", "flux2-klein"])
def test_a_network_that_edits_pictures_sees_what_lies_under_the_square_and_the_session_says_so(
    family: str, made: dict[str, Any]
) -> None:
    images, mask = picture()[None, :128, :128], squares((0, 0))[:, :128, :128]
    hidden = np.where(mask[..., None], 255 - images, images)
    seen, other = (made[family](each, mask, seeds=[5], on_step=ignore_step)[mask] for each in (images, hidden))
    assert abs(seen.astype(int) - other).mean() > 2
    assert made[family].notes["square"] == "seen: the network is shown the whole frame"
    assert "it sees the frame, the square too" in MODELS[family].title


def test_a_picture_that_a_pipeline_would_make_smaller_is_refused(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffusers.Flux2KleinInpaintPipeline, "_get_raw_image_size", lambda *_: (64, 64))
    with pytest.raises(InputError, match="makes 64 x 64 px of 256 x 256: take a smaller --size"):
        paint(made["flux2-klein"])


@pytest.mark.parametrize("family", TRANSFORMERS)
def test_a_part_that_lacks_a_tensor_is_named(family: str, checkpoints: Checkpoints, tmp_path: Path) -> None:
    parts = sorted(file.parent.name for file in checkpoints[family].glob("*/*.safetensors"))
    assert {"text_encoder", "transformer", "vae"} <= {*parts}
    for part in parts:
        folder = shutil.copytree(checkpoints[family], tmp_path / part)
        said = change(weights_file(folder / part), without_one)
        with pytest.raises(WeightsError) as refused:
            verify_model(folder, "the model", repair_hint="Mend it")
        assert f"the model's {part} does not fit its config.json (" in str(refused.value)
        assert "its file lacks tensors: " in str(refused.value)
        tensor = said.split()[-1].rstrip(".")
        assert tensor.removeprefix("model.") in str(refused.value)  # transformers puts more in front of some names
