"""A picture in the app: a widget that fits it into its place and shows it as the terminal can."""

from __future__ import annotations

from textwrap import wrap
from typing import cast

import numpy as np
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from riptui.arrays import Image
from riptui.terminal import printable
from riptui.tui.graphics.cells import Depth, Row, centred, half_blocks, plain, shrunk
from riptui.tui.graphics.fit import Box, fit
from riptui.tui.graphics.graphics import Graphics


class Picture(Widget):
    """Shows one image, centred in the room that its styles give it, its proportions kept.

    The widget never changes its own size. With no image, or with pictures off, it shows the note in its place.
    """

    DEFAULT_CSS = "Picture { width: 1fr; height: 1fr; }"

    def __init__(self, graphics: Graphics, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._graphics = graphics
        self._image: Image | None = None
        self._note = ""
        self._box: Box | None = None
        self._blocks: Image | None = None
        self._rows: list[Row] = []

    @property
    def image(self) -> Image | None:
        return self._image

    def show(self, image: Image | None, *, note: str = "") -> None:
        """Show an image, [height, width, 3], or the note in its place. Cheap where nothing changed."""
        same = image is self._image or (image is not None and np.array_equal(image, self._image))
        self._image = image
        if not same or (note != self._note and image is None):
            self._note = note
            self._lay_out()
            self.refresh()

    def on_mount(self) -> None:
        self._graphics.listen(self, self._switched)

    def on_unmount(self) -> None:
        self._graphics.forget(self)

    def on_resize(self, _event: events.Resize) -> None:
        self._lay_out()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        lines = self._rows or self._message_lines()
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _switched(self) -> None:
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        protocol = self._graphics.protocol
        self._box, self._rows = None, []
        if self._image is None or protocol == "off":
            return
        size = self._image.shape[1], self._image.shape[0]
        self._box = fit(size, (self.size.width, self.size.height), self._graphics.terminal.cell, protocol)
        if self._box:
            depth = cast(Depth, self.app.console.color_system or "truecolor")
            blocks = shrunk(self._image, self._box.columns, self._box.rows)
            blank = plain(self.background_colors[1].rgb, depth)
            self._rows = [Row(cells) for cells in centred(half_blocks(blocks, depth), blank, self.size)]

    def _message_lines(self) -> list[Strip]:
        width, height = self.size
        style = self.visual_style.rich_style
        note = self._note or ("" if self._image is None else "pictures are off")
        lines = wrap(printable(note), max(1, width))[:height]
        top = (height - len(lines)) // 2
        strips = [Strip([Segment(line.center(width), style)], width) for line in lines]
        blank = Strip.blank(width, style)
        return [blank] * top + strips + [blank] * (height - top - len(strips))
