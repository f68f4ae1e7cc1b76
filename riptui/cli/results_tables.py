"""Results as dictionaries, which become JSON or the tables on the terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from math import isnan
from operator import itemgetter
from typing import Any

import msgspec
from rich.text import Text

from riptui.cli.console import out, print_line, print_prose, print_table, warn, warn_left_out_count
from riptui.cli.recursion_tables import print_recursion
from riptui.cli.settings_table import (
    build_layouts,
    explain_few_images,
    explain_shared,
    format_estimate,
    format_interval,
    format_settings,
)
from riptui.metrics.display import format_result
from riptui.results.comparison import InpainterComparison
from riptui.results.curves import Curve, differing_settings, distributions_of, group_by, values_by_amount
from riptui.results.shared_squares import describe_shared
from riptui.results.statistics import (
    DriftSummary,
    convergence,
    intraclass_correlations,
    spread_over_runs,
    summarize_drift,
)
from riptui.results.verdict import PaperFinding, parts_as_dicts
from riptui.text.units import format_count

VERDICT_COLOURS = {"holds": "green", "in part": "cyan", "does not": "red", "undecided": "yellow"}


def groups_as_dicts(members: Iterable[Curve], by: Sequence[str], previous: Iterable[Curve]) -> list[dict[str, Any]]:
    """The numbers of each group. `previous`: the curves of the same metric against the previous measured frame."""
    previous_curves = list(previous)
    previous_groups = group_by(previous_curves, by) if previous_curves else {}
    return [
        {
            "key": dict(zip(by, key, strict=True)),
            **_drift_as_dict(summarize_drift(group_curves)),
            **_values_as_dict(group_curves),
            "convergence": convergence(previous_groups[key]) if key in previous_groups else None,
        }
        for key, group_curves in group_by(members, by).items()
    ]


def _values_as_dict(members: Sequence[Curve]) -> dict[str, Any]:
    values_at = values_by_amount(members)
    of_seeds = values_at if _differ_in_seed_alone(members) else {}
    return {
        "curve": [distribution._asdict() for distribution in distributions_of(values_at)],
        "runs": [spread._asdict() for spread in spread_over_runs(of_seeds)],
        "icc": [correlation._asdict() for correlation in intraclass_correlations(of_seeds)],
    }


def _differ_in_seed_alone(members: Iterable[Curve]) -> bool:
    """Whether they differ only in seed or image: otherwise the spread over runs would also be one over settings."""
    return set(differing_settings([curve.spec for curve in members])) <= {"seed"}


def _drift_as_dict(drift: DriftSummary) -> dict[str, Any]:
    return asdict(drift) | {"last": drift.last._asdict() if drift.last else None}


def finding_as_dict(finding: PaperFinding) -> dict[str, Any]:
    return {
        "number": finding.number,
        "of_excess": finding.of_excess,
        "label": finding.label,
        "claim": finding.claim,
        "verdict": str(finding.verdict),
        "test": finding.test,
        "images": finding.images,
        "trajectories": finding.trajectories,
        "evidence": parts_as_dicts(finding),
        "note": "; ".join(filter(None, (finding.note, finding.missing_data))),
    }


def comparison_as_dict(comparison: InpainterComparison, by: Sequence[str]) -> dict[str, Any]:
    def name_keys(record: dict[str, Any], *names: str) -> dict[str, Any]:
        return record | {name: dict(zip(by, record[name], strict=True)) for name in names}

    return {
        "standings": [name_keys(asdict(standing), "key") for standing in comparison.standings],
        "differences": [name_keys(asdict(difference), "nearer", "farther") for difference in comparison.differences],
        "left_out": comparison.left_out,
        "shared_squares": comparison.shared_squares,
    }


def to_json_value(value: object) -> Any:
    """A JSON value, with null for numbers that are not finite."""
    return msgspec.json.decode(msgspec.json.encode(value))


def print_results(results: dict[str, Any]) -> None:
    _print_groups([_name_picture(group, results.get("pictures", {})) for group in results["groups"]], results["metric"])
    warn_left_out_count(f"{results['metric']} is infinite at the end", results["infinite"])
    for tested in results.get("findings", ()):
        out.print()
        print_line(format_settings(tested["settings"]), "bold")
        for finding in tested["findings"]:
            _print_finding(finding)
        for finding in tested["excess"]:
            _print_finding(finding)
        if tested["excess"]:
            print_line(f"   1′ to 3′: excess over {tested['coverage_null']}", "dim")
    if "findings" in results and not results["findings"]:
        warn("no trajectory is complete: there is nothing to test the findings on")
    if "comparison" in results:
        _print_comparison(results["comparison"], results["metric"])
    if "recursion" in results:
        print_recursion(results["recursion"])
    if "interventions" in results:
        _print_interventions(results["interventions"])


def _name_picture(group: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A group of one picture called by the picture's name instead of its hash."""
    return group | {"key": {key: names.get(value, value) for key, value in group["key"].items()}} if names else group


