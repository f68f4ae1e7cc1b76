"""The picture widget: half blocks at once, and pixels as soon as the picture has not changed for a moment.

Below the pixels there is always text, so Textual can move, cover and repaint a picture like any text. A repaint erases
its sixels: the rows report that they were written, and only then is the picture sent again. Where only a few squares of
a picture change, their pixels are replaced, and the text below is not sent.
"""

import asyncio
from textwrap import wrap
from typing import cast

import numpy as np
from rich.segment import Segment
from textual import events, work
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from riptui.graphics.canvas import Canvas
from riptui.graphics.encoding import EncodeRequest
from riptui.graphics.fit import PictureBox, fit
from riptui.graphics.half_blocks import ColourDepth, solid_cell
from riptui.graphics.picture_cell import PictureCell
from riptui.graphics.picture_strip import PictureStrip
from riptui.graphics.pixel_layer import EncodedUpdate, PixelLayer
from riptui.graphics.protocol import Graphics
from riptui.graphics.rgb import RGBArray
from riptui.graphics.sixel import ROWS_BELOW
from riptui.graphics.tmux import count_discarded

REST_SECONDS = 0.1  # without a new image, before pixels are worth their bytes
SETTLE_SECONDS = 0.5  # after playing, before all of a picture is sent of which only parts were
REPEAT_SECONDS = 1.0  # after a picture of a new size: tmux passes nothing on while it redraws its window
CHECK_SECONDS = 0.3  # after pixels went through tmux; twice as long after each time that they were lost
MAX_REPEATS = 5  # of one picture
NO_BREAK_SPACE = "\u00a0"  # tmux clears a row's end of blanks, and xterm leaves a sixel there


