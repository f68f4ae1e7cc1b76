"""The part of the form for what is done otherwise than in the paper: masks, paste, interventions. Folded at first."""

from collections.abc import Iterable

from textual.widgets import Collapsible, Input, Select

from riptui.spec import COLOUR_MATCHES, SQUARE_ORDERS
from riptui.tui.launch.field import Field
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


class ProtocolFields(Collapsible):
    """A fold with the fields of PROTOCOL_FIELDS; open if any of them departs from the paper."""

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
