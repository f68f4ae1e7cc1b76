"""The line to go anywhere: a frame, a path, a filter or a command by its name, with what the text can mean below it."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from riptui.tui.dialogs import Dialog
from riptui.tui.go_to import Target, is_frame
from riptui.tui.steady_input import SteadyInput

PLACEHOLDER = "231 %   k 37   cat/m64   /mask:64   @night   export"
NOTHING = "no frame, trajectory, command or filter fits"
NO_TRAJECTORY = "a frame needs a trajectory: choose one in the tree first"


class GoToDialog(Dialog[Target | None]):
    """Returns where to go. The first target is chosen unless the cursor is moved."""

    DEFAULT_CSS = """
    GoToDialog { align: center top; }
    GoToDialog > Vertical { width: 76; margin-top: 2; }
    """
    KEYS = "enter go  ↑↓ choose  esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", "Up", priority=True),
        Binding("down,ctrl+n", "move(1)", "Down", priority=True),
    ]

    def __init__(self, find: Callable[[str], list[Target]], *, has_frames: bool = True) -> None:
        """find: what a text can mean. has_frames: whether a trajectory is shown, whose frames can be gone to."""
        super().__init__("Go to")
        self._has_frames = has_frames
        self._find = find
        self._targets: list[Target] = []

    def compose(self) -> ComposeResult:
        with self.make_box():
            yield SteadyInput(placeholder=PLACEHOLDER, compact=True)
            options = OptionList(markup=False, compact=True)
            options.can_focus = False
            yield options

    @on(Input.Changed)
    def _show_targets(self, message: Input.Changed) -> None:
        self._targets = self._find(message.value)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(_format(target)) for target in self._targets)
        options.highlighted = 0 if self._targets else None
        if message.value.strip() and not self._targets:
            reason = NOTHING if self._has_frames or not is_frame(message.value) else NO_TRAJECTORY
            options.add_option(Option(Text(reason, "dim"), disabled=True))

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._targets:
            options.highlighted = ((options.highlighted or 0) + rows) % len(self._targets)

    @on(Input.Submitted)
    def _choose_highlighted(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None:
            self.dismiss(self._targets[highlighted])

    @on(OptionList.OptionSelected)
    def _choose_clicked(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._targets[message.option_index])


def _format(target: Target) -> Text:
    return Text.assemble((target.label, "bold" if target.kind == "frame" else ""), (f"  {target.note}", "dim"))
