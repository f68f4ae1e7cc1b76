"""A loaded diffusion model as an inpainter.

The noise of an image depends on its seed alone: each has a generator of its own, on the CPU, so that neither the rest
of the batch nor the device matters. No PIL image is made on the way; the arithmetic is that of the pipeline called with
PIL images, to the last bit.
"""

from __future__ import annotations

import inspect as signatures
import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from riptui.arrays import Images, Masks
from riptui.errors import InputError
from riptui.inpainters import CompileMode, OnStep
from riptui.inpainters.devices import torch_device
from riptui.inpainters.inpainter import SQUARE_NOTE
from riptui.inpainters.models import identity
from riptui.inpainters.pipeline import assembly, gpu_tuning, schedulers
from riptui.inpainters.pipeline.compilation import Compilation
from riptui.inpainters.pipeline.latent_images import quantise, require_aligned
from riptui.inpainters.pipeline.pipeline_tasks import INPAINTING, PipelineTask
from riptui.inpainters.pipeline.prompts import Prompts
from riptui.inpainters.silence import silence_libraries
from riptui.spec import ParameterValue

FIXED_ARGUMENTS = {"_auto_resize": False}
"""Arguments for the pipelines that take them: FLUX.1 Kontext's would change the picture's size otherwise."""

GUIDANCE_ARGUMENTS = {"QwenImageInpaintPipeline": "true_cfg_scale"}
"""By pipeline: the argument with the scale of guidance by a second pass, where it is not guidance_scale."""
UNGUIDED_SCALES = {"ZImageInpaintPipeline": 0.0}
"""By pipeline: the scale at which it makes no second pass, where it is not 1."""

SHOWN_THE_FRAME = {"FluxKontextInpaintPipeline", "Flux2KleinInpaintPipeline", "QwenImageEditInpaintPipeline"}
"""Pipelines of networks that edit pictures: they see the whole frame, also what lies under the square."""

TRIAL_SIZE = 64  # px; the smallest that every network takes


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline on its device, with all that was settled when it was loaded."""

    pipeline: Any
    encoded: Mapping[str, Prompts]
    """By their texts; the first is the one that is used unless `with_parameters` says otherwise."""
    weights: identity.Weights
    notes: Mapping[str, str]
    """For the record of the session."""
    notices: Sequence[str]
    """For the user."""
    compile: CompileMode


@dataclass(frozen=True)
class DenoisingBatch:
    """Pictures that are painted at once."""

    images: Images
    masks: Masks
    generators: list[torch.Generator]
    """One per image, on the CPU."""
    on_step: OnStep
    settings: dict[str, Any]
    """The inpainter's settings, with fewer steps for a trial."""


