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
from riptui.inpainters.catalogue import MODELS, is_folder, resolve_model
from riptui.inpainters.parameters import FileType, ModelType, NumberType, ParameterType, SwitchType, TextType

if TYPE_CHECKING:  # NumPy and jaxtyping take 120 ms to import, and the names alone need neither
    from riptui.arrays import Images, Masks
    from riptui.spec import ParameterValue

DEFAULT_INPAINTER = "navier-stokes"

OnStep = Callable[[int, int], None]
"""Called as `on_step(step, steps)` after each denoising step, where there are any. It may raise to stop."""

CompileMode = Literal["auto", "on", "off"]
"""Whether a network is compiled before it is used; auto: where that pays."""


class Inpainter(Protocol):
    """It may also have `device`, a text, and `notes`, a dict of what decides its pixels beyond the spec, for the record
    of the session; and `max_batch(size)`: how many images of that size fit into the device's free memory at once, None
    if that is unknown.

    Raises DeviceMemoryError if the images are too many for the device's memory, and whatever `on_step` raises.
    """

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """Repaint each image where its mask is True.

        `seeds[i]` decides all of image i's noise, so that a batch gives what single calls give. The images come back
        in the same shape, uint8; what they hold outside the masks does not matter.
        """
        ...


@dataclass(frozen=True)
class InpainterInfo:
    """What is known of an inpainter before it is imported."""

    target: str
    """`module:factory`; the factory takes the parameters by name and returns an Inpainter."""
    summary: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Names and defaults of all that can be set."""
    extra: str | None = None
    """The extra that installs what it imports; None: the base install does."""
    distributions: tuple[str, ...] = ()
    """Packages whose versions decide the pixels; recorded with every session."""
    parameter_types: Mapping[str, ParameterType] = field(default_factory=dict)
    """What each parameter may be."""
    grid: int = 1
    """px; masks must lie on multiples of it."""
    needs_weights: bool = False
    """Whether it needs a checkpoint, which may have to be fetched, and knows devices."""


def _diffusion_info(summary: str, **defaults: ParameterValue) -> InpainterInfo:
    """A diffusion model. A default of None: as the checkpoint or its pipeline has it."""
    common: dict[str, ParameterValue] = {"model": "", "revision": None, "dtype": "auto", "scheduler": None, "steps": 50}
    common |= {"guidance": None, "strength": 1.0, "prompt": "", "negative_prompt": "", "embedding": None, "lora": None}
    common |= {"vae": None, "allow_pickle": False}
    return InpainterInfo(
        "riptui.inpainters.diffusion:diffusion",
        summary,
        common | defaults,
        extra="diffusion",
        distributions=("diffusers", "torch", "transformers"),
        parameter_types=DIFFUSION_PARAMETER_TYPES,
        grid=8,
        needs_weights=True,
    )


RADIUS_TYPE = {"radius": NumberType(0, 100)}
DIFFUSION_PARAMETER_TYPES: dict[str, ParameterType] = {
    "model": ModelType(),
    "revision": TextType(optional=True, empty=False),
    "dtype": TextType(("auto", "float32", "float16", "bfloat16")),
    "scheduler": TextType(optional=True, empty=False),
    "steps": NumberType(0, 1000, integer=True),
    "guidance": NumberType(0, 100, optional=True),
    "strength": NumberType(0, 1),
    "prompt": TextType(),
    "negative_prompt": TextType(optional=True),
    "embedding": FileType(),
    "lora": FileType(),
    "vae": ModelType(optional=True),
    "allow_pickle": SwitchType(),
}

CUSTOM = "diffusion"
"""The inpainter that stands for any checkpoint by its hub id or its folder."""

REGISTRY: dict[str, InpainterInfo] = {
    "navier-stokes": InpainterInfo(
        "riptui.inpainters.opencv:navier_stokes",
        "OpenCV, Bertalmio et al. 2001: continues isophotes into the square. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
        parameter_types=RADIUS_TYPE,
    ),
    "telea": InpainterInfo(
        "riptui.inpainters.opencv:telea",
        "OpenCV, Telea 2004: fast marching from the border inwards. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
        parameter_types=RADIUS_TYPE,
    ),
    "biharmonic": InpainterInfo(
        "riptui.inpainters.biharmonic:biharmonic",
        "scikit-image, Damelin & Hoang 2018: the smoothest surface through the border. Slow, no weights.",
        distributions=("scikit-image", "scipy"),
    ),
    "identity": InpainterInfo(
        "riptui.inpainters.baselines:identity",
        "Changes nothing. A reference: every distance stays 0.",
    ),
    "noise": InpainterInfo(
        "riptui.inpainters.baselines:noise",
        "Uniform noise from the seed. A reference: the farthest a trajectory can drift.",
        distributions=("numpy",),
    ),
}
REGISTRY |= {
    name: _diffusion_info(
        model.title,
        model=model.repository,
        revision=model.revision,
        steps=model.steps,
        guidance=model.guidance,
        strength=model.strength,
    )
    for name, model in MODELS.items()
}
REGISTRY[CUSTOM] = _diffusion_info("Any checkpoint that diffusers inpaints with, by model=org/name or a folder.")


@dataclass(frozen=True)
class ResolvedInpainter:
    """An inpainter as somebody named it."""

    name: str
    """In the registry."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """What the name itself says of them."""
    notice: str = ""
    """What the user should know of what was made of the name."""


def resolve_inpainter(text: str) -> ResolvedInpainter:
    """Read an inpainter's name: one of the registry, a hub id such as org/name@revision, or a folder such as ./name.

    Raises InputError.
    """
    if text in REGISTRY or not ("/" in text or is_folder(text)):
        find_inpainter(text)
        return ResolvedInpainter(text)
    checkpoint = resolve_model(text)
    if checkpoint.name is not None:
        return ResolvedInpainter(checkpoint.name, {"revision": checkpoint.revision}, checkpoint.notice)
    return ResolvedInpainter(CUSTOM, {"model": checkpoint.model, "revision": checkpoint.revision}, checkpoint.notice)


def find_inpainter(name: str) -> InpainterInfo:
    """Look a name up. Raises InputError with the known names."""
    try:
        return REGISTRY[name]
    except KeyError:
        close_matches = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f" Did you mean {close_matches[0]}?" if close_matches else ""
        raise InputError(f"no inpainter is called {name}.{hint} Known: {', '.join(REGISTRY)}") from None


def parse_parameters(name: str, typed: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """Parameters as they were typed, in the types that the inpainter wants. `complete_parameters` refuses the wrong."""
    types = find_inpainter(name).parameter_types
    return {
        key: types[key].parse(value) if key in types and isinstance(value, str) else value
        for key, value in typed.items()
    }


def complete_parameters(name: str, parameters: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """All parameters of an inpainter: what is given, and the defaults of the rest.

    Raises InputError for an unknown parameter or a value that its type does not accept.
    """
    info = find_inpainter(name)
    for key, value in parameters.items():
        if key not in info.parameters:
            raise InputError(f"{name} has no parameter {key}. Known: {', '.join(info.parameters) or 'none'}")
        if not info.parameter_types[key].accepts(value):
            raise InputError(f"{name}'s {key} is {value!r}; it must be {info.parameter_types[key].description}")
    return {**info.parameters, **parameters}


def require_usable(name: str, parameters: Mapping[str, ParameterValue], mask: int) -> None:
    """Raise InputError for what can be known to fail before anything is imported: no model, or squares off its grid."""
    if parameters.get("model") == "":
        raise InputError(f"{name} needs a model: --set model=org/name, or name the model itself as the inpainter")
    if mask % (grid := find_inpainter(name).grid):
        raise InputError(f"mask {mask} px: {name} needs squares on multiples of {grid} px")


def load(
    name: str,
    parameters: Mapping[str, ParameterValue],
    *,
    device: str = "",
    compile: CompileMode = "auto",
    deterministic: bool = False,
) -> Inpainter:
    """Import and build an inpainter. The last three are for those with weights, which know devices.

    device: cpu, cuda, cuda:0; "" for the best. deterministic: only arithmetic that gives the same bits each time.
    Raises InputError, MissingExtraError, WeightsError.
    """
    info = find_inpainter(name)
    module, _, factory = info.target.partition(":")
    arguments: dict[str, Any] = complete_parameters(name, parameters)
    if info.needs_weights:
        arguments |= {"device": device, "compile": compile, "deterministic": deterministic}
    try:
        inpainter: Inpainter = getattr(import_module(module), factory)(**arguments)
    except ModuleNotFoundError as error:
        if info.extra is None:
            raise
        raise MissingExtraError(f"the inpainter {name}", error.name or module, info.extra) from error
    return inpainter
