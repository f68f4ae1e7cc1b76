"""Finds weights that moved: those with the recorded content, where this machine has read weights from. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.inpainters.models import catalogue, file_digests, locate
from riptui.inpainters.models.identity import (
    Weights,
    read_weights,
    recorded_identity,
    unlike_parts,
    wants_joint_variant,
)
from riptui.inpainters.models.lora_list import replace_files
from riptui.inpainters.models.model_names import is_single_file
from riptui.inpainters.models.model_parts import (
    DENOISERS,
    FILE_PLACES,
    SINGLE_FILE,
    Parameters,
    has_vae_file,
    list_files,
    list_other_parts,
    list_parts,
    locate_place,
)
from riptui.inpainters.models.weights_places import find_known_file
from riptui.inpainters.parameters import ADDED_MODELS, PLACES, PRIOR
from riptui.spec import ParameterValue

MODEL_PLACES = ("model", "revision", "config")


def find_weights(parameters: Parameters, notes: Mapping[str, str]) -> tuple[Weights, list[str]]:
    """The weights to load, and messages for the user. `notes`: those of the session that ran the trajectory last.

    Raises as `read_weights`.
    """
    recorded = recorded_identity(notes)
    found = find_moved(parameters, recorded)
    notices = [
        f"{parameters[name]} is gone; {found[name]} is used, which has the same content"
        for name in parameters
        if found[name] != parameters[name] and name != "revision"
    ]
    notices += [notice for notice in [catalogue.resolve_model(str(parameters["model"])).notice] if notice]
    weights = read_weights(found, joint_variant=wants_joint_variant(notes))
    if unlike := unlike_parts(recorded, weights.identity):
        notices.append(f"{parameters['model']} has changed since the last session: {', '.join(unlike)}")
    return weights, notices


def find_moved(parameters: Parameters, recorded: Mapping[str, str]) -> dict[str, ParameterValue]:
    """These parameters, with places whose files are gone replaced by others that have the recorded content.

    Tries the places that this machine has read weights from. What is found nowhere stays as it is.
    """
    moved = dict(parameters)
    if not recorded:
        return moved
    for name in ("model", "vae", *ADDED_MODELS):
        if not moved.get(name) or _is_there(name, moved) or (name == "vae" and has_vae_file(moved)):
            continue
        for place in _known_places(name):
            candidate = {**moved, name: str(place)} | ({"revision": None} if name == "model" else {})
            if _fits(candidate, name, recorded):
                moved = candidate
                break
    for name in (*FILE_PLACES, *(["vae"] if has_vae_file(parameters) else [])):
        if moved.get(name):
            moved[name] = _find_moved_files(name, moved[name], recorded)
    return moved


def _find_moved_files(name: str, value: ParameterValue, recorded: Mapping[str, str]) -> ParameterValue:
    """The value of a parameter that names files, with those that are gone replaced by equal ones."""
    parts = DENOISERS if name == "gguf" else (name,)
    paths, digests = list_files(name, value), " ".join(recorded.get(part, "") for part in parts).split()
    if len(paths) != len(digests) or all(path.is_file() for path in paths):
        return value
    found = [
        path if path.is_file() else find_known_file(digest) or path for path, digest in zip(paths, digests, strict=True)
    ]
    return replace_files(value, found) if name == "lora" else str(*found)


def _fits(parameters: Parameters, name: str, recorded: Mapping[str, str]) -> bool:
    """Whether one parameter's files are those that were recorded. Those of the others may be gone as well."""
    alone = {key: value for key, value in parameters.items() if key not in PLACES or key in MODEL_PLACES}
    with suppress(RiptuiError, OSError):
        if name == "model":
            checkpoint, parts = list_parts({**alone, "gguf": parameters.get("gguf")})
            found = file_digests.content_digests(parts)
            if checkpoint.header:
                found[SINGLE_FILE] = file_digests.file_sha256(checkpoint.header.path)
            if parameters.get("vae"):
                found.pop("vae", None)
        else:
            found = file_digests.content_digests(list_other_parts(name, parameters))
        return all(recorded.get(part) == digest for part, digest in found.items())
    return False


def _known_places(name: str) -> Iterator[Path]:
    """Where a model, a VAE or a ControlNet may be now: where weights were read, the latest places first."""
    files = [*reversed(file_digests.known_files())]
    is_whole = name in ("model", PRIOR)
    seen = dict.fromkeys(path.parent.parent if is_whole else path.parent for path in files)
    marker = locate.MODEL_INDEX if is_whole else "config.json"
    yield from (place for place in seen if (place / marker).is_file())
    if name == "model":
        yield from (path for path in files if is_single_file(path.name) and path.is_file())


def _is_there(name: str, parameters: Parameters) -> bool:
    """Whether the files of a parameter are where it says."""
    with suppress(RiptuiError):
        if name == "model":
            return locate_place(parameters).exists()
        return bool(list_other_parts(name, {**parameters, "allow_pickle": True}))
    return False
