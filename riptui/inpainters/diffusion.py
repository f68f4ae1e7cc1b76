"""Diffusion models as inpainters: Stable Diffusion 2 inpainting (the paper's) and all others that diffusers supports.

An image's pixels depend on its seed, not on the rest of the batch: each has a generator of its own, on the CPU, so that
they depend on no device's random numbers either. Nothing of it is a PIL image on the way; the arithmetic is that of
the pipeline called with PIL images, to the last bit.
"""

from __future__ import annotations

import inspect as signatures
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from riptui.arrays import Images, Masks
from riptui.errors import DeviceMemoryError, InpainterError, InputError, WeightsError
from riptui.inpainters import (
    CompileMode,
    OnStep,
    components,
    gpu_tuning,
    identity,
    pipelines,
    prompts,
    schedulers,
    torch_device,
)
from riptui.inpainters.latent_images import quantise, require_aligned
from riptui.inpainters.silence import silence_libraries

FIXED_ARGUMENTS = {"_auto_resize": False}
"""Arguments that some pipelines take and that would change the picture's size."""

TRIAL_SIZE = 64  # px; the smallest that every network takes
COMPILE_NOTE = f"torch.compile, {gpu_tuning.BACKEND}"

MIN_INPAINTINGS_TO_COMPILE = 1000
"""Inpaintings ahead from which compiling pays, an estimate: it takes a minute or two and saves about a third of the
0.15 s (the fastest GPUs) to 1 s that an inpainting takes without. Sixteen trajectories of mask 128 are as many."""


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
    compile: CompileMode = "auto",
    deterministic: bool = False,
    recorded: Mapping[str, str] | None = None,
) -> DiffusionInpainter:
    """Load a model. None: the checkpoint's own scheduler, the pipeline's own guidance.

    dtype: auto is float32 on a CPU and the model's half precision on a GPU. device: as torch names it; by default CUDA
    if there is one, otherwise the CPU. compile: auto is on if `prepare` is called with enough work for a GPU.
    deterministic: the same bits each time at one batch size, for the whole process. recorded: the notes of the session
    that ran the trajectory last; a model whose files are gone is looked for by them elsewhere on this machine.
    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    if deterministic and compile == "on":
        raise InputError("compile=on cannot be combined with deterministic: compiled kernels are chosen by timing them")
    notes = gpu_tuning.set_determinism(deterministic)
    gpu_tuning.forget_compiled()
    chosen_device = torch_device.pick_device(device)
    with silence_libraries():
        places = {"model": model, "revision": revision, "vae": vae, "lora": lora, "embedding": embedding}
        weights, notices = identity.find_weights({**places, "allow_pickle": allow_pickle}, recorded or {})
        checkpoint = weights.checkpoint
        vae, lora, embedding = (weights.places[name] for name in ("vae", "lora", "embedding"))
        torch_dtype = torch_device.pick_dtype(dtype, checkpoint.half_dtype, chosen_device)
        decoder = pipelines.load_vae(vae, dtype=torch_dtype, allow_pickle=allow_pickle) if vae else None
        pipeline = pipelines.load_pipeline(checkpoint, model, dtype=torch_dtype, allow_pickle=allow_pickle, vae=decoder)
        notes["model"] = checkpoint.commit or str(checkpoint.folder)
        notes |= weights.notes
        if checkpoint.variants:
            notes["variant"] = checkpoint.variants
        if scheduler is not None:
            schedulers.set_scheduler(pipeline, scheduler)
        schedulers.require_steps(pipeline.scheduler, steps)
        if lora is not None:
            notes["lora"] = pipelines.load_lora(pipeline, lora, allow_pickle)
        if embedding is not None:
            notes["embedding"] = pipelines.load_embedding(pipeline, embedding, allow_pickle)
            prompt = pipelines.insert_embedding(prompt)
        _move_to_device(pipeline, chosen_device, model)
        notes |= gpu_tuning.set_tf32(torch_dtype, chosen_device) | gpu_tuning.set_memory_format(pipeline, chosen_device)
        encoded_prompts = prompts.encode(pipeline, prompt, negative_prompt, guidance)
    if not weights.is_unchanged:
        raise WeightsError(f"the files of {model} changed while they were loaded: run the command again")
    inpainter = DiffusionInpainter(
        pipeline,
        encoded_prompts,
        weights,
        steps=steps,
        strength=strength,
        guidance=guidance,
        notes=notes,
        notices=notices,
        compile="off" if deterministic else compile,
    )
    schedulers.require_seeded(pipeline.scheduler, inpainter.try_seeds, exact=not inpainter.on_gpu)
    return inpainter


class DiffusionInpainter:
    """An inpainter: a loaded pipeline with its encoded prompts and settings."""

    def __init__(
        self,
        pipeline: Any,
        encoded_prompts: prompts.Prompts,
        weights: identity.Weights,
        *,
        steps: int,
        strength: float,
        guidance: float | None,
        notes: dict[str, str],
        notices: Sequence[str] = (),
        compile: CompileMode = "off",
    ) -> None:
        self.pipeline = pipeline
        self.prompts = encoded_prompts
        self._weights = weights
        self.settings: dict[str, Any] = {"num_inference_steps": steps, "strength": strength}
        if encoded_prompts.guidance_is_idle:
            self.settings["guidance_scale"] = 1.0
        elif guidance is not None:
            self.settings["guidance_scale"] = guidance
        accepted = signatures.signature(pipeline.__call__).parameters
        self.settings |= {key: value for key, value in FIXED_ARGUMENTS.items() if key in accepted}
        self.device = torch_device.describe_device(pipeline.device)
        self.notes = {**notes, **self._pipeline_notes()}
        """What decides the pixels and is not in the spec, for the record of the session."""
        self.notices = [*notices]
        """Messages for the user about time and memory spent."""
        self._compile_mode = compile
        self._undo_compiling: Callable[[], None] | None = None
        self._compiled_shapes: set[tuple[int, int]] = set()
        self._memory_by_size: dict[int, tuple[int, int]] = {}
        if compile == "on":
            self.notes["compile"] = COMPILE_NOTE

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """As `Inpainter`. `on_step` is called after each call of the denoising network: 51 times for PNDM's 50 steps.

        Raises InputError for a mask that is not made of the squares a latent stands for, InpainterError for a picture
        that is not finite, DeviceMemoryError, and whatever `on_step` raises, at that step.
        """
        require_aligned(masks, self.pipeline.vae_scale_factor)
        if self._compile_mode == "on":
            self._start_compiling()
        with silence_libraries():
            painted = self._inpaint(images, masks, seeds, on_step, self.settings)
        return quantise(painted, self.notes["dtype"])

    def prepare(self, inpaintings: int, batch: int, size: int = 512) -> None:
        """Get ready for that many inpaintings of size x size px, `batch` per call.

        Compiles if that is requested, or with "auto" if it saves time, and notes it. Compiled networks differ in the
        last bits, so call it before a session begins. Raises DeviceMemoryError, and InpainterError if compile=on fails.
        """
        if self._compile_mode == "off" or (
            self._compile_mode == "auto" and not (self.on_gpu and inpaintings >= MIN_INPAINTINGS_TO_COMPILE)
        ):
            return
        if (batch, size) in self._compiled_shapes:
            return
        self._start_compiling()
        try:
            first, second = (self._warm_up(batch, size) for _ in range(2))
        except DeviceMemoryError:
            raise
        except Exception as error:  # of any kind: the compiler is missing or fails
            cause = f"torch.compile failed: {' '.join(str(error).split())[:300]}"
            self._stop_compiling()
            if self._compile_mode == "on":
                raise InpainterError(f"{cause}. Without it: compile=off") from error
            self._compile_mode = "off"
            self.notices.append(f"{cause}. Continuing without it")
            return
        self._compiled_shapes.add((batch, size))
        self.notices.append(f"compiling for batches of {batch} took {max(0.0, first - second):.0f} s")

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

    @property
    def is_current(self) -> bool:
        """Whether the files that it was loaded from are unchanged."""
        return self._weights.is_unchanged

    @property
    def on_gpu(self) -> bool:
        return bool(self.pipeline._execution_device.type == "cuda")

    def _inpaint(
        self, images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep, settings: dict[str, Any]
    ) -> torch.Tensor:
        batch, height, width, _ = images.shape
        device = self.pipeline._execution_device
        schedulers.seed_noise(self.pipeline.scheduler, seeds)
        try:
            painted: torch.Tensor = self.pipeline(
                image=torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255,
                mask_image=torch.from_numpy(masks).to(device)[:, None].float(),
                height=height,
                width=width,
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
                output_type="pt",
                callback_on_step_end=_step_callback(on_step),
                **settings,
                **self.prompts.arguments(batch),
            ).images
            return painted
        except RuntimeError as error:
            if not gpu_tuning.is_out_of_memory(error):
                raise
            cause = components.first_line(error)
        # Outside the except block: the traceback no longer keeps the failed step's tensors in memory.
        if self.on_gpu:
            torch.cuda.empty_cache()
        raise DeviceMemoryError(
            f"{self.device} has not enough memory for {batch} x {width} x {height} px at once: {cause}"
        )

    def try_seeds(self, seeds: Sequence[int]) -> Images:
        """An image of 64 px for each seed, after two steps."""
        return quantise(self._inpaint_blank(seeds, TRIAL_SIZE), self.notes["dtype"])

    def _warm_up(self, batch: int, size: int, on_step: OnStep = lambda step, steps: None) -> float:
        """Run two steps of an inpainting whose output is discarded; return the seconds it took."""
        started = time.perf_counter()
        self._inpaint_blank(range(batch), size, on_step).cpu()
        return time.perf_counter() - started

    def _inpaint_blank(
        self, seeds: Sequence[int], size: int, on_step: OnStep = lambda step, steps: None
    ) -> torch.Tensor:
        blank, masks = np.zeros((len(seeds), size, size, 3), np.uint8), np.ones((len(seeds), size, size), bool)
        short_settings = {**self.settings, "num_inference_steps": 2, "strength": 1.0}
        with silence_libraries():
            return self._inpaint(blank, masks, seeds, on_step, short_settings)

    def _start_compiling(self) -> None:
        if self._undo_compiling is None:
            self._undo_compiling = gpu_tuning.compile_networks(self.pipeline)
            self.notes["compile"] = COMPILE_NOTE

    def _stop_compiling(self) -> None:
        if self._undo_compiling is not None:
            self._undo_compiling()
        self._undo_compiling = None
        self.notes.pop("compile", None)

    def _pipeline_notes(self) -> dict[str, str]:
        pipeline = self.pipeline
        notes = {
            "pipeline": type(pipeline).__name__,
            "dtype": str(pipelines.denoiser(pipeline).dtype).removeprefix("torch."),
            "scheduler": type(pipeline.scheduler).__name__,
        }
        if self.prompts.guidance_is_idle:
            notes["guidance"] = "skipped: the embeddings of prompt and negative prompt are equal"
        if blends_latents(pipeline):
            notes["inpainting"] = "by blending latents: the network was made for text to image, and sees no mask"
        return notes


def blends_latents(pipeline: Any) -> bool:
    """Whether the network takes no mask, so that diffusers puts the noised original back around it at each step."""
    latents = pipeline.vae.config.latent_channels
    return pipelines.denoiser(pipeline).config.in_channels in (latents, 4 * latents)  # Flux packs 2 x 2 latents


def _move_to_device(pipeline: Any, device: torch.device, model: str) -> None:
    """Move a pipeline to its device. Raises DeviceMemoryError."""
    try:
        pipeline.to(device)
    except RuntimeError as error:
        if not gpu_tuning.is_out_of_memory(error):
            raise
        cause = components.first_line(error)
        raise DeviceMemoryError(
            f"{torch_device.describe_device(device)} has not enough memory for {model}: {cause}"
        ) from None


def _step_callback(on_step: OnStep) -> Any:
    def callback(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1, pipeline.num_timesteps)
        return {}

    return callback
