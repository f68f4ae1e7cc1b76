"""The identity of a model: digests of all files that decide its pixels. Imports no torch.

A model is what its files say, wherever they are: the same path may hold other weights tomorrow, and the same weights
may be found at another mount point, or in a folder instead of the hub's cache.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.inpainters import catalogue, file_digests, locate, single_file
from riptui.inpainters.checkpoint import Checkpoint, require_component
from riptui.inpainters.file_digests import FileState
from riptui.inpainters.inpainter import WEIGHTS_NOTE
from riptui.inpainters.model_names import is_single_file
from riptui.inpainters.model_places import find_checkpoint, locate_place
from riptui.inpainters.parameters import PLACES

if TYPE_CHECKING:
    from riptui.spec import ParameterValue

Parameters = Mapping[str, "ParameterValue"]

ADAPTERS = ("lora", "embedding")
MODEL_PLACES = ("model", "revision", "config")
SINGLE_FILE = "file"
"""The part of an identity that is the single file with the weights. The digest is the file's own SHA-256."""
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
    weights = read_weights(found)
    if unlike := unlike_parts(recorded, weights.identity):
        notices.append(f"{parameters['model']} has changed since the last session: {', '.join(unlike)}")
    return weights, notices


def read_weights(parameters: Parameters) -> Weights:
    """The weights that an inpainter with these parameters would load. Raises WeightsError, InputError."""
    allow_pickle = bool(parameters.get("allow_pickle"))
    checkpoint = find_checkpoint(parameters)
    vae = parameters.get("vae")
    parts: dict[str, tuple[Path, ...]] = {"model_index": (checkpoint.folder / locate.MODEL_INDEX,)}
    parts |= {name: files.paths for name, files in checkpoint.components.items() if name != "vae" or not vae}
    if vae:
        parts["vae"] = _locate_vae(str(vae), allow_pickle)
    adapters = {name: _adapter_paths(parameters[name]) for name in ADAPTERS if parameters.get(name)}
    read = [path for paths in (*parts.values(), *adapters.values()) for path in paths]
    read += [checkpoint.header.path] if checkpoint.header else []
    states = {path: file_digests.file_state(path) for path in read}
    try:
        identity = {name: file_digests.content_sha256(paths) for name, paths in parts.items()}
        if checkpoint.header:
            identity[SINGLE_FILE] = file_digests.file_sha256(checkpoint.header.path)
        for name, paths in adapters.items():
            identity[name] = " ".join(file_digests.file_sha256(path) for path in paths)
    except OSError as error:
        raise WeightsError(f"{error.filename} cannot be read: {error.strerror}") from error
    return Weights(parameters, checkpoint, identity, states)


def require_places(parameters: Parameters) -> None:
    """Raise WeightsError or InputError if the files that these parameters name are not there. Reads no weights."""
    find_checkpoint(parameters)
    if vae := parameters.get("vae"):
        _locate_vae(str(vae), bool(parameters.get("allow_pickle")))
    for name in ADAPTERS:
        if parameters.get(name):
            _adapter_paths(parameters[name])


def recorded_identity(notes: Mapping[str, str]) -> Identity:
    """The identity of the model in the record of a session; empty if it is of an older release."""
    found = {key.removeprefix(WEIGHTS_NOTE): value for key, value in notes.items() if key.startswith(WEIGHTS_NOTE)}
    return found | {key: " ".join(SHA256.findall(notes[key])) for key in ADAPTERS if found and key in notes}


def unlike_parts(recorded: Identity, found: Identity) -> list[str]:
    """The parts that differ, among those that both have."""
    return [part for part, digest in recorded.items() if part in found and found[part] != digest]


def has_weights(parameters: Parameters, notes: Mapping[str, str]) -> bool:
    """Whether a session with these notes is known to have used the weights that these parameters name."""
    recorded = recorded_identity(notes)
    with suppress(RiptuiError):
        return bool(recorded) and recorded == read_weights(parameters).identity
    return False


