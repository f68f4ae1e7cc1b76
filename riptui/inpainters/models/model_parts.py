"""The files of a model by its parts, as an inpainter's parameters name them. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.errors import RiptuiError
from riptui.inpainters.models import catalogue, locate
from riptui.inpainters.models.checkpoint import Checkpoint, require_component, require_config
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.models.model_places import find_checkpoint, find_vae_file

if TYPE_CHECKING:
    from riptui.spec import ParameterValue

Parameters = Mapping[str, "ParameterValue"]

ADAPTERS = ("lora", "embedding")
SINGLE_FILE = "file"
"""The part of an identity that is the single file with the weights. The digest is the file's own SHA-256."""
FILE_PLACES = (*ADAPTERS, "gguf")
"""Parameters whose values are files."""
DENOISERS = ("unet", "transformer")
CONFIG_PART = "configuration"
"""The end of the name of a part that is a configuration alone: its weights come from a file."""


def list_parts(parameters: Parameters, joint_variant: bool = False) -> tuple[Checkpoint, dict[str, tuple[Path, ...]]]:
    """The model's checkpoint, and the files of its parts and of its other VAE. Raises WeightsError, InputError."""
    allow_pickle = bool(parameters.get("allow_pickle"))
    gguf, vae = parameters.get("gguf"), parameters.get("vae")
    replaced = DENOISERS if gguf else ()
    checkpoint = find_checkpoint(parameters, replaced=replaced, joint_variant=joint_variant)
    parts: dict[str, tuple[Path, ...]] = {"model_index": (checkpoint.folder / locate.MODEL_INDEX,)}
    for component, files in checkpoint.components.items():
        if component in replaced:
            parts[f"{component} {CONFIG_PART}"] = files.paths
        elif component != "vae" or not vae:
            parts[component] = files.paths
    if find_vae_file(parameters):
        config = require_config(checkpoint.folder / "vae", str(parameters["model"]), checkpoint.repair_hint)
        parts[f"vae {CONFIG_PART}"] = config.paths
    elif vae:
        parts["vae"] = locate_vae(str(vae), allow_pickle)
    return checkpoint, parts


def list_single_files(parameters: Parameters, checkpoint: Checkpoint) -> dict[str, tuple[Path, ...]]:
    """By part: the single files that a model is made of. Raises WeightsError, InputError."""
    found = {name: require_files(name, parameters[name]) for name in ADAPTERS if parameters.get(name)}
    if gguf := parameters.get("gguf"):
        found[checkpoint.denoiser] = require_files("gguf", gguf)
    if path := find_vae_file(parameters):
        found["vae"] = (path,)
    if checkpoint.header:
        found[SINGLE_FILE] = (checkpoint.header.path,)
    return found


def locate_vae(vae: str, allow_pickle: bool) -> tuple[Path, ...]:
    """The files of a VAE in a folder, or of that of a checkpoint. Raises WeightsError, InputError."""
    ref = catalogue.resolve_model(vae)
    folder = locate.locate_vae_folder(ref.model, ref.revision)
    return require_component(folder, vae, locate.repair_hint(ref.model, ref.revision), allow_pickle).paths


def require_files(name: str, value: ParameterValue) -> tuple[Path, ...]:
    """The files of a parameter of FILE_PLACES. Raises InputError or WeightsError if one is not there."""
    return tuple(locate.locate_adapter(file) for file in _name_files(name, value))


def list_files(name: str, value: ParameterValue) -> list[Path]:
    """As `require_files`, but without errors: a file that is not there has the path where it should be."""
    found = []
    for file in _name_files(name, value):
        try:
            found.append(locate.locate_adapter(file))
        except RiptuiError:
            found.append(Path(file).expanduser())
    return found


def _name_files(name: str, value: ParameterValue) -> list[str]:
    return [choice.file for choice in read_loras(value)] if name == "lora" else [str(value)]
