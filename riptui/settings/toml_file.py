"""Parsing of TOML files, with the line number of each key. Knows no settings."""

import re
import reprlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riptui.errors import SettingsError
from riptui.filesystem import read_own_file

MAX_BYTES = 64 * 1024  # bytes; a file with every setting in it has about 3,000

_ADVICE = {
    IsADirectoryError: "it is a folder where a file is needed: move it away",
    NotADirectoryError: "there is a file where one of its folders should be: move it away",
    PermissionError: "permission denied: change its permissions",
}


@dataclass(frozen=True)
class TomlDocument:
    """A parsed TOML file and its text."""

    values: dict[str, Any]
    text: str

    def line_of(self, name: str, number: int = 1) -> int:
        """The line, from 1, that sets a dotted name, e.g. keys.app.quit, or begins its table; 0 if none is found.

        number: in which of several tables of that name, such as [[sweep]]. Inline tables and keys with escapes are not
        looked into.
        """
        table = ""
        headers: Counter[str] = Counter()
        for line_number, line in enumerate(self.text.split("\n"), start=1):
            if header := re.fullmatch(r"\s*\[+([^=]*?)\]+\s*(#.*)?", line):
                found = table = _unquote(header[1])
                headers[table] += 1
            elif "=" in line:
                key = _unquote(line.partition("=")[0])
                found = f"{table}.{key}" if table else key
            else:
                continue
            if (found == name or found.startswith(f"{name}.")) and headers.get(table, number) == number:
                return line_number
        return 0


def locate_entry(file: Path, document: TomlDocument, name: str) -> str:
    """Where a dotted name is, e.g. "settings.toml, line 3"."""
    line = document.line_of(name)
    return f"{file}, line {line}" if line else str(file)


def read_toml(file: Path) -> TomlDocument:
    """Read a file of settings or of a study. Raises SettingsError, with the line if there is one; FileNotFoundError."""
    data = _read_bytes(file)
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {line}: this is not UTF-8 text: save the file as UTF-8") from error
    if not text.strip():
        return TomlDocument({}, text)
    import tomllib  # 12 ms, for which there must be something to read

    try:
        return TomlDocument(tomllib.loads(text), text)
    except RecursionError as error:
        raise SettingsError(f"{file}: it is nested too deeply for settings") from error
    except ValueError as error:  # mostly TOMLDecodeError, but not for a number of 5,000 digits
        reason, separator, position = str(error).partition(" (at ")
        number = re.match(r"line (\d+)", position)
        line = int(number[1]) if number else text.rstrip("\n").count("\n") + 1
        location = f", line {line}" if separator else ""
        raise SettingsError(f"{file}{location}: this is not TOML: {reason[:1].lower()}{reason[1:]}") from error


def quote_value(value: object) -> str:
    """A value for a message: without control characters, at most one line."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = brief.maxlong = 60
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else brief.repr(value)


def _read_bytes(file: Path) -> bytes:
    try:
        data = read_own_file(file, MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        cause = _ADVICE.get(type(error), error.strerror or str(error))
        raise SettingsError(f"{file} cannot be read: {cause}") from error
    if len(data) > MAX_BYTES:
        raise SettingsError(f"{file} is larger than {MAX_BYTES // 1024} kB, too large for settings or a study")
    return data


def _unquote(key: str) -> str:
    """A key without the quotes and spaces that TOML allows in it."""
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
