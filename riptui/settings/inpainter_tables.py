"""The settings that are tables of tables, [inpainters.NAME] and [servers.NAME]: also read without the others."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from riptui.errors import SettingsError
from riptui.settings import paths
from riptui.settings.programs import EntryError, InpainterProgram, parse_program
from riptui.settings.servers import InpaintingServer, parse_server
from riptui.settings.toml_file import locate_entry, quote_value, read_toml

INPAINTER_TABLES: Mapping[str, tuple[Callable[[str, object], Any], str]] = {
    "inpainters": (parse_program, "command"),
    "servers": (parse_server, "url"),
}
"""What parses a table of each of them, and the first of its entries."""


def read_programs() -> tuple[Mapping[str, InpainterProgram], Mapping[str, SettingsError]]:
    """The external programs of the settings file, and why the others cannot be used, by name.

    Raises SettingsError if the file cannot be read.
    """
    return _read_table("inpainters")


def read_servers() -> tuple[Mapping[str, InpaintingServer], Mapping[str, SettingsError]]:
    """The same for the servers that inpaint."""
    return _read_table("servers")


def _read_table(section: str) -> tuple[Mapping[str, Any], Mapping[str, SettingsError]]:
    file = paths.settings_file()
    try:
        document = read_toml(file)
    except FileNotFoundError:
        return {}, {}
    return parse_tables(section, document.values.get(section, {}), partial(locate_entry, file, document))


def parse_tables(
    section: str, tables: object, locate: Callable[[str], str]
) -> tuple[dict[str, Any], dict[str, SettingsError]]:
    """Parse the value of `inpainters` or `servers`: what can be used, and why the others cannot, by name.

    locate: the place of a dotted name in the file, e.g. "settings.toml, line 3". Raises SettingsError, without a place,
    if it is not a table of tables.
    """
    parse, first_entry = INPAINTER_TABLES[section]
    if not isinstance(tables, dict):
        raise SettingsError(
            f"{section} is {quote_value(tables)}; it must be a table: [{section}.NAME], and below it {first_entry}"
        )
    found: dict[str, Any] = {}
    problems: dict[str, SettingsError] = {}
    for name, entries in tables.items():
        try:
            found[name] = parse(name, entries)
        except SettingsError as error:
            key = f".{error.key}" if isinstance(error, EntryError) else ""
            problems[name] = SettingsError(f"{locate(f'{section}.{name}{key}')}: {error}")
    return found, problems
