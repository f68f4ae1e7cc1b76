"""The map over the large picture: how far each pixel of a frame is from the original's, by a metric such as LPIPS."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from textual.content import Content
from textual.screen import Screen

from riptui.errors import MetricError
from riptui.metrics.display import format_short, metric_title
from riptui.metrics.pairwise import DistanceMap
from riptui.text.terminal import printable
from riptui.tui.large.frame_views import FrameView, LargeFrame, blend_heat
from riptui.tui.large.map_process import MapProcess
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.trajectory.colormap import heat_bar

SCALE_COLUMNS = 8
ROOMY_COLUMNS = 100  # of a line that has room for the scale
TOPS = {"delta-e": 50.0}
"""The distance that the last colour stands for, at gain 1; 1 for all others."""


class MapView:
    """Measures one map after another, only the newest that was asked for; `show` is called with each."""

    def __init__(self, screen: Screen[Any], show: Callable[[], object]) -> None:
        self._screen, self._show = screen, show
        self._process = MapProcess()
        self._jobs = LatestJobs(partial(screen.run_worker, thread=True, group="map"))
        self.names: list[str] = []
        """The metrics with a map that can be measured now."""
        self.frame: LargeFrame | None = None
        """The frame that was asked for last, coloured when its map is there."""
        self.distances: DistanceMap | None = None
        """Of that frame."""
        self.error = ""

    @property
    def busy(self) -> bool:
        return self._jobs.busy

    def close(self) -> None:
        self._jobs.clear_waiting()
        self._process.close()

    def next_name(self, name: str) -> str:
        """The map after one by name, with none after the last."""
        names = ["", *self.names]
        return names[(names.index(name) + 1) % len(names)] if name in names else ""

    def request(self, frame: LargeFrame) -> None:
        """Measure the map of a frame, in a thread."""
        original, image = frame.original.image, frame.frame.image
        self.frame, self.distances, self.error = frame, None, ""
        if original is not None and image is not None:
            measure = partial(self._process.measure, frame.view.map, original, image)
            self._jobs.submit("map", partial(self._run, frame, measure))

    def _run(self, frame: LargeFrame, measure: Callable[[], DistanceMap]) -> None:
        try:
            result: DistanceMap | MetricError = measure()
        except MetricError as error:
            result = error
        self._screen.call_later(self._deliver, frame, result)

    def _deliver(self, frame: LargeFrame, result: DistanceMap | MetricError) -> None:
        if self.frame is not frame:
            return
        if isinstance(result, MetricError):
            self.error = printable(str(result))
        elif frame.shown is not None:
            self.distances = result
            self.frame = frame._replace(shown=blend_heat(frame.shown, result / scale_top(frame.view)))
        self._show()

    def describe(self, view: FrameView, point: tuple[float, float] | None, columns: int) -> Content:
        """What the colours are, and the greatest distance or the one at a point of the image. columns: of the line."""
        name = f"{metric_title(view.map)} map"
        if self.error:
            return Content.styled(f"{name}: {self.error}", "$text-error")
        colours = [" ", *heat_bar(SCALE_COLUMNS), " "] if columns >= ROOMY_COLUMNS else [" to "]
        scale = Content.assemble(name, " 0", *colours, f"{scale_top(view):g}")
        if self.distances is None:
            return Content.assemble(scale, "  measuring ...")
        here = self._value_at(point)
        tail = f"  max {format_short(float(np.max(self.distances)))}" if columns >= ROOMY_COLUMNS else ""
        return Content.assemble(scale, tail if here is None else f"  here {format_short(here)}")

    def _value_at(self, point: tuple[float, float] | None) -> float | None:
        if point is None or self.distances is None:
            return None
        x, y = int(point[0]), int(point[1])
        rows, columns = self.distances.shape
        return float(self.distances[y, x]) if 0 <= x < columns and 0 <= y < rows else None


def scale_top(view: FrameView) -> float:
    """The distance of the last colour."""
    return TOPS.get(view.map, 1.0) / view.map_gain
