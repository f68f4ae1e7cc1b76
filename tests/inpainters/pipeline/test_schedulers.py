"""Schedulers by people's names, and those whose noise no seed decides."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import diffusers
import numpy as np
import torch

from riptui.errors import InputError
from riptui.inpainters.registry import require_usable
from riptui.recursion import ignore_step
from tests.inpainters.test_diffusion import loaded, paint, squares
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]


@pytest.mark.parametrize(
    ("name", "scheduler", "config"),
    [
        ("ddim", "DDIMScheduler", {}),
        ("Euler a", "EulerAncestralDiscreteScheduler", {}),
        ("DPM++ 2M Karras", "DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
        ("dpm++ 2m sde", "DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
        ("HEUN exponential", "HeunDiscreteScheduler", {"use_exponential_sigmas": True}),
        ("UniPC", "UniPCMultistepScheduler", {}),
    ],
)
def test_a_scheduler_is_known_by_the_names_that_people_use(
    name: str, scheduler: str, config: dict[str, Any], checkpoints: Checkpoints
) -> None:
    found = loaded(checkpoints["sd2"], scheduler=name).pipeline.scheduler
    assert type(found).__name__ == scheduler
    assert {key: found.config[key] for key in config} == config


@pytest.mark.parametrize(
    ("name", "said"),
    [("Eulr", "Did you mean EulerDiscrete?"), ("DDIM Karras", "DDIMScheduler has no karras sigmas")],
)
def test_what_no_scheduler_is_called_is_answered_with_the_nearest(
    name: str, said: str, checkpoints: Checkpoints
) -> None:
    with pytest.raises(InputError) as refused:
        loaded(checkpoints["sd2"], scheduler=name)
    assert said in str(refused.value)


@pytest.mark.exhaustive
def test_the_scheduler_with_a_noise_of_its_own_is_seeded(checkpoints: Checkpoints) -> None:
    pytest.importorskip("torchsde")
    inpaint = loaded(checkpoints["sd2"], scheduler="DPM++ SDE Karras")
    first, other = paint(inpaint, 5), paint(inpaint, 6)
    assert np.array_equal(paint(inpaint, 5), first)
    assert not np.array_equal(first, other)
    images, masks = np.stack([picture()] * 2), np.concatenate([squares((64, 128))] * 2)
    together = inpaint(images, masks, seeds=[6, 5], on_step=ignore_step)
    assert abs(together[1].astype(int) - first).max() <= 1
    assert abs(together[0].astype(int) - other).max() <= 1


class RestlessScheduler(diffusers.EulerDiscreteScheduler):
    """Draws noise from the process's generator at each step."""

    def step(self, *args: Any, **kwargs: Any) -> Any:
        [sample] = super().step(*args, **{**kwargs, "return_dict": False})[:1]
        return (sample + torch.randn_like(sample),)


class BatchedScheduler(diffusers.EulerDiscreteScheduler):
    """Its noise depends on the size of the batch."""

    def step(self, *args: Any, **kwargs: Any) -> Any:
        [sample] = super().step(*args, **{**kwargs, "return_dict": False})[:1]
        return (sample + torch.randn(sample.shape, generator=torch.Generator().manual_seed(len(sample))),)


@pytest.mark.parametrize("kind", [RestlessScheduler, BatchedScheduler])
def test_a_scheduler_whose_noise_no_seed_decides_is_refused(
    kind: Any, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffusers, kind.__name__, kind, raising=False)
    monkeypatch.setattr(diffusers.PNDMScheduler, "compatibles", [kind], raising=False)
    with pytest.raises(InputError, match=f"{kind.__name__} draws noise that no seed decides"):
        loaded(checkpoints["sd2"], scheduler=kind.__name__)


def test_stochastic_sampling_in_a_checkpoints_configuration_is_tried(checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints["sd3"], tmp_path / "sd3"))
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"stochastic_sampling": True}))
    with pytest.raises(InputError, match="FlowMatchEulerDiscreteScheduler draws noise that no seed decides"):
        loaded(folder, "sd3")


@pytest.mark.parametrize(
    ("steps", "strength", "works"), [(5, 0.1, False), (10, 0.1, True), (1, 0.99, False), (1, 1, True)]
)
def test_a_strength_that_leaves_no_step_is_refused_before_anything_is_made(
    steps: int, strength: float, works: bool
) -> None:
    parameters: dict[str, Any] = {"model": "org/name", "steps": steps, "strength": strength}
    if works:
        require_usable("diffusion", parameters, 64, 512)
    else:
        with pytest.raises(InputError, match=f"strength {strength:g} of {steps} steps leaves no step"):
            require_usable("diffusion", parameters, 64, 512)


def test_more_steps_than_the_scheduler_has_are_refused(checkpoints: Checkpoints, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints["sd2"], tmp_path / "sd2"))
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_train_timesteps": 20}))
    with pytest.raises(InputError, match="steps=30: DDIMScheduler has at most 20 in this checkpoint"):
        loaded(folder, scheduler="DDIM", steps=30)


@pytest.mark.parametrize(("family", "other"), [("sd2", "sd3"), ("flux-fill", "sdxl")])
def test_a_decoder_of_other_latents_is_refused(family: str, other: str, checkpoints: Checkpoints) -> None:
    with pytest.raises(InputError, match=r"the VAE has \d+ latent channels; .* needs one with \d+"):
        loaded(checkpoints[family], family, vae=str(checkpoints[other] / "vae"))
