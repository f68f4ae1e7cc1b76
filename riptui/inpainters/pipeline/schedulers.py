"""Sets a pipeline's scheduler, and tests that it draws its noise from the seeds alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from riptui.arrays import Images
from riptui.errors import DeviceMemoryError, InputError, first_line
from riptui.inpainters.models.scheduler_names import SIGMAS, find_scheduler, require_sigmas

NOISELESS = {"PNDMScheduler", "DDIMScheduler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"}
"""The checkpoints' own schedulers: they draw no noise unless `stochastic_sampling` is on, and need no test."""

MAX_DIFFERENCE = 2.0  # levels of 255, on average; kernels for other batch sizes round differently, noise differs by 50


def set_scheduler(pipeline: Any, name: str) -> None:
    """Replace the scheduler, keeping the checkpoint's noise schedule. name: as `find_scheduler`. Raises InputError."""
    kinds = {kind.__name__: kind for kind in pipeline.scheduler.compatibles}
    choice = find_scheduler(name, kinds, type(pipeline.scheduler).__name__)
    kind = kinds[choice.kind]
    settings = kind._get_init_keys(kind)
    require_sigmas(choice, settings)
    options = dict(choice.options)
    if choice.sigmas:
        options |= {f"use_{other}_sigmas": other == choice.sigmas for other in SIGMAS}
        options = {key: value for key, value in options.items() if key in settings}
    try:
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **options)
    except (ImportError, ValueError) as error:
        raise InputError(f"{kind.__name__} cannot be used here: {first_line(error)}") from error


def require_steps(scheduler: Any, steps: int) -> None:
    """Raise InputError for more steps than a scheduler has noise levels, or if its first step would lie beyond them."""
    limit, name = scheduler.config.get("num_train_timesteps"), type(scheduler).__name__
    if limit is not None and steps > limit:
        raise InputError(f"steps={steps}: {name} has at most {limit} in this checkpoint")
    if not hasattr(scheduler, "alphas_cumprod"):
        return
    trial = copy.deepcopy(scheduler)
    try:
        trial.set_timesteps(steps)
    except Exception as error:  # of any kind: schedulers fail on what they were not made for
        raise InputError(f"steps={steps}: {name} cannot do so: {first_line(error)}") from error
    if (last := float(trial.timesteps.max())) >= len(scheduler.alphas_cumprod):
        raise InputError(
            f"steps={steps}: {name} would begin at noise level {last:g}, and this checkpoint has those from 0 to "
            f"{len(scheduler.alphas_cumprod) - 1}: take fewer steps"
        )


def seed_noise(scheduler: Any, seeds: Sequence[int]) -> None:
    """Seed a scheduler that draws noise by itself instead of from the generators, such as DPMSolverSDE."""
    if hasattr(scheduler, "noise_sampler_seed"):
        scheduler.noise_sampler_seed = [*seeds]


def require_seeded(scheduler: Any, inpaint: Callable[[Sequence[int]], Images], *, exact: bool) -> None:
    """Raise InputError unless the seeds alone decide what is painted. `inpaint` paints an image for each seed.

    exact: whether two equal calls must give the same bits.
    """
    if type(scheduler).__name__ in NOISELESS and not scheduler.config.get("stochastic_sampling"):
        return
    try:
        alone, again, together = inpaint([5]), inpaint([5]), inpaint([5, 6])
    except DeviceMemoryError:
        raise
    except Exception as error:  # of any kind: schedulers fail on what they were not made for
        raise InputError(f"{type(scheduler).__name__} cannot be used here: {first_line(error)}") from error
    differences = [np.abs(alone[0].astype(int) - other[0]).mean() for other in (again, together)]
    if differences[0] > (0 if exact else MAX_DIFFERENCE) or differences[1] > MAX_DIFFERENCE:
        raise InputError(
            f"{type(scheduler).__name__} draws noise that no seed decides, so that no trajectory could be repeated: "
            "choose another scheduler"
        )
