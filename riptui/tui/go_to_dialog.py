"""The line to go anywhere: a frame, a path, a filter or a command by its name, with what the text can mean below it."""

from collections.abc import Callable
from inspect import isawaitable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from riptui.settings.named_filters import named_filters
from riptui.spec import Spec
from riptui.tui.browser import Browser
from riptui.tui.dialogs import Dialog
from riptui.tui.go_to import Target, find_targets, is_frame
from riptui.tui.runs.filter_line import saved_filters
from riptui.tui.runs.tree_panel import TreePanel
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


async def ask_and_go(browser: Browser) -> None:
    """Ask where to go, and go there. For an async worker."""
    commands = {command.title: command for command in browser.app.get_system_commands(browser)}
    notes = {title: command.help for title, command in commands.items()}

    def find(text: str) -> list[Target]:
        paths = browser.runs_tree.model.list_paths()
        return find_targets(text, *_shown_frames(browser), paths, saved_filters(), notes, named_filters())

    has_frames = _shown_frames(browser)[0] is not None
    match await browser.app.push_screen_wait(GoToDialog(find, has_frames=has_frames)):
        case Target("frame", value) if browser.details is not None:
            browser.details.trajectory_view.go(int(value))
        case Target("path", value):
            await browser.go(value)
        case Target("filter", value):
            await browser.query_one(TreePanel).set_filter(value)
        case Target("command", value):
            done = commands[value].callback()
            if isawaitable(done):
                await done


def _shown_frames(browser: Browser) -> tuple[Spec | None, int]:
    """The spec of the trajectory on the screen, and its newest frame; None and 0 if there is none."""
    if browser.details is None or browser.details.current != "trajectory":
        return None, 0
    cursor = browser.details.trajectory_view.cursor
    return cursor.spec, cursor.newest


def _format(target: Target) -> Text:
    return Text.assemble((target.label, "bold" if target.kind == "frame" else ""), (f"  {target.note}", "dim"))
