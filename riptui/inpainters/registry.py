"""The inpainters by name: what is known of each before it is imported, and how it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from riptui.errors import InputError, MissingExtraError, with_choices
from riptui.extras import import_target
from riptui.inpainters.diffusion_info import (
    diffusion_info,
    kandinsky_info,
    latent_resampling_info,
    repaint_info,
    text_to_image_info,
    with_control,
)
from riptui.inpainters.inpainter import CompileMode, LoadedInpainter, OffloadMode, add_defaults
from riptui.inpainters.inpainter_info import InpainterInfo, adopt_plugin
from riptui.inpainters.models.catalogue import KANDINSKY, MODELS, REPAINT, find_short_name, is_on_hub, resolve_model
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.models.model_names import is_local
from riptui.inpainters.models.published_weights import published_for
from riptui.inpainters.parameters import ADDED_MODELS, NumberType, WeightsType
from riptui.inpainters.programs.program_registry import OwnPrograms
from riptui.inpainters.servers.server_infos import SERVER_INFOS, explain_url, require_usable_server
from riptui.inpainters.whole_image_infos import WHOLE_IMAGE_INFOS
from riptui.plugins import Registry

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

DEFAULT_INPAINTER = "navier-stokes"


def _network_info(name: str, summary: str, *packages: str, size_grid: int = 1) -> InpainterInfo:
    """The info of a network that takes its weights from one file, loaded through spandrel."""
    published = published_for(name)
    assert published is not None
    return InpainterInfo(
        f"riptui.inpainters.{name}:{name}",
        summary,
        {"weights": published[0]},
        extra=name,
        distributions=(*packages, "torch"),
        parameter_types={"weights": WeightsType(names=(published[0],))},
        size_grid=size_grid,
        needs_weights=True,
        takes_device=True,
        takes_record=True,
        runs_in_worker=True,
    )


RADIUS_TYPE = {"radius": NumberType(above=0, maximum=100)}
STABLE_DIFFUSION = ("sd2", "sd2-base", "sd1.5", "sdxl")
"""The known models of Stable Diffusion 1, 2 and XL, which take a ControlNet."""
CUSTOM = "diffusion"
"""The name of the inpainter for any checkpoint, given by its hub id or its folder."""
TEXT_TO_IMAGE = "text-to-image"
"""The name of the inpainter that makes whole pictures with any checkpoint."""
UNCHANGED = "returns the picture as it is, so that every distance to the original stays 0"

BUILT_IN: dict[str, InpainterInfo] = {
    "navier-stokes": InpainterInfo(
        "riptui.inpainters.opencv:navier_stokes",
        "OpenCV, Bertalmio et al. 2001: continues isophotes into the square. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
        parameter_types=RADIUS_TYPE,
        without_border=UNCHANGED,
    ),
    "telea": InpainterInfo(
        "riptui.inpainters.opencv:telea",
        "OpenCV, Telea 2004: fast marching from the border inwards. Fast, no weights.",
        {"radius": 3},
        distributions=("opencv-python-headless",),
        parameter_types=RADIUS_TYPE,
        without_border=UNCHANGED,
    ),
    "biharmonic": InpainterInfo(
        "riptui.inpainters.biharmonic:biharmonic",
        "scikit-image, Damelin & Hoang 2018: the smoothest surface through the border. Slow, no weights.",
        distributions=("scikit-image", "scipy"),
        without_border="makes the picture black",
    ),
    "lama": _network_info(
        "lama",
        "LaMa, Suvorov et al. 2022: Fourier convolutions, one pass without noise. On a CPU too.",
        "spandrel",
    ),
    "mat": _network_info(
        "mat",
        "MAT, Li et al. 2022: a transformer that knows the mask, for 512 px. Not for commercial use.",
        "spandrel_extra_arches",
        "spandrel",
        size_grid=512,
    ),
    "identity": InpainterInfo(
        "riptui.inpainters.baselines:identity", "Changes nothing. A reference: every distance stays 0."
    ),
    "noise": InpainterInfo(
        "riptui.inpainters.baselines:noise",
        "Uniform noise from the seed. A reference: the farthest a trajectory can drift.",
        distributions=("numpy",),
    ),
}
BUILT_IN |= {
    name: diffusion_info(
        model.title,
        model=model.repository,
        revision=model.revision,
        steps=model.steps,
        guidance=model.guidance,
        strength=model.strength,
    )
    for name, model in MODELS.items()
    if name not in (REPAINT, KANDINSKY)
}
BUILT_IN[KANDINSKY] = kandinsky_info(MODELS[KANDINSKY])
BUILT_IN[REPAINT] = repaint_info(MODELS[REPAINT])
BUILT_IN["latent-resampling"] = latent_resampling_info(MODELS["sd2-base"])
BUILT_IN[CUSTOM] = diffusion_info("Any checkpoint that diffusers inpaints with: model=org/name, a folder or a file.")
BUILT_IN |= {name: with_control(BUILT_IN[name]) for name in (*STABLE_DIFFUSION, CUSTOM)}
BUILT_IN[TEXT_TO_IMAGE] = text_to_image_info()
BUILT_IN |= WHOLE_IMAGE_INFOS
BUILT_IN |= SERVER_INFOS


OWN = OwnPrograms()
REGISTRY = Registry("inpainter", BUILT_IN, adopt_plugin, OWN)
"""All inpainters by name: also the external programs of the user's settings, and plug-ins (entry point group
`riptui.inpainters`)."""


@dataclass(frozen=True)
class ResolvedInpainter:
    """What the name of an inpainter stands for."""

    name: str
    """In the registry."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Parameters that the name itself sets."""
    notice: str = ""
    """A message for the user if the name stands for something else, such as a mirror; otherwise empty."""


