"""The paper's image sequence (figures 4, 5 and 10 to 12): the original and a frame every 50 %, side by side."""

import math
import unicodedata
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from riptui.errors import InputError
from riptui.export.files import OnExportProgress, ignore_progress, require_file, write_atomically
from riptui.spec import Spec
from riptui.store.frames import read_frames
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_inpainted

MAX_PER_ROW = 9  # pictures: the paper's 0 to 400 %
TILE_PX = 256  # px, unless asked for otherwise
MIN_TILE_PX = 64  # px; below it a label would be wider than its picture
MAX_PIXELS = 2**26  # of a strip; 45,000 % at the default tile, and 0.2 GB in memory
MAX_NAME_LENGTH = 48  # characters of the source's name in the caption

BACKGROUND, INK, FAINT = (255, 255, 255), (32, 32, 32), (118, 118, 118)


@dataclass(frozen=True)
class StripLayout:
    """The layout of a strip, in pixels. Type and gaps scale with the tile."""

    pictures: int
    columns: int
    tile: int

    @property
    def margin(self) -> int:
        return self.tile // 12

    @property
    def gap(self) -> int:
        return max(2, self.tile // 42)

    @property
    def font_size(self) -> int:
        return max(11, self.tile // 11)

    @property
    def row_height(self) -> int:
        """Height of a picture, its label, and the space below."""
        return self.tile + round(2.0 * self.font_size)

    @property
    def width(self) -> int:
        return 2 * self.margin + self.columns * (self.tile + self.gap) - self.gap

    @property
    def height(self) -> int:
        return 2 * self.margin + math.ceil(self.pictures / self.columns) * self.row_height + round(1.4 * self.font_size)

    def corner_of(self, number: int) -> tuple[int, int]:
        """Top left corner of a picture, numbered from 0."""
        row, column = divmod(number, self.columns)
        return self.margin + column * (self.tile + self.gap), self.margin + row * self.row_height


def write_strip(
    trajectory: Trajectory,
    file: Path,
    *,
    tile: int = TILE_PX,
    columns: int | None = None,
    overwrite: bool = False,
    on_progress: OnExportProgress = ignore_progress,
) -> Path:
    """Write the image sequence, as far as it is computed, as a PNG; return its path.

    Each picture is `tile` pixels wide, 64 to the frame's size; more than nine wrap into rows of equal length, or of
    `columns`.

    Raises InputError: a bad suffix, tile, number of columns or target, or more pictures than make sense; DiskError,
    DamagedError.
    """
    require_file(file, [".png"], overwrite=overwrite)
    spec, iterations = trajectory.spec, number_pictures(trajectory)
    layout = lay_out(spec, len(iterations), tile, columns)
    font = PIL.ImageFont.load_default(layout.font_size)
    caption = _caption(spec)
    width = max(layout.width, 2 * layout.margin + math.ceil(font.getlength(caption)))
    canvas = PIL.Image.new("RGB", (width, layout.height), BACKGROUND)
    draw = PIL.ImageDraw.Draw(canvas)
    for number, (k, image) in enumerate(read_frames(trajectory, iterations)):
        x, y = layout.corner_of(number)
        canvas.paste(PIL.Image.fromarray(image).resize((tile, tile), PIL.Image.Resampling.LANCZOS), (x, y))
        label_position = x + tile / 2, y + tile + 1.2 * layout.font_size
        draw.text(label_position, format_inpainted(spec.inpainted(k)) if k else "original", INK, font, anchor="ms")
        on_progress(number + 1, len(iterations))
    draw.text((layout.margin, layout.height - layout.margin), caption, FAINT, font, anchor="ls")
    out = BytesIO()
    canvas.save(out, "PNG")
    write_atomically(file, out.getvalue())
    return file


def number_pictures(trajectory: Trajectory) -> list[int]:
    """The iterations at every 50 %, as far as they are computed."""
    computed = len(trajectory.read_rows())
    return [k for k in trajectory.spec.point_iterations() if k <= computed]


def lay_out(spec: Spec, count: int, tile: int = TILE_PX, columns: int | None = None) -> StripLayout:
    """The layout of so many pictures. Raises InputError for a bad tile or number of columns, or too many pictures."""
    if not MIN_TILE_PX <= tile <= spec.size:
        raise InputError(f"tiles of {tile} px: they must have {MIN_TILE_PX} to {spec.size} px, the frame's size")
    if columns is not None and columns < 1:
        raise InputError(f"{columns} columns: there must be at least 1")
    rows = math.ceil(count / MAX_PER_ROW)
    layout = StripLayout(count, min(columns or math.ceil(count / rows), count), tile)
    if layout.width * layout.height > MAX_PIXELS:
        raise InputError(
            f"{count} pictures of {tile} px would make {layout.width} x {layout.height} px; the limit is "
            f"{MAX_PIXELS / 1e6:.0f} megapixels: choose smaller tiles, or export frames"
        )
    return layout


def _caption(spec: Spec) -> str:
    parts = [
        _drawable(spec.source_name, spec.original_sha256),
        spec.inpainter,
        "whole image" if spec.whole_image else f"mask {spec.mask} px",
        f"seed {spec.seed}",
    ]
    if spec.order != "replacement":
        parts.append(spec.order)
    if spec.squares != "own":
        parts.append(f"{spec.squares} squares")
    return " · ".join([*parts, *spec.interventions])


def _drawable(name: str, sha256: str) -> str:
    """A name in ASCII, the letters of Pillow's font. Accents are dropped; other letters become question marks.

    A part of the picture's hash then tells it from others.
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = printable(bare.encode("ascii", "replace").decode())
    if len(plain) > MAX_NAME_LENGTH:
        plain = plain[: MAX_NAME_LENGTH - 1] + "…"
    return plain if name.isascii() else f"{plain} #{sha256[:6]}"
