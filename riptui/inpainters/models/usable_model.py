"""Whether the parameters of a diffusion model can name one, before anything is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from riptui.errors import InputError
from riptui.inpainters.models.catalogue import is_on_hub, resolve_model
from riptui.inpainters.models.lora_list import read_loras

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue


def require_usable_model(name: str, parameters: Mapping[str, ParameterValue]) -> None:
    """Raise InputError if no model is named, or by a name that can be none."""
    if parameters.get("model") == "":
        raise InputError(f"{name} needs a model: --set model=org/name, or give the model itself as the inpainter")
    for key in ("model", "vae", "config"):
        if isinstance(model := parameters.get(key), str):
            resolve_model(model)
    for lora in read_loras(parameters.get("lora")):
        is_on_hub(lora.file)