class DiffusionInpainter:
    """An inpainter: a loaded pipeline with its settings. own_settings: further arguments of the pipeline's call."""

    task: ClassVar[PipelineTask] = INPAINTING

    def __init__(
        self,
        loaded: LoadedPipeline,
        *,
        steps: int,
        strength: float,
        guidance: float | None,
        own_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.pipeline = pipeline = loaded.pipeline
        self._encoded = loaded.encoded
        self.prompts = next(iter(loaded.encoded.values()))
        self._weights = loaded.weights
        self._guidance = guidance
        self.settings: dict[str, Any] = self._accepted(
            {"num_inference_steps": steps, "strength": strength, **self._guidance_setting, **FIXED_ARGUMENTS}
        ) | {**(own_settings or {})}
        self.device = torch_device.describe_device(pipeline._execution_device)
        self.notices = [*loaded.notices]
        """Messages for the user about time and memory spent."""
        self._notes = {**loaded.notes, **_pipeline_notes(pipeline, self.prompts, self.task)}
        self._compilation = Compilation(pipeline, loaded.compile)
        self._memory_by_size: dict[int, tuple[int, int]] = {}

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """As `Inpainter`. `on_step` is called after each step of the scheduler: 51 times for PNDM's 50 steps.

        Raises InputError for a mask that is not made of the squares that latents stand for, InpainterError if the model
        produced NaN or infinity, DeviceMemoryError, and whatever `on_step` raises, at that step.
        """
        require_aligned(masks, self.pipeline.vae_scale_factor)
        self._compilation.start_if_asked()
        with silence_libraries():
            painted = self._inpaint(images, masks, seeds, on_step, self.settings)
        return quantise(painted, self.notes["dtype"])

    def with_parameters(self, changes: Mapping[str, ParameterValue]) -> DiffusionInpainter:
        """The same pipeline with another strength, other steps, or another of the prompts that it was loaded with.

        Raises KeyError for any other prompt.
        """
        changed = copy(self)
        names = {"steps": "num_inference_steps", "strength": "strength"}
        changed.settings = self.settings | {names[key]: value for key, value in changes.items() if key in names}
        if (prompt := changes.get("prompt")) is not None:
            changed.prompts = self._encoded[str(prompt)]
            changed.settings.pop(GUIDANCE_ARGUMENTS.get(type(self.pipeline).__name__, "guidance_scale"), None)
            changed.settings |= self._accepted(changed._guidance_setting)
        return changed

    def _accepted(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Those that the pipeline takes."""
        known = signatures.signature(self.pipeline.__call__).parameters
        return {key: value for key, value in settings.items() if key in known}

    @property
    def _guidance_setting(self) -> dict[str, float]:
        kind = type(self.pipeline).__name__
        scale = UNGUIDED_SCALES.get(kind, 1.0) if self.prompts.guidance_is_idle else self._guidance
        return {} if scale is None else {GUIDANCE_ARGUMENTS.get(kind, "guidance_scale"): scale}

    @property
    def notes(self) -> dict[str, str]:
        """What decides the pixels and is not in the spec, for the record of the session."""
        return self._notes | self._compilation.notes

    @property
    def is_current(self) -> bool:
        """Whether the files that it was loaded from are unchanged."""
        return self._weights.is_unchanged

    def suits(self, recorded: Mapping[str, str]) -> bool:
        """Whether a trajectory whose last session has these notes continues with the files that were loaded here."""
        return self._weights.suits(recorded)

    @property
    def on_gpu(self) -> bool:
        return bool(self.pipeline._execution_device.type == "cuda")

    def prepare(self, inpaintings: int, batch: int, size: int = 512) -> None:
        """Get ready for that many inpaintings of size x size px, `batch` per call.

        Compiles if that is requested, or with "auto" if it saves time, and notes it. The outputs of compiled networks
        differ in the last bits, so call it before a session begins.
        Raises DeviceMemoryError, and InpainterError if compile=on fails.
        """
        ahead = inpaintings if self.on_gpu else 0
        if notice := self._compilation.prepare(ahead, batch, size, lambda: self._warm_up(batch, size)):
            self.notices.append(notice)

    def max_batch(self, size: int) -> int | None:
        """How many pictures of size x size px fit into the GPU's free memory at once, at most `gpu_tuning.MAX_BATCH`;
        None on a CPU. The first call inpaints one, to measure it. Raises DeviceMemoryError if not even one fits."""
        if not self.on_gpu:
            return None
        device = self.pipeline._execution_device
        if size not in self._memory_by_size:
            memory = gpu_tuning.PeakMemory(device)
            self._warm_up(1, size, memory.on_step)
            self._memory_by_size[size] = memory.finish()
        return gpu_tuning.max_batch(gpu_tuning.free_memory(device), *self._memory_by_size[size])

    def try_seeds(self, seeds: Sequence[int]) -> Images:
        """An image for each seed, uint8 [seeds, 64, 64, 3], after two steps."""
        return quantise(self._inpaint_blank(seeds, TRIAL_SIZE), self.notes["dtype"])

    def picture_arguments(self, images: Images, masks: Masks) -> dict[str, Any]:
        """What the pipeline takes beside the prompts, by the names of its arguments: image, float32 [b, 3, h, w] in
        [0, 1], and mask_image, float32 [b, 1, h, w], 1 = repaint."""
        device = self.pipeline._execution_device
        return {
            "image": torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255,
            "mask_image": torch.from_numpy(masks).to(device)[:, None].float(),
        }

    def denoise(self, batch: DenoisingBatch) -> torch.Tensor:
        """Paint a batch: the part that other ways of sampling replace. Returns [b, 3, h, w] in [0, 1]."""
        height, width = batch.images.shape[1:3]
        painted: torch.Tensor = self.pipeline(
            **self.picture_arguments(batch.images, batch.masks),
            **self._accepted({"height": height, "width": width}),  # some take the size from the picture alone
            generator=batch.generators,
            output_type="pt",
            callback_on_step_end=_step_callback(batch.on_step),
            **batch.settings,
            **self.prompts.arguments(len(batch.images)),
        ).images
        return painted

    def _inpaint(
        self, images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep, settings: dict[str, Any]
    ) -> torch.Tensor:
        batch, height, width, _ = images.shape
        schedulers.seed_noise(self.pipeline.scheduler, seeds)
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        hint = ". Less is needed with --offload model, or with --set tiling=true" if self.on_gpu and batch == 1 else ""
        painted = gpu_tuning.run_within_memory(
            lambda: self.denoise(DenoisingBatch(images, masks, generators, on_step, settings)),
            self.pipeline._execution_device,
            f"{batch} x {width} x {height} px at once",
            hint,
        )
        self._require_size(painted, height, width)
        return painted

    def _require_size(self, painted: torch.Tensor, height: int, width: int) -> None:
        """Raise InputError if the pipeline made a picture of another size: some limit their pixels."""
        if painted.shape[2:] != (height, width):
            made = f"{painted.shape[3]} x {painted.shape[2]} px of {width} x {height}"
            raise InputError(f"{type(self.pipeline).__name__} makes {made}: take a smaller --size")

    def _warm_up(self, batch: int, size: int, on_step: OnStep = lambda step, steps: None) -> float:
        """Run two steps of an inpainting whose output is discarded; return the seconds it took."""
        started = time.perf_counter()
        self._inpaint_blank(range(batch), size, on_step).cpu()
        return time.perf_counter() - started

    def _inpaint_blank(
        self, seeds: Sequence[int], size: int, on_step: OnStep = lambda step, steps: None
    ) -> torch.Tensor:
        blank, masks = np.zeros((len(seeds), size, size, 3), np.uint8), np.ones((len(seeds), size, size), bool)
        short = {"num_inference_steps": 2, "strength": 1.0, "prior_num_inference_steps": 2}
        short_settings = {key: short.get(key, value) for key, value in self.settings.items()}
        with silence_libraries():
            return self._inpaint(blank, masks, seeds, on_step, short_settings)


def _pipeline_notes(pipeline: Any, prompts: Prompts, task: PipelineTask) -> dict[str, str]:
    notes = {
        "pipeline": type(pipeline).__name__,
        "dtype": str(assembly.denoiser(pipeline).dtype).removeprefix("torch."),
        "scheduler": type(pipeline.scheduler).__name__,
    }
    if prompts.guidance_is_idle:
        notes["guidance"] = "skipped: the embeddings of prompt and negative prompt are equal"
    if task is INPAINTING and type(pipeline).__name__ in SHOWN_THE_FRAME:
        notes[SQUARE_NOTE] = "seen: the network is shown the whole frame"
    if task is INPAINTING and getattr(pipeline, "vae", None) is not None and _blends_latents(pipeline):
        notes["inpainting"] = "by blending latents: the network was made for text to image, and sees no mask"
    return notes


def _blends_latents(pipeline: Any) -> bool:
    """Whether the network takes no mask, so that diffusers puts the noised original back outside it at every step."""
    vae = assembly.image_coder(pipeline).config
    latents = vae.get("latent_channels") or vae.z_dim  # as Qwen's VAE calls it
    return assembly.denoiser(pipeline).config.in_channels in (latents, 4 * latents)  # Flux packs 2 x 2 latents


def _step_callback(on_step: OnStep) -> Any:
    def callback(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1, pipeline.num_timesteps)
        return {}

    return callback
