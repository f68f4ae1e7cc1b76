"""The legend of several charts, in lines above them."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from riptui.tui.plot.legend import LegendEntry
from riptui.tui.plot.palette import rich_series_colours

GAP_COLUMNS = 2


class LegendLines(Static):
    """Hidden without entries."""

    DEFAULT_CSS = (
        "LegendLines { height: auto; max-height: 4; text-wrap: nowrap; text-overflow: ellipsis; display: none; }"
    )

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[LegendEntry] = ()

    def show_entries(self, entries: Sequence[LegendEntry]) -> None:
        if list(entries) != list(self.entries):
            self.entries = entries
            self.display = bool(entries)
            self._write()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.entries:  # the theme may have other colours
            self._write()

    def on_resize(self) -> None:
        self._write()

    def _write(self) -> None:
        """Lines break between the entries."""
        colours = rich_series_colours(self.app)
        lines = [Text()]
        for entry in self.entries:
            if lines[-1] and lines[-1].cell_len + GAP_COLUMNS + entry.width > self.size.width > 0:
                lines.append(Text())
            lines[-1].append(" " * GAP_COLUMNS if lines[-1] else "")
            lines[-1].append(entry.shape, Style(color=colours[entry.colour % len(colours)]))
            lines[-1].append(f" {entry.name}")
        text = Text("\n").join(lines)
        if text != self.content:
            self.update(text)
