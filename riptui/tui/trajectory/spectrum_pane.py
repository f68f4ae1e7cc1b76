"""The spectrum pane: which frequencies the shown frame and earlier ones have lost against the original."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from riptui.metrics.values import ProfileValues
from riptui.spec import Spec
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.series import Series
from riptui.tui.text_lines import WrappedLine

NAME = "spectrum"
MAX_CURVES = 5
MAX_CYCLES = 0.5  # the end of the profile's axis, cycles per pixel
NOT_MEASURED = "the spectrum was not measured: riptui measure PATH --metrics spectrum, or M"

StoredProfiles = Mapping[int, Mapping[str, ProfileValues]]


class SpectrumPane(Vertical):
    """The relative log amplitude over the frequency, of the last measured frame up to the cursor's and of others."""

    def compose(self) -> ComposeResult:
        yield WrappedLine(id="spectrum-numbers")
        yield Chart(id="spectrum-curves")

    def show(self, profiles: StoredProfiles, spec: Spec, k: int) -> None:
        curves = {number: values[NAME] for number, values in profiles.items() if NAME in values}
        chart = self.query_one(Chart)
        chart.visible = bool(curves)
        if not curves:
            self.query_one(WrappedLine).show_parts(Content.styled(NOT_MEASURED, "$foreground-muted"))
            return
        shown = max((number for number in curves if number <= k), default=min(curves))
        parts = [Content(f"{name} {value:+.3f}") for name, value in _thirds(curves[shown]).items()]
        self.query_one(WrappedLine).show_parts(Content.styled(spec.progress(shown), "bold"), *parts)
        chart.draw(
            [_series(curves[number], spec.progress(number), i) for i, number in enumerate(choose(curves, shown))],
            x_label="cycles per pixel",
            y_label="log amplitude to the original",
            x_end=MAX_CYCLES,
        )

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()  # its x axis is not that of the frames


def choose(curves: Mapping[int, ProfileValues], shown: int) -> list[int]:
    """The frames to draw: the shown one first, then others at even distances, without the original, which is 0."""
    others = [number for number in sorted(curves) if number not in (0, shown)]
    step = -(-len(others) // (MAX_CURVES - 1)) or 1
    return [shown, *reversed(others[::-1][::step])]


def _series(values: Sequence[float], name: str, colour: int) -> Series:
    width = MAX_CYCLES / len(values)
    return Series(name, tuple((i + 0.5) * width for i in range(len(values))), tuple(values), colour=colour)


def _thirds(values: Sequence[float]) -> dict[str, float]:
    """The mean of the low, the middle and the high frequencies."""
    ends = [round(len(values) * i / 3) for i in range(4)]
    parts = (values[begin:end] for begin, end in pairwise(ends))
    return {name: sum(part) / len(part) for name, part in zip(("low", "middle", "high"), parts, strict=True)}
