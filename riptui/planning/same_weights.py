"""Finds the trajectory that a new spec would repeat: one computed with the same weights from another place."""

from contextlib import suppress
from pathlib import Path

import msgspec

from riptui import inpainters
from riptui.errors import RiptuiError
from riptui.inpainters import models
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.parameters import PLACES
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory


def find_same_weights(parent: Path, spec: Spec) -> Trajectory | None:
    """The trajectory in a picture's folder that has this spec but for the places of its weights, which are the same.

    None if there is none, if it was computed by a release that did not record its weights, or if there is one with
    exactly this spec as well.
    """
    found = None
    if not inpainters.find_inpainter(spec.inpainter).takes_record or not parent.is_dir():
        return None
    for path in sorted(parent.glob(f"m{spec.mask}-s{spec.seed}-*")):
        with suppress(RiptuiError, ImportError):
            trajectory = Trajectory(path)
            if trajectory.spec.digest == spec.digest:
                return None
            if found is None and without_places(trajectory.spec) == without_places(spec):
                sessions = trajectory.read_sessions()
                if sessions and models.identity.used_weights(spec.parameters, sessions[-1].notes):
                    found = trajectory
    return found


def without_places(spec: Spec) -> Spec:
    """The spec without the source's names and the places of weights, and with one name for all diffusion models."""
    parameters = {key: bool(value) if key in PLACES else value for key, value in spec.parameters.items()}
    parameters.pop("config", None)
    lora_weights = " ".join(str(lora.weight) for lora in read_loras(spec.parameters.get("lora")))
    return msgspec.structs.replace(
        spec,
        source_name="",
        source_sha256="0" * 64,
        inpainter=_name_of_kind(spec),
        parameters=parameters | {"revision": None, "lora": lora_weights},
    )


def _name_of_kind(spec: Spec) -> str:
    inpaints = "model" in spec.parameters and spec.inpainter != inpainters.TEXT_TO_IMAGE
    return inpainters.CUSTOM if inpaints else spec.inpainter
