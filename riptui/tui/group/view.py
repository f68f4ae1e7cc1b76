"""A group of trajectories: its curves, as in the paper's figures 7, 8 and 13, and its table.

A thread reads the disk in slices and computes the curves. NumPy is imported with the first group.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from riptui.metrics.display import metric_title
from riptui.store.annotations import peek_annotations
from riptui.text.terminal import printable
from riptui.text.units import format_count
from riptui.tui.figure_dialog import Figure
from riptui.tui.group.chart_command import chart_figure
from riptui.tui.group.chart_options import AXES, SETS, VIEWS, ChartAxis, ChartOptions
from riptui.tui.group.chart_reader import build_charts, read_further
from riptui.tui.group.group_reader import GroupMember, GroupReader, in_slices
from riptui.tui.group.table import GroupTable
from riptui.tui.keymap import shown_key
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.chart_grid import ChartGrid
from riptui.tui.tab_bar import TabBar

if TYPE_CHECKING:  # imports NumPy
    from riptui.tui.group.mean_curves import GroupData

TABLE = "table"
GALLERY = "gallery"
GROUP_TABS = (*VIEWS, TABLE, GALLERY, SETS)
MIN_ROWS_FOR_BOTH = 20  # with fewer, the table is a tab
MIN_POLL_SECONDS = 0.5
PAUSE_FACTOR = 10  # the pause between two reads, in durations of the last one


class GroupView(Widget):
    DEFAULT_CSS = """
    GroupView {
        layout: vertical;
        & #heading, & #choices { height: 1; }
        & #group-name, & #group-about { text-wrap: nowrap; text-overflow: ellipsis; }
        & #group-name { width: auto; max-width: 50%; text-style: bold; }
        & #group-about { width: 1fr; margin-left: 2; text-align: right; color: $text-muted; }
        & TabBar { width: 1fr; }
        & #group-metric { width: auto; margin-left: 1; color: $text-muted; pointer: pointer; }
        & ChartGrid { height: 3fr; }
        & GroupTable { height: 2fr; }
    }
    """

    @dataclass
    class TrajectoryChosen(Message):
        path: Path

    class GalleryRequested(Message):
        """The tab of the gallery, which is a screen of its own, was chosen."""

    def __init__(self, *, options: ChartOptions | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = options or ChartOptions()
        self._group: Path | None = None
        self._paths: tuple[str, ...] = ()
        self._charts: Sequence[GroupData] = ()  # what was read, that of the chosen metric first
        self.members: Mapping[str, GroupMember] = {}
        """The trajectories as they were read last, by path; none before."""
        self._reader = GroupReader()  # used by the thread only
        self._last_posted: tuple[Path, ChartOptions, tuple[str, ...]] | None = None  # by the thread only
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="group"))
        self._read_timer: Timer | None = None
        self._pause_seconds = MIN_POLL_SECONDS
        self._tab: str = VIEWS[0]

    def compose(self) -> ComposeResult:
        with Horizontal(id="heading"):
            yield Static(id="group-name", markup=False)
            yield Static(id="group-about", markup=False)
        with Horizontal(id="choices"):
            yield TabBar(VIEWS, VIEWS[0])
            yield Static(id="group-metric", markup=False)
        yield ChartGrid()
        yield GroupTable()

    @property
    def _data(self) -> "GroupData | None":
        """The chart of the chosen metric; None before anything is read."""
        return self._charts[0] if self._charts else None

    @property
    def count(self) -> int:
        """The number of trajectories in the group, readable or not."""
        return len(self._paths)

    def has_read(self, group: Path) -> bool:
        """Whether it shows this group, and knows what is in it."""
        return group == self._group and self._data is not None

    def show(self, group: Path, trajectories: Sequence[Path], *, at_once: bool = True) -> None:
        """Show a group of these trajectories. For the current group, show what is new.

        at_once: others of the current group, as a filter leaves them, are read now, else after the usual pause.
        """
        before, self._paths = self._paths, tuple(map(str, trajectories))
        if group == self._group:
            if at_once and self._paths != before:
                self._start_reading()
            else:
                self.disk_changed()
            return
        self._group, self._charts, self.members = group, (), {}
        self._options = replace(self._options, image=0)
        self._pause_seconds = MIN_POLL_SECONDS
        self._show_name(group)
        self._set_text("#group-about", "")
        self.chart_grid.set_crosshair(None)
        for chart in self.chart_grid.charts:
            chart.draw((), x_label="", y_label="")
        self.query_one(GroupTable).show((), ())
        self._start_reading()

    def disk_changed(self) -> None:
        """Read the group again soon."""
        if self._read_timer is None:
            self._read_timer = self.set_timer(self._pause_seconds, self._start_reading)

    def select_view(self, view: str) -> None:
        """Show mean, points, runs or recursion; in little room also "table"; or ask for the gallery."""
        if view == GALLERY:
            self.post_message(self.GalleryRequested())
            return
        self._tab = view
        if view != TABLE:
            self._change_options(view=view)
            return
        self._apply_layout()
        self.query_one(GroupTable).focus()

    def select_tab(self, index: int) -> None:
        """Select a view by index: mean, points, runs, recursion, table, gallery, sets."""
        if index < len(GROUP_TABS):
            self.select_view(GROUP_TABS[index])

    def cycle_metric(self) -> None:
        if self._data and self._data.metrics:
            names = self._data.metrics
            self._change_options(metric=names[(names.index(self._data.options.metric) + 1) % len(names)])

    def cycle_features(self) -> None:
        """Compare sets by the next features that are stored."""
        if self._data and len(self._data.features) > 1:
            names = self._data.features
            following = names[(names.index(self._data.options.features) + 1) % len(names)]
            self._change_options(view=SETS, features=following)

    def cycle_image(self) -> None:
        """Draw the trajectories of the group's next image."""
        if self._data and len(self._data.images) > 1:
            self._change_options(view="runs", image=(self._data.options.image + 1) % len(self._data.images))

    def toggle_all_metrics(self) -> None:
        """Draw a chart for each metric, or one."""
        self._change_options(all_metrics=not self._options.all_metrics)

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts on the screen."""
        return self.chart_grid.charts if self.chart_grid.display else ()

    @property
    def chart_grid(self) -> ChartGrid:
        return self.query_one(ChartGrid)

    def cycle_axis(self) -> None:
        """Draw against inpainted %, coverage %, or the excess over coverage against inpainted %."""
        self._change_options(axis=AXES[(AXES.index(self._options.axis) + 1) % len(AXES)])

    @property
    def metric(self) -> str:
        """The metric that is drawn; "" before anything is read, or if nothing is measured."""
        return self._data.options.metric if self._data and self._data.options.metric in self._data.metrics else ""

    def make_figure(self, stem: str, paths: Sequence[Path], further: Sequence[str]) -> Figure:
        """The chart on the screen as a figure; `further`: arguments that narrow the paths to what is shown."""
        options = self._data.options if self._data else self._options
        pictures = self._data.images if self._data else ()
        picture = pictures[options.image] if len(pictures) > 1 else ""
        kind = "-".join([options.view, *([] if options.axis == "inpainted" else [options.axis])])
        metrics = [chart.options.metric for chart in self._charts]
        return chart_figure(
            f"Chart of {stem}",
            f"{stem}-{kind}",
            paths,
            options,
            metrics=metrics,
            picture=picture,
            log=self.chart_grid.is_log,
            further=further,
        )

    @property
    def axis(self) -> ChartAxis:
        return self._options.axis

    def set_axis(self, axis: ChartAxis) -> None:
        self._change_options(axis=axis)

    # Reading, in a thread

    def _read_group(self, group: Path, paths: Sequence[str], options: ChartOptions) -> None:
        """Read what is new, and build the charts."""
        if group != self._group:
            return
        started = time.monotonic()
        further = read_further(self._reader, options)
        for progress in (self._reader.read(paths), further):
            of_squares = options.needs_squares and progress is further
            for count in in_slices(progress):
                if group != self._group or (of_squares and options != self._options):
                    return
                self.call_later(self._show_progress, group, count, len(paths), of_squares=of_squares)
        tags = peek_annotations(group).tags
        request = group, options, tags
        if request == self._last_posted and not self._reader.changed and self._data is not None:
            return
        self._last_posted = request
        charts = build_charts(self._reader, options, str(group))
        reader, seconds = self._reader, time.monotonic() - started
        self.call_later(self._show_group, group, charts, reader.members, reader.unreadable, seconds)
        self.call_later(self._show_name, group, tags)

    # Results of the thread

    def _show_progress(self, group: Path, count: int, total: int, *, of_squares: bool) -> None:
        shows_squares = self._data is not None and self._data.options.needs_squares
        if group == self._group and (self._data is None or (of_squares and not shows_squares)):
            what = "squares of " if of_squares else ""
            self._set_text("#group-about", f"reading {what}{count:,} of {total:,}")

    def _show_group(
        self,
        group: Path,
        charts: Sequence["GroupData"],
        members: Mapping[str, GroupMember],
        unreadable: int,
        seconds: float,
    ) -> None:
        if group != self._group:
            return
        data, self._charts, self.members = charts[0], charts, members
        self._pause_seconds = max(MIN_POLL_SECONDS, PAUSE_FACTOR * seconds)
        self._draw_charts()
        self._apply_layout()
        self._describe_group(data, unreadable)
        self.query_one(GroupTable).show(data.columns, data.rows)

    def _show_name(self, group: Path, tags: Sequence[str] = ()) -> None:
        """fig7 #figure-3: the group's own tags, not those of what is in it."""
        if group == self._group:
            own = "".join(f" #{tag}" for tag in tags)
            self._set_text("#group-name", Text.assemble(printable(group.name), (printable(own), "not bold")))

    @on(GroupTable.RowChosen)
    def _post_chosen(self, message: GroupTable.RowChosen) -> None:
        message.stop()
        self.post_message(self.TrajectoryChosen(Path(message.key)))

    # Lines, layout and the mouse

    def _start_reading(self) -> None:
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None
        if self._group is not None:
            self._jobs.submit("read", partial(self._read_group, self._group, self._paths, self._options))

    def _change_options(self, **changes: object) -> None:
        self._options = replace(self._options, **changes)  # type: ignore[arg-type]  # the fields' own types
        self._apply_layout()
        self._start_reading()

    def _draw_charts(self) -> None:
        """Draw the chart, or as many as have room."""
        grid = self.chart_grid
        drawn = self._charts[: grid.room]
        for data, chart in zip(drawn, grid.set_count(len(drawn)), strict=True):
            label = data.y_label if data.metrics else self._nothing_yet(data.options.view)
            chart.draw(data.series, x_label=data.x_label, y_label=label, x_end=data.x_end)
        grid.share_legend()

    def _nothing_yet(self, view: str) -> str:
        if view == SETS:
            return f"no features: {shown_key(self.app, 'do.measure')} measures"
        return "no finished trajectory yet" if view == "recursion" else "no metrics yet"

    def _describe_group(self, data: "GroupData", unreadable: int) -> None:
        count, images = len(data.rows), len(data.images)
        parts = [format_count(count, "trajectory")]
        parts += [format_count(images, "image")] if images > 1 else []
        if data.options.view == "runs" and images:
            parts.append(f"trajectories of {data.images[data.options.image]}")
        parts += [data.note] if data.note else []
        if len(self._charts) > 1 and len(data.metrics) > len(self.chart_grid.charts):
            parts.append(f"{len(self.chart_grid.charts)} of {len(data.metrics)} metrics")
        parts += [f"{unreadable:,} unreadable"] if unreadable else []
        self._set_text("#group-about", " · ".join(parts))
        self._set_text("#group-metric", f"{metric_title(data.options.metric)} ▸" if len(data.metrics) > 1 else "")

    def _set_text(self, selector: str, text: str | Text) -> None:
        """Set a text only if it differs: each update is sent to the terminal."""
        widget = self.query_one(selector, Static)
        if widget.content != text:
            widget.update(text)

    @property
    def _fits_both(self) -> bool:
        return self.size.height >= MIN_ROWS_FOR_BOTH

    def on_resize(self, event: events.Resize) -> None:
        self._apply_layout()
        if len(self._charts) > 1:
            self.call_after_refresh(self._draw_charts)

    def _apply_layout(self) -> None:
        """Show the chart above the table, or one of them in little room."""
        tabs = self.query_one(TabBar)
        has_sets = self._options.view == SETS or any(member.feature_files for member in self.members.values())
        tabs.names = (*VIEWS, *([] if self._fits_both else [TABLE]), GALLERY, *([SETS] if has_sets else []))
        table_only = not self._fits_both and self._tab == TABLE
        tabs.chosen = TABLE if table_only else self._options.view
        for widget, visible in (
            (self.chart_grid, not table_only),
            (self.query_one(GroupTable), self._fits_both or table_only),
        ):
            if widget.display != visible:  # setting the same value would lay out the screen again
                widget.display = visible

    @on(TabBar.TabClicked)
    def _tab_clicked(self, message: TabBar.TabClicked) -> None:
        message.stop()
        self.select_view(message.name)

    @on(events.Click, "#group-metric")
    def _metric_clicked(self) -> None:
        self.cycle_metric()
