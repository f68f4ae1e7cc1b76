"""report.md: what was run, the figures, the numbers, and what they do not say. In Markdown that names cannot break."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite, isnan
from statistics import median

from riptui import __version__
from riptui.errors import InputError
from riptui.figures.drawing import Missing, Written, counted
from riptui.figures.material import Condition, Material
from riptui.results.bootstrap import Estimate
from riptui.results.claims import NETS
from riptui.results.comparison import Comparison, compare
from riptui.results.findings import Tested
from riptui.results.panel import conditions
from riptui.results.statistics import drift
from riptui.spec import Parameter
from riptui.terminal import printable

MOST_NAMED = 20  # damaged or unreadable trajectories, one a line

_SPECIAL = frozenset("\\`*_[]<>|$~&#")

_LIMITS = """\
- Values are taken where they were measured, and only of trajectories that are measured to their end.
- Intervals are of 95 %, by image: the images stand for others like them, and not for pictures of all kinds.
- The seven findings are each tested at their own level; no correction is made for there being seven.
- Inpainted % counts repeats. Squares that are drawn with replacement leave part of the picture untouched, and the more
  so by chance the larger they are: compare the figures against coverage.
- Times of an inpainting are those of the machines they were computed on.
"""


def document(
    material: Material,
    figures: Sequence[Written],
    left_out: Sequence[Missing],
    damaged: Sequence[str],
    tested: Sequence[Tested],
    notes: Sequence[str],
) -> str:
    """The whole text, its figures by file name."""
    parts = [
        "# Recursive InPainting: a report\n\nThe figures have the numbers of those that they follow in the paper "
        "(Conde et al., *How Stable is Stable Diffusion under Recursive InPainting (RIP)?*, arXiv 2407.09549).\n",
        *_runs(material, notes),
        *_figures(figures, left_out, damaged),
        *_stability(material),
        *_findings(material, tested),
        f"## Limits\n\n{_LIMITS}",
        f"Made by riptui {__version__}.\n",
    ]
    return "\n".join(parts)


def escaped(text: str) -> str:
    """Text from disk as Markdown that shows it as it is, in one line."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in printable(text))


def _runs(material: Material, notes: Sequence[str]) -> Iterator[str]:
    yield "## What was run\n"
    rows = []
    for one in material.conditions:
        for mask in one.masks:
            runs = [run for run in one.runs if run.spec.mask == mask]
            rows.append(
                [
                    escaped(one.title),
                    f"{mask} px",
                    f"{len(runs):,}",
                    f"{len({run.image for run in runs}):,}",
                    _ranges({run.spec.seed for run in runs}),
                    f"{one.last:g} %",
                ]
            )
    if rows:
        yield _table(["inpainter", "mask", "trajectories", "images", "seeds", "amount"], rows)
    else:
        yield "No trajectory is complete.\n"
    listed = [*_about_metrics(material), *_about_sessions(material), *map(escaped, notes)]
    if material.unfinished:
        listed.append(
            f"not computed to the end: {counted(material.unfinished, 'trajectory')}, left out (riptui resume)"
        )
    yield _list([*listed, *_named([f"left out, not readable: {one}" for one in material.unreadable])])


def _about_metrics(material: Material) -> Iterator[str]:
    metrics = list(dict.fromkeys(metric for one in material.conditions for metric in one.metrics))
    if not metrics:
        return
    yield f"drawn: {', '.join(map(escaped, metrics))}; single panels and tables: {escaped(material.metric or '')}"
    if lacking := [name for name in NETS if name not in metrics]:
        names = ",".join(lacking)
        yield f"not measured to the end anywhere, though the paper has it: {names} (riptui measure --metrics {names})"
    for one in material.conditions:
        for metric in one.metrics:
            if short := len(one.runs) - len(one.measured(metric)):
                of = f"{escaped(one.of)}: " if one.of else ""
                yield f"{of}{escaped(metric)} is not measured to the end in {counted(short, 'trajectory')}"


def _about_sessions(material: Material) -> Iterator[str]:
    versions: defaultdict[str, set[str]] = defaultdict(set)
    devices: set[str] = set()
    runs = [run for one in material.conditions for run in one.runs]
    for session in (session for run in runs for session in run.sessions):
        devices.add(session.device)
        for name, version in session.versions.items():
            versions[name].add(version)
    if devices:
        yield f"computed on: {', '.join(map(escaped, sorted(devices)))}"
    if versions:
        told = [f"{name} {' and '.join(sorted(versions[name]))}" for name in sorted(versions)]
        yield f"with: {', '.join(map(escaped, told))}"
    if mixed := sum(run.mixed for run in runs):
        yield f"mixed, computed by unlike programs or machines in turn: {counted(mixed, 'trajectory')}"


def _figures(figures: Sequence[Written], left_out: Sequence[Missing], damaged: Sequence[str]) -> Iterator[str]:
    yield "## Figures\n"
    for one in figures:
        of = f", {escaped(one.of)}" if one.of else ""
        coverage = ", against coverage" if one.stem.endswith("-coverage") else ""
        others = ", ".join(f"[{name.rpartition('.')[2].upper()}]({name})" for name in one.files[1:])
        yield f"### Figure {one.number}{of}{coverage}\n\n![Figure {one.number}{of}{coverage}]({one.files[0]})\n"
        yield f"{escaped(one.caption)} {others}\n"
    if not figures:
        yield "None could be drawn.\n"
    if left_out:
        yield "### Left out\n"
        yield _list(
            f"figure {one.number}{f', {escaped(one.of)}' if one.of else ''}: it needs {escaped(one.needs)}"
            for one in left_out
        )
    if damaged:
        yield "Passed over in the figures of pictures, for they cannot be read:\n"
        yield _list(_named(damaged))


