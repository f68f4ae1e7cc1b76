"""The sections and figures of a report that was written, read from its files. No Textual."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from riptui.errors import RiptuiError
from riptui.store.disk import read_file
from riptui.store.records import UNREADABLE
from riptui.study.known_studies import KnownStudy

MARKDOWN_NAME, JSON_NAME = "report.md", "report.json"
MAX_BYTES = 2**26  # bytes
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)/\\]+\.png)\)")
"""A picture in the text: its title, and its file in the report's folder."""
FILE_LINK = re.compile(r"\[([^\]]*)\]\(([^)/\\]+\.(?:png|svg|pdf|csv))\)")
"""Links to a figure's files."""


class ReportSummary(msgspec.Struct, frozen=True):
    """What report.json says of the whole report."""

    riptui_report: int
    trajectories: int


@dataclass(frozen=True)
class ReportItem:
    """A section of the text, or a figure."""

    title: str
    text: str
    """Markdown; of a figure its caption."""
    picture: Path | None = None
    """The figure's PNG; None: a section."""


@dataclass(frozen=True)
class FoundReport:
    """A report on the disk."""

    folder: Path
    when: float
    """When it was written, in seconds since 1970."""
    trajectories: int
    """Complete ones, which it is about."""
    items: tuple[ReportItem, ...]
    """The sections, then the figures."""


def read_report(folder: Path) -> FoundReport | None:
    """The report in a folder; None if there is none, or it is incomplete. Raises DiskError, DamagedError."""
    data, text = read_file(folder / JSON_NAME, MAX_BYTES), read_file(folder / MARKDOWN_NAME, MAX_BYTES)
    if data is None or text is None:
        return None
    try:
        summary = msgspec.json.decode(data, type=ReportSummary)
        when = (folder / JSON_NAME).stat().st_mtime
    except (*UNREADABLE, OSError):
        return None
    items = sorted(split_report(text.decode(errors="replace"), folder), key=lambda item: item.picture is not None)
    return FoundReport(folder, when, summary.trajectories, tuple(items))


def find_report(known: KnownStudy) -> FoundReport | None:
    """The report beside a study file; None if there is none. One that has not changed is not read again.

    Raises DiskError, DamagedError.
    """
    folder = known.study.report_folder if known.study else known.file.with_name(f"{known.name}-report")
    return _read_report_once(folder, report_stamp(folder))


@lru_cache(maxsize=1)
def _read_report_once(folder: Path, stamp: object) -> FoundReport | None:
    return read_report(folder)


def report_stamp(folder: Path) -> object:
    """What changes when a report is written anew; None: there is none."""
    with suppress(OSError, RiptuiError):
        found = (folder / JSON_NAME).stat()
        return found.st_mtime_ns, found.st_ino
    return None


def split_report(text: str, folder: Path) -> Iterator[ReportItem]:
    """The sections in their order, each followed by its figures."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    introduction = re.sub(r"\A\s*#\s.*$", "", parts[0], count=1, flags=re.MULTILINE).strip()
    if introduction:
        yield ReportItem("Summary", introduction)
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        pictures = [*_list_pictures(body, folder)]
        if title == "Figures":  # their titles and captions are shown with the pictures
            yield from pictures
            title, words = "Figures that were left out", _without_figures(body)
            pictures = []
        else:
            words = PICTURE.sub("", body)
        if words.strip():
            yield ReportItem(_plain(title), FILE_LINK.sub(r"`\2`", words))
        yield from pictures


def _list_pictures(body: str, folder: Path) -> Iterator[ReportItem]:
    """The figures of a section, each with the paragraph below it."""
    for match in PICTURE.finditer(body):
        caption = body[match.end() :].strip().partition("\n\n")[0]
        caption = "" if caption.startswith(("#", "!", "|")) else FILE_LINK.sub("", caption).rstrip(" ,")
        yield ReportItem(_plain(match[1]), _plain(caption), folder / match[2])


def _without_figures(body: str) -> str:
    """The rest of the section of figures: which were left out, and why."""
    kept = [part for part in re.split(r"^(?=### )", body, flags=re.MULTILINE) if not PICTURE.search(part)]
    return "".join(kept)


def _plain(text: str) -> str:
    """Text of Markdown without escapes and line breaks."""
    return " ".join(re.sub(r"\\([\\`*_{}\[\]()#+.!|<>~-])", r"\1", text).split())
