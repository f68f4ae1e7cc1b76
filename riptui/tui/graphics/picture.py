"""A picture in the app: fitted into its place, in half blocks at once and in pixels as soon as it rests.

Below the pixels there is always text, so Textual may move, cover and repaint a picture as it does any text. What it
repaints loses its sixels: the rows report that they were written, and only then is the picture sent again.
"""

from __future__ import annotations

from textwrap import wrap
from typing import cast

import numpy as np
from rich.segment import Segment
from textual import events
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from riptui.arrays import Image
from riptui.terminal import printable
from riptui.tui.graphics import kitty
from riptui.tui.graphics.canvas import Canvas
from riptui.tui.graphics.cells import Cell, Depth, Row, plain
from riptui.tui.graphics.encoding import Order
from riptui.tui.graphics.fit import fit
from riptui.tui.graphics.graphics import Graphics

REST = 0.1  # seconds without a new image before pixels are worth their bytes
BELOW = 2  # rows: with fewer below a sixel picture xterm scrolls


class Picture(Widget):
    """Shows one image, centred in the room that its styles give it, its proportions kept.

    The widget never changes its own size. With no image, or with pictures off, the note stands in its place. Borders
    and padding belong to a container around it.
    """

    DEFAULT_CSS = "Picture { width: 1fr; height: 1fr; }"

    def __init__(self, graphics: Graphics, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._graphics = graphics
        self._image: Image | None = None
        self._note = ""
        self._canvas: Canvas | None = None
        self._timer: Timer | None = None
        self._reported = False
        self._numbers: list[int] = []  # kitty's, of the pictures that the terminal holds; the last is shown
        self._current = False  # whether that one is of this image

    @property
    def image(self) -> Image | None:
        return self._image

    def show(self, image: Image | None, *, note: str = "") -> None:
        """Show an image, [height, width, 3], or the note in its place. Only what changed is sent."""
        if image is None or self._image is None or self._canvas is None or image.shape != self._image.shape:
            if image is not None or self._image is not None or note != self._note:
                self._image, self._note = image, note
                self._lay_out()
        elif not np.array_equal(image, self._image):
            self._image, self._note = image, note
            self._current = False
            if changed := self._canvas.draw(image):
                self.refresh(changed.translate(self._place().offset))
            self._wait_for_rest()

    def on_mount(self) -> None:
        self._graphics.listen(self, self._lay_out)
        self.app.app_resume_signal.subscribe(self, self._resumed)

    def on_unmount(self) -> None:
        self._graphics.forget(self)
        self._free_pictures()

    def on_resize(self, _event: events.Resize) -> None:
        self._lay_out()

    def _resumed(self, _app: App[object]) -> None:
        """The alternate screen was left, and the pictures with it."""
        self._lay_out()

    def _lay_out(self) -> None:
        """Start anew: another size of the image or of the room, another protocol."""
        self._canvas, self._current = None, False
        self._free_pictures()
        self.refresh()
        if self._image is None or self._graphics.protocol == "off":
            return
        size = self._image.shape[1], self._image.shape[0]
        if box := fit(size, self.size, self._graphics.cell, self._graphics.protocol):
            self._canvas = Canvas(box, self._depth, grey=self.app.no_color)
            self._canvas.draw(self._image)
            self._wait_for_rest()

    @property
    def _depth(self) -> Depth:
        return cast(Depth, self.app.console.color_system or "truecolor")

    @property
    def _blank(self) -> Cell:
        return plain(self.background_colors[1].rgb, self._depth)

    # --- text

    def render_lines(self, crop: Region) -> list[Strip]:
        lines = self._picture_lines(self._canvas, crop) if self._canvas else self._message_lines()[crop.y : crop.bottom]
        return [line.crop(crop.x, crop.right) for line in lines]

    def _place(self) -> Region:
        """Where the picture is in the widget, in cells."""
        columns, rows = (self._canvas.box.columns, self._canvas.box.rows) if self._canvas else (0, 0)
        return Region((self.size.width - columns) // 2, (self.size.height - rows) // 2, columns, rows)

    def _picture_lines(self, canvas: Canvas, crop: Region) -> list[Strip]:
        active = self.screen.is_active  # under a modal Textual dims colours, and would dim the placeholders' too
        place = self._place()
        blank = self._blank
        before, after = [blank] * place.x, [blank] * (self.size.width - place.right)
        empty = Row([blank] * self.size.width)
        rows = canvas.rows(without_pixels=not active)
        painted = self._on_painted if active else None
        return [
            Row([*before, *rows[y - place.y], *after], painted) if place.y <= y < place.bottom else empty
            for y in crop.line_range
        ]

    def _message_lines(self) -> list[Strip]:
        width, height = self.size
        style = self.visual_style.rich_style
        note = self._note or ("" if self._image is None else "pictures are off")
        lines = wrap(printable(note), max(1, width))[:height]
        top = (height - len(lines)) // 2
        strips = [Strip([Segment(line.center(width), style)], width) for line in lines]
        blank = Strip.blank(width, style)
        return [blank] * top + strips + [blank] * (height - top - len(strips))

    # --- pixels

    def _on_painted(self) -> None:
        """Textual writes some of the picture's rows now."""
        if not self._reported and self._graphics.protocol in ("kitty", "sixel"):
            self._reported = True
            self.call_later(self._after_paint)

    def _after_paint(self) -> None:
        """What the rows show now needs the last picture only; and what they lost is made good once that rests."""
        self._reported = False
        self._free_pictures(but=1)
        if not self._current:
            self._wait_for_rest()

    def _wait_for_rest(self) -> None:
        if self._timer:
            self._timer.stop()
        if self._graphics.protocol in ("kitty", "sixel"):
            self._timer = self.set_timer(REST, self._rested)

    def _rested(self) -> None:
        if self._canvas and self._on_screen():  # else the next paint starts the wait again
            self.run_worker(self._sharpen(), group="pixels", exclusive=True)

    async def _sharpen(self) -> None:
        image, order = self._image, self._order()
        if image is None or order is None:
            return
        data = await self._graphics.encoder.encode(image, order)
        if image is not self._image or order != self._order():
            return
        if order.protocol == "kitty":
            self._send_to_kitty(data)
        elif where := self._on_screen():
            self._write(f"\x1b7\x1b[{where.y + 1};{where.x + 1}H{data}\x1b8")

    def _order(self) -> Order | None:
        if not self._canvas:
            return None
        graphics = self._graphics
        background = self.background_colors[1].rgb
        return Order(graphics.protocol, self._canvas.box, graphics.cell, background, graphics.wire)

    def _on_screen(self) -> Region | None:
        """The picture's cells on the screen; None where it cannot be shown in pixels: hidden, below a modal, and for
        sixels also where it is cut off, covered, or too near to the last row."""
        if not self.screen.is_active:
            return None
        shown = self.screen._compositor.visible_widgets  # front to back
        if self not in shown:
            return None
        widget, clip = shown[self]
        place = self._place().translate(widget.offset)
        if self._graphics.protocol == "kitty":
            return place
        if not clip.contains_region(place) or place.bottom + BELOW > self.app.size.height:
            return None
        for other, (region, other_clip) in shown.items():
            if other is self:
                break
            if region.intersection(other_clip).overlaps(place):
                return None
        return place

    def _send_to_kitty(self, png: str) -> None:
        """The picture, then the cells that show it; once those are written the old one is freed: no gap is seen."""
        number = self._graphics.take_number()
        if number is None or self._canvas is None:
            return
        box = self._canvas.box
        self._write(kitty.transmit(number, png, box.columns, box.rows, tmux=self._graphics.terminal.tmux))
        self._canvas.place(number, self._blank.background)
        self._numbers.append(number)
        self._current = True
        self.refresh(self._place())

    def _free_pictures(self, *, but: int = 0) -> None:
        while len(self._numbers) > but:
            self._write(self._graphics.free(self._numbers.pop(0)))

    def _write(self, data: str) -> None:
        """In the order of Textual's own output, through its thread."""
        if data and self.app._driver and not self.app.is_headless:
            self.app._driver.write(data)
