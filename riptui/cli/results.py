"""`riptui results`: statistics of many trajectories."""

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from riptui import results as analysis
from riptui.cli import results_tables
from riptui.cli.console import print_json, warn, warn_left_out_count
from riptui.cli.garbage import without_gc
from riptui.cli.mask_names import MaskNames
from riptui.cli.results_tables import comparison_as_dict, finding_as_dict
from riptui.cli.set_results import set_results
from riptui.cli.transient_progress import named_bars
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError, with_choices
from riptui.export.files import require_file
from riptui.export.tables import CSV_SUFFIXES, PARQUET_SUFFIXES, import_pyarrow, read_vectors
from riptui.metrics import PREVIOUS, in_registry_order
from riptui.metrics.display import PAPER_METRICS
from riptui.metrics.sets import SET_METRICS
from riptui.results import comparison, long_table
from riptui.results.coverage_null import patch_names
from riptui.results.curves import (
    IMAGE,
    Curve,
    HasSpec,
    differing_settings,
    drop_copies,
    ends_infinite,
    extract_curves,
    group_by,
)
from riptui.results.exposure import PATCH_ERRORS
from riptui.results.intervention_effects import compare_interventions
from riptui.results.picture_names import name_pictures
from riptui.results.picture_sets import MemberFeatures
from riptui.store.listing import TrajectorySummary, find_all_trajectories, summarize_measured
from riptui.store.trajectory import Trajectory


@without_gc()
def results(
    paths: tuple[Path, ...],
    by: tuple[str, ...],
    metric: str | None,
    features: str | None,
    csv: Path | None,
    parquet: Path | None,
    overwrite: bool,
    as_json: bool,
    **parts: bool,
) -> int:
    """parts: whether findings, recursion, interventions and a comparison (compare) are asked for as well."""
    asked = {part for part, is_asked in parts.items() if is_asked}
    if metric in SET_METRICS:
        _require_only_sets(metric, asked, parquet)
    _require_targets(csv, parquet, overwrite=overwrite)
    unlisted = UnlistedFolders()
    readable = _read_summaries(paths, unlisted)
    if metric in SET_METRICS:
        keys = _keys_of_sets(by, readable)
        compare = "compare" in asked
        set_results(readable, metric, features, keys, compare=compare, csv=csv, overwrite=overwrite, as_json=as_json)
        return unlisted.exit_code
    if features is not None and not parquet:
        raise InputError(f"--features is for --parquet, and for metrics of sets: {', '.join(SET_METRICS)}")
    chosen_metric = _choose_metric(metric, readable)
    members = extract_curves(readable, chosen_metric)
    keys = _grouping_keys(by, members)
    if csv or parquet:
        names = [features] if features else []
        _write_tables([summary.trajectory for summary in readable], csv, parquet, names, overwrite=overwrite)
    output, refusals = _compute(readable, members, chosen_metric, keys, asked, as_json=as_json)
    if as_json:
        print_json(results_tables.to_json_value(output))
    else:
        results_tables.print_results(MaskNames(summary.spec for summary in readable if summary.spec).name_all(output))
    for refusal in refusals[1:]:
        warn(str(refusal))
    if refusals:
        raise refusals[0]  # after what could be computed
    return unlisted.exit_code


def _require_targets(csv: Path | None, parquet: Path | None, *, overwrite: bool) -> None:
    """Raise the error of what cannot be written, before anything is computed or written."""
    if csv:
        require_file(csv, CSV_SUFFIXES, overwrite=overwrite)
    if parquet:
        require_file(parquet, PARQUET_SUFFIXES, overwrite=overwrite)
        import_pyarrow()


def _read_summaries(paths: Sequence[Path], unlisted: UnlistedFolders) -> list[TrajectorySummary]:
    """Of all readable trajectories, each spec once; warns of what is left out."""
    summaries = [summarize_measured(trajectory) for trajectory in find_all_trajectories(paths, on_error=unlisted)]
    found = [summary for summary in summaries if summary.spec]
    warn_left_out_count("unreadable", len(summaries) - len(found), see="riptui check")
    readable = drop_copies(found)
    warn_left_out_count("copies of others with the same spec", len(found) - len(readable))
    return readable


def _require_only_sets(metric: str, asked: Set[str], parquet: Path | None) -> None:
    if asked & {"findings", "recursion", "interventions"}:
        options = "--findings, --recursion and --interventions"
        raise InputError(f"{options} are about metrics of frames, and {metric} is one of sets")
    if parquet:
        raise InputError(f"a metric of sets is written as CSV: use --csv {parquet.with_suffix('.csv')}")


