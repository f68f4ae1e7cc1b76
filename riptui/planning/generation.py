"""Pictures from nothing: trajectories of one iteration, which repaints the whole of a grey original."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from riptui import inpainters
from riptui.errors import InputError
from riptui.images import PreparedImage
from riptui.inpainters.import_trial import OnTrial
from riptui.inpainters.models.catalogue import MODELS, resolve_model
from riptui.planning.submit import submit
from riptui.planning.sweep import Sweep
from riptui.spec import ParameterValue
from riptui.store.names import slugify
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory

GREY = 128
"""The level of the original, which text to image never sees, and which inpainting at strength 1 hardly does."""
WHOLE_PERCENT = 100.0


def make_grey_picture(prompt: str, size: int) -> PreparedImage:
    """The original that the pictures of a prompt begin with, size x size px, named after the prompt."""
    grey = np.full((size, size, 3), GREY, np.uint8)
    name = slugify(prompt.replace(".", " ")) if prompt.strip() else "no-prompt"
    return PreparedImage(grey, f"{name}.png", hashlib.sha256(grey.tobytes()).hexdigest(), ())


def plan_generation(
    prompt: str,
    models: Sequence[str],
    repainters: Sequence[str],
    seeds: Sequence[int],
    parameters: Mapping[str, ParameterValue],
    size: int,
) -> list[Sweep]:
    """The sweeps of a prompt: of each model by text to image, and of each inpainter, which repaints the whole.

    Raises InputError or SpecError if one is impossible.
    """
    sweeps = []
    for text in models:
        model = resolve_model(text)
        if model.name and not MODELS[model.name].text_to_image:
            raise InputError(
                f"{text} makes no pictures from a prompt: --inpainter {model.name} repaints a grey picture as a whole; "
                "--model takes a text-to-image model"
            )
        named: dict[str, ParameterValue] = {"model": model.model, "revision": model.revision}
        shared = {**named, **parameters, "prompt": prompt}
        sweeps.append(Sweep([inpainters.TEXT_TO_IMAGE], [size], seeds, shared, WHOLE_PERCENT, size=size))
    if repainters:
        sweeps.append(Sweep(repainters, [size], seeds, {**parameters, "prompt": prompt}, WHOLE_PERCENT, size=size))
    return sweeps


def submit_generation(
    runs: Path,
    prompt: str,
    sweeps: Sequence[Sweep],
    request: Request,
    *,
    group: str = "",
    on_trial: OnTrial = lambda text: None,
) -> list[Trajectory]:
    """Create the trajectories `runs/group/PROMPT/...`, or open existing ones. Raises as `submit`."""
    return [
        trajectory
        for sweep in sweeps
        for trajectory in submit(
            runs,
            [make_grey_picture(prompt, sweep.size)],
            sweep,
            request,
            group=group,
            on_trial=on_trial,
        )
    ]
