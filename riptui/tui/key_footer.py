"""The last line: the active keys. One widget; Textual's Footer makes one per key, anew at every change."""

import re

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import ActiveBinding
from textual.widgets import Static

from riptui.tui.bindings import SCOPES
from riptui.tui.inner_screen import InnerScreen

SEPARATOR = "  "
FIXED_KEYS = 2
SYMBOLS = {"←": "left", "→": "right", "↑": "up", "↓": "down", "+": "plus", "-": "minus"}
"""Keys by how the table of keys shows them."""
RANGE = re.compile(r"\d-\d")
"""Keys that do unlike things, and are shown as one."""


class KeyFooter(Static):
    """Shows the bindings with `show`, as many as fit; a click presses the key."""

    COMPONENT_CLASSES = {"key-footer--key"}  # noqa: RUF012  # Textual's own declaration has ClassVar
    DEFAULT_CSS = """
    KeyFooter {
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $footer-description-foreground;

        & > .key-footer--key { color: $footer-key-foreground; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._keys: list[tuple[range, ActiveBinding, str]] = []  # the columns of each key, and how it is shown

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._draw())
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._keys:  # else the component styles are not ready
            self._draw()

    def _draw(self) -> None:
        text, self._keys = Text(no_wrap=True), []
        for active, shown_key in self._fit_keys():
            begin = text.cell_len
            text.append(shown_key, self.get_component_rich_style("key-footer--key", partial=True))
            text.append(f" {active.binding.description}{SEPARATOR}")
            self._keys.append((range(begin, text.cell_len), active, shown_key))
        if text != self.content:
            self.update(text)

    def _fit_keys(self) -> list[tuple[ActiveBinding, str]]:
        """One binding per action, with its key as it is shown.

        In little room the last ones are left out, except help and quit.
        """
        screen = self.screen
        found: dict[str, tuple[ActiveBinding, str]] = {}
        display_key = screen.display_key if isinstance(screen, InnerScreen) else self.app.get_key_display
        for active in screen.active_bindings.values():
            shown_key = display_key(active.binding)
            if active.binding.show and not self._is_typed(shown_key):
                found.setdefault(active.binding.action, (active, shown_key))
        fitting = list(found.values())
        while len(fitting) > FIXED_KEYS and sum(
            cell_len(f"{shown_key} {active.binding.description}{SEPARATOR}") for active, shown_key in fitting
        ) > self.size.width + len(SEPARATOR):
            del fitting[-FIXED_KEYS - 1]
        return fitting

    def _is_typed(self, shown_key: str) -> bool:
        """Whether a key is a character for the widget with the focus, e.g. / while a filter is typed."""
        focused, is_character = self.screen.focused, len(shown_key) == 1 and shown_key.isascii()
        return is_character and focused is not None and focused.check_consume_key(shown_key, shown_key)

    async def on_click(self, event: events.Click) -> None:
        column = event.get_content_offset(self)
        for columns, active, shown in self._keys:
            if column is not None and column.x in columns:
                clicked = self._find_clicked(active, shown, column.x - columns.start)
                if clicked is not None and clicked.enabled:
                    await self.app.run_action(clicked.binding.action, clicked.node)

    def _find_clicked(self, active: ActiveBinding, shown: str, column: int) -> ActiveBinding | None:
        """Of several keys that stand for one, such as ←→, the one in this column, else the first; beside those of 1-6
        none, for each is an answer.

        Found by the table of keys: what is active under a key may be the scrolling of the widget with the focus.
        """
        otherwise = None if RANGE.fullmatch(shown) else active
        if column >= len(shown) or any(character.islower() for character in shown):  # one key: esc, space
            return otherwise
        key = SYMBOLS.get(shown[column], shown[column])
        ids = {item.id for table in SCOPES.values() for item in table if key in item.key.split(",")}
        beside = (other for other in self.screen.active_bindings.values() if other.node is active.node)
        return next((other for other in beside if other.binding.id in ids), otherwise)
