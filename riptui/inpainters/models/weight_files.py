"""Selects the files of a repository that diffusers loads: one form of each weight, and its companions. No network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from riptui.errors import InputError, WeightsError

UNUSED_COMPONENTS = ("safety_checker", "feature_extractor", "image_encoder")
"""Components that are not loaded. The safety checker replaces pictures that it flags, rightly or not, with black ones,
and the trajectory would continue from black."""
NEEDED_COMPONENTS = {"KandinskyV22PriorPipeline": ("image_encoder",)}
"""By the class of a pipeline: the components among these that it needs."""

Variant = Literal["full", "fp16"]
"""The preferred precision of the weights if a repository has both."""

WEIGHT_FILE = re.compile(
    r"(?:diffusion_pytorch_model|pytorch_model|model)(?:\.(?P<before>\w+?))?(?P<shard>-\d{5}-of-\d{5})?"
    r"(?:\.(?P<after>\w+))?\.(?P<kind>safetensors|bin)(?P<index>\.index(?:\.(?P<last>\w+))?\.json)?"
)
"""The names that diffusers and transformers look for; older shards have the variant last, newer ones first. Single-file
checkpoints, .ckpt, .msgpack, .onnx and the weights of other frameworks are none of them."""

COMPANION_SUFFIXES = (".json", ".txt", ".model", ".jinja")
"""Configurations, vocabularies, sentencepiece models. Never code."""


def list_unused(index: Mapping[str, Any]) -> tuple[str, ...]:
    """The components that a model_index.json has and riptui leaves out."""
    needed = NEEDED_COMPONENTS.get(str(index.get("_class_name")), ())
    return tuple(name for name in UNUSED_COMPONENTS if name in index and name not in needed)


def list_components(index: Mapping[str, Any]) -> tuple[str, ...]:
    """The components that a model_index.json names, without empty ones and those that riptui leaves out."""
    unused = list_unused(index)
    return tuple(
        name
        for name, value in index.items()
        if isinstance(value, list) and value[:1] not in ([], [None]) and name not in unused
    )


def select_files(
    files: Iterable[str], folders: Iterable[str], name: str, *, variant: Variant = "full", allow_pickle: bool = False
) -> tuple[str, ...]:
    """Of a repository's files, by their paths, those to fetch. The folder "" is the root, for a single component.

    A component that lacks the precision asked for comes in the other. Raises WeightsError if one has its weights only
    as pickle, which is not allowed; InputError if only in other variants.
    """
    files_by_folder: dict[str, list[str]] = {}
    for path in files:
        folder, _, file = path.rpartition("/")
        files_by_folder.setdefault(folder, []).append(file)
    return tuple(
        f"{folder}/{file}" if folder else file
        for folder in folders
        for file in _select_for_component(files_by_folder.get(folder, []), folder, name, variant, allow_pickle)
    )


def _select_for_component(files: list[str], folder: str, name: str, variant: Variant, allow_pickle: bool) -> list[str]:
    weights = [match for file in files if (match := WEIGHT_FILE.fullmatch(file))]
    safe = [match for match in weights if match["kind"] == "safetensors"]
    pickled = [match for match in weights if match["kind"] == "bin"]
    if pickled and not safe and not allow_pickle:
        raise pickle_error(name, folder or "model", pickled[0].string, "add --allow-pickle")
    found = safe or pickled
    chosen = select_variant(found, folder, name, variant)[1] if found else []
    return list_companions(files) + sorted(chosen)


def select_companions(files: Iterable[str], folders: Iterable[str]) -> tuple[str, ...]:
    """Of a repository's files, by their paths, the configurations and vocabularies in these folders."""
    wanted = set(folders)
    return tuple(path for path in list_companions(files) if path.rpartition("/")[0] in wanted)


def list_companions(files: Iterable[str]) -> list[str]:
    """Of the files of a component's folder, its configurations and vocabularies, sorted."""
    return sorted(
        file
        for file in files
        if file.endswith(COMPANION_SUFFIXES) and ".index." not in file and not WEIGHT_FILE.fullmatch(file)
    )


def select_variant(
    weights: Iterable[re.Match[str]], folder: str, name: str, variant: Variant = "full"
) -> tuple[Variant, list[str]]:
    """Of weights in one form, matches of `WEIGHT_FILE`, those of one variant: the wanted one, else the other.

    Of shards and a single file the latter, which needs no index in either library. Raises InputError if neither
    variant is there.
    """
    by_variant: dict[Variant, list[re.Match[str]]] = {}
    for match in weights:
        match variant_of(match):
            case None:
                by_variant.setdefault("full", []).append(match)
            case "fp16":
                by_variant.setdefault("fp16", []).append(match)
    if not by_variant:
        raise no_variant_error([match.string for match in weights], folder, name)
    found: Variant = variant if variant in by_variant else next(iter(by_variant))
    matches = by_variant[found]
    single_files = [match.string for match in matches if not match["shard"] and not match["index"]]
    return found, single_files[:1] or [match.string for match in matches]


def variant_of(weights: re.Match[str]) -> str | None:
    """The variant in the name of a weight file, e.g. fp16; None for full precision."""
    return weights["before"] or weights["after"] or weights["last"]


def pickle_error(name: str, part: str, file: str, consent: str) -> WeightsError:
    """The error for a part of a model whose weights exist as pickle only. consent: how to allow that."""
    return WeightsError(
        f"{name} has the weights of its {part} only as pickle ({file}), which can run any code when loaded. Choose a "
        f"revision with safetensors, or, if you trust the source, {consent}"
    )


def no_variant_error(files: Iterable[str], folder: str, name: str) -> InputError:
    """The error for a component whose weights exist in other variants only."""
    return InputError(
        f"{name} has the weights of its {folder or 'model'} neither in full precision nor as fp16. "
        f"It has: {', '.join(sorted(files)[:3])}"
    )
