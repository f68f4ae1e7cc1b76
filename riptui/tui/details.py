"""The right side of the browser: the chosen trajectory or group. Imported once the tree is on the screen."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from riptui.settings import Settings
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.group.choice import Choice
from riptui.tui.group.view import GroupView
from riptui.tui.trajectory.panes import PANES
from riptui.tui.trajectory.view import TrajectoryView


class Details(ContentSwitcher):
    """Shows what is chosen, and passes on what the browser's keys ask of it."""

    def __init__(self, runs: Path, settings: Settings, graphics: Graphics) -> None:
        super().__init__(id="details")
        self._runs = runs
        self._settings = settings
        self._graphics = graphics
        self._shown: Path | None = None

    def compose(self) -> ComposeResult:
        yield TrajectoryView(
            self._graphics,
            runs=self._runs,
            play_speed=self._settings.play_speed,
            axis=self._settings.axis,
            metric=self._settings.metric,
            id="trajectory",
        )
        yield GroupView(choice=Choice(metric=self._settings.metric, axis=self._settings.axis), id="group")

    @property
    def view(self) -> TrajectoryView:
        return self.query_one(TrajectoryView)

    @property
    def group(self) -> GroupView:
        return self.query_one(GroupView)

    def show_trajectory(self, path: Path) -> None:
        self._shown = path
        self.view.show(path)
        self.current = "trajectory"

    def show_group(self, path: Path, trajectories: Sequence[Path]) -> None:
        self._shown = path
        self.group.show(path, trajectories)
        self.current = "group"

    def disk_changed(self, paths: Iterable[Path]) -> None:
        """These trajectories have changed, or are new, or are gone."""
        if self._shown is None:
            return
        if self.current == "trajectory" and self._shown in paths:
            self.view.disk_changed()
        elif self.current == "group" and any(path.is_relative_to(self._shown) for path in paths):
            self.group.disk_changed()

    def select_tab(self, name: str) -> None:
        """A tab of the trajectory view; of a group the one in its place."""
        if self.current == "group":
            self.group.select_tab(PANES.index(name))
        else:
            self.view.select_tab(name)

    def cycle_metric(self) -> None:
        (self.group if self.current == "group" else self.view).cycle_metric()

    def cycle_image(self) -> None:
        if self.current == "group":
            self.group.cycle_image()

    def toggle_axis(self) -> None:
        self.view.toggle_axis()
        self.group.toggle_axis()
