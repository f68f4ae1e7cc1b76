"""What is known of diffusion models as inpainters, before anything is imported: their parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from riptui.inpainters.inpainter_info import InpainterInfo
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
}


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


def text_to_image_info() -> InpainterInfo:
    """The info of any checkpoint that makes pictures from words: as that of one that inpaints, without a strength."""
    info = diffusion_info("Text to image: the whole picture from a prompt, see riptui generate. model=org/name.")
    parameters = {key: value for key, value in info.parameters.items() if key != "strength"}
    target = "riptui.inpainters.text_to_image:text_to_image"
    return replace(info, target=target, parameters=parameters, scope="image")
