"""Diffusion models as inpainters: Stable Diffusion 2 inpainting (the paper's) and all others that diffusers supports.

Loads one, in the order in which its parts need each other; `diffusion_inpainter.py` paints with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from riptui.errors import InputError, WeightsError
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
from riptui.inpainters.pipeline.controlled_inpainter import Control, ControlledInpainter
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter
from riptui.inpainters.pipeline.pipeline_tasks import INPAINTING, PipelineTask
from riptui.inpainters.silence import silence_libraries


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
    """Load a model. None: the pipeline's own guidance and scale, the checkpoint's own scheduler.

    control: what a ControlNet is shown (`control_pictures`); control_scale: the weight of what it adds. kind: what
    paints with the model; own: further arguments of it. options: as `load_parts`.

    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    set_schedule = partial(_set_schedule, scheduler=scheduler, steps=steps)
    if options.get("controlnet"):
        scale = {} if control_scale is None else {"controlnet_conditioning_scale": control_scale}
        kind, own = ControlledInpainter, {"control": control, "own_settings": scale}
    parts = load_parts(guidance=guidance, set_schedule=set_schedule, task=kind.task, **options)
    inpainter = kind(**parts, **(own or {}), steps=steps, strength=strength, guidance=guidance)
    schedulers.require_seeded(inpainter.pipeline.scheduler, inpainter.try_seeds, exact=not inpainter.on_gpu)
    return inpainter


def load_parts(
    model: str,
    revision: str | None = None,
    dtype: str = "auto",
    prompt: str = "",
    negative_prompt: str | None = "",
    embedding: str | None = None,
    lora: str | None = None,
    vae: str | None = None,
    allow_pickle: bool = False,
    config: str | None = None,
    prompt_syntax: prompts.PromptSyntax = "plain",
    tiling: bool = False,
    quantise: str | None = None,
    gguf: str | None = None,
    controlnet: str | None = None,
    prior: str | None = None,
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
) -> dict[str, Any]:
    """What a DiffusionInpainter is made of, but for its steps, strength and guidance: by the names of its arguments.

    dtype: auto is float32 on a CPU and the model's half precision on a GPU. device: as torch names it; by default CUDA
    if there is one, otherwise the CPU. compile: auto is on if `prepare` is called with enough work for a GPU.
    deterministic: the same bits each time at one batch size, for the whole process. offload: what waits in the
    computer's memory until it is needed. tiling: the VAE works in tiles. quantise: "8bit" or "4bit", of the denoising
    network's weights; gguf: a file that has them instead of the model, quantised. controlnet, prior: other models, used
    with it (`added_models`). recorded: the notes of the session that ran the trajectory last; a model whose files are
    gone is looked for by them elsewhere on this machine. later_prompts: others than `prompt`, for `with_parameters`.
    set_schedule: sets the scheduler of the pipeline before anything of it is on the device. task: what it is for.
    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError.
    """
    _require_compatible(compile, deterministic, offload, quantise, gguf)
    notes = gpu_tuning.set_determinism(deterministic)
    gpu_tuning.forget_compiled()
    chosen_device = torch_device.pick_device(device)
    placement.require_offload(offload, chosen_device)
    places = {"model": model, "revision": revision, "config": config, "gguf": gguf, "allow_pickle": allow_pickle}
    places |= {"vae": vae, "lora": lora, "embedding": embedding, "controlnet": controlnet, "prior": prior}
    insert = str if embedding is None else embeddings.insert_embedding
    texts = {text: insert(text) for text in (prompt, *later_prompts)}
    with silence_libraries():
        weights, notices = moved_weights.find_weights(places, recorded or {})
        torch_dtype = torch_device.pick_dtype(dtype, weights.checkpoint.half_dtype, chosen_device)
        pipeline = _load_pipeline(weights, model, torch_dtype, quantise, chosen_device, task)
        notes |= _weights_notes(weights) | quantisation.describe(quantise, gguf)
        set_schedule(pipeline)
        added = _load_adapters(pipeline, weights, recorded or {})
        if tiling:
            placement.enable_tiling(pipeline.vae)
        notes |= gpu_tuning.set_tf32(torch_dtype, chosen_device)
        notes |= placement.place(pipeline, chosen_device, offload, model)
        encoded = _encode_prompts(pipeline, texts, negative_prompt, guidance, prompt_syntax)
        placement.forget_dropped(pipeline, chosen_device, offload)
    for found in (*added, *reversed(encoded.values())):  # the notes of the first prompt win
        notes |= found.notes
        notices += found.notices
    if not weights.is_unchanged:
        raise WeightsError(f"the files of {model} changed while they were loaded: run the command again")
    if deterministic or (compile == "auto" and (offload != "none" or quantise or gguf)):
        compile = "off"
    parts = {"pipeline": pipeline, "encoded": encoded, "weights": weights}
    return parts | {"notes": notes, "notices": notices, "compile": compile}


def _require_compatible(
    compile: CompileMode, deterministic: bool, offload: OffloadMode, quantise: str | None, gguf: str | None
) -> None:
    """Raise InputError for options that exclude each other."""
    if deterministic and compile == "on":
        raise InputError("compile=on cannot be combined with deterministic: compiled kernels are chosen by timing them")
    if offload != "none" and compile == "on":
        raise InputError(f"compile=on cannot be combined with offload={offload}: it moves weights between the layers")
    if quantise and gguf:
        raise InputError("give quantise or gguf: a GGUF file is quantised already")
    if quantise and offload == "sequential":
        raise InputError("offload=sequential moves no weights of bitsandbytes: use offload=model, or gguf=FILE")


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
    allow_pickle, vae = bool(weights.parameters["allow_pickle"]), weights.places["vae"]
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


def _load_adapters(
    pipeline: Any, weights: identity.Weights, recorded: Mapping[str, str]
) -> list[loras.LoadedLoras | embeddings.LoadedEmbedding]:
    """Add the LoRAs and the learned embedding, if there are any."""
    added: list[loras.LoadedLoras | embeddings.LoadedEmbedding] = []
    allow_pickle = bool(weights.parameters["allow_pickle"])
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
    prompts.drop_encoded(pipeline, encoded.values())
    return encoded
