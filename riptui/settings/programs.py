"""External programs as inpainters: the tables [inpainters.NAME] of the settings. Starts none of them."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from riptui.errors import SettingsError, with_choices
from riptui.settings.toml_file import quote_value

Hole = Literal["white", "black"]
SeedUse = Literal["none", "fixed", "unused", "given"]

FILE_MODE = frozenset({"image", "mask", "output"})
FOLDER_MODE = frozenset({"images", "masks", "outputs"})
PLACEHOLDERS = (*sorted(FILE_MODE), *sorted(FOLDER_MODE), "seed", "seeds", "size")

NAME_PATTERN = r"^[a-z0-9][a-z0-9.-]{0,63}\Z"
ALLOWED_VALUES = {
    "command": 'text, e.g. "python inpaint.py --in {images} --masks {masks} --out {outputs}"',
    "hole": '"white" or "black": which pixels of the mask file the program repaints',
    "folder": "text: the program's current folder",
    "resolution": "a whole number of pixels, above 0",
    "timeout": "seconds for one picture, above 0 and at most 86400",
    "env": 'a table of texts, e.g. { CUDA_VISIBLE_DEVICES = "0" }',
    "seed": '"given", "fixed", "unused" or "none"',
    "version": 'text: a command that prints the version, e.g. "python inpaint.py --version"',
}


class InpainterProgram(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A program that inpaints files. `parse_program` makes one that can be started; the program itself may be missing.

    It takes either one picture, by {image}, {mask} and {output}, or folders, by {images}, {masks} and {outputs}.
    """

    command: Annotated[str, Meta(min_length=1, max_length=4000)]
    """Split into words as a shell would, and never given to one. {placeholders} are replaced in each word."""
    hole: Hole
    """The colour of the pixels to repaint in the mask file; the others have the other colour."""
    folder: Annotated[str, Meta(max_length=4000)] = ""
    """Its current folder; "": an empty one."""
    resolution: Annotated[int, Meta(gt=0)] | None = None
    """The only size of frames that it takes, px; None: any."""
    timeout: Annotated[float, Meta(gt=0, le=86400)] = 300.0
    """Seconds that it may take for one picture; a start for N pictures may take N times as long."""
    env: dict[str, str] = {}
    """Environment variables that are set for it."""
    seed: SeedUse = "none"
    """given: its command takes {seed} or {seeds}. fixed: each start begins with the same noise. unused: it has no
    noise. none: it paints otherwise each time, or nobody knows."""
    version: Annotated[str, Meta(max_length=4000)] = ""
    """A command that prints its version; "": none."""

    @property
    def words(self) -> list[str]:
        """The words of the command, with ~/ at the beginning of one expanded."""
        return split_words(self.command)

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the placeholders in the command."""
        return frozenset(name for word in self.words for name in _list_fields(word))

    @property
    def takes_folders(self) -> bool:
        return bool(self.placeholders & FOLDER_MODE)

    @property
    def current_folder(self) -> Path | None:
        """`folder` with ~ expanded; None: an empty one."""
        return Path(self.folder).expanduser() if self.folder else None

    def argv(self, values: Mapping[str, object]) -> list[str]:
        """The command's words with its placeholders replaced."""
        return [word.format_map(values) for word in self.words]


def split_words(command: str) -> list[str]:
    """The words of a command as a shell splits them. ~/ at the beginning of one is expanded, nothing else."""
    return [str(Path(word).expanduser()) if word.startswith("~/") else word for word in shlex.split(command)]


