"""Tags and a note of a trajectory or a group: what people say about it. A file beside the spec, in no digest.

The file is written without the lock of the process that computes: a trajectory can be tagged while it runs. Two people
who change it at once both get what they asked for, because each change is made under a lock of the folder.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from riptui.errors import DamagedError, HeldError, InputError, RiptuiError
from riptui.filesystem import try_lock
from riptui.store.claim import encode_record
from riptui.store.disk import Folder, read_file
from riptui.store.disk_errors import explain_errors
from riptui.store.layout import ANNOTATIONS
from riptui.store.records import UNREADABLE

MAX_TAG_LENGTH = 40  # characters
MAX_NOTE_LENGTH = 10_000  # characters
LOCK_SECONDS = 2.0  # others hold it for a millisecond, unless they are suspended
MAX_BYTES = 2**20  # bytes; many times the longest note and every tag that a person can tell apart

_TAG = re.compile(r"[^\W_][\w.+-]*")


class Annotations(msgspec.Struct, frozen=True, omit_defaults=True):
    """annotations.json."""

    tags: tuple[str, ...] = ()
    """In natural order, each once."""
    note: str = ""

    def with_tags(self, add: Iterable[str], remove: Iterable[str] = ()) -> "Annotations":
        """With tags added and others removed; one that is in both is removed."""
        return msgspec.structs.replace(self, tags=tuple(sorted({*self.tags, *add} - set(remove))))

    def with_note(self, note: str) -> "Annotations":
        return msgspec.structs.replace(self, note=note)


NO_ANNOTATIONS = Annotations()


def read_annotations(folder: Path | str) -> Annotations:
    """The tags and the note of a trajectory or group; none if nobody wrote any. Raises DamagedError, DiskError."""
    path = f"{folder}/{ANNOTATIONS}"
    data = read_file(path, MAX_BYTES)
    if data is None:
        return NO_ANNOTATIONS
    try:
        return msgspec.json.decode(data, type=Annotations)
    except UNREADABLE:
        raise DamagedError(f"{path} is damaged: mend it by hand, or move it away and annotate again") from None


def peek_annotations(folder: Path | str) -> Annotations:
    """For lists: none where they cannot be read. Never raises."""
    try:
        return read_annotations(folder)
    except RiptuiError:
        return NO_ANNOTATIONS


def change_annotations(folder: Path, change: Callable[[Annotations], Annotations]) -> Annotations:
    """Change the tags or the note of a trajectory or group; return what it has now. Raises DamagedError, DiskError."""
    with Folder(folder.resolve()) as opened, _exclusive(folder):
        before = read_annotations(folder)
        after = change(before)
        if after == NO_ANNOTATIONS:
            opened.remove_file(ANNOTATIONS)
        elif after != before:
            opened.write_atomically(ANNOTATIONS, encode_record(after), shared=True)
        return after


def parse_tag(text: str) -> str:
    """A tag as it is stored: lower case, composed letters. Raises InputError for what a filter could not name."""
    tag = unicodedata.normalize("NFC", text.strip().removeprefix("#")).lower()
    if not _TAG.fullmatch(tag) or len(tag) > MAX_TAG_LENGTH:
        raise InputError(
            f"tag {text!r}: it must be a letter or digit, then letters, digits, - _ . or +; "
            f"at most {MAX_TAG_LENGTH} in all"
        )
    return tag


def parse_note(text: str) -> str:
    """A note as it is stored, without white space around it. Raises InputError if it is too long."""
    note = unicodedata.normalize("NFC", text.strip())
    if len(note) > MAX_NOTE_LENGTH:
        raise InputError(f"the note has {len(note):,} characters, and at most {MAX_NOTE_LENGTH:,} are kept")
    return note


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Keep others from changing the annotations meanwhile, where the file system has locks; elsewhere the last wins."""
    with explain_errors(folder):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if try_lock(fd, seconds=LOCK_SECONDS) is False:
            raise HeldError(f"{folder} is being annotated by another process: try again")
        yield
    finally:
        os.close(fd)
