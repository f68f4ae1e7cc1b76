"""Change one setting in the settings file, and nothing else in it: comments, order and other settings stay."""

import re
import tomllib
from pathlib import Path
from typing import Any

from msgspec import inspect

from riptui.errors import SettingsError
from riptui.filesystem import write_atomically
from riptui.settings import Settings, field_type, parse_value
from riptui.settings.paths import settings_file
from riptui.settings.template import TABLES, format_toml, make_template
from riptui.settings.toml_file import read_toml

SettingValue = str | float | bool | Path


def editable_settings() -> list[str]:
    """The settings that are a single value."""
    return [name for name in Settings.__struct_fields__ if name not in TABLES]


def allowed_values(name: str) -> list[SettingValue] | None:
    """All values of a setting that has few; None for a text or a number."""
    kind = field_type(name)
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    match kind:
        case inspect.LiteralType(values=values):
            return [str(value) for value in values]
        case inspect.BoolType():
            return [True, False]
    return None


def parse_setting(name: str, text: str) -> Any:
    """The value that a typed text means. Raises SettingsError."""
    try:
        number: float | str = float(text)
    except ValueError:
        return parse_value(name, text, {})
    try:
        return parse_value(name, number, {})
    except SettingsError:
        return parse_value(name, text, {})


def write_setting(name: str, value: SettingValue | None) -> None:
    """Set a setting in the user's file, which is made if there is none; None: the default holds again.

    The file is replaced whole, where a link leads to if it is one. Raises SettingsError: a bad value; a file that is
    not valid, that has the setting in another way than on a line of its own, or that cannot be written.
    """
    if value is not None:
        parse_value(name, str(value) if isinstance(value, Path) else value, {})
    file = settings_file()
    try:
        text = read_toml(file).text
    except FileNotFoundError:
        text = make_template()
    values = tomllib.loads(text)
    changed = _change_line(text, name, value)
    expected = {key: known for key, known in values.items() if key != name}
    if value is not None:
        expected[name] = str(value) if isinstance(value, Path) else value
    if not _is_same(changed, expected):
        raise SettingsError(f"{file}: {name} does not stand on a line of its own there: riptui config edit")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file.resolve(), changed.encode())
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from error


def _change_line(text: str, name: str, value: SettingValue | None) -> str:
    """The text with the setting on the line that it stood on, also as a comment, or on a new first line."""
    lines = text.split("\n")
    first_table = next((at for at, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    default = format_toml(getattr(Settings(), name))
    line = f"#{name} = {default}" if value is None else f"{name} = {format_toml(value)}"
    for pattern in (rf"\s*{name}\s*=", rf"\s*#\s*{name}\s*="):
        for at in range(first_table):
            if re.match(pattern, lines[at]):
                lines[at] = line
                return "\n".join(lines)
    return text if value is None else f"{line}\n{text}"


def _is_same(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False
