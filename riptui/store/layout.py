"""The names in a runs folder. A folder with a spec.json is a trajectory; other folders are groups, at any depth."""

import re
import unicodedata

from riptui import inpainters
from riptui.errors import NameRefusedError
from riptui.spec import Spec

SPEC = "spec.json"
ORIGINAL = "original.png"
ROWS = "iterations.jsonl"
PATCHES = "patches.bin"
KEYFRAMES = "keyframes"
METRICS = "metrics.jsonl"
SQUARES = "squares.jsonl"
SESSIONS = "sessions.jsonl"
REQUEST = "request.json"
FAILED = "failed.json"
ATTEMPTS = "attempts.json"
LOG = "log.txt"
NEW_PREFIX = ".new-"
"""Prefix of a trajectory folder that is still being created."""

KEYFRAME_PATTERN = re.compile(r"[0-9]+\.png")
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def keyframe_name(k: int) -> str:
    return f"{k}.png"


def require_name(name: str) -> str:
    """Return the name of a group or trajectory. Raises NameRefusedError if it is not valid."""
    if not NAME_PATTERN.fullmatch(name):
        raise NameRefusedError(
            f"{name!r} is not a name: use 1 to 100 letters, digits, '.', '_' and '-', and begin with a letter or digit"
        )
    return name


def slugify(text: str) -> str:
    """The nearest valid name to a text, e.g. an image's file name: accents are dropped, the rest becomes '-'."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._]+", "-", ascii_text).strip("-._")
    return name[:100].rstrip("-._") or "picture"


def name_trajectory(spec: Spec) -> str:
    """The name of a trajectory: mask, seed, and every setting that is not the default, e.g. m128-s0-telea."""
    parts = [f"m{spec.mask}", f"s{spec.seed}"]
    defaults = inpainters.complete_parameters(spec.inpainter, {})
    changed = {key: value for key, value in spec.parameters.items() if value != defaults.get(key)}
    # a checkpoint of the user's: its name says more than "diffusion"
    model = str(changed.pop("model", "")).rpartition("/")[2]
    if spec.inpainter != inpainters.DEFAULT_INPAINTER:
        parts.append(model or spec.inpainter)
    parts += [f"{key}{value}" for key, value in changed.items()]
    if spec.order != "replacement":
        parts.append(spec.order)
    if spec.amount != 400:
        parts.append(f"a{spec.amount:.12g}")
    if spec.size != 512:
        parts.append(f"{spec.size}px")
    if spec.fit != "bands":
        parts.append(spec.fit)
    if not spec.paste:
        parts.append("no-paste")
    return slugify("-".join(parts))
