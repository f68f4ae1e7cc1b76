"""RePaint's scheduler of diffusers, as a pipeline calls one: a step for each call of the network.

Sampling goes back and forth between noise levels, so that a hole comes to fit what is around it.

A step takes the picture to the next lower noise level, with the known pixels put back at that level. Where RePaint
jumps, it then adds noise until the picture is `jump_length` levels higher again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from diffusers import RePaintScheduler
from diffusers.utils.torch_utils import randn_tensor

from riptui.errors import InputError
from riptui.inpainters.registry import require_a_step

PREDICTIONS = ("epsilon", "v_prediction", "sample")
"""What a network can predict: the noise, the velocity, or the picture without noise."""

SCHEDULE_KEYS = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule")


@dataclass(frozen=True)
class Jumps:
    """How RePaint resamples (Lugmayr et al. 2022, section 4.2)."""

    length: int
    """Steps that a jump goes back up."""
    samples: int
    """How often each stretch of that length is denoised: 1 for no jumps."""
    eta: float
    """Noise of each step: from 0, none, as DDIM, to 1, as DDPM, which the paper has."""


class ResamplingScheduler(RePaintScheduler):  # type: ignore[misc]  # diffusers has no types
    """diffusers' RePaintScheduler with the interface of others. Set `known` and `kept` before a picture is painted."""

    timesteps: torch.Tensor
    prediction = "epsilon"
    jumps = Jumps(10, 10, 0.0)
    adds_exact_noise = False
    """Whether a jump ends at the level that the next call of the network is given. diffusers' own jumps, which
    RePaintPipeline takes, end up to `num_train_timesteps // steps - 1` levels above it: 3 of 1000 at 250 steps, and 19
    at 50 steps, where the network then leaves noise in the picture."""
    known: torch.Tensor
    """What is around the holes, without noise: pixels in [-1, 1] or latents, [b, c, h, w]."""
    kept: torch.Tensor
    """[b, 1, h, w], 1 = known."""
    painted: torch.Tensor
    """The picture after the last step and the jump that followed it."""

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """Plan a picture: `timesteps` gets a level for each call of the network, from the noisiest on."""
        super().set_timesteps(num_inference_steps, self.jumps.length, self.jumps.samples)
        levels = [int(level) for level in self.timesteps]
        calls, self._climbs = [levels[0]], list[list[int]]([[]])
        for previous, level in pairwise(levels):
            if level < previous:
                calls.append(level)
                self._climbs.append([])
            else:
                self._climbs[-1].append(previous)
        self.timesteps = torch.tensor(calls, device=device)
        self._calls = 0

    def step(
        self,
        model_output: torch.Tensor,
        timestep: torch.Tensor | int,
        sample: torch.Tensor,
        generator: list[torch.Generator] | None = None,
        return_dict: bool = True,
    ) -> tuple[torch.Tensor]:
        """The picture after one call of the network at `timestep`, and after the jump that follows, if there is one.

        generator: one per image. Always returns a tuple.
        """
        level = int(timestep)
        noise = self._find_noise(model_output, level, sample)
        self.eta = self.jumps.eta
        self.painted = super().step(noise, level, sample, self.known, self.kept, generator).prev_sample
        climb = self._climbs[self._calls]
        self._calls += 1
        if climb and self.adds_exact_noise:
            self._add_noise_to(int(self.timesteps[self._calls]), level, generator)
        elif climb:
            for lower in climb:
                self.painted = self.undo_step(self.painted, lower, generator)
        return (self.painted,)

    def add_noise(self, original_samples: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """What a pipeline puts around the hole after a step: the picture as it is, in which `step` has already put the
        known part with fresh noise, whereas pipelines give all steps the same noise."""
        return self.painted

    def _add_noise_to(self, target: int, level: int, generator: list[torch.Generator] | None) -> None:
        """Add noise to the picture, from where a step at `level` ends up to a target level, in one draw."""
        below = level - self.config.num_train_timesteps // self.num_inference_steps
        kept = self.alphas_cumprod[target] / (self.alphas_cumprod[below] if below >= 0 else self.final_alpha_cumprod)
        shape, options = self.painted.shape, {"device": self.painted.device, "dtype": self.painted.dtype}
        noise: torch.Tensor = randn_tensor(shape, generator=generator, **options)
        self.painted = kept**0.5 * self.painted + (1 - kept) ** 0.5 * noise

    def _find_noise(self, output: torch.Tensor, level: int, sample: torch.Tensor) -> torch.Tensor:
        """The noise in a sample, by a network that predicts it, the velocity or the picture."""
        signal: torch.Tensor = self.alphas_cumprod[level] ** 0.5
        noise: torch.Tensor = (1 - self.alphas_cumprod[level]) ** 0.5
        match self.prediction:
            case "v_prediction":
                return signal * output + noise * sample
            case "sample":
                return (sample - signal * output) / noise
            case _:
                return output


def make_scheduler(config: Mapping[str, Any], jumps: Jumps, title: str, *, clip: bool) -> ResamplingScheduler:
    """The scheduler with the noise levels of a checkpoint, whose own scheduler has this configuration.

    clip: whether the predicted picture is clipped to [-1, 1], as for pixels. title: the checkpoint's, for messages.
    Raises InputError if RePaint's scheduler cannot have these noise levels.
    """
    kind = config.get("_class_name", "its scheduler")
    prediction = config.get("prediction_type") or "epsilon"
    if "beta_start" not in config and config.get("trained_betas") is None:
        raise InputError(f"{title} cannot be resampled: {kind} has no betas, which RePaint's noise levels are made of")
    if prediction not in PREDICTIONS or config.get("rescale_betas_zero_snr"):
        what = "betas rescaled to no signal" if prediction in PREDICTIONS else f"a network that predicts {prediction}"
        raise InputError(f"{title} cannot be resampled: {kind} is for {what}, which RePaint's steps do not know")
    settings = {key: config[key] for key in SCHEDULE_KEYS if key in config}
    if config.get("trained_betas") is not None:
        settings["trained_betas"] = np.array(config["trained_betas"], np.float32)
    try:
        scheduler = ResamplingScheduler(clip_sample=clip, **settings)
    except NotImplementedError:
        raise InputError(
            f"{title} cannot be resampled: RePaint knows no betas of the kind {config.get('beta_schedule')}"
        ) from None
    scheduler.prediction, scheduler.jumps = prediction, jumps
    return scheduler


def require_jumps(steps: int, jumps: Jumps, limit: int, title: str) -> None:
    """Raise InputError for more steps than a checkpoint has noise levels (`limit`), or jumps as long as all steps."""
    if steps > limit:
        raise InputError(f"steps={steps}: {title} has at most {limit}")
    require_a_step({"steps": steps, "jump_length": jumps.length, "jump_samples": jumps.samples})
