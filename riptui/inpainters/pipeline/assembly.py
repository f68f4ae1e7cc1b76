"""Loads the diffusers pipeline that does a task with a checkpoint. Encodes no prompt, runs nothing."""

from __future__ import annotations

import inspect as signatures
from collections.abc import Mapping
from typing import Any

import diffusers
import torch

from riptui.errors import InputError, WeightsError, first_line
from riptui.inpainters.models import catalogue, locate
from riptui.inpainters.models.added_models import PRIOR_PREFIX
from riptui.inpainters.models.checkpoint import Checkpoint, read_json
from riptui.inpainters.models.model_parts import find_vae_file
from riptui.inpainters.models.preflight import NEED_PRIOR, explain_prior, require_latents
from riptui.inpainters.parameters import CONTROLNET
from riptui.inpainters.pipeline.components import find_class, load_components, load_decoder
from riptui.inpainters.pipeline.pipeline_tasks import INPAINTING, PipelineTask
from riptui.inpainters.pipeline.single_file_tensors import load_vae_file

PIXEL_NETWORK = "UNet2DModel"
"""The class of a network of pixels, which RePaint inpaints with."""

CONTROLLED = {
    "StableDiffusionInpaintPipeline": "StableDiffusionControlNetInpaintPipeline",
    "StableDiffusionXLInpaintPipeline": "StableDiffusionXLControlNetInpaintPipeline",
}
"""By the pipeline class that inpaints: the one that does so with a ControlNet."""


def pipeline_class(checkpoint: Checkpoint, name: str, task: PipelineTask = INPAINTING) -> Any:
    """The pipeline class that does the task with a checkpoint. `name`: as the user named it, for messages.

    Raises InputError if diffusers has none, or if that takes other arguments or channels than the task needs.
    """
    if task is INPAINTING and checkpoint.pipeline in NEED_PRIOR:
        raise InputError(explain_prior(name))
    found = task.find_class(checkpoint.pipeline)
    if CONTROLNET in checkpoint.components:
        found = _controlled_class(found, name)
    if found is None:
        raise InputError(
            f"{name} cannot {task.verb}: it is a checkpoint for {checkpoint.pipeline}, for which diffusers "
            f"{diffusers.__version__} has no {task.title} pipeline{_describe_repaint(checkpoint, name)}"
        )
    if missing := task.arguments - signatures.signature(found.__call__).parameters.keys():
        raise InputError(f"{name} cannot be used: {found.__name__} takes no {', '.join(sorted(missing))}")
    if found._load_connected_pipes and not any(part.startswith(PRIOR_PREFIX) for part in checkpoint.classes):
        raise InputError(f"{name} cannot be used: {found.__name__} has parts of another checkpoint")
    _require_channels(checkpoint, name, task)
    return found


def load_pipeline(
    checkpoint: Checkpoint,
    name: str,
    *,
    dtype: torch.dtype,
    allow_pickle: bool,
    loaded: Mapping[str, Any] | None = None,
    task: PipelineTask = INPAINTING,
) -> Any:
    """The pipeline, on the CPU, without safety checker and watermark. loaded: components that are there already.

    Raises as `pipeline_class`, and WeightsError.
    """
    kind = pipeline_class(checkpoint, name, task)
    settings: dict[str, Any] = dict.fromkeys(checkpoint.unused)
    accepted = signatures.signature(kind.__init__).parameters
    for key in ("requires_safety_checker", "add_watermarker"):
        if key in accepted:
            settings[key] = False
    settings |= loaded or {}
    if vae := settings.get("vae"):
        require_latents(vae.config, read_json(checkpoint.folder / "vae" / "config.json", name), name)
    wanted = [component for component in checkpoint.classes if component in accepted and component not in settings]
    settings |= load_components(checkpoint, name, wanted, dtype=dtype, allow_pickle=allow_pickle)
    options = {"use_safetensors": None if allow_pickle else True, "local_files_only": True, "trust_remote_code": False}
    try:
        if kind._load_connected_pipes:
            pipeline = _assemble(kind, checkpoint, settings)
        else:
            pipeline = kind.from_pretrained(checkpoint.folder, torch_dtype=dtype, **options, **settings)
    except ImportError as error:
        raise WeightsError(f"{name} needs a package that is not installed: {first_line(error)}") from error
    except Exception as error:  # of any kind: how the libraries fail depends on the file
        raise WeightsError(f"{name} in {checkpoint.folder} cannot be loaded: {first_line(error)}") from error
    pipeline.set_progress_bar_config(disable=True)
    if type(pipeline).__name__ == "ChromaInpaintPipeline":  # diffusers 0.42 asks its network for what Flux has
        pipeline.transformer.register_to_config(guidance_embeds=False)
    _require_latents(pipeline, name)
    return pipeline