def read_place(text: str) -> Identity:
    """The identity of what a user names: a model as in `catalogue.resolve_model`, a VAE's folder, a file.

    A file may be a model, a LoRA or an embedding; only those parts that a session has recorded count.

    Raises WeightsError, InputError.
    """
    path = Path(text).expanduser()
    if path.is_file() and path.name != locate.MODEL_INDEX:
        return dict.fromkeys((*ADAPTERS, SINGLE_FILE), file_digests.file_sha256(path))
    if (path / locate.MODEL_INDEX).is_file() or not (path / "config.json").is_file():
        return read_weights({"model": text, "allow_pickle": True}).identity
    return {"vae": file_digests.content_sha256(_locate_vae(str(path.absolute()), allow_pickle=True))}


def find_moved(parameters: Parameters, recorded: Identity) -> dict[str, ParameterValue]:
    """These parameters, with the places of files that are gone replaced by those where the recorded ones are now.

    The places that this machine has read weights from are tried. What cannot be found stays.
    """
    moved = dict(parameters)
    if not recorded:
        return moved
    for name, is_there in PLACE_CHECKS.items():
        if not moved.get(name) or is_there(moved):
            continue
        for place in _known_places(name):
            candidate = {**moved, name: str(place)} | ({"revision": None} if name == "model" else {})
            if _fits(candidate, name, recorded):
                moved = candidate
                break
    return moved


def _fits(parameters: Parameters, name: str, recorded: Identity) -> bool:
    """Whether what is at one of the places is what is recorded. The other places may be gone as well."""
    alone = {key: value for key, value in parameters.items() if key not in PLACES or key in MODEL_PLACES}
    with suppress(RiptuiError, OSError):
        if name == "model":
            found = dict(read_weights(alone).identity)
            if parameters.get("vae"):
                del found["vae"]
            return all(recorded.get(part) == digest for part, digest in found.items())
        if name == "vae":
            paths = _locate_vae(str(parameters["vae"]), bool(parameters.get("allow_pickle")))
            return recorded.get("vae") == file_digests.content_sha256(paths)
        return recorded.get(name) == " ".join(map(file_digests.file_sha256, _adapter_paths(parameters[name])))
    return False


def _known_places(name: str) -> Iterator[Path]:
    """Where a model, a VAE or a file may be now, newest knowledge first."""
    seen = dict.fromkeys(
        {"model": path.parent.parent, "vae": path.parent}.get(name, path)
        for path in reversed(file_digests.known_files())
    )
    marker = {"model": locate.MODEL_INDEX, "vae": "config.json"}.get(name, "")
    yield from (place for place in seen if (place / marker).is_file())
    if name == "model":
        yield from (path for path in file_digests.known_files() if is_single_file(path.name) and path.is_file())


def _locate_vae(vae: str, allow_pickle: bool) -> tuple[Path, ...]:
    ref = catalogue.resolve_model(vae)
    folder = locate.locate_model(ref.model, ref.revision, file="config.json")
    return require_component(folder, vae, locate.repair_hint(ref.model, ref.revision), allow_pickle).paths


def _adapter_paths(value: ParameterValue) -> tuple[Path, ...]:
    path = Path(str(value)).expanduser()
    if not path.is_file():
        raise InputError(f"no such file: {value}")
    return (path,)


def _has_adapter(name: str, parameters: Parameters) -> bool:
    with suppress(InputError):
        return bool(_adapter_paths(parameters[name]))
    return False


def _has_model(parameters: Parameters) -> bool:
    with suppress(RiptuiError):
        return locate_place(parameters).exists()
    return False


def _has_vae(parameters: Parameters) -> bool:
    with suppress(RiptuiError):
        return bool(_locate_vae(str(parameters["vae"]), allow_pickle=True))
    return False


PLACE_CHECKS: Mapping[str, Callable[[Parameters], bool]] = {
    "model": _has_model,
    "vae": _has_vae,
    **{name: partial(_has_adapter, name) for name in ADAPTERS},
}
"""By parameter: whether its files are where it says."""
