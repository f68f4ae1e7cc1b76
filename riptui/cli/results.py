"""`riptui results`: what many trajectories say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from riptui.cli.options import Names, json_option, paths_argument, several

if TYPE_CHECKING:
    from riptui.results.curves import Curve
    from riptui.store.listing import Summary

FILE = click.Path(path_type=Path, dir_okay=False)
USUAL = ("inpainter", "mask")
KEYS = ["inpainter", "mask", "seed", "order", "amount", "paste", "size", "fit", "image", "source_name"]


@click.command(short_help="Statistics of many trajectories, and the paper's findings.")
@paths_argument
@several(
    "--by",
    type=Names(lambda: KEYS),
    default=",".join(USUAL),
    show_default=True,
    metavar="A,B",
    help="What sets the groups apart: fields of the spec, parameters of an inpainter (steps), or image.",
)
@click.option("--metric", metavar="NAME", show_default="lpips-vgg, or the next best", help="Which metric to look at.")
@click.option("--findings", is_flag=True, help="Test the seven findings of the paper.")
@click.option("--compare", is_flag=True, help="Order the inpainters by how far they drift, with paired tests.")
@click.option("--csv", type=FILE, metavar="F", help="Write all that was measured as one table, a row a measured frame.")
@click.option("--parquet", type=FILE, metavar="F", help="The same for pandas and others (extra [parquet]).")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@json_option
def results(
    paths: tuple[Path, ...],
    by: tuple[str, ...],
    metric: str | None,
    findings: bool,
    compare: bool,
    csv: Path | None,
    parquet: Path | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Tell what trajectories say together. PATH: a trajectory, or a folder of them.

    Of each group: the mean at the end ± the standard deviation, the mean over the whole amount (area), both with their
    interval of 95 % by image, and the half-life. Only complete trajectories count.

    \b
    riptui results runs --by inpainter,mask
    riptui results runs/fig7 --findings --csv fig7.csv
    """
    from riptui.cli import outcomes
    from riptui.cli.console import emit, note
    from riptui.results.curves import curves
    from riptui.store.listing import find_all, summarize

    summaries = [summarize(trajectory) for trajectory in find_all(paths)]
    readable = [one for one in summaries if one.spec]
    if len(readable) < len(summaries):
        note(f"left out, not readable: {len(summaries) - len(readable)}; riptui check says why")
    chosen = _choose(metric, readable)
    members = curves(readable, chosen)
    keys = _keys(by, members)
    if csv or parquet:
        _write(readable, csv, parquet, overwrite=overwrite)
    told: dict[str, Any] = {"metric": chosen, "by": list(keys)}
    told["groups"] = outcomes.groups(members, keys, _previous(readable, chosen))
    if findings:
        told["findings"] = _findings(readable, chosen)
    if compare:
        told["comparison"] = _comparison(members)
    if as_json:
        emit(outcomes.plain(told))
    else:
        outcomes.tell(told)
    return 0


def _write(summaries: Iterable[Summary], csv: Path | None, parquet: Path | None, *, overwrite: bool) -> None:
    from riptui.cli.console import note
    from riptui.results import table

    trajectories = [one.trajectory for one in summaries]
    for write, file in ((table.to_csv, csv), (table.to_parquet, parquet)):
        if file:
            note(f"{write(trajectories, file, overwrite=overwrite)}: written")


def _choose(metric: str | None, summaries: Iterable[Summary]) -> str:
    """The metric that was asked for, or the best that any trajectory has. Raises InputError if there is none."""
    from riptui.errors import InputError
    from riptui.metrics import in_order
    from riptui.values import ORDER

    there = {
        name
        for one in summaries
        for k, values in one.metrics.items()
        for name, value in values.items()
        if k <= one.k and value is not None
    }
    if not there:
        raise InputError("nothing is measured in these trajectories yet: riptui measure adds metrics to saved frames")
    if metric is None:
        return next((name for name in ORDER if name in there), in_order(there)[0])
    if metric not in there:
        raise InputError(f"{metric} is measured in none of these trajectories. Measured: {', '.join(in_order(there))}")
    return metric


def _keys(by: Sequence[str], members: Sequence[Curve]) -> tuple[str, ...]:
    """What to group by: amounts apart, since their ends are not comparable. What else is mixed is said."""
    from riptui.cli.console import note
    from riptui.results.curves import grouped, settings

    apart = ("amount",) if "amount" not in by and len({one.spec.amount for one in members}) > 1 else ()
    keys = tuple(dict.fromkeys([*by, *apart]))
    mixed = dict.fromkeys(
        name for group in grouped(members, keys).values() for name in settings([one.spec for one in group])
    )
    if unlike := [name for name in mixed if name not in ("seed", *keys)]:
        note(f"groups mix unlike {', '.join(unlike)}: --by {','.join([*keys, *unlike])} tells them apart")
    return keys


def _previous(summaries: Iterable[Summary], metric: str) -> list[Curve]:
    """The same metric's distances between measured frames, where there are any."""
    from riptui.metrics import PREVIOUS
    from riptui.results.curves import curves

    return [] if metric.endswith(PREVIOUS) else curves(summaries, f"{metric}{PREVIOUS}")


def _findings(summaries: Sequence[Summary], metric: str) -> list[dict[str, Any]]:
    from riptui.cli.outcomes import finding
    from riptui.results.findings import findings

    return [
        {"settings": dict(tested.settings), "findings": [finding(one) for one in tested.findings]}
        for tested in findings(summaries, metric)
    ]


def _comparison(members: Sequence[Curve]) -> dict[str, Any]:
    from riptui.cli.outcomes import comparison
    from riptui.results.comparison import compare
    from riptui.results.panel import conditions

    by = [name for name in conditions(members) if name != "amount"]
    return comparison(compare(members, by), by)
