"""The model that an inpainter's parameters name: where it is, and its files by its parts. Imports no torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from riptui.errors import InputError, RiptuiError
from riptui.inpainters.models import catalogue, locate, single_file
from riptui.inpainters.models.added_models import add_models, added_parts
from riptui.inpainters.models.checkpoint import Checkpoint, inspect_checkpoint, require_component, require_config
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.models.model_names import is_single_file
from riptui.inpainters.parameters import ADDED_MODELS
from riptui.spec import ParameterValue

Parameters = Mapping[str, ParameterValue]

ADAPTERS = ("lora", "embedding")
SINGLE_FILE = "file"
"""The part of an identity that is the single file with the weights. The digest is the file's own SHA-256."""
FILE_PLACES = (*ADAPTERS, "gguf")
"""Parameters whose values are files."""
DENOISERS = ("unet", "transformer")
CONFIG_PART = "configuration"
"""The end of the name of a part that is a configuration alone: its weights come from a file."""


def find_checkpoint(
    parameters: Parameters, *, replaced: Collection[str] = (), joint_variant: bool = False
) -> Checkpoint:
    """The model that these parameters name, with the models that they add to it, found to be complete.

    replaced, joint_variant: as `inspect_checkpoint`. Raises WeightsError, InputError.
    """
    ref = _resolve(parameters)
    name, allow_pickle = str(parameters["model"]), bool(parameters.get("allow_pickle"))
    place = locate_place(parameters)
    if not is_single_file(ref.model):
        hint = locate.repair_hint(ref.model, ref.revision)
        found = inspect_checkpoint(
            place, name, repair_hint=hint, allow_pickle=allow_pickle, replaced=replaced, joint_variant=joint_variant
        )
        return add_models(found, parameters)
    if replaced:
        raise InputError(f"gguf is for a model in diffusers' layout, and {name} is one file")
    header = single_file.read_header(place, allow_pickle=allow_pickle)
    folder = single_file.find_configurations(header, str(parameters.get("config") or ""), ref.model)
    has_vae = bool(parameters.get("vae"))
    found = single_file.inspect_single_file(header, folder, name, allow_pickle=allow_pickle, has_vae=has_vae)
    return add_models(found, parameters)


def locate_place(parameters: Parameters) -> Path:
    """The folder of the model, or its single file. Raises WeightsError, InputError."""
    ref = _resolve(parameters)
    if is_single_file(ref.model):
        return locate.locate_file(ref.model, ref.revision)
    if parameters.get("config"):
        raise InputError(f"config is for a model in a single file; {ref.model} has its own configurations")
    return locate.locate_model(ref.model, ref.revision)


def has_vae_file(parameters: Parameters) -> bool:
    """Whether the other VAE that these parameters name is a single file."""
    vae = parameters.get("vae")
    return bool(vae) and is_single_file(catalogue.resolve_model(str(vae)).model)


def find_vae_file(parameters: Parameters) -> Path | None:
    """The single file of the other VAE; None if there is none, or a folder. Raises WeightsError, InputError."""
    if not has_vae_file(parameters):
        return None
    ref = catalogue.resolve_model(str(parameters["vae"]))
    return locate.locate_file(ref.model, ref.revision)


def _resolve(parameters: Parameters) -> catalogue.ModelRef:
    ref = catalogue.resolve_model(str(parameters["model"]))
    return replace(ref, revision=str(parameters.get("revision") or "") or ref.revision)


def list_parts(parameters: Parameters, joint_variant: bool = False) -> tuple[Checkpoint, dict[str, tuple[Path, ...]]]:
    """The model's checkpoint, and the files of its parts and of its other VAE. Raises WeightsError, InputError."""
    vae = parameters.get("vae")
    replaced = DENOISERS if parameters.get("gguf") else ()
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
        parts |= list_other_parts("vae", parameters)
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


def list_other_parts(name: str, parameters: Parameters) -> dict[str, tuple[Path, ...]]:
    """By part: the files that one parameter names, of FILE_PLACES, ADDED_MODELS or vae (a folder). Raises WeightsError,
    InputError."""
    value, allow_pickle = parameters[name], bool(parameters.get("allow_pickle"))
    if name in FILE_PLACES:
        return {name: require_files(name, value)}
    if name in ADDED_MODELS:
        return added_parts(name, str(value), allow_pickle)
    return {name: locate_vae(str(value), allow_pickle)}


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
