"""Diffusion models as inpainters: Stable Diffusion 2 inpainting (the paper's) and all others that diffusers supports.

Loads one, in the order in which its parts need each other; `diffusion_inpainter.py` paints with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from riptui.errors import DeviceMemoryError, InputError, WeightsError
from riptui.inpainters import (
    CompileMode,
    components,
    gpu_tuning,
    identity,
    pipelines,
    prompts,
    schedulers,
    torch_device,
)
from riptui.inpainters.diffusion_inpainter import DiffusionInpainter
from riptui.inpainters.silence import silence_libraries


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
    config: str | None = None,
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
    places = {"model": model, "revision": revision, "config": config}
    places |= {"vae": vae, "lora": lora, "embedding": embedding}
    with silence_libraries():
        weights, notices = identity.find_weights({**places, "allow_pickle": allow_pickle}, recorded or {})
        torch_dtype = torch_device.pick_dtype(dtype, weights.checkpoint.half_dtype, chosen_device)
        pipeline = _load_pipeline(weights, model, torch_dtype)
        notes |= _weights_notes(weights)
        if scheduler is not None:
            schedulers.set_scheduler(pipeline, scheduler)
        schedulers.require_steps(pipeline.scheduler, steps)
        notes |= _load_adapters(pipeline, weights)
        if embedding is not None:
            prompt = pipelines.insert_embedding(prompt)
        _move_to_device(pipeline, chosen_device, model)
        notes |= gpu_tuning.set_tf32(torch_dtype, chosen_device) | gpu_tuning.set_memory_format(pipeline, chosen_device)
        encoded_prompts = prompts.encode(pipeline, prompt, negative_prompt, guidance)
    if not weights.is_unchanged:
        raise WeightsError(f"the files of {model} changed while they were loaded: run the command again")
    compile = "off" if deterministic else compile
    settings: dict[str, Any] = {"steps": steps, "strength": strength, "guidance": guidance, "compile": compile}
    inpainter = DiffusionInpainter(pipeline, encoded_prompts, weights, notes=notes, notices=notices, **settings)
    schedulers.require_seeded(pipeline.scheduler, inpainter.try_seeds, exact=not inpainter.on_gpu)
    return inpainter


def _load_pipeline(weights: identity.Weights, model: str, dtype: torch.dtype) -> Any:
    """The pipeline, on the CPU, with its own VAE or another. `model`: as the user named it."""
    allow_pickle, vae = bool(weights.parameters["allow_pickle"]), weights.places["vae"]
    decoder = pipelines.load_vae(vae, dtype=dtype, allow_pickle=allow_pickle) if vae else None
    return pipelines.load_pipeline(weights.checkpoint, model, dtype=dtype, allow_pickle=allow_pickle, vae=decoder)


def _weights_notes(weights: identity.Weights) -> dict[str, str]:
    """What was loaded, for the record of the session."""
    checkpoint = weights.checkpoint
    notes = {"model": checkpoint.place} | weights.notes
    return notes | ({"variant": checkpoint.variants} if checkpoint.variants else {})


def _load_adapters(pipeline: Any, weights: identity.Weights) -> dict[str, str]:
    """Add a LoRA and a learned embedding, if there are any; return which."""
    notes, allow_pickle = {}, bool(weights.parameters["allow_pickle"])
    if (lora := weights.places["lora"]) is not None:
        notes["lora"] = pipelines.load_lora(pipeline, lora, allow_pickle)
    if (embedding := weights.places["embedding"]) is not None:
        notes["embedding"] = pipelines.load_embedding(pipeline, embedding, allow_pickle)
    return notes


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
