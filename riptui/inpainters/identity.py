"""The identity of a model: digests of all files that decide its pixels. Imports no torch.

A model is what its files say, wherever they are: the same path may hold other weights tomorrow, and the same weights
may be found at another mount point, or in a folder instead of the hub's cache.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.inpainters import catalogue, file_digests, locate, single_file
from riptui.inpainters.checkpoint import Checkpoint, read_json, require_component
from riptui.inpainters.file_digests import FileState
from riptui.inpainters.inpainter import JOINT_VARIANT, VARIANT_NOTE, WEIGHTS_NOTE
from riptui.inpainters.lora_list import read_loras
from riptui.inpainters.model_places import find_checkpoint, locate_place
from riptui.inpainters.parameters import PLACES
from riptui.inpainters.published_weights import PUBLISHED
from riptui.inpainters.weights_places import locate_weights, read_weights_file

if TYPE_CHECKING:
    from riptui.spec import ParameterValue

Parameters = Mapping[str, "ParameterValue"]

ADAPTERS = ("lora", "embedding")
MODEL_PLACES = ("model", "revision", "config")
SINGLE_FILE = "file"
"""The part of an identity that is the single file with the weights. The digest is the file's own SHA-256."""
FILE_PLACES = (*ADAPTERS, "gguf")
"""Parameters whose values are files."""
DENOISERS = ("unet", "transformer")
CONFIG_PART = "configuration"
"""What the name of a part ends with whose weights come from a file, and its configuration from the model's folder."""
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")

Identity = Mapping[str, str]
"""By part of the model ("unet", "vae", "lora"): the digests of its files."""


@dataclass(frozen=True)
class Weights:
    """The files of a model, of its other VAE, and of what is added to it."""

    parameters: Parameters
    checkpoint: Checkpoint
    identity: Identity
    states: Mapping[Path, FileState | None]
    """Every file as it was when it was read."""

    @property
    def notes(self) -> dict[str, str]:
        """For the record of a session."""
        notes = {f"{WEIGHTS_NOTE}{part}": digest for part, digest in self.identity.items() if part not in ADAPTERS}
        if header := self.checkpoint.header:
            notes["configuration"] = self.checkpoint.commit or str(self.checkpoint.folder)
            if ema := single_file.describe_ema(header):
                notes["averaged weights"] = ema
        return notes

    @property
    def places(self) -> dict[str, str | None]:
        """The parameters that say where the files are."""
        return {name: str(value) if (value := self.parameters.get(name)) else None for name in PLACES}

    def suits(self, notes: Mapping[str, str]) -> bool:
        """Whether a session after the one with these notes would load the same files of this model."""
        has_choice = any(files.variant for files in self.checkpoint.components.values())
        return not has_choice or self.checkpoint.has_joint_variant == wants_joint_variant(notes)

    @property
    def is_unchanged(self) -> bool:
        """Whether the same files would be loaded now, with the same content."""
        header = self.checkpoint.header
        try:
            place = locate_place(self.parameters)
        except RiptuiError:
            return False
        return place == (header.path if header else self.checkpoint.folder) and all(
            file_digests.file_state(path) == state for path, state in self.states.items()
        )


def wants_joint_variant(notes: Mapping[str, str]) -> bool:
    """Whether the session with these notes chose one variant for all components, as older releases did."""
    if notes.get(VARIANT_NOTE) == JOINT_VARIANT:
        return True
    return "model" in notes and VARIANT_NOTE not in notes and not recorded_identity(notes)


def read_weights(parameters: Parameters, *, joint_variant: bool = False) -> Weights:
    """The weights that an inpainter with these parameters would load. Raises WeightsError, InputError.

    joint_variant: as `inspect_checkpoint`.
    """
    checkpoint, parts = list_parts(parameters, joint_variant)
    single_files = {name: _require_files(name, parameters[name]) for name in ADAPTERS if parameters.get(name)}
    if gguf := parameters.get("gguf"):
        single_files[checkpoint.denoiser] = _require_files("gguf", gguf)
    if checkpoint.header:
        single_files[SINGLE_FILE] = (checkpoint.header.path,)
    read = [path for paths in (*parts.values(), *single_files.values()) for path in paths]
    states = {path: file_digests.file_state(path) for path in read}
    try:
        identity = {name: file_digests.content_sha256(paths) for name, paths in parts.items()}
        for name, paths in single_files.items():
            identity[name] = " ".join(file_digests.file_sha256(path) for path in paths)
    except OSError as error:
        raise WeightsError(f"{error.filename} cannot be read: {error.strerror}") from error
    return Weights(parameters, checkpoint, identity, states)


def require_places(parameters: Parameters) -> None:
    """Raise WeightsError or InputError if the files that these parameters name are not there. Reads no weights."""
    if "weights" in parameters:
        locate_weights(str(parameters["weights"]))
        return
    list_parts(parameters)
    for name in FILE_PLACES:
        if parameters.get(name):
            _require_files(name, parameters[name])


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
    if vae:
        parts["vae"] = locate_vae(str(vae), allow_pickle)
    return checkpoint, parts


