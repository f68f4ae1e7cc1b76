"""Inspects a checkpoint's folder: which pipeline it is for, and whether its weights are complete and safe to read.

Done before anything is loaded, so that an error comes at once and names the file. Imports no torch.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from riptui.errors import InputError, WeightsError
from riptui.inpainters import locate

UNUSED_COMPONENTS = ("safety_checker", "feature_extractor", "image_encoder")
"""Components that are not loaded. The safety checker replaces pictures that it flags, rightly or not, with black ones,
and the trajectory would continue from black."""

FP16_NAME = re.compile(r"\.fp16[.-]")
"""Part of the names of that variant's weight files: model.fp16.safetensors, model.fp16-00001-of-00002.safetensors."""

SHARD_INDEX = re.compile(r"\.safetensors\.index(\.fp16)?\.json$")

PICKLE_SUFFIXES = (".bin", ".ckpt", ".pt", ".pth")

JsonObject = dict[str, Any]
HalfPrecision = Literal["float16", "bfloat16"]


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint."""

    folder: Path
    pipeline: str
    """The pipeline's class in diffusers, from model_index.json."""
    variant: str | None
    """"fp16" if some of its weights exist in that variant only."""
    unused: tuple[str, ...]
    """The `UNUSED_COMPONENTS` that its index names."""
    commit: str | None
    """Of the hub's repository; None for a folder."""
    half_dtype: HalfPrecision
    """The half precision that it was trained or stored in."""


def inspect_checkpoint(folder: Path, name: str, *, repair_hint: str, allow_pickle: bool = False) -> Checkpoint:
    """Inspect a checkpoint. `name` and `repair_hint` (a sentence: what to do) are for error messages.

    Raises WeightsError if something is missing, damaged, or exists only as pickle; InputError for an invalid index.
    """
    index = read_json(folder / locate.MODEL_INDEX, name)
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str):
        raise InputError(
            f"{name}'s {locate.MODEL_INDEX} names no diffusers pipeline, and riptui never runs code from a checkpoint"
        )
    components = [key for key, value in index.items() if isinstance(value, list) and value[:1] not in ([], [None])]
    variants = set()
    for component in components:
        if component not in UNUSED_COMPONENTS:
            variants.add(require_component(folder / component, name, repair_hint, allow_pickle))
    unused = tuple(component for component in UNUSED_COMPONENTS if component in index)
    variant = "fp16" if "fp16" in variants else None
    return Checkpoint(folder, pipeline, variant, unused, locate.snapshot_commit(folder), _half_dtype(folder))


def read_json(path: Path, name: str) -> JsonObject:
    """Read a JSON object. Raises WeightsError if the file does not contain one."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WeightsError(f"{name}: {path} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{name}: {path} does not contain a JSON object")
    return content


def _half_dtype(folder: Path) -> HalfPrecision:
    """The half precision that the denoising network is stored in. In float32: what its kind is made in, float16 for
    UNets; bfloat16 for transformers, whose values may exceed float16's range, 65504, as those of Flux are said to."""
    kind = "transformer" if (folder / "transformer").is_dir() else "unet"
    for path in sorted((folder / kind).glob("*.safetensors")):
        with safe_open(path, framework="numpy") as weights:
            stored = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118
        if "BF16" in stored:
            return "bfloat16"
        if "F16" in stored:
            return "float16"
    return "bfloat16" if kind == "transformer" else "float16"


def _require_intact(path: Path, name: str, repair_hint: str) -> None:
    """Raise WeightsError unless a safetensors file has a header, and as many bytes as that promises."""
    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size if path.exists() else 0
        raise WeightsError(
            f"{name}: {path.parent.name}/{path.name} ({size:,} bytes) is damaged or truncated: "
            f"{str(error).splitlines()[0]}. Delete {path.resolve()}. {repair_hint}"  # in the hub's cache a link
        ) from error


def require_component(folder: Path, name: str, repair_hint: str, allow_pickle: bool) -> str | None:
    """Check one component's folder; return the variant of its weights, where there are no others.

    Raises WeightsError as `inspect_checkpoint`.
    """
    files = {path.name: path for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
    if not files:
        raise WeightsError(f"{name} is incomplete: {folder} is missing or empty. {repair_hint}")
    if "config.json" not in files:  # a tokenizer, a scheduler: no weights
        return None
    weights = {file: path for file, path in files.items() if file.endswith(".safetensors")}
    if not weights:
        pickles = [file for file in files if file.endswith(PICKLE_SUFFIXES)]
        if pickles and allow_pickle:
            return None
        if pickles:
            raise WeightsError(
                f"{name} has the weights of its {folder.name} only as pickle ({pickles[0]}), which can run any "
                "code when loaded. Choose a revision with safetensors, or, if you trust the source, set "
                "allow_pickle=true"
            )
        raise WeightsError(f"{name} is incomplete: {folder} contains no weights. {repair_hint}")
    _require_shards(folder, files, name, repair_hint)
    for path in weights.values():
        _require_intact(path, name, repair_hint)
    return None if any(not FP16_NAME.search(file) for file in weights) else "fp16"


def _require_shards(folder: Path, files: dict[str, Path], name: str, repair_hint: str) -> None:
    for index in (path for file, path in files.items() if SHARD_INDEX.search(file)):
        missing = sorted(set(read_json(index, name).get("weight_map", {}).values()) - files.keys())
        if missing:
            raise WeightsError(f"{name} is incomplete: {folder / missing[0]} is missing. {repair_hint}")
