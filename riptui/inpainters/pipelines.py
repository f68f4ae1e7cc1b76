"""Loads the diffusers pipeline that inpaints with a checkpoint. Encodes no prompt, runs nothing."""

from __future__ import annotations

import inspect as signatures
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import safetensors.torch
import torch
from diffusers.pipelines import auto_pipeline
from diffusers.utils import is_peft_available

from riptui.errors import InputError, MissingExtraError, WeightsError
from riptui.inpainters import catalogue, file_digests, locate
from riptui.inpainters.checkpoint import Checkpoint, read_json
from riptui.inpainters.components import first_line, load_components, load_decoder

INPAINTING_PIPELINES = {
    "FluxFillPipeline": "FluxFillPipeline",
    "FluxKontextPipeline": "FluxKontextInpaintPipeline",
    "Flux2KleinPipeline": "Flux2KleinInpaintPipeline",
    "ChromaPipeline": "ChromaInpaintPipeline",
}
"""Pipelines that AutoPipelineForInpainting of diffusers 0.42 does not map."""

REQUIRED_ARGUMENTS = {
    *("image", "mask_image", "height", "width", "num_inference_steps", "strength", "generator", "output_type"),
    "callback_on_step_end",
}

EMBEDDING_TOKEN = "<learned>"
"""The word in a prompt that stands for the learned embedding."""


def pipeline_class(checkpoint: Checkpoint, name: str) -> Any:
    """The class that inpaints with a checkpoint. Raises InputError if diffusers has none, or one of another kind."""
    found = _inpainting_class(checkpoint.pipeline)
    if found is None:
        raise InputError(
            f"{name} cannot inpaint: it is a checkpoint for {checkpoint.pipeline}, for which diffusers "
            f"{diffusers.__version__} has no inpainting pipeline"
        )
    if missing := REQUIRED_ARGUMENTS - signatures.signature(found.__call__).parameters.keys():
        raise InputError(f"{name} cannot be used: {found.__name__} takes no {', '.join(sorted(missing))}")
    if found._load_connected_pipes:
        raise InputError(f"{name} cannot be used: {found.__name__} loads parts of other checkpoints")
    _require_channels(checkpoint, name)
    return found


def load_pipeline(
    checkpoint: Checkpoint,
    name: str,
    *,
    dtype: torch.dtype,
    allow_pickle: bool,
    loaded: Mapping[str, Any] | None = None,
) -> Any:
    """The pipeline, on the CPU, without safety checker and watermark. loaded: components that are there already.

    Raises as `pipeline_class`, and WeightsError.
    """
    kind = pipeline_class(checkpoint, name)
    settings: dict[str, Any] = dict.fromkeys(checkpoint.unused)
    accepted = signatures.signature(kind.__init__).parameters
    for key in ("requires_safety_checker", "add_watermarker"):
        if key in accepted:
            settings[key] = False
    settings |= loaded or {}
    if vae := settings.get("vae"):
        own = read_json(checkpoint.folder / "vae" / "config.json", name).get("latent_channels", 4)
        if vae.config.latent_channels != own:
            raise InputError(f"the VAE has {vae.config.latent_channels} latent channels; {name} needs one with {own}")
    wanted = [component for component in checkpoint.classes if component in accepted and component not in settings]
    settings |= load_components(checkpoint, name, wanted, dtype=dtype, allow_pickle=allow_pickle)
    options = {"use_safetensors": None if allow_pickle else True, "local_files_only": True, "trust_remote_code": False}
    try:
        pipeline = kind.from_pretrained(checkpoint.folder, torch_dtype=dtype, **options, **settings)
    except ImportError as error:
        raise WeightsError(f"{name} needs a package that is not installed: {first_line(error)}") from error
    except Exception as error:  # of any kind: how the libraries fail depends on the file
        raise WeightsError(f"{name} in {checkpoint.folder} cannot be loaded: {first_line(error)}") from error
    pipeline.set_progress_bar_config(disable=True)
    _require_latents(pipeline, name)
    return pipeline


def load_vae(vae: str, *, dtype: torch.dtype, allow_pickle: bool) -> Any:
    """A VAE by its hub id or folder, e.g. cross-attention/asymmetric-autoencoder-kl-x-2.

    Raises InputError, WeightsError.
    """
    ref = catalogue.resolve_model(vae)
    model, revision = ref.model, ref.revision
    folder = locate.locate_model(model, revision, file="config.json")
    return load_decoder(folder, model, locate.repair_hint(model, revision), dtype=dtype, allow_pickle=allow_pickle)


