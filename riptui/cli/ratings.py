"""`riptui ratings`: statistics of what people said of frames."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

from riptui.cli.console import out, print_json, print_line, print_table, warn_left_out_count
from riptui.cli.results_tables import to_json_value
from riptui.cli.settings_table import FormatCell, build_layouts, explain_few_images, format_interval
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError
from riptui.results.preferences import format_strength
from riptui.results.rating_summary import find_ratings, summarise_ratings
from riptui.store.listing import find_all_trajectories, summarize
from riptui.text.units import format_count


def ratings(paths: tuple[Path, ...], as_json: bool) -> int:
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories(paths, on_error=unlisted)
    found = find_ratings(paths)
    if not any(found.values()):
        raise InputError(f"no ratings in {', '.join(map(str, paths))}: give some with riptui rate")
    summary = summarise_ratings(found, [summarize(trajectory) for trajectory in trajectories]).as_dict()
    warn_left_out_count("about trajectories that are not here", summary["left_out"], "answer")
    warn_left_out_count("given again later by the same person", summary["repeated"], "answer")
    if as_json:
        print_json(to_json_value(summary))
    else:
        _print_summary(summary)
    return unlisted.exit_code


def _print_summary(summary: dict[str, Any]) -> None:
    people = ", ".join(f"{rater} {count}" for rater, count in summary["raters"].items())
    print_line(f"{format_count(summary['images'], 'image')}; answers: {people}", "bold")
    _print_preferences(summary)
    _print_tags(summary["tags"])
    _print_kappas(summary["kappas"])
    _print_metrics(summary["metrics"])
    for line in explain_few_images([summary["images"]]):
        print_line(line, "dim")


def _print_preferences(summary: dict[str, Any]) -> None:
    columns: dict[str, FormatCell] = {
        "shown": lambda row: str(row["shown"]),
        "first": lambda row: f"{row['top1']['value']:.0f} %",
        "95 %": lambda row: format_interval(row["top1"], "{:.0f}".format),
        "strength": lambda row: format_strength(row["strength"]["value"]),
        "95 % of it": lambda row: format_interval(row["strength"], "{:+.2f}".format),
    }
    ties = f", {format_count(summary['ties'], 'tie')}" if summary["ties"] else ""
    title = f"What people prefer: {format_count(summary['comparisons'], 'comparison')}{ties}"
    if _print_rows(title, "condition", "condition", summary["preferences"], columns, ("95 %", "shown")):
        for question, count in summary["questions"].items():
            print_line(f"{question} {count}", "dim")
        print_line("strength: log odds against an average condition (Bradley-Terry)", "dim")


def _print_tags(shares: Sequence[dict[str, Any]]) -> None:
    columns: dict[str, FormatCell] = {
        "tag": lambda row: str(row["tag"]),
        "rated": lambda row: str(row["rated"]),
        "seen": lambda row: f"{row['share']['value']:.0f} %",
        "95 %": lambda row: format_interval(row["share"], "{:.0f}".format),
    }
    seen = {row["tag"] for row in shares if row["share"]["value"] > 0}
    shown = [row for row in shares if row["tag"] in seen]
    if shares and not shown:
        print_line("What people see: none of the tags, in any frame", "bold")
    _print_rows("What people see", "condition", "condition", shown, columns, ("rated",))


def _print_kappas(kappas: Sequence[dict[str, Any]]) -> None:
    columns: dict[str, FormatCell] = {
        "raters": lambda row: ", ".join(row["raters"]),
        "questions": lambda row: str(row["items"]),
        "equal": lambda row: f"{row['agreed']:.0f} %",
        "kappa": lambda row: _format_number(row["kappa"]["value"], "{:.2f}"),
        "95 %": lambda row: format_interval(row["kappa"], "{:.2f}".format),
    }
    _print_rows("Whether people agree", "about", "subject", kappas, columns, ("questions", "equal"))


def _print_metrics(agreements: Sequence[dict[str, Any]]) -> None:
    columns: dict[str, FormatCell] = {
        "pairs": lambda row: str(row["pairs"]),
        "as people": lambda row: f"{row['agreed']:.0f} %",
        "rank correlation": lambda row: f"{row['gamma']['value']:+.2f}",
        "95 %": lambda row: format_interval(row["gamma"], "{:+.2f}".format),
    }
    if _print_rows("Whether metrics agree with people", "metric", "metric", agreements, columns, ("pairs",)):
        print_line("rank correlation: Goodman and Kruskal's gamma over the compared pairs", "dim")


def _print_rows(
    title: str,
    heading: str,
    key: str,
    rows: Sequence[dict[str, Any]],
    columns: dict[str, FormatCell],
    expendable: Sequence[str],
) -> bool:
    """Print a table, unless it has no rows; return whether it has."""
    if rows:
        out.print()
        print_line(title, "bold")
        keyed = [row | {"key": {heading: row[key] or "all"}} for row in rows]
        print_table(build_layouts(keyed, "key", columns, expendable))
    return bool(rows)


def _format_number(value: float, form: str) -> str:
    return "-" if isnan(value) else form.format(value)
