"""Whether people agree with each other, and metrics with people.

Cohen's kappa (1960) for two people and Fleiss' (1971) for all of them: agreement beyond that of chance, at most 1, and
0 for chance.

A metric agrees with people if it calls the frame that they preferred the closer one to the original. Its rank
correlation with them is Goodman and Kruskal's gamma (1954) over the pairs of frames that people compared: concordant
less discordant pairs, over both. Intervals resample pictures.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isfinite

import numpy as np

from riptui.arrays import Float64
from riptui.metrics import REGISTRY, base_name
from riptui.metrics.display import in_display_order
from riptui.metrics.values import MetricValues
from riptui.results.bootstrap import IntervalEstimate, Resampled, estimate, ratio_of_means
from riptui.results.rating_answers import ComparisonAnswer, TagAnswer
from riptui.results.rating_questions import PAPER_TAGS
from riptui.store.ratings import RatedFrame

RESAMPLES = 1000
KappaMeans = Float64[np.ndarray, "*resamples columns"]


@dataclass(frozen=True)
class RatedItem:
    """What several people said of one question."""

    image: str
    categories: Mapping[str, str]
    """By rater."""


@dataclass(frozen=True)
class KappaEstimate:
    """The agreement of some people on one subject."""

    subject: str
    """"comparisons", or a tag."""
    raters: tuple[str, ...]
    items: int
    """Questions that all of them answered."""
    agreed: float
    """Share of equal answers, of all pairs of people, %."""
    kappa: IntervalEstimate


@dataclass(frozen=True)
class MetricAgreement:
    """How a metric orders the frames that people compared."""

    metric: str
    pairs: int
    agreed: float
    """Share of pairs that it orders as people do, of those that it does not call equal, %."""
    gamma: IntervalEstimate


def compare_raters(comparisons: Sequence[ComparisonAnswer], tags: Sequence[TagAnswer]) -> list[KappaEstimate]:
    """Cohen's kappa of each two people, and Fleiss' of all if they are more: on comparisons, and on each tag used."""
    subjects: dict[str, list[RatedItem]] = {}
    if comparisons:
        given_answers = [(answer.key, answer.image, answer.rater, answer.category) for answer in comparisons]
        subjects["comparisons"] = _gather_items(given_answers)
    for tag in PAPER_TAGS:
        if any(tag in answer.tags for answer in tags):
            seen = [
                (answer.frame, answer.image, answer.rater, "yes" if tag in answer.tags else "no") for answer in tags
            ]
            subjects[tag] = _gather_items(seen)
    found = []
    for subject, items in subjects.items():
        raters = sorted({rater for item in items for rater in item.categories})
        groups = [*combinations(raters, 2), *([tuple(raters)] if len(raters) > 2 else [])]
        found += [kappa for group in groups if (kappa := estimate_kappa(subject, items, group))]
    return found


def estimate_kappa(subject: str, items: Sequence[RatedItem], raters: tuple[str, ...]) -> KappaEstimate | None:
    """Cohen's kappa of two people, Fleiss' of more, over the questions that all answered; None if there are none.

    nan if all gave one and the same answer: chance alone would have agreed.
    """
    shared = [item for item in items if item.categories.keys() >= set(raters)]
    if not shared:
        return None
    categories = sorted({item.categories[rater] for item in shared for rater in raters})
    rows: defaultdict[str, list[Float64[np.ndarray, " columns"]]] = defaultdict(list)
    for item in shared:
        answers = np.array([[item.categories[rater] == name for name in categories] for rater in raters], np.float64)
        votes = answers.sum(axis=0)
        agreed = (votes @ votes - len(raters)) / (len(raters) * (len(raters) - 1))
        by_rater = answers.ravel() if len(raters) == 2 else np.tile(votes / len(raters), len(raters))
        rows[item.image].append(np.concatenate([[1, agreed], by_rater]))
    columns = np.array([np.sum(row, axis=0) for row in rows.values()])

    def kappa_of(means: KappaMeans) -> Resampled:
        shares = (means[..., 2:] / means[..., :1]).reshape(*means.shape[:-1], len(raters), len(categories))
        by_chance = (shares[..., 0, :] * shares[..., 1, :]).sum(axis=-1)  # for Fleiss all rows are equal
        kappa: Resampled = (means[..., 1] / means[..., 0] - by_chance) / (1 - by_chance)
        return kappa

    agreed_share = 100 * float(columns[:, 1].sum() / columns[:, 0].sum())
    return KappaEstimate(
        subject,
        raters,
        len(shared),
        agreed_share,
        estimate(columns, kappa_of, null=0.0, resamples=RESAMPLES).within(-1, 1),
    )


def compare_metrics(
    comparisons: Sequence[ComparisonAnswer], values: Mapping[RatedFrame, MetricValues]
) -> list[MetricAgreement]:
    """Every distance to the original that was measured at compared frames. `values`: what was measured at each."""
    names = dict.fromkeys(name for answer in comparisons for frame in answer.frames for name in values.get(frame, {}))
    return [found for name in in_display_order(names) if (found := _compare_metric(name, comparisons, values))]


def _compare_metric(
    name: str, comparisons: Sequence[ComparisonAnswer], values: Mapping[RatedFrame, MetricValues]
) -> MetricAgreement | None:
    info = REGISTRY.get(base_name(name))
    if info is None or info.higher_means not in ("closer", "farther"):
        return None
    sign = 1 if info.higher_means == "closer" else -1
    by_image: defaultdict[str, list[float]] = defaultdict(list)
    for answer in comparisons:
        measured = [values.get(frame, {}).get(name) for frame in answer.frames]
        if answer.chosen is None or (chosen := measured[answer.chosen]) is None:
            continue
        for index, value in enumerate(measured):
            if index != answer.chosen and value is not None and value != chosen and isfinite(value - chosen):
                by_image[answer.image].append(1.0 if sign * (chosen - value) > 0 else -1.0)
    if not by_image:
        return None
    columns = np.array([[sum(signs), len(signs)] for signs in by_image.values()], dtype=np.float64)
    agreed = 50 * (1 + float(columns[:, 0].sum() / columns[:, 1].sum()))
    gamma = estimate(columns, ratio_of_means, null=0.0, resamples=RESAMPLES).within(-1, 1)
    return MetricAgreement(name, int(columns[:, 1].sum()), agreed, gamma)


def _gather_items(given_answers: Sequence[tuple[Hashable, str, str, str]]) -> list[RatedItem]:
    """`given_answers`: question, picture, rater, answer."""
    images: dict[Hashable, str] = {}
    categories: defaultdict[Hashable, dict[str, str]] = defaultdict(dict)
    for key, image, rater, category in given_answers:
        images[key] = image
        categories[key][rater] = category
    return [RatedItem(images[key], answers) for key, answers in categories.items()]
