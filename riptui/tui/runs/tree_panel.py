"""The tree in its frame: the line to type a filter in, and what the list shows, in the lower border."""

from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from riptui.store.filters import KnownNames, parse_filter
from riptui.text.terminal import printable
from riptui.tui.runs.tree import RunsTree
from riptui.tui.runs.tree_model import TREE_ORDERS


class TreePanel(Vertical):
    """Posts Filtered when the filter changes."""

    @dataclass
    class Filtered(Message):
        """Other rows are listed than before."""

    def compose(self) -> ComposeResult:
        self.border_title = "Trajectories"
        yield RunsTree()

    @property
    def runs_tree(self) -> RunsTree:
        return self.query_one(RunsTree)

    async def open_filter(self) -> None:
        if not self.query(Input):
            placeholder = "mona  mask:128  -tag:blurred  lpips>0.4"
            await self.mount(Input(placeholder=placeholder, id="filter", compact=True), before=0)
            await self.mount(Static(id="filter-error"), after=0)
        self.query_one(Input).focus()

    async def close_filter(self) -> None:
        for widget in self.query("#filter, #filter-error"):
            await widget.remove()
        self._set_filter("")
        self.runs_tree.focus()

    def sort_next(self) -> None:
        """Sort by the next of TREE_ORDERS."""
        model = self.runs_tree.model
        model.set_order(TREE_ORDERS[(TREE_ORDERS.index(model.order) + 1) % len(TREE_ORDERS)])
        self.show_counts()
        self.runs_tree.rebuild()

    def show_counts(self) -> None:
        """Say in the lower border what the list shows: 12 of 300, by distance."""
        model = self.runs_tree.model
        parts = [] if model.order == "name" else [f"by {model.order}"]
        if model.filter is not None:
            count, total = model.count_matching(""), len(model.entries)
            parts.insert(0, f"{count:,} of {total:,}" if count else "nothing matches")
        self.border_subtitle = ", ".join(parts)

    @on(Input.Changed, "#filter")
    def _apply_typed_filter(self, message: Input.Changed) -> None:
        self._set_filter(message.value)

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.runs_tree.focus()

    def _set_filter(self, text: str) -> None:
        """List what a filter leaves; for one that is not valid, say why."""
        model, problem = self.runs_tree.model, ""
        try:
            model.filter = parse_filter(text, KnownNames(model.entries.values()))
        except ValueError as error:
            problem = printable(str(error))
        for widget in self.query("#filter-error").results(Static):
            widget.update(Text(problem))
            widget.display = bool(problem)
        if problem:
            return
        self.show_counts()
        self.runs_tree.rebuild()
        self.post_message(self.Filtered())
