"""Settings that name an external program, and the stand-in for one."""

import json
import sys
from pathlib import Path
from typing import Any

from riptui.settings.paths import settings_file

STAND_IN = Path(__file__).with_name("stand_in_program.py")
PYTHON = [sys.executable, "-I", "-S"]
"""Starts in some milliseconds; without the packages of the environment."""
PYTHON_WITH_PILLOW = [sys.executable, "-I"]
FOLDERS = ("{images}", "{masks}", "{outputs}")
FILES = ("{image}", "{mask}", "{output}")


def stand_in(action: str, *rest: object, pillow: bool = False, places: tuple[str, ...] = FOLDERS) -> str:
    """The command of the stand-in with an action."""
    python = PYTHON_WITH_PILLOW if pillow else PYTHON
    return " ".join([*python, str(STAND_IN), action, *places, *map(str, rest)])


def define_program(command: str, *, name: str = "mine", hole: str = "white", **settings: Any) -> Path:
    """Write settings with one program; return the file."""
    file = settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    entries = {"command": command, "hole": hole, **settings}
    text = "".join(f"{key} = {_format(value)}\n" for key, value in entries.items())
    file.write_text(f"[inpainters.{name}]\n{text}")
    return file


def _format(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(entry)}" for key, entry in value.items()) + " }"
    return json.dumps(str(value) if isinstance(value, Path) else value)
