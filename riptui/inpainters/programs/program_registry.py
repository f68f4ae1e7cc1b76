"""The external programs of the user's settings, as entries of the registry. Starts none of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.errors import InputError, SettingsError
from riptui.inpainters.inpainter_info import InpainterInfo

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.settings.programs import InpainterProgram


SCRIPTS = (".py", ".sh")
"""Endings of scripts that a command gives to an interpreter."""


class OwnPrograms:
    """The programs of the settings file, read again when it has changed: a worker outlives many of its versions."""

    def __init__(self) -> None:
        self._state: object = None
        self._infos: dict[str, InpainterInfo] = {}
        self._problems: dict[str, str] = {}
        self._file_problem = ""

    def infos(self) -> Mapping[str, InpainterInfo]:
        self._refresh()
        return self._infos

    def problems(self) -> Mapping[str, str]:
        self._refresh()
        return self._problems

    def problem_of_file(self) -> str:
        """Why the settings file cannot be read; "" if it can, or if there is none."""
        self._refresh()
        return self._file_problem

    def _refresh(self) -> None:
        from riptui.settings.paths import settings_file  # msgspec takes 50 ms, and most commands name no inpainter

        file = settings_file()
        try:
            found = file.stat()
            state: object = (file, found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            state = (file,)
        if state == self._state:
            return
        from riptui.settings.inpainter_tables import read_programs

        self._infos, self._problems, self._file_problem = {}, {}, ""
        if state != (file,):
            try:
                programs, problems = read_programs()
            except SettingsError as error:
                self._file_problem = str(error)
            else:
                self._infos = {name: _to_info(program) for name, program in programs.items()}
                self._problems = {name: str(problem) for name, problem in problems.items()}
        self._state = state


def find_program(program: InpainterProgram, words: Sequence[str] = ()) -> list[str]:
    """The words of a program's command, with the absolute path of the program as the first.

    words: those of another command instead, such as that of its version. Raises InputError if the program, its folder
    or its script is missing.
    """
    first, *others = words or program.words
    folder = program.current_folder
    if folder is not None and not folder.is_dir():
        raise InputError(f"its folder {folder} does not exist; correct it: riptui config edit")
    path = _locate(first, folder, program.env.get("PATH"))
    if path is None:
        if "/" in first and (file := Path(folder or "/", first)).is_file():
            raise InputError(f"{file} is not executable; chmod +x it, or name its interpreter: riptui config edit")
        raise InputError(f"there is no program {first!r}; install it, or give its path: riptui config edit")
    script = others[0] if others and others[0].endswith(SCRIPTS) and "{" not in others[0] else ""
    if script and not Path(folder or "/", script).is_file():
        hint = "set folder, the program's current folder" if not folder and script[0] != "/" else "correct it"
        raise InputError(f"there is no script {Path(folder or '', script)}; {hint}: riptui config edit")
    return [path, *others]


def explain_missing(name: str, info: InpainterInfo) -> InputError | None:
    """Why an external program cannot be started here; None if it can, or if the inpainter is not a program."""
    if info.program is None:
        return None
    try:
        find_program(info.program)
    except InputError as error:
        return InputError(f"the inpainter {name}: {error}")
    return None


def _locate(word: str, folder: Path | None, search_path: str | None) -> str | None:
    """The absolute path of a program; None if there is none."""
    if "/" not in word:
        return shutil.which(word, path=search_path)
    path = Path(folder or "/", word)
    return str(path) if os.access(path, os.X_OK) and path.is_file() else None


def _to_info(program: InpainterProgram) -> InpainterInfo:
    return InpainterInfo(
        "riptui.inpainters.programs.external_program:load_program",
        "An external program of your settings.",
        takes_device=True,
        runs_in_worker=True,
        program=program,
    )