def parse_program(name: str, entries: object) -> InpainterProgram:
    """The program of a table [inpainters.NAME]. Raises SettingsError, with the `key` of the entry that is wrong."""
    title = f"inpainters.{name}"
    try:
        msgspec.convert(name, Annotated[str, Meta(pattern=NAME_PATTERN)])
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{quote_value(title)}: a name has 1 to 64 of a-z 0-9 . - and starts with a letter or digit"
        ) from error
    if not isinstance(entries, dict):
        raise SettingsError(
            f"{title} is {quote_value(entries)}; it must be a table: [{title}], and below it command and hole"
        )
    for key, value in entries.items():
        _require_value(title, key, value)
    for key in ("command", "hole"):
        if key not in entries:
            raise SettingsError(f"{title} has no {key}; it must be {ALLOWED_VALUES[key]}")
    program = msgspec.convert(entries, InpainterProgram)
    _require_words(title, program)
    _require_placeholders(title, program)
    return program


class EntryError(SettingsError):
    """key: that of the entry that is wrong."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def _require_value(title: str, key: str, value: Any) -> None:
    if key not in ALLOWED_VALUES:
        raise EntryError(with_choices(f"{title} has no setting {quote_value(key)}", key, ALLOWED_VALUES), key)
    try:
        msgspec.convert({"command": "x", "hole": "white", key: value}, InpainterProgram)
        texts = [*value, *value.values()] if isinstance(value, dict) else [value]
        if any("\0" in str(text) for text in texts) or (isinstance(value, dict) and any("=" in name for name in value)):
            raise ValueError("not for an operating system")
    except ValueError as error:  # msgspec's too
        raise EntryError(f"{title}.{key} is {quote_value(value)}; it must be {ALLOWED_VALUES[key]}", key) from error


def _require_words(title: str, program: InpainterProgram) -> None:
    for key in ("command", "version"):
        text = getattr(program, key)
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise EntryError(f"{title}.{key} cannot be split into words: {str(error).lower()}", key) from error
        if text and not words:
            raise EntryError(f"{title}.{key} has no words; it must be {ALLOWED_VALUES[key]}", key)
    for word in program.words:
        try:
            fields = _list_fields(word)
        except ValueError as error:
            raise EntryError(
                f"{title}.command, {quote_value(word)}: {error}; a brace itself is written {{{{", "command"
            ) from error
        for field in fields:
            if field not in PLACEHOLDERS:
                known = [f"{{{name}}}" for name in PLACEHOLDERS]
                raise EntryError(
                    with_choices(f"{title}.command has no placeholder {{{field}}}", f"{{{field}}}", known), "command"
                )


def _require_placeholders(title: str, program: InpainterProgram) -> None:
    """One of the two modes with all of its placeholders, and a seed if, and only if, it is given."""
    used = program.placeholders
    if used & FILE_MODE and used & FOLDER_MODE:
        raise EntryError(
            f"{title}.command mixes {_braced(used & FILE_MODE)}, one picture, with {_braced(used & FOLDER_MODE)}, "
            "folders of them: use one of the two",
            "command",
        )
    mode = FOLDER_MODE if program.takes_folders else FILE_MODE
    if missing := mode - used:
        other = "" if used & (FILE_MODE | FOLDER_MODE) else f", or {_braced(FOLDER_MODE)}"
        raise EntryError(f"{title}.command lacks {_braced(missing)}{other}", "command")
    if "seeds" in used and not program.takes_folders:
        raise EntryError(f"{title}.command takes one picture: {{seed}}, not {{seeds}}", "command")
    seeds = used & {"seed", "seeds"}
    if len(seeds) == 2:
        raise EntryError(f"{title}.command has {{seed}} and {{seeds}}: use one of the two", "command")
    if seeds and program.seed != "given":
        advice = f'seed is "{program.seed}": set seed = "given"'
        raise EntryError(f"{title}.command takes {_braced(seeds)}, and {advice}", "command")
    if program.seed == "given" and not seeds:
        raise EntryError(f'{title}.seed is "given", and the command has no {{seed}}', "seed")


def _list_fields(word: str) -> list[str]:
    """The names of the placeholders in a word. Raises ValueError for a brace without its partner, or more in one."""
    fields = []
    for _, name, form, conversion in Formatter().parse(word):
        if form or conversion:
            raise ValueError("a placeholder is a name in braces")
        if name is not None:
            fields.append(name)
    return fields


def _braced(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS if name in names)
