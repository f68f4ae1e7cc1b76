"""The values of a study file by key. A value that is refused is reported with its file and line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from riptui.errors import InputError, StudyError
from riptui.settings.toml_file import TomlDocument


class ValueKind(NamedTuple):
    """What a key accepts."""

    description: str  # completes "it must be ..."
    accepts: Callable[[Any], bool]


def is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value


def is_texts(value: object) -> bool:
    return is_text(value) or (isinstance(value, list) and all(map(is_text, value)))


def is_list_of(kind: type, value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def is_bool(value: object) -> bool:
    return isinstance(value, bool)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_positive(value: object) -> bool:
    return is_whole(value) and value != 0


@dataclass(frozen=True)
class StudyDocument:
    file: Path
    toml: TomlDocument
    table_number: int = 1
    """In which of several tables of one name a key with a dot is looked for."""

    def read_top(self, kinds: Mapping[str, ValueKind]) -> dict[str, Any]:
        """The values of these keys, None where the file has none. Raises StudyError if a kind does not accept one."""
        for key, kind in kinds.items():
            value = self.toml.values.get(key)
            if value is not None and not kind.accepts(value):
                raise self.error(key, f"{key} is {value!r}; it must be {kind.description}")
        return {key: self.toml.values.get(key) for key in kinds}

    def error(self, key: str, problem: str) -> StudyError:
        """key: with a dot in a table: sweep.mask."""
        line = self.toml.line_of(key, self.table_number) or self.toml.line_of(key.partition(".")[0], self.table_number)
        return StudyError(f"{self.file}{f', line {line}' if line else ''}: {problem}")

    @contextmanager
    def locate_errors(self, key: str) -> Iterator[None]:
        """Add the file and the key's line to an InputError that is raised inside."""
        try:
            yield
        except InputError as error:
            raise self.error(key, str(error)) from error
