"""A VAE in a file of its own, as web UIs keep them. Imports no torch.

It is read with the configuration of the model that it is used with: it must have the same layers and latents.
"""

from __future__ import annotations

from riptui.errors import InputError
from riptui.inpainters.models import single_file
from riptui.inpainters.models.checkpoint import Checkpoint, read_json
from riptui.inpainters.models.single_file import FileHeader

LATENTS_LAYER = "decoder.conv_in.weight"
"""The layer, in all layouts, that takes the latents."""
LOADED_AS = "AutoencoderKL"


def find_prefix(header: FileHeader) -> str | None:
    """What the names of a file's VAE begin with, in a whole model or alone; None if it has no VAE."""
    prefixes = (*single_file.PREFIXES["vae"], "")
    return next((prefix for prefix in prefixes if f"{prefix}{LATENTS_LAYER}" in header.shapes), None)


def require_fit(header: FileHeader, checkpoint: Checkpoint, name: str) -> None:
    """Raise InputError if a file has no VAE, or one for other latents than a model's. `name`: the model's."""
    prefix = find_prefix(header)
    if prefix is None:
        raise InputError(f"{header.path} is not a VAE: {single_file.describe_content(header)}")
    if (kind := checkpoint.classes.get("vae", ("", ""))[1]) != LOADED_AS:
        raise InputError(f"{header.path}: {name} has a VAE of the kind {kind}, which riptui reads from a folder alone")
    found = header.shapes[f"{prefix}{LATENTS_LAYER}"][1]
    wanted = read_json(checkpoint.folder / "vae" / "config.json", name).get("latent_channels", 4)
    if found != wanted:
        raise InputError(f"the VAE {header.path} has {found} latent channels; {name} needs one with {wanted}")
