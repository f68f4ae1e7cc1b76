"""`riptui config`: the settings file: where it is, what holds, and a way to change it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import rich_click as click

from riptui.cli.options import json_option, metric_names
from riptui.errors import InputError, RiptuiError

if TYPE_CHECKING:
    from riptui.settings import Loaded

EDITORS = ("nano", "vi")


@click.command(short_help="The settings file: path, show, edit.")
@click.argument("do", type=click.Choice(["path", "show", "edit"]), default="show")
@json_option
def config(do: Literal["path", "show", "edit"], as_json: bool) -> int:
    """Say where the settings file is (path), what holds and where it comes from (show), or open the file (edit).

    It is ~/.config/riptui/settings.toml, or what $RIPTUI_CONFIG names. edit takes $VISUAL, $EDITOR, nano or vi; where
    there is no file it makes one in which every setting is explained. It never replaces a file.

    Exit code 2 if something in the file is wrong; the app starts nevertheless, without what is wrong.
    """
    from riptui.cli.console import emit, say
    from riptui.settings.places import settings_file

    if do == "show":
        return _show(as_json)
    if do == "edit":
        return _edit(settings_file(), as_json)
    if as_json:
        emit({"path": str(settings_file())})
    else:
        say(str(settings_file()))
    return 0


def _show(as_json: bool) -> int:
    from riptui.cli.console import emit

    loaded = _loaded()
    if as_json:
        emit(_as_dict(loaded))
    else:
        _tell(loaded)
        _complain(loaded)
    return InputError.exit_code if loaded.problems else 0


def _loaded() -> Loaded:
    """The settings, with the names that only the layers above them know."""
    from riptui import settings
    from riptui.tui import themes

    metrics = [*metric_names(), *(f"{name}@previous" for name in metric_names())]
    loaded = settings.load({"metric": metrics, "theme": themes.names()})
    if not loaded.settings.keys:
        return loaded
    from riptui.tui import bindings, keymap  # only for those who have keys of their own

    _, problems = keymap.checked(loaded.settings.keys, keymap.known(bindings.SCOPES))
    return replace(loaded, problems=(*loaded.problems, *(f"{loaded.file}: {problem}" for problem in problems)))


def _as_dict(loaded: Loaded) -> dict[str, object]:
    import msgspec

    from riptui.settings import about

    values = msgspec.to_builtins(loaded.settings, enc_hook=str)
    settings = [
        {"name": name, "value": value, "origin": loaded.origins[name], "about": about(name)}
        for name, value in values.items()
    ]
    return {"path": str(loaded.file), "settings": settings, "problems": loaded.problems}


def _tell(loaded: Loaded) -> None:
    from rich.text import Text

    from riptui.cli.console import out, say
    from riptui.settings import VARIABLES, about
    from riptui.settings.template import toml
    from riptui.terminal import printable

    say(str(loaded.file) if loaded.file.exists() else f"{loaded.file} is not there: `riptui config edit` makes it")
    for name, origin in loaded.origins.items():
        value = getattr(loaded.settings, name)
        shown = f"{len(value)} of your own" if isinstance(value, dict) else printable(toml(value))
        whence = f"${VARIABLES[name]}" if origin == "environment" else origin
        styles = ("", "dim") if origin == "default" else ("bold", "green")
        out.print(Text.assemble(f"{name:<12}", (f"{shown:<14}", styles[0]), " ", (whence, styles[1])))
        out.print(Text(f"{'':<12}{about(name)}", "dim"))
        for one, keys in value.items() if isinstance(value, dict) else ():
            out.print(f"{'':<12}{printable(one)} = {printable(toml(keys))}")


def _complain(loaded: Loaded) -> None:
    from riptui.cli.console import complain

    for problem in loaded.problems:
        complain(problem)


def _edit(file: Path, as_json: bool) -> int:
    from riptui.cli.console import say
    from riptui.settings.template import template
    from riptui.store.disk import explained

    if as_json:
        raise click.BadParameter("there is nothing to print as JSON: it goes with show and path", param_hint="--json")
    if file.is_dir():
        raise InputError(f"{file} is a folder where a file is needed: move it away")
    editor = _editor()
    with explained(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("x", encoding="utf-8") as made:  # x: what is there is never replaced
                made.write(template())
        except FileExistsError:
            pass
    _open(editor, file)
    loaded = _loaded()
    _complain(loaded)
    if loaded.problems:
        return InputError.exit_code
    say(f"{file}: nothing is wrong")
    return 0


def _editor() -> list[str]:
    """The words of the command. Raises InputError if there is none."""
    for variable in ("VISUAL", "EDITOR"):
        if given := os.environ.get(variable, "").strip():
            try:
                words = shlex.split(given)
            except ValueError as error:
                raise InputError(f"${variable} is {given!r}, which is no command: a quote is not closed") from error
            if not shutil.which(words[0]):
                raise InputError(f"${variable} is {given!r}, but there is no such program: set it to an editor")
            return words
    for name in EDITORS:
        if shutil.which(name):
            return [name]
    raise InputError(f"there is no editor: set $EDITOR to one, or install {EDITORS[0]}")


def _open(editor: list[str], file: Path) -> None:
    try:
        code = subprocess.run([*editor, os.fspath(file)], check=False).returncode
    except OSError as error:
        raise InputError(f"{editor[0]} does not start: {error.strerror}") from error
    if code:
        raise RiptuiError(f"{editor[0]} ended with exit code {code}; the file is {file}")
