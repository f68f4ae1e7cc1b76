"""The weights of feature extractors, and whether they are on this machine. Downloads nothing, imports no torch."""

from pathlib import Path

from riptui.errors import RiptuiError, WeightsError
from riptui.extras import importing
from riptui.features.registry import find_extractor
from riptui.inpainters import models
from riptui.inpainters.models import catalogue
from riptui.inpainters.models.catalogue import ModelRef
from riptui.remote_file import RemoteFile
from riptui.text.units import format_size
from riptui.torch_cache import CachedFile

CONFIG = "config.json"

NETWORK_FILES: dict[str, CachedFile] = {
    "inception": CachedFile(
        RemoteFile(
            "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
            "6726825d",
            95_700_000,
        ),
        "inception",
        "the features inception need the weights of FID's network",
    ),
    "inception-torchvision": CachedFile(
        RemoteFile(
            "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
            "0cc3c7bd",
            109_000_000,
        ),
        "inception-torchvision",
        "the features inception-torchvision need torchvision's weights",
    ),
}
"""By the extractor's name. URLs and hashes are those in the networks' packages, torch-fidelity and torchvision."""


def require_model(name: str) -> None:
    """Raise WeightsError or InputError unless the weights of an extractor, NAME or NAME:MODEL, are on this machine.

    Also raises MissingExtraError and BrokenExtraError, for the client of the hub.
    """
    if file := NETWORK_FILES.get(name):
        file.require_installed()
    elif chosen_model(name):
        locate_model_folder(name)


def locate_model_folder(name: str) -> tuple[Path, ModelRef]:
    """The folder of the model that an extractor, NAME or NAME:MODEL, loads, and its id. Raises as `require_model`."""
    with importing(f"features of {name}", "diffusion"):
        locate_model = models.locate.locate_model  # imports the client of the hub
    ref = catalogue.resolve_model(chosen_model(name), short_names=False)
    try:
        return locate_model(ref.model, ref.revision, file=CONFIG), ref
    except WeightsError as error:
        if ":" in name:
            raise
        size = format_size(find_extractor(name).size)
        raise WeightsError(
            f"the features {name} need {ref.model} ({size}), which is not on this machine; fetch it with: riptui fetch "
            f"{name}, or name a folder: {name}:PATH"
        ) from error


def chosen_model(name: str) -> str:
    """The model of an extractor, NAME or NAME:MODEL: a hub id or a folder; "" if it has no choice of models."""
    return name.partition(":")[2] or find_extractor(name).model


def explain_missing_weights(name: str) -> str:
    """Why the weights of an extractor, NAME or NAME:MODEL, cannot be used; "" if they can, or if it needs none."""
    try:
        require_model(name)
    except RiptuiError as error:
        return str(error)
    return ""
