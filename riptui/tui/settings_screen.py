"""The settings, with what each is for: changed here and kept in the user's settings file."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from riptui.errors import InputError, SettingsError
from riptui.metrics import REGISTRY
from riptui.settings import ENVIRONMENT_VARIABLES, LoadedSettings, explain_setting, load_settings
from riptui.settings.edit_file import SettingValue, allowed_values, editable_settings, parse_setting, write_setting
from riptui.settings.template import format_toml
from riptui.text.terminal import printable
from riptui.text.units import abbreviate_home
from riptui.tui import themes
from riptui.tui.dialogs import Dialog, TextDialog

AT_ONCE = ("theme", "bell", "ring", "play_speed", "confirm", "on_end")
"""Settings that hold as soon as they are changed; the others from the next start on."""
NAME_COLUMNS, VALUE_COLUMNS = 12, 26


class SettingsScreen(Dialog[LoadedSettings]):
    """Returns the settings when it is closed."""

    DEFAULT_CSS = """
    SettingsScreen > Vertical { width: 76; }
    SettingsScreen #about { height: 4; margin-top: 1; color: $text-muted; }
    """
    KEYS = "enter → next  ← previous  del default  esc close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "Close"),
        Binding("right,l", "change(1)", "Next value"),
        Binding("left,h", "change(-1)", "Previous value"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("delete,backspace", "reset", "Default"),
    ]

    def __init__(self) -> None:
        super().__init__("Settings")
        self._loaded = load_settings()
        self._names = editable_settings()
        self._problem = ""

    def compose(self) -> ComposeResult:
        with self.make_box():
            yield OptionList(*map(self._make_option, self._names), markup=False, compact=True)
            yield Static(id="about", markup=False)

    def _make_option(self, name: str) -> Option:
        value = printable(_to_text(getattr(self._loaded.settings, name)))
        origin = self._loaded.origins[name]
        source = f"${ENVIRONMENT_VARIABLES[name]}" if origin == "environment" else "" if origin == "default" else "set"
        shown = value if len(value) <= VALUE_COLUMNS else value[: VALUE_COLUMNS - 1] + "…"
        style = "" if origin == "default" else "bold"
        return Option(
            Text.assemble(f"{name:<{NAME_COLUMNS}}", (f"{shown:<{VALUE_COLUMNS}}", style), ("  " + source, "dim"))
        )

    @property
    def _current(self) -> str:
        """The setting of the cursor."""
        return self._names[self.query_one(OptionList).highlighted or 0]

    @on(OptionList.OptionHighlighted)
    def _forget_problem(self) -> None:
        self._problem = ""
        self._show_about()

    def _show_about(self) -> None:
        """What the setting of the cursor is for, when it holds, and where it is kept."""
        name = self._current
        if self._problem:
            self.query_one("#about", Static).update(Text(printable(self._problem), "bold"))
            return
        holds = "" if name in AT_ONCE else " Holds from the next start on."
        where = printable(abbreviate_home(self._loaded.file))
        self.query_one("#about", Static).update(f"{explain_setting(name)}{holds}\n{where}")

    # Changing

    @on(OptionList.OptionSelected)
    def _change_chosen(self) -> None:
        self.action_change(1)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        options.highlighted = ((options.highlighted or 0) + rows) % len(self._names)

    def action_change(self, direction: int) -> None:
        """Set the next of a setting's values, or the one before; ask for a text or a number."""
        name = self._current
        values = self._values_of(name)
        if values is None:
            self._ask(name)
            return
        current = getattr(self._loaded.settings, name)
        position = values.index(current) if current in values else -direction
        self._write(name, values[(position + direction) % len(values)])

    def action_reset(self) -> None:
        self._write(self._current, None)

    def _values_of(self, name: str) -> Sequence[SettingValue] | None:
        match name:
            case "theme":
                return themes.theme_names()
            case "metric":
                return [*REGISTRY]
        return allowed_values(name)

    def _ask(self, name: str) -> None:
        def check(text: str) -> object:
            try:
                return parse_setting(name, text.strip())
            except SettingsError as error:
                raise InputError(str(error)) from None

        def keep(text: str | None) -> None:
            if text is not None:
                self._write(name, parse_setting(name, text.strip()))

        value = _to_text(getattr(self._loaded.settings, name))
        self.app.push_screen(TextDialog(name, value, check, hint=explain_setting(name)), keep)

    def _write(self, name: str, value: SettingValue | None) -> None:
        self._problem = ""
        if self._loaded.origins[name] == "environment":
            self._problem = f"${ENVIRONMENT_VARIABLES[name]} sets {name} and wins: change it there"
        else:
            try:
                write_setting(name, value)
            except SettingsError as error:
                self._problem = str(error)
        self._loaded = load_settings()
        self.app.settings_changed(self._loaded.settings)  # type: ignore[attr-defined]
        options = self.query_one(OptionList)
        row = options.highlighted
        options.replace_option_prompt_at_index(row or 0, self._make_option(name).prompt)
        self._show_about()

    def action_leave(self) -> None:
        self.dismiss(self._loaded)


def _to_text(value: SettingValue) -> str:
    """A value as it is typed."""
    return format_toml(value) if isinstance(value, bool | float) else str(value)
