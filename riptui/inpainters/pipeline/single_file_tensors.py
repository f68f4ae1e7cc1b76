"""Loads the networks of a model in one file, by diffusers' own conversion, each with nothing missing or left over."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import safetensors.torch
import torch
from diffusers.loaders.single_file import load_single_file_sub_model
from diffusers.loaders.single_file_model import SINGLE_FILE_LOADABLE_CLASSES
from diffusers.loaders.single_file_utils import SD_2_TEXT_ENCODER_KEYS_TO_IGNORE

from riptui.errors import WeightsError, first_line
from riptui.inpainters.models import single_file
from riptui.inpainters.models.checkpoint import Checkpoint, describe_shape, describe_tensors
from riptui.inpainters.models.single_file import FileHeader, find_prefixes

WRONG_SHAPE = re.compile(r"(\S+) expected shape torch\.Size\((\[.*?\])\), but got torch\.Size\((\[.*?\])\)")
"""diffusers' message for a tensor of another shape, which it raises and does not report."""

COUNTED = ("unet", "vae")
"""Components all of whose tensors are converted one by one, so that one too many is noticed."""
OPEN_CLIP = re.compile(
    r"(?:token_embedding\.weight|positional_embedding|text_projection|ln_final\.(?:weight|bias)|"
    r"transformer\.resblocks\.(?P<layer>\d+)\.(?:ln_[12]|attn\.out_proj|mlp\.c_fc|mlp\.c_proj)\.(?:weight|bias)|"
    r"transformer\.resblocks\.(?P<joined>\d+)\.attn\.in_proj_(?:weight|bias))"
)
"""The tensors of a text encoder in the layout of OpenCLIP."""
HARMLESS = re.compile(r".*(?:position_ids|logit_scale|text_projection(?:\.weight)?|embed_tokens\.weight|attn_mask)")
"""Tensors of text encoders that copy or number others, or that only a comparison with pictures needs."""
TRAINING = ("loss.", "model_ema.")
"""What a VAE's file may have of its training."""


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
    advice = "If it is of another kind, name a folder with its configurations: --config FOLDER"
    loaded = {}
    for part in parts:
        load = _compare_names if names_only and part == "transformer" else _load_network
        loaded[part] = load(checkpoint, part, tensors, f"{name}'s {part}", dtype, advice)
    return loaded


def load_vae_file(path: Path, checkpoint: Checkpoint, name: str, *, dtype: torch.dtype, allow_pickle: bool) -> Any:
    """The VAE of a file, by the configuration of the VAE that it replaces. `name`: the model's.

    Raises InputError, WeightsError.
    """
    header = single_file.read_header(path, allow_pickle=allow_pickle)
    single_file.require_fitting_vae(header, checkpoint, name)
    prefix, own = single_file.find_vae_prefix(header) or "", single_file.PREFIXES["vae"][0]
    tensors = {
        f"{own}{key.removeprefix(prefix)}": tensor
        for key, tensor in _read_tensors(path).items()
        if key.startswith(prefix) and not key.startswith(TRAINING)
    }
    title = f"the VAE {path}"
    return _load_network(checkpoint, "vae", tensors, title, dtype, f"Is it for another model than {name}?")


def _compare_names(
    checkpoint: Checkpoint,
    component: str,
    tensors: Mapping[str, torch.Tensor],
    title: str,
    dtype: torch.dtype | None,
    advice: str,
) -> Any:
    """As `_load_network`, without memory: diffusers' conversion of transformers copies all of their weights."""
    kind, config = _find_kind(checkpoint, component)
    network = _build_on_meta(kind, config)
    needed = network.state_dict()
    left = {key: tensor.to("meta") for key, tensor in tensors.items() if key.startswith(find_prefixes(component, ""))}
    try:
        found = SINGLE_FILE_LOADABLE_CLASSES[kind.__name__]["checkpoint_mapping_fn"](checkpoint=left, config=config)
    except KeyError as error:
        raise _misfit_error(title, checkpoint, f"lacks tensors: {error.args[0]}", advice=advice) from error
    unlike = [
        describe_shape(key, found[key].shape, needed[key].shape)
        for key in needed.keys() & found.keys()
        if needed[key].shape != found[key].shape
    ]
    for problem, names in (
        ("lacks tensors", needed.keys() - found.keys()),
        ("has tensors of another shape", unlike),
        ("has tensors that are not used", [*left, *(found.keys() - needed.keys())]),
    ):
        if names:
            raise _misfit_error(title, checkpoint, f"{problem}: {describe_tensors(names)}", advice=advice)
    return network


def _misfit_error(title: str, checkpoint: Checkpoint, problem: str, *, advice: str) -> WeightsError:
    return WeightsError(f"{title} does not fit the configuration in {checkpoint.folder}: the file {problem}. {advice}")


