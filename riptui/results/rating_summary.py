"""All that is known from ratings: what people prefer and see, how far they agree, and which metrics agree with them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from riptui.errors import RiptuiError
from riptui.metrics.values import MetricValues
from riptui.results.bootstrap import IntervalEstimate, estimate_share
from riptui.results.preferences import Preference, rank_conditions
from riptui.results.rater_agreement import KappaEstimate, MetricAgreement, compare_metrics, compare_raters
from riptui.results.rating_answers import ComparisonAnswer, RatingAnswers, TagAnswer, collect_answers
from riptui.results.rating_questions import PAPER_TAGS
from riptui.spec_words import NO_INTERVENTION_TITLE
from riptui.store.listing import TrajectorySummary, natural_key, walk_folders
from riptui.store.ratings import RatedFrame, Rating, find_rating_files, read_ratings


@dataclass(frozen=True)
class TagShare:
    """How often people saw a kind of damage in frames of a condition."""

    condition: str
    tag: str
    rated: int
    """Frames, each counted once for each person."""
    share: IntervalEstimate
    """%."""


@dataclass(frozen=True)
class RatingSummary:
    """Statistics of ratings."""

    answers: RatingAnswers
    preferences: Sequence[Preference]
    """The most preferred condition first."""
    tag_shares: Sequence[TagShare]
    kappas: Sequence[KappaEstimate]
    agreements: Sequence[MetricAgreement]

    @property
    def comparisons(self) -> int:
        return len(self.answers.comparisons)

    @property
    def ties(self) -> int:
        return sum(answer.chosen is None for answer in self.answers.comparisons)

    @property
    def images(self) -> int:
        """Pictures that any answer is about."""
        compared = {answer.image for answer in self.answers.comparisons}
        return len(compared | {answer.image for answer in self.answers.tags})

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers that are not finite are nan."""
        return {
            "raters": self.answers.counts_by_rater,
            "questions": self.answers.counts_by_question,
            "comparisons": self.comparisons,
            "ties": self.ties,
            "images": self.images,
            "left_out": self.answers.left_out,
            "repeated": self.answers.repeated,
            "preferences": [asdict(preference) for preference in self.preferences],
            "tags": [asdict(share) for share in self.tag_shares],
            "kappas": [asdict(kappa) for kappa in self.kappas],
            "metrics": [asdict(agreement) for agreement in self.agreements],
        }


def find_ratings(folders: Iterable[Path]) -> dict[str, list[Rating]]:
    """The ratings in folders and the groups below them, by rater. Raises DiskError."""
    groups = [
        Path(path) for folder in folders if folder.is_dir() for path, is_group in walk_folders(folder) if is_group
    ]
    ratings: defaultdict[str, list[Rating]] = defaultdict(list)
    for rater, path in find_rating_files([*dict.fromkeys(groups)]):
        ratings[rater] += read_ratings(path)
    return dict(sorted(ratings.items()))


def summarise_ratings(ratings: dict[str, list[Rating]], summaries: Sequence[TrajectorySummary]) -> RatingSummary:
    """`ratings`: by rater. `summaries`: the trajectories that they may be about."""
    specs = {summary.spec.digest: summary.spec for summary in summaries if summary.spec}
    answers = collect_answers(ratings, specs)
    values = _read_values(answers.comparisons, summaries)
    return RatingSummary(
        answers,
        rank_conditions(answers.comparisons),
        share_tags(answers.tags),
        compare_raters(answers.comparisons, answers.tags),
        compare_metrics(answers.comparisons, values),
    )


def share_tags(answers: Sequence[TagAnswer]) -> list[TagShare]:
    """The share of each tag in each condition, in the paper's order."""
    by_condition: defaultdict[str, list[TagAnswer]] = defaultdict(list)
    for answer in answers:
        by_condition[answer.condition].append(answer)
    return [
        TagShare(
            condition,
            tag,
            len(found),
            estimate_share([answer.image for answer in found], [tag in answer.tags for answer in found]),
        )
        for condition, found in sorted(
            by_condition.items(), key=lambda item: (item[0] != NO_INTERVENTION_TITLE, natural_key(item[0]))
        )
        for tag in PAPER_TAGS
    ]


def _read_values(
    comparisons: Sequence[ComparisonAnswer], summaries: Sequence[TrajectorySummary]
) -> dict[RatedFrame, MetricValues]:
    """What was measured at the compared frames. Trajectories that cannot be read have nothing."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for answer in comparisons:
        for frame in answer.frames:
            wanted[frame.digest].add(frame.k)
    values: dict[RatedFrame, MetricValues] = {}
    for summary in summaries:
        if summary.spec is None or summary.spec.digest not in wanted:
            continue
        digest = summary.spec.digest
        try:
            metrics = summary.trajectory.read_metrics()
        except RiptuiError:
            continue
        values.update({RatedFrame(digest, k): metrics[k] for k in wanted[digest] if k in metrics})
    return values
