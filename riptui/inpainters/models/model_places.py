"""Finds the files of the model that an inpainter's parameters name, and inspects them. Imports no torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.errors import InputError
from riptui.inpainters.models import catalogue, locate, single_file
from riptui.inpainters.models.added_models import add_models
from riptui.inpainters.models.checkpoint import Checkpoint, inspect_checkpoint
from riptui.inpainters.models.model_names import is_single_file

if TYPE_CHECKING:
    from riptui.spec import ParameterValue


def find_checkpoint(
    parameters: Mapping[str, ParameterValue], *, replaced: Collection[str] = (), joint_variant: bool = False
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


def locate_place(parameters: Mapping[str, ParameterValue]) -> Path:
    """The folder of the model, or its single file. Raises WeightsError, InputError."""
    ref = _resolve(parameters)
    if is_single_file(ref.model):
        return locate.locate_file(ref.model, ref.revision)
    if parameters.get("config"):
        raise InputError(f"config is for a model in a single file; {ref.model} has its own configurations")
    return locate.locate_model(ref.model, ref.revision)


def has_vae_file(parameters: Mapping[str, ParameterValue]) -> bool:
    """Whether the other VAE that these parameters name is a single file."""
    vae = parameters.get("vae")
    return bool(vae) and is_single_file(catalogue.resolve_model(str(vae)).model)


def find_vae_file(parameters: Mapping[str, ParameterValue]) -> Path | None:
    """The single file of the other VAE; None if there is none, or a folder. Raises WeightsError, InputError."""
    if not has_vae_file(parameters):
        return None
    ref = catalogue.resolve_model(str(parameters["vae"]))
    return locate.locate_file(ref.model, ref.revision)


def _resolve(parameters: Mapping[str, ParameterValue]) -> catalogue.ModelRef:
    ref = catalogue.resolve_model(str(parameters["model"]))
    return replace(ref, revision=str(parameters.get("revision") or "") or ref.revision)
