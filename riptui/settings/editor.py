"""The user's editor."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from riptui.errors import InputError, RiptuiError

EDITORS = ("nano", "vi")


def find_editor(*, has_terminal: bool = True) -> list[str]:
    """The words of the editor's command. Raises InputError if there is none.

    Without a terminal an editor must be named: nano and vi would wait for keys for ever.
    """
    for variable in ("VISUAL", "EDITOR"):
        if command := os.environ.get(variable, "").strip():
            try:
                words = shlex.split(command)
            except ValueError as error:
                raise InputError(f"${variable} is {command!r}: a quote is not closed") from error
            if not shutil.which(words[0]):
                raise InputError(f"${variable} is {command!r}, but there is no such program: set it to an editor")
            return words
    if not has_terminal:
        raise InputError("an editor needs a terminal (stdin and stdout); name one that does not in $EDITOR")
    for name in EDITORS:
        if shutil.which(name):
            return [name]
    raise InputError(f"no editor found: set $EDITOR, or install {EDITORS[0]}")


def run_editor(editor: Sequence[str], file: Path) -> None:
    """Edit a file until the editor is left. Raises InputError, or RiptuiError if it fails."""
    try:
        code = subprocess.run([*editor, os.fspath(file)], check=False).returncode
    except OSError as error:
        raise InputError(f"{editor[0]} does not start: {error.strerror}") from error
    if code:
        raise RiptuiError(f"{editor[0]} exited with code {code}; the file is {file}")
