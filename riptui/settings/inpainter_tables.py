"""The settings that are tables of tables, [inpainters.NAME] and [servers.NAME]: read without the others."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from riptui.errors import SettingsError
from riptui.settings import paths
from riptui.settings.programs import InpainterProgram, parse_programs
from riptui.settings.servers import InpaintingServer, parse_servers
from riptui.settings.toml_file import locate_entry, read_toml

Locate = Callable[[str], str]
INPAINTER_TABLES: Mapping[str, Callable[[object, Locate], tuple[dict[str, Any], dict[str, SettingsError]]]] = {
    "inpainters": parse_programs,
    "servers": parse_servers,
}
"""What parses each of them."""


def read_programs() -> tuple[Mapping[str, InpainterProgram], Mapping[str, SettingsError]]:
    """The external programs of the settings file, and why the others cannot be used, by name.

    Raises SettingsError if the file cannot be read.
    """
    return _read_table("inpainters")


def read_servers() -> tuple[Mapping[str, InpaintingServer], Mapping[str, SettingsError]]:
    """The same for the servers that inpaint."""
    return _read_table("servers")


def _read_table(name: str) -> tuple[Mapping[str, Any], Mapping[str, SettingsError]]:
    file = paths.settings_file()
    try:
        document = read_toml(file)
    except FileNotFoundError:
        return {}, {}
    return INPAINTER_TABLES[name](document.values.get(name, {}), partial(locate_entry, file, document))
