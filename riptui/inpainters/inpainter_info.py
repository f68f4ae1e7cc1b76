"""What is known of an inpainter before it is imported."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from riptui.inpainters.parameters import ParameterType, infer_type
from riptui.plugins import require_info

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.settings.programs import InpainterProgram
    from riptui.spec import ParameterValue


Scope = Literal["square", "image"]
"""What an inpainter repaints at each iteration: a square, or the whole image, in one pass."""


@dataclass(frozen=True)
class InpainterInfo:
    """What is known of an inpainter before it is imported."""

    target: str
    """`module:factory`; the factory takes the parameters by name and returns an Inpainter."""
    summary: str
    """One line: the method and its source; a last sentence such as "Fast, no weights."."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Every parameter with its default."""
    extra: str | None = None
    """The extra of riptui that installs the packages it imports; None: the base install has them."""
    distributions: tuple[str, ...] = ()
    """Packages whose versions decide the pixels; recorded with every session. A plug-in's own package is added."""
    parameter_types: Mapping[str, ParameterType] = field(default_factory=dict)
    """Allowed values by parameter. A parameter that is missing here takes any value of its default's type."""
    scope: Scope = "square"
    """Of "image" (a codec, image to image, text to image) the mask is the whole picture, whatever mask size is given,
    and an iteration is one pass, 100 %."""
    grid: int = 1
    """Pixels; the corners of masks must lie on multiples of it."""
    size_grid: int = 1
    """Pixels; the side of the pictures must be a multiple of it."""
    needs_weights: bool = False
    """Whether it needs a checkpoint that `riptui fetch` downloads."""
    takes_device: bool = False
    """Whether the factory also takes `device`, `compile` and `deterministic`: networks and external programs do."""
    takes_offload: bool = False
    """Whether the factory also takes `offload`: of a model whose parts can wait in the computer's memory."""
    takes_record: bool = False
    """Whether the factory also takes `recorded`: the notes of the session that ran a trajectory last."""
    runs_in_worker: bool = False
    """Whether `riptui run` leaves it to a worker, which keeps it loaded, instead of its own process."""
    without_border: str = ""
    """What it does, uselessly, if the mask is the whole picture and leaves no border to paint from, for a warning, e.g.
    "makes the picture black". Empty: it paints then too, or needs no border."""
    scheduled: Collection[str] | None = None
    """The parameters that can change from one iteration to the next. None: all, if it is built again at no cost; none,
    if it has weights, or is an external program or a server."""
    added_parameters: Collection[str] = ()
    """The `parameters` that it gained after trajectories were computed with it. At its default such a parameter changes
    no pixel, and is left out of specs, so that old and new specs of the same pixels are equal."""
    is_server: bool = False
    """Whether a server paints, asked by HTTP; the factory then also takes `name`."""
    program: InpainterProgram | None = None
    """The external program of the user's settings that it is; the factory then also takes `name` and `program`."""

    def type_of(self, parameter: str) -> ParameterType:
        """The type of one of its parameters."""
        return self.parameter_types.get(parameter) or infer_type(self.parameters[parameter])


def adopt_plugin(found: object, distribution: str) -> InpainterInfo:
    """The info that a plug-in's entry point names, checked; `distribution`: the plug-in's package.

    Raises ValueError or TypeError.
    """
    info = require_info(found, InpainterInfo)
    for parameter, default in info.parameters.items():
        if not info.type_of(parameter).accepts(default):
            raise ValueError(f"{parameter}={default!r} must be {info.type_of(parameter).description}")
    return dataclasses.replace(info, distributions=(*info.distributions, distribution))
