"""Whether the weights of a feature extractor are on this machine. Downloads nothing, imports no torch."""

from riptui.errors import RiptuiError
from riptui.extras import importing
from riptui.features.network_files import NETWORK_FILES
from riptui.features.registry import find_extractor

CONFIG = "config.json"


def require_model(name: str) -> None:
    """Raise WeightsError or InputError unless the weights of an extractor, NAME or NAME:MODEL, are there."""
    if file := NETWORK_FILES.get(name):
        file.require_installed()
    elif model := chosen_model(name):
        with importing(f"features of {name}", "diffusion"):
            from riptui.inpainters.models import catalogue, locate  # the client of the hub

        ref = catalogue.resolve_model(model)
        locate.locate_model(ref.model, ref.revision, file=CONFIG)


def chosen_model(name: str) -> str:
    """The model that an extractor, NAME or NAME:MODEL, loads; "" if it has no choice of models."""
    return name.partition(":")[2] or find_extractor(name).model


def explain_missing_weights(name: str) -> str:
    """Why an extractor has no weights; "" if it has them, or needs none."""
    try:
        require_model(name)
    except RiptuiError as error:
        return str(error)
    return ""
