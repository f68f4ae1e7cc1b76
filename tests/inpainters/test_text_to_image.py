"""Text to image against plain diffusers scripts with PIL out; tiny random weights in the real layout."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch

from riptui import inpainters
from riptui.arrays import Image, Images
from riptui.errors import InputError
from riptui.events import Ended
from riptui.inpainters import TEXT_TO_IMAGE
from riptui.inpainters.models.identity import require_places
from riptui.inpainters.silence import silence_libraries
from riptui.planning.generation import plan_generation, submit_generation
from riptui.recursion import ignore_step
from riptui.store.frames import read_frame
from riptui.store.records import Request
from tests.support.running import run_trajectory
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.transformer_checkpoints import TRANSFORMERS

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = pytest.mark.usefixtures("one_thread_and_no_network")

STEPS = 2
WORDS = "a cat"
SIZE = 64  # px; the smallest that the networks take


@pytest.fixture(scope="module")
def model(checkpoints: Checkpoints) -> Any:
    return load(checkpoints["sd1.5-text"])


def told(folder: Path, **given: Any) -> dict[str, Any]:
    parameters = {"model": str(folder), "revision": None, "steps": STEPS, "prompt": WORDS, "guidance": 7.5, **given}
    return inpainters.complete_parameters(TEXT_TO_IMAGE, parameters)


def load(folder: Path, **given: Any) -> Any:
    return inpainters.load(TEXT_TO_IMAGE, told(folder, **given), device="cpu")


def paint(model: Any, *seeds: int, level: int = 128, size: int = SIZE) -> Images:
    blank, masks = np.full((len(seeds), size, size, 3), level, np.uint8), np.ones((len(seeds), size, size), bool)
    painted: Images = model(blank, masks, seeds=seeds, on_step=ignore_step)
    return painted


def plain(folder: Path, seed: int, **given: Any) -> Image:
    with silence_libraries():
        pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(folder)
        pipeline.set_progress_bar_config(disable=True)
        if isinstance(pipeline, diffusers.ChromaPipeline):  # diffusers 0.42 asks its network for what Flux has
            pipeline.transformer.register_to_config(guidance_embeds=False)
        painted = pipeline(
            prompt=WORDS,
            **given,
            num_inference_steps=STEPS,
            height=SIZE,
            width=SIZE,
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]
    return np.asarray(painted)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["sd1.5-text", pytest.param("sd3", marks=pytest.mark.slow)])
def test_a_picture_is_that_of_a_plain_diffusers_script(family: str, checkpoints: Checkpoints) -> None:
    folder = checkpoints[family]
    expected = plain(folder, 5, negative_prompt="", guidance_scale=7.5)
    assert np.array_equal(paint(load(folder), 5)[0], expected)


@pytest.mark.exhaustive
@pytest.mark.parametrize("family", sorted({*TRANSFORMERS} - {"flux-kontext"}))
def test_so_is_that_of_a_newer_family(family: str, checkpoints: Checkpoints) -> None:
    folder = checkpoints[family]
    negative = {} if family == "flux2-klein" else {"negative_prompt": ""}  # it takes none
    assert np.array_equal(paint(load(folder, guidance=None), 5)[0], plain(folder, 5, **negative))


@pytest.mark.exhaustive
def test_seeds_in_one_batch_give_what_each_gives_alone(model: Any) -> None:
    together = paint(model, 5, 6, 2**53 - 1)
    alone = np.concatenate([paint(model, 5), paint(model, 6), paint(model, 2**53 - 1)])
    assert abs(together.astype(int) - alone).max() <= 1
    assert abs(together[0].astype(int) - together[1]).mean() > 5


@pytest.mark.slow
def test_the_image_has_no_influence(model: Any) -> None:
    assert np.array_equal(paint(model, 5), paint(model, 5, level=7))


@pytest.mark.exhaustive
def test_a_trajectory_of_one_iteration_is_the_picture_of_its_noise_seed(
    checkpoints: Checkpoints, model: Any, tmp_path: Path
) -> None:
    folder = checkpoints["sd1.5-text"]
    given = {"steps": STEPS, "guidance": 7.5}
    sweeps = plan_generation(WORDS, [str(folder)], [], [0], given, 256)
    [trajectory] = submit_generation(tmp_path, WORDS, sweeps, Request())
    assert list(run_trajectory(trajectory))[-1] == Ended(1, done=True)
    [row] = trajectory.read_rows()
    [session] = trajectory.read_sessions()
    assert np.array_equal(read_frame(trajectory, 1), paint(model, row.noise_seed, size=256)[0])
    assert (row.inpainted, row.coverage) == (100, 100)
    assert session.notes["pipeline"] == "StableDiffusionPipeline"
    assert len(session.notes["weights of unet"]) == 64
    assert "inpainting" not in session.notes


@pytest.mark.parametrize("family", ["sd1.5", pytest.param("flux-fill", marks=pytest.mark.slow)])
def test_a_model_that_inpaints_is_refused(family: str, checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match=r"cannot make pictures from a prompt alone: (its UNet takes 9|.*FluxFill)"):
        load(checkpoints[family])
    with pytest.raises(InputError, match="was made to inpaint"):  # before a trajectory is made
        require_places(told(checkpoints[family]))


def test_a_square_is_refused() -> None:
    with pytest.raises(InputError, match=r"mask 64 px: text-to-image repaints the whole picture"):
        inpainters.require_usable(TEXT_TO_IMAGE, {"model": "org/name"}, 64, 256)
