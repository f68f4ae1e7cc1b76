"""The report's section on the paper's findings: a table for each, with a row per condition and a column per part."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from riptui.figures.markdown import escape_markdown, format_estimate, markdown_list, markdown_table
from riptui.results.curves import settings_title
from riptui.results.findings import ConditionFindings
from riptui.results.verdict import Evidence, PaperFinding, Verdict

MAX_NAMED = 3  # conditions with a column each in the overview; of more, it counts verdicts

ByCondition = Sequence[tuple[str, PaperFinding]]
"""One finding as tested for each condition, whose title is escaped."""


def render_overview(tested: Sequence[ConditionFindings]) -> Iterator[str]:
    """The verdicts, and why findings are undecided, in one table and one list."""
    named = len(tested) <= MAX_NAMED
    titles = [escape_markdown(settings_title(condition.settings)) for condition in tested]
    rows, reasons = [], defaultdict[str, dict[str, None]](dict)
    for found in _by_label(tested).values():
        claim = f"{found[0][1].label}. {found[0][1].claim}"
        verdicts = {title: finding.verdict for title, finding in found}
        counts = Counter(verdicts.values())
        cells = [str(verdicts.get(title, "-")) for title in titles] if named else [_count(counts, v) for v in Verdict]
        rows.append([claim, *cells])
        for _, finding in found:
            if finding.verdict is Verdict.UNDECIDED:
                reasons[_why_undecided(finding)][finding.label] = None
    yield markdown_table(["finding", *(titles if named else map(str, Verdict))], rows)
    yield markdown_list(
        f"undecided, {'finding' if len(labels) == 1 else 'findings'} {', '.join(labels)}: {escape_markdown(reason)}"
        for reason, labels in reasons.items()
    )


def render_findings(metric: str | None, tested: Sequence[ConditionFindings]) -> Iterator[str]:
    """The parts of the section's text."""
    yield "## The paper's findings\n"
    if not tested:
        yield "No finding was tested.\n"
        return
    yield (
        f"By {escape_markdown(metric or '')}; findings 4 and 6 always use the three LPIPS nets. 1′ to 3′ are about "
        "what the distance has beyond coverage, that is beyond the first repaint of each square. A finding *holds* if "
        "all its parts do, each at its 95 % level; otherwise a part counts only at a level that Holm's method corrects "
        "for the number of parts, so that it can be undecided although its interval leaves out the null: *by Holm*. In "
        "brackets: 95 % confidence intervals by image.\n"
    )
    for found in _by_label(tested).values():
        yield from _render_finding(found, len(tested))


def _by_label(tested: Sequence[ConditionFindings]) -> dict[str, list[tuple[str, PaperFinding]]]:
    by_label: defaultdict[str, list[tuple[str, PaperFinding]]] = defaultdict(list)
    for condition in tested:
        for finding in (*condition.findings, *condition.excess):
            by_label[finding.label].append((escape_markdown(settings_title(condition.settings)), finding))
    return dict(by_label)


def _count(counts: Counter[Verdict], verdict: Verdict) -> str:
    return f"{counts[verdict]:,}" if counts[verdict] else "-"


def _why_undecided(finding: PaperFinding) -> str:
    opened = dict.fromkeys(item.open for item in finding.evidence if item.open)
    lacking = "; ".join(filter(None, (*opened, finding.missing_data or ("" if finding.evidence else finding.note))))
    return lacking or "no part is clear enough (see its intervals)"


def _render_finding(found: ByCondition, conditions: int) -> Iterator[str]:
    first = found[0][1]
    yield f"### {first.label}. {first.claim}\n"
    tests = list(dict.fromkeys(finding.test for _, finding in found))
    yield f"Test: {'; or: '.join(map(escape_markdown, tests))}.\n"
    tested = [(title, finding) for title, finding in found if finding.evidence]
    parts = {_head(item): None for _, finding in tested for item in finding.evidence}
    rows = []
    for title, finding in tested:
        verdicts = zip(finding.evidence, finding.parts, strict=True)
        cells = {_head(item): _cell(item, verdict, finding) for item, verdict in verdicts}
        counts = [f"{finding.images:,}", f"{finding.trajectories:,}"]
        rows.append([title, f"**{finding.verdict}**", *counts, *(cells.get(part, "-") for part in parts)])
    if rows:
        yield markdown_table(["condition", "verdict", "images", "trajectories", *map(escape_markdown, parts)], rows)
    notes: defaultdict[str, list[str]] = defaultdict(list)
    for title, finding in found:
        if note := "; ".join(filter(None, (finding.note, finding.missing_data))):
            notes[escape_markdown(note) + ("" if finding.evidence else f": **{finding.verdict}**")].append(title)
    yield markdown_list(
        note if len(titles) == conditions else f"{'; '.join(titles)}: {note}" for note, titles in notes.items()
    )


def _head(item: Evidence) -> str:
    return f"{item.what} (null: {item.null:g})"


def _cell(item: Evidence, verdict: Verdict, finding: PaperFinding) -> str:
    images = "" if item.effect.images == finding.images else f", n = {item.effect.images:,}"
    outcome = f": {escape_markdown(item.describe(verdict))}" if item.open or len(finding.evidence) > 1 else ""
    return f"{format_estimate(item.effect)}{outcome}{images}"
