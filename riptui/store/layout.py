"""The names in a runs folder. A folder with a spec.json is a trajectory; other folders are groups, at any depth."""

import hashlib
import re
from collections.abc import Iterable

from riptui import inpainters
from riptui.inpainters.parameters import ADDED_MODELS, shorten
from riptui.spec import Spec
from riptui.store.names import older_slug, slugify

SPEC = "spec.json"
ORIGINAL = "original.png"
ROWS = "iterations.jsonl"
PATCHES = "patches.bin"
KEYFRAMES = "keyframes"
METRICS = "metrics.jsonl"
SQUARES = "squares.jsonl"
REPAINTS = "repaints.jsonl"
PROFILES = "profiles.jsonl"
SESSIONS = "sessions.jsonl"
REQUEST = "request.json"
FAILED = "failed.json"
ATTEMPTS = "attempts.json"
LOG = "log.txt"
ANNOTATIONS = "annotations.json"
NEW_PREFIX = ".new-"
"""Prefix of a trajectory folder that is still being created."""

FEATURES_PREFIX = "features-"
FEATURES_PATTERN = re.compile(r"features-[a-z0-9][a-z0-9.-]{0,72}\.npz")

KEYFRAME_PATTERN = re.compile(r"[0-9]+\.png")


def keyframe_name(k: int) -> str:
    return f"{k}.png"


def features_name(extractor: str) -> str:
    """The file with the vectors of an extractor: features-clip.npz, features-clip-1a2b3c4d.npz with a chosen model."""
    base, _, model = extractor.partition(":")
    chosen = f"-{hashlib.sha256(model.encode()).hexdigest()[:8]}" if model else ""
    return f"{FEATURES_PREFIX}{base}{chosen}.npz"


def feature_files(names: Iterable[str]) -> list[str]:
    """Those of a folder's files that have vectors, sorted."""
    return sorted(name for name in names if FEATURES_PATTERN.fullmatch(name))


def name_trajectory(spec: Spec) -> str:
    """The name of a trajectory: mask, seed, and every setting that is not the default, e.g. m128-s0-telea."""
    return slugify(_describe(spec))


def name_trajectory_as_older(spec: Spec) -> str:
    """The name that releases gave it whose names had ASCII letters only."""
    return older_slug(_describe(spec))


def _describe(spec: Spec) -> str:
    parts = [spec.order if spec.masks else f"m{spec.mask}", f"s{spec.seed}"]
    defaults = inpainters.complete_parameters(spec.inpainter, {})
    changed = {key: value for key, value in spec.parameters.items() if value != defaults.get(key)}
    # a checkpoint of the user's: its name says more than "diffusion"
    has_model = "model" in spec.parameters
    model = str(changed.pop("model" if has_model else "vae", "")).rpartition("/")[2]
    model = model.removesuffix(".safetensors").removesuffix(".ckpt")
    changed.pop("config", None)  # a path
    changed |= {key: str(changed[key]).rpartition("/")[2] for key in ADDED_MODELS if key in changed}
    if spec.inpainter == inpainters.TEXT_TO_IMAGE:
        changed.pop("prompt", None)  # the name of the folder
    is_server = inpainters.find_inpainter(spec.inpainter).is_server  # lama of a server is another than lama
    if has_model and model and not is_server:
        parts.append(model)
    elif spec.inpainter != inpainters.DEFAULT_INPAINTER:
        parts += [spec.inpainter, *filter(None, [model])]
    parts += [f"{key}{shorten(value)}" for key, value in changed.items()]
    if spec.order != "replacement" and not spec.masks:
        parts.append(spec.order)
    if spec.amount != (100 if spec.inpainter == inpainters.TEXT_TO_IMAGE else 400):
        parts.append(f"a{spec.amount:.12g}")
    if spec.size != 512:
        parts.append(f"{spec.size}px")
    if spec.fit != "bands":
        parts.append(spec.fit)
    parts += spec.interventions
    return "-".join(parts)
