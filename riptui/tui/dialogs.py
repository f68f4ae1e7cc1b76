"""Small dialogs: confirm, enter a text, choose one, choose several. Each returns its answer."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, NamedTuple

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Button, Input, Label, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from riptui.errors import InputError
from riptui.text.terminal import printable
from riptui.tui.check_boxes import SignSelectionList
from riptui.tui.inner_screen import Answer, InnerModalScreen
from riptui.tui.steady_input import SteadyInput

PRESSED = {"esc": "escape", "del": "delete", "←": "left", "↑↓": "down"}
"""Keys by their names in a dialog's border, where those differ."""


def link_keys(keys: str) -> Content:
    """The keys of a dialog, each with what it does and two blanks after it; a click on one presses it."""
    links = []
    for text in keys.split("  "):
        shown = text.partition(" ")[0]
        press = f"screen.press_key('{PRESSED.get(shown, shown)}')"
        links.append(Content.styled(text, Style.from_meta({"@click": press})))
    return Content("  ").join(links)


class Dialog(InnerModalScreen[Answer]):
    """A box in the middle of the screen, with a title above and the keys below."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical {
        width: 64;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        border: round $border;
        padding: 0 1;
        background: $surface;
    }
    Dialog .buttons { height: 1; margin-top: 1; align-horizontal: right; }
    Dialog .buttons Button { margin-left: 2; }
    Dialog .problem { color: $text-error; height: auto; }
    Dialog #status { height: auto; }
    Dialog .line { height: 1; }
    Dialog .line Label { width: 12; color: $text-muted; }
    Dialog .line Input, Dialog .line Select { width: 1fr; }
    Dialog Checkbox { background: $surface; border: none; padding: 0; height: 1; }
    Dialog OptionList {
        height: auto;
        max-height: 20;
        border: none;
        background: $surface;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    Dialog Input { background: $panel; padding: 0 1; }
    Dialog Checkbox > .toggle--button, Dialog SelectionList > .selection-list--button,
    Dialog SelectionList > .selection-list--button-highlighted { color: $foreground-muted; background: $surface; }
    Dialog Checkbox.-on > .toggle--button, Dialog SelectionList > .selection-list--button-selected,
    Dialog SelectionList > .selection-list--button-selected-highlighted { color: $text-success; background: $surface; }
    """
    KEYS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def make_box(self) -> Vertical:
        """The box, for `compose` to fill."""
        box = Vertical(id="box")
        box.border_title = Text(printable(self._title))
        box.border_subtitle = link_keys(self.KEYS)
        return box

    def make_field(self, label: str, value: str, id: str, placeholder: str = "") -> Horizontal:
        """A line with a label and a text to edit."""
        return Horizontal(Label(label), SteadyInput(value, placeholder, id=id, compact=True), classes="line")

    def make_buttons(self, verb: str) -> Horizontal:
        """A button that does what the dialog is for, with its verb as its id, and one to leave."""
        accept = Button(verb.capitalize(), id=verb, variant="primary", compact=True)
        return Horizontal(accept, Button("Cancel", id="cancel", compact=True), classes="buttons")

    def show_status(self, text: str, *, is_error: bool = False) -> None:
        """Show a text, which need not be printable, in the dialog's #status."""
        status = self.query_one("#status", Static)
        status.update(Text(printable(text)))
        status.set_class(is_error, "problem")

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_leave()

    def action_leave(self) -> None:
        """Close the dialog without an answer."""
        self.dismiss(None)


class ConfirmDialog(Dialog[bool]):
    """Asks yes or no; enter means no. `destructive`: what is done cannot be undone."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,q", "dismiss(False)", "No"),
        Binding("left,right,h,l", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, *, yes: str, destructive: bool = False) -> None:
        super().__init__(title)
        self._text = text
        self._yes = yes
        self._destructive = destructive

    def compose(self) -> ComposeResult:
        with self.make_box():
            yield Static(Text(printable(self._text)))
            with Horizontal(classes="buttons"):
                variant = "error" if self._destructive else "primary"
                yield Button(f"{self._yes}  (y)", id="yes", variant=variant, compact=True)  # type: ignore[arg-type]
                yield Button("No  (n)", id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def _answer(self, message: Button.Pressed) -> None:
        self.dismiss(message.button.id == "yes")


class TextDialog(Dialog[str | None]):
    """Asks for a line of text; `check` raises InputError for an invalid one."""

    KEYS = "enter accept  esc cancel"

    def __init__(self, title: str, value: str, check: Callable[[str], object], *, hint: str = "") -> None:
        """hint: what helps to answer, below the line."""
        super().__init__(title)
        self._hint = hint
        self._value = value
        self._check = check

    def compose(self) -> ComposeResult:
        with self.make_box():
            yield SteadyInput(self._value, compact=True)
            yield Static(classes="problem")
            if self._hint:
                yield Static(Text(printable(self._hint), "dim"))

    @on(Input.Changed)
    def _show_problem(self, message: Input.Changed) -> None:
        self.query_one(".problem", Static).update(Text(printable(self._find_problem(message.value))))

    @on(Input.Submitted)
    def _accept(self, message: Input.Submitted) -> None:
        if not self._find_problem(message.value):
            self.dismiss(message.value)

    def _find_problem(self, value: str) -> str:
        try:
            self._check(value)
        except InputError as error:
            return str(error)
        return ""


class DialogChoice(NamedTuple, Generic[Answer]):
    key: str  # the key that chooses it
    label: str
    answer: Answer


class ChoiceDialog(Dialog[Answer | None], Generic[Answer]):
    """Asks for one of a few choices, by its key, by enter or by the mouse."""

    KEYS = "esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "leave", "Close")]

    def __init__(self, title: str, choices: Sequence[DialogChoice[Answer]]) -> None:
        super().__init__(title)
        self._choices = choices

    def compose(self) -> ComposeResult:
        with self.make_box():
            labels = [Text.assemble((f" {choice.key}  ", "bold"), printable(choice.label)) for choice in self._choices]
            yield OptionList(*map(Option, labels), markup=False, compact=True)

    def on_key(self, event: events.Key) -> None:
        for choice in self._choices:
            if choice.key == event.character:
                event.stop()  # else it is a key of the screen below, too
                self.dismiss(choice.answer)

    @on(OptionList.OptionSelected)
    def _accept(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[message.option_index].answer)


class MultiChoiceDialog(Dialog[list[str] | None]):
    """Asks for any of several names; an unavailable one shows its reason."""

    DEFAULT_CSS = "MultiChoiceDialog > Vertical { width: 76; }"
    KEYS = "space select  enter accept  esc cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "Close"),
        Binding("enter", "accept", "Accept", priority=True),
    ]

    def __init__(self, title: str, names: Sequence[str], *, chosen: Sequence[str], unavailable: dict[str, str]) -> None:
        """unavailable: the reason of each name that cannot be chosen."""
        super().__init__(title)
        self._names = names
        self._chosen = chosen
        self._unavailable = unavailable

    def compose(self) -> ComposeResult:
        with self.make_box():
            yield SignSelectionList(*map(self._make_selection, self._names), compact=True)

    def _make_selection(self, name: str) -> Selection[str]:
        reason = self._unavailable.get(name, "")
        label = Text.assemble(name, (f"  {printable(reason)}", "dim"))
        return Selection(label, name, name in self._chosen and not reason, disabled=bool(reason))

    def action_accept(self) -> None:
        self.dismiss(list(self.query_one(SelectionList).selected))
