"""Latent resampling, against a loop written out with the networks' own calls; tiny random weights."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np
import torch
from diffusers import DDPMScheduler

from riptui import inpainters
from riptui.arrays import Image
from riptui.errors import InputError
from riptui.inpainters import LoadedInpainter
from riptui.recursion import ignore_step
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network

__all__ = ["checkpoints", "one_thread_and_no_network"]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

SHORT: dict[str, Any] = {"steps": 4, "jump_length": 2, "jump_samples": 2}
LEVELS = [750, 500, 250, 0]
JUMP = -1
CALLS = 4 + 2  # a jump of 2 steps from level 0
SIZE = 64


def told(folder: Path, **given: Any) -> dict[str, Any]:
    return inpainters.spec_parameters("latent-resampling", {"model": str(folder), "revision": None, **SHORT, **given})


def load(folder: Path, **given: Any) -> Any:
    return inpainters.load("latent-resampling", told(folder, **given), device="cpu")


@pytest.fixture(scope="module")
def resampling(checkpoints: Checkpoints) -> LoadedInpainter:
    inpaint: LoadedInpainter = load(checkpoints["sd1.5-text"])
    return inpaint


def paint(inpaint: Any, seed: int = 5) -> Image:
    painted: Image = inpaint(make_images(1, SIZE), make_masks(1, SIZE, 8), seeds=[seed], on_step=ignore_step)[0]
    return painted


@torch.no_grad()
def written_out(made: Any, seed: int, eta: float, guidance: float = 1.0, prediction: str = "epsilon") -> Image:
    """RePaint's algorithm in latents, with nothing of diffusers' pipelines and RePaintScheduler."""
    pipeline, prompts = made.pipeline, made.prompts.embeddings
    unet, vae = pipeline.unet, pipeline.vae
    alphas = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").alphas_cumprod
    generator = torch.Generator("cpu").manual_seed(seed)

    def noise() -> torch.Tensor:
        return torch.randn(1, 4, SIZE // 8, SIZE // 8, generator=generator)

    def encode(pixels: torch.Tensor) -> torch.Tensor:
        found = vae.encode(pixels).latent_dist
        latents: torch.Tensor = (found.mean + found.std * noise()) * vae.config.scaling_factor
        return latents

    pixels = torch.from_numpy(make_images(1, SIZE)).permute(0, 3, 1, 2).float() / 255 * 2 - 1
    holes = torch.from_numpy(make_masks(1, SIZE, 8))[:, None].float()
    hole = holes[..., ::8, ::8]
    known = encode(pixels)
    takes_mask = unet.config.in_channels == 9
    at_the_end = known if takes_mask else encode(pixels)  # what the pipeline itself puts around the hole
    latents = noise()
    masked = encode(pixels * (1 - holes))  # drawn for every network
    for index in (0, 1, 2, 3, JUMP, 2, 3):
        if index == JUMP:
            latents = alphas[250] ** 0.5 * latents + (1 - alphas[250]) ** 0.5 * noise()
            continue
        level = LEVELS[index]
        alpha, below = alphas[level], alphas[level - 250] if level else torch.tensor(1.0)
        seen = torch.cat([latents, hole, masked], dim=1) if takes_mask else latents
        predicted = unet(seen, level, encoder_hidden_states=prompts["prompt_embeds"]).sample
        if guidance != 1:
            away = unet(seen, level, encoder_hidden_states=prompts["negative_prompt_embeds"]).sample
            predicted = away + guidance * (predicted - away)
        if prediction == "v_prediction":
            predicted = alpha**0.5 * predicted + (1 - alpha) ** 0.5 * latents
        clean = (latents - (1 - alpha) ** 0.5 * predicted) / alpha**0.5
        drawn, spread = noise(), eta * ((1 - below) / (1 - alpha) * (1 - alpha / below)) ** 0.5
        unknown = below**0.5 * clean + (1 - below - spread**2) ** 0.5 * predicted + (spread * drawn if level else 0)
        latents = hole * unknown + (1 - hole) * (below**0.5 * known + (1 - below) ** 0.5 * drawn)
    painted = vae.decode((hole * latents + (1 - hole) * at_the_end) / vae.config.scaling_factor).sample
    levels = ((painted / 2 + 0.5).clamp(0, 1) * 255).round()
    return np.asarray(levels[0].permute(1, 2, 0).to(torch.uint8))


@pytest.mark.exhaustive
def test_it_keeps_the_rules_of_inpainters(resampling: LoadedInpainter) -> None:
    check_inpainter(resampling, size=SIZE, grid=8, tolerance=1)


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("sd1.5-text", {"eta": 0.0}),
        ("sd1.5-text", {"eta": 1.0, "prompt": "a cat", "guidance": 3.0}),
        ("sd2", {"eta": 0.5}),
    ],
)
@pytest.mark.exhaustive
def test_it_is_repaints_algorithm_in_latents(family: str, given: dict[str, Any], checkpoints: Checkpoints) -> None:
    made = load(checkpoints[family], **given)
    expected = written_out(made, 5, given["eta"], given.get("guidance", 1.0))
    assert abs(paint(made).astype(int) - expected).max() <= 1
    assert abs(paint(made, seed=6).astype(int) - expected).mean() > 2


@pytest.mark.exhaustive
def test_a_network_that_predicts_velocities_is_resampled_too(checkpoints: Checkpoints) -> None:
    made = load(checkpoints["sd1.5-text"])
    before = paint(made)
    made.pipeline.scheduler.prediction = "v_prediction"
    assert abs(paint(made).astype(int) - written_out(made, 5, 0.0, prediction="v_prediction")).max() <= 1
    assert not np.array_equal(paint(made), before)


def test_each_call_of_the_network_is_told(resampling: LoadedInpainter) -> None:
    steps: list[tuple[int, int]] = []
    on_step = lambda step, of: steps.append((step, of))  # noqa: E731
    resampling(make_images(1, SIZE), make_masks(1, SIZE, 8), seeds=[1], on_step=on_step)
    assert steps == [(step, CALLS) for step in range(1, CALLS + 1)]


@pytest.mark.exhaustive
def test_stable_diffusion_xl_is_resampled_and_other_kinds_are_refused(checkpoints: Checkpoints) -> None:
    made = load(checkpoints["sdxl"])
    assert (made.notes["pipeline"], made.notes["scheduler"]) == (
        "StableDiffusionXLInpaintPipeline",
        "ResamplingScheduler",
    )
    assert not np.array_equal(paint(made), paint(load(checkpoints["sdxl"], jump_samples=1)))
    for family, pipeline in (("sd3", "StableDiffusion3InpaintPipeline"), ("flux-fill", "FluxFillPipeline")):
        with pytest.raises(InputError, match=rf"is for Stable Diffusion 1, 2 and XL, and {pipeline} is another kind"):
            load(checkpoints[family])


def test_another_vae_and_a_jump_longer_than_all_steps_are_as_elsewhere(checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match=r"jump_length=4 of 4 steps leaves no jump"):
        load(checkpoints["sd1.5-text"], jump_length=4)
    with pytest.raises(InputError, match="latent-resampling has no parameter strength"):
        told(checkpoints["sd1.5-text"], strength=0.5)
