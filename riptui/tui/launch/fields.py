"""The lines of the form, each with a label, a widget, and the problem with its value; some of them folded at first."""

from collections.abc import Iterable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Collapsible, Input, Label, Select, Static

from riptui.spec import COLOUR_MATCHES, SQUARE_ORDERS
from riptui.text.terminal import printable
from riptui.tui.launch.form import PASTES, PROTOCOL_FIELDS, FormValues
from riptui.tui.steady_input import SteadyInput

TITLE = "Beyond the paper"
CHOICES: dict[str, Iterable[str]] = {"order": SQUARE_ORDERS, "paste": PASTES, "match": COLOUR_MATCHES}
LABELS = {
    "order": "Order",
    "mask_folder": "Masks in",
    "paste": "Paste onto",
    "anchor": "Anchor",
    "match": "Match",
    "feather": "Feather px",
    "schedule": "Schedule",
}
PLACEHOLDERS = {
    "mask_folder": "a folder: white where to repaint",
    "anchor": "every N iterations: a square of the original",
    "feather": "none",
    "schedule": "strength=1..0.3; prompt=a cat|a dog",
}


class Field(Vertical):
    DEFAULT_CSS = """
    Field { height: auto; }
    Field > Horizontal { height: auto; }
    Field Label { width: 11; color: $text-muted; }
    Field .problem { height: auto; padding-left: 11; color: $text-error; display: none; }
    """

    def __init__(self, label: str, widget: Widget) -> None:
        super().__init__(id=f"{widget.id}-field")
        self._label = label
        self._widget = widget

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._label)
            yield self._widget
        yield Static(classes="problem")

    def show_problem(self, problem: str) -> None:
        status = self.query_one(".problem", Static)
        text = Text(printable(problem))
        if status.content != text:
            status.update(text)
            status.display = bool(problem)


class ProtocolFields(Collapsible):
    """What is done otherwise than in the paper: masks, paste, interventions. Open if any of that is."""

    def __init__(self, values: FormValues) -> None:
        fields = [Field(LABELS[name], _make_widget(name, str(getattr(values, name)))) for name in PROTOCOL_FIELDS]
        super().__init__(*fields, title=TITLE, collapsed=not values.departures, id="protocol")

    def read(self) -> dict[str, str]:
        """The values of the fields, as FormValues takes them."""
        return {
            name: str(self.query_one(f"#{name}", Select).value)
            if name in CHOICES
            else self.query_one(f"#{name}", Input).value.strip()
            for name in PROTOCOL_FIELDS
        }

    def count(self, departures: int) -> None:
        """Say in the title how many fields depart from the paper."""
        self.title = f"{TITLE}: {departures} set" if departures else TITLE


def _make_widget(name: str, value: str) -> Input | Select[str]:
    if name in CHOICES:
        options = [(choice, choice) for choice in CHOICES[name]]
        return Select(options, id=name, value=value, allow_blank=False, compact=True)
    return SteadyInput(value, PLACEHOLDERS[name], id=name, compact=True)