class PictureWidget(Widget):
    """Shows one image, centred and with its proportions, or a note: without an image, or with pictures off.

    The widget never changes its own size. Borders and padding belong to a container around it.
    """

    DEFAULT_CSS = "PictureWidget { width: 1fr; height: 1fr; }"

    def __init__(self, graphics: Graphics, *, kept_pictures: int = 1, id: str | None = None) -> None:
        """kept_pictures: how many stay in kitty's memory, to be shown again without being sent."""
        super().__init__(id=id)
        self._graphics = graphics
        self.image: RGBArray | None = None
        self.note = ""
        self._box: PictureBox | None = None  # as given to `show`
        self._canvas: Canvas | None = None
        self._pixel_timer: Timer | None = None
        self._repeat_timer: Timer | None = None
        self._check_timer: Timer | None = None
        self._discarded = 0  # by tmux, before the pixels were sent that are still to be checked
        self._repeats = 0
        self._settle_timer: Timer | None = None
        self._is_new_size = self._steady = False
        self._paint_reported = False
        self._sending = False
        self._pixels = PixelLayer(graphics, self._write, kept_pictures)

    def show(
        self, image: RGBArray | None, *, note: str = "", box: PictureBox | None = None, steady: bool = False
    ) -> None:
        """Show an image, or without one the note. Only changes are sent to the terminal.

        image: uint8 [height, width, 3], which must not change afterwards. note: printable. box: how large, if not as
        large as fits. steady: keep the previous image's pixels until those of this one are sent, without half blocks.
        """
        before, self._steady = self.image, steady
        if self._graphics.protocol == "off" and (image is None, note) == (before is None, self.note):
            self.image, self._box = image, box  # the text shown instead stays the same
        elif image is None or before is None or not self._canvas or image.shape != before.shape or box != self._box:
            if image is not None or self.image is not None or note != self.note:
                self.image, self.note, self._box = image, note, box
                self._rebuild_canvas()
        elif not np.array_equal(image, before):
            self.image, self.note = image, note
            self._draw(steady=steady)

    def settle(self) -> None:
        """Call it when playing has ended: the picture is soon sent whole if parts of it have palettes of their own."""
        if self._settle_timer:
            self._settle_timer.stop()
        self._settle_timer = self.set_timer(SETTLE_SECONDS, self._send_whole)

    def _send_whole(self) -> None:
        if self._pixels.shown is None or self._screen_region() is None:  # it will be sent whole when it can be shown
            return
        if self._sending or self._pixels.shown is not self.image:  # the last frame is still to come
            self.settle()
        elif self._pixels.is_patched:
            self._pixels.shown = None
            self._start_encoding()

    def _draw(self, *, steady: bool) -> None:
        """Show `image` in place of another one of its size."""
        if self.image is None or self._canvas is None:
            return
        in_pixels = self._pixels.shown is not None and self._screen_region() is not None
        if in_pixels and self._pixels.recall(self.image):
            self._canvas.draw(self.image, below_pixels=True)
            self._show_kitty_picture()
        elif in_pixels and (steady or self._pixels.changes_little(self.image)):
            self._canvas.draw(self.image, below_pixels=True)
            self._start_encoding()
        else:
            self._pixels.shown = None
            if changed := self._canvas.draw(self.image):
                self.refresh(changed.translate(self._picture_region().offset))
            if not (steady and (self._sending or self._pixel_timer)):  # else it would never rest
                self._restart_pixel_timer()

    def on_mount(self) -> None:
        self._graphics.subscribe(self, self._rebuild_canvas)
        # leaving the alternate screen erased the pictures
        self.app.app_resume_signal.subscribe(self, lambda _: self._rebuild_canvas())

    def on_unmount(self) -> None:
        self._graphics.unsubscribe(self)
        self._pixels.free(all=True)

    def on_resize(self, _event: events.Resize) -> None:
        self._rebuild_canvas()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._canvas and self._canvas.bottom_colour not in (None, self.background_colors[1].rgb):
            self._rebuild_canvas()

    def _rebuild_canvas(self) -> None:
        """Start over: the size of the image or of the widget, the protocol, or the background has changed."""
        self._canvas = None
        self._is_new_size = True
        self._pixels.free(all=True)
        self.refresh()
        if self.image is None or self._graphics.protocol == "off":
            return
        size = self.image.shape[1], self.image.shape[0]
        if box := self._box or fit(size, self.size, self._graphics.cell, self._graphics.protocol):
            ends_early = box.rows > 1 and box.height < box.rows * self._graphics.cell[1]
            bottom_colour = self.background_colors[1].rgb if ends_early and self._graphics.protocol == "sixel" else None
            self._canvas = Canvas(box, self._depth, grey=self.app.no_color, bottom_colour=bottom_colour)
            self._canvas.draw(self.image)
            self._restart_pixel_timer()

    @property
    def _depth(self) -> ColourDepth:
        return cast(ColourDepth, self.app.console.color_system or "truecolor")

    @property
    def _blank_cell(self) -> PictureCell:
        cell = solid_cell(self.background_colors[1].rgb, self._depth)
        if self._graphics.protocol == "sixel" and self._graphics.terminal.tmux:
            return cell._replace(text=NO_BREAK_SPACE)
        return cell

    # Text

    def render_lines(self, crop: Region) -> list[Strip]:
        lines = self._picture_lines(self._canvas, crop) if self._canvas else self._message_lines()[crop.y : crop.bottom]
        return [line.crop(crop.x, crop.right) for line in lines]

    def _picture_region(self) -> Region:
        """The picture's cells within the widget."""
        columns, rows = (self._canvas.box.columns, self._canvas.box.rows) if self._canvas else (0, 0)
        return Region((self.size.width - columns) // 2, (self.size.height - rows) // 2, columns, rows)

    def place_at(self, offset: Offset) -> tuple[float, float] | None:
        """The place in the picture at a cell of the widget, x and y from 0 to 1; None beside the picture."""
        region = self._picture_region()
        if not region.contains_point(offset):
            return None
        return (offset.x - region.x + 0.5) / region.width, (offset.y - region.y + 0.5) / region.height

    def _picture_lines(self, canvas: Canvas, crop: Region) -> list[Strip]:
        active = self.screen.is_active  # a modal's dimming would change the placeholders' numbers
        region = self._picture_region()
        blank = self._blank_cell
        before, after = [blank] * region.x, [blank] * (self.size.width - region.right)
        empty = PictureStrip([blank] * self.size.width)
        rows = canvas.rows(without_pixels=not active)
        painted = self._rows_written if active else None
        return [
            PictureStrip([*before, *rows[y - region.y], *after], painted) if region.y <= y < region.bottom else empty
            for y in crop.line_range
        ]

    def _message_lines(self) -> list[Strip]:
        width, height = self.size
        style = self.visual_style.rich_style
        note = self.note or ("" if self.image is None else "pictures are off")
        lines = wrap(note, max(1, width))[:height]
        top = (height - len(lines)) // 2
        strips = [Strip([Segment(line.center(width), style)], width) for line in lines]
        blank = Strip.blank(width, style)
        return [blank] * top + strips + [blank] * (height - top - len(strips))

    # Pixels

    def _rows_written(self) -> None:
        """Called when Textual writes rows of the picture, which erases sixels."""
        if self._graphics.protocol == "sixel":
            self._pixels.shown = None
        if not self._paint_reported and self._graphics.protocol in ("kitty", "sixel"):
            self._paint_reported = True
            self.call_later(self._after_paint)

    def _after_paint(self) -> None:
        """Free kitty's pictures that are no longer shown, and send pixels again if the paint erased them."""
        self._paint_reported = False
        self._pixels.free()
        if self._pixels.shown is not self.image:
            self._restart_pixel_timer()

    def _restart_pixel_timer(self) -> None:
        if self._pixel_timer:
            self._pixel_timer.stop()
        if self._graphics.protocol in ("kitty", "sixel"):
            self._pixel_timer = self.set_timer(REST_SECONDS, self._start_encoding)

    def _start_encoding(self) -> None:
        self._pixel_timer = None
        if self._canvas and self._screen_region() and not self._sending:  # else the next paint restarts the timer
            self._sending = True
            self._send_pixels()

    @work(group="pixels")
    async def _send_pixels(self) -> None:
        """Send the image's pixels; go on with the images that replace it while these are sent."""
        try:
            while (update := await self._encode()) is not None and self._send(update):
                await asyncio.sleep(self._pixels.pause_seconds(update))
        finally:
            self._sending = False

    async def _encode(self) -> EncodedUpdate | None:
        """Encode what the terminal does not show yet; None if nothing, or if too much has changed meanwhile."""
        image, request = self.image, self._encode_request()
        if image is None or request is None or image is self._pixels.shown:
            return None
        base = self._pixels.shown
        update = await self._pixels.encode(image, request)
        is_current = request == self._encode_request() and self._pixels.shown is base
        is_late = base is None and image is not self.image  # the half blocks that are shown are newer
        if is_current and (self._steady or not is_late):
            return update
        self._restart_pixel_timer()
        return None

    def _send(self, update: EncodedUpdate) -> bool:
        """Send an update. Returns whether the terminal shows it now."""
        region = self._screen_region()
        if self._canvas is None or region is None:
            return False
        if self._graphics.protocol == "sixel":
            self._pixels.send_sixels(update, region.x, region.y)
        elif self._pixels.send_to_kitty(update, self._canvas.box):
            self._show_kitty_picture()
            self._repeat_after_resize()
        if self._graphics.protocol == "kitty" and self._graphics.terminal.tmux:
            self._repeats = 0
            self._check_later()
        return self._pixels.shown is update.image

    def _repeat_after_resize(self) -> None:
        """In tmux, send the first picture of a new size again later: tmux may drop it while it redraws its window."""
        if self._is_new_size and self._graphics.terminal.tmux:
            if self._repeat_timer:
                self._repeat_timer.stop()
            self._repeat_timer = self.set_timer(REPEAT_SECONDS, self._repeat)
        self._is_new_size = False

    async def _repeat(self) -> None:
        if (request := self._encode_request()) is not None:
            await self._pixels.repeat(request)

    def _check_later(self) -> None:
        if self._check_timer:
            self._check_timer.stop()
        else:
            self._discarded = self._graphics.discarded
        self._check_timer = self.set_timer(CHECK_SECONDS * 2**self._repeats, self._check_arrival)

    @work(group="arrival", exclusive=True)
    async def _check_arrival(self) -> None:
        """Send the picture again if tmux has thrown something away since it was sent."""
        discarded = await asyncio.to_thread(count_discarded)
        is_lost = discarded != self._discarded
        self._discarded = self._graphics.discarded = discarded
        self._check_timer = None
        if is_lost and self._repeats < MAX_REPEATS:
            self._repeats += 1
            await self._repeat()
            self._check_later()

    def _show_kitty_picture(self) -> None:
        """Let the cells show kitty's newest picture; the old one is freed once they are painted, without a gap."""
        if self._canvas is not None:
            self._canvas.show_kitty_picture(self._pixels.kitty_number, self._blank_cell.background)
            self.refresh(self._picture_region())

    def _encode_request(self) -> EncodeRequest | None:
        if not self._canvas:
            return None
        graphics = self._graphics
        background = self.background_colors[1].rgb
        return EncodeRequest(graphics.protocol, self._canvas.box, graphics.cell, background, graphics.budget)

    def _screen_region(self) -> Region | None:
        """The picture's cells on the screen; None if its pixels cannot be shown now.

        They cannot if it is hidden or below a modal; sixels also not if it is cut off, covered, or near the last row.
        """
        if not self.screen.is_active:
            return None
        visible_widgets = self.screen._compositor.visible_widgets  # front to back
        if self not in visible_widgets:
            return None
        widget, clip = visible_widgets[self]
        picture_region = self._picture_region().translate(widget.offset)
        if self._graphics.protocol == "kitty":
            return picture_region
        if not clip.contains_region(picture_region) or picture_region.bottom + ROWS_BELOW > self.app.size.height:
            return None
        for front_widget, (region, front_clip) in visible_widgets.items():
            if front_widget is self:
                break
            if region.intersection(front_clip).overlaps(picture_region):
                return None
        return picture_region

    def _write(self, data: str) -> None:
        """Write escape sequences through Textual's output thread, in the order of its own output."""
        if data and self.app._driver and not self.app.is_headless:
            self.app._driver.write(data)
