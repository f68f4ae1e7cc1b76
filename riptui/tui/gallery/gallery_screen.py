"""The screen with a group's gallery: many pictures at once, and what rows and columns are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from riptui.graphics.protocol import Graphics
from riptui.metrics.display import in_display_order, metric_title
from riptui.text.terminal import printable
from riptui.text.units import format_count
from riptui.tui import screen_bindings
from riptui.tui.figure_dialog import FigureScreen
from riptui.tui.gallery.gallery_grid import GalleryGrid
from riptui.tui.gallery.gallery_table import (
    PERCENT,
    GalleryAxes,
    GalleryTable,
    build_gallery,
    metric_of,
    percent_points,
    reached_point,
)
from riptui.tui.gallery.thumbnails import ThumbnailKey, ThumbnailReader
from riptui.tui.group.chart_command import sheet_figure
from riptui.tui.group.group_reader import GroupMember, GroupReader, in_slices
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.large.large_screen import LargePlace, LargeScreen
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.text_lines import TextLine
from riptui.tui.written_files import tell_written

POLL_SECONDS = 2.0


class GalleryScreen(InnerScreen[None]):
    """The trajectories of one group."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.GALLERY]
    DEFAULT_CSS = """
    GalleryScreen {
        & > TextLine { width: 1fr; padding: 0 1; }
        & > GalleryGrid { padding: 0 1; }
    }
    """

    def __init__(
        self,
        group: Path,
        trajectories: Sequence[Path],
        graphics: Graphics,
        *,
        runs: Path,
        metric: str = "lpips-vgg",
        members: Mapping[str, GroupMember] | None = None,
        speed: float = 8.0,
        further: Sequence[str] = (),
    ) -> None:
        """members: those that are read already, by path. further: options of a command that leaves these."""
        super().__init__()
        self._group = group
        self._paths = tuple(map(str, trajectories))
        self._graphics = graphics
        self._runs = runs
        self._metric = metric
        self._speed = speed
        self._further = further
        self._members = [members[path] for path in self._paths if path in members] if members else []
        self._inpainted: float | None = None  # None: the last point that is reached
        self.axes = GalleryAxes()
        self.table = GalleryTable()
        self._title = TextLine(id="gallery-title")
        self._grid = GalleryGrid(graphics)
        self._place = TextLine(id="gallery-place")
        self._group_reader = GroupReader()  # both are used by the thread only
        self._thumbnail_reader = ThumbnailReader()
        self._wanted: Sequence[ThumbnailKey] = ()
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="gallery"))

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._grid
        yield self._place
        yield KeyFooter()

    async def on_mount(self) -> None:
        if self._members:
            await self._show_table()
        else:
            self._title.set_text(Content("reading …"))
            self._read()
        self.set_interval(POLL_SECONDS, self._read)

    def on_unmount(self) -> None:
        self._wanted = ()  # the thread ends

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._jobs.busy

    @property
    def inpainted(self) -> float:
        """The inpainted % of the pictures, where columns are no points in time."""
        return reached_point(self._members) if self._inpainted is None else self._inpainted

    @property
    def metric(self) -> str:
        return metric_of(self._members, self._metric)

    # Reading, in a thread

    def _read(self) -> None:
        self._jobs.submit("group", self._read_group)

    def _read_group(self) -> None:
        for count in in_slices(self._group_reader.read(self._paths)):
            self.call_later(self._show_progress, count)
        if self._group_reader.changed:
            self.call_later(self._update_members, list(self._group_reader.members.values()))

    @on(GalleryGrid.ThumbnailsRequested)
    def _request_thumbnails(self, message: GalleryGrid.ThumbnailsRequested) -> None:
        self._wanted = message.keys
        if message.keys:
            self._jobs.submit("thumbnails", partial(self._read_thumbnails, message.keys, message.min_pixels))

    def _read_thumbnails(self, keys: Sequence[ThumbnailKey], min_pixels: int) -> None:
        for key in keys:
            if self._wanted is not keys:  # others are visible now
                return
            thumbnail = self._thumbnail_reader.read(key, min_pixels)
            self.call_later(self._grid.show_thumbnail, key, min_pixels, thumbnail)

    # What was read

    def _show_progress(self, count: int) -> None:
        if not self._members:
            self._title.set_text(Content(f"reading {count:,} of {len(self._paths):,}"))

    async def _update_members(self, members: list[GroupMember]) -> None:
        self._members = members
        await self._show_table()

    async def _show_table(self, path: str = "") -> None:
        """Arrange the trajectories anew; the cursor goes to this one or its own, if it is among them."""
        path = path or (self._grid.cell.member.path if self._grid.cell else "")
        self.table = build_gallery(self._members, self.axes, self.inpainted)
        found = self.table.find(path) if path else None
        if found and self.table.column_kind == PERCENT:
            found = found[0], self._grid.cursor[1]
        await self._grid.show_table(self.table, self.metric, found)
        self._show_title()

    def _show_title(self) -> None:
        table, group = self.table, printable(self._group.name)
        if not self._members:
            self._title.set_text(Content.assemble((group, "bold"), "  no readable trajectory"))
            return
        rows = "a row a seed" if self.axes.by_seed else "a row a picture"
        parts = [rows, "columns every 50 %"]
        if table.column_kind != PERCENT:
            parts = [rows, f"columns by {table.column_kind}", f"at {self.inpainted:.0f} %"]
        parts += [metric_title(self.metric)] if self.metric else []
        parts += [format_count(len(self._members), "trajectory")]
        self._title.set_text(Content.assemble((group, "bold"), ("  " + " · ".join(parts), "$foreground-muted")))

    @on(GalleryGrid.CursorMoved)
    def _show_place(self) -> None:
        cell = self._grid.cell
        if cell is None:
            self._place.set_text(Content(""))
            return
        spec, path = cell.member.spec, Path(cell.member.path)
        name = path.relative_to(self._runs) if path.is_relative_to(self._runs) else path
        row = f"row {self._grid.cursor[0] + 1} of {len(self.table.rows)}"
        seed = f"seed {spec.seed}" + (f" (1 of {cell.seeds} seeds: i)" if cell.seeds > 1 else "")
        about = f"  frame {cell.k}/{spec.iterations}  {spec.inpainted(cell.k):.0f} %  {seed}  {row}"
        self._place.set_text(Content.assemble((printable(name.as_posix()), "bold"), (about, "$foreground-muted")))

    # Keys

    async def action_move(self, rows: int, columns: int) -> None:
        await self._grid.move(rows, columns)

    async def action_page(self, pages: int) -> None:
        await self._grid.page(pages)

    async def action_enlarge(self, rows: int) -> None:
        await self._grid.enlarge(rows)

    async def action_rows(self) -> None:
        """Give each seed a row of its own, or one to each picture."""
        await self._change_axes(replace(self.axes, by_seed=not self.axes.by_seed))

    async def action_columns(self) -> None:
        """Let the columns be the next setting, or points in time."""
        kinds = self.table.column_kinds
        following = kinds[(kinds.index(self.table.column_kind) + 1) % len(kinds)]
        await self._change_axes(replace(self.axes, columns=following))

    async def _change_axes(self, axes: GalleryAxes) -> None:
        self.axes = axes
        await self._show_table()

    async def action_step(self, count: int) -> None:
        """Show all pictures 50 % later, or earlier."""
        points = [point for point in percent_points(self._members) if point <= reached_point(self._members)]
        if points:
            index = points.index(self.inpainted) + count
            self._inpainted = points[min(max(0, index), len(points) - 1)]
            await self._show_table()

    async def action_metric(self) -> None:
        names = in_display_order({name for member in self._members for name in member.names})
        if names:
            self._metric = names[(names.index(self.metric) + 1) % len(names)]
            await self._show_table()

    @on(GalleryGrid.CellOpened)
    def action_open(self) -> None:
        """Show the picture of the cursor large."""
        cell = self._grid.cell
        if cell is None:
            return
        paths = list(dict.fromkeys(c.member.path for row in self.table.rows for c in row.cells if c is not None))
        index = paths.index(cell.member.path)
        k = min(cell.k, cell.member.k)
        screen = LargeScreen([*map(Path, paths)], index, self._graphics, runs=self._runs, k=k, speed=self._speed)
        self.app.push_screen(screen, self._return_to)

    async def _return_to(self, place: LargePlace | None) -> None:
        """Move the cursor to the trajectory at which the large picture was left."""
        if place is not None and self._grid.cell is not None and self._grid.cell.member.path != str(place.path):
            await self._show_table(str(place.path))

    def action_export(self) -> None:
        """Write the gallery as a sheet, with the rows and columns on the screen."""
        kind = self.table.column_kind
        figure = sheet_figure(
            printable(self._group.name),
            [self._group],
            metric=self.metric,
            columns=kind,
            by_seed=self.axes.by_seed,
            inpainted=None if kind == PERCENT else self.inpainted,
            further=self._further,
        )
        self.app.push_screen(FigureScreen(figure), partial(tell_written, self.app))
