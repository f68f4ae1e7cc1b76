"""The questions that are left, and the journal of a rater's answers. No Textual."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riptui.errors import RiptuiError
from riptui.images import decode_png
from riptui.results.rating_questions import (
    Candidate,
    RatingQuestion,
    drop_answered,
    list_candidates,
    make_questions,
    rating_key,
)
from riptui.store.layout import ORIGINAL
from riptui.store.listing import TrajectorySummary
from riptui.store.names import slugify
from riptui.store.ratings import RatingJournal, RatingMode
from riptui.text.units import format_count


@dataclass(frozen=True)
class RatingPlan:
    """What is to be rated, by whom and how."""

    folder: Path
    """Where the answers are saved."""
    rater: str
    mode: RatingMode = "ab"
    question: str = ""
    """"": that of the mode."""
    at: tuple[float, ...] = ()
    """Inpainted %; none: the end."""
    seed: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class QuestionPictures:
    """The pictures of a question."""

    frames: tuple[NDArray[np.uint8] | None, ...]
    """From left to right; None for one that cannot be read."""
    original: NDArray[np.uint8] | None
    problem: str = ""
    """Why one cannot be read."""


class RatingSession:
    """A rater at work. Opening it holds the rater's file; close it.

    Raises InputError if there is nothing to ask, HeldError, DiskError.
    """

    def __init__(self, plan: RatingPlan, summaries: Sequence[TrajectorySummary]) -> None:
        candidates = list_candidates(summaries, plan.at)
        self.questions = make_questions(
            candidates, plan.mode, plan.question, rater=plan.rater, seed=plan.seed, limit=plan.limit
        )
        """All of them, also those that were answered before."""
        self.journal = RatingJournal(plan.folder, plan.rater)
        self._rater = plan.rater
        self._left = drop_answered(self.questions, self.journal.ratings)
        self.saved = 0
        """Answers of this session, less those taken back, also of earlier sessions."""

    def close(self) -> None:
        self.journal.close()

    @property
    def current(self) -> RatingQuestion | None:
        """The question to ask; None if all are answered."""
        return self._left[0] if self._left else None

    @property
    def next(self) -> RatingQuestion | None:
        return self._left[1] if len(self._left) > 1 else None

    @property
    def answered(self) -> int:
        return len(self.questions) - len(self._left)

    def describe(self) -> str:
        """What it has changed, and where the answers are. Not yet safe to print."""
        file = self.journal.path
        if self.saved < 0:
            return f"{format_count(-self.saved, 'answer')} of {self._rater} taken back from {file}"
        return f"{format_count(self.saved, 'answer')} of {self._rater} saved in {file}"

    def answer(self, *, seconds: float, choice: int | None = None, tags: Sequence[str] = ()) -> None:
        """Save the answer to the current question. Raises DiskError."""
        question = self._left[0]
        frames = [candidate.frame for candidate in question.candidates]
        self.journal.add(question.mode, question.text, frames, seconds=seconds, choice=choice, tags=tags)
        del self._left[0]
        self.saved += 1

    def skip(self) -> None:
        """Ask the current question last."""
        self._left.append(self._left.pop(0))

    def take_back(self) -> bool:
        """Take the newest answer back and ask its question again; False if it is to none of these. Raises DiskError."""
        if not self.journal.ratings:
            return False
        newest = self.journal.ratings[-1]
        key = rating_key(newest.mode, newest.question, newest.frames)
        question = next((question for question in self.questions if question.key == key), None)
        if question is None:
            return False
        self.journal.take_back()
        self._left.insert(0, question)
        self.saved -= 1
        return True


def guess_rater() -> str:
    """The system's name of this user, as a rater's name."""
    try:
        return slugify(getpass.getuser())[:40]
    except (KeyError, OSError):  # no name, as in some containers
        return "rater"


def read_pictures(question: RatingQuestion) -> QuestionPictures:
    """The frames and the original of a question. Never raises."""
    frames: list[NDArray[np.uint8] | None] = []
    problem = ""
    for candidate in question.candidates:
        try:
            frames.append(candidate.trajectory.frame(candidate.k))
        except (RiptuiError, IndexError) as error:
            frames.append(None)
            problem = str(error)
    return QuestionPictures(tuple(frames), _read_original(question.candidates[0]), problem)


def _read_original(candidate: Candidate) -> NDArray[np.uint8] | None:
    try:
        return decode_png(candidate.trajectory.read_data(ORIGINAL))
    except RiptuiError:
        return None
