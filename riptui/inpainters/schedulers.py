"""The schedulers by the names that people use, and the test that one draws its noise from the seeds alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from riptui.arrays import Images
from riptui.errors import DeviceMemoryError, InputError
from riptui.inpainters.components import first_line

KNOWN_NAMES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "eulera": ("EulerAncestralDiscrete", {}),
    "lms": ("LMSDiscrete", {}),
    "dpm2": ("KDPM2Discrete", {}),
    "dpm2a": ("KDPM2AncestralDiscrete", {}),
    "dpm++2m": ("DPMSolverMultistep", {}),
    "dpm++2msde": ("DPMSolverMultistep", {"algorithm_type": "sde-dpmsolver++"}),
    "dpm++2s": ("DPMSolverSinglestep", {}),
    "dpm++sde": ("DPMSolverSDE", {}),
    "unipc": ("UniPCMultistep", {}),
    "plms": ("PNDM", {}),
}
"""The names of AUTOMATIC1111's web UI that are not those of diffusers; lower case, without spaces."""

SIGMAS = ("karras", "exponential", "beta")
"""Spacings of the noise levels, as the last word of a name: "DPM++ 2M Karras"."""

NOISELESS = {"PNDMScheduler", "DDIMScheduler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"}
"""The checkpoints' own: they draw no noise unless `stochastic_sampling` is on, and need no test."""

MAX_DIFFERENCE = 2.0  # levels of 255, on average; kernels for other batch sizes round differently, noise differs by 50


def set_scheduler(pipeline: Any, name: str) -> None:
    """Replace the scheduler, keeping the checkpoint's noise schedule.

    name: of diffusers, with or without "Scheduler" and "Discrete", or of AUTOMATIC1111's web UI, in any case; then
    perhaps karras, exponential or beta. Raises InputError with the compatible ones.
    """
    kinds = {kind.__name__: kind for kind in pipeline.scheduler.compatibles}
    words = name.split()
    sigmas = words.pop().lower() if len(words) > 1 and words[-1].lower() in SIGMAS else ""
    plain, options = KNOWN_NAMES.get(_simplify("".join(words)), ("".join(words), {}))
    by_name = {_simplify(kind): found for kind, found in kinds.items()}
    kind = by_name.get(_simplify(plain))
    if kind is None:
        close = difflib.get_close_matches(_simplify(plain), by_name, n=1)
        hint = f" Did you mean {by_name[close[0]].__name__.removesuffix('Scheduler')}?" if close else ""
        known = ", ".join(sorted(kinds)) or type(pipeline.scheduler).__name__
        raise InputError(f"no scheduler {name} fits this checkpoint.{hint} Available: {known}")
    if sigmas:
        options = {**options, **{f"use_{other}_sigmas": other == sigmas for other in SIGMAS}}
        if f"use_{sigmas}_sigmas" not in kind._get_init_keys(kind):
            raise InputError(f"{kind.__name__} has no {sigmas} sigmas")
        options = {key: value for key, value in options.items() if key in kind._get_init_keys(kind)}
    try:
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **options)
    except (ImportError, ValueError) as error:
        raise InputError(f"{kind.__name__} cannot be used here: {first_line(error)}") from error


def require_steps(scheduler: Any, steps: int) -> None:
    """Raise InputError for more steps than a scheduler has."""
    limit = scheduler.config.get("num_train_timesteps")
    if limit is not None and steps > limit:
        raise InputError(f"steps={steps}: {type(scheduler).__name__} has at most {limit} in this checkpoint")


def seed_noise(scheduler: Any, seeds: Sequence[int]) -> None:
    """Seed the scheduler that has a noise of its own instead of the generator's."""
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


def _simplify(name: str) -> str:
    return re.sub(r"[\s_-]|scheduler$|discrete(?=scheduler$|$)", "", name.lower())
