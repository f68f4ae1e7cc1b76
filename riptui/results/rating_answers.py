"""Ratings as data for statistics: who preferred which condition on which picture, and who saw which tag."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from riptui.results.rating_questions import PAPER_TAGS, name_conditions
from riptui.spec import Spec
from riptui.store.ratings import RatedFrame, Rating

TIE = "tie"


@dataclass(frozen=True)
class ComparisonAnswer:
    """One person's answer to which of several frames is better."""

    rater: str
    image: str
    """SHA-256 of the original: the unit that intervals resample."""
    key: tuple[str, frozenset[RatedFrame]]
    """The question, equal for all raters."""
    frames: tuple[RatedFrame, ...]
    conditions: tuple[str, ...]
    """Of each frame."""
    chosen: int | None
    """The index of the preferred frame; None: a tie."""

    @property
    def category(self) -> str:
        """What was chosen, as raters are compared."""
        return TIE if self.chosen is None else self.conditions[self.chosen]


@dataclass(frozen=True)
class TagAnswer:
    """What one person saw in a frame."""

    rater: str
    image: str
    frame: RatedFrame
    condition: str
    tags: frozenset[str]


@dataclass
class RatingAnswers:
    """The ratings of several people."""

    comparisons: list[ComparisonAnswer] = field(default_factory=list)
    tags: list[TagAnswer] = field(default_factory=list)
    left_out: int = 0
    """Answers about trajectories that are not there any more."""
    repeated: int = 0
    """Earlier answers of one person to a question that the same person answered again."""

    @property
    def counts_by_rater(self) -> dict[str, int]:
        """Answers of each person."""
        raters = [answer.rater for answer in self.comparisons] + [answer.rater for answer in self.tags]
        return dict(sorted(Counter(raters).items()))

    @property
    def counts_by_question(self) -> dict[str, int]:
        """Comparisons by what was asked, with the mode. All are counted together in statistics."""
        return dict(sorted(Counter(answer.key[0] for answer in self.comparisons).items()))


def collect_answers(ratings: Mapping[str, Sequence[Rating]], specs: Mapping[str, Spec]) -> RatingAnswers:
    """`ratings`: by rater, in the order in which they were given; `specs`: by digest, of the trajectories there are."""
    answers = RatingAnswers()
    rated = {frame.digest for found in ratings.values() for rating in found for frame in rating.frames}
    conditions = name_conditions([spec for digest, spec in specs.items() if digest in rated])
    comparisons: dict[object, ComparisonAnswer] = {}
    tagged: dict[object, TagAnswer] = {}
    for rater, found in ratings.items():
        for rating in found:
            if not rating.frames or not all(frame.digest in specs for frame in rating.frames):
                answers.left_out += 1
                continue
            names = tuple(conditions[frame.digest] for frame in rating.frames)
            image = specs[rating.frames[0].digest].original_sha256
            if rating.mode == "tags":
                frame = rating.frames[0]
                tags = frozenset(rating.tags) & frozenset(PAPER_TAGS)
                answers.repeated += (rater, frame) in tagged
                tagged[rater, frame] = TagAnswer(rater, image, frame, names[0], tags)
            elif rating.choice is None or 0 <= rating.choice < len(names):
                key = f"{rating.mode}: {rating.question}", frozenset(rating.frames)
                answers.repeated += (rater, key) in comparisons
                comparisons[rater, key] = ComparisonAnswer(rater, image, key, rating.frames, names, rating.choice)
            else:
                answers.left_out += 1
    answers.comparisons, answers.tags = [*comparisons.values()], [*tagged.values()]
    return answers
