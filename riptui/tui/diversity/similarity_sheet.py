"""The contact sheet of a set: its pictures row by row in the order by similarity, in as many columns as fit."""

from collections.abc import Sequence
from functools import partial

from textual import on

from riptui.graphics.protocol import Graphics
from riptui.tui.gallery.gallery_grid import (
    GAP_COLUMNS,
    TEXT_ROWS,
    USUAL_MIN_ROWS,
    GalleryGrid,
    GridSize,
    choose_grid,
    picture_sizes,
)
from riptui.tui.gallery.gallery_table import GalleryCell, GalleryRow, GalleryTable
from riptui.tui.gallery.thumbnails import ThumbnailKey, ThumbnailReader
from riptui.tui.latest_jobs import LatestJobs


def fit_sheet(count: int, width: int, height: int, larger: int = 0) -> GridSize:
    """The grid for so many pictures: as large as all fit; if that is too small, as many as fit at the usual size."""

    def fit(picture_rows: int) -> GridSize:
        columns = max(1, min(count, (width + GAP_COLUMNS) // (2 * picture_rows + GAP_COLUMNS)))
        visible = min(-(-count // columns), height // (picture_rows + TEXT_ROWS))
        return GridSize(picture_rows, max(1, visible), columns)

    def all_fit(grid: GridSize) -> bool:
        return grid.rows * grid.columns >= count

    grids = [*map(fit, picture_sizes(width, height))]
    usual = max((grid.picture_rows for grid in grids if all_fit(grid)), default=0)
    return choose_grid(grids, max(usual, USUAL_MIN_ROWS), larger)


class SimilaritySheet(GalleryGrid):
    """A gallery of a row of cells, which is wrapped anew whenever another number of columns fits."""

    DEFAULT_CSS = "SimilaritySheet { padding: 0 1; }"

    def __init__(self, graphics: Graphics) -> None:
        super().__init__(graphics)
        self._cells: Sequence[GalleryCell] = ()
        self._thumbnail_reader = ThumbnailReader()  # used by the thread only
        self._wanted: Sequence[ThumbnailKey] = ()
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="sheet"))
        self.place = 0
        """Of the cell at the cursor, from 0."""

    async def show_cells(self, cells: Sequence[GalleryCell], place: int) -> None:
        """Show these, with the cursor at one of them."""
        self._cells = cells
        await self.go(place)

    async def go(self, place: int) -> None:
        """Move the cursor to a cell."""
        self.place = max(0, min(place, len(self._cells) - 1))
        await self._fill()
        self.post_message(self.CursorMoved())

    def fit(self, width: int, height: int, larger: int) -> GridSize:
        return fit_sheet(len(self._cells), width, height, larger)

    async def _move_to(self, row: int, column: int) -> None:
        columns = max(1, len(self._table.columns))
        last = (len(self._cells) - 1) // columns
        await self.go(max(0, min(row, last)) * columns + max(0, min(column, columns - 1)))

    async def _fill_cells(self) -> None:
        if self._cells and self.size:
            columns = self.fit(self.size.width, self.size.height - 1, self._larger).columns
            starts = range(0, len(self._cells), columns)
            rows = (GalleryRow("", _fill_up(self._cells[start : start + columns], columns)) for start in starts)
            self._table = GalleryTable(("",) * columns, tuple(rows))
            self.cursor = divmod(self.place, columns)
        await super()._fill_cells()

    @on(GalleryGrid.ThumbnailsRequested)
    def _request_thumbnails(self, message: GalleryGrid.ThumbnailsRequested) -> None:
        message.stop()
        self._wanted = message.keys
        if message.keys:
            self._jobs.submit("thumbnails", partial(self._read_thumbnails, message.keys, message.min_pixels))

    def _read_thumbnails(self, keys: Sequence[ThumbnailKey], min_pixels: int) -> None:
        """In the thread, until other pictures are visible."""
        for key in keys:
            if self._wanted is not keys or not self.is_attached:
                return
            thumbnail = self._thumbnail_reader.read(key, min_pixels)
            self.call_later(self.show_thumbnail, key, min_pixels, thumbnail)


def _fill_up(cells: Sequence[GalleryCell], columns: int) -> tuple[GalleryCell | None, ...]:
    return (*cells, *[None] * (columns - len(cells)))
