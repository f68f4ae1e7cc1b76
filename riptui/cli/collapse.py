"""`riptui collapse`: how trajectories end, by stated thresholds."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from riptui.cli.collapse_tables import print_attraction, print_collapse, print_coupling
from riptui.cli.console import print_json, warn, warn_left_out_count
from riptui.cli.mask_names import MaskNames
from riptui.cli.results_tables import to_json_value
from riptui.cli.transient_progress import named_bars
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError, with_choices
from riptui.export.files import require_file
from riptui.export.tables import CSV_SUFFIXES, write_csv
from riptui.features import load_extractor
from riptui.results.collapse_summary import CollapseSummary, summarise_ends
from riptui.results.collapse_table import collapse_rows
from riptui.results.collapse_thresholds import parse_thresholds
from riptui.results.coupling import analyse_coupling
from riptui.results.end_looks import choose_distance, distance_metrics, read_ends
from riptui.results.end_states import analyse_attraction
from riptui.store.listing import TrajectorySummary, find_all_trajectories, summarize_measured


def collapse(
    paths: tuple[Path, ...],
    metric: str | None,
    thresholds: tuple[str, ...],
    features: str,
    device: str,
    csv: Path | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    if csv:
        require_file(csv, CSV_SUFFIXES, overwrite=overwrite)
    chosen = parse_thresholds(thresholds)
    extractor = load_extractor(features, device)
    unlisted = UnlistedFolders()
    summaries = [summarize_measured(trajectory) for trajectory in find_all_trajectories(paths, on_error=unlisted)]
    readable = [summary for summary in summaries if summary.spec]
    warn_left_out_count("unreadable", len(summaries) - len(readable), see="riptui check")
    unfinished = sum(summary.spec is not None and summary.k < summary.spec.iterations for summary in readable)
    warn_left_out_count("not computed to the end", unfinished, see="riptui resume")
    chosen_metric = _choose_metric(metric, summaries)
    with named_bars(as_json=as_json) as begin:
        ends = read_ends(summaries, chosen_metric, begin("reading last frames"))
        attraction = analyse_attraction(ends.members, extractor, begin("comparing ends"))
        coupling = analyse_coupling(ends.members, begin("comparing growth"))
    summary = summarise_ends(ends, chosen)
    if csv:
        warn(f"{_write_csv(summary, csv, overwrite=overwrite)}: written")
    if as_json:
        found = {"attraction": attraction.as_dict(), "coupling": coupling.as_dict()}
        print_json(to_json_value(summary.as_dict() | found))
    else:
        names = MaskNames(end.spec for end in ends.members)
        print_collapse(names.name_all(summary.as_dict()))
        print_attraction(names.name_all(attraction.as_dict()))
        print_coupling(names.name_all(coupling.as_dict()))
    for reason in dict.fromkeys([*ends.left_out, *attraction.left_out, *coupling.left_out]):
        warn(f"left out, {reason}")
    return unlisted.exit_code


def _choose_metric(metric: str | None, summaries: Iterable[TrajectorySummary]) -> str | None:
    """The given metric, or the first distance that any trajectory has. Raises InputError if none has the given one."""
    listed = [*summaries]
    if metric is None:
        return choose_distance(listed)
    if metric not in (measured := distance_metrics(listed)):
        raise InputError(with_choices(f"none of these trajectories has a distance {metric}", metric, measured))
    return metric


def _write_csv(summary: CollapseSummary, file: Path, *, overwrite: bool) -> Path:
    rows: list[dict[str, Any]] = collapse_rows(summary)
    if not rows:
        raise InputError("no trajectory is complete: there is nothing to write; see riptui resume")
    return write_csv(rows, file, overwrite=overwrite)
