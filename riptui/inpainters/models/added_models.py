"""Models that are used with a model, and are not part of its checkpoint: a prior, a ControlNet. Imports no torch.

Their components stand beside the model's own in a `Checkpoint`, so that they are loaded, digested and verified like
these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from riptui.errors import InputError
from riptui.inpainters.models import catalogue, locate
from riptui.inpainters.models.checkpoint import (
    Checkpoint,
    ComponentFiles,
    inspect_checkpoint,
    read_json,
    require_component,
)
from riptui.inpainters.parameters import CONTROLNET, PRIOR
from riptui.spec import ParameterValue

PRIOR_PREFIX = "prior_"
"""What the names of a prior's components begin with, as in diffusers' combined pipelines."""
PRIOR_PIPELINES = ("KandinskyV22PriorPipeline",)
CONTROLNET_CLASS = "ControlNetModel"


def add_models(checkpoint: Checkpoint, parameters: Mapping[str, ParameterValue]) -> Checkpoint:
    """The checkpoint with the components of the models that parameters add to it. Raises WeightsError, InputError."""
    allow_pickle = bool(parameters.get("allow_pickle"))
    if prior := parameters.get(PRIOR):
        checkpoint = _add_prior(checkpoint, str(prior), allow_pickle)
    if controlnet := parameters.get(CONTROLNET):
        checkpoint = _add_controlnet(checkpoint, str(controlnet), allow_pickle)
    return checkpoint


def inspect_prior(prior: str, allow_pickle: bool) -> Checkpoint:
    """The checkpoint of a prior: its hub id or its folder. Raises WeightsError, InputError."""
    ref = catalogue.resolve_model(prior)
    folder, hint = locate.locate_model(ref.model, ref.revision), locate.repair_hint(ref.model, ref.revision)
    found = inspect_checkpoint(folder, prior, repair_hint=hint, allow_pickle=allow_pickle)
    if found.pipeline not in PRIOR_PIPELINES:
        raise InputError(
            f"{prior} is a checkpoint for {found.pipeline}; prior must be one for {' or '.join(PRIOR_PIPELINES)}"
        )
    return found


def locate_controlnet(controlnet: str, allow_pickle: bool) -> ComponentFiles:
    """The files of a ControlNet: its hub id or its folder. Raises WeightsError, InputError."""
    ref = catalogue.resolve_model(controlnet)
    folder = locate.locate_model(ref.model, ref.revision, file="config.json")
    hint = locate.repair_hint(ref.model, ref.revision)
    kind = read_json(folder / "config.json", controlnet).get("_class_name")
    if kind != CONTROLNET_CLASS:
        raise InputError(f"{controlnet} is a {kind}; controlnet must be a {CONTROLNET_CLASS}")
    return require_component(folder, controlnet, hint, allow_pickle)


def added_parts(kind: str, model: str, allow_pickle: bool) -> dict[str, tuple[Path, ...]]:
    """The files of a model that one of ADDED_MODELS names, by part. Raises WeightsError, InputError."""
    if kind == CONTROLNET:
        return {CONTROLNET: locate_controlnet(model, allow_pickle).paths}
    prior = inspect_prior(model, allow_pickle)
    return {part: files.paths for part, files in _name_components(prior).items()}


def _add_prior(checkpoint: Checkpoint, name: str, allow_pickle: bool) -> Checkpoint:
    prior = inspect_prior(name, allow_pickle)
    classes = {f"{PRIOR_PREFIX}{key}": kind for key, kind in prior.classes.items()}
    added = {f"{PRIOR_PREFIX}{key}": prior.folder_of(key) for key in prior.classes}
    return replace(
        checkpoint,
        classes={**checkpoint.classes, **classes},
        components={**checkpoint.components, **_name_components(prior)},
        added={**checkpoint.added, **added},
    )


def _name_components(prior: Checkpoint) -> dict[str, ComponentFiles]:
    """The components of a prior, and its index, by the names that they have beside a model."""
    found = {"model_index": ComponentFiles(None, (prior.folder / locate.MODEL_INDEX,)), **prior.components}
    return {f"{PRIOR_PREFIX}{key}": files for key, files in found.items()}


def _add_controlnet(checkpoint: Checkpoint, name: str, allow_pickle: bool) -> Checkpoint:
    files = locate_controlnet(name, allow_pickle)
    return replace(
        checkpoint,
        classes={**checkpoint.classes, CONTROLNET: ("diffusers", CONTROLNET_CLASS)},
        components={**checkpoint.components, CONTROLNET: files},
        added={**checkpoint.added, CONTROLNET: files.paths[0].parent},
    )
