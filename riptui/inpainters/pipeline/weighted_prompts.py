"""Prompts of any length with weights, encoded by the library compel.

Its syntax: `word++`, `word--`, `(some words)1.3`, `("a cat", "a dog").blend(0.7, 0.3)`, `("a cat", "at night").and()`.
The form of AUTOMATIC1111's web UI, `(some words:1.3)`, is understood as well; the arithmetic is compel's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import torch

from riptui.errors import InputError, MissingExtraError, first_line
from riptui.inpainters.pipeline.prompt_length import describe_cuts

ENCODERS = {
    "StableDiffusionInpaintPipeline": "CompelForSD",
    "StableDiffusionXLInpaintPipeline": "CompelForSDXL",
    "StableDiffusionControlNetInpaintPipeline": "CompelForSD",
    "StableDiffusionXLControlNetInpaintPipeline": "CompelForSDXL",
    "FluxFillPipeline": "CompelForFlux",
    "FluxInpaintPipeline": "CompelForFlux",
    "StableDiffusionPipeline": "CompelForSD",
    "StableDiffusionXLPipeline": "CompelForSDXL",
    "FluxPipeline": "CompelForFlux",
}
"""Pipelines to the classes of compel that encode their prompts."""

WEIGHT_INSIDE = re.compile(r":\s*(\d+\.?\d*|\.\d+)\s*\)")
"""The end of `(some words:1.3)`, wherever the parenthesis began."""


@dataclass(frozen=True)
class ParsedPrompt:
    """A prompt that compel can encode."""

    text: str
    """In compel's own syntax."""
    plain: tuple[str, ...]
    """Without weights; several texts for a blend."""


def encode_weighted(
    pipeline: Any, prompt: str, negative_prompt: str | None, *, guided: bool
) -> dict[str, torch.Tensor]:
    """The embeddings for one image, by the names of the call's arguments. guided: whether the negatives are needed.

    Raises InputError for a pipeline or a prompt that compel cannot encode, MissingExtraError.
    """
    kind, compel = _encoder_class(pipeline), _import_compel()
    prompt, negative = _parse(prompt).text, _parse(negative_prompt or "").text
    is_zero = negative_prompt is None and bool(pipeline.config.get("force_zeros_for_empty_prompt"))
    manager = compel.DiffusersTextualInversionManager(pipeline)
    try:
        encode = getattr(compel, kind)(pipeline, textual_inversion_manager=manager)
        encoded = encode(prompt, negative_prompt=negative if guided and not is_zero else None)
    except Exception as error:  # of any kind: how the library fails depends on the prompt
        raise InputError(f"compel cannot encode {prompt!r}: {first_line(error)}") from error
    if any(tensor is not None and len(tensor) != 1 for tensor in (encoded.embeds, encoded.pooled_embeds)):
        raise InputError(f"compel cannot join prompts for {type(pipeline).__name__}: {prompt!r}")
    embeddings = {
        "prompt_embeds": encoded.embeds,
        "pooled_prompt_embeds": encoded.pooled_embeds,
        "negative_prompt_embeds": encoded.negative_embeds,
        "negative_pooled_prompt_embeds": encoded.negative_pooled_embeds,
    }
    if guided and is_zero:
        embeddings["negative_prompt_embeds"] = torch.zeros_like(encoded.embeds)
        embeddings["negative_pooled_prompt_embeds"] = torch.zeros_like(encoded.pooled_embeds)
    return {name: tensor for name, tensor in embeddings.items() if tensor is not None}


def describe_weighted_cuts(pipeline: Any, text: str) -> str:
    """As `describe_cuts`. compel splits long prompts, except for XL's pooled vector and for Flux: only these cut.

    Raises as `encode_weighted`.
    """
    kind, parsed = _encoder_class(pipeline), _parse(text)
    if kind == "CompelForSDXL":  # takes the text as it is, weights included
        cut = describe_cuts(pipeline, parsed.text, only=("text_encoder_2",))
        return f"the pooled vector of {cut}" if cut else ""
    if kind == "CompelForFlux":
        return "; ".join(filter(None, (describe_cuts(pipeline, plain) for plain in parsed.plain)))
    return ""


def _encoder_class(pipeline: Any) -> str:
    kind = ENCODERS.get(type(pipeline).__name__)
    if kind is None:
        raise InputError(
            f"prompt_syntax=compel: compel does not encode prompts for {type(pipeline).__name__}; use plain prompts"
        )
    return kind


def _import_compel() -> Any:
    try:
        return import_module("compel")
    except ModuleNotFoundError as error:
        raise MissingExtraError("prompt_syntax=compel", error.name or "compel", "prompts") from error
    except Exception as error:  # of any kind: it is there, but not for the diffusers or transformers beside it
        raise InputError(
            f"prompt_syntax=compel: compel cannot be imported ({first_line(error)}): pip install --upgrade "
            "'riptui[prompts]'"
        ) from error


@lru_cache(maxsize=8)  # a hundred weights take half a second
def _parse(prompt: str) -> ParsedPrompt:
    """Raises InputError if it is not in compel's syntax, or uses what compel does not do; MissingExtraError."""
    compel = _import_compel()
    text = WEIGHT_INSIDE.sub(r")\1", prompt)
    try:
        parsed = compel.Compel.parse_prompt_string(text)
        compel.PromptParser().conjunction.parse_string(text, parse_all=True)
    except Exception as error:  # of several kinds: pyparsing's and compel's own
        raise InputError(f"{prompt!r} is not in compel's syntax: {first_line(error)}") from error
    if parsed.lora_weights:
        raise InputError(f"{prompt!r} asks for a LoRA: give it with --lora FILE:WEIGHT")
    if any(getattr(part, "wants_cross_attention_control", False) for part in parsed.prompts):
        raise InputError(f"{prompt!r} uses .swap(), which compel does not carry out by itself")
    flat = [prompt for part in parsed.prompts for prompt in getattr(part, "prompts", [part])]
    return ParsedPrompt(text, tuple(" ".join(fragment.text for fragment in prompt.children) for prompt in flat))
