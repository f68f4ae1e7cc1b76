"""Results as JSON holds them, and as tables show them: both from the same dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import TYPE_CHECKING, Any

from riptui.cli.console import note, out, say, tabulate
from riptui.terminal import printable

if TYPE_CHECKING:
    from rich.table import Table

    from riptui.results.comparison import Comparison
    from riptui.results.curves import Curve
    from riptui.results.statistics import Drift
    from riptui.results.verdicts import Finding

Cell = Callable[[dict[str, Any]], str]
COLOURS = {"holds": "green", "does not": "red", "undecided": "yellow"}


def groups(members: Iterable[Curve], by: Sequence[str], previous: Iterable[Curve]) -> list[dict[str, Any]]:
    """The numbers of each group. `previous`: the curves of the same metric against the previous measured frame."""
    from riptui.results.curves import distributions, grouped
    from riptui.results.statistics import convergence, drift, spread_over_runs

    against = list(previous)
    moving = grouped(against, by) if against else {}
    return [
        {
            "key": dict(zip(by, key, strict=True)),
            **_drift(drift(found)),
            "curve": [one._asdict() for one in distributions(found)],
            "runs": [one._asdict() for one in spread_over_runs(found)] if _differ_in_seed_alone(found) else [],
            "convergence": convergence(moving[key]) if key in moving else None,
        }
        for key, found in grouped(members, by).items()
    ]


def _differ_in_seed_alone(members: Iterable[Curve]) -> bool:
    """Or in their images: otherwise the spread over runs would be one over settings too."""
    from riptui.results.curves import settings

    return set(settings([one.spec for one in members])) <= {"seed"}


def _drift(one: Drift) -> dict[str, Any]:
    return asdict(one) | {"last": one.last._asdict() if one.last else None}


def finding(one: Finding) -> dict[str, Any]:
    return {
        "number": one.number,
        "claim": one.claim,
        "verdict": str(one.verdict),
        "test": one.test,
        "images": one.images,
        "trajectories": one.trajectories,
        "evidence": [asdict(each) | {"verdict": str(each.verdict)} for each in one.evidence],
        "note": "; ".join(filter(None, (one.note, one.lacks))),
    }


def comparison(found: Comparison, by: Sequence[str]) -> dict[str, Any]:
    def named(one: dict[str, Any], *names: str) -> dict[str, Any]:
        return one | {name: dict(zip(by, one[name], strict=True)) for name in names}

    return {
        "standings": [named(asdict(one), "key") for one in found.standings],
        "differences": [named(asdict(one), "nearer", "farther") for one in found.differences],
        "left_out": found.left_out,
    }


def plain(value: object) -> Any:
    """As JSON has it: null for what is not finite."""
    import msgspec

    return msgspec.json.decode(msgspec.json.encode(value))


def tell(told: dict[str, Any]) -> None:
    """All of it, for people."""
    _tell_groups(told["groups"], told["metric"])
    for tested in told.get("findings", ()):
        out.print()
        say(_label(tested["settings"]), "bold")
        for one in tested["findings"]:
            _tell_finding(one)
    if "findings" in told and not told["findings"]:
        note("no trajectory is complete, so there is nothing to test the findings on")
    if "comparison" in told:
        _tell_comparison(told["comparison"], told["metric"])


def _tell_groups(found: Sequence[dict[str, Any]], metric: str) -> None:
    columns = {
        "n": lambda one: str(one["trajectories"]),
        "images": lambda one: str(one["images"]),
        f"{metric} at the end": _final,
        "95 %": lambda one: _interval(one["final"]),
        "area": lambda one: _number(one["area"]["value"]),
        "95 % of it": lambda one: _interval(one["area"]),
        "half-life": lambda one: _percent(one["half_life"]),
        "law": _law,
    }
    tabulate(_layouts(found, "key", columns, ("law", "95 % of it", "images", "area", "95 %", "half-life")))
    if unfinished := sum(one["unfinished"] for one in found):
        note(f"left out, not measured to the end: {unfinished}; riptui resume, riptui measure")


def _final(group: dict[str, Any]) -> str:
    last = group["last"]
    sd = "" if last is None or isnan(last["sd"]) else f" ± {_number(last['sd'])}"
    return f"{_number(group['final']['value'])}{sd}"


def _law(group: dict[str, Any]) -> str:
    if not group["laws"]:
        return "-"
    better, other = group["laws"]
    return f"{better['law']}, ΔAICc {other['aicc'] - better['aicc']:.1f}"


def _tell_finding(one: dict[str, Any]) -> None:
    from rich.text import Text

    verdict = one["verdict"]
    out.print(Text.assemble(f"{one['number']}. {one['claim']}  ", (verdict, f"bold {COLOURS[verdict]}")))
    for each in one["evidence"]:
        effect = each["effect"]
        images = "1 image" if effect["images"] == 1 else f"{effect['images']} images"
        numbers = f"{_number(effect['value'])}  {_interval(effect)}  against {each['null']:g}"
        say(f"   {each['what']}: {numbers}, {images}", "dim")
    if one["note"]:
        say(f"   {one['note']}", "dim")


def _tell_comparison(found: dict[str, Any], metric: str) -> None:
    out.print()
    say(f"The most stable first, by the area under {metric}", "bold")
    columns = {
        "n": lambda one: str(one["trajectories"]),
        "images": lambda one: str(one["area"]["images"]),
        "area": lambda one: _number(one["area"]["value"]),
        "95 %": lambda one: _interval(one["area"]),
        "half-life": lambda one: _percent(one["half_life"]),
        "s per inpainting": lambda one: "-" if one["seconds"] is None else f"{one['seconds']:.3g}",
    }
    tabulate(_layouts(found["standings"], "key", columns, ("images", "half-life", "n", "95 %")))
    columns = {
        "farther than it": lambda one: _label(one["farther"]),
        "by": lambda one: _number(one["effect"]["value"]),
        "95 %": lambda one: _interval(one["effect"]),
        "p (Wilcoxon)": lambda one: f"{one['p']:.2g}",
        "p (Holm)": lambda one: f"{one['adjusted']:.2g}",
    }
    tabulate(_layouts(found["differences"], "nearer", columns, ("p (Wilcoxon)", "95 %", "by")))
    if found["left_out"]:
        note(f"left out, not complete or not done by every inpainter: {found['left_out']}")


def _layouts(
    found: Sequence[dict[str, Any]], key: str, columns: Mapping[str, Cell], expendable: Sequence[str]
) -> Iterator[Table]:
    """A row for each of what was found, its key first: with all columns, then without one after another of some."""
    for dropped in range(len(expendable) + 1):
        yield _table(found, key, {name: cell for name, cell in columns.items() if name not in expendable[:dropped]})


def _table(found: Sequence[dict[str, Any]], key: str, columns: Mapping[str, Cell]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in found[0][key]:
        table.add_column(Text(printable(name)), overflow="fold", min_width=4)
    for name in columns:
        table.add_column(Text(printable(name)), justify="right", overflow="fold")
    for one in found:
        settings = (Text(_setting(value)) for value in one[key].values())
        table.add_row(*settings, *(Text(cell(one)) for cell in columns.values()))
    return table


def _label(settings: dict[str, Any]) -> str:
    """The inpainter by its name alone, the rest by name and value."""
    rest = [
        f"{printable(name)} {_setting(value)}"
        for name, value in settings.items()
        if name != "inpainter" and value is not None
    ]
    return ", ".join([*([_setting(settings["inpainter"])] if "inpainter" in settings else []), *rest])


def _setting(value: object) -> str:
    return "-" if value is None else printable(str(value))[:40]


def _number(value: float) -> str:
    return "-" if isnan(value) else f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def _interval(estimate: dict[str, float]) -> str:
    return "-" if isnan(estimate["low"]) else f"{_number(estimate['low'])} to {_number(estimate['high'])}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"
