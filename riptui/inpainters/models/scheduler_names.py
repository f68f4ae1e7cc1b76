"""The schedulers by the names that people use. Imports neither torch nor diffusers."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from riptui.errors import InputError

KNOWN_NAMES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "eulera": ("EulerAncestralDiscrete", {}),
    "lms": ("LMSDiscrete", {}),
    "dpm2": ("KDPM2Discrete", {}),
    "dpm2a": ("KDPM2AncestralDiscrete", {}),
    "dpm++2m": ("DPMSolverMultistep", {}),
    "dpm++2msde": ("DPMSolverMultistep", {"algorithm_type": "sde-dpmsolver++"}),
    "dpm++2s": ("DPMSolverSinglestep", {}),
    "dpm++sde": ("DPMSolverSDE", {}),
    "deis": ("DEISMultistep", {}),
    "unipc": ("UniPCMultistep", {}),
    "plms": ("PNDM", {}),
}
"""The names of AUTOMATIC1111's web UI that are not those of diffusers; lower case, without spaces."""

SIGMAS = ("karras", "exponential", "beta")
"""Spacings of the noise levels, as the last word of a name: "DPM++ 2M Karras"."""

COMPATIBLE = "KarrasDiffusionSchedulers"
"""Where diffusers lists the schedulers of Stable Diffusion, which can take each other's place."""


@dataclass(frozen=True)
class SchedulerChoice:
    """What a scheduler's name stands for."""

    kind: str
    """The name of a class."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the class that the name implies, without the spacing."""
    sigmas: str = ""
    """One of SIGMAS, or "" for the checkpoint's own."""

    @property
    def sigmas_setting(self) -> str:
        return f"use_{self.sigmas}_sigmas"


def find_scheduler(name: str, kinds: Iterable[str], own: str = "") -> SchedulerChoice:
    """The class among `kinds` that a name stands for, and its settings.

    name: as in diffusers, with or without "Scheduler" and "Discrete", or as in AUTOMATIC1111's web UI, in any case; it
    may end with karras, exponential or beta. own: the checkpoint's class, for the message.
    Raises InputError with the compatible ones.
    """
    words = name.split()
    sigmas = words.pop().lower() if len(words) > 1 and words[-1].lower() in SIGMAS else ""
    plain, options = KNOWN_NAMES.get(_simplify("".join(words)), ("".join(words), {}))
    by_name = {_simplify(kind): kind for kind in kinds}
    kind = by_name.get(_simplify(plain))
    if kind is None:
        close = difflib.get_close_matches(_simplify(plain), by_name, n=1)
        hint = f" Did you mean {by_name[close[0]].removesuffix('Scheduler')}?" if close else ""
        known = ", ".join(sorted(by_name.values())) or own
        raise InputError(f"no scheduler {name} fits this checkpoint.{hint} Available: {known}")
    return SchedulerChoice(kind, options, sigmas)


def require_sigmas(choice: SchedulerChoice, settings: Iterable[str]) -> None:
    """Raise InputError unless a class with these settings has the spacing that was asked for."""
    if choice.sigmas and choice.sigmas_setting not in settings:
        raise InputError(f"{choice.kind} has no {choice.sigmas} sigmas")


def require_scheduler(name: str, own: str) -> None:
    """Raise InputError if no scheduler that can replace `own`, the class of a checkpoint's, has this name.

    Reads the sources of diffusers, since importing it takes seconds. Where they do not show it, nothing is refused.
    """
    kinds = _list_compatible(own)
    if not kinds:
        return
    choice = find_scheduler(name, kinds, own)
    if kind := _find_class(choice.kind):
        require_sigmas(choice, {node.arg for node in ast.walk(kind) if isinstance(node, ast.arg)})


def _list_compatible(own: str) -> list[str]:
    """The schedulers that can replace one, with itself; [] if the sources do not show it."""
    compatible = _assignments(own).get("_compatibles", "")
    others = [*_assignments(COMPATIBLE)] if COMPATIBLE in compatible else []
    return [own, *others] if others or compatible == "[]" else []


def _assignments(name: str) -> dict[str, str]:
    """The assignments in the body of a class: names to expressions, as text."""
    found = _find_class(name)
    nodes = [node for node in found.body if isinstance(node, ast.Assign)] if found else []
    return {ast.unparse(node.targets[0]): ast.unparse(node.value) for node in nodes}


@cache
def _find_class(name: str) -> ast.ClassDef | None:
    """The source of a class of the installed diffusers' schedulers; None if it is not found."""
    package = find_spec("diffusers")
    for file in (Path(package.origin).parent / "schedulers").glob("*.py") if package and package.origin else ():
        if f"\nclass {name}(" in (text := file.read_text(encoding="utf-8")):
            nodes = ast.parse(text).body
            return next(node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name)
    return None


def _simplify(name: str) -> str:
    return re.sub(r"[\s_-]|scheduler$|discrete(?=scheduler$|$)", "", name.lower())
