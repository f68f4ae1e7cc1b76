"""`riptui config`: the path of the settings file, the settings in effect, and an editor for them."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import rich_click as click
from rich.text import Text

from riptui import inpainters, settings, tui
from riptui.cli import has_terminal
from riptui.cli.console import out, print_error, print_json, print_line
from riptui.errors import InputError
from riptui.metrics import CONTENT, PREVIOUS, REGISTRY, SQUARES
from riptui.settings import ENVIRONMENT_VARIABLES, LoadedSettings, explain_setting
from riptui.settings.editor import find_editor, run_editor
from riptui.settings.paths import settings_file
from riptui.settings.template import format_toml, make_template
from riptui.store.disk_errors import explain_errors
from riptui.text.terminal import printable
from riptui.tui import themes


def config(do: Literal["path", "show", "edit"], as_json: bool) -> int:
    if do == "show":
        return _show(as_json)
    if do == "edit":
        return _edit(settings_file(), as_json)
    if as_json:
        print_json({"path": str(settings_file())})
    else:
        print_line(str(settings_file()))
    return 0


def _show(as_json: bool) -> int:
    loaded = _load_settings()
    if as_json:
        print_json(_as_dict(loaded))
    else:
        _print_settings(loaded)
        _print_problems(loaded)
    return InputError.exit_code if loaded.problems else 0


def _load_settings() -> LoadedSettings:
    """The settings, checked against the names of metrics, themes and keys, which only upper layers know."""
    metrics = [name + ending for ending in ("", PREVIOUS, CONTENT, SQUARES) for name in REGISTRY]
    loaded = settings.load_settings({"metric": metrics, "theme": themes.theme_names()})
    loaded = replace(loaded, problems=(*loaded.problems, *_list_taken_names(loaded)))
    if not loaded.settings.keys:
        return loaded
    _, problems = tui.keymap.check_keys(loaded.settings.keys, tui.keymap.bindings_by_id(tui.bindings.SCOPES))
    return replace(loaded, problems=(*loaded.problems, *(f"{loaded.file}: {problem}" for problem in problems)))


def _list_taken_names(loaded: LoadedSettings) -> list[str]:
    """A message per external program of the settings whose name is taken by another inpainter."""
    problems = inpainters.REGISTRY.own_problems()
    return [f"{loaded.file}: {problems[name]}" for name in loaded.settings.inpainters if name in problems]


def _as_dict(loaded: LoadedSettings) -> dict[str, object]:
    values = msgspec.to_builtins(loaded.settings, enc_hook=str)
    settings = [
        {"name": name, "value": value, "origin": loaded.origins[name], "about": explain_setting(name)}
        for name, value in values.items()
    ]
    return {"path": str(loaded.file), "settings": settings, "problems": loaded.problems}


def _print_settings(loaded: LoadedSettings) -> None:
    file = loaded.file
    print_line(str(file) if file.exists() else f"no settings file {file}; `riptui config edit` creates it")
    for name, origin in loaded.origins.items():
        value = getattr(loaded.settings, name)
        value_text = f"{len(value)} custom" if isinstance(value, dict) else printable(format_toml(value))
        source = f"${ENVIRONMENT_VARIABLES[name]}" if origin == "environment" else origin
        styles = ("", "dim") if origin == "default" else ("bold", "green")
        out.print(Text.assemble(f"{name:<12}", (f"{value_text:<14}", styles[0]), " ", (source, styles[1])))
        out.print(Text(f"{'':<12}{explain_setting(name)}", "dim"))
        for key, entry in value.items() if isinstance(value, dict) else ():
            text = format_toml(entry) if isinstance(entry, str) else getattr(entry, "command", None) or entry.url
            out.print(Text(f"{'':<12}{printable(key)} = {printable(text)}"))


def _print_problems(loaded: LoadedSettings) -> None:
    for problem in loaded.problems:
        print_error(problem)


def _edit(file: Path, as_json: bool) -> int:
    if as_json:
        raise click.BadParameter("only show and path can print JSON", param_hint="--json")
    if file.is_dir():
        raise InputError(f"{file} is a folder, not a file: move it away")
    editor = find_editor(has_terminal=has_terminal())
    with explain_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("x", encoding="utf-8") as new_file:  # x: an existing file is never replaced
                new_file.write(make_template())
        except FileExistsError:
            pass
    run_editor(editor, file)
    loaded = _load_settings()
    _print_problems(loaded)
    if loaded.problems:
        return InputError.exit_code
    print_line(f"{file}: settings are valid")
    return 0