def _load_network(
    checkpoint: Checkpoint,
    component: str,
    tensors: Mapping[str, torch.Tensor],
    title: str,
    dtype: torch.dtype | None,
    advice: str,
) -> Any:
    library, class_name = checkpoint.classes[component]
    prefixes = find_prefixes(component, class_name)
    own = {key: tensor for key, tensor in tensors.items() if key.startswith(prefixes)}
    left = {**(own if component == "transformer" else tensors)}  # diffusers tells text encoders apart by the others
    if component == "vae" and _has_new_names(checkpoint, own):
        left = {key.removeprefix(prefixes[0]): tensor for key, tensor in own.items()}

    misfit = partial(_misfit_error, title, checkpoint, advice=advice)
    try:
        network = load_single_file_sub_model(
            library_name=library,
            class_name=class_name,
            name=component,
            checkpoint=left,
            pipelines=diffusers.pipelines,
            is_pipeline_module=hasattr(diffusers.pipelines, library),
            cached_model_config_path=str(checkpoint.folder),
            torch_dtype=dtype,
            local_files_only=True,
        )
    except Exception as error:  # of any kind: how the library fails depends on the file
        if found := WRONG_SHAPE.search(str(error)):
            raise misfit(f"has tensors of another shape: {found[1]} (shape {found[3]}, not {found[2]})") from error
        if missing := _find_missing(checkpoint, component, own):
            raise misfit(f"lacks tensors: {describe_tensors(missing)}") from error
        raise WeightsError(f"{title} cannot be loaded: {first_line(error)}") from error
    if missing := [key for key, tensor in network.named_parameters() if tensor.is_meta]:
        raise misfit(f"lacks tensors: {describe_tensors(missing)}")
    if component in COUNTED and len(own) != (expected := len(network.state_dict())):
        raise misfit(f"has {len(own)} tensors, and {expected} are used")
    unused = [*left] if component == "transformer" else _find_unused_text(network, own) if "text" in component else []
    if unused:
        raise misfit(f"has tensors that are not used: {describe_tensors(unused)}")
    return network.eval()  # diffusers leaves T5 as for training, with random dropout


def _has_new_names(checkpoint: Checkpoint, own: Mapping[str, torch.Tensor]) -> bool:
    """Whether the tensors of a VAE have diffusers' names behind the prefix, as in a file from a folder."""
    return {key.partition(".")[2] for key in own} >= _needed_names(checkpoint, "vae")


def _find_unused_text(network: Any, own: Mapping[str, torch.Tensor]) -> list[str]:
    """The tensors of a text encoder in a file that diffusers leaves out without a word."""
    needed = {key.removeprefix("text_model.") for key in network.state_dict()}
    layers = getattr(network.config, "num_hidden_layers", 0)
    unused = []
    for key in own:
        inner = key.rpartition("transformer.text_model.")[2].rpartition(".t5xxl.transformer.")[2]
        open_clip = OPEN_CLIP.fullmatch(key.partition(".model.")[2])
        in_layer = open_clip and (open_clip["layer"] or open_clip["joined"])
        is_used = inner in needed or (open_clip is not None and int(in_layer or 0) < layers)
        if not (is_used or HARMLESS.fullmatch(key) or key in SD_2_TEXT_ENCODER_KEYS_TO_IGNORE):
            unused.append(key)
    return unused


def _find_missing(checkpoint: Checkpoint, component: str, tensors: Mapping[str, torch.Tensor]) -> list[str]:
    """The tensors that a network of diffusers needs and the file lacks; for others none are found."""
    if checkpoint.classes[component][0] == "transformers":
        return []
    kind, config = _find_kind(checkpoint, component)
    convert = SINGLE_FILE_LOADABLE_CLASSES[kind.__name__]["checkpoint_mapping_fn"]
    try:
        return sorted(_needed_names(checkpoint, component) - convert(checkpoint={**tensors}, config=config).keys())
    except KeyError as error:
        return [str(error.args[0])]


def _find_kind(checkpoint: Checkpoint, component: str) -> tuple[Any, Mapping[str, Any]]:
    """The class of a network of diffusers that reads single files, and its configuration. Raises WeightsError."""
    name = checkpoint.classes[component][1]
    if name not in SINGLE_FILE_LOADABLE_CLASSES:
        raise WeightsError(f"{checkpoint.folder}: diffusers reads no {name} from a file")
    kind: Any = getattr(diffusers, name)
    return kind, kind.load_config(checkpoint.folder, subfolder=component)


def _needed_names(checkpoint: Checkpoint, component: str) -> set[str]:
    """The names of the tensors of a network of diffusers."""
    return {*_build_on_meta(*_find_kind(checkpoint, component)).state_dict()}


def _build_on_meta(kind: Any, config: Mapping[str, Any]) -> Any:
    """A network that takes no memory."""
    with torch.device("meta"):
        return kind.from_config(config)


def _blank_tensors(header: FileHeader) -> dict[str, torch.Tensor]:
    """Tensors of the file's names and shapes that share one value."""
    blank = torch.zeros((), dtype=torch.float16)
    return {key: blank.expand(shape) for key, shape in header.shapes.items()}


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors by the names that they have in a whole model."""
    if path.suffix.lower() != ".safetensors":
        tensors = _read_pickle(path)
    else:
        try:
            tensors = safetensors.torch.load_file(path)
        except Exception as error:  # of any kind
            raise WeightsError(f"{path} cannot be read: {first_line(error)}") from error
    names = single_file.name_tensors(tensors)
    return {names[key]: tensor for key, tensor in tensors.items()}


def _read_pickle(path: Path) -> dict[str, torch.Tensor]:
    """The tensors in a pickle, by torch's reader, which makes no other objects. Raises WeightsError."""
    try:
        content = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # of any kind: how it fails depends on the file
        raise WeightsError(f"{path} cannot be read: {first_line(error)}. Look for a .safetensors file of it") from error
    while isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds no tensors by name: it is not a model")
    return {str(key): value for key, value in content.items() if isinstance(value, torch.Tensor)}
