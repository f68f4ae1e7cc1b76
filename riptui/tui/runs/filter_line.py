"""The line to type a filter in. ↑ and ↓ bring the filters that were kept before, here or in an earlier session.

^s gives one a name: @night stands for it from then on.
"""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from riptui import tui
from riptui.errors import DiskError
from riptui.settings.named_filters import check_name, name_filter, named_filters
from riptui.settings.state import recall, remember
from riptui.tui.steady_input import SteadyInput

STATE_KEY = "filters"
MAX_SAVED = 20


def saved_filters() -> list[str]:
    """The filters that were kept with enter, newest first."""
    return recall(STATE_KEY, list[str]) or []


class FilterLine(SteadyInput):
    @dataclass
    class Named(Message):
        """A filter got a name, or without a text lost it; or why not."""

        name: str
        text: str
        error: str = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", key_display="enter"),
        Binding("escape", "screen.back", "Clear", key_display="esc"),
        Binding("ctrl+s", "give_name", "Name", key_display="^s"),
        Binding("up", "recall(1)", "Earlier", key_display="↑"),
        Binding("down", "recall(-1)", "Later", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(placeholder="mona  mask:128  -tag:blurred  lpips>0.4", id=id, compact=True)
        self._saved = saved_filters()
        self._position = 0  # 0: what was typed; 1: the newest of the saved
        self._typed = ""

    def action_give_name(self) -> None:
        """Ask for a name, by which the filter can be called: @name."""
        text = self.value.strip()
        names = ", ".join(f"@{name}" for name in named_filters())
        title = f"Name of the filter {text}" if text else "Forget the filter named"

        def keep(name: str | None) -> None:
            if name is None:
                return
            problem = ""
            try:
                name_filter(name, text)
            except DiskError as error:
                problem = str(error)
            self.post_message(self.Named(check_name(name), text, problem))

        hint = f"named: {names}" if names else ""
        self.app.push_screen(tui.dialogs.TextDialog(title, "", check_name, hint=hint), keep)

    def action_recall(self, offset: int) -> None:
        if not self._position:
            self._typed = self.value
        self._position = max(0, min(self._position + offset, len(self._saved)))
        self.value = self._saved[self._position - 1] if self._position else self._typed
        self.cursor_position = len(self.value)

    async def action_submit(self) -> None:
        """Keep the filter, and remember it."""
        if text := self.value.strip():
            self._saved = [text, *(saved for saved in self._saved if saved != text)][:MAX_SAVED]
            remember(STATE_KEY, self._saved)
        self._position = 0
        await super().action_submit()
