"""Compares the weights at a place that a user names with those that computed a trajectory. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from riptui.inpainters.models import catalogue, file_digests, identity, locate
from riptui.inpainters.models.added_models import PRIOR_PREFIX
from riptui.inpainters.models.checkpoint import read_json
from riptui.inpainters.models.model_names import is_single_file
from riptui.inpainters.models.model_parts import ADAPTERS, DENOISERS, SINGLE_FILE, Parameters, has_vae_file, locate_vae
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.inpainters.models.weights_places import locate_weights
from riptui.inpainters.parameters import CONTROLNET, PRIOR

FILE = "a file"
"""The name of the part where a place is a single file: it may be any part of a model that is one file."""


def read_place(text: str, *, joint_variant: bool = False) -> Mapping[str, str]:
    """By part, the digests of what a user names: a model as in `catalogue.resolve_model`, the folder of one of its
    parts or a file in that, or a VAE's folder. Of a single file (a model, a VAE, a LoRA, a learned embedding, GGUF,
    published weights by their name) the only part is `FILE`.

    joint_variant: as `inspect_checkpoint`. Raises WeightsError, InputError.
    """
    path = locate_weights(text) if text in PUBLISHED else Path(text).expanduser()
    if path.is_file() and path.name != locate.MODEL_INDEX and (path.parent / "config.json").is_file():
        path = path.parent
        text = str(path)
    if path.is_file() and path.name != locate.MODEL_INDEX:
        return {FILE: file_digests.file_sha256(path)}
    if not path.exists() and catalogue.is_on_hub(text) and is_single_file(catalogue.resolve_model(text).model):
        return {FILE: file_digests.file_sha256(locate.locate_adapter(text))}
    if (path / locate.MODEL_INDEX).is_file() or not (path / "config.json").is_file():
        return identity.read_weights({"model": text, "allow_pickle": True}, joint_variant=joint_variant).identity
    return {_name_part(path): file_digests.content_sha256(locate_vae(str(path.absolute()), allow_pickle=True))}


def unlike_place(
    found: Mapping[str, str], recorded: Sequence[Mapping[str, str]], parameters: Parameters
) -> list[str] | None:
    """The parts of the model of a trajectory that are unlike those at a place; None if it uses none of them.

    found: as `read_place`. recorded: the identities in its sessions, {} for one of an older release.
    """
    if FILE in found:
        digests = [
            (part, parts[part].split()) for part in _file_parts(parameters) for parts in recorded if part in parts
        ]
        if not digests:
            return None
        return [] if any(found[FILE] in listed for _, listed in digests) else sorted({part for part, _ in digests})
    if "model_index" in found:  # a whole model, of which some parts may not have been used
        found = _name_beside(found, recorded) if parameters.get(PRIOR) else found
        found = {part: digest for part, digest in found.items() if part not in _replaced_parts(parameters)}
    if not any(found.keys() & parts.keys() for parts in recorded):
        return None
    return sorted({part for parts in recorded for part in identity.unlike_parts(parts, found)})


def _name_beside(found: Mapping[str, str], recorded: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """The parts of a whole model by the names that they were recorded under: as a prior's, if those fit better."""
    named = {f"{PRIOR_PREFIX}{part}": digest for part, digest in found.items()}
    known = {part for parts in recorded for part in parts}
    return named if len(named.keys() & known) > len(found.keys() & known) else found


def _replaced_parts(parameters: Parameters) -> set[str]:
    """The parts of its model that an inpainter with these parameters takes from elsewhere."""
    replaces_vae = bool(parameters.get("vae")) and "model" in parameters
    return ({"vae"} if replaces_vae else set()) | ({*DENOISERS} if parameters.get("gguf") else set())


def _file_parts(parameters: Parameters) -> set[str]:
    """The parts that are files of their own."""
    parts = {name for name in ADAPTERS if parameters.get(name)}
    parts |= {"vae"} if has_vae_file(parameters) else set()
    parts |= {*DENOISERS} if parameters.get("gguf") else set()
    if "weights" in parameters:
        return {SINGLE_FILE}
    if "model" not in parameters:
        return parts
    ref = catalogue.resolve_model(str(parameters.get("model")))
    return parts | ({SINGLE_FILE} if is_single_file(ref.model) else set())


def _name_part(folder: Path) -> str:
    """Which part of a model a folder has: by the class in its configuration, or else by its name."""
    kind = str(read_json(folder / "config.json", str(folder)).get("_class_name"))
    parts = {"ControlNet": CONTROLNET, "PriorTransformer": f"{PRIOR_PREFIX}prior", "VQModel": "movq"}
    parts |= {"Autoencoder": "vae", "UNet": "unet", "Transformer": "transformer"}
    return next((part for sign, part in parts.items() if sign in kind), folder.name)
