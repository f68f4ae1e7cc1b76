"""The lines of the tree, and what is typed after `/`: no app, no disk."""

import pytest

from riptui.metrics.values import pack_values
from riptui.store.filters import KnownNames, parse_filter
from riptui.store.trajectory import Status
from riptui.tui.runs.scanner import ScanResult, TreeEntry
from riptui.tui.runs.tree_model import TreeModel, TreeRow


def entry(path: str, status: Status = Status.DONE, *, values: tuple[float, ...] = (), **fields: object) -> TreeEntry:
    usual: dict[str, object] = {"k": 16, "inpainted": 400.0, "packed": pack_values(values)}
    return TreeEntry(path, status, **{**usual, **fields})  # type: ignore[arg-type]


def outline(*entries: TreeEntry) -> TreeModel:
    made = TreeModel()
    made.apply(ScanResult(list(entries)))
    return made


def paths(made: TreeModel) -> list[str]:
    return [line.path for line in made.list_rows()]


def test_groups_are_closed_at_first_and_open_one_by_one() -> None:
    made = outline(entry("fig7/cat/m64"), entry("fig7/dog/m64"), entry("alone"))
    assert made.list_rows() == [TreeRow("fig7", 0, True), TreeRow("alone", 0, False)]
    made.expanded.add("fig7")
    assert paths(made) == ["fig7", "fig7/cat", "fig7/dog", "alone"]
    made.reveal("fig7/dog/m64")
    assert TreeRow("fig7/dog/m64", 2, False) in made.list_rows()
    made.expanded.clear()
    assert paths(made) == ["fig7", "alone"]


def test_names_are_in_natural_order() -> None:
    made = outline(entry("m128"), entry("m64"), entry("m256"))
    assert paths(made) == ["m64", "m128", "m256"]


@pytest.mark.parametrize(
    ("order", "expected"), [("newest", ["c", "b", "a"]), ("drift", ["b", "a", "c"]), ("status", ["b", "c", "a"])]
)
def test_orders(order: str, expected: list[str]) -> None:
    made = outline(
        entry("a", changed=1.0, charted="delta-e", values=(0.0, 0.2)),
        entry("b", Status.RUNNING, changed=2.0, charted="delta-e", values=(0.0, 0.4)),
        entry("c", Status.FAILED, changed=3.0),
    )
    made.set_order(order)  # type: ignore[arg-type]
    assert paths(made) == expected


def test_an_order_follows_what_changes_on_disk() -> None:
    made = outline(entry("a", charted="delta-e", values=(0.2,)), entry("b", charted="delta-e", values=(0.1,)))
    made.set_order("drift")
    assert paths(made) == ["a", "b"]
    assert made.apply(ScanResult([entry("b", charted="delta-e", values=(0.1, 0.5))]))
    assert paths(made) == ["b", "a"]


def test_a_change_that_moves_no_line_says_so() -> None:
    made = outline(entry("a", Status.RUNNING, k=3))
    assert not made.apply(ScanResult([entry("a", Status.RUNNING, k=4)]))
    assert made.entries["a"].k == 4


def test_totals_are_those_of_all_that_is_below() -> None:
    made = outline(entry("g/x/a"), entry("g/x/b", Status.FAILED, k=8), entry("g/y/c", Status.RUNNING, k=0))
    assert made.totals["g"].total() == made.totals[""].total() == 3
    assert made.totals["g"] == {"done": 1, "failed": 1, "running": 1}
    made.apply(ScanResult([entry("g/y/c", Status.DONE)], removed=["g/x/b"]))
    assert {status: count for status, count in made.totals["g"].items() if count} == {"done": 2}


def test_a_group_goes_with_its_last_trajectory() -> None:
    made = outline(entry("g/x/a"), entry("b"))
    made.apply(ScanResult(removed=["g/x/a"]))
    assert paths(made) == ["b"]
    assert not made.is_group("g")
    made.apply(ScanResult(removed=["b"]))
    assert paths(made) == []
    assert made.apply(ScanResult([entry("g/x/a")]))
    assert paths(made) == ["g"]


def test_below_gives_a_groups_trajectories_in_order() -> None:
    made = outline(entry("g/m128"), entry("g/m64"), entry("h/a"))
    assert made.list_trajectories("g") == ["g/m64", "g/m128"]
    assert made.list_trajectories("h/a") == ["h/a"]
    assert made.list_trajectories("") == ["g/m64", "g/m128", "h/a"]


def test_a_filter_opens_the_groups_of_what_it_admits() -> None:
    made = outline(entry("g/x/cat"), entry("g/y/dog"), entry("h/bird"))
    made.set_filter(parse_filter("cat", KnownNames()))
    assert paths(made) == ["g", "g/x", "g/x/cat"]
    assert made.apply(ScanResult([entry("h/cat")]))
    assert paths(made) == ["g", "g/x", "g/x/cat", "h", "h/cat"]
    assert made.list_matching("h") == ["h/cat"]
    assert (made.matching_totals("").total(), made.matching_totals("g").total()) == (2, 1)
    made.set_filter(None)
    assert paths(made) == ["g", "h"]
    assert made.matching_totals("").total() == 4


def test_totals_of_a_filter_follow_what_changes() -> None:
    made = outline(entry("g/a"), entry("g/b", Status.FAILED), entry("h/c"))
    made.set_filter(parse_filter("status:failed", KnownNames()))
    assert made.apply(ScanResult([entry("h/c", Status.FAILED)]))
    assert made.matching_totals("") == {"failed": 2}
    assert made.apply(ScanResult([entry("g/b", Status.RUNNING)]))
    assert paths(made) == ["h", "h/c"]
    assert made.matching_totals("g").total() == 0
    made.apply(ScanResult(removed=["h/c"]))
    assert made.matching_totals("").total() == 0


def test_a_flat_list_has_all_trajectories_in_one_order() -> None:
    made = outline(entry("g/x/a", changed=1.0), entry("g/b", changed=3.0), entry("h/c", changed=2.0))
    made.is_flat = True
    assert made.list_rows() == [TreeRow("g/x/a", 0, False), TreeRow("g/b", 0, False), TreeRow("h/c", 0, False)]
    made.set_order("newest")
    assert paths(made) == ["g/b", "h/c", "g/x/a"]
    made.set_filter(parse_filter("-group:h", KnownNames()))
    assert paths(made) == ["g/b", "g/x/a"]
    assert made.common_group == "g"


def test_an_order_sorts_the_groups_too_by_what_is_shown_of_them() -> None:
    made = outline(entry("g/a", changed=1.0), entry("h/b", changed=9.0), entry("h/c", changed=0.0))
    made.set_order("newest")
    assert paths(made) == ["h", "g"]
    made.set_filter(parse_filter("-b", KnownNames()))
    assert paths(made) == ["g", "g/a", "h", "h/c"]


def test_drift_is_largest_where_a_similarity_is_least_and_of_one_metric() -> None:
    similar = [entry(name, charted="ssim", values=(1.0, value)) for name, value in (("a", 0.9), ("b", 0.4))]
    made = outline(*similar, entry("c", charted="psnr", values=(0.1,)))
    made.set_order("drift")
    assert (made.metric, paths(made)) == ("ssim", ["b", "a", "c"])
