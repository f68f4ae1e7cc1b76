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
from riptui.export.target import OnProgress, require_file, unheard, write_whole
from riptui.spec import Spec
from riptui.store.frames import frames
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable

IN_A_ROW = 9  # pictures: the paper's 0 to 400 %
SMALLEST = 64  # px; a label is readable and no wider than its picture
PIXELS = 2**26  # of a strip; 45,000 % at the default tile, and 0.2 GB in memory
NAME = 48  # characters of the source's name in the caption

PAPER, INK, FAINT = (255, 255, 255), (32, 32, 32), (118, 118, 118)


@dataclass(frozen=True)
class Sheet:
    """Where everything goes, in pixels. The type and the gaps grow with the tile."""

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
    def type_size(self) -> int:
        return max(11, self.tile // 11)

    @property
    def row(self) -> int:
        """Height of a picture, its label, and the space below."""
        return self.tile + round(2.0 * self.type_size)

    @property
    def width(self) -> int:
        return 2 * self.margin + self.columns * (self.tile + self.gap) - self.gap

    @property
    def height(self) -> int:
        return 2 * self.margin + math.ceil(self.pictures / self.columns) * self.row + round(1.4 * self.type_size)

    def place(self, number: int) -> tuple[int, int]:
        """Top left corner of a picture, numbered from 0."""
        row, column = divmod(number, self.columns)
        return self.margin + column * (self.tile + self.gap), self.margin + row * self.row


def strip(
    trajectory: Trajectory,
    file: Path,
    *,
    tile: int = 256,
    columns: int | None = None,
    overwrite: bool = False,
    on_progress: OnProgress = unheard,
) -> Path:
    """Write the image sequence, as far as it is computed, as a PNG; return its path.

    Each picture is `tile` pixels wide, 64 to the frame's size; more than nine wrap into rows of equal length, or of
    `columns`.

    Raises InputError: a bad suffix, tile, number of columns or target, or more pictures than make sense; DiskError,
    DamagedError.
    """
    require_file(file, [".png"], overwrite=overwrite)
    spec, computed = trajectory.spec, len(trajectory.rows())
    at = [k for k in spec.halves() if k <= computed]
    sheet = _sheet(spec, len(at), tile, columns)
    font = PIL.ImageFont.load_default(sheet.type_size)
    caption = _caption(spec)
    width = max(sheet.width, 2 * sheet.margin + math.ceil(font.getlength(caption)))
    canvas = PIL.Image.new("RGB", (width, sheet.height), PAPER)
    draw = PIL.ImageDraw.Draw(canvas)
    for number, (k, image) in enumerate(frames(trajectory, at)):
        x, y = sheet.place(number)
        canvas.paste(PIL.Image.fromarray(image).resize((tile, tile), PIL.Image.Resampling.LANCZOS), (x, y))
        below = x + tile / 2, y + tile + 1.2 * sheet.type_size
        draw.text(below, f"{spec.inpainted(k):.4g} %" if k else "original", INK, font, anchor="ms")
        on_progress(number + 1, len(at))
    draw.text((sheet.margin, sheet.height - sheet.margin), caption, FAINT, font, anchor="ls")
    out = BytesIO()
    canvas.save(out, "PNG")
    write_whole(file, out.getvalue())
    return file


def _sheet(spec: Spec, count: int, tile: int, columns: int | None) -> Sheet:
    if not SMALLEST <= tile <= spec.size:
        raise InputError(f"tiles of {tile} px: they must have from {SMALLEST} to the frame's {spec.size}")
    if columns is not None and columns < 1:
        raise InputError(f"{columns} columns: there must be at least 1")
    rows = math.ceil(count / IN_A_ROW)
    sheet = Sheet(count, min(columns or math.ceil(count / rows), count), tile)
    if sheet.width * sheet.height > PIXELS:
        raise InputError(
            f"{count} pictures of {tile} px would make {sheet.width} x {sheet.height} px, and at most "
            f"{PIXELS / 1e6:.0f} megapixels are written: choose smaller tiles, or export frames"
        )
    return sheet


def _caption(spec: Spec) -> str:
    parts = [_drawable(spec.source_name), spec.inpainter, f"mask {spec.mask} px", f"seed {spec.seed}"]
    if spec.order != "replacement":
        parts.append(spec.order)
    if not spec.paste:
        parts.append("no paste")
    return " · ".join(parts)


def _drawable(name: str) -> str:
    """A name in the letters that Pillow's own font has: ASCII. Accents are dropped, the rest becomes question marks."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = printable(bare.encode("ascii", "replace").decode())
    return plain if len(plain) <= NAME else plain[: NAME - 1] + "…"
