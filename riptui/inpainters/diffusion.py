"""Diffusion models as inpainters: Stable Diffusion 2 inpainting (the paper's) and all others that diffusers supports.

Loads one, in the order in which its parts need each other; `diffusion_inpainter.py` paints with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from riptui.inpainters import CompileMode, OffloadMode
from riptui.inpainters.devices import torch_device
from riptui.inpainters.models import identity, moved_weights
from riptui.inpainters.pipeline import (
    assembly,
    components,
    embeddings,
    gpu_tuning,
    loras,
    placement,
    prompts,
    quantisation,
    schedulers,
)
from riptui.inpainters.pipeline.adapter_file import LoadedAdapter
from riptui.inpainters.pipeline.compilation import settle_mode
from riptui.inpainters.pipeline.controlled_inpainter import Control, ControlledInpainter
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter, LoadedPipeline
from riptui.inpainters.pipeline.pipeline_tasks import INPAINTING, PipelineTask
from riptui.inpainters.silence import silence_libraries
from riptui.spec import ParameterValue


def diffusion(
    steps: int = 50,
    guidance: float | None = None,
    strength: float = 1.0,
    scheduler: str | None = None,
    control: Control = "hole",
    control_scale: float | None = None,
    kind: type[DiffusionInpainter] = DiffusionInpainter,
    own: Mapping[str, Any] | None = None,
    **options: Any,
) -> DiffusionInpainter:
    """Load a model. options: as `load_parts`.

    steps: denoising steps at strength 1. guidance: the pipeline's guidance scale; None: its default.
    scheduler: a name as in `find_scheduler`; None: the checkpoint's own. control: what a ControlNet is shown
    (`control_pictures`); control_scale: the weight of what it adds; None: the pipeline's own. kind: the class that
    paints with the model; own: further arguments of it; both give way to a ControlNet.

    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    set_schedule = partial(_set_schedule, scheduler=scheduler, steps=steps)
    if options.get("controlnet"):
        scale = {} if control_scale is None else {"controlnet_conditioning_scale": control_scale}
        kind, own = ControlledInpainter, {"control": control, "own_settings": scale}
    loaded = load_parts(guidance=guidance, set_schedule=set_schedule, task=kind.task, **options)
    inpainter = kind(loaded, **(own or {}), steps=steps, strength=strength, guidance=guidance)
    schedulers.require_seeded(inpainter.pipeline.scheduler, inpainter.try_seeds, exact=not inpainter.on_gpu)
    return inpainter


