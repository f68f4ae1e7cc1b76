"""The report's section on what people said with `riptui rate`, and its table of answers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from riptui.export.tables import TableData, write_csv
from riptui.figures.markdown import escape_markdown, format_estimate, markdown_list, markdown_table
from riptui.figures.section import ReportSection
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.preferences import format_strength
from riptui.results.rating_questions import PAPER_TAGS
from riptui.results.rating_summary import RatingSummary, find_ratings, summarise_ratings
from riptui.store.listing import TrajectorySummary
from riptui.text.units import format_count

CSV_NAME = "ratings.csv"

_INTRODUCTION = """\
Frames were shown without names, in an order and on sides that were drawn for each person. *First* is the share of
comparisons with this condition in which it was chosen; a tie counts in equal parts. *Strength* is that of Bradley and
Terry's model: log odds against an average condition, cut at -6 and 6. *Kappa* (Cohen's for two people, Fleiss' for
more) is 0 if people agree as chance would, and 1 if they always do. *Rank correlation* (Goodman and Kruskal's gamma) is
by how much more of the compared pairs a metric orders as people do than the other way. In brackets: 95 % confidence
intervals by image; the people are given, not a sample.
"""


def write_ratings(folders: Sequence[Path], summaries: Sequence[TrajectorySummary], out: Path) -> ReportSection:
    """Summarise the ratings in folders, and write all answers as CSV; nothing without ratings. Raises DiskError."""
    summary = summarise_ratings(find_ratings(folders), summaries)
    if not (table := _list_answers(summary)):
        return ReportSection("ratings", None)
    write_csv(table, out / CSV_NAME)
    return ReportSection("ratings", summary.as_dict(), _render(summary), files=[CSV_NAME])


def _render(summary: RatingSummary) -> Iterator[str]:
    people = ", ".join(f"{escape_markdown(name)} {count}" for name, count in summary.answers.counts_by_rater.items())
    yield f"## What people say\n\n{_INTRODUCTION}"
    yield (
        f"{format_count(summary.images, 'image')}; {format_count(summary.comparisons, 'comparison')}, "
        f"{summary.ties} of them ties; answers: {people}. [CSV]({CSV_NAME})\n"
    )
    yield markdown_list(
        f"{escape_markdown(text)} ({count})" for text, count in summary.answers.counts_by_question.items()
    )
    if summary.preferences:
        rows = [
            [
                _name(preference.condition),
                str(preference.shown),
                _format_percent(preference.top1),
                _format_strength(preference.strength),
            ]
            for preference in summary.preferences
        ]
        yield markdown_table(["condition", "shown", "first", "strength"], rows)
    if summary.tag_shares:
        yield "Frames in which people saw a kind of damage:\n"
        yield _tags_table(summary)
    if summary.kappas:
        rows = [
            [
                kappa.subject,
                escape_markdown(", ".join(kappa.raters)),
                str(kappa.items),
                f"{kappa.agreed:.0f} %",
                format_estimate(kappa.kappa),
            ]
            for kappa in summary.kappas
        ]
        yield "Whether people agree:\n"
        yield markdown_table(["about", "raters", "questions", "equal answers", "kappa"], rows)
    if summary.agreements:
        rows = [
            [
                escape_markdown(agreement.metric),
                str(agreement.pairs),
                f"{agreement.agreed:.0f} %",
                format_estimate(agreement.gamma),
            ]
            for agreement in summary.agreements
        ]
        yield "Whether metrics agree with people:\n"
        yield markdown_table(["metric", "pairs", "ordered as by people", "rank correlation"], rows)


def _tags_table(summary: RatingSummary) -> str:
    shares = {(share.condition, share.tag): share for share in summary.tag_shares}
    conditions = dict.fromkeys(share.condition for share in summary.tag_shares)
    rows = [
        [
            _name(condition),
            str(shares[condition, PAPER_TAGS[0]].rated),
            *(_format_percent(shares[condition, tag].share) for tag in PAPER_TAGS),
        ]
        for condition in conditions
    ]
    return markdown_table(["condition", "rated", *PAPER_TAGS], rows)


def _list_answers(summary: RatingSummary) -> TableData:
    comparisons = [
        (
            (answer.rater, answer.key[0], answer.image, frame.digest, frame.k, condition, place),
            "" if answer.chosen is None else str(int(answer.chosen == place - 1)),
            "",
        )
        for answer in summary.answers.comparisons
        for place, (frame, condition) in enumerate(zip(answer.frames, answer.conditions, strict=True), 1)
    ]
    tagged = [
        (
            (answer.rater, "tags", answer.image, answer.frame.digest, answer.frame.k, answer.condition, 1),
            "",
            ", ".join(tag for tag in PAPER_TAGS if tag in answer.tags),
        )
        for answer in summary.answers.tags
    ]
    columns = ("rater", "question", "image", "digest", "k", "condition", "place", "chosen", "tags")
    return [dict(zip(columns, (*shown, chosen, tags), strict=True)) for shown, chosen, tags in comparisons + tagged]


def _name(condition: str) -> str:
    return escape_markdown(condition or "all")


def _format_percent(estimate: IntervalEstimate) -> str:
    return format_estimate(estimate, "{:.0f}".format, " %")


def _format_strength(estimate: IntervalEstimate) -> str:
    return format_estimate(estimate, "{:+.2f}".format, value=format_strength(estimate.value))
