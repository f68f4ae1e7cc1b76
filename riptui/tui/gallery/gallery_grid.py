"""The gallery's widget: as many rows and columns of pictures as fit, with a cursor. Only visible cells are widgets."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import NamedTuple

from textual import events
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.metrics.display import format_short
from riptui.tui.gallery.gallery_table import GalleryCell, GalleryTable
from riptui.tui.gallery.thumbnails import ThumbnailKey
from riptui.tui.plot.grid import shorten
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.loader import FrameImage

GAP_COLUMNS = 2
TEXT_ROWS = 2  # a row's label, and the values below its pictures
USUAL_ROWS = 3  # of pictures, as many as the paper's mask sizes
MIN_PICTURE_ROWS = 3
USUAL_MIN_ROWS = 5  # of a picture, where the user chose no size
MAX_CACHED_BYTES = 24 * 2**20


class GridSize(NamedTuple):
    """Rows of a picture, and how many rows and columns of pictures are visible."""

    picture_rows: int
    rows: int
    columns: int

    @property
    def picture_columns(self) -> int:
        return 2 * self.picture_rows


def fit_grid(columns: int, rows: int, width: int, height: int, larger: int = 0) -> GridSize:
    """The grid for so many columns and rows of pictures in a room; `larger`: so many grids after the usual one."""

    def fit(picture_rows: int) -> GridSize:
        fitting_columns = (width + GAP_COLUMNS) // (2 * picture_rows + GAP_COLUMNS)
        fitting_rows = height // (picture_rows + TEXT_ROWS)
        return GridSize(picture_rows, max(1, min(rows, fitting_rows)), max(1, min(columns, fitting_columns)))

    by_width = ((width + GAP_COLUMNS) // max(1, columns) - GAP_COLUMNS) // 2
    counts = range(max(1, min(rows, USUAL_ROWS)), 0, -1)
    sizes = [min(height // count - TEXT_ROWS, by_width) for count in counts]
    usual = next((size for size in sizes if size >= USUAL_MIN_ROWS), USUAL_MIN_ROWS)
    return choose_grid(map(fit, picture_sizes(width, height)), usual, larger)


def picture_sizes(width: int, height: int) -> range:
    """The rows that a picture can have in a room."""
    most = max(1, min(height - TEXT_ROWS, width // 2))
    return range(min(MIN_PICTURE_ROWS, most), most + 1)


def choose_grid(grids: Iterable[GridSize], usual: int, larger: int) -> GridSize:
    """So many grids after that with pictures of the usual rows.

    grids: by growing pictures. Of those that show as many, the one with the largest pictures leaves least room empty.
    """
    filling = [*{(grid.rows, grid.columns): grid for grid in grids}.values()]
    start = next((index for index, grid in enumerate(filling) if grid.picture_rows >= usual), len(filling) - 1)
    return filling[min(max(0, start + larger), len(filling) - 1)]


def key_of(cell: GalleryCell) -> ThumbnailKey:
    return ThumbnailKey(cell.member.path, cell.member.digest, cell.k)


class GalleryItem(PictureWidget):
    """A picture of the gallery."""

    DEFAULT_CSS = f"GalleryItem {{ margin-right: {GAP_COLUMNS}; pointer: pointer; }}"

    def __init__(self, graphics: Graphics, place: tuple[int, int]) -> None:
        super().__init__(graphics)
        self.place = place
        """Row and column within what is visible."""
        self.key: ThumbnailKey | None = None


class VisibleRow(NamedTuple):
    """The widgets of a row: what it is, its pictures, their values. One line for all values: widgets cost time."""

    label: TextLine
    items: list[GalleryItem]
    values: TextLine


class GalleryGrid(Widget):
    """Shows a table from its cursor's surroundings on; asks for pictures by ThumbnailsRequested."""

    DEFAULT_CSS = """
    GalleryGrid {
        layout: vertical;
        overflow: hidden;
        width: 1fr;
        height: 1fr;
        & > TextLine { width: 1fr; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class ThumbnailsRequested(Message):
        """Asks for these pictures, which `show_thumbnail` gets, with at least so many pixels on each side."""

        keys: Sequence[ThumbnailKey]
        min_pixels: int

    class CursorMoved(Message):
        """The cursor is on another cell, or the cell has changed."""

    class CellOpened(Message):
        """A double click on the cell of the cursor."""

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self._graphics = graphics
        self._table = GalleryTable()
        self._metric = ""
        self._larger = 0
        self._top = self._left = 0
        self._thumbnails: OrderedDict[tuple[ThumbnailKey, int], FrameImage] = OrderedDict()
        self._grid: GridSize | None = None
        self._rows: list[VisibleRow] = []
        self._filling = asyncio.Lock()  # for the size and the table may change at once
        self.cursor = (0, 0)
        """Row and column in the table."""

    @property
    def picture_rows(self) -> int:
        """Rows of each picture."""
        return self._grid.picture_rows if self._grid else 0

    @property
    def cell(self) -> GalleryCell | None:
        """The cell of the cursor."""
        row, column = self.cursor
        if row >= len(self._table.rows) or column >= len(self._table.columns):
            return None
        return self._table.rows[row].cells[column]

    @property
    def _visible_items(self) -> Mapping[ThumbnailKey, GalleryItem]:
        return {item.key: item for row in self._rows for item in row.items if item.key is not None}

    async def show_table(self, table: GalleryTable, metric: str, cursor: tuple[int, int] | None = None) -> None:
        """Show a table, with the metric's values below the pictures."""
        self._table, self._metric = table, metric
        await self._move_to(*(cursor or self.cursor))

    def show_thumbnail(self, key: ThumbnailKey, pixels: int, thumbnail: FrameImage) -> None:
        """Show a requested picture, and keep it for when it is visible again."""
        self._thumbnails[key, pixels] = thumbnail
        while sum(_size_of(kept) for kept in self._thumbnails.values()) > MAX_CACHED_BYTES:
            self._thumbnails.popitem(last=False)
        if (item := self._visible_items.get(key)) is not None:
            item.show(thumbnail.image, note=thumbnail.note)

    def fit(self, width: int, height: int, larger: int) -> GridSize:
        """The grid for the table in a room without the header; `larger`: see `fit_grid`."""
        return fit_grid(len(self._table.columns), len(self._table.rows), width, height, larger)

    # Moving

    async def move(self, rows: int, columns: int) -> None:
        await self._move_to(self.cursor[0] + rows, self.cursor[1] + columns)

    async def page(self, pages: int) -> None:
        await self.move(pages * (self._grid.rows if self._grid else 1), 0)

    async def enlarge(self, steps: int) -> None:
        """Show larger pictures, or smaller ones: as many fewer or more as fill the room."""
        step = 1 if steps > 0 else -1
        for _ in range(abs(steps)):
            before = self._grid
            self._larger += step
            await self._fill()
            if self._grid == before:  # the largest or the smallest
                self._larger -= step
                break

    async def _move_to(self, row: int, column: int) -> None:
        rows, columns = len(self._table.rows), len(self._table.columns)
        self.cursor = min(max(0, row), max(0, rows - 1)), min(max(0, column), max(0, columns - 1))
        await self._fill()
        self.post_message(self.CursorMoved())

    # Drawing

    def on_mount(self) -> None:
        self._graphics.subscribe(self, self._fill_later)

    def on_unmount(self) -> None:
        self._graphics.unsubscribe(self)

    def _fill_later(self) -> None:
        self.call_later(self._fill)

    async def on_resize(self, _event: events.Resize) -> None:
        await self._fill()

    async def _fill(self) -> None:
        async with self._filling:
            await self._fill_cells()

    async def _fill_cells(self) -> None:
        rows, columns = len(self._table.rows), len(self._table.columns)
        if not rows or not self.size:
            await self._build(None)
            return
        grid = self.fit(self.size.width, self.size.height - 1, self._larger)
        if grid != self._grid:
            await self._build(grid)
        self._top = _scroll(self._top, self.cursor[0], grid.rows, rows)
        self._left = _scroll(self._left, self.cursor[1], grid.columns, columns)
        self.query_one("#gallery-columns", TextLine).set_text(self._column_header(grid))
        for row in self._rows:
            y = self._top + row.items[0].place[0]
            cells = self._table.rows[y].cells[self._left : self._left + grid.columns]
            row.label.set_text(Content(self._table.rows[y].label))
            for item, cell in zip(row.items, cells, strict=True):
                self._fill_item(item, cell)
            current = self.cursor[1] - self._left if y == self.cursor[0] else None
            row.values.set_text(_values_line(cells, self._metric, grid.picture_columns, current))
        self._request_missing()

    async def _build(self, grid: GridSize | None) -> None:
        """Make the widgets of the visible cells anew, for another size or number of them."""
        if grid is None and not self.children:
            return
        self._grid, self._rows = grid, []
        async with self.batch():
            await self.remove_children()
            if grid is None:
                return
            widgets: list[Widget] = [TextLine(id="gallery-columns")]
            for y in range(grid.rows):
                row = VisibleRow(
                    TextLine(), [GalleryItem(self._graphics, (y, x)) for x in range(grid.columns)], TextLine()
                )
                for item in row.items:
                    item.styles.width, item.styles.height = grid.picture_columns, grid.picture_rows
                pictures = Horizontal(*row.items)
                pictures.styles.height = grid.picture_rows
                self._rows.append(row)
                widgets += [row.label, pictures, row.values]
            await self.mount(*widgets)

    def _column_header(self, grid: GridSize) -> Content:
        shown = self._table.columns[self._left : self._left + grid.columns]
        styles = {self.cursor[1] - self._left: "bold"}
        hidden = len(self._table.columns) - self._left - len(shown)
        more = f"+{hidden} ▸" if hidden else ""
        widths = [grid.picture_columns + GAP_COLUMNS] * len(shown)
        widths[-1] = min(widths[-1], self.size.width - len(more) - sum(widths[:-1]))  # what is hidden is always told
        parts = [
            (f"{shorten(name, width - 1):<{width}}", styles.get(x, "$foreground"))
            for x, (name, width) in enumerate(zip(shown, widths, strict=True))
        ]
        return Content.assemble(*parts, (more, "$foreground-muted")) if hidden else Content.assemble(*parts).rstrip()

    def _fill_item(self, item: GalleryItem, cell: GalleryCell | None) -> None:
        key = key_of(cell) if cell is not None and cell.is_computed else None
        thumbnail = self._thumbnails.get((key, self._pixels)) if key is not None else None
        if thumbnail is not None:
            item.show(thumbnail.image, note=thumbnail.note)
        elif key is None or key != item.key:
            item.show(None, note=_note(cell))
        item.key = key

    @property
    def _pixels(self) -> int:
        """Pixels on each side that a picture needs on the screen."""
        grid, graphics = self._grid, self._graphics
        if grid is None:
            return 1
        if graphics.protocol in ("kitty", "sixel"):
            return min(grid.picture_columns * graphics.cell[0], grid.picture_rows * graphics.cell[1])
        return grid.picture_columns

    def _request_missing(self) -> None:
        missing = [key for key in self._visible_items if (key, self._pixels) not in self._thumbnails]
        self.post_message(self.ThumbnailsRequested(missing, self._pixels))

    # The mouse

    async def on_click(self, event: events.Click) -> None:
        event.stop()
        for row in self._rows:
            for item in row.items:
                with_value = item.region.grow((0, 0, 1, 0))
                if with_value.contains(event.screen_x, event.screen_y):
                    await self._move_to(self._top + item.place[0], self._left + item.place[1])
                    if event.chain == 2:
                        self.post_message(self.CellOpened())
                    return

    async def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        await self.move(1, 0)

    async def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        await self.move(-1, 0)


