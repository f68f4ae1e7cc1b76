"""What was measured: for each metric its value at the frame shown, and a sparkline of all of them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from riptui.store.records import Values
from riptui.terminal import printable, sparkline

FIRST = ("lpips-vgg", "lpips-alex", "lpips-squeeze", "ssim", "psnr", "ms-ssim", "delta-e", "entropy")
"""The paper reports LPIPS, and of its nets VGG mostly."""
TITLES = {"ssim": "SSIM", "psnr": "PSNR", "ms-ssim": "MS-SSIM", "delta-e": "ΔE", "entropy": "entropy"}
PREVIOUS = "@previous"
NUMBER, GAP = 6, 3  # columns
BARS, FEWEST = 16, 5


class Reading(NamedTuple):
    """One metric at a frame."""

    name: str
    value: str
    """At the last measured frame up to the one shown; empty if there is none."""
    past: str
    """Bars up to there."""
    future: str
    """Bars of what comes after."""


def names_in(metrics: Mapping[int, Values]) -> list[str]:
    """The metrics that were measured: LPIPS first, distances to the frame before last."""
    found = dict.fromkeys(name for values in metrics.values() for name in values)
    rank = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda name: (name.endswith(PREVIOUS), rank.get(name.removesuffix(PREVIOUS), len(rank))))


def title(name: str) -> str:
    """A metric's name for people: LPIPS vgg, SSIM, ΔE ↔ before."""
    plain = name.removesuffix(PREVIOUS)
    family, _, net = plain.partition("-")
    shown = f"LPIPS {net}" if family == "lpips" else TITLES.get(plain, plain)
    return printable(shown) + (" Δ50" if name.endswith(PREVIOUS) else "")


def number(value: float | None) -> str:
    """At most six columns: 0.6540, 17.13, ∞."""
    if value is None:
        return "∞"
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}"


class Course(NamedTuple):
    """All that was measured of one metric."""

    name: str
    values: Mapping[int, float | None]
    """By iteration, ascending."""
    kept: Sequence[int]
    """The iterations that have a bar."""
    bars: str

    def at(self, k: int) -> Reading:
        known = bisect_right(list(self.values), k)
        value = number(list(self.values.values())[known - 1]) if known else ""
        passed = bisect_right(self.kept, k)
        return Reading(self.name, value, self.bars[:passed], self.bars[passed:])


def course(metrics: Mapping[int, Values], name: str, bars: int) -> Course:
    """One metric's values, with at most so many bars between the least and the largest of them."""
    values = {k: found[name] for k, found in metrics.items() if name in found}
    at = list(values)
    kept = [at[round(place * (len(at) - 1) / max(1, bars - 1))] for place in range(bars)] if len(at) > bars else at
    heights = [nan if (value := values[k]) is None else value for k in kept]
    finite = [height for height in heights if isfinite(height)]
    return Course(name, values, kept, sparkline(heights, min(finite, default=0.0), max(finite, default=1.0)))


class Readings(Static):
    """As many metrics as its height has room for, in columns; a click chooses the one that the chart draws."""

    DEFAULT_CSS = "Readings { width: 1fr; height: 1; pointer: pointer; }"
    ALLOW_SELECT = False

    class Clicked(Message):
        """A metric was chosen."""

        def __init__(self, metric: str) -> None:
            super().__init__()
            self.metric = metric

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._metrics: Mapping[int, Values] = {}
        self._names: Sequence[str] = ()
        self._k = 0
        self._chosen: Sequence[str] = ()
        self._courses: dict[tuple[str, int], Course] = {}
        self._drawn: object = None

    def show(self, metrics: Mapping[int, Values], k: int, chosen: Sequence[str]) -> None:
        """The values at frame k; `chosen` metrics stand out."""
        if metrics is not self._metrics:
            self._metrics, self._names = metrics, names_in(metrics)
            self._courses.clear()
        self._k, self._chosen = k, chosen
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        width, columns, _ = self._grid()
        place = event.y * columns + event.x // max(1, width + GAP)
        if event.x // (width + GAP) < columns and place < len(self._names):
            self.post_message(self.Clicked(self._names[place]))

    def _grid(self) -> tuple[int, int, int]:
        """Columns of a cell, cells in a line, and bars in a cell."""
        label = max((len(title(name)) for name in self._names), default=0)
        points = max((sum(name in values for values in self._metrics.values()) for name in self._names), default=0)
        bars = min(points, BARS)
        columns = self._columns(label + NUMBER + 2 + bars)
        if columns * self.size.height < len(self._names):
            bars = min(points, FEWEST)
            columns = self._columns(label + NUMBER + 2 + bars)
        return label + NUMBER + 2 + bars, columns, bars

    def _columns(self, width: int) -> int:
        return max(1, (self.size.width + GAP) // (width + GAP))

    def _draw(self) -> None:
        width, columns, bars = self._grid()
        shown = self._names[: columns * max(1, self.size.height)]
        readings = tuple(self._course(name, bars).at(self._k) for name in shown)
        drawn = (readings, width, columns, tuple(self._chosen))
        if drawn == self._drawn or not self.size.width:
            return
        self._drawn = drawn
        if not readings:
            self.update(Content.styled("nothing measured yet", "$foreground-muted"), layout=False)
            return
        self.update(self._content(readings, width, columns, bars), layout=False)

    def _course(self, name: str, bars: int) -> Course:
        if (name, bars) not in self._courses:
            self._courses[name, bars] = course(self._metrics, name, bars)
        return self._courses[name, bars]

    def _content(self, readings: Sequence[Reading], width: int, columns: int, bars: int) -> Content:
        label = width - bars - NUMBER - 2
        parts: list[tuple[str, str]] = []
        for place, reading in enumerate(readings):
            if place:
                parts.append(("\n" if place % columns == 0 else " " * GAP, ""))
            style = "$foreground" if reading.name in self._chosen else "$foreground-muted"
            blank = " " * (bars - len(reading.past) - len(reading.future))
            parts += [
                (f"{title(reading.name):<{label}} ", style),
                (f"{reading.value:>{NUMBER}} ", "bold"),
                (reading.past, "$primary"),
                (reading.future + blank, "$foreground 30%"),
            ]
        return Content.assemble(*parts)
