"""The texts of the tree's rows: aligned below their header at any width, nothing said that was not measured."""

import pytest
from rich.cells import cell_len

from riptui.metrics.values import pack_values
from riptui.store.trajectory import Status
from riptui.tui.runs.row_cells import TreeColumns, group_cells, header_cells, trajectory_cells
from riptui.tui.runs.scanner import TreeEntry
from riptui.tui.runs.tree_model import GroupTotals, TreeRow

ENTRY = TreeEntry("g/m64-s0", Status.DONE, k=8, inpainted=400.0, charted="ssim", packed=pack_values((1.0, 0.6, 0.5)))


def text_of(cells: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in cells)


def trajectory(entry: TreeEntry, width: int, path: str = "g/m64-s0", *, group: str = "g") -> str:
    row, columns = TreeRow(path, 1, False), TreeColumns(width, "ssim")
    return text_of(trajectory_cells(row, entry, is_marked=False, group=group, columns=columns))


@pytest.mark.parametrize("width", [18, 24, 26, 33, 40, 80])
def test_the_columns_stand_below_their_names(width: int) -> None:
    header, row = text_of(header_cells(TreeColumns(width, "ssim"))), trajectory(ENTRY, width)
    assert cell_len(header) == cell_len(row) == width
    for name, value in (("inpainted", "400 %"), ("SSIM", ".500")):
        assert (name in header) == (value in row)
        if name in header:
            assert header.index(name) + len(name) == row.index(value) + len(value)


def test_the_net_of_a_metric_is_named_where_there_is_room() -> None:
    assert text_of(header_cells(TreeColumns(44, "lpips-vgg"))).endswith("inpainted LPIPS vgg  ")
    assert text_of(header_cells(TreeColumns(34, "lpips-vgg"))).endswith("inpainted LPIPS")
    assert "LPIPS" not in text_of(header_cells(TreeColumns(28, "lpips-vgg")))


def test_a_value_of_the_original_alone_or_of_another_metric_is_not_shown() -> None:
    begun = TreeEntry("g/a", Status.RUNNING, k=3, charted="ssim", packed=pack_values((1.0,)))
    other = TreeEntry("g/a", Status.DONE, k=8, charted="psnr", packed=pack_values((50.0, 20.0)))
    for entry in (begun, other):
        assert trajectory(entry, 44).rstrip().endswith("–")


def test_long_names_lose_their_middle() -> None:
    assert " a-very-long-na…-seed-7 " in trajectory(ENTRY, 44, "g/a-very-long-name-with-steps-20-seed-7")
    assert trajectory(ENTRY, 60, "g/m64-s0", group="").startswith("  ✓ g/m64-s0 ")


def test_in_one_list_of_all_groups_names_stay_apart() -> None:
    first, second = (trajectory(ENTRY, 44, f"quick/tiles/m{mask}-s1-256px-crop", group="") for mask in (32, 64))
    assert " …tiles/m32-s1-25…-crop " in first
    assert " …tiles/m64-s1-25…-crop " in second
    assert trajectory(ENTRY, 60, "quick/tiles/m32-s1", group="").startswith("  ✓ quick/tiles/m32-s1 ")


def test_a_group_counts_what_is_done_or_what_the_filter_leaves() -> None:
    totals, shown = GroupTotals([Status.DONE, Status.FAILED, Status.DONE]), GroupTotals([Status.FAILED])
    row = TreeRow("g", 0, True)
    assert text_of(group_cells(row, totals, totals, is_open=True, width=30)) == "▾ g                ✗1 2/3 done"
    assert text_of(group_cells(row, totals, shown, is_open=False, width=30)) == "▸ g                  ✗1 1 of 3"


def test_a_group_counts_what_is_stuck_and_in_little_room_leaves_out_what_is_not() -> None:
    counts = {"done": 3, "running": 1, "queued": 12, "paused": 4, "interrupted": 1, "stopped": 1, "failed": 1}
    totals = GroupTotals(counts)
    row = TreeRow("a-long-group", 0, True)

    def group(width: int) -> str:
        return text_of(group_cells(row, totals, totals, is_open=False, width=width))

    assert group(46) == "▸ a-long-group       ●1 ○12 ‖4 ◼2 ✗1 3/23 done"
    assert group(36) == "▸ a-long-group  ●1 ○12 ‖4 ◼2 ✗1 3/23"
    assert group(28) == "▸ a-long-group ‖4 ◼2 ✗1 3/23"
    assert all(cell_len(group(width)) == width for width in range(18, 60))
