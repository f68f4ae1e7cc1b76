"""The large picture: all of a frame to the edges of its room, or a part of it at 1:1, 2:1 and the like."""

from dataclasses import dataclass
from math import ceil

from textual import events
from textual.message import Message

from riptui.arrays import Image
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.graphics.sixel import ROWS_BELOW
from riptui.graphics.zoom import PictureRoom, ZoomedPart

KEPT_PICTURES = 3  # in kitty's memory: blinking sends nothing
PAN_SHARE = 0.25  # of what is visible, with each key


class LargePicture(PictureWidget):
    """Zooms by keys and the wheel, pans by keys and dragging; posts Moved."""

    DEFAULT_CSS = "LargePicture { width: 1fr; height: 1fr; }"

    class Moved(Message):
        """Another part, or another zoom, is shown."""

    @dataclass
    class Hovered(Message):
        """The mouse is over a point of the image, (x, y) in its pixels, or left it: None."""

        point: tuple[float, float] | None

    def __init__(self, graphics: Graphics) -> None:
        super().__init__(graphics, kept_pictures=KEPT_PICTURES)
        self._whole: Image | None = None
        self._zoom: float | None = None  # None: all of the picture
        self._centre = (0.0, 0.0)  # in pixels of the image
        self._dragged_from: tuple[int, int] | None = None
        self.part: ZoomedPart | None = None
        """What is visible; None without a picture, or without room."""

    def show_frame(self, image: Image | None, *, note: str = "", steady: bool = False) -> None:
        """Show a frame at the zoom and the place of the one before."""
        if image is not None and (self._whole is None or image.shape != self._whole.shape):
            self._centre = image.shape[1] / 2, image.shape[0] / 2
        self._whole = image
        self._show_part(note=note, steady=steady)

    @property
    def fits(self) -> bool:
        """Whether all of the picture is visible."""
        size = self._image_size
        return self.part is None or size is None or (self.part.width, self.part.height) == size

    @property
    def zoom_label(self) -> str:
        """1:1, 1:4, fit 133 %; "fit" in half blocks, which are no pixels."""
        if self._zoom is not None:
            return f"{self._zoom:g}:1" if self._zoom >= 1 else f"1:{1 / self._zoom:g}"
        has_pixels = self._graphics.protocol in ("kitty", "sixel")
        return f"fit {100 * self.part.zoom:.0f} %" if self.part and has_pixels else "fit"

    @property
    def dot_pixels(self) -> int:
        """Pixels of the image that a dot of the screen shows along a side: 1, or more where it is shrunk."""
        return max(1, ceil(1 / self.part.zoom)) if self.part else 1

    def change_zoom(self, direction: int, around: tuple[float, float] | None = None) -> None:
        """Zoom in (1) or out (-1), so that a point of the image stays where it is; that in the middle if not given."""
        if (size := self._image_size) is None or self.part is None:
            return
        zooms = self._room.zooms(size)
        index = zooms.index(self._zoom) if self._zoom in zooms else zooms.index(None)
        zoom = zooms[min(max(0, index + direction), len(zooms) - 1)]
        if zoom == self._zoom:
            return
        if around is not None and zoom is not None:
            ratio = self.part.zoom / zoom
            middle = self.part.left + self.part.width / 2, self.part.top + self.part.height / 2
            self._centre = tuple(p + (m - p) * ratio for p, m in zip(around, middle, strict=True))  # type: ignore[assignment]
        self._zoom = zoom
        self._show_part()

    def fit(self) -> None:
        """Show all of the picture."""
        self._zoom = None
        self._show_part()

    def pan(self, columns: int, rows: int) -> None:
        """Move what is visible by a quarter of it, right and down."""
        if self.part is not None:
            self._pan_pixels(columns * PAN_SHARE * self.part.width, rows * PAN_SHARE * self.part.height)

    def _pan_pixels(self, x: float, y: float) -> None:
        if self.part is None or self.fits:
            return
        middle = self.part.left + self.part.width / 2, self.part.top + self.part.height / 2
        self._centre = middle[0] + x, middle[1] + y
        self._show_part()

    @property
    def _image_size(self) -> tuple[int, int] | None:
        return (self._whole.shape[1], self._whole.shape[0]) if self._whole is not None else None

    @property
    def _room(self) -> PictureRoom:
        graphics = self._graphics
        rows = self.size.height
        if graphics.protocol == "sixel":
            rows = min(rows, self.app.size.height - self.region.y - ROWS_BELOW)
        return PictureRoom((self.size.width, rows), graphics.cell, graphics.protocol)

    def _choose_part(self) -> ZoomedPart | None:
        if (size := self._image_size) is None:
            return None
        return self._room.fill(size) if self._zoom is None else self._room.show(size, self._zoom, self._centre)

    def _show_part(self, *, note: str = "", steady: bool = False) -> None:
        before, self.part = self.part, self._choose_part()
        if self._whole is None:
            self.show(None, note=note or self.note)
            return
        if self.part is not None:
            self.show(self._whole[self.part.window], note=note, box=self.part.box, steady=steady)
        if before != self.part:
            self.post_message(self.Moved())

    def _rebuild_canvas(self) -> None:
        """Choose the part anew where the room, the protocol or the cells have changed."""
        part = self._choose_part()
        if self._whole is not None and part is not None and part != self.part:
            self.part, self._box = part, part.box
            self.image = self._whole[part.window]
            self.post_message(self.Moved())
        super()._rebuild_canvas()

    # The mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.change_zoom(1, self._point_at(event.x, event.y))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.change_zoom(-1, self._point_at(event.x, event.y))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1:
            event.stop()
            self._dragged_from = event.screen_x, event.screen_y
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged_from is not None:
            event.stop()
            x, y = self._dragged_from
            self._dragged_from = event.screen_x, event.screen_y
            step = self._pixels_per_cell
            self._pan_pixels((x - event.screen_x) * step[0], (y - event.screen_y) * step[1])
        self.post_message(self.Hovered(self._point_at(event.x, event.y)))

    def on_leave(self) -> None:
        self.post_message(self.Hovered(None))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self._dragged_from = None
        self.release_mouse()

    @property
    def _pixels_per_cell(self) -> tuple[float, float]:
        """Image pixels per column and row."""
        if self.part is None:
            return 0.0, 0.0
        return self.part.width / self.part.box.columns, self.part.height / self.part.box.rows

    def _point_at(self, x: int, y: int) -> tuple[float, float] | None:
        """The point of the image at a cell of the widget."""
        if self.part is None:
            return None
        region, step = self._picture_region(), self._pixels_per_cell
        return self.part.left + (x - region.x + 0.5) * step[0], self.part.top + (y - region.y + 0.5) * step[1]
