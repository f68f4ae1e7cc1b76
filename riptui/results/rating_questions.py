"""What people are asked about frames: which questions there are, in which order, and who stands on which side.

All of it is a function of the trajectories, a seed and, for the order, the rater: a rating goes on where it ended, and
two people who are asked for 50 questions get the same 50, each in an order and with sides of their own.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from riptui.errors import InputError
from riptui.results.curves import differing_settings, drop_copies, get_setting
from riptui.spec import Spec
from riptui.spec_words import NO_INTERVENTION_TITLE, describe_setting
from riptui.store.listing import TrajectorySummary
from riptui.store.ratings import RatedFrame, Rating, RatingMode
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

PAPER_TAGS = ("hallucinated object", "perspective", "face", "palette", "pixelation", "other")
"""The paper's kinds of damage, for single frames."""
QUESTIONS: Mapping[RatingMode, str] = {
    "ab": "Which picture is better?",
    "best": "Which picture is best?",
    "tags": "What is wrong with this picture?",
}
MAX_CHOICES = 6  # pictures side by side
WITHIN_A_CONDITION = ("seed", "amount")
"""Beside the picture: fields in which trajectories of one condition may differ."""


@dataclass(frozen=True)
class Candidate:
    """A frame that can be shown."""

    trajectory: Trajectory
    spec: Spec
    k: int

    @property
    def frame(self) -> RatedFrame:
        return RatedFrame(self.spec.digest, self.k)


@dataclass(frozen=True)
class RatingQuestion:
    """A question and its frames, from left to right."""

    mode: RatingMode
    text: str
    candidates: tuple[Candidate, ...]

    @property
    def key(self) -> tuple[RatingMode, str, frozenset[RatedFrame]]:
        """Equal for the answers to this question, whoever gave them and however the frames stood."""
        return rating_key(self.mode, self.text, [candidate.frame for candidate in self.candidates])


def rating_key(
    mode: RatingMode, text: str, frames: Iterable[RatedFrame]
) -> tuple[RatingMode, str, frozenset[RatedFrame]]:
    return mode, text, frozenset(frames)


def name_conditions(specs: Collection[Spec]) -> dict[str, str]:
    """What tells trajectories apart beside picture and seed, by digest: "64 px", "telea, 128 px". Safe to print."""
    names = [name for name in differing_settings(specs) if name not in WITHIN_A_CONDITION]
    return {spec.digest: _name_condition(spec, names) for spec in specs}


def _name_condition(spec: Spec, names: Sequence[str]) -> str:
    texts = [
        spec.mask_title if name == "mask" and spec.whole_image else describe_setting(name, get_setting(spec, name))
        for name in names
    ]
    return printable(", ".join(filter(None, texts))) or (NO_INTERVENTION_TITLE if names else "")


def list_candidates(summaries: Iterable[TrajectorySummary], at: Sequence[float]) -> list[Candidate]:
    """The frames at these amounts of inpainted %, one of each spec.

    Without amounts: those at the smallest last amount of all trajectories, which all of them reach when complete.
    Trajectories that have not reached an amount have no frame there.
    """
    readable = drop_copies(summary for summary in summaries if summary.spec)
    specs = [summary.spec for summary in readable if summary.spec]
    amounts = at or [min((spec.amount for spec in specs), default=0.0)]
    return [
        Candidate(summary.trajectory, summary.spec, k)
        for summary in readable
        if summary.spec
        for k in dict.fromkeys(summary.spec.reaches(amount) for amount in amounts)
        if 0 < k <= summary.k
    ]


def make_questions(
    candidates: Sequence[Candidate],
    mode: RatingMode,
    text: str = "",
    *,
    rater: str,
    seed: int = 0,
    limit: int | None = None,
) -> list[RatingQuestion]:
    """All questions of a mode, or `limit` of them drawn by the seed, in the order of this rater.

    Compared are frames of one picture and seed at one inpainted % that differ in their condition. Raises InputError,
    with the reason, if there is nothing to ask.
    """
    text = text or QUESTIONS[mode]
    groups = [(candidate,) for candidate in candidates] if mode == "tags" else _list_comparisons(candidates, mode)
    if not groups:
        raise InputError(_explain_nothing(candidates, mode))

    def draw(group: Sequence[Candidate], *purpose: object) -> bytes:
        frames = sorted(f"{candidate.spec.digest}/{candidate.k}" for candidate in group)
        return hashlib.sha256("/".join(map(str, (seed, *purpose, *frames))).encode()).digest()

    drawn = sorted(groups, key=lambda group: draw(group, mode))[:limit]
    ordered = sorted(drawn, key=lambda group: draw(group, mode, rater, "order"))
    return [
        RatingQuestion(
            mode, text, tuple(sorted(group, key=lambda candidate: draw([candidate], rater, draw(group).hex())))
        )
        for group in ordered
    ]


def drop_answered(questions: Sequence[RatingQuestion], ratings: Iterable[Rating]) -> list[RatingQuestion]:
    """The questions that have no answer yet."""
    answered = {rating_key(rating.mode, rating.question, rating.frames) for rating in ratings}
    return [question for question in questions if question.key not in answered]


def _list_comparisons(candidates: Sequence[Candidate], mode: RatingMode) -> list[tuple[Candidate, ...]]:
    conditions = name_conditions([*{candidate.spec.digest: candidate.spec for candidate in candidates}.values()])
    blocks: defaultdict[tuple[object, ...], dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        spec = candidate.spec
        inpainted = round(spec.inpainted(candidate.k), 6)
        blocks[spec.original_sha256, spec.seed, inpainted].setdefault(conditions[spec.digest], candidate)
    comparable = [[*block.values()] for block in blocks.values() if len(block) > 1]
    size = 2 if mode == "ab" else MAX_CHOICES
    return [group for block in comparable for group in combinations(block, min(size, len(block)))]


def _explain_nothing(candidates: Sequence[Candidate], mode: RatingMode) -> str:
    if not candidates:
        return "no trajectory here has a frame at that inpainted %: resume what is not done, or rate earlier ones"
    return (
        f"nothing to compare ({mode}): no picture and seed has frames of two conditions (another inpainter, mask or "
        "setting) at the same inpainted %; single frames are rated by tags: 3 after B in the app, riptui rate "
        "--mode tags"
    )
