"""Folders and pictures in a list, to choose one from, and completion of a path that is typed."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from textual import on
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from riptui.store.listing import natural
from riptui.terminal import printable
from riptui.wording import homely

PICTURES = {".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif"}
"""What is listed. What can be read decides itself when it is."""
MOST = 2000  # entries of a folder that are listed


@dataclass(frozen=True)
class Place:
    """An entry of a folder that can be chosen."""

    path: Path
    is_folder: bool


def places(folder: Path) -> list[Place]:
    """Folders, then pictures, in natural order; hidden ones are left out. Empty where nothing can be listed."""
    found = sorted(_entries(folder), key=lambda place: (not place.is_folder, natural(place.path.name)))
    return found[:MOST]


def _entries(folder: Path) -> Iterator[Place]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield Place(Path(entry.path), True)
                elif Path(entry.name).suffix.lower() in PICTURES:
                    yield Place(Path(entry.path), False)
    except OSError:
        return


class PictureList(OptionList):
    """One folder at a time. Posts Chosen for a picture that the cursor is on, or that was entered."""

    @dataclass
    class Chosen(Message):
        path: Path
        entered: bool
        """By enter or a click, not only passed by."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, markup=False)
        self.folder = Path()
        self._places: list[Place] = []

    def open(self, folder: Path) -> None:
        """Show a folder's pictures."""
        self.folder = folder.expanduser().absolute()
        self.border_title = Text(printable(homely(self.folder)), overflow="ellipsis")
        self.run_worker(self._read(self.folder), exclusive=True)

    async def _read(self, folder: Path) -> None:
        self._places = [Place(folder.parent, True), *await asyncio.to_thread(places, folder)]
        self.clear_options()
        self.add_options(Option(self._line(number)) for number in range(len(self._places)))

    def _line(self, number: int) -> Text:
        place = self._places[number]
        if not number:
            return Text("../", "bold")
        return Text(printable(place.path.name) + "/" * place.is_folder, "bold" if place.is_folder else "")

    @on(OptionList.OptionHighlighted)
    def _pass(self, message: OptionList.OptionHighlighted) -> None:
        message.stop()
        place = self._places[message.option_index]
        if self.has_focus and not place.is_folder:
            self.post_message(self.Chosen(place.path, entered=False))

    @on(OptionList.OptionSelected)
    def _enter(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        place = self._places[message.option_index]
        if place.is_folder:
            self.open(place.path)
        else:
            self.post_message(self.Chosen(place.path, entered=True))


class PathSuggester(Suggester):
    """Completes the last part of a path to a folder or a picture."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(completed, value) if value else None


def completed(typed: str) -> str | None:
    """The first path that begins so; None if there is none. A folder ends in a slash."""
    head, slash, start = typed.rpartition("/")
    folder = path_of(head + slash or ".")
    for place in places(folder) if folder is not None else []:
        name = place.path.name
        if name.startswith(start) and name != start and printable(name) == name:
            return f"{head}{slash}{name}{'/' * place.is_folder}"
    return None


def path_of(typed: str) -> Path | None:
    """What was typed, as a path; None: it cannot be one."""
    try:
        return Path(typed).expanduser() if "\0" not in typed else None
    except RuntimeError:  # ~nobody: there is no such home
        return None


def short(path: Path) -> str:
    """As one would type it: relative if it is below the current folder, else with ~ for the home folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and here != Path("/") else homely(path)
