"""The recursion pane: the error of squares by number of repaints, and the frames' error against its coverage null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message

from riptui.metrics.display import format_short, metric_title
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.series import Series
from riptui.tui.text_lines import WrappedLine
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.loader import TrajectorySnapshot

if TYPE_CHECKING:
    from riptui.results.recursion_effect import RecursionEffect  # NumPy and scikit-image

MIN_COLUMNS_FOR_BOTH = 76


class SquaresVersion(NamedTuple):
    """Which rows of which trajectory an effect was computed from."""

    path: Path
    newest: int
    sha256: str

    @classmethod
    def of(cls, snapshot: TrajectorySnapshot) -> SquaresVersion:
        newest = snapshot.newest
        return cls(snapshot.path, newest, snapshot.rows[newest - 1].sha256 if newest else "")


@dataclass(frozen=True, eq=False)
class LoadedEffects:
    """What recursion did to a trajectory, by error, the luma first; none for the reason in the note."""

    version: SquaresVersion
    effects: Mapping[str, RecursionEffect]
    note: str = ""


class ExposurePane(Vertical):
    """Two charts, and the numbers in a line. Posts SquaresRequested when it is shown and has none, or old ones."""

    DEFAULT_CSS = """
    ExposurePane {
        & > Horizontal { height: 1fr; }
        & #by-exposure { width: 2fr; margin-right: 2; }
        & #against-null { width: 3fr; }
    }
    """

    @dataclass
    class SquaresRequested(Message):
        """The squares' errors are needed."""

        version: SquaresVersion

    def __init__(self, cursor: FrameCursor, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor = cursor
        self._loaded: LoadedEffects | None = None
        self._error = ""  # the error that was chosen; another is drawn if the trajectory lacks it
        self._requested: SquaresVersion | None = None

    def compose(self) -> ComposeResult:
        yield WrappedLine(id="recursion-numbers")
        yield WrappedLine(id="recursion-parts")
        with Horizontal():
            yield Chart(id="by-exposure")
            yield Chart(id="against-null")

    def show(self, snapshot: TrajectorySnapshot) -> None:
        """Show what is loaded of the trajectory, and request what is new."""
        version = SquaresVersion.of(snapshot)
        if self._loaded is None or self._loaded.version.path != snapshot.path:
            self._loaded = None
            self._show_note("reading the squares …")
        if self._requested != version:
            self._requested = version
            self.post_message(self.SquaresRequested(version))
        self._draw()

    def choose_next_error(self) -> None:
        """Draw the next error that is known of the squares."""
        if self._loaded and self._loaded.effects:
            names = [*self._loaded.effects]
            position = names.index(self._error) if self._error in names else 0
            self._error = names[(position + 1) % len(names)]

    def show_loaded(self, loaded: LoadedEffects) -> None:
        """Show the numbers, if they are of the trajectory on the screen."""
        if self._requested is None or loaded.version.path != self._requested.path:
            return
        self._loaded = loaded
        self._draw()

    def show_cursor(self) -> None:
        """Mark the cursor's frame."""
        self.query_one("#against-null", Chart).set_marker(self._cursor.marker_x())

    def on_resize(self, _event: events.Resize) -> None:
        self.query_one("#by-exposure").display = self.size.width >= MIN_COLUMNS_FOR_BOTH

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        if message.chart.id == "by-exposure":
            message.stop()  # its x axis is not that of the frames

    def _show_note(self, note: str) -> None:
        """Say why there are no numbers, in their place."""
        self.query_one("#recursion-numbers", WrappedLine).show_parts(Content.styled(note, "$foreground-muted"))
        self.query_one("#recursion-parts").display = False
        self.query_one(Horizontal).visible = False

    def _draw(self) -> None:
        snapshot, spec = self._cursor.snapshot, self._cursor.spec
        if self._loaded is None or spec is None:
            return
        effects = self._loaded.effects
        effect = effects.get(self._error) or next(iter(effects.values()), None)
        if effect is None:
            self._show_note(self._loaded.note)
            return
        self.query_one(Horizontal).visible = True
        title = f"{metric_title(effect.error)} error"  # luma error, LPIPS vgg error
        self.query_one("#recursion-numbers", WrappedLine).show_parts(*_numbers(effect, several=len(effects) > 1))
        parts = self.query_one("#recursion-parts", WrappedLine)
        parts.display = isfinite(effect.direct.value)
        parts.show_parts(*_parts(effect))
        exposures = [mean.exposure for mean in effect.by_exposure]
        errors = [mean.error.value for mean in effect.by_exposure]
        self.query_one("#by-exposure", Chart).draw(
            [Series("", (0.0, *exposures), (0.0, *errors))],
            x_label="repaints",
            y_label=f"{title} of squares",
        )
        axis = self._cursor.axis
        frames = [spec.reaches(point.inpainted) for point in effect.curve]
        x = tuple(metric_series.x_position(spec, snapshot.rows, k, axis) for k in frames if k <= snapshot.newest)
        self.query_one("#against-null", Chart).draw(
            [
                Series("of the frame", x, tuple(point.error for point in effect.curve)),
                Series("of coverage alone", x, tuple(point.null for point in effect.curve), colour=1),
            ],
            x_label=metric_series.X_LABELS[axis],
            y_label=title,
            marker=self._cursor.marker_x(),
            x_end=metric_series.x_end(spec, axis),
        )


def _numbers(effect: RecursionEffect, *, several: bool) -> list[Content]:
    """The most telling first, for there is little room. several: errors that the user can choose from."""
    slope, share = effect.slope.value, effect.relative_slope.value
    unit, digits = (" levels", 2) if effect.error == "luma" else ("", 4)
    parts = [
        ("R ", "-" if isnan(slope) else f"{slope:+.{digits}f} ({share:+.1f} %)"),
        ("coverage explains ", f"{effect.explained.value:.1f} %"),
        ("D1 ", f"{format_short(effect.first.value)}{unit}"),
    ]
    if several:
        parts.append(("by ", f"{metric_title(effect.error)} ▸"))
    return [Content.assemble((name, "$foreground-muted"), value) for name, value in parts]


def _parts(effect: RecursionEffect) -> list[Content]:
    """R / D1 in its two parts, in few columns."""
    muted = "$foreground-muted"
    direct, indirect = f"{effect.direct.value:+z.2f} %", f"{effect.indirect.value:+z.2f} %"
    return [Content.assemble(("direct ", muted), direct), Content.assemble(("by surroundings ", muted), indirect)]
