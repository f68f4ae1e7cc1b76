"""The inpainters by name, and the one convention they are called by. Imports none of them.

An inpainter fills masks and may return anything outside them: the recursion pastes. Its own quirks (value ranges,
channel order, mask polarity) stay in its file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from riptui.errors import InputError, MissingExtraError

if TYPE_CHECKING:  # NumPy and jaxtyping take 120 ms to import, and the names alone need neither
    from riptui.arrays import Images, Masks
    from riptui.spec import Parameter

DEFAULT = "navier-stokes"

OnStep = Callable[[int, int], None]
"""Called as `on_step(step, steps)` after each denoising step, where there are any. It may raise to stop."""


class Inpainter(Protocol):
    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """Repaint each image where its mask is True.

        `seeds[i]` decides all of image i's noise, so that a batch gives what single calls give. The images come back
        in the same shape, uint8; what they hold outside the masks does not matter.
        """
        ...


@dataclass(frozen=True)
class Entry:
    """What is known of an inpainter before it is imported."""

    target: str
    """`module:factory`; the factory takes the parameters by name and returns an Inpainter."""
    summary: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """Names and defaults of all that can be set."""
    extra: str | None = None
    """The extra that installs what it imports; None: the base install does."""
    distributions: tuple[str, ...] = ()
    """Packages whose versions decide the pixels; recorded with every session."""


REGISTRY: dict[str, Entry] = {
    "navier-stokes": Entry(
        "riptui.inpainters.opencv:navier_stokes",
        "OpenCV, Bertalmio et al. 2001: continues isophotes into the square. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
    ),
    "telea": Entry(
        "riptui.inpainters.opencv:telea",
        "OpenCV, Telea 2004: fast marching from the border inwards. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
    ),
    "biharmonic": Entry(
        "riptui.inpainters.biharmonic:biharmonic",
        "scikit-image, Damelin & Hoang 2018: the smoothest surface through the border. Slow, no weights.",
        distributions=("scikit-image", "scipy"),
    ),
    "identity": Entry(
        "riptui.inpainters.references:identity",
        "Changes nothing. A reference: every distance stays 0.",
    ),
    "noise": Entry(
        "riptui.inpainters.references:noise",
        "Uniform noise from the seed. A reference: the farthest a trajectory can drift.",
        distributions=("numpy",),
    ),
}


def entry(name: str) -> Entry:
    """Look a name up. Raises InputError with the known names."""
    try:
        return REGISTRY[name]
    except KeyError:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InputError(f"no inpainter is called {name}.{hint} Known: {', '.join(REGISTRY)}") from None


def complete(name: str, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """All parameters of an inpainter: what is given, and the defaults of the rest.

    Raises InputError for an unknown parameter or a value of another type than its default's.
    """
    defaults = entry(name).parameters
    for key, value in given.items():
        if key not in defaults:
            known = ", ".join(defaults) or "none"
            raise InputError(f"{name} has no parameter {key}. Known: {known}")
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 100:
            raise InputError(f"{name}'s {key} is {value!r}; it must be a number above 0 and at most 100")
    return {**defaults, **given}


def load(name: str, parameters: Mapping[str, Parameter]) -> Inpainter:
    """Import and build an inpainter. Raises InputError, MissingExtraError."""
    module, _, factory = entry(name).target.partition(":")
    try:
        built: Inpainter = getattr(import_module(module), factory)(**complete(name, parameters))
    except ModuleNotFoundError as error:
        if (extra := entry(name).extra) is None:
            raise
        raise MissingExtraError(f"the inpainter {name}", error.name or module, extra) from error
    return built
