"""What is known of the diffusion models, and of those who sample with them otherwise, before anything is imported."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.models.catalogue import MODELS, REPAINT, KnownModel
from riptui.inpainters.models.lora_list import LoraType
from riptui.inpainters.parameters import (
    FileType,
    HubFileType,
    ModelType,
    NumberType,
    ParameterType,
    SwitchType,
    TextType,
)

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

LATENT_RESAMPLING = "latent-resampling"
OWN_SAMPLING = ("scheduler", "strength")
"""The parameters of diffusion models that resampling has no use for."""

CUSTOM = "diffusion"
"""The name of the inpainter for any checkpoint, given by its hub id or its folder."""

DIFFUSION: dict[str, ParameterValue] = {"model": "", "revision": None, "dtype": "auto", "scheduler": None, "steps": 50}
DIFFUSION |= {"guidance": None, "strength": 1.0, "prompt": "", "negative_prompt": "", "embedding": None, "lora": None}
DIFFUSION |= {"vae": None, "allow_pickle": False}
ADDED: dict[str, ParameterValue] = {"prompt_syntax": "plain", "tiling": False, "quantise": None, "gguf": None}
ADDED |= {"config": None}
PIXEL_PARAMETERS = ("model", "revision", "dtype", "steps", "allow_pickle")
"""Those of `DIFFUSION` that a network of pixels, which takes no prompt, has as well."""

JUMPS: dict[str, ParameterValue] = {"jump_length": 10, "jump_samples": 10, "eta": 0.0}
"""The parameters of resampling: as diffusers' pipeline has them."""

DIFFUSION_PARAMETER_TYPES: dict[str, ParameterType] = {
    "model": ModelType(),
    "revision": TextType(optional=True, empty=False),
    "dtype": TextType(("auto", "float32", "float16", "bfloat16")),
    "scheduler": TextType(optional=True, empty=False),
    "steps": NumberType(above=0, maximum=1000, integer=True),
    "guidance": NumberType(above=0, maximum=100, optional=True),
    "strength": NumberType(above=0, maximum=1),
    "prompt": TextType(),
    "negative_prompt": TextType(optional=True),
    "embedding": HubFileType(),
    "lora": LoraType(),
    "vae": ModelType(optional=True),
    "allow_pickle": SwitchType(),
    "config": ModelType(optional=True),
    "prompt_syntax": TextType(("plain", "compel")),
    "tiling": SwitchType(),
    "quantise": TextType(("8bit", "4bit"), optional=True),
    "gguf": FileType(),
    "jump_length": NumberType(above=0, maximum=1000, integer=True),
    "jump_samples": NumberType(above=0, maximum=100, integer=True),
    "eta": NumberType(minimum=0, maximum=1),
}


def _diffusion_info(summary: str, **defaults: ParameterValue) -> InpainterInfo:
    """The info of a diffusion model. A default of None leaves the choice to the checkpoint or its pipeline."""
    return InpainterInfo(
        "riptui.inpainters.diffusion:diffusion",
        summary,
        DIFFUSION | defaults | ADDED,
        added_parameters=ADDED.keys(),
        extra="diffusion",
        distributions=("diffusers", "torch", "transformers"),
        parameter_types=DIFFUSION_PARAMETER_TYPES,
        grid=8,
        needs_weights=True,
        takes_device=True,
        takes_offload=True,
        takes_record=True,
        runs_in_worker=True,
    )


def _repaint_info(model: KnownModel) -> InpainterInfo:
    """The info of RePaint in pixels, with a model that it takes unless it is told otherwise."""
    defaults = {key: DIFFUSION[key] for key in PIXEL_PARAMETERS}
    defaults |= {"model": model.repository, "revision": model.revision, "steps": model.steps}
    return InpainterInfo(
        "riptui.inpainters.repaint:repaint",
        model.title,
        defaults | JUMPS,
        extra="diffusion",
        distributions=("diffusers", "torch", "transformers"),
        parameter_types=DIFFUSION_PARAMETER_TYPES,
        needs_weights=True,
        takes_device=True,
        takes_record=True,
        runs_in_worker=True,
    )


def _resampling_info(model: InpainterInfo) -> InpainterInfo:
    """The info of latent resampling, with the model that another inpainter takes unless it is told otherwise."""
    kept = {key: value for key, value in model.parameters.items() if key not in OWN_SAMPLING}
    return dataclasses.replace(
        model,
        target="riptui.inpainters.latent_resampling:latent_resampling",
        summary="RePaint's resampling in the latents of any Stable Diffusion 1, 2 or XL, with settings of ours.",
        parameters=kept | JUMPS,
        added_parameters=(),
    )


DIFFUSION_INFOS: dict[str, InpainterInfo] = {
    name: _diffusion_info(
        model.title,
        model=model.repository,
        revision=model.revision,
        steps=model.steps,
        guidance=model.guidance,
        strength=model.strength,
    )
    for name, model in MODELS.items()
    if name != REPAINT
}
DIFFUSION_INFOS[REPAINT] = _repaint_info(MODELS[REPAINT])
DIFFUSION_INFOS[LATENT_RESAMPLING] = _resampling_info(DIFFUSION_INFOS["sd2-base"])
DIFFUSION_INFOS[CUSTOM] = _diffusion_info(
    "Any checkpoint that diffusers inpaints with: model=org/name, a folder or a file."
)
