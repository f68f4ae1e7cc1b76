"""A section or a figure of a report, as large as the terminal."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image as Pillow
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Markdown, Static

from riptui.arrays import Image
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.text.terminal import printable
from riptui.tui import screen_bindings
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.studies.report_reader import ReportItem
from riptui.tui.ui_thread import call_if_open

MAX_PIXELS = 50_000_000  # of a figure that is read; ours have a fiftieth of that


class ReportScreen(InnerScreen[int]):
    """One of these items at a time; its result is the number of the last one."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.REPORT]
    AUTO_FOCUS = "#report-text"
    DEFAULT_CSS = """
    ReportScreen {
        & #report-title { height: 1; padding: 0 1; }
        & #report-text { height: 1fr; scrollbar-size-vertical: 1; }
        & #report-caption { height: auto; max-height: 4; padding: 0 1; color: $text-muted; }
        & Markdown { padding: 0 1; }
        & MarkdownTableContent > .cell { text-overflow: fold; }
        & MarkdownTableContent > .header { text-overflow: fold; }
    }
    ReportScreen.-narrow MarkdownTableContent > .cell { padding: 0; }
    ReportScreen.-narrow MarkdownTableContent > .header { padding: 0; }
    """

    def __init__(self, items: Sequence[ReportItem], number: int, graphics: Graphics) -> None:
        super().__init__()
        self._items = items
        self.number = number
        self._picture = PictureWidget(graphics)
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="report"))

    def compose(self) -> ComposeResult:
        yield Static(id="report-title", markup=False)
        with VerticalScroll(id="report-text"):
            yield Markdown(open_links=False)
        yield self._picture
        yield Static(id="report-caption", markup=False)
        yield KeyFooter()

    @property
    def item(self) -> ReportItem:
        return self._items[self.number]

    def on_mount(self) -> None:
        self._show()

    @work(exclusive=True)
    async def _show(self) -> None:
        item = self.item
        title = Text(printable(item.title), "bold", no_wrap=True)
        title.append(f"   {self.number + 1} of {len(self._items)}", "not bold dim")
        title.append(f"   {printable(item.picture.name)}" if item.picture else "", "not bold dim")
        self.query_one("#report-title", Static).update(title)
        scroll, caption = self.query_one("#report-text"), self.query_one("#report-caption", Static)
        scroll.display, self._picture.display = item.picture is None, item.picture is not None
        caption.display = item.picture is not None
        if item.picture is not None:
            caption.update(Text(printable(item.text)))
            self._picture.show(None, note="reading ...")
            self._jobs.submit("picture", partial(self._read, item.picture))
        else:
            self._picture.show(None)
            scroll.scroll_home(animate=False)
            await self.query_one(Markdown).update("\n".join(map(printable, item.text.splitlines())))
            scroll.focus()

    def _read(self, file: Path) -> None:
        image, problem = read_figure(file)
        call_if_open(self, self._show_picture, file, image, problem)

    def _show_picture(self, file: Path, image: Image | None, problem: str) -> None:
        if file == self.item.picture:
            self._picture.show(image, note=printable(problem))

    def action_move(self, step: int) -> None:
        """Go to the item before or after this one."""
        number = min(max(0, self.number + step), len(self._items) - 1)
        if number != self.number:
            self.number = number
            self._show()

    def action_scroll_text(self, rows: int) -> None:
        self.query_one("#report-text").scroll_relative(y=rows, animate=False)

    def action_close(self) -> None:
        self.dismiss(self.number)


def read_figure(file: Path) -> tuple[Image | None, str]:
    """A figure's pixels on white; None and why, if it cannot be read."""
    try:
        with Pillow.open(file) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                return None, f"{file.name} is too large to be shown"
            opened.load()
            layered = opened.convert("RGBA")
        white = Pillow.new("RGBA", layered.size, "white")
        return np.asarray(Pillow.alpha_composite(white, layered).convert("RGB")), ""
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read"
        return None, f"{file.name}: {reason}; write the report again"