def recorded_identity(notes: Mapping[str, str]) -> Identity:
    """The identity of the model in the record of a session; empty if it is of an older release."""
    found = {key.removeprefix(WEIGHTS_NOTE): value for key, value in notes.items() if key.startswith(WEIGHTS_NOTE)}
    return found | {key: " ".join(SHA256.findall(notes[key])) for key in ADAPTERS if found and key in notes}


def unlike_parts(recorded: Identity, found: Identity) -> list[str]:
    """The parts that differ, among those that both have."""
    return [part for part, digest in recorded.items() if part in found and found[part] != digest]


def used_weights(parameters: Parameters, notes: Mapping[str, str]) -> bool:
    """Whether a session with these notes is known to have used the weights that these parameters name."""
    recorded = recorded_identity(notes)
    if "weights" in parameters:
        with suppress(RiptuiError):
            return recorded == {SINGLE_FILE: read_weights_file(str(parameters["weights"]))[0].sha256}
        return False
    try:
        weights = read_weights(parameters, joint_variant=wants_joint_variant(notes))
    except RiptuiError:  # they are not on this machine: a commit that the parameters name says it as well
        added = any(parameters.get(name) or name in notes for name in ("vae", "gguf", *ADAPTERS))
        return not added and notes.get("model") is not None and notes["model"] == parameters.get("revision")
    return recorded == weights.identity if recorded else _has_commit(weights, notes)


def _has_commit(weights: Weights, notes: Mapping[str, str]) -> bool:
    """Whether a session of an older release, which recorded no digest but the hub's commit, had these weights."""
    added = {name: " ".join(SHA256.findall(notes.get(name, ""))) for name in ADAPTERS}
    return (
        notes.get("model") == weights.checkpoint.commit
        and not weights.places["vae"]  # which it did not record
        and all(weights.identity.get(name, "") == digest for name, digest in added.items())
    )


def replaced_parts(parameters: Parameters) -> set[str]:
    """The parts of its model that an inpainter with these parameters takes from elsewhere."""
    return ({"vae"} if parameters.get("vae") else set()) | ({*DENOISERS} if parameters.get("gguf") else set())


def read_place(text: str, *, joint_variant: bool = False) -> Identity:
    """The identity of what a user names: a model as in `catalogue.resolve_model`, the folder of one of its parts or a
    file in it, a VAE's folder, the name of published weights, or a file.

    A file may be a model, a LoRA, an embedding or GGUF; only those parts that a session has recorded count.
    joint_variant: as `inspect_checkpoint`.
    Raises WeightsError, InputError.
    """
    path = locate_weights(text) if text in PUBLISHED else Path(text).expanduser()
    if path.is_file() and path.name != locate.MODEL_INDEX and (path.parent / "config.json").is_file():
        path = path.parent
        text = str(path)
    if path.is_file() and path.name != locate.MODEL_INDEX:
        parts = DENOISERS if path.suffix == ".gguf" else (*ADAPTERS, SINGLE_FILE)
        return dict.fromkeys(parts, file_digests.file_sha256(path))
    if (path / locate.MODEL_INDEX).is_file() or not (path / "config.json").is_file():
        return read_weights({"model": text, "allow_pickle": True}, joint_variant=joint_variant).identity
    return {_name_part(path): file_digests.content_sha256(locate_vae(str(path.absolute()), allow_pickle=True))}


def _name_part(folder: Path) -> str:
    """Which part of a model a folder has: by the class in its configuration, or else by its name."""
    kind = str(read_json(folder / "config.json", str(folder)).get("_class_name"))
    parts = {"Autoencoder": "vae", "UNet": "unet", "Transformer": "transformer"}
    return next((part for sign, part in parts.items() if sign in kind), folder.name)


def locate_vae(vae: str, allow_pickle: bool) -> tuple[Path, ...]:
    ref = catalogue.resolve_model(vae)
    folder = locate.locate_model(ref.model, ref.revision, file="config.json")
    return require_component(folder, vae, locate.repair_hint(ref.model, ref.revision), allow_pickle).paths


def _require_files(name: str, value: ParameterValue) -> tuple[Path, ...]:
    """The files of a parameter of FILE_PLACES. Raises InputError if one is not there."""
    paths = named_files(name, value)
    for path in paths:
        if not path.is_file():
            raise InputError(
                f"{path} does not exist: check the path. {name} takes files on this machine; "
                "one from the hub is fetched with hf download ORG/NAME, which prints where it is"
            )
    return paths


def named_files(name: str, value: ParameterValue) -> tuple[Path, ...]:
    files = [choice.file for choice in read_loras(value)] if name == "lora" else [str(value)]
    return tuple(Path(file).expanduser() for file in files)