def _stability(material: Material) -> Iterator[str]:
    metric = material.metric
    if metric is None:
        return
    yield (
        f"## Stability\n\nBy {escaped(metric)}. Area: its mean over the whole amount; half-life: the inpainted % at "
        "which half of the way to the last value is gone; in brackets the interval of 95 %.\n"
    )
    rows = [row for one in material.conditions for row in _drift_rows(one, metric)]
    columns = ["inpainter", "mask", "n", "images", "at the end ± sd", "area", "half-life", "s per inpainting"]
    yield _table(columns, rows)
    members = [run.curves[metric] for one in material.conditions for run in one.measured(metric)]
    by = [name for name in conditions(members) if name != "amount"]
    try:
        yield from _comparison(compare(members, by), by)
    except InputError as error:
        yield f"Inpainters are not compared: {escaped(str(error))}.\n"


def _drift_rows(condition: Condition, metric: str) -> Iterator[list[str]]:
    for mask in condition.masks:
        runs = [run for run in condition.measured(metric) if run.spec.mask == mask]
        if not runs:
            continue
        found = drift([run.curves[metric] for run in runs])
        sd = found.last.sd if found.last else float("nan")
        yield [
            escaped(condition.title),
            f"{mask} px",
            f"{found.trajectories:,}",
            f"{found.images:,}",
            _number(found.final.value) + ("" if isnan(sd) else f" ± {_number(sd)}"),
            _interval(found.area),
            _percent(found.half_life),
            f"{median(run.seconds for run in runs):.3g}",
        ]


def _comparison(found: Comparison, by: Sequence[str]) -> Iterator[str]:
    yield "The most stable first, on the squares that every one of them repainted:\n"
    yield _table(
        ["inpainter", "n", "images", "area", "half-life", "s per inpainting"],
        [
            [
                _settings(dict(zip(by, one.key, strict=True))),
                f"{one.trajectories:,}",
                f"{one.area.images:,}",
                _interval(one.area),
                _percent(one.half_life),
                "-" if one.seconds is None else f"{one.seconds:.3g}",
            ]
            for one in found.standings
        ],
    )
    yield "How much farther, paired by image (p: Wilcoxon's signed-rank test, and adjusted by Holm's method):\n"
    yield _table(
        ["nearer", "farther", "by", "p", "p, adjusted"],
        [
            [
                _settings(dict(zip(by, one.nearer, strict=True))),
                _settings(dict(zip(by, one.farther, strict=True))),
                _interval(one.effect),
                f"{one.p:.2g}",
                f"{one.adjusted:.2g}",
            ]
            for one in found.differences
        ],
    )
    if found.left_out:
        yield f"Left out, not done by every one of them: {counted(found.left_out, 'trajectory')}.\n"


def _findings(material: Material, tested: Sequence[Tested]) -> Iterator[str]:
    yield "## The paper's findings\n"
    if not tested:
        yield "None is tested.\n"
        return
    yield f"By {escaped(material.metric or '')}; 4 and 6 are of the three LPIPS nets whatever the metric.\n"
    for one in tested:
        yield f"### {_settings(one.settings)}\n"
        for finding in one.findings:
            n = f"n = {counted(finding.images, 'image')}, {counted(finding.trajectories, 'trajectory')}"
            yield f"{finding.number}. {finding.claim} **{finding.verdict}** ({n}). Test: {finding.test}."
            for each in finding.evidence:
                yield (
                    f"   - {escaped(each.what)}: {_interval(each.effect)}, against {each.null:g}, "
                    f"{counted(each.effect.images, 'image')}"
                )
            if note := "; ".join(filter(None, (finding.note, finding.lacks))):
                yield f"   - {escaped(note)}"
        yield ""


def _settings(settings: Mapping[str, Parameter]) -> str:
    rest = [f"{name} {value}" for name, value in settings.items() if name != "inpainter" and value is not None]
    return escaped(", ".join([str(settings["inpainter"]), *rest]))


def _named(complaints: Sequence[str]) -> Iterator[str]:
    yield from map(escaped, complaints[:MOST_NAMED])
    if len(complaints) > MOST_NAMED:
        yield f"and {len(complaints) - MOST_NAMED:,} more (riptui check)"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Of cells that are escaped already."""
    lines = [columns, ["--"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _list(items: Iterable[str]) -> str:
    return "".join(f"- {item}\n" for item in items)


def _ranges(seeds: set[int]) -> str:
    """0-9 or 0, 3, 7-8."""
    parts: list[list[int]] = []
    for seed in sorted(seeds):
        if parts and seed == parts[-1][-1] + 1:
            parts[-1][1:] = [seed]
        else:
            parts.append([seed])
    told = ["-".join(map(str, part)) for part in parts]
    return ", ".join(told) if len(told) <= 6 else f"{', '.join(told[:5])} … ({len(seeds):,})"


def _number(value: float) -> str:
    return "-" if not isfinite(value) else f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def _interval(one: Estimate) -> str:
    within = "" if isnan(one.low) else f" [{_number(one.low)}, {_number(one.high)}]"
    return f"{_number(one.value)}{within}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"
