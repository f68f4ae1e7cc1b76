"""The help screen: every key of the screen below it, and how pictures are shown."""

from collections.abc import Mapping
from itertools import groupby
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from riptui.text.terminal import printable
from riptui.tui.bindings import GROUPS
from riptui.tui.dialogs import link_keys
from riptui.tui.inner_screen import InnerModalScreen
from riptui.tui.keymap import describe_binding

OTHER_GROUP = "Other"
"""The group of keys that no table lists."""


class HelpScreen(InnerModalScreen[None]):
    """Lists the active keys with their tooltips."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1", "dismiss", "Close")]

    def __init__(self, active: Mapping[str, ActiveBinding], graphics: str) -> None:
        super().__init__()
        self._shown_bindings = [item.binding for item in active.values()]
        self._graphics = graphics

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = link_keys("ctrl+p find by name  esc close")
            yield Static(self._make_table())
            yield Static(Text(f"Graphics: {printable(self._graphics)}", "dim"))

    def _make_table(self) -> Table:
        """The keys by group, those of one action in one row."""
        table = Table.grid(padding=(0, 2, 0, 0))
        order = [*GROUPS, OTHER_GROUP]
        rows: dict[tuple[str, str], list[Binding]] = {}
        for binding in self._shown_bindings:
            if binding.id:
                group = binding.id.partition(".")[0]
                rows.setdefault((group if group in GROUPS else OTHER_GROUP, binding.id), []).append(binding)
        for group, group_rows in groupby(sorted(rows, key=lambda row: order.index(row[0])), key=lambda row: row[0]):
            table.add_row(Text(GROUPS.get(group, group), "bold"))
            for row in group_rows:
                actual = [binding.with_key(binding.key, None) for binding in rows[row]]  # not as in the footer
                keys = "  ".join(dict.fromkeys(map(self.app.get_key_display, actual)))
                table.add_row(Text(f"  {keys}"), Text(describe_binding(self.app, rows[row][0])))
        return table
