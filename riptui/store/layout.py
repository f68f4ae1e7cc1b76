"""The names in a runs folder. A folder with a spec.json is a trajectory; other folders are groups, at any depth."""

import hashlib
import re
from collections.abc import Iterable

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
    """Those of a folder's files that hold feature vectors, sorted."""
    return sorted(name for name in names if FEATURES_PATTERN.fullmatch(name))
