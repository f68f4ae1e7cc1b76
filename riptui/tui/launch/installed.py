"""Which inpainters are installed, from a `riptui models` process: the check imports more than the app may."""

import subprocess
from collections.abc import Sequence

import msgspec

from riptui.inpainters import CUSTOM, REGISTRY, TEXT_TO_IMAGE
from riptui.inpainters.registry import fetch_name
from riptui.supervision import client
from riptui.text.units import format_size

TIMEOUT_SECONDS = 60.0
MODELS_COMMAND = (*client.COMMAND, "models", "--json")


class ListedModel(msgspec.Struct, frozen=True):
    """An entry of `riptui models --json`."""

    name: str
    state: str
    size: int = 0  # bytes


NOT_OFFERED = (TEXT_TO_IMAGE, "autoencoder", "img2img", "comfyui")
"""Those that need what the form has no field for: a VAE, a prompt alone, a model of no square, a workflow."""
ANY_MODEL = "a folder, a file, or a hub id"


def query_models(command: Sequence[str] = MODELS_COMMAND) -> dict[str, ListedModel]:
    """The models by name; empty if the command fails. Takes a second: for a thread."""
    try:
        completed = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS, check=True
        )
        return {model.name: model for model in msgspec.json.decode(completed.stdout, type=list[ListedModel])}
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def list_options(models: dict[str, ListedModel]) -> list[tuple[str, str]]:
    """The options of the inpainter field: label and name."""
    offered = [name for name in REGISTRY if name not in NOT_OFFERED]
    return [(f"{name:<18}{_describe(name, models.get(fetch_name(name)))}", name) for name in offered]


def explain_unavailable(name: str, models: dict[str, ListedModel]) -> str:
    """Why an inpainter cannot be used now; "" if it can, or the models are not known yet."""
    model, info = models.get(fetch_name(name)), REGISTRY[name]
    if model is None or model.state in ("here", "built in") or not (info.needs_weights or info.is_server):
        return ""
    if model.state == "unknown":
        return f"{name} needs an extra: pip install 'riptui[{info.extra}]'"
    if info.is_server:
        return f"{name} has no server: set url in [servers.{name}] of your settings: riptui config edit"
    return f"{name} is {'not installed' if model.state == 'missing' else model.state}: riptui fetch {fetch_name(name)}"


def _describe(name: str, model: ListedModel | None) -> str:
    if REGISTRY[name].is_server:
        state = model.state if model else "here"
        needs = {"missing": "; no URL in the settings", "unknown": f"; needs riptui[{REGISTRY[name].extra}]"}
        return f"a server{needs.get(state, '')}"
    if name == CUSTOM:
        return ANY_MODEL
    if not REGISTRY[name].needs_weights:
        return REGISTRY[name].summary.removesuffix(".").rpartition(". ")[2]  # its last sentence, e.g. Fast, no weights
    if model is None:
        return "…"
    size = format_size(model.size)
    match model.state:
        case "here":
            return f"installed, {size}"
        case "missing":
            return f"not installed, {size} to fetch"
        case "incomplete":
            return f"incomplete, {size} in total"
        case _:
            return f"needs riptui[{REGISTRY[name].extra}]"
