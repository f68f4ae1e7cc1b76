"""Loads the components of a checkpoint: networks, text encoders and tokenizers, each with nothing missing.

transformers fills weights that a file lacks with random numbers, others at each load, and only logs it; diffusers
leaves them on the meta device. A tokenizer without its vocabulary loads too, and then ignores every prompt. Here all of
these are errors that name what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from transformers import CLIPTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from riptui.errors import InputError, WeightsError, first_line
from riptui.inpainters.models import locate
from riptui.inpainters.models.added_models import CONTROLNET_CLASS
from riptui.inpainters.models.checkpoint import (
    Checkpoint,
    ComponentFiles,
    describe_shape,
    describe_tensors,
    inspect_checkpoint,
    read_json,
    require_component,
)
from riptui.inpainters.models.preflight import MAX_TOKENS, require_token_limit
from riptui.inpainters.pipeline.single_file_tensors import WRONG_SHAPE, load_networks
from riptui.inpainters.silence import silence_libraries

ON_NO_DEVICE = {"": torch.device("meta")}
"""A device map that loads names and shapes alone, in milliseconds: no weights are read."""

DECODERS = ("AutoencoderKL", "AsymmetricAutoencoderKL")
"""The classes of VAEs that can take the place of a model's own."""


def load_components(
    checkpoint: Checkpoint,
    name: str,
    wanted: Collection[str],
    *,
    dtype: torch.dtype | None,
    allow_pickle: bool,
    device_map: dict[str, torch.device] | None = None,
) -> dict[str, Any]:
    """The wanted components that are networks or tokenizers; the pipeline itself loads the others, such as schedulers.

    Raises WeightsError for the first that is incomplete or does not fit its configuration.
    """
    loaded = {}
    if header := checkpoint.header:
        names_only = device_map is not None
        loaded = load_networks(checkpoint, header, name, wanted, dtype=dtype, names_only=names_only)
    for component in wanted:
        if component in loaded:
            continue
        kind = find_class(*checkpoint.classes[component])
        files, folder = checkpoint.components[component], checkpoint.folder_of(component)
        title = f"{name}'s {component}"
        if issubclass(kind, PreTrainedModel | diffusers.ModelMixin):
            loaded[component] = load_network(
                *(kind, folder, files, title, checkpoint.repair_hint),
                dtype=dtype,
                allow_pickle=allow_pickle,
                device_map=device_map,
            )
        elif issubclass(kind, PreTrainedTokenizerBase):
            loaded[component] = _load_tokenizer(kind, folder, title, checkpoint.repair_hint)
    return loaded


def verify_model(folder: Path, name: str, *, repair_hint: str, allow_pickle: bool = False) -> None:
    """Raise WeightsError or InputError if a checkpoint, or a single component such as a VAE, would not load.

    Compares the names and shapes of all tensors with the configurations; reads no weights.
    """
    with silence_libraries():
        if (folder / locate.MODEL_INDEX).is_file():
            checkpoint = inspect_checkpoint(folder, name, repair_hint=repair_hint, allow_pickle=allow_pickle)
            verify_checkpoint(checkpoint, name, allow_pickle=allow_pickle)
        else:
            options: dict[str, Any] = {"dtype": None, "allow_pickle": allow_pickle, "device_map": ON_NO_DEVICE}
            if read_json(folder / "config.json", name).get("_class_name") == CONTROLNET_CLASS:
                files = require_component(folder, name, repair_hint, allow_pickle)
                load_network(diffusers.ControlNetModel, folder, files, f"the ControlNet {name}", repair_hint, **options)
            else:
                load_decoder(folder, name, repair_hint, **options)


def verify_checkpoint(checkpoint: Checkpoint, name: str, *, allow_pickle: bool = False) -> None:
    """As `verify_model`, for a checkpoint that has been inspected."""
    options: dict[str, Any] = {"dtype": None, "allow_pickle": allow_pickle, "device_map": ON_NO_DEVICE}
    with silence_libraries():
        load_components(checkpoint, name, checkpoint.classes, **options)


def load_decoder(folder: Path, name: str, repair_hint: str, **options: Any) -> Any:
    """The VAE in a folder, encoder and decoder. `options`: those of `load_network`. Raises InputError, WeightsError."""
    kind = read_json(folder / "config.json", name).get("_class_name")
    if kind not in DECODERS:
        raise InputError(f"{name} is a {kind}; vae must be an {' or an '.join(DECODERS)}")
    files = require_component(folder, name, repair_hint, options["allow_pickle"])
    return load_network(getattr(diffusers, kind), folder, files, f"the VAE {name}", repair_hint, **options)


