"""Inpainters that are stand-in servers: their parameters, and pictures to try them with."""

import json
from collections.abc import Mapping

from riptui.arrays import Images
from riptui.inpainters import LoadedInpainter, load, parse_parameters
from riptui.recursion import ignore_step
from riptui.spec import ParameterValue
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.support.stand_in_servers import WORKFLOW

SIZE = 64
PARAMETERS: Mapping[str, Mapping[str, ParameterValue]] = {
    "iopaint": {"model": "lama"},
    "a1111": {"model": "lama"},
    "comfyui": parse_parameters("comfyui", {"workflow": json.dumps(WORKFLOW)}),
}
"""What each stand-in must be asked for."""
KINDS = list(PARAMETERS)


def load_served(kind: str, **parameters: ParameterValue) -> LoadedInpainter:
    return load(kind, {**PARAMETERS[kind], **parameters})


def paint(inpaint: LoadedInpainter, count: int = 1, seeds: tuple[int, ...] = (1, 2, 3, 4)) -> tuple[Images, Images]:
    """Some pictures, and what it makes of them."""
    images = make_images(count, SIZE)
    return images, inpaint(images, make_masks(count, SIZE), seeds=seeds[:count], on_step=ignore_step)
