"""The inpainters by name, and the one convention they are called by. Imports none of them.

An inpainter fills masks and may return anything outside them: the recursion pastes. Its own quirks (value ranges,
channel order, mask polarity) stay in its file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

from riptui.errors import InputError, MissingExtraError
from riptui.inpainters.catalogue import MODELS, is_folder, named
from riptui.inpainters.rules import File, ModelName, Number, Rule, Switch, Text

if TYPE_CHECKING:  # NumPy and jaxtyping take 120 ms to import, and the names alone need neither
    from riptui.arrays import Images, Masks
    from riptui.spec import Parameter

DEFAULT = "navier-stokes"

OnStep = Callable[[int, int], None]
"""Called as `on_step(step, steps)` after each denoising step, where there are any. It may raise to stop."""

Compile = Literal["auto", "on", "off"]
"""Whether a network is compiled before it is used; auto: where that pays."""


class Inpainter(Protocol):
    """It may also have `device`, a text, and `notes`, a dict of what decides its pixels beyond the spec, for the record
    of the session; and `room(size)`: how many images of that size fit into the device's free memory at once, None if
    that is unknown.

    Raises DeviceMemoryError if the images are too many for the device's memory, and whatever `on_step` raises.
    """

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
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """What each parameter may be."""
    grid: int = 1
    """px; masks must lie on multiples of it."""
    weights: bool = False
    """Whether it needs a checkpoint, which may have to be fetched, and knows devices."""


def _model(summary: str, **defaults: Parameter) -> Entry:
    """A diffusion model. A default of None: as the checkpoint or its pipeline has it."""
    usual: dict[str, Parameter] = {"model": "", "revision": None, "dtype": "auto", "scheduler": None, "steps": 50}
    usual |= {"guidance": None, "strength": 1.0, "prompt": "", "negative_prompt": "", "embedding": None, "lora": None}
    usual |= {"vae": None, "allow_pickle": False}
    return Entry(
        "riptui.inpainters.diffusion:diffusion",
        summary,
        usual | defaults,
        extra="diffusion",
        distributions=("diffusers", "torch", "transformers"),
        rules=DIFFUSION_RULES,
        grid=8,
        weights=True,
    )


RADIUS = {"radius": Number(0, 100)}
DIFFUSION_RULES: dict[str, Rule] = {
    "model": ModelName(),
    "revision": Text(optional=True, empty=False),
    "dtype": Text(("auto", "float32", "float16", "bfloat16")),
    "scheduler": Text(optional=True, empty=False),
    "steps": Number(0, 1000, whole=True),
    "guidance": Number(0, 100, optional=True),
    "strength": Number(0, 1),
    "prompt": Text(),
    "negative_prompt": Text(optional=True),
    "embedding": File(),
    "lora": File(),
    "vae": ModelName(optional=True),
    "allow_pickle": Switch(),
}

OWN = "diffusion"
"""The inpainter that stands for any checkpoint by its hub id or its folder."""

REGISTRY: dict[str, Entry] = {
    "navier-stokes": Entry(
        "riptui.inpainters.opencv:navier_stokes",
        "OpenCV, Bertalmio et al. 2001: continues isophotes into the square. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
        rules=RADIUS,
    ),
    "telea": Entry(
        "riptui.inpainters.opencv:telea",
        "OpenCV, Telea 2004: fast marching from the border inwards. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
        rules=RADIUS,
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
REGISTRY |= {
    name: _model(
        model.title,
        model=model.repository,
        revision=model.revision,
        steps=model.steps,
        guidance=model.guidance,
        strength=model.strength,
    )
    for name, model in MODELS.items()
}
REGISTRY[OWN] = _model("Any checkpoint that diffusers inpaints with, by model=org/name or a folder.")


@dataclass(frozen=True)
class Choice:
    """An inpainter as somebody named it."""

    name: str
    """In the registry."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """What the name itself says of them."""
    notice: str = ""
    """What the user should know of what was made of the name."""


def choose(text: str) -> Choice:
    """Read an inpainter's name: one of the registry, a hub id such as org/name@revision, or a folder such as ./name.

    Raises InputError.
    """
    if text in REGISTRY or not ("/" in text or is_folder(text)):
        entry(text)
        return Choice(text)
    checkpoint = named(text)
    if checkpoint.name is not None:
        return Choice(checkpoint.name, {"revision": checkpoint.revision}, checkpoint.notice)
    return Choice(OWN, {"model": checkpoint.model, "revision": checkpoint.revision}, checkpoint.notice)


def entry(name: str) -> Entry:
    """Look a name up. Raises InputError with the known names."""
    try:
        return REGISTRY[name]
    except KeyError:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InputError(f"no inpainter is called {name}.{hint} Known: {', '.join(REGISTRY)}") from None


def read(name: str, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Parameters as they were typed, in the types that the inpainter wants. What is wrong is left for `complete`."""
    rules = entry(name).rules
    return {
        key: rules[key].read(value) if key in rules and isinstance(value, str) else value
        for key, value in given.items()
    }


def complete(name: str, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """All parameters of an inpainter: what is given, and the defaults of the rest.

    Raises InputError for an unknown parameter or a value that its rule does not admit.
    """
    known = entry(name)
    for key, value in given.items():
        if key not in known.parameters:
            raise InputError(f"{name} has no parameter {key}. Known: {', '.join(known.parameters) or 'none'}")
        if not known.rules[key].admits(value):
            raise InputError(f"{name}'s {key} is {value!r}; it must be {known.rules[key].wanted}")
    return {**known.parameters, **given}


def require_usable(name: str, parameters: Mapping[str, Parameter], mask: int) -> None:
    """Raise InputError for what can be known to fail before anything is imported: no model, or squares off its grid."""
    if parameters.get("model") == "":
        raise InputError(f"{name} needs a model: --set model=org/name, or name the model itself as the inpainter")
    if mask % (grid := entry(name).grid):
        raise InputError(f"mask {mask} px: {name} needs squares on multiples of {grid} px")


def load(
    name: str,
    parameters: Mapping[str, Parameter],
    *,
    device: str = "",
    compile: Compile = "auto",
    deterministic: bool = False,
) -> Inpainter:
    """Import and build an inpainter. The last three are for those with weights, which know devices.

    device: cpu, cuda, cuda:0; "" for the best. deterministic: only arithmetic that gives the same bits each time.
    Raises InputError, MissingExtraError, WeightsError.
    """
    known = entry(name)
    module, _, factory = known.target.partition(":")
    given: dict[str, Any] = complete(name, parameters)
    if known.weights:
        given |= {"device": device, "compile": compile, "deterministic": deterministic}
    try:
        built: Inpainter = getattr(import_module(module), factory)(**given)
    except ModuleNotFoundError as error:
        if known.extra is None:
            raise
        raise MissingExtraError(f"the inpainter {name}", error.name or module, known.extra) from error
    return built
