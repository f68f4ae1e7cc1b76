"""Encodes prompts once for all iterations, and finds out whether guidance between them can change anything.

Knows which tensors the pipelines of some families take; for other pipelines the prompts stay text. What the text
encoders cut off is described. Prompts with weights are encoded by compel (`weighted_prompts.py`).
"""

from __future__ import annotations

import inspect as signatures
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import torch

from riptui.errors import InputError
from riptui.inpainters.inpainter import NEGATIVE_PROMPT_NOTE, PROMPT_NOTE
from riptui.inpainters.pipeline.assembly import denoiser
from riptui.inpainters.pipeline.prompt_length import describe_cuts
from riptui.inpainters.pipeline.weighted_prompts import describe_weighted_cuts, encode_weighted

PLAIN = ("prompt_embeds", "negative_prompt_embeds")
POOLED = (*PLAIN, "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
DISTILLED = ("prompt_embeds", "pooled_prompt_embeds")
CUT_NOTES = (PROMPT_NOTE, NEGATIVE_PROMPT_NOTE)

PromptSyntax = Literal["plain", "compel"]
"""plain: the pipeline encodes the prompts, every character as it is; compel: the library compel, with weights."""

ENCODER_OUTPUTS: dict[str, Sequence[str]] = {
    "StableDiffusionInpaintPipeline": PLAIN,
    "StableDiffusionXLInpaintPipeline": POOLED,
    "StableDiffusion3InpaintPipeline": POOLED,
    "FluxFillPipeline": DISTILLED,
    "FluxInpaintPipeline": DISTILLED,
    "FluxKontextInpaintPipeline": DISTILLED,
    "StableDiffusionControlNetInpaintPipeline": PLAIN,
    "StableDiffusionXLControlNetInpaintPipeline": POOLED,
    "StableDiffusionPipeline": PLAIN,
    "StableDiffusionXLPipeline": POOLED,
    "StableDiffusion3Pipeline": POOLED,
    "FluxPipeline": DISTILLED,
}
"""What `encode_prompt` of a pipeline returns, in its order, under the names that the call takes them by."""

GUIDED_BY_WORDS = {
    *("ChromaInpaintPipeline", "Flux2KleinInpaintPipeline", "QwenImageInpaintPipeline", "ZImageInpaintPipeline"),
}
"""Pipelines that take the prompts as text, and whose guidance is a second pass: over the negative prompt, or over ""
without one, as always in FLUX.2 klein, which takes none. Qwen-Image makes no second pass then."""


@dataclass(frozen=True)
class Prompts:
    """A prompt and a negative prompt for one pipeline, encoded if its family is known."""

    embeddings: dict[str, torch.Tensor]
    """For one image, by the names of the call's arguments; empty if the prompts stay text."""
    words: dict[str, str]
    """The texts by the names of the call's arguments; empty if they are encoded."""
    guidance_is_idle: bool
    """Whether guidance provably changes nothing: what it steers towards and away from is the same."""
    notes: dict[str, str] = field(default_factory=dict)
    """What was cut off, and what encoded the prompts if not the pipeline, for the record of the session."""

    @property
    def notices(self) -> list[str]:
        """The cuts, for the user."""
        return [f"the {name} is cut: {self.notes[name]}" for name in CUT_NOTES if name in self.notes]

    def arguments(self, batch: int) -> dict[str, Any]:
        """The prompts for a batch of that many images, as arguments of the call."""
        repeated = {name: tensor.repeat(batch, *[1] * (tensor.dim() - 1)) for name, tensor in self.embeddings.items()}
        return {**repeated, **{name: [text] * batch for name, text in self.words.items()}}


def encode(
    pipeline: Any, prompt: str, negative_prompt: str | None, guidance: float | None, syntax: PromptSyntax = "plain"
) -> Prompts:
    """Encode the prompts, where the pipeline's family is known.

    negative_prompt: None for what the pipeline does without one: SDXL takes zeros, Qwen-Image does not guide, the
    others take "". guidance: the scale; None for the pipeline's default.
    Raises InputError for a negative prompt that the pipeline does not take, or a syntax that is not for it.
    """
    parameters = signatures.signature(pipeline.__call__).parameters
    if negative_prompt and "negative_prompt" not in parameters:
        raise InputError(f"{type(pipeline).__name__} takes no negative prompt")
    output_names = ENCODER_OUTPUTS.get(type(pipeline).__name__)
    guided = output_names is not None and _needs_second_pass(pipeline, output_names, guidance)
    describe = describe_weighted_cuts if syntax == "compel" else describe_cuts
    negative_text = negative_prompt if guided or output_names is None else ""
    notes = {
        name: cut
        for name, text in zip(CUT_NOTES, (prompt, negative_text), strict=True)
        if text and (cut := describe(pipeline, text))
    }
    if syntax == "compel":
        embeddings = encode_weighted(pipeline, prompt, negative_prompt, guided=guided)
        notes["compel"] = version("compel")
    elif output_names is None:
        words = {"prompt": prompt, "negative_prompt": negative_prompt}
        taken = {key: text for key, text in words.items() if text is not None and key in parameters}
        is_idle = type(pipeline).__name__ in GUIDED_BY_WORDS and prompt == (negative_prompt or "")
        return Prompts({}, taken, is_idle, notes)
    else:
        embeddings = _encode_plain(pipeline, prompt, negative_prompt, output_names, guided)
    return Prompts(embeddings, {}, _is_guidance_idle(pipeline, embeddings), notes)


def _encode_plain(
    pipeline: Any, prompt: str, negative_prompt: str | None, output_names: Sequence[str], guided: bool
) -> dict[str, torch.Tensor]:
    options: dict[str, Any] = {"prompt": prompt, "negative_prompt": negative_prompt, "prompt_2": None, "prompt_3": None}
    options |= {"device": pipeline._execution_device, "num_images_per_prompt": 1, "do_classifier_free_guidance": guided}
    accepted = signatures.signature(pipeline.encode_prompt).parameters
    with torch.no_grad():
        encoded = pipeline.encode_prompt(**{key: value for key, value in options.items() if key in accepted})
    return {name: tensor for name, tensor in zip(output_names, encoded, strict=False) if tensor is not None}


def drop_encoders(pipeline: Any, encoded: Iterable[Prompts]) -> None:
    """Take the text encoders and tokenizers out of the pipeline and of memory, unless some prompts stayed text."""
    if any(prompts.words for prompts in encoded):
        return
    kinds = ("text_encoder", "tokenizer")
    pipeline.register_modules(**{name: None for name in pipeline.components if name.startswith(kinds)})
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _needs_second_pass(pipeline: Any, output_names: Sequence[str], guidance: float | None) -> bool:
    """Whether guidance is a second pass over the negative prompt, rather than an input of the network, or none."""
    default = signatures.signature(pipeline.__call__).parameters["guidance_scale"].default
    scale = default if guidance is None else guidance
    distilled = denoiser(pipeline).config.get("time_cond_proj_dim") is not None
    return "negative_prompt_embeds" in output_names and scale > 1 and not distilled


def _is_guidance_idle(pipeline: Any, embeddings: dict[str, torch.Tensor]) -> bool:
    negatives = [name for name in embeddings if name.startswith("negative_")]
    if pipeline.config.get("requires_aesthetics_score"):  # SDXL's refiner gives the two passes unlike scores as well
        return False
    return bool(negatives) and all(
        torch.equal(embeddings[name], embeddings[name.removeprefix("negative_")]) for name in negatives
    )
