"""Which inpainters are here. Asked of a process of its own: what can look at models imports more than the app may."""

import subprocess
import sys
from collections.abc import Sequence

import msgspec

from riptui.inpainters import OWN, REGISTRY
from riptui.wording import sized

PATIENCE = 60.0  # seconds
COMMAND = (sys.executable, "-m", "riptui", "models", "--json")


class Found(msgspec.Struct, frozen=True):
    """What `riptui models` says of a name."""

    name: str
    state: str
    size: int = 0
    """Bytes."""


def look(command: Sequence[str] = COMMAND) -> dict[str, Found]:
    """By name; nothing if it cannot be found out. Takes a second: for a thread."""
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True)
        return {one.name: one for one in msgspec.json.decode(said.stdout, type=list[Found])}
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def named(found: dict[str, Found]) -> list[tuple[str, str]]:
    """The inpainters to choose from: a line about each, and its name."""
    return [(f"{name:<15}{_about(name, found.get(name))}", name) for name in REGISTRY if name != OWN]


def lack(name: str, found: dict[str, Found]) -> str:
    """Why an inpainter cannot start now; "" if nothing is known against it."""
    one = found.get(name)
    if one is None or one.state in ("here", "built in") or not REGISTRY[name].weights:
        return ""
    if one.state == "unknown":
        return f"{name} needs the extra: pip install 'riptui[diffusion]'"
    return f"{name} is {'not here' if one.state == 'missing' else one.state}: riptui fetch {name}"


def _about(name: str, found: Found | None) -> str:
    if not REGISTRY[name].weights:
        return REGISTRY[name].summary.removesuffix(".").rpartition(". ")[2]  # its last sentence, e.g. Fast, no weights
    if found is None:
        return "…"
    size = sized(found.size)
    match found.state:
        case "here":
            return f"here, {size}"
        case "missing":
            return f"not here, {size} to fetch"
        case "incomplete":
            return f"incomplete, {size} in all"
        case _:
            return "needs riptui[diffusion]"
