"""A list of folders and pictures to choose from, and completion of a typed path."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from riptui.errors import SourceError
from riptui.images import picture_suffixes
from riptui.planning.bundled_pictures import list_bundled, resolve_bundled
from riptui.store.listing import natural_key
from riptui.text.terminal import printable
from riptui.text.units import abbreviate_home

MAX_ENTRIES = 2000  # listed per folder


@dataclass(frozen=True)
class FolderEntry:
    path: Path
    is_folder: bool


def list_entries(folder: Path) -> list[FolderEntry]:
    """Folders, then pictures, in natural order, without hidden ones. Empty if the folder is unreadable."""
    found = sorted(_scan_entries(folder), key=lambda entry: (not entry.is_folder, natural_key(entry.path.name)))
    return found[:MAX_ENTRIES]


def _scan_entries(folder: Path) -> Iterator[FolderEntry]:
    suffixes = picture_suffixes()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield FolderEntry(Path(entry.path), True)
                elif Path(entry.name).suffix.lower() in suffixes:  # whether it is readable shows when it is read
                    yield FolderEntry(Path(entry.path), False)
    except OSError:
        return


class PictureList(OptionList):
    """Lists one folder; posts PictureChosen when the cursor moves to a picture, or it is entered."""

    @dataclass
    class PictureChosen(Message):
        path: Path
        entered: bool  # by enter or a click; else the cursor moved to it

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, markup=False)
        self.folder = Path()
        self._folder_entries: list[FolderEntry] = []

    def open(self, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()
        self.border_title = Text(printable(abbreviate_home(self.folder)), overflow="ellipsis")
        self._read(self.folder)

    def follow(self, folder: Path) -> None:
        """Open the folder of a typed path, unless it is open."""
        if folder.expanduser().absolute() != self.folder and not self.has_focus:
            self.open(folder)

    @work(exclusive=True)
    async def _read(self, folder: Path) -> None:
        self._folder_entries = [FolderEntry(folder.parent, True), *await asyncio.to_thread(list_entries, folder)]
        self.clear_options()
        self.add_options(Option(self._make_label(number)) for number in range(len(self._folder_entries)))

    def _make_label(self, number: int) -> Text:
        entry = self._folder_entries[number]
        if not number:
            return Text("../", "bold")
        return Text(printable(entry.path.name) + "/" * entry.is_folder, "bold" if entry.is_folder else "")

    @on(OptionList.OptionHighlighted)
    def _post_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        message.stop()
        entry = self._folder_entries[message.option_index]
        if self.has_focus and not entry.is_folder:
            self.post_message(self.PictureChosen(entry.path, entered=False))

    @on(OptionList.OptionSelected)
    def _open_or_choose(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        entry = self._folder_entries[message.option_index]
        if entry.is_folder:
            self.open(entry.path)
        else:
            self.post_message(self.PictureChosen(entry.path, entered=True))


class PathSuggester(Suggester):
    """Completes a typed path to a folder or a picture."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(complete_path, value) if value else None


def complete_path(typed: str) -> str | None:
    """The first path that starts with the text, or the first bundled picture, or None. A folder ends in a slash."""
    head, slash, start = typed.rpartition("/")
    folder = parse_path(head + slash or ".")
    for entry in list_entries(folder) if folder is not None else []:
        name = entry.path.name
        if name.startswith(start) and name != start and printable(name) == name:
            return f"{head}{slash}{name}{'/' * entry.is_folder}"
    return next((name for name in list_bundled() if name.startswith(typed) and name != typed), None)


def find_folder(path: Path) -> Path | None:
    """The folder that a typed path names, or the one that what it names is in; None if that does not exist."""
    try:
        return next((folder for folder in (path, path.parent) if folder.is_dir()), None)
    except OSError:  # too long, or not readable
        return None


def parse_path(typed: str) -> Path | None:
    """A typed text as a path, also the name of a bundled picture; None if it cannot be one."""
    try:
        return resolve_bundled(typed).expanduser() if "\0" not in typed else None
    except (SourceError, RuntimeError):  # unknown riptui:name, a URL, or ~user
        return None


def explain_no_picture(typed: str) -> str:
    """What to do where a typed text is no picture."""
    try:
        resolve_bundled(typed)
    except SourceError as error:
        return str(error)
    return "choose a picture"


def shorten_path(path: Path) -> str:
    """A path as one would type it: relative to the current folder if below it, else with ~ for home; riptui:coffee."""
    for name, file in list_bundled().items():
        if file == path:
            return name
    cwd = Path.cwd()
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) and cwd != Path("/") else abbreviate_home(path)