def _scroll(start: int, cursor: int, visible: int, count: int) -> int:
    """The first visible row or column, moved as little as possible to show the cursor."""
    start = min(start, max(0, count - visible))
    return min(max(start, cursor - visible + 1), cursor)


def _values_line(cells: Sequence[GalleryCell | None], metric: str, width: int, current: int | None) -> Content:
    """The values below the pictures of a row; that of the cursor's column is marked."""
    parts: list[tuple[str, str]] = []
    for x, cell in enumerate(cells):
        text = _caption(cell, metric)
        if x == current:
            parts += [(f"{shorten(f'▸ {text}', width):<{width}}", "$accent bold"), (" " * GAP_COLUMNS, "")]
        else:
            parts.append((f"{shorten(text, width):<{width + GAP_COLUMNS}}", "$foreground"))
    return Content.assemble(*parts).rstrip()


def _caption(cell: GalleryCell | None, metric: str) -> str:
    if cell is None:
        return ""
    if cell.caption is not None:
        return cell.caption
    value = cell.value(metric) if metric else nan
    return "–" if isnan(value) else format_short(value)


def _note(cell: GalleryCell | None) -> str:
    if cell is None or cell.is_computed:
        return ""
    return f"{cell.member.spec.inpainted(cell.member.k):.0f} % so far"


def _size_of(thumbnail: FrameImage) -> int:
    return thumbnail.image.nbytes if thumbnail.image is not None else 0
