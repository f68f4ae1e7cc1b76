"""A sheet: each frame beside its nearest pictures, the least novel frames first, as one PNG."""

from io import BytesIO
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from riptui.arrays import Image
from riptui.corpus.nearest_pictures import FrameNeighbours, NearestFrames
from riptui.corpus.picture_loading import PreparedAs, load_picture
from riptui.errors import InputError
from riptui.export.files import require_file, write_atomically
from riptui.store.frames import read_frame
from riptui.text.units import format_inpainted

MAX_ROWS = 40
"""Frames on a sheet."""
TILE, GAP, LABEL = 192, 6, 34  # px: a picture, the space between pictures, two lines below one
BACKGROUND, INK, FAINT, COPY = (255, 255, 255), (32, 32, 32), (118, 118, 118), (176, 32, 32)


def write_nearest_sheet(
    nearest: NearestFrames,
    prepared: PreparedAs,
    file: Path,
    *,
    rows: int = MAX_ROWS,
    overwrite: bool = False,
) -> int:
    """Write the sheet of the least novel frames, as many as `rows`; return how many are on it.

    `prepared`: how the corpus' pictures were. One that can no longer be read is a blank. Raises InputError if there
    are no frames, or for a bad target; DamagedError, DiskError.
    """
    require_file(file, [".png"], overwrite=overwrite)
    shown = nearest.frames[:rows]
    if not shown:
        raise InputError("no frame was compared: there is nothing to draw")
    columns = 1 + max(len(frame.pictures) for frame in shown)
    size = columns * (TILE + GAP) + GAP, len(shown) * (TILE + LABEL + GAP) + GAP
    canvas = PIL.Image.new("RGB", size, BACKGROUND)
    for row, frame in enumerate(shown):
        _draw_row(canvas, GAP + row * (TILE + LABEL + GAP), frame, prepared)
    out = BytesIO()
    canvas.save(out, "PNG")
    write_atomically(file, out.getvalue())
    return len(shown)


def _draw_row(canvas: PIL.Image.Image, y: int, frame: FrameNeighbours, prepared: PreparedAs) -> None:
    state = "novel" if frame.novel else "not novel"
    spec = frame.spec
    label = f"{spec.inpainter[:18]}, {spec.mask_title}, seed {spec.seed}\n{format_inpainted(frame.inpainted)}: {state}"
    _draw_tile(canvas, GAP, y, read_frame(frame.trajectory, frame.k), label, INK)
    for column, near in enumerate(frame.pictures, 1):
        picture = load_picture(near.path, prepared).image
        text = near.describe() if near.is_copy or picture is not None else "not readable now"
        _draw_tile(canvas, GAP + column * (TILE + GAP), y, picture, text, COPY if near.is_copy else FAINT)


def _draw_tile(
    canvas: PIL.Image.Image, x: int, y: int, image: Image | None, label: str, ink: tuple[int, int, int]
) -> None:
    if image is not None:
        canvas.paste(PIL.Image.fromarray(image).resize((TILE, TILE), PIL.Image.Resampling.LANCZOS), (x, y))
    font = PIL.ImageFont.load_default(11)
    PIL.ImageDraw.Draw(canvas).text((x + TILE / 2, y + TILE + 2), label, ink, font, anchor="ma", align="center")