def _compute(
    summaries: Sequence[TrajectorySummary],
    members: Sequence[Curve],
    metric: str,
    keys: Sequence[str],
    asked: Set[str],
    *,
    as_json: bool,
) -> tuple[dict[str, Any], list[InputError]]:
    """The groups and the parts, each by its name; and why parts are refused."""
    between_frames = [] if metric.endswith(PREVIOUS) else extract_curves(summaries, f"{metric}{PREVIOUS}")
    groups = results_tables.groups_as_dicts(members, keys, between_frames)
    infinite = sum(ends_infinite(summary, metric) for summary in summaries)
    output: dict[str, Any] = {"metric": metric, "by": list(keys), "groups": groups, "infinite": infinite}
    if IMAGE in keys:
        output["pictures"] = name_pictures(curve.spec for curve in members)
    refusals: list[InputError] = []
    if "findings" in asked or "recursion" in asked:
        squares = _read_squares(summaries, metric, asked, as_json=as_json)
        if "findings" in asked:
            with _told_later(refusals):
                output["findings"] = _test_findings(summaries, metric, squares)
        if "recursion" in asked:
            output["recursion"] = analysis.recursion_analysis.analyse_recursion(squares, summaries, metric).as_dict()
    if "interventions" in asked:
        output["interventions"] = [asdict(effect) for effect in compare_interventions(members)]
    if "compare" in asked:
        with _told_later(refusals):
            conditions = comparison.settings_to_compare(members)
            output["comparison"] = comparison_as_dict(comparison.compare(members, conditions), conditions)
    return output, refusals


@contextmanager
def _told_later(refusals: list[InputError]) -> Iterator[None]:
    """Collect the refusal of one part, so that the others are printed all the same."""
    try:
        yield
    except InputError as error:
        refusals.append(error)


def _write_tables(
    trajectories: list[Trajectory],
    csv: Path | None,
    parquet: Path | None,
    features: Sequence[str],
    *,
    overwrite: bool,
) -> None:
    if parquet:
        read_vectors(trajectories, features)  # refused before the CSV is written
    if csv:
        warn(f"{long_table.to_csv(trajectories, csv, overwrite=overwrite)}: written")
    if parquet:
        written = long_table.to_parquet(trajectories, parquet, features=features, overwrite=overwrite)
        warn(f"{written}: written")


def _choose_metric(metric: str | None, summaries: Sequence[TrajectorySummary]) -> str:
    """The given metric, or the first that any trajectory has: of PAPER_METRICS, else any. Raises InputError."""
    measured = {
        name
        for summary in summaries
        for k, values in summary.metrics.items()
        for name, value in values.items()
        if k <= summary.k and value is not None
    }
    if not measured:
        raise InputError("these trajectories have no measured values: add some with riptui measure")
    if metric is None:
        return next((name for name in PAPER_METRICS if name in measured), in_registry_order(measured)[0])
    if metric not in measured:
        infinite = any(ends_infinite(summary, metric) for summary in summaries)
        problem = f"none of these trajectories has {'a finite ' if infinite else ''}{metric}"
        raise InputError(with_choices(problem, metric, in_registry_order(measured)))
    return metric


def _keys_of_sets(by: Sequence[str], summaries: Iterable[TrajectorySummary]) -> tuple[str, ...]:
    """As `_grouping_keys`, without what tells pictures and their seeds apart: they belong to one set."""
    return _grouping_keys(
        [name for name in by if name not in ("seed", IMAGE, "source_name")],
        [MemberFeatures(summary.spec, {}) for summary in summaries if summary.spec],
    )


def _grouping_keys(by: Sequence[str], members: Sequence[HasSpec]) -> tuple[str, ...]:
    """These, and the settings that differ within such groups, which are shown: unlike settings are never averaged."""
    keys = tuple(dict.fromkeys(by))
    differing = dict.fromkeys(
        name
        for group in group_by(members, keys).values()
        for name in differing_settings([curve.spec for curve in group])
        if name not in ("seed", *keys)
    )
    if differing:
        warn(f"also grouped by what differs: {', '.join(differing)}")
    return (*keys, *differing)


def _read_squares(
    summaries: Sequence[TrajectorySummary], metric: str, asked: Set[str], *, as_json: bool
) -> "analysis.read_squares.ReadSquares":
    """The errors of the squares, which findings and recursion need."""
    names = dict.fromkeys(PATCH_ERRORS if "recursion" in asked else ())
    names |= dict.fromkeys(patch_names(metric) if "findings" in asked else ())
    with named_bars(as_json=as_json) as begin:
        return analysis.read_squares.read_squares(summaries, [*names], begin("reading squares"))


def _test_findings(
    summaries: Sequence[TrajectorySummary], metric: str, squares: "analysis.read_squares.ReadSquares"
) -> list[dict[str, Any]]:
    return [
        {
            "settings": dict(tested.settings),
            "findings": [finding_as_dict(finding) for finding in tested.findings],
            "excess": [finding_as_dict(finding) for finding in tested.excess],
            "coverage_null": tested.coverage_null,
        }
        for tested in analysis.findings.check_findings(summaries, metric, squares.by_digest)
    ]
