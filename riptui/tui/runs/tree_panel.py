"""The tree in its frame: the line to type a filter in, the names of the columns, and how many are listed and marked."""

from pathlib import Path

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from riptui.settings.named_filters import expand_names
from riptui.store.filter_hints import explain_nothing
from riptui.store.filters import KnownNames, parse_filter
from riptui.text.terminal import printable
from riptui.tui.keymap import shown_key
from riptui.tui.runs.filter_line import FilterLine
from riptui.tui.runs.row_cells import column_order, header_cells
from riptui.tui.runs.tree import RunsTree
from riptui.tui.runs.tree_model import TREE_ORDERS, TreeOrder
from riptui.tui.text_lines import TextLine

MIN_COLUMNS = 20  # of the panel
KEPT_COLUMNS = 24  # for what is beside it
STEP_COLUMNS = 4  # by which a key makes it wider


class TreePanel(Vertical):
    """Posts Filtered when the filter changes. Its right border can be dragged."""

    class Filtered(Message):
        """Other rows are listed than before."""

    _filter_text = ""  # the filter that is in force, as it was typed
    chosen_columns = 0  # the width that the user chose; 0: the usual one

    def compose(self) -> ComposeResult:
        self.border_title = "Trajectories"
        yield TextLine(id="columns")
        yield RunsTree()

    @property
    def runs_tree(self) -> RunsTree:
        return self.query_one(RunsTree)

    # The filter

    @property
    def has_filter(self) -> bool:
        """Whether one is set, or its line is open."""
        return bool(self.query(FilterLine))

    def filter_options(self, runs: Path) -> list[str]:
        """The options of a command that leave the trajectories which the filter leaves."""
        return ["--filter", self._filter_text, "--runs", str(runs)] if self._filter_text else []

    async def set_filter(self, text: str) -> None:
        """Filter by a text, as if it had been typed."""
        await self.open_filter()
        self.query_one(FilterLine).value = text
        await self.query_one(FilterLine).action_submit()

    async def open_filter(self) -> None:
        """Show the line to type a filter in, with the cursor in it."""
        if not self.query(FilterLine):
            await self.mount(FilterLine(id="filter"), before=0)
            await self.mount(Static(id="filter-error"), after=0)
        self.query_one(FilterLine).focus()

    async def close_filter(self) -> None:
        for widget in self.query("#filter, #filter-error"):
            await widget.remove()
        self._set_filter("")
        self.runs_tree.reveal_chosen()
        self.runs_tree.focus()

    @on(FilterLine.Changed, "#filter")
    def _apply_typed_filter(self, message: FilterLine.Changed) -> None:
        self._set_filter(message.value)

    @on(FilterLine.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.runs_tree.choose_current()
        self.runs_tree.focus()

    def _set_filter(self, text: str) -> None:
        """List what a filter leaves; for one that is not valid, say why."""
        model, problem = self.runs_tree.model, ""
        try:
            model.set_filter(parse_filter(expand_names(text), KnownNames(model.entries.values())))
        except ValueError as error:
            problem = printable(str(error))
        for widget in self.query("#filter-error").results(Static):
            widget.update(Text(problem))
            widget.display = bool(problem)
        if problem:
            return
        self._filter_text = text if model.filter is not None else ""
        leaves_nothing = model.filter is not None and not model.matching_totals("").total()
        hint = explain_nothing(expand_names(text), model.entries.values()) if leaves_nothing else ""
        self.runs_tree.hint = printable(hint)
        self.show_counts()
        self.runs_tree.rebuild()
        self.post_message(self.Filtered())

    # The order

    def sort_next(self) -> None:
        """Sort by the next of TREE_ORDERS."""
        order = self.runs_tree.model.order
        self.set_order(TREE_ORDERS[(TREE_ORDERS.index(order) + 1) % len(TREE_ORDERS)], self.runs_tree.model.is_flat)

    def on_click(self, event: events.Click) -> None:
        """Sort by the column whose name was clicked; by what is inpainted there is no order, so by the next one."""
        header = self.query_one("#columns").region
        if not header.contains(event.screen_x, event.screen_y):
            return
        if order := column_order(self.runs_tree.columns, event.screen_x - header.x):
            self.set_order(order, self.runs_tree.model.is_flat)
        else:
            self.sort_next()

    def toggle_flat(self) -> None:
        """List the trajectories of all groups in one order, or in their groups again."""
        self.set_order(self.runs_tree.model.order, not self.runs_tree.model.is_flat)
        self.runs_tree.reveal_chosen()

    def set_order(self, order: TreeOrder, is_flat: bool) -> None:
        self.runs_tree.model.set_order(order)
        self.runs_tree.model.is_flat = is_flat
        self.show_counts()
        self.runs_tree.rebuild()

    # The frame

    @on(RunsTree.MarksChanged)
    def show_counts(self) -> None:
        """Say in the borders how the list is sorted, and how many it shows and are marked: 6 marked · 12 of 300."""
        tree, model = self.runs_tree, self.runs_tree.model
        title = "All trajectories" if model.is_flat else "Trajectories"
        self.border_title = title if model.order == "name" else f"{title} by {model.order}"
        parts = []
        if tree.marked:
            hidden = sum(not model.is_matching(path) for path in tree.marked)
            parts.append(f"{len(tree.marked):,} marked" + (f", {hidden:,} not shown" if hidden else ""))
        if tree.is_marking_range:
            parts.append(f"{shown_key(self.app, 'runs.mark-range')} ends the range")
        elif model.filter is not None:
            count = model.matching_totals("").total()
            parts.append(f"{count:,} of {len(model.entries):,}" if count else "nothing matches")
        self.border_subtitle = " · ".join(parts)

    def show_columns(self) -> None:
        """Name the columns as they are now."""
        [(text, _)] = header_cells(self.runs_tree.columns)
        self.query_one("#columns", TextLine).set_text(Content(text))

    def on_mount(self) -> None:
        self.watch(self.runs_tree, "show_vertical_scrollbar", self.on_resize)  # the columns end before it

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_columns)

    def restore(self, columns: int, order: TreeOrder, is_flat: bool, *, is_hidden: bool) -> None:
        """Look as in an earlier session. columns: 0 for the usual width."""
        self.set_class(is_hidden, "-hidden")
        if columns:
            self.resize(columns)
        self.set_order(order, is_flat)

    @property
    def is_hidden(self) -> bool:
        return self.has_class("-hidden")

    def resize(self, columns: int) -> None:
        """Make the panel so wide, as far as the screen allows."""
        self.chosen_columns = columns
        self.styles.width = max(MIN_COLUMNS, min(columns, self.screen.size.width - KEPT_COLUMNS))

    def fit_screen(self) -> None:
        """Leave room for what is beside it on a screen of another size."""
        if self.chosen_columns:
            self.resize(self.chosen_columns)

    def widen(self, steps: int) -> None:
        self.resize(self.outer_size.width + STEP_COLUMNS * steps)

    def hide_or_show(self) -> None:
        """Give all room to what is beside the tree; its keys still work."""
        self.toggle_class("-hidden")

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.screen_x == self.region.right - 1:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self.resize(event.screen_x + 1)

    def on_mouse_up(self) -> None:
        if self.app.mouse_captured is self:
            self.release_mouse()