def load_network(
    kind: Any,
    folder: Path,
    files: ComponentFiles,
    title: str,
    repair_hint: str,
    *,
    dtype: torch.dtype | None,
    allow_pickle: bool,
    device_map: dict[str, torch.device] | None = None,
    quantization: Any = None,
) -> Any:
    """A network of diffusers or transformers. `title` (whose it is) and `repair_hint` are for error messages.

    dtype: None for that of the file. quantization: a configuration of diffusers.
    Raises WeightsError if a tensor is missing, unexpected or of another shape.
    """
    is_transformers = issubclass(kind, PreTrainedModel)
    options: dict[str, Any] = {"variant": files.variant, "device_map": device_map, "output_loading_info": True}
    options |= {"use_safetensors": None if allow_pickle else True, "local_files_only": True}
    options |= {"quantization_config": quantization} if quantization else {}
    options |= {"dtype": dtype, "ignore_mismatched_sizes": True} if is_transformers else {"torch_dtype": dtype}
    try:
        network, info = kind.from_pretrained(folder, **options)
    except ImportError as error:
        raise WeightsError(f"{title} needs a package that is not installed: {first_line(error)}") from error
    except Exception as error:  # of any kind: how the libraries fail depends on the file
        if found := WRONG_SHAPE.search(str(error)):
            shapes = [f"{found[1]} (shape {found[3]}, not {found[2]})"]
            raise _misfit_error(title, kind, "has tensors of another shape", shapes, repair_hint) from error
        raise WeightsError(f"{title} in {folder} cannot be loaded: {first_line(error)}") from error
    shapes = [describe_shape(*mismatch) for mismatch in info["mismatched_keys"]]
    without_memory = (
        [] if device_map is ON_NO_DEVICE else [key for key, tensor in network.named_parameters() if tensor.is_meta]
    )
    for problem, tensors in (
        ("has tensors of another shape", shapes),
        ("lacks tensors", {*info["missing_keys"], *without_memory}),
        ("has tensors that are not used", info["unexpected_keys"]),
    ):
        if tensors:
            raise _misfit_error(title, kind, problem, tensors, repair_hint)
    return network


def _misfit_error(title: str, kind: Any, problem: str, tensors: Collection[str], repair_hint: str) -> WeightsError:
    return WeightsError(
        f"{title} does not fit its config.json ({kind.__name__}): its file {problem}: {describe_tensors(tensors)}. "
        f"{repair_hint}"
    )


def _load_tokenizer(kind: Any, folder: Path, title: str, repair_hint: str) -> Any:
    try:
        tokenizer = kind.from_pretrained(folder, local_files_only=True)
        fault = _find_fault(tokenizer)
    except Exception as error:  # of any kind: how the library fails depends on the files
        raise WeightsError(f"{title} in {folder} cannot be loaded: {first_line(error)}") from error
    if fault:
        files = ", ".join(sorted(path.name for path in folder.iterdir()))
        raise WeightsError(f"{title} {fault}: {folder} has only {files}. {repair_hint}")
    if isinstance(tokenizer, CLIPTokenizer) and tokenizer.model_max_length > MAX_TOKENS:
        require_token_limit(folder, title, repair_hint)
    config = folder.with_name(folder.name.replace("tokenizer", "text_encoder")) / "config.json"
    if config.is_file() and (misfit := _find_misfit(tokenizer, read_json(config, title))):
        raise WeightsError(f"{title} {misfit}: they are not of one model. {repair_hint}")
    return tokenizer


def _find_fault(tokenizer: Any) -> str:
    """What a loaded tokenizer lacks, to complete "the tokenizer ..."; "" if nothing."""
    encoded = {text: tuple(tokenizer(text).input_ids) for text in ("", "a", "b")}
    if len({*encoded.values()}) < len(encoded):  # without a vocabulary, all letters are the unknown token
        return "has no vocabulary, so that every prompt would be ignored"
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"] if hasattr(tokenizer, "backend_tokenizer") else {}
    if model.get("type") == "BPE" and not model.get("merges"):
        return "has no merges, so that every word would be read as its letters"
    ends = (tokenizer.bos_token_id, tokenizer.eos_token_id)
    if isinstance(tokenizer, CLIPTokenizer) and (encoded["a"][0], encoded["a"][-1]) != ends:
        return "does not mark where a prompt begins and ends"
    return ""


def _find_misfit(tokenizer: Any, encoder: Mapping[str, Any]) -> str:
    """Why a tokenizer does not fit its text encoder, whose config.json is `encoder`; "" if it does."""
    words, known = max(tokenizer.get_vocab().values()) + 1, encoder.get("vocab_size")
    if isinstance(known, int) and words > known:
        return f"has {words:,} tokens, and its text encoder knows {known:,}"
    places = encoder.get("max_position_embeddings")
    if isinstance(tokenizer, CLIPTokenizer) and isinstance(places, int) and tokenizer.model_max_length > places:
        return f"takes {tokenizer.model_max_length:,} tokens (model_max_length), and its text encoder {places}"
    return ""


def find_class(library: str, class_name: str) -> Any:
    """The class of a component by its entry in model_index.json; `object` where only the pipeline can know it."""
    if library in ("diffusers", "transformers"):
        source: Any = diffusers if library == "diffusers" else transformers
    else:
        source = getattr(diffusers.pipelines, library, None)
    found = getattr(source, class_name, object)
    return found if isinstance(found, type) else object
