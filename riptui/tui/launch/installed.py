"""Which inpainters are here. Asked of a process of its own: what can look at models imports more than the app may."""

import subprocess
import sys
from collections.abc import Sequence

import msgspec

from riptui.inpainters import CUSTOM, REGISTRY
from riptui.text.units import format_size

TIMEOUT_SECONDS = 60.0  # seconds
MODELS_COMMAND = (sys.executable, "-m", "riptui", "models", "--json")


class ListedModel(msgspec.Struct, frozen=True):
    """What `riptui models` says of a name."""

    name: str
    state: str
    size: int = 0
    """Bytes."""


def query_models(command: Sequence[str] = MODELS_COMMAND) -> dict[str, ListedModel]:
    """By name; nothing if it cannot be found out. Takes a second: for a thread."""
    try:
        completed = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS, check=True
        )
        return {model.name: model for model in msgspec.json.decode(completed.stdout, type=list[ListedModel])}
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def list_options(models: dict[str, ListedModel]) -> list[tuple[str, str]]:
    """The inpainters to choose from: a line about each, and its name."""
    return [(f"{name:<15}{_describe(name, models.get(name))}", name) for name in REGISTRY if name != CUSTOM]


def explain_unavailable(name: str, models: dict[str, ListedModel]) -> str:
    """Why an inpainter cannot start now; "" if nothing is known against it."""
    model = models.get(name)
    if model is None or model.state in ("here", "built in") or not REGISTRY[name].needs_weights:
        return ""
    if model.state == "unknown":
        return f"{name} needs the extra: pip install 'riptui[diffusion]'"
    return f"{name} is {'not here' if model.state == 'missing' else model.state}: riptui fetch {name}"


def _describe(name: str, model: ListedModel | None) -> str:
    if not REGISTRY[name].needs_weights:
        return REGISTRY[name].summary.removesuffix(".").rpartition(". ")[2]  # its last sentence, e.g. Fast, no weights
    if model is None:
        return "…"
    size = format_size(model.size)
    match model.state:
        case "here":
            return f"here, {size}"
        case "missing":
            return f"not here, {size} to fetch"
        case "incomplete":
            return f"incomplete, {size} in all"
        case _:
            return "needs riptui[diffusion]"
