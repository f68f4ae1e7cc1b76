"""From a picture to frame 0 and its spec, for use from Python."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from riptui.arrays import Image
from riptui.errors import InputError
from riptui.images import PreparedImage, pixels_sha256, prepare_original
from riptui.inpainters import DEFAULT_INPAINTER
from riptui.planning.bundled_pictures import resolve_bundled
from riptui.planning.sweep import Interventions, Sweep
from riptui.spec import Fit, ParameterValue, Spec, SquareOrder, SquareSource

PAPER_PROTOCOL = Interventions()


def prepare(
    picture: str | Path | Image,
    *,
    inpainter: str = DEFAULT_INPAINTER,
    parameters: Mapping[str, ParameterValue] | None = None,
    mask: int = 128,
    amount: float = 400.0,
    seed: int = 0,
    order: SquareOrder = "replacement",
    squares: SquareSource = "own",
    paste: bool = True,
    size: int = 512,
    fit: Fit = "bands",
    interventions: Interventions = PAPER_PROTOCOL,
    mask_folder: str | Path | None = None,
) -> tuple[Image, Spec]:
    """Make frame 0 of a picture, uint8 RGB [size, size, 3], and its spec. The defaults are the paper's.

    picture: a file, or riptui:coffee and the like; or an array uint8 [side, side, 3], which is taken as it is (`size`
    and `fit` are for files).
    inpainter: a name of `riptui models`, a hub id or a folder; parameters: those that differ from its defaults.
    mask: side of the square, px. amount: % inpainted at the end, repeats counted. order: replacement (the paper's),
    shuffle, raster, offset (a grid that is shifted each time) or LaMa's irregular masks; cycle or draw for the masks of
    `mask_folder`, pictures that are white where to repaint (cycle unless given). squares: whether a seed gives each
    picture squares and noise of its own, or all pictures shared ones. paste: whether only the square is taken from the
    inpainter's output. interventions: what else is done otherwise than in the paper.
    Raises SourceError for the file; SpecError or InputError for the rest.
    """
    if isinstance(picture, np.ndarray):
        prepared = _from_array(picture)
    else:
        prepared = prepare_original(resolve_bundled(str(picture)), size=size, fit=fit)
    sweep = Sweep(
        [inpainter],
        [mask],
        [seed],
        parameters or {},
        amount,
        "cycle" if mask_folder and order == "replacement" else order,
        squares,
        paste,
        len(prepared.image),
        fit,
        interventions,
        Path(mask_folder) if mask_folder else None,
    )
    [spec] = sweep.specs(prepared.source_name, prepared.source_sha256, pixels_sha256(prepared.image))
    return prepared.image, spec


def _from_array(image: Image) -> PreparedImage:
    if image.ndim != 3 or image.shape[0] != image.shape[1] or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(f"the array is {image.dtype} {image.shape}; it must be uint8 (side, side, 3)")
    return PreparedImage(image.copy(), "array", pixels_sha256(image), ())