def load_parts(
    model: str,
    dtype: str = "auto",
    prompt: str = "",
    negative_prompt: str | None = "",
    prompt_syntax: prompts.PromptSyntax = "plain",
    tiling: bool = False,
    quantise: str | None = None,
    device: str = "",
    compile: CompileMode = "auto",
    deterministic: bool = False,
    offload: OffloadMode = "none",
    recorded: Mapping[str, str] | None = None,
    later_prompts: Sequence[str] = (),
    *,
    guidance: float | None,
    set_schedule: Callable[[Any], None],
    task: PipelineTask = INPAINTING,
    load_pipeline: Callable[[identity.Weights, torch.dtype], Any] | None = None,
    **places: ParameterValue,
) -> LoadedPipeline:
    """Load all that a DiffusionInpainter paints with.

    dtype: auto is float32 on a CPU and the model's half precision on a GPU. device: as torch names it; "" is CUDA if
    there is one, else the CPU. compile: auto is on if `prepare` is called with enough work for a GPU. deterministic:
    the same bits at one batch size, for the whole process. offload: what waits in the computer's memory until it is
    needed. tiling: the VAE works in tiles. quantise: "8bit" or "4bit", of the denoising network's weights. recorded:
    the notes of the trajectory's last session, by which a model whose files are gone is looked for elsewhere on this
    machine. later_prompts: others than `prompt`, for `with_parameters`. set_schedule: sets the scheduler of the
    pipeline before anything of it is on the device. task: what it is for. load_pipeline: loads it onto the CPU; None:
    the one that diffusers has for the task. places: the parameters of `PLACES` and
    allow_pickle; gguf is a file with the denoising network, quantised, controlnet and prior are `added_models`.
    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    gguf, embedding = places.get("gguf"), places.get("embedding")
    compile = settle_mode(compile, deterministic=deterministic, offload=offload, quantised=bool(quantise or gguf))
    quantisation.require_possible(quantise, gguf, offload)
    notes = gpu_tuning.set_determinism(deterministic)
    gpu_tuning.forget_compiled()
    chosen_device = torch_device.pick_device(device)
    placement.require_offload(offload, chosen_device)
    insert = str if embedding is None else embeddings.insert_embedding
    texts = {text: insert(text) for text in (prompt, *later_prompts)}
    with silence_libraries():
        weights, notices = moved_weights.find_weights({"model": model, **places}, recorded or {})
        torch_dtype = torch_device.pick_dtype(dtype, weights.checkpoint.half_dtype, chosen_device)
        if load_pipeline is None:
            pipeline = _load_pipeline(weights, model, torch_dtype, quantise, chosen_device, task)
        else:
            pipeline = load_pipeline(weights, torch_dtype)
        notes |= _weights_notes(weights) | quantisation.describe(quantise, gguf)
        set_schedule(pipeline)
        added = _load_adapters(pipeline, weights, recorded or {})
        if tiling:
            placement.enable_tiling(pipeline.vae)
        notes |= gpu_tuning.set_tf32(torch_dtype, chosen_device)
        notes |= placement.place(pipeline, chosen_device, offload, model)
        encoded = _encode_prompts(pipeline, texts, negative_prompt, guidance, prompt_syntax)
        placement.forget_dropped(pipeline, chosen_device, offload)
    described: list[LoadedAdapter | prompts.Prompts] = [*added, *reversed(encoded.values())]
    for part in described:  # the notes of the first prompt win
        notes |= part.notes
        notices += part.notices
    weights.require_unchanged(model)
    return LoadedPipeline(pipeline, encoded, weights, notes, notices, compile)


def _load_pipeline(
    weights: identity.Weights,
    model: str,
    dtype: torch.dtype,
    quantise: str | None,
    device: torch.device,
    task: PipelineTask,
) -> Any:
    """The pipeline, on the CPU, with its own VAE or another, and with its own denoising network or a quantised one.

    `model`: as the user named it.
    """
    checkpoint, gguf = weights.checkpoint, weights.places["gguf"]
    allow_pickle, vae = bool(weights.parameters.get("allow_pickle")), weights.places["vae"]
    options: dict[str, Any] = {"dtype": dtype, "allow_pickle": allow_pickle}
    loaded = {"vae": assembly.load_vae(vae, checkpoint, model, **options)} if vae else {}
    if gguf or quantise:
        assembly.pipeline_class(checkpoint, model, task)  # says what is wrong before anything large is read
        name = checkpoint.denoiser
        network, folder = components.find_class(*checkpoint.classes[name]), checkpoint.folder / name
        if gguf:
            loaded[name] = quantisation.load_gguf(Path(gguf), network, folder, dtype)
        elif quantise:
            options |= {"files": checkpoint.components[name], "title": f"{model}'s {name}"}
            options |= {"repair_hint": checkpoint.repair_hint}
            loaded[name] = quantisation.load_quantised(quantise, network, folder, device, **options)
    return assembly.load_pipeline(checkpoint, model, dtype=dtype, allow_pickle=allow_pickle, loaded=loaded, task=task)


def _set_schedule(pipeline: Any, *, scheduler: str | None, steps: int) -> None:
    """Replace the scheduler, unless it is None. Raises InputError for more steps than it has."""
    if scheduler is not None:
        schedulers.set_scheduler(pipeline, scheduler)
    schedulers.require_steps(pipeline.scheduler, steps)


def _weights_notes(weights: identity.Weights) -> dict[str, str]:
    """What was loaded, for the record of the session."""
    checkpoint = weights.checkpoint
    notes = {"model": checkpoint.place} | weights.notes
    return notes | ({"variant": checkpoint.variants} if checkpoint.variants else {})


def _load_adapters(pipeline: Any, weights: identity.Weights, recorded: Mapping[str, str]) -> list[LoadedAdapter]:
    """Add the LoRAs and the learned embedding, if there are any."""
    added = []
    allow_pickle = bool(weights.parameters.get("allow_pickle"))
    if (lora := weights.places["lora"]) is not None:
        added.append(loras.load_loras(pipeline, lora, allow_pickle=allow_pickle, recorded=recorded))
    if (embedding := weights.places["embedding"]) is not None:
        added.append(embeddings.load_embedding(pipeline, embedding, allow_pickle))
    return added


def _encode_prompts(
    pipeline: Any,
    texts: Mapping[str, str],
    negative_prompt: str | None,
    guidance: float | None,
    syntax: prompts.PromptSyntax,
) -> dict[str, prompts.Prompts]:
    """Each prompt, encoded as the text that stands for it; nothing else of the pipeline needs its text encoders."""
    encoded = {
        text: prompts.encode(pipeline, inserted, negative_prompt, guidance, syntax) for text, inserted in texts.items()
    }
    prompts.drop_encoders(pipeline, encoded.values())
    return encoded