def _controlled_class(found: Any, name: str) -> Any:
    """The class that also takes a ControlNet. Raises InputError if there is none."""
    kind = CONTROLLED.get(getattr(found, "__name__", ""))
    if kind is None:
        raise InputError(f"{name} takes no ControlNet: they are for Stable Diffusion 1, 2 and XL")
    return getattr(diffusers, kind)


def _assemble(kind: Any, checkpoint: Checkpoint, settings: Mapping[str, Any]) -> Any:
    """A pipeline of two checkpoints, which diffusers would look for by its own names on the hub."""
    needed = [name for name in signatures.signature(kind.__init__).parameters if name in checkpoint.classes]
    parts = {name: settings[name] for name in needed if name in settings}
    for name in needed:
        if name not in parts:  # a scheduler, a processor of pictures
            parts[name] = find_class(*checkpoint.classes[name]).from_pretrained(checkpoint.folder_of(name))
    pipeline = kind(**parts)
    pipeline.vae_scale_factor = pipeline.decoder_pipe.movq_scale_factor
    return pipeline


def load_vae(vae: str, checkpoint: Checkpoint, name: str, *, dtype: torch.dtype, allow_pickle: bool) -> Any:
    """A VAE by its hub id, folder or file, e.g. cross-attention/asymmetric-autoencoder-kl-x-2; or another model's.

    A file is read with the configuration of the VAE in `checkpoint`, which it replaces. `name`: that checkpoint's, for
    messages. Raises InputError, WeightsError.
    """
    if path := find_vae_file({"vae": vae}):
        return load_vae_file(path, checkpoint, name, dtype=dtype, allow_pickle=allow_pickle)
    ref = catalogue.resolve_model(vae)
    model, revision = ref.model, ref.revision
    folder = locate.locate_vae_folder(model, revision)
    return load_decoder(folder, model, locate.repair_hint(model, revision), dtype=dtype, allow_pickle=allow_pickle)


def image_coder(pipeline: Any) -> Any:
    """The network between pixels and latents; None where there are no latents."""
    return getattr(pipeline, "vae", None) or getattr(pipeline, "movq", None)


def denoiser(pipeline: Any) -> Any:
    """The network that is called at each step."""
    return pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer


def _describe_repaint(checkpoint: Checkpoint, name: str) -> str:
    """Where a network of pixels can be used, for a message; "" for all others."""
    is_of_pixels = checkpoint.classes.get("unet", ("", ""))[1] == PIXEL_NETWORK
    return f". RePaint can use it: -i {catalogue.REPAINT} --set model={name}" if is_of_pixels else ""


def _require_channels(checkpoint: Checkpoint, name: str, task: PipelineTask) -> None:
    config = checkpoint.folder / "unet" / "config.json"
    if config.is_file() and (channels := read_json(config, name).get("in_channels")) not in task.channels:
        expected = ", or ".join(map(str, task.channels))
        raise InputError(f"{name} cannot {task.verb}: its UNet takes {channels} channels; it must take {expected}")


def _require_latents(pipeline: Any, name: str) -> None:
    """Raise InputError unless the UNet takes the VAE's latents: alone, or with a mask and masked latents."""
    if not hasattr(pipeline, "unet"):
        return
    latents, channels = image_coder(pipeline).config.latent_channels, pipeline.unet.config.in_channels
    if channels not in (latents, 2 * latents + 1):
        raise InputError(
            f"{name} cannot be used with this VAE: it has {latents} latent channels, and the UNet takes {channels} "
            f"channels, which would need {(channels - 1) // 2 if channels % 2 else channels}"
        )
