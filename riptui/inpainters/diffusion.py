"""Diffusion models as inpainters: Stable Diffusion 2 inpainting, the paper's, and what else diffusers inpaints with.

An image's pixels depend on its seed, not on the rest of the batch: each has a generator of its own, on the CPU, so that
they depend on no device's random numbers either. Nothing of it is a PIL image on the way; the arithmetic is that of
the pipeline called with PIL images, to the last bit.
"""

from __future__ import annotations

import inspect as signatures
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from riptui.arrays import Images, Masks
from riptui.errors import InpainterError, InputError
from riptui.inpainters import OnStep, catalogue, hub, pipelines, prompts
from riptui.inpainters.checkpoint import inspect
from riptui.inpainters.quiet import quiet

FIXED = {"_auto_resize": False}
"""Arguments that some pipelines take and that would change the picture's size."""


def diffusion(
    model: str,
    revision: str | None = None,
    dtype: str = "auto",
    scheduler: str | None = None,
    steps: int = 50,
    guidance: float | None = None,
    strength: float = 1.0,
    prompt: str = "",
    negative_prompt: str | None = "",
    embedding: str | None = None,
    lora: str | None = None,
    vae: str | None = None,
    allow_pickle: bool = False,
    device: str = "",
) -> Diffusion:
    """Load a model. None: the checkpoint's own scheduler, the pipeline's own guidance.

    dtype: auto is float32 on a CPU and the model's half precision on a GPU. device: as torch names it; by default CUDA
    if there is one, otherwise the CPU. Raises InputError, WeightsError, MissingExtraError.
    """
    place = _device(device)
    precision = _dtype(dtype, model, place)
    with quiet():
        named = catalogue.named(model)
        revision = revision or named.revision
        folder = hub.locate(named.model, revision)
        found = inspect(folder, model, repair=hub.repair(named.model, revision), allow_pickle=allow_pickle)
        decoder = None
        if vae is not None:
            other = catalogue.named(vae)
            decoder = pipelines.load_decoder(other.model, other.revision, dtype=precision, allow_pickle=allow_pickle)
        pipeline = pipelines.load(found, model, dtype=precision, allow_pickle=allow_pickle, vae=decoder)
        notes = {"model": found.commit or str(folder)}
        if scheduler is not None:
            pipelines.use_scheduler(pipeline, scheduler)
        if lora is not None:
            notes["lora"] = pipelines.adapt(pipeline, lora, allow_pickle)
        if embedding is not None:
            notes["embedding"] = pipelines.learn_word(pipeline, embedding, allow_pickle)
            prompt = prompt or pipelines.EMBEDDING
            if pipelines.EMBEDDING not in prompt:
                raise InputError(f"the prompt {prompt!r} does not use the embedding: write {pipelines.EMBEDDING} in it")
        pipeline.to(place)
        told = prompts.encode(pipeline, prompt, negative_prompt, guidance)
    return Diffusion(pipeline, told, steps=steps, strength=strength, guidance=guidance, notes=notes)


class Diffusion:
    """An inpainter: a loaded pipeline and what it is told."""

    def __init__(
        self,
        pipeline: Any,
        told: prompts.Prompts,
        *,
        steps: int,
        strength: float,
        guidance: float | None,
        notes: dict[str, str],
    ) -> None:
        self.pipeline = pipeline
        self.told = told
        self.settings: dict[str, Any] = {"num_inference_steps": steps, "strength": strength}
        if told.guidance_is_idle:
            self.settings["guidance_scale"] = 1.0
        elif guidance is not None:
            self.settings["guidance_scale"] = guidance
        accepted = signatures.signature(pipeline.__call__).parameters
        self.settings |= {key: value for key, value in FIXED.items() if key in accepted}
        self.device = _described(pipeline.device)
        self.notes = {**notes, **self._noted()}
        """What decides the pixels and is not in the spec, for the record of the session."""

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """As `Inpainter`. `on_step` is called after each call of the denoising network: 51 times for PNDM's 50 steps.

        Raises InputError for a mask that is not made of the squares a latent stands for, InpainterError for a picture
        that is not finite, and whatever `on_step` raises, at that step.
        """
        _require_aligned(masks, self.pipeline.vae_scale_factor)
        batch, height, width, _ = images.shape
        device = self.pipeline._execution_device
        with quiet():
            painted = self.pipeline(
                image=torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255,
                mask_image=torch.from_numpy(masks).to(device)[:, None].float(),
                height=height,
                width=width,
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
                output_type="pt",
                callback_on_step_end=_told_of_steps(on_step),
                **self.settings,
                **self.told.arguments(batch),
            ).images
        return _quantised(painted, self.notes["dtype"])

    def _noted(self) -> dict[str, str]:
        pipeline = self.pipeline
        noted = {
            "pipeline": type(pipeline).__name__,
            "dtype": str(pipelines.denoiser(pipeline).dtype).removeprefix("torch."),
            "scheduler": type(pipeline.scheduler).__name__,
        }
        if self.told.guidance_is_idle:
            noted["guidance"] = "skipped: the embeddings of prompt and negative prompt are equal"
        if blends_latents(pipeline):
            noted["inpainting"] = "by blending latents: the network was made for text to image, and sees no mask"
        return noted


def blends_latents(pipeline: Any) -> bool:
    """Whether the network takes no mask, so that diffusers puts the noised original back around it at each step."""
    latents = pipeline.vae.config.latent_channels
    return pipelines.denoiser(pipeline).config.in_channels in (latents, 4 * latents)  # Flux packs 2 x 2 latents


def _told_of_steps(on_step: OnStep) -> Any:
    def tell(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1, pipeline.num_timesteps)
        return {}

    return tell


def _quantised(painted: torch.Tensor, dtype: str) -> Images:
    """[0, 1] in [b, 3, h, w] to 8 bits in [b, h, w, 3], rounded as diffusers does for PIL."""
    if not bool(painted.isfinite().all()):
        raise InpainterError(f"the model painted what is no number, in {dtype}: try dtype=float32 or dtype=bfloat16")
    levels = (painted.float() * 255).round().to(torch.uint8)
    pixels: Images = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return pixels


def _require_aligned(masks: Masks, factor: int) -> None:
    """A latent stands for factor x factor pixels, and the mask is shrunk to the latents by taking every such pixel."""
    coarse = masks[:, ::factor, ::factor]
    if not np.array_equal(coarse.repeat(factor, axis=1).repeat(factor, axis=2)[:, : masks.shape[1]], masks):
        raise InputError(f"the mask does not lie on multiples of {factor} px, which this model needs")


def _device(asked: str) -> torch.device:
    if not asked:
        with quiet():  # about drivers too old for this torch: then it is the CPU
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise InputError(f"{asked!r} is no device: give cpu, cuda or cuda:0") from error
    if device.type == "cuda":
        with quiet():
            count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            seen = f"it sees {count}" if count else "it sees none; is a driver installed, and a torch built for CUDA?"
            raise InputError(f"torch has no device {asked}: of CUDA devices {seen}. Use device cpu, or riptui doctor")
    elif device.type not in {"cpu", "mps"}:
        raise InputError(f"{asked!r} is no device to paint on: give cpu, cuda or cuda:0")
    return device


def _dtype(asked: str, model: str, device: torch.device) -> torch.dtype:
    if asked != "auto":
        precision: torch.dtype = getattr(torch, asked)
        return precision
    if device.type == "cpu":
        return torch.float32
    known = catalogue.MODELS.get(catalogue.named(model).name or "")
    half: torch.dtype = getattr(torch, known.half if known else "float16")
    return half


def _described(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({platform.machine()})"
