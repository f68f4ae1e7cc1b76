"""The original and a frame side by side, as large as the window has room: in pixels where the terminal shows them."""

from dataclasses import replace
from typing import get_args

from riptui.cli.console import out, print_line, warn
from riptui.graphics.capabilities import NO_TERMINAL, Terminal
from riptui.graphics.half_blocks import ColourDepth
from riptui.graphics.printed import GAP_COLUMNS, picture_row
from riptui.graphics.probe import probe
from riptui.settings import load_settings
from riptui.store.frames import read_frame, read_original
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import fit_columns

ROWS_OF_STATE, LEAST_ROWS = 6, 8  # of the lines above the pictures, the caption and the next prompt; of the pictures


def print_side_by_side(
    trajectory: Trajectory, k: int, graphics: str | None, *, required: bool = False, rows_below: int = 0
) -> None:
    """Print the original and frame k side by side with captions, by the protocol `graphics` or the setting's.

    They and the `rows_below` of what is printed next fit into the window, if that leaves them `LEAST_ROWS`. `required`:
    the user asked for them. Then they are printed into a file, too, as half blocks, and where there can be none a
    warning says why.
    """
    images = [read_original(trajectory), read_frame(trajectory, k)]  # a frame that is not there: before the probe
    terminal = _choose_terminal(graphics)
    depth = _colour_depth(terminal)
    rows = max(LEAST_ROWS, out.height - ROWS_OF_STATE - rows_below)
    row = picture_row(images, terminal, (out.width, rows), depth) if depth else None
    if row is None:
        if required:
            warn(f"no pictures: {_explain_lack(terminal, depth)}")
        return
    out.file.write(row.text)
    captions = ("original", f"frame {k}, {trajectory.spec.inpainted(k):.0f} %")
    cells = (fit_columns(caption, columns) for caption, columns in zip(captions, row.columns, strict=True))
    print_line((" " * GAP_COLUMNS).join(cells).rstrip(), "dim")


def _choose_terminal(graphics: str | None) -> Terminal:
    """The terminal by its answers; one that cannot be asked, and a file, show half blocks."""
    terminal = probe(graphics or load_settings().settings.graphics)
    if terminal == NO_TERMINAL:
        return replace(terminal, protocol="halfblock", truecolor=not out.is_terminal)
    return terminal


def _explain_lack(terminal: Terminal, depth: ColourDepth | None) -> str:
    if terminal.protocol == "off":
        return terminal.reason
    return "the window is too small" if depth else "there are no colours here (NO_COLOR, TERM)"


def _colour_depth(terminal: Terminal) -> ColourDepth | None:
    """The colours of pictures: None where there are none, as under NO_COLOR but for pixels."""
    if terminal.protocol in ("kitty", "sixel"):
        return "truecolor"
    if out.no_color:
        return None
    if terminal.truecolor:
        return "truecolor"
    return next((depth for depth in get_args(ColourDepth) if depth == out.color_system), None)
