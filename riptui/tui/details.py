"""The right side of the browser: the current trajectory or group. Imported after the first paint."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from riptui.graphics.protocol import Graphics
from riptui.settings import Settings
from riptui.tui.group.chart_options import ChartOptions
from riptui.tui.group.view import GROUP_TABS, GroupView
from riptui.tui.trajectory.tabs import TAB_NAMES
from riptui.tui.trajectory.view import TrajectoryView


class Details(ContentSwitcher):
    """Shows the current row, and passes the browser's keys to the trajectory view or the group view."""

    def __init__(self, runs: Path, settings: Settings, graphics: Graphics) -> None:
        super().__init__(id="details")
        self._runs = runs
        self._settings = settings
        self._graphics = graphics
        self._shown_path: Path | None = None

    def compose(self) -> ComposeResult:
        yield TrajectoryView(
            self._graphics,
            runs=self._runs,
            play_speed=self._settings.play_speed,
            axis=self._settings.axis,
            metric=self._settings.metric,
            id="trajectory",
        )
        yield GroupView(options=ChartOptions(metric=self._settings.metric, axis=self._settings.axis), id="group")

    @property
    def trajectory_view(self) -> TrajectoryView:
        return self.query_one(TrajectoryView)

    @property
    def group_view(self) -> GroupView:
        return self.query_one(GroupView)

    def show_trajectory(self, path: Path) -> None:
        self._shown_path = path
        self.trajectory_view.show(path)
        self.current = "trajectory"

    def show_group(self, path: Path, trajectories: Sequence[Path], *, at_once: bool = True) -> None:
        """at_once: see `GroupView.show`."""
        self._shown_path = path
        self.group_view.show(path, trajectories, at_once=at_once)
        self.current = "group"

    def disk_changed(self, paths: Iterable[Path]) -> None:
        """Handle trajectories that were changed, added or removed."""
        if self._shown_path is None:
            return
        if self.current == "trajectory" and self._shown_path in paths:
            self.trajectory_view.disk_changed()
        elif self.current == "group" and any(path.is_relative_to(self._shown_path) for path in paths):
            self.group_view.disk_changed()

    def has_tab(self, name: str) -> bool:
        """Whether a tab of the trajectory view, or the one at its position in the group view, can be selected."""
        return self.current == "trajectory" or TAB_NAMES.index(name) < len(GROUP_TABS)

    def select_tab(self, name: str) -> None:
        """Select a tab of the trajectory view, or the tab at its position in the group view."""
        if self.current == "group":
            self.group_view.select_tab(TAB_NAMES.index(name))
        else:
            self.trajectory_view.select_tab(name)

    @property
    def _view(self) -> GroupView | TrajectoryView:
        """The one on the screen."""
        return self.group_view if self.current == "group" else self.trajectory_view

    def cycle_metric(self) -> None:
        self._view.cycle_metric()

    def toggle_all_metrics(self) -> None:
        self._view.toggle_all_metrics()

    def zoom_charts(self, direction: int) -> None:
        """Zoom the y axes in (1) or out (-1)."""
        for chart in self._view.charts:
            chart.zoom(direction)

    def toggle_log(self) -> None:
        """Make the y axes logarithmic, or linear."""
        for chart in self._view.charts:
            chart.toggle_log()

    def scroll_text(self, direction: int) -> None:
        """Scroll the spec or the log of a trajectory down (1) or up (-1)."""
        if self.current == "trajectory":
            self.trajectory_view.scroll_text(direction)

    def move_crosshair(self, points: int) -> None:
        """Move the crosshair of a group's charts by so many points."""
        self.group_view.chart_grid.move_crosshair(points)

    def cycle_image(self) -> None:
        if self.current == "group":
            self.group_view.cycle_image()

    def cycle_features(self) -> None:
        if self.current == "group":
            self.group_view.cycle_features()

    def toggle_axis(self) -> None:
        """Draw against another axis, here and in the other view; only groups have the excess over coverage."""
        if self.current == "group":
            self.group_view.cycle_axis()
            axis = self.group_view.axis
            self.trajectory_view.set_axis("coverage" if axis == "coverage" else "inpainted")
        else:
            self.trajectory_view.toggle_axis()
            self.group_view.set_axis("coverage" if self.trajectory_view.cursor.axis == "coverage" else "inpainted")
