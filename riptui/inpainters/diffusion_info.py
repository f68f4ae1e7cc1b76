"""What is known of diffusion models as inpainters, before anything is imported: their parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.models.catalogue import KnownModel
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

DIFFUSION_PARAMETER_TYPES: dict[str, ParameterType] = {
    "model": ModelType(),
    "revision": TextType(optional=True, empty=False),
    "dtype": TextType(("auto", "float32", "float16", "bfloat16")),
    "scheduler": TextType(optional=True, empty=False),
    "steps": NumberType(above=0, maximum=1000, integer=True),
    "guidance": NumberType(minimum=0, maximum=100, optional=True),
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
    "controlnet": ModelType(optional=True),
    "control": TextType(("hole", "black", "frame", "canny")),
    "control_scale": NumberType(minimum=0, maximum=2, optional=True),
    "prior": ModelType(),
    "prior_steps": NumberType(above=0, maximum=1000, integer=True),
    "prior_guidance": NumberType(minimum=0, maximum=100),
    "jump_length": NumberType(above=0, maximum=1000, integer=True),
    "jump_samples": NumberType(above=0, maximum=100, integer=True),
    "eta": NumberType(minimum=0, maximum=1),
}

JUMPS: dict[str, ParameterValue] = {"jump_length": 10, "jump_samples": 10, "eta": 0.0}
"""The parameters of resampling, with the defaults of diffusers' RePaintPipeline."""
CONTROL: dict[str, ParameterValue] = {"controlnet": None, "control": "hole", "control_scale": None}
"""The parameters of models that can take a ControlNet. control_scale None: the pipeline's own."""
PIXEL_PARAMETERS = ("model", "revision", "dtype", "steps", "allow_pickle")
"""The parameters of a diffusion model that RePaint in pixels has too: its network takes no prompt and has no VAE."""
KANDINSKY_PARAMETERS = (
    *("model", "revision", "dtype", "steps", "guidance", "prompt", "negative_prompt", "allow_pickle"),
)
"""The parameters of a diffusion model that Kandinsky has too. It has no strength, for it begins with noise alone, a
decoder instead of a VAE, and no choice of scheduler, for its network predicts variances that only its own takes."""
OWN_SAMPLING = ("scheduler", "strength")
"""The parameters that resampling lacks: it has a scheduler of its own, and begins with noise alone."""


def diffusion_info(summary: str, **defaults: ParameterValue) -> InpainterInfo:
    """The info of a diffusion model. A default of None leaves the choice to the checkpoint or its pipeline."""
    common: dict[str, ParameterValue] = {"model": "", "revision": None, "dtype": "auto", "scheduler": None, "steps": 50}
    common |= {"guidance": None, "strength": 1.0, "prompt": "", "negative_prompt": "", "embedding": None, "lora": None}
    common |= {"vae": None, "allow_pickle": False}
    added: dict[str, ParameterValue] = {"prompt_syntax": "plain", "tiling": False, "quantise": None, "gguf": None}
    added |= {"config": None}
    return InpainterInfo(
        "riptui.inpainters.diffusion:diffusion",
        summary,
        common | defaults | added,
        added_parameters=added.keys(),
        extra="diffusion",
        distributions=("diffusers", "torch", "transformers"),
        parameter_types=DIFFUSION_PARAMETER_TYPES,
        grid=8,
        scheduled=("strength", "steps", "prompt"),
        needs_weights=True,
        takes_device=True,
        takes_offload=True,
        takes_record=True,
        runs_in_worker=True,
    )


def with_control(info: InpainterInfo) -> InpainterInfo:
    """The info of a diffusion model that inpaints with a ControlNet as well."""
    added = (*info.added_parameters, *CONTROL)
    return replace(info, parameters={**info.parameters, **CONTROL}, added_parameters=added)


def kandinsky_info(model: KnownModel) -> InpainterInfo:
    """The info of Kandinsky 2.2, with its default model and prior."""
    info = diffusion_info(
        model.title,
        model=model.repository,
        revision=model.revision,
        guidance=model.guidance,
        negative_prompt=None,
    )
    own: dict[str, ParameterValue] = {"prior": model.prior, "prior_steps": 25, "prior_guidance": 4.0}
    kept = {key: info.parameters[key] for key in KANDINSKY_PARAMETERS}
    return replace(
        info,
        target="riptui.inpainters.kandinsky:kandinsky",
        parameters=kept | own,
        added_parameters=(),
        size_grid=64,
        scheduled=("steps", "prompt"),
    )


def text_to_image_info() -> InpainterInfo:
    """The info of text to image with any checkpoint: the parameters of an inpainting model, without the strength."""
    info = diffusion_info("Text to image: the whole picture from a prompt, see riptui generate. model=org/name.")
    parameters = {key: value for key, value in info.parameters.items() if key != "strength"}
    target = "riptui.inpainters.whole_image_diffusion:text_to_image"
    return replace(info, target=target, parameters=parameters, scope="image")


def repaint_info(model: KnownModel) -> InpainterInfo:
    """The info of RePaint in pixels, with its default model."""
    info = diffusion_info(model.title, model=model.repository, revision=model.revision, steps=model.steps)
    return replace(
        info,
        target="riptui.inpainters.repaint:repaint",
        parameters={key: info.parameters[key] for key in PIXEL_PARAMETERS} | JUMPS,
        added_parameters=(),
        grid=1,
        takes_offload=False,
    )


def latent_resampling_info(model: KnownModel) -> InpainterInfo:
    """The info of latent resampling, with its default model."""
    info = diffusion_info(
        "RePaint's resampling in the latents of any Stable Diffusion 1, 2 or XL, with settings of ours.",
        model=model.repository,
        revision=model.revision,
        guidance=model.guidance,
    )
    kept = {key: value for key, value in info.parameters.items() if key not in OWN_SAMPLING}
    target = "riptui.inpainters.latent_resampling:latent_resampling"
    return replace(info, target=target, parameters=kept | JUMPS, added_parameters=())
