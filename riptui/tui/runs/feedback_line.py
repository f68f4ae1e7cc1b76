"""The status line: the progress of running work; for a while after a key, what it did or why it did nothing."""

from typing import Literal

from rich.text import Text
from textual.timer import Timer
from textual.widgets import Static

from riptui.text.terminal import count_columns, printable

SAID_SECONDS = 6.0


class FeedbackLine(Static):
    """Unlike a toast it covers nothing; what is too long for it is a toast as well."""

    DEFAULT_CSS = "FeedbackLine { text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.said = ""  # the feedback; "" while the progress is shown
        self._progress = Text()
        self._timer: Timer | None = None

    def say(self, text: str, severity: Literal["information", "warning"] = "information") -> None:
        self.said = printable(text)
        if count_columns(self.said) > self.content_size.width > 0:
            self.notify(self.said, severity=severity)
        self._show(Text(self.said, "yellow" if severity == "warning" else "bold", no_wrap=True))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SAID_SECONDS, self._end_saying)

    def show_progress(self, progress: Text) -> None:
        self._progress = progress
        if not self.said:
            self._show(progress)

    def _end_saying(self) -> None:
        self.said = ""
        self._show(self._progress)

    def _show(self, text: Text) -> None:
        """Set a text only if it differs: each update is sent to the terminal."""
        if self.content != text:
            self.update(text)
