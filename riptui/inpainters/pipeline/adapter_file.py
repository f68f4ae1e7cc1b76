"""Reads a file that is added to a model: a LoRA or a learned embedding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import safetensors.torch
import torch

from riptui.errors import InputError, first_line
from riptui.inpainters.models import file_digests, locate

SAFE_SUFFIX = ".safetensors"
UNNAMED = "<learned>"
"""The name of a tensor that was saved without one."""


@dataclass
class LoadedAdapter:
    """What is recorded and reported of LoRAs or of a learned embedding that were added to a pipeline."""

    notes: dict[str, str]
    """For the record of the session."""
    notices: list[str] = field(default_factory=list)
    """For the user."""


def read_tensors(file: str, allow_pickle: bool) -> dict[str, Any]:
    """The tensors by name, of a path or a file in the hub's cache; a single tensor under `UNNAMED`.

    Raises InputError or WeightsError if there is no such file, or if it is damaged or a pickle that is not allowed.
    """
    path = locate.locate_adapter(file)
    if path.suffix != SAFE_SUFFIX and not allow_pickle:
        raise InputError(
            f"{file} is not a .safetensors file, and a pickle can run any code when loaded: convert it, or, if you "
            "trust the source, set allow_pickle=true"
        )
    try:
        if path.suffix == SAFE_SUFFIX:
            return safetensors.torch.load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of any kind: how the libraries fail depends on the file
        raise InputError(f"{file} cannot be read: {first_line(error)}") from error
    return content if isinstance(content, dict) else {UNNAMED: content}


def read_metadata(file: str) -> dict[str, str]:
    """What a .safetensors file says about itself, such as the program and the model of its training; {} if nothing."""
    path = locate.locate_adapter(file)
    if path.suffix != SAFE_SUFFIX:
        return {}
    with safetensors.safe_open(path, framework="pt") as opened:
        return opened.metadata() or {}


def describe_file(file: str) -> str:
    """The name and the digest, for the record of a session."""
    path = locate.locate_adapter(file)
    return f"{path.name}, SHA-256 {file_digests.file_sha256(path)}"
