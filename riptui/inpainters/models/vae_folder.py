"""The files of an autoencoder that is used alone, without the rest of a model. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import InputError
from riptui.inpainters.models import file_digests, locate
from riptui.inpainters.models.file_digests import ReadFiles
from riptui.inpainters.models.identity import recorded_identity, unlike_parts
from riptui.inpainters.models.model_parts import Parameters, has_vae_file, locate_vae
from riptui.inpainters.models.moved_weights import find_moved

VAE_PART = "vae"


@dataclass(frozen=True)
class VaeFolder(ReadFiles):
    """A VAE's folder as it was when it was read."""

    name: str
    """The hub id or path by which it can be loaded again."""

    @property
    def place(self) -> str:
        """Where it is, for the record of a session: the commit of the hub's repository, or the folder."""
        whole = self.path.parent if (self.path.parent / locate.MODEL_INDEX).is_file() else self.path
        return locate.snapshot_commit(whole) or str(self.path)


def require_vae(parameters: Parameters) -> tuple[Path, ...]:
    """The files of the VAE that the parameters name. Raises InputError, WeightsError."""
    if has_vae_file(parameters):
        raise InputError(
            f"{parameters['vae']}: a single file does not say how its VAE is built; give the folder of a VAE or of a "
            "model in diffusers' layout, or its hub id"
        )
    return locate_vae(str(parameters["vae"]), bool(parameters.get("allow_pickle")))


def read_vae(parameters: Parameters, notes: Mapping[str, str]) -> tuple[VaeFolder, list[str]]:
    """The VAE to load, and messages for the user. notes: of the session that ran the trajectory last; a folder that is
    gone is looked for by them. Raises InputError, WeightsError."""
    recorded = recorded_identity(notes)
    found = find_moved(parameters, recorded)
    name, notices = str(found["vae"]), list[str]()
    if name != parameters["vae"]:
        notices.append(f"{parameters['vae']} is gone; {name} is used, which has the same content")
    paths = require_vae(found)
    states = file_digests.file_states(paths)
    with file_digests.explain_unreadable():
        digest = file_digests.content_sha256(paths)
    if unlike_parts(recorded, {VAE_PART: digest}):
        notices.append(f"{name} has changed since the last session")
    return VaeFolder(paths[0].parent, digest, states, name), notices
