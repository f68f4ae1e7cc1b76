"""Which family of models a LoRA was trained for, by what its file says, and by the shapes and names of its tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SD1, SD2, SDXL = "Stable Diffusion 1", "Stable Diffusion 2", "Stable Diffusion XL"
SD3, FLUX = "Stable Diffusion 3", "FLUX"

MARKS = {
    SDXL: ("stable-diffusion-xl", "sdxl"),
    SD3: ("stable-diffusion-3", "sd3"),
    FLUX: ("flux",),
    SD2: ("stable-diffusion-v2", "sd_v2"),
    SD1: ("stable-diffusion-v1", "sd_v1", "sd_1."),
}
"""By family: what its names in the metadata of trainers contain."""

METADATA_KEYS = ("modelspec.architecture", "ss_base_model_version")

CONTEXT_WIDTHS = {768: SD1, 1024: SD2, 2048: SDXL}
"""Channels of the text embedding that a UNet attends to."""

TEXT_ENCODERS = ("lora_te", "text_encoder")
"""How the names of text encoders' tensors begin."""


UNREAD = {
    r"\.hada_": "a LoHa",
    r"\.lokr_": "a LoKr",
    r"\.lora_mid\b": "a LoCon in Tucker's form",
    r"\.oft_": "an OFT",
    r"\.diff(_b)?$": "a file with whole differences of weights",
}
"""By a pattern in the names of tensors: adapters of the library LyCORIS that diffusers cannot read."""


def unread_kind(tensors: Mapping[str, Any]) -> str:
    """What a file is if it is not a LoRA that diffusers reads, and what to do; "" if nothing shows that."""
    if any(name.startswith(("model.diffusion_model.", "first_stage_model.")) for name in tensors):
        return "a whole model: give it as the inpainter"
    kinds = [kind for sign, kind in UNREAD.items() if any(re.search(sign, name) for name in tensors)]
    return f"{kinds[0]} (LyCORIS), which diffusers does not read: merge it into the model's weights" if kinds else ""


def lora_family(tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> str:
    """The family that a LoRA was trained for; "" if nothing shows it."""
    for key in METADATA_KEYS:
        value = metadata.get(key, "").lower()
        for family, marks in MARKS.items():
            if any(mark in value for mark in marks):
                return family
    names = [name for name in tensors if not name.startswith(TEXT_ENCODERS)]
    if any("double_blocks" in name or "single_transformer_blocks" in name for name in names):
        return FLUX
    widths = {
        int(tensors[name].shape[1])
        for name in names
        if "attn2" in name and "to_k" in name and ("lora_down" in name or "lora_A" in name or "lora.down" in name)
    }
    families = {CONTEXT_WIDTHS[width] for width in widths if width in CONTEXT_WIDTHS}
    if len(families) == 1:
        return families.pop()
    return SDXL if any(name.startswith(("lora_te2_", "text_encoder_2.")) for name in tensors) and names else ""


def pipeline_families(pipeline: Any) -> set[str]:
    """The families that a pipeline may be of; empty if it is of none of these."""
    name = type(pipeline).__name__
    if name.startswith("StableDiffusionXL"):
        return {SDXL}
    if name.startswith("StableDiffusion3"):
        return {SD3}
    if name.startswith("Flux"):
        return {FLUX}
    if name.startswith("StableDiffusion"):
        width = pipeline.unet.config.cross_attention_dim
        return {CONTEXT_WIDTHS[width]} if width in CONTEXT_WIDTHS else {SD1, SD2}
    return set()
