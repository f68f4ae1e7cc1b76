"""What people said of frames: `ratings.RATER.jsonl` in the folder that was rated, a file per person that only grows.

A line is an answer, or takes an earlier answer back. Frames are named by the digest of their trajectory's spec, so that
ratings outlive a rename. Each line is durable before the next question is asked.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Self

import msgspec

from riptui.errors import HeldError, InputError
from riptui.filesystem import try_lock
from riptui.spec import Sha256
from riptui.store.claim import timestamp
from riptui.store.disk import Folder, Journal, read_file
from riptui.store.disk_errors import explain_errors
from riptui.store.names import compose, is_name
from riptui.store.records import encode_line, parse_lines

PREFIX, SUFFIX = "ratings.", ".jsonl"
MAX_BYTES = 2**26  # bytes; about 200,000 answers
MAX_RATER_LENGTH = 40  # characters

RatingMode = Literal["ab", "best", "tags"]
"""Which of two, which of several, or the tags of one frame."""


class RatedFrame(msgspec.Struct, frozen=True):
    """A frame of a trajectory."""

    digest: Sha256
    """Of the trajectory's spec."""
    k: int


class Rating(msgspec.Struct, frozen=True, tag="rating", tag_field="line", omit_defaults=True):
    """An answer of one person."""

    number: int
    """From 1, within the file."""
    mode: RatingMode
    question: str
    frames: tuple[RatedFrame, ...]
    """In the order in which they were shown, from left to right."""
    when: str
    """ISO 8601, UTC."""
    seconds: float
    """How long the question was on the screen."""
    choice: int | None = None
    """The index of the chosen frame; None: a tie, or a question about tags."""
    tags: tuple[str, ...] = ()
    """Of a single frame; may be none."""


class TakenBack(msgspec.Struct, frozen=True, tag="taken-back", tag_field="line"):
    """An answer that its person has taken back."""

    number: int
    when: str


class RatingJournal:
    """The file of one person, opened for answers. One process at a time holds it. Close it, or use it as a context.

    Opening drops a last line that a kill or a power cut tore; it was not acknowledged. Raises HeldError, DiskError.
    """

    def __init__(self, folder: Path, rater: str) -> None:
        self.rater = require_rater(rater)
        self.path = folder / f"{PREFIX}{self.rater}{SUFFIX}"
        with Folder(folder.resolve()) as opened:
            self._journal = Journal(opened, self.path.name)
        self._lock = self._hold()
        self._journal.drop_torn_lines(MAX_BYTES)
        self.ratings = read_ratings(self.path)
        """The answers that count, in order; those taken back are not among them."""
        self._newest = max((line.number for line in _read_lines(self.path)), default=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._journal.close()
        os.close(self._lock)

    def add(
        self,
        mode: RatingMode,
        question: str,
        frames: Sequence[RatedFrame],
        *,
        seconds: float,
        choice: int | None = None,
        tags: Sequence[str] = (),
    ) -> Rating:
        """Save an answer; it is durable when this returns. Raises DiskError, and nothing more can be saved then."""
        number = self._newest + 1
        rating = Rating(number, mode, question, tuple(frames), timestamp(), round(seconds, 2), choice, tuple(tags))
        self._journal.append(encode_line(rating))
        self._newest = number
        self.ratings.append(rating)
        return rating

    def take_back(self) -> Rating | None:
        """Take the newest answer back and return it; None if there is none. Raises DiskError."""
        if not self.ratings:
            return None
        rating = self.ratings[-1]
        self._journal.append(encode_line(TakenBack(rating.number, timestamp())))
        return self.ratings.pop()

    def _hold(self) -> int:
        """Keep a second process of the same person out, where the file system has locks."""
        with explain_errors(self.path):
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        if try_lock(fd) is False:
            os.close(fd)
            self._journal.close()
            raise HeldError(
                f"{self.path}: {self.rater} is rating in another process: end that, or give another --rater"
            )
        return fd


def read_ratings(path: Path) -> list[Rating]:
    """The answers in a file that count, in order; none if there is no file. Damaged lines are left out.

    Raises DiskError.
    """
    ratings: dict[int, Rating] = {}
    for line in _read_lines(path):
        if isinstance(line, Rating):
            ratings[line.number] = line
        else:
            ratings.pop(line.number, None)
    return [*ratings.values()]


def find_rating_files(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """The raters who have a file in any of these folders, and the file, in order of their names. Raises DiskError."""
    for folder in folders:
        with explain_errors(folder):
            names = sorted(os.listdir(folder))
        for name in names:
            if name.startswith(PREFIX) and name.endswith(SUFFIX) and is_name(name):
                yield name[len(PREFIX) : -len(SUFFIX)], folder / name


def require_rater(name: str) -> str:
    """A person's name as it is stored. Raises InputError if it could not be part of a file's name."""
    rater = compose(name.strip())
    if not is_name(rater) or len(rater) > MAX_RATER_LENGTH:
        raise InputError(
            f"the rater {name!r}: use 1 to {MAX_RATER_LENGTH} letters, digits, '.', '_' and '-', "
            "and begin with a letter or digit"
        )
    return rater


def _read_lines(path: Path) -> list[Rating | TakenBack]:
    data = read_file(path, MAX_BYTES) or b""
    return parse_lines(data, Rating | TakenBack)  # type: ignore[arg-type]