def _print_groups(groups: Sequence[dict[str, Any]], metric: str) -> None:
    columns = {
        "n": lambda group: str(group["trajectories"]),
        "images": lambda group: str(group["images"]),
        f"{metric} at the end": _format_final,
        "95 %": lambda group: format_interval(group["final"]),
        "area": lambda group: format_result(group["area"]["value"]),
        "95 % of it": lambda group: format_interval(group["area"]),
        "half-life": lambda group: _format_percent(group["half_life"]),
        "ICC": _format_icc,
        "law": _format_law,
    }
    if not any(group["icc"] for group in groups):
        del columns["ICC"]
    expendable = ("law", "95 % of it", "images", "area", "ICC", "95 %", "half-life")
    print_table(build_layouts(groups, "key", columns, [name for name in expendable if name in columns]))
    for line in _explain_groups(groups, metric):
        print_prose(line, "dim")
    unfinished = sum(group["unfinished"] for group in groups)
    warn_left_out_count("not measured to the end", unfinished, see="riptui resume and riptui measure")


def _explain_groups(groups: Sequence[dict[str, Any]], metric: str) -> Iterator[str]:
    """What the table's numbers mean, where that is not plain."""
    amounts = sorted({group["amount"] for group in groups if group["trajectories"]})
    if amounts:
        ends = " or ".join(f"{amount:g}" for amount in amounts)
        yield f"half-life: the inpainted % at which half of the change up to {ends} % is reached"
    halves = {f"{group['coverage_half_life']:.0f}" for group in groups if group["coverage_half_life"] is not None}
    if halves:
        halves_told = " or ".join(sorted(halves))
        yield f"half-life of coverage alone, if squares are damaged once and stay so: {halves_told} %"
    yield from explain_few_images(group["images"] for group in groups)
    yield from explain_shared(groups)
    if any(group["icc"] for group in groups):
        yield "ICC: the share of the variance at the end that is between images, and not between the seeds of one"
        if any(group["icc"] and group["shared_squares"] for group in groups):
            yield "where images share squares, the interval of the ICC is for these squares"


def _format_icc(group: dict[str, Any]) -> str:
    return format_estimate(group["icc"][-1]) if group["icc"] else "-"


def _format_final(group: dict[str, Any]) -> str:
    last = group["last"]
    sd = "" if last is None or isnan(last["sd"]) else f" ± {format_result(last['sd'])}"
    return f"{format_result(group['final']['value'])}{sd}"


def _format_law(group: dict[str, Any]) -> str:
    if not group["laws"]:
        return "-"
    better, worse = group["laws"]
    return f"{better['law']}, ΔAICc {worse['aicc'] - better['aicc']:.1f}"


def _print_finding(finding: dict[str, Any]) -> None:
    verdict = finding["verdict"]
    style = f"bold {VERDICT_COLOURS[verdict]}"
    print_prose(Text.assemble(f"{finding['label']}. {finding['claim']}  ", (verdict, style)))
    for evidence in finding["evidence"]:
        effect = evidence["effect"]
        images = format_count(effect["images"], "image")
        numbers = f"{format_result(effect['value'])}  {format_interval(effect)}  against {evidence['null']:g}"
        print_prose(f"   {evidence['what']}: {numbers}, {images}: {evidence['outcome']}", "dim")
    if finding["note"]:
        print_prose(f"   {finding['note']}", "dim")


def _print_comparison(comparison: dict[str, Any], metric: str) -> None:
    out.print()
    print_line(f"The most stable first, by the area under {metric}", "bold")
    columns = {
        "n": lambda standing: str(standing["trajectories"]),
        "images": lambda standing: str(standing["area"]["images"]),
        "area": lambda standing: format_result(standing["area"]["value"]),
        "95 %": lambda standing: format_interval(standing["area"]),
        "half-life": lambda standing: _format_percent(standing["half_life"]),
        "s per inpainting": lambda standing: "-" if standing["seconds"] is None else f"{standing['seconds']:.3g}",
    }
    print_table(build_layouts(comparison["standings"], "key", columns, ("images", "half-life", "n", "95 %")))
    columns = {
        "farther than it": lambda difference: format_settings(difference["farther"]),
        "by": lambda difference: format_result(difference["effect"]["value"]),
        "95 %": lambda difference: format_interval(difference["effect"]),
        "p (Wilcoxon)": lambda difference: f"{difference['p']:.2g}",
        "p (Holm)": lambda difference: f"{difference['adjusted']:.2g}",
    }
    print_table(build_layouts(comparison["differences"], "nearer", columns, ("p (Wilcoxon)", "95 %", "by")))
    if comparison["shared_squares"]:
        print_line(f"{describe_shared(comparison['shared_squares'])}; the p values are for these squares", "dim")
    warn_left_out_count("incomplete or not run by every inpainter", comparison["left_out"])


def _print_interventions(effects: Sequence[dict[str, Any]]) -> None:
    if not effects:
        warn("no trajectory with an intervention has a counterpart without: compute both, as the preset does")
        return
    out.print()
    print_prose("Interventions on the same images, masks and noise: the value at the end minus that without", "bold")
    columns = {
        "images": lambda row: str(row["images"]),
        "without": lambda row: format_result(row["without"]),
        "difference": lambda row: format_result(row["difference"]["value"]),
        "95 %": lambda row: format_interval(row["difference"]),
    }
    varied = [name for name in ("order", "amount") if len({effect[name] for effect in effects}) > 1]
    names = ("mask", *varied, "intervention")
    for inpainter, members in groupby(effects, key=itemgetter("inpainter")):
        print_line(inpainter)
        rows = [effect | {"key": {name: effect[name] for name in names}} for effect in members]
        print_table(build_layouts(rows, "key", columns, ("images", "without")))


def _format_percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"
