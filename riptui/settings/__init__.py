"""The settings of the app and the commands: one TOML file, and a few environment variables that override it.

    paths      where the settings file and riptui's other files are
    programs   external programs as inpainters: the tables [inpainters.NAME]
    servers    servers that inpaint: the tables [servers.NAME]
    inpainter_tables  both of them, read alone
    toml_file  parsing the file, with line numbers
    template   a new file that explains every setting; program_examples: programs of the field, for that file
    named_filters   filters that the user has given a name
    edit_file  changing one setting in the file; editor: the user's
    state      values that the app remembers between starts

A broken file never prevents a start: `load_settings` skips invalid values and reports them. Themes, metrics and keys
are plain names here; callers know which of them exist.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, inspect

from riptui.errors import SettingsError, with_choices
from riptui.settings import paths
from riptui.settings.inpainter_tables import INPAINTER_TABLES, parse_tables
from riptui.settings.programs import InpainterProgram
from riptui.settings.servers import InpaintingServer
from riptui.settings.toml_file import TomlDocument, locate_entry, quote_value, read_toml

SettingOrigin = Literal["default", "file", "environment"]
ShortName = Annotated[str, Meta(min_length=1, max_length=100)]

LOCAL_HERTZ, SSH_HERTZ = 4.0, 2.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, validated."""

    theme: Annotated[
        ShortName,
        Meta(description="Colours: auto, riptui-dark, riptui-light, ansi or a Textual theme, e.g. nord."),
    ] = "auto"
    graphics: Annotated[
        Literal["auto", "kitty", "sixel", "halfblock", "off"],
        Meta(description="How to show pictures; auto asks the terminal what it can show."),
    ] = "auto"
    runs: Annotated[Path, Meta(description="The runs folder; ~ is your home folder.")] = Path("runs")
    locks: Annotated[
        Literal["system", "files"],
        Meta(
            description="How two processes are kept from computing one trajectory; files: for file systems without "
            "flock, by a file that is rewritten every 5 seconds. The same for everyone who uses the runs folder."
        ),
    ] = "system"
    refresh: Annotated[
        Literal["auto"] | Annotated[float, Meta(ge=0.5, le=10)],
        Meta(description="Disk polls per second; auto: 4, or 2 over SSH."),
    ] = "auto"
    bell: Annotated[
        Literal["never", "unfocused", "always"],
        Meta(description="When the end of a trajectory rings; unfocused: only while the terminal is not focused."),
    ] = "unfocused"
    ring: Annotated[
        Literal["bell", "osc9"],
        Meta(description="How it rings: the terminal bell, or osc9, a desktop notification."),
    ] = "bell"
    play_speed: Annotated[
        Annotated[float, Meta(ge=0.5, le=60)], Meta(description="Frames per second during playback.")
    ] = 8.0
    metric: Annotated[ShortName, Meta(description="Metric shown in the tree.")] = "lpips-vgg"
    axis: Annotated[
        Literal["inpainted", "coverage"],
        Meta(description="X axis of charts: % inpainted (repeats count), or % of pixels repainted at least once."),
    ] = "inpainted"
    confirm: Annotated[
        bool, Meta(description="Whether to ask before stopping and moving to the trash; deleting always asks.")
    ] = True
    on_end: Annotated[
        Annotated[str, Meta(max_length=2000)],
        Meta(
            description="Command that `riptui run`, `resume` and `study run` start when a trajectory or a study has "
            "ended or a worker has died, e.g. to send a mail; run without a shell. The README has examples."
        ),
    ] = ""
    inpainters: Annotated[
        dict[str, InpainterProgram],
        Meta(
            description="External programs as inpainters, a table each: [inpainters.NAME]. Only your own settings can "
            "name a command: a spec has the name alone."
        ),
    ] = {}
    servers: Annotated[
        dict[str, InpaintingServer],
        Meta(
            description="Where the servers are that inpaint, a table each: [servers.iopaint], [servers.a1111], "
            "[servers.comfyui], and below it url. A spec has no URL."
        ),
    ] = {}
    keys: Annotated[
        dict[str, str],
        Meta(description='Your key bindings, a table: ID = "x" or ["x", "ctrl+x"]; the app\'s help shows the IDs.'),
    ] = {}

    @property
    def hertz(self) -> float:
        """`refresh` in polls per second."""
        if self.refresh == "auto":
            return SSH_HERTZ if os.environ.get("SSH_CONNECTION") else LOCAL_HERTZ
        return self.refresh


ENVIRONMENT_VARIABLES = {
    "theme": "RIPTUI_THEME",
    "graphics": "RIPTUI_GRAPHICS",
    "runs": "RIPTUI_RUNS",
    "locks": "RIPTUI_LOCKS",
}
"""Settings that an environment variable overrides. An empty variable counts as unset."""


@dataclass(frozen=True)
class LoadedSettings:
    """The current settings, the source of each, and the problems found."""

    settings: Settings
    file: Path
    origins: Mapping[str, SettingOrigin]
    problems: tuple[str, ...]
    """Messages that may quote the file: not yet printable."""


