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

from riptui.errors import RiptuiError, WeightsError
from riptui.inpainters.inpainter import JOINT_VARIANT, VARIANT_NOTE, WEIGHTS_NOTE
from riptui.inpainters.models import file_digests, single_file
from riptui.inpainters.models.checkpoint import Checkpoint
from riptui.inpainters.models.file_digests import FileState
from riptui.inpainters.models.model_parts import (
    ADAPTERS,
    FILE_PLACES,
    SINGLE_FILE,
    Parameters,
    find_vae_file,
    list_other_parts,
    list_parts,
    list_single_files,
    locate_place,
)
from riptui.inpainters.models.preflight import require_possible
from riptui.inpainters.models.weights_places import locate_weights, read_weights_file
from riptui.inpainters.parameters import ADDED_MODELS, PLACES

SHA256 = re.compile(r"\b[0-9a-f]{64}\b")

Identity = Mapping[str, str]
"""By part of the model ("unet", "vae", "lora"): the SHA-256 of its files; for several LoRAs, one after another."""


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
        """Whether a session that continues the one with these notes would load the same files of this model."""
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
        expected = header.path if header else self.checkpoint.folder
        return place == expected and file_digests.are_unchanged(self.states)

    def require_unchanged(self, model: str) -> None:
        """Raise WeightsError if something was changed while it was loaded. `model`: as the user named it."""
        if not self.is_unchanged:
            raise WeightsError(f"the files of {model} changed while they were loaded: run the command again")


def wants_joint_variant(notes: Mapping[str, str]) -> bool:
    """Whether the session with these notes chose one variant for all components, as older releases did."""
    if notes.get(VARIANT_NOTE) == JOINT_VARIANT:
        return True
    return "model" in notes and VARIANT_NOTE not in notes and not recorded_identity(notes)


def read_weights(parameters: Parameters, *, joint_variant: bool = False) -> Weights:
    """The weights that an inpainter with these parameters would load, with their digests (about 1 s per gigabyte the
    first time). joint_variant: as `inspect_checkpoint`. Raises WeightsError, InputError."""
    checkpoint, parts = list_parts(parameters, joint_variant)
    single_files = list_single_files(parameters, checkpoint)
    read = [path for paths in (*parts.values(), *single_files.values()) for path in paths]
    states = file_digests.file_states(read)
    with file_digests.explain_unreadable():
        identity = file_digests.content_digests(parts)
        for name, paths in single_files.items():
            identity[name] = " ".join(file_digests.file_sha256(path) for path in paths)
    return Weights(parameters, checkpoint, identity, states)


def require_places(parameters: Parameters) -> None:
    """Raise WeightsError or InputError if the files that these parameters name are not there, or cannot work together.

    Reads no weights.
    """
    if "weights" in parameters:
        locate_weights(str(parameters["weights"]))
        return
    if "model" not in parameters:
        list_other_parts("vae", parameters)
        return
    checkpoint, parts = list_parts(parameters)
    list_single_files(parameters, checkpoint)
    vae_folder = parts["vae"][0].parent if parameters.get("vae") and "vae" in parts else None
    require_possible(checkpoint, parameters, vae_folder)
    if path := find_vae_file(parameters):
        header = single_file.read_header(path, allow_pickle=bool(parameters.get("allow_pickle")))
        single_file.require_fitting_vae(header, checkpoint, str(parameters["model"]))


def list_absent_parts(parameters: Parameters) -> list[RiptuiError]:
    """The errors of parts that come from elsewhere than the model and are not there: another VAE, a LoRA, a prior."""
    errors = []
    for name in (*FILE_PLACES, "vae", *ADDED_MODELS):
        try:
            if parameters.get(name) and not (name == "vae" and find_vae_file(parameters)):
                list_other_parts(name, parameters)
        except RiptuiError as error:
            errors.append(error)
    return errors


def recorded_identity(notes: Mapping[str, str]) -> Identity:
    """The identity of the model in the record of a session; empty if it is of an older release."""
    found = {key.removeprefix(WEIGHTS_NOTE): value for key, value in notes.items() if key.startswith(WEIGHTS_NOTE)}
    return found | {key: " ".join(SHA256.findall(notes[key])) for key in ADAPTERS if found and key in notes}


def unlike_parts(recorded: Identity, found: Identity) -> list[str]:
    """The parts whose digests differ, among those that both have."""
    return [part for part, digest in recorded.items() if part in found and found[part] != digest]


def used_weights(parameters: Parameters, notes: Mapping[str, str]) -> bool:
    """Whether a session with these notes is known to have used the weights that these parameters name."""
    recorded = recorded_identity(notes)
    if "weights" in parameters:
        with suppress(RiptuiError):
            return recorded == {SINGLE_FILE: read_weights_file(str(parameters["weights"]))[0].sha256}
        return False
    if "model" not in parameters:
        with suppress(RiptuiError, OSError):
            return recorded == file_digests.content_digests(list_other_parts("vae", parameters))
        return False
    try:
        weights = read_weights(parameters, joint_variant=wants_joint_variant(notes))
    except RiptuiError:  # they are not on this machine: compare the commit that the parameters name
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
