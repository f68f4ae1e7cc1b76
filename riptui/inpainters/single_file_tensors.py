"""Loads the networks of a model in one file, by diffusers' own conversion, each with nothing missing."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import diffusers
import safetensors.torch
import torch
from diffusers.loaders.single_file import load_single_file_sub_model
from diffusers.loaders.single_file_model import SINGLE_FILE_LOADABLE_CLASSES

from riptui.errors import WeightsError
from riptui.inpainters.checkpoint import Checkpoint, describe_tensors
from riptui.inpainters.single_file import PREFIXES, FileHeader

WRONG_SHAPE = re.compile(r"(\S+) expected shape torch\.Size\((\[.*?\])\), but got torch\.Size\((\[.*?\])\)")
"""diffusers' message for a tensor of another shape."""

OLD_TEXT_ENCODER = re.compile(r"cond_stage_model\.transformer\.(?=embeddings\.|encoder\.|final_layer_norm\.)")
"""Merged files of early web UIs have the text encoder without the middle part of its names, text_model."""

COUNTED = ("unet", "vae")
"""Components all of whose tensors are converted one by one, so that one too many is noticed."""


def load_networks(
    checkpoint: Checkpoint,
    header: FileHeader,
    name: str,
    wanted: Collection[str],
    *,
    dtype: torch.dtype | None,
    names_only: bool = False,
) -> dict[str, Any]:
    """Those of the wanted components that the file holds.

    names_only: with weights that take no memory, to compare names and shapes. Raises WeightsError for the first that is
    incomplete or does not fit its configuration.
    """
    parts = [component for component in wanted if checkpoint.components[component].in_file]
    if not parts:
        return {}
    tensors = _blank_tensors(header) if names_only else _read_tensors(header.path)
    tensors = {OLD_TEXT_ENCODER.sub(r"\g<0>text_model.", key): tensor for key, tensor in tensors.items()}
    return {component: _load_network(checkpoint, component, tensors, name, dtype) for component in parts}


def _load_network(
    checkpoint: Checkpoint, component: str, tensors: dict[str, torch.Tensor], name: str, dtype: torch.dtype | None
) -> Any:
    library, class_name = checkpoint.classes[component]
    title = f"{name}'s {component}"
    try:
        network = load_single_file_sub_model(
            library_name=library,
            class_name=class_name,
            name=component,
            checkpoint=tensors,
            pipelines=diffusers.pipelines,
            is_pipeline_module=hasattr(diffusers.pipelines, library),
            cached_model_config_path=str(checkpoint.folder),
            torch_dtype=dtype,
            local_files_only=True,
        )
    except Exception as error:  # of any kind: how the library fails depends on the file
        if found := WRONG_SHAPE.search(str(error)):
            problem = f"has tensors of another shape: {found[1]} (shape {found[3]}, not {found[2]})"
            raise _misfit_error(title, checkpoint, problem) from error
        if missing := _find_missing(checkpoint, component, tensors):
            raise _misfit_error(title, checkpoint, f"lacks tensors: {describe_tensors(missing)}") from error
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise WeightsError(f"{title} cannot be loaded: {cause}") from error
    if missing := [key for key, tensor in network.named_parameters() if tensor.is_meta]:
        raise _misfit_error(title, checkpoint, f"lacks tensors: {describe_tensors(missing)}")
    found_tensors = sum(key.startswith(PREFIXES[component]) for key in tensors)
    if component in COUNTED and found_tensors != (expected := len(network.state_dict())):
        raise _misfit_error(title, checkpoint, f"has {found_tensors} tensors, and {expected} are used")
    return network


def _find_missing(checkpoint: Checkpoint, component: str, tensors: dict[str, torch.Tensor]) -> list[str]:
    """The tensors that a network of diffusers needs and the file lacks; for others none are found."""
    kind = getattr(diffusers, checkpoint.classes[component][1], None)
    convert = SINGLE_FILE_LOADABLE_CLASSES.get(getattr(kind, "__name__", ""), {}).get("checkpoint_mapping_fn")
    if kind is None or convert is None:
        return []
    config = kind.load_config(checkpoint.folder, subfolder=component)
    with torch.device("meta"):
        needed = kind.from_config(config).state_dict().keys()
    return sorted(needed - convert(checkpoint=tensors, config=config).keys())


def _misfit_error(title: str, checkpoint: Checkpoint, problem: str) -> WeightsError:
    return WeightsError(
        f"{title} does not fit the configuration in {checkpoint.folder}: the file {problem}. If it is of another kind, "
        "name a folder with its configurations: --config FOLDER"
    )


def _blank_tensors(header: FileHeader) -> dict[str, torch.Tensor]:
    """Tensors of the file's names and shapes that share one value."""
    blank = torch.zeros((), dtype=torch.float16)
    return {key: blank.expand(shape) for key, shape in header.shapes.items()}


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix.lower() != ".safetensors":
        return _read_pickle(path)
    try:
        return safetensors.torch.load_file(path)
    except Exception as error:  # of any kind
        raise WeightsError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error


def _read_pickle(path: Path) -> dict[str, torch.Tensor]:
    """The tensors in a pickle, by torch's reader, which makes no other objects. Raises WeightsError."""
    try:
        content = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # of any kind: how it fails depends on the file
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise WeightsError(f"{path} cannot be read: {cause}. Look for a .safetensors file of it") from error
    while isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds no tensors by name: it is not a model")
    return {str(key): value for key, value in content.items() if isinstance(value, torch.Tensor)}