def load_settings(choices: Mapping[str, Collection[str]] = MappingProxyType({})) -> LoadedSettings:
    """Read the settings file and the environment; invalid values are skipped and reported in `problems`.

    `choices`: the allowed values of settings that only the caller knows, e.g. {"metric": [...]}. Raises nothing.
    """
    file = paths.settings_file()
    values: dict[str, Any] = {}
    origins: dict[str, SettingOrigin] = dict.fromkeys(Settings.__struct_fields__, "default")
    problems: list[str] = []
    document = _read_document(file, problems)
    locate = partial(locate_entry, file, document)
    for name, value in document.values.items():
        try:
            values[name] = _parse_entry(name, value, locate, problems, choices)
            origins[name] = "file"
        except SettingsError as error:
            problems.append(f"{locate(name)}: {error}")
    for name, variable in ENVIRONMENT_VARIABLES.items():
        if text := os.environ.get(variable):
            try:
                values[name] = parse_value(name, text, choices)
                origins[name] = "environment"
            except SettingsError as error:
                problems.append(f"${variable}: {error}")
    return LoadedSettings(Settings(**values), file, origins, tuple(problems))


def explain_setting(name: str) -> str:
    """A sentence that explains a setting."""
    kind = field_type(name)
    assert isinstance(kind, inspect.Metadata), "every field has a description"
    return str((kind.extra_json_schema or {})["description"])


def _read_document(file: Path, problems: list[str]) -> TomlDocument:
    try:
        return read_toml(file)
    except FileNotFoundError:
        if os.environ.get(paths.CONFIG_VARIABLE):
            problems.append(
                f"${paths.CONFIG_VARIABLE} names {file}, which does not exist; `riptui config edit` creates it"
            )
    except SettingsError as error:
        problems.append(str(error))
    return TomlDocument({}, "")


def _parse_entry(
    name: str,
    value: Any,
    locate: Callable[[str], str],
    problems: list[str],
    choices: Mapping[str, Collection[str]],
) -> Any:
    """Parse the value of a name. Adds what is wrong in a table to the problems. Raises SettingsError."""
    if name == "keys":
        return _parse_key_table(value, locate, problems)
    if name in INPAINTER_TABLES:
        found, wrong = parse_tables(name, value, locate)
        problems.extend(map(str, wrong.values()))
        return found
    return parse_value(name, value, choices)


def parse_value(name: str, value: object, choices: Mapping[str, Collection[str]]) -> Any:
    """Validate and convert a value. Raises SettingsError without the location."""
    if name not in Settings.__struct_fields__:
        raise SettingsError(with_choices(f"unknown setting {quote_value(name)}", name, Settings.__struct_fields__))
    try:
        converted = msgspec.convert({name: value}, Settings, dec_hook=_decode_path)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{name} is {quote_value(value)}; it must be {_describe_allowed(field_type(name))}"
        ) from error
    known = choices.get(name)
    if known is not None and value not in known:
        raise SettingsError(with_choices(f"unknown {name} {quote_value(value)}", str(value), known))
    return getattr(converted, name)


def _parse_key_table(table: object, locate: Callable[[str], str], problems: list[str]) -> dict[str, str]:
    """Parse [keys]: ID to its keys, separated by commas. The app checks whether the IDs and keys exist."""
    if not isinstance(table, dict):
        raise SettingsError(f'keys is {quote_value(table)}; it must be a table: [keys], and below it ID = "x"')
    keys: dict[str, str] = {}
    for name, value in _flatten(table):
        listed = [value] if isinstance(value, str) else value
        if name in Settings.__struct_fields__:
            problem = f"{name} is not a key: move it above [keys]"
        elif isinstance(listed, list) and listed and all(isinstance(key, str) and key.strip() for key in listed):
            keys[name] = ",".join("comma" if key.strip() == "," else key.strip() for key in listed)
            continue
        else:
            problem = (
                f'keys.{name} is {quote_value(value)}; it must be a key such as "x" or a list such as ["x", "ctrl+x"]'
            )
        problems.append(f"{locate(f'keys.{name}')}: {problem}")
    return keys


def _flatten(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Dotted names: TOML reads app.quit = "q" as a table in a table."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _decode_path(kind: type, value: object) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # ~nobody: unknown user
        raise ValueError from error


def field_type(name: str) -> inspect.Type:
    """The type of a setting, as msgspec describes it."""
    described = inspect.type_info(Settings)
    assert isinstance(described, inspect.StructType)
    return next(field.type for field in described.fields if field.name == name)


def _describe_allowed(kind: inspect.Type) -> str:
    """The values of a type, in words."""
    match kind:
        case inspect.Metadata(type=inner):
            return _describe_allowed(inner)
        case inspect.UnionType(types=types):
            return " or ".join(map(_describe_allowed, types))
        case inspect.LiteralType(values=values):
            return f"{'one of ' if len(values) > 1 else ''}{', '.join(map(str, values))}"
        case inspect.FloatType(ge=low, le=high):
            return f"a number from {low:g} to {high:g}"
        case inspect.BoolType():
            return "true or false"
        case inspect.CustomType():
            return "a path"
        case _:
            return "a name"