def resolve_inpainter(text: str) -> ResolvedInpainter:
    """Resolve a name of the registry, or what a user calls a model: a hub id, a page of the hub, a folder, a file.

    Raises InputError.
    """
    if text in REGISTRY or not ({"/", ":"} & set(text) or is_local(text)):
        find_inpainter(text)
        return ResolvedInpainter(text)
    checkpoint = resolve_model(text)
    if checkpoint.name is not None:
        return ResolvedInpainter(checkpoint.name, {"revision": checkpoint.revision}, checkpoint.notice)
    return ResolvedInpainter(CUSTOM, {"model": checkpoint.model, "revision": checkpoint.revision}, checkpoint.notice)


def find_inpainter(name: str) -> InpainterInfo:
    """Look a name up. Raises InputError with the available names, or with what is wrong with a plug-in."""
    info = REGISTRY.get(name)
    if info is not None:
        return info
    if problem := REGISTRY.find_problem(name):
        raise InputError(problem)
    unread = OWN.problem_of_file()
    broken = f" (no programs of your settings are known: {unread})" if unread else ""
    raise InputError(with_choices(f"unknown inpainter {name!r}{broken}", name, REGISTRY))


def fetch_name(name: str) -> str:
    """What `riptui fetch` and `riptui models` call the weights of an inpainter of the registry: the short name of its
    default model, or else its own name."""
    return find_short_name(str(REGISTRY[name].parameters.get("model"))) or name


