"""Selects the files of a repository that diffusers loads: one form of each weight, and its companions. No network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from riptui.errors import InputError, WeightsError
from riptui.inpainters.checkpoint import UNUSED_COMPONENTS

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


def list_components(index: Mapping[str, Any]) -> tuple[str, ...]:
    """The folders that a model_index.json has loaded, without those that riptui leaves out."""
    return tuple(
        name
        for name, value in index.items()
        if isinstance(value, list) and value[:1] not in ([], [None]) and name not in UNUSED_COMPONENTS
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
    weight_names = {match.string for match in weights}
    companions = [
        file
        for file in files
        if file.endswith(COMPANION_SUFFIXES) and file not in weight_names and ".index." not in file
    ]
    safe = [match for match in weights if match["kind"] == "safetensors"]
    pickled = [match for match in weights if match["kind"] == "bin"]
    if pickled and not safe and not allow_pickle:
        raise WeightsError(
            f"{name} has the weights of its {folder or 'model'} only as pickle ({pickled[0].string}), which can run "
            "any code when loaded. Choose a revision with safetensors, or, if you trust the source, add --allow-pickle"
        )
    found = safe or pickled
    return sorted(companions) + (sorted(_select_variant(found, folder, name, variant)) if found else [])


def _select_variant(weights: list[re.Match[str]], folder: str, name: str, variant: Variant) -> list[str]:
    """The files of one variant: the single file if there is one, which both libraries then need no index for."""
    by_variant: dict[Variant, list[re.Match[str]]] = {}
    for match in weights:
        match match["before"] or match["after"] or match["last"]:
            case None:
                by_variant.setdefault("full", []).append(match)
            case "fp16":
                by_variant.setdefault("fp16", []).append(match)
    if not by_variant:
        raise InputError(
            f"{name} has the weights of its {folder or 'model'} neither in full precision nor as fp16: "
            f"{', '.join(sorted(match.string for match in weights)[:3])}"
        )
    matches = by_variant.get(variant) or next(iter(by_variant.values()))
    single_files = [match.string for match in matches if not match["shard"] and not match["index"]]
    return single_files[:1] or [match.string for match in matches]