def load_embedding(pipeline: Any, file: str, allow_pickle: bool) -> str:
    """Teach the text encoders the word `EMBEDDING_TOKEN` from a textual-inversion file. Return the file's identity.

    Raises InputError if it is not such a file or fits no encoder.
    """
    if not hasattr(pipeline, "load_textual_inversion"):
        raise InputError(f"{type(pipeline).__name__} takes no learned embedding")
    tensors = _read_tensors(file, allow_pickle)
    try:
        if {"clip_l", "clip_g"} <= tensors.keys() and hasattr(pipeline, "text_encoder_2"):
            second = {"text_encoder": pipeline.text_encoder_2, "tokenizer": pipeline.tokenizer_2}
            pipeline.load_textual_inversion(tensors["clip_l"], token=EMBEDDING_TOKEN)
            pipeline.load_textual_inversion(tensors["clip_g"], token=EMBEDDING_TOKEN, **second)
        else:
            pipeline.load_textual_inversion(tensors, token=EMBEDDING_TOKEN)
    except Exception as error:
        raise InputError(f"the embedding {file} does not fit: {first_line(error)}") from error
    return _file_identity(file)


def insert_embedding(prompt: str) -> str:
    if prompt and EMBEDDING_TOKEN not in prompt:
        raise InputError(f"the prompt {prompt!r} does not use the embedding: write {EMBEDDING_TOKEN} in it")
    return prompt or EMBEDDING_TOKEN


def load_lora(pipeline: Any, file: str, allow_pickle: bool) -> str:
    """Add a LoRA from a file. Return the file's identity. Raises InputError, MissingExtraError."""
    if not hasattr(pipeline, "load_lora_weights"):
        raise InputError(f"{type(pipeline).__name__} takes no LoRA")
    if not is_peft_available():
        raise MissingExtraError("a LoRA", "peft", "lora")
    tensors = _read_tensors(file, allow_pickle)
    try:
        pipeline.load_lora_weights(tensors)
    except Exception as error:
        raise InputError(f"the LoRA {file} does not fit: {first_line(error)}") from error
    if not any(pipeline.get_list_adapters().values()):
        raise InputError(f"the LoRA {file} does not fit: it changes no part of a {type(pipeline).__name__}")
    return _file_identity(file)


def denoiser(pipeline: Any) -> Any:
    """The network that is called at each step."""
    return pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer


def _inpainting_class(pipeline: str) -> Any:
    if pipeline in INPAINTING_PIPELINES:
        return getattr(diffusers, INPAINTING_PIPELINES[pipeline], None)
    if "Inpaint" in pipeline:
        return getattr(diffusers, pipeline, None)
    for task in (auto_pipeline.AUTO_TEXT2IMAGE_PIPELINES_MAPPING, auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING):
        for family, kind in task.items():
            if kind.__name__ == pipeline:
                return auto_pipeline.AUTO_INPAINT_PIPELINES_MAPPING.get(family)
    return None


def _require_channels(checkpoint: Checkpoint, name: str) -> None:
    """A UNet takes 9 channels: latents, mask, masked latents; or 4, and diffusers blends the latents at each step."""
    config = checkpoint.folder / "unet" / "config.json"
    if config.is_file() and (channels := read_json(config, name).get("in_channels")) not in (4, 9):
        raise InputError(f"{name} cannot inpaint: its UNet takes {channels} channels; it must take 9, or 4")


def _require_latents(pipeline: Any, name: str) -> None:
    """A UNet takes the VAE's latents, alone or with a mask and masked latents. Raises InputError."""
    if not hasattr(pipeline, "unet"):
        return
    latents, channels = pipeline.vae.config.latent_channels, pipeline.unet.config.in_channels
    if channels not in (latents, 2 * latents + 1):
        raise InputError(
            f"{name} cannot be used with this VAE: it has {latents} latent channels, and the UNet takes {channels} "
            f"channels, which would need {(channels - 1) // 2 if channels % 2 else channels}"
        )


def _read_tensors(file: str, allow_pickle: bool) -> dict[str, Any]:
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError(f"no such file: {file}")
    if path.suffix != ".safetensors" and not allow_pickle:
        raise InputError(
            f"{file} is not a .safetensors file, and a pickle can run any code when loaded: convert it, or, if you "
            "trust the source, set allow_pickle=true"
        )
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{file} cannot be read: {first_line(error)}") from error
    return content if isinstance(content, dict) else {EMBEDDING_TOKEN: content}


def _file_identity(file: str) -> str:
    path = Path(file).expanduser()
    return f"{path.name}, SHA-256 {file_digests.file_sha256(path)}"