def parse_parameters(name: str, typed: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """Convert parameters from text to the inpainter's types. `complete_parameters` refuses what does not convert."""
    info = find_inpainter(name)
    return {
        key: info.type_of(key).parse(value) if key in info.parameters and isinstance(value, str) else value
        for key, value in typed.items()
    }


def complete_parameters(name: str, parameters: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """All parameters of an inpainter: the given ones, and the defaults of the others.

    Raises InputError for an unknown parameter or a value that its type does not accept.
    """
    info = find_inpainter(name)
    for key, value in parameters.items():
        if key == "url" and info.is_server:
            raise InputError(explain_url(name))
        if key not in info.parameters:
            raise InputError(with_choices(f"{name} has no parameter {key}", key, info.parameters))
        if not info.type_of(key).accepts(value):
            raise InputError(f"{name}'s {key} is {value!r}; it must be {info.type_of(key).description}")
    return {**info.parameters, **parameters}


def spec_parameters(name: str, parameters: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """The parameters of an inpainter as a spec has them: all, but for `added_parameters` at their defaults.

    Raises as `complete_parameters`.
    """
    info, complete = find_inpainter(name), complete_parameters(name, parameters)
    left_out = {key for key in info.added_parameters if complete[key] == info.parameters[key]}
    return {key: value for key, value in complete.items() if key not in left_out}


def require_usable(name: str, parameters: Mapping[str, ParameterValue], mask: int, size: int) -> None:
    """Raise InputError if an inpainter is certain to fail with these values: no model, no denoising step, or a mask or
    size (sides of the square and of the picture, in px) that it does not take. Imports no inpainter."""
    info = find_inpainter(name)
    if info.is_server:
        require_usable_server(name, parameters)
    else:
        _require_usable_model(name, parameters)
    require_a_step(parameters)
    if info.scope == "image" and mask != size:
        raise InputError(f"mask {mask} px: {name} repaints the whole picture, so that its mask is {size} px")
    if mask % info.grid:
        raise InputError(f"mask {mask} px: {name} needs squares on multiples of {info.grid} px")
    if info.program and size != (info.program.resolution or size):
        raise InputError(f"size {size} px: {name} takes {info.program.resolution} px only, by your settings: --size")
    if size % info.size_grid:
        raise InputError(f"size {size} px: {name} needs pictures of {info.size_grid} px, or a multiple of it")


def _require_usable_model(name: str, parameters: Mapping[str, ParameterValue]) -> None:
    if parameters.get("model") == "":
        itself = ", or give the model itself as the inpainter" if name == CUSTOM else ""
        raise InputError(f"{name} needs a model: --set model=org/name{itself}")
    if name == "autoencoder" and parameters.get("vae") == "":
        raise InputError("autoencoder needs a VAE: --vae org/name, a folder (of a VAE or of a model) or e.g. sd2")
    for key in ("model", "vae", "config", *ADDED_MODELS):
        if isinstance(model := parameters.get(key), str):
            resolve_model(model)
    for lora in read_loras(parameters.get("lora")):
        is_on_hub(lora.file)


def require_a_step(parameters: Mapping[str, ParameterValue]) -> None:
    """Raise InputError for a strength that leaves no denoising step, or for jumps as long as all steps or longer."""
    steps, strength = parameters.get("steps"), parameters.get("strength")
    if isinstance(steps, int) and isinstance(strength, int | float) and int(steps * strength) < 1:
        raise InputError(f"strength {strength:g} of {steps} steps leaves no step: their product must be at least 1")
    length, samples = parameters.get("jump_length"), parameters.get("jump_samples")
    if isinstance(steps, int) and isinstance(length, int) and samples != 1 and length >= steps:
        raise InputError(f"jump_length={length} of {steps} steps leaves no jump: take a shorter one, or jump_samples=1")


def load(
    name: str,
    parameters: Mapping[str, ParameterValue] | None = None,
    *,
    device: str = "",
    compile: CompileMode = "auto",
    deterministic: bool = False,
    offload: OffloadMode = "none",
    recorded: Mapping[str, str] | None = None,
    later_prompts: Sequence[str] = (),
) -> LoadedInpainter:
    """Import and build an inpainter; `parameters` that are not given have their defaults.

    The next three are for inpainters that take a device; others ignore them. device: cpu, cuda or cuda:N; "" uses CUDA
    if there is any. compile: whether networks are compiled. deterministic: only arithmetic that gives the same bits
    each time.
    offload: which parts of a model wait in the computer's memory, for those that can do so; no pixel depends on it.
    recorded: the notes of the session that ran the trajectory last, for inpainters that find moved files by them.
    later_prompts: those of a schedule, for `LoadedInpainter.with_parameters`.
    Raises InputError, MissingExtraError, BrokenExtraError, WeightsError, DeviceMemoryError; InpainterError for a server
    that does not answer.
    """
    info = find_inpainter(name)
    arguments: dict[str, Any] = complete_parameters(name, parameters or {})
    if info.takes_device:
        arguments |= {"device": device, "compile": compile, "deterministic": deterministic}
    if info.takes_offload:
        arguments["offload"] = offload
    if info.takes_record:
        arguments["recorded"] = recorded
    if later_prompts:
        arguments["later_prompts"] = tuple(later_prompts)
    if info.is_server:
        arguments["name"] = name
    if info.program is not None:
        arguments |= {"name": name, "program": info.program}
    feature = f"the inpainter {name}"
    factory = import_target(info.target, feature, info.extra)
    try:
        inpaint = factory(**arguments)
    except ModuleNotFoundError as error:
        if info.extra is None:
            raise
        raise MissingExtraError(feature, error.name or str(error), info.extra) from error

    def rebuild(changes: Mapping[str, ParameterValue]) -> LoadedInpainter:
        return load(name, {**(parameters or {}), **changes}, device=device)

    return add_defaults(inpaint, rebuild)
