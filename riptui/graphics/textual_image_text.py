"""The text that textual-image would print for pictures, as a string, without querying the terminal.

The library queries the terminal when it is imported and for the size of a cell, and writes kitty's pictures past Rich,
all through `sys.__stdout__`: a buffer takes its place meanwhile. Its classes are chosen by name. Tested with 0.12 and
0.14.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import StringIO
from typing import Any, TypeVar

from PIL import Image as Pillow
from rich.console import Console
from rich.segment import Segment, Segments

from riptui.graphics.budget import LOCAL_BUDGET, REMOTE_BUDGET
from riptui.graphics.capabilities import Terminal
from riptui.graphics.half_blocks import ColourDepth
from riptui.graphics.rgb import RGBAArray, RGBArray

_DEFINED_AND_USED = re.compile(r"#\d+;2;\d+;\d+;\d+[?-~!]")  # a colour's definition that also selects it: 0.12
Value = TypeVar("Value")


def half_cells(images: Sequence[RGBArray], cell: tuple[int, int], gap: int, depth: ColourDepth) -> str:
    """Pictures side by side, `gap` columns apart, as half blocks: a cell shows two pixels of an image.

    cell: (width, height) of a cell in pixels. Raises ValueError if the library's text does not fill its cells.
    """
    with _buffered_stdout():
        from textual_image.renderable import HalfcellImage, halfcell
    console = _console(sum(image.shape[1] for image in images) + gap * (len(images) - 1), depth)
    rows = max(image.shape[0] // 2 for image in images)
    lines: list[list[Segment]] = [[] for _ in range(rows)]
    with _cell_size(halfcell, cell):
        for index, image in enumerate(images):
            height, width = image.shape[0] // 2, image.shape[1]
            picture = HalfcellImage(Pillow.fromarray(image), width=width, height=height)
            drawn = console.render_lines(picture, console.options.update(width=width), pad=False)[:height]
            if len(drawn) != height or any(Segment.get_line_length(line) != width for line in drawn):
                raise ValueError("half cells do not fill their box")
            drawn += [[Segment(" " * width)]] * (rows - height)
            for line, part in zip(lines, drawn, strict=True):
                line += [Segment(" " * gap), *part] if index else part
    with console.capture() as capture:
        console.print(Segments([segment for line in lines for segment in (*line, Segment.line())]), end="")
    return capture.get()


def pixels(sheet: RGBAArray, terminal: Terminal, size: tuple[int, int]) -> str:
    """An image that fills `size` (columns, rows) of cells, by the terminal's protocol: kitty or sixel.

    Raises ValueError for a sixel that xterm garbles.
    """
    with _buffered_stdout() as sent:
        from textual_image.renderable import SixelImage, TGPImage, sixel, tgp
        from textual_image.renderable.sixel import SixelOptions

        picture = Pillow.fromarray(sheet)
        console = _console(size[0], "truecolor")  # kitty: a colour carries the number of the picture
        if terminal.protocol == "kitty":
            module: Any = tgp
            renderable: Any = TGPImage(picture, width=size[0], height=size[1])
        else:
            colours = (REMOTE_BUDGET if terminal.remote else LOCAL_BUDGET).sixel_colours[0]
            module, renderable = sixel, SixelImage(picture, *size, SixelOptions(colors=colours))
        with _cell_size(module, terminal.cell), console.capture() as capture:
            console.print(renderable, end="")
    text = sent.getvalue() + capture.get()
    if _DEFINED_AND_USED.search(text):
        raise ValueError("a sixel that xterm garbles: it uses the definition of a colour as its selection")
    return text


def _buffered_stdout() -> AbstractContextManager[StringIO]:
    return _replaced(sys, "__stdout__", StringIO())


def _cell_size(module: Any, cell: tuple[int, int]) -> AbstractContextManager[Any]:
    """Give a module of the library the size of a cell, which it would query the terminal for, and keep for ever."""
    from textual_image._terminal import CellSize

    return _replaced(module, "get_cell_size", lambda: CellSize(*cell))


@contextmanager
def _replaced(owner: Any, name: str, value: Value) -> Iterator[Value]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield value
    finally:
        setattr(owner, name, original)


def _console(columns: int, depth: ColourDepth) -> Console:
    """A terminal with colours, also under NO_COLOR: without them kitty's picture is not found."""
    return Console(
        file=StringIO(),
        force_terminal=True,
        color_system=depth,
        no_color=False,
        width=columns,
        height=1000,
        legacy_windows=False,
    )
