"""A group: what is gathered and drawn of it, the table, and the view on the screen."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, isfinite, isnan
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot

from riptui.results.bootstrap import NO_ESTIMATE, IntervalEstimate
from riptui.results.exposure import SquareErrors
from riptui.results.recursion_effect import RecursionEffect
from riptui.results.square_cache import read_square_errors_cached
from riptui.store import layout
from riptui.store.trajectory import Trajectory
from riptui.tui.group.chart_options import ChartOptions
from riptui.tui.group.chart_reader import build_chart
from riptui.tui.group.group_reader import GroupReader
from riptui.tui.group.mean_curves import (
    MAX_CURVES,
    MAX_RUNS,
    ROUNDING_LEVELS,
    GroupData,
    build_group_data,
    describe_settings,
)
from riptui.tui.group.recursion_curves import build_recursion_data, describe_slope
from riptui.tui.group.table import GroupTable
from riptui.tui.group.view import GroupView
from riptui.tui.plot.chart import Chart
from riptui.tui.row_table import TableColumn, TableRow
from riptui.tui.tab_bar import TabBar
from tests.support.app_pilot import click_text, screen_text, wait_until
from tests.support.made import made_spec, write
from tests.support.recursed import bundled_pictures, paint_grey, save_recursion


def lpips(scale: float) -> Callable[[float], float]:
    return lambda inpainted: scale * inpainted / 400


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """Masks 64 and 128, two images, two seeds; SSIM of the smaller mask only."""
    for image in (0, 1):
        for mask in (64, 128):
            for seed in (0, 1):
                metrics = {"lpips-vgg": lpips(0.1 * (1 + image) + 0.2 * seed + mask / 640)}
                metrics |= {"ssim": lambda x: 1 - x / 1000} if mask == 64 else {}
                spec = made_spec(image, mask=mask, seed=seed)
                write(tmp_path / "fig7" / f"picture-{image}" / f"m{mask}-s{seed}", spec, metrics)
    return tmp_path / "fig7"


def paths(group: Path) -> list[Path]:
    return sorted(spec.parent for spec in group.rglob(layout.SPEC))


def gathered(group: Path, gathering: GroupReader | None = None) -> GroupReader:
    gathering = gathering or GroupReader()
    list(gathering.read(map(str, paths(group))))
    return gathering


def digested(group: Path, **choice: Any) -> GroupData:
    gathering = gathered(group)
    list(gathering.read_coverage())
    return build_group_data(gathering.members, ChartOptions(**choice), gathering.coverage, str(group))


# --- passes over whole pictures


@pytest.mark.parametrize(("axis", "passes"), [("inpainted", 1), ("coverage", 1), ("excess", 1), ("inpainted", 5)])
def test_whole_pictures_are_drawn_over_passes(tmp_path: Path, axis: str, passes: int) -> None:
    for image in (0, 1):
        parameters = {"passes": passes} if passes > 1 else {"quality": 50}
        name = "autoencoder" if passes > 1 else "jpeg"
        spec = made_spec(image, mask=512, amount=300.0, inpainter=name, parameters=parameters)
        write(tmp_path / f"picture-{image}" / "m512-s0", spec, {"lpips-vgg": lpips(1)})
    data = build_chart(gathered(tmp_path), ChartOptions(axis=axis), str(tmp_path))  # type: ignore[arg-type]
    assert [*data.series[0].x] == [0, passes, 2 * passes, 3 * passes]
    assert (data.x_end, data.of_passes) == (3 * passes, True)
    assert data.x_label == "passes"


def test_squares_and_whole_pictures_together_are_drawn_over_what_is_inpainted(group: Path) -> None:
    spec = made_spec(3, mask=512, amount=400.0, inpainter="jpeg")
    write(group / "picture-3" / "m512-s0", spec, {"lpips-vgg": lpips(1)})
    data = build_chart(gathered(group), ChartOptions(), str(group))
    assert (data.x_end, data.of_passes, data.x_label) == (400.0, False, "inpainted %")


# --- what is gathered


def test_a_second_look_reads_nothing_that_is_the_same(group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gathering = gathered(group)
    assert gathering.changed
    before = dict(gathering.members)
    monkeypatch.setattr(
        "riptui.tui.group.group_reader.summarize", lambda trajectory: pytest.fail(f"read {trajectory.path}")
    )
    gathered(group, gathering)
    assert not gathering.changed
    assert all(gathering.members[path] is member for path, member in before.items())


def test_only_what_changed_is_read_again(group: Path) -> None:
    gathering = gathered(group)
    before = dict(gathering.members)
    grown = paths(group)[3]
    with (grown / layout.METRICS).open("ab") as file:
        file.write(b'{"k": 16, "lpips-vgg": 0.9}\n')
    gathered(group, gathering)
    assert gathering.changed
    assert {path for path, member in gathering.members.items() if before[path] is not member} == {str(grown)}
    assert 0.9 in gathering.members[str(grown)].values_of("lpips-vgg")


def test_a_deleted_trajectory_is_forgotten_and_a_damaged_one_counted(group: Path) -> None:
    gathering = gathered(group)
    shutil.rmtree(paths(group)[0])
    spec = paths(group)[0] / layout.SPEC
    spec.unlink()
    spec.write_text("{")
    gathered(group, gathering)
    assert (len(gathering.members), gathering.unreadable) == (6, 1)


def test_one_deleted_between_listing_and_reading_is_counted(group: Path) -> None:
    listed = paths(group)
    shutil.rmtree(listed[0])
    gathering = GroupReader()
    list(gathering.read(map(str, listed)))
    assert (len(gathering.members), gathering.unreadable) == (7, 1)


def test_values_that_are_not_finite_are_left_out(group: Path) -> None:
    path = paths(group)[0]
    with (path / layout.METRICS).open("ab") as file:
        file.write(b'{"k": 64, "lpips-vgg": null, "psnr": null}\n')
    member = gathered(group).members[str(path)]
    assert isnan(member.values_of("lpips-vgg")[-1])
    assert isfinite(member.newest_value("lpips-vgg"))
    assert member.newest_value("psnr") == inf
    assert member.values_of("no-such") is None


# --- what is drawn


def test_the_mean_and_standard_deviation_of_each_mask_size(group: Path) -> None:
    small, large = digested(group).series
    assert (small.name, large.name) == ("64 px", "128 px")
    scales = [fmean(0.1 * (1 + image) + 0.2 * seed + 0.1 for seed in (0, 1)) for image in (0, 1)]
    assert small.x == tuple(50.0 * n for n in range(9))
    assert small.y[-1] == pytest.approx(fmean(scales))
    assert small.high[-1] - small.y[-1] == pytest.approx(stdev(scales))
    assert small.y[-1] - small.low[-1] == pytest.approx(stdev(scales))


def test_means_of_a_group_that_grows_say_so(group: Path) -> None:
    assert digested(group, metric="lpips-vgg").note == ""
    rows = (paths(group)[0] / layout.ROWS).read_bytes().splitlines(keepends=True)
    (paths(group)[0] / layout.ROWS).write_bytes(b"".join(rows[:-1]))
    assert digested(group, metric="lpips-vgg").note == "1 trajectory unfinished: late means are over fewer"
    for name in (layout.ROWS, layout.METRICS):  # one that waits: nothing is measured yet
        (paths(group)[1] / name).unlink()
    assert digested(group, metric="lpips-vgg").note == "2 trajectories unfinished: late means are over fewer"


def test_one_trajectory_has_no_error_bars(group: Path) -> None:
    gathering = gathered(group)
    one = dict(list(gathering.members.items())[:1])
    (series,) = build_group_data(one, ChartOptions(), {}, str(group)).series
    assert series.low is not None
    assert set(series.low) == {None}


def test_coverage_is_the_mean_coverage_at_equal_amounts(group: Path) -> None:
    shown = digested(group, axis="coverage")
    assert shown.x_end == 100
    assert all(0 <= x <= 100 for series in shown.series for x in series.x)
    assert shown.series[0].x[0] == 0
    assert 55 < shown.series[0].x[2] < 72  # the paper's protocol expects 63.5 % at 100 %


def test_all_points_are_every_value_and_equal_dots_are_one(group: Path) -> None:
    shown = digested(group, view="points")
    assert all(series.points_only for series in shown.series)
    assert [len(series.x) for series in shown.series] == [33, 33]  # 4 x 9, and four of them are the same at 0 %
    assert max(value for value in shown.series[1].y if value is not None) == pytest.approx(0.6)


@pytest.mark.slow
def test_a_hundred_thousand_points_are_thinned(group: Path) -> None:
    gathering = gathered(group)
    member = next(iter(gathering.members.values()))
    members = {f"{n}": replace(member, path=f"{n}", digest=f"{n}") for n in range(3000)}
    (series,) = build_group_data(members, ChartOptions(view="points"), {}, "/").series
    assert len(series.x) <= ROUNDING_LEVELS


def test_runs_are_of_one_image_at_a_time(group: Path) -> None:
    first, second = digested(group, view="runs"), digested(group, view="runs", image=1)
    assert [series.name for series in first.series] == ["64 px", "", "128 px", ""]
    ends = [[series.y[-1] for series in shown.series] for shown in (first, second)]
    assert ends[1] == pytest.approx([end + 0.1 for end in ends[0]])
    assert digested(group, view="runs", image=2).series == first.series


def test_a_metric_that_some_have_is_drawn_for_those_and_one_that_none_has_gives_way(group: Path) -> None:
    assert [series.name for series in digested(group, metric="ssim").series] == ["64 px"]
    shown = digested(group, metric="delta-e")
    assert (shown.options.metric, shown.metrics) == ("lpips-vgg", ("lpips-vgg", "ssim"))


def test_other_differing_fields_part_the_curves_too(group: Path) -> None:
    write(group / "telea", made_spec(0, mask=64, inpainter="telea"), {"lpips-vgg": lpips(0.5)})
    names = [series.name for series in digested(group).series]
    assert names == ["64 px navier-stokes", "64 px telea", "128 px navier-stokes"]


def test_too_many_curves_and_runs_are_cut_and_told(group: Path) -> None:
    member = next(iter(gathered(group).members.values()))
    sizes = [8, 16, 32, 64, 128, 256, 512, 1, 2, 4]
    members = {f"{m}": replace(member, path=f"{m}", digest=f"{m}", spec=made_spec(0, mask=m)) for m in sizes}
    shown = build_group_data(members, ChartOptions(), {}, "/")
    assert len(shown.series) == MAX_CURVES
    assert "8 of 10 curves" in shown.note
    members = {f"{n}": replace(member, path=f"{n}", digest=f"{n}") for n in range(100)}
    shown = build_group_data(members, ChartOptions(view="runs"), {}, "/")
    assert (len(shown.series), shown.note) == (MAX_RUNS, "60 of 100 runs")


def test_settings_that_differ_are_never_averaged_and_the_note_says_which(group: Path) -> None:
    member = next(iter(gathered(group).members.values()))
    specs = [
        made_spec(0, mask=64, inpainter="telea", parameters={"radius": 3}),
        made_spec(1, mask=64, inpainter="telea", parameters={"radius": 5}),
        made_spec(1, mask=64, inpainter="telea", parameters={"radius": 5}, squares="shared"),
    ]
    members = {f"{n}": replace(member, path=f"{n}", digest=spec.digest, spec=spec) for n, spec in enumerate(specs)}
    shown = build_group_data(members, ChartOptions(), {}, "/")
    assert [series.name for series in shown.series] == [
        "64 px own squares radius 3",
        "64 px own squares radius 5",
        "64 px shared squares radius 5",
    ]
    assert shown.note.startswith("curves by mask, squares, radius")


def test_of_many_settings_a_curve_is_named_by_those_that_few_have(group: Path) -> None:
    member = next(iter(gathered(group).members.values()))
    unusual: list[dict[str, Any]] = [{}, {"order": "shuffle"}, {"fit": "crop"}, {"paste": False}, {"amount": 200.0}]
    specs = [made_spec(image, **({"mask": 64} | fields)) for image, fields in enumerate([*unusual, {"mask": 128}])]
    members = {f"{n}": replace(member, path=f"{n}", digest=spec.digest, spec=spec) for n, spec in enumerate(specs)}
    names = {series.name for series in build_group_data(members, ChartOptions(), {}, "/").series}
    assert names == {"64 px", "64 px shuffle", "64 px crop", "64 px no paste", "64 px to 200 %", "128 px"}


def test_a_copy_of_a_trajectory_counts_once(group: Path) -> None:
    member = next(iter(gathered(group).members.values()))
    shown = build_group_data({"a": member, "b": replace(member, path="b")}, ChartOptions(view="runs"), {}, "/")
    assert (len(shown.series), shown.note, len(shown.rows)) == (1, "without 1 copy", 2)


def test_nothing_at_all_is_an_empty_digest() -> None:
    shown = build_group_data({}, ChartOptions(), {}, "/")
    assert (shown.series, shown.rows, shown.metrics) == ((), (), ())


def test_the_table_has_a_column_for_what_differs_and_for_each_metric(group: Path) -> None:
    shown = digested(group)
    assert [column.name for column in shown.columns] == ["trajectory", "mask", "seed", "%", "LPIPS vgg", "SSIM"]
    assert shown.rows[0].values[0] == "picture-0/m128-s0"
    assert isnan(float(shown.rows[0].values[-1]))


# --- the table


class OneTable(App[None]):
    def compose(self) -> ComposeResult:
        yield GroupTable()

    def on_row_table_row_chosen(self, message: GroupTable.RowChosen) -> None:
        self.chosen = message.key


NAMED = TableColumn("name", 6, str, right_aligned=False)
VALUED = TableColumn("value", 6, lambda value: "" if isnan(float(value)) else f"{value:.1f}")


def filled(table: GroupTable, values: list[float]) -> None:
    table.show((NAMED, VALUED), tuple(TableRow(f"r{n}", "✓", (f"r{n}", value)) for n, value in enumerate(values)))


async def test_rows_that_came_while_it_was_hidden_are_on_the_screen_afterwards() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        around, table = Vertical(), GroupTable()
        await pilot.app.query_one(GroupTable).remove()
        await pilot.app.mount(around)
        await around.mount(table)
        filled(table, [3.0, 1.0, 2.0])
        await pilot.pause()
        around.display = False
        await pilot.pause()
        assert not table.size
        filled(table, [3.0, 1.0, 7.5])
        await pilot.pause()
        around.display = True
        await pilot.pause()
        assert "7.5" in screen_text(pilot.app)


async def test_the_cursor_stays_with_its_row_when_the_order_or_the_rows_change() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(GroupTable)
        filled(table, [3.0, 1.0, 2.0])
        table.cursor = 1
        table.sort_by("value")
        assert table.keys == ["r1", "r2", "r0"]
        assert table.current == "r1"
        filled(table, [0.0, 9.0, 2.0])
        assert table.keys == ["r0", "r2", "r1"]
        assert table.current == "r1"


async def test_an_arrow_is_only_where_the_rows_are_in_that_order() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(GroupTable)
        filled(table, [float(n) for n in range(12)])
        assert "name▴" in table.render_line(0).text
        table.show(table.columns, tuple(reversed(table.rows)))  # the tree is sorted otherwise
        assert "▴" not in table.render_line(0).text
        table.sort_by("value")
        assert "value▴" in table.render_line(0).text


async def test_what_was_not_measured_is_last_in_either_order() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(GroupTable)
        filled(table, [3.0, float("nan"), 2.0])
        table.sort_by("value")
        assert table.keys == ["r2", "r0", "r1"]
        table.sort_by("value", descending=True)
        assert table.keys == ["r0", "r2", "r1"]


@pytest.mark.slow
async def test_a_click_on_a_column_sorts_and_again_the_other_way() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(GroupTable)
        filled(table, [3.0, 1.0, 2.0])
        await pilot.pause()
        for expected in (["r1", "r2", "r0"], ["r0", "r2", "r1"]):
            await pilot.click(table, offset=(11, 0))
            assert table.keys == expected
        assert "value▾" in table.render_line(0).text


@pytest.mark.slow
async def test_the_tables_keys() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(GroupTable)
        filled(table, [float(n) for n in range(100)])
        table.focus()
        for key, place in {"down": 1, "j": 2, "k": 1, "up": 0, "pagedown": 8, "G": 99, "pageup": 91}.items():
            await pilot.press(key)
            assert table.cursor == place
        assert "r91" in "".join(table.render_line(y).text for y in range(10))
        await pilot.press("s", "S", "enter")
        assert table.keys[0] == "r99"
        assert pilot.app.chosen == "r91"


@pytest.mark.slow
async def test_an_empty_table_takes_every_key() -> None:
    async with OneTable().run_test(size=(40, 10)) as pilot:
        table = pilot.app.query_one(GroupTable)
        table.focus()
        await pilot.press("down", "s", "S", "enter", "G")
        await pilot.click(table, offset=(3, 0))
        assert table.current is None


# --- the view


class OneGroup(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[Path] = []

    def compose(self) -> ComposeResult:
        yield GroupView()

    def on_group_view_trajectory_chosen(self, message: GroupView.TrajectoryChosen) -> None:
        self.chosen.append(message.path)


def lines(view: GroupView) -> list[str]:
    chart = view.query_one(Chart)
    return [chart.render_line(y).text for y in range(chart.size.height)]


async def shown(pilot: Pilot[None], group: Path) -> GroupView:
    view = pilot.app.query_one(GroupView)
    view.show(group, paths(group))
    await wait_until(pilot, lambda: bool(view.query_one(GroupTable).keys))
    return view


@pytest.mark.slow
async def test_a_group_is_shown_with_its_curves_and_its_table(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        picture = "\n".join(lines(view))
        assert "LPIPS vgg" in picture
        assert "64 px" in picture
        assert "128 px" in picture
        assert len(view.query_one(GroupTable).keys) == 8
        assert "8 trajectories · 2 images" in str(view.query_one("#group-about").content)


@pytest.mark.parametrize("view", ["mean", "points", "runs"])
def test_the_psnr_of_equal_pictures_alone_is_in_the_chart_as_infinite(view: Any, tmp_path: Path) -> None:
    for seed in (0, 1):
        write(tmp_path / f"m64-s{seed}", made_spec(seed=seed), {"psnr": lambda x: inf})
    data = digested(tmp_path, view=view, metric="psnr")
    assert {value for line in data.series for value in line.y} == {inf}


@pytest.mark.slow
async def test_a_click_on_each_tab_shows_it(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        tabs = view.query_one(TabBar)
        names = [name for name in tabs.names if name != "gallery"]  # that is a screen of its own
        for name in (*names[1:], names[0]):
            await click_text(pilot, name.capitalize())
            await wait_until(pilot, lambda name=name: tabs.chosen == name, name)


@pytest.mark.slow
async def test_the_view_the_metric_the_image_and_the_axis_can_be_chosen(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        tabs, about = view.query_one(TabBar), view.query_one("#group-about")
        for place, chosen in {1: "points", 2: "runs", 3: "recursion", 0: "mean"}.items():
            view.select_tab(place)
            assert tabs.chosen == chosen
        view.cycle_metric()
        await wait_until(pilot, lambda: "SSIM" in lines(view)[0])
        view.cycle_image()
        await wait_until(pilot, lambda: "trajectories of 1.png" in str(about.content))
        view.set_axis("coverage")
        await wait_until(pilot, lambda: "coverage %" in lines(view)[-1])


@pytest.mark.slow
async def test_choosing_a_row_tells_its_trajectory(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        view.query_one(GroupTable).focus()
        await pilot.press("down", "enter")
        assert pilot.app.chosen == [paths(group)[1]]


async def test_with_little_room_the_table_is_a_tab(group: Path) -> None:
    async with OneGroup().run_test(size=(60, 16)) as pilot:
        view = await shown(pilot, group)
        assert view.charts
        assert not view.query_one(GroupTable).display
        view.select_tab(4)
        await pilot.pause()
        assert view.query_one(GroupTable).display
        assert not view.charts


@pytest.mark.slow
async def test_others_of_the_group_as_a_filter_leaves_them_are_shown_at_once(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        view._pause_seconds = 1000.0  # as after a slow first reading
        view.show(group, paths(group)[:3])
        await wait_until(pilot, lambda: len(view.query_one(GroupTable).keys) == 3)
        view.show(group, paths(group), at_once=False)
        assert view._read_timer is not None


async def test_its_name_stands_before_what_is_told_of_it_in_any_room(group: Path) -> None:
    async with OneGroup().run_test(size=(30, 16)) as pilot:
        await shown(pilot, group)
        await wait_until(pilot, lambda: screen_text(pilot.app).startswith("fig7  8 trajectories · 2 im"), "both")


@pytest.mark.slow
async def test_what_grows_and_what_is_deleted_shows_once_the_disk_changed(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        table = view.query_one(GroupTable)
        shutil.rmtree(paths(group)[0])
        view.disk_changed()
        await wait_until(pilot, lambda: len(table.keys) == 7)
        write(group / "more", made_spec(3, mask=256), {"lpips-vgg": lpips(0.3)})
        view.show(group, paths(group))
        await wait_until(pilot, lambda: len(table.keys) == 8)
        assert "256 px" in "\n".join(lines(view))


async def test_a_group_that_is_left_and_chosen_again_is_shown_again(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = await shown(pilot, group)
        view.show(group / "picture-1", paths(group / "picture-1"))
        view.show(group, paths(group))
        assert not view.has_read(group)
        await wait_until(pilot, lambda: len(view.query_one(GroupTable).keys) == 8)
        assert view.has_read(group)
        assert not view.has_read(group / "picture-1")


async def test_a_group_in_which_nothing_can_be_read_says_so(group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        for path in paths(group):
            (path / layout.SPEC).write_text("{")
        view = pilot.app.query_one(GroupView)
        view.show(group, paths(group))
        await wait_until(pilot, lambda: "8 unreadable" in str(view.query_one("#group-about").content))
        assert "no metrics yet" in lines(view)[0]


# --- recursion


@pytest.fixture
def recursed(tmp_path: Path) -> Path:
    """Two pictures painted grey at two mask sizes, a copy, one without paste, and one that lost its patches."""
    folder = tmp_path / "recursed"
    for index, original in enumerate(bundled_pictures(2)):
        for mask in (64, 128):
            save_recursion(folder / f"{index}-{mask}", original, paint_grey(), mask=mask, amount=100.0)
    shutil.copytree(folder / "0-64", folder / "copy")
    save_recursion(folder / "no-paste", original, paint_grey(), amount=25.0, paste=False)
    damaged = save_recursion(folder / "damaged", original, paint_grey(), amount=100.0, seed=1)
    (damaged.path / layout.PATCHES).unlink()
    return folder


@pytest.mark.slow
def test_the_recursion_of_a_group_is_that_of_its_finished_trajectories(
    recursed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering = gathered(recursed)
    list(gathering.read_squares())
    assert {Path(path).name for path in gathering.squares} == {"0-64", "0-128", "1-64", "1-128"}
    data = build_recursion_data(gathering.members, ChartOptions("recursion"), gathering.squares, str(recursed))
    assert [series.name for series in data.series] == ["64 px  R +0.0 %", "128 px  R +0.0 %"]
    assert data.note == "without 2 trajectories: unfinished, a copy, without paste or unreadable"
    assert (data.metrics, data.options.metric, data.x_end) == (("luma",), "luma", data.series[0].x[-1])
    for series in data.series:
        assert series.y[0] == 0
        assert len({round(value or 0, 9) for value in series.y[1:]}) == 1, "grey is grey"
    assert str(recursed / "damaged") not in gathering.members  # it counts as unreadable
    monkeypatch.setattr("riptui.results.square_cache.compute_errors", lambda *_: pytest.fail("read again"))
    list(gathering.read_squares())
    assert len(gathering.squares) == 4
    assert len(data.rows) == 6


def test_what_cannot_be_read_is_tried_again_only_when_its_folder_changed(
    group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The made patches are no pictures."""
    tried: list[Path] = []

    def read(trajectory: Trajectory, names: Sequence[str]) -> SquareErrors:
        tried.append(trajectory.path)
        return read_square_errors_cached(trajectory, names)

    monkeypatch.setattr("riptui.tui.group.group_reader.read_square_errors_cached", read)
    gathering = gathered(group)
    list(gathering.read_squares())
    assert (len(tried), gathering.squares) == (8, {})
    with (paths(group)[3] / layout.METRICS).open("ab") as file:
        file.write(b'{"k": 16, "lpips-vgg": 0.9}\n')
    gathered(group, gathering)
    list(gathering.read_squares())
    assert tried[8:] == [paths(group)[3]]


def test_intervals_over_shared_squares_are_told_to_be_for_these(tmp_path: Path) -> None:
    for index, original in enumerate(bundled_pictures(2)):
        save_recursion(tmp_path / str(index), original, paint_grey(), mask=128, amount=100.0, squares="shared")
    gathering = gathered(tmp_path)
    list(gathering.read_squares())
    data = build_recursion_data(gathering.members, ChartOptions("recursion"), gathering.squares, str(tmp_path))
    assert data.note == "all images share one sequence of squares: the intervals are for these squares"


def test_r_has_its_interval_where_there_is_one() -> None:
    share = IntervalEstimate(1.64, 0.91, 2.3, 9)
    effect = RecursionEffect("luma", 9, 9, [], share, share, share, share, share, share, share, [])
    assert describe_slope(effect) == "R +1.6 % [0.9, 2.3]"
    assert describe_slope(replace(effect, relative_slope=NO_ESTIMATE)) == "R -"


@pytest.mark.slow
async def test_the_recursion_of_a_group_is_drawn_and_says_where_there_is_none(recursed: Path, group: Path) -> None:
    async with OneGroup().run_test(size=(120, 40)) as pilot:
        view = pilot.app.query_one(GroupView)
        view.select_view("recursion")
        view.show(recursed, paths(recursed))
        await wait_until(pilot, lambda: "R +0.0 %" in "\n".join(lines(view)))
        assert "luma error of squares" in lines(view)[0]
        assert "repaints" in lines(view)[-1]
        view.show(group, paths(group))
        await wait_until(pilot, lambda: "no finished trajectory yet" in lines(view)[0])


def test_curves_of_whole_images_are_not_named_by_a_mask() -> None:
    settings = ["mask", "inpainter"]
    assert describe_settings(settings, [512, "jpeg"], whole_image=True) == "whole image jpeg"
    assert describe_settings(settings, [512, "jpeg"]) == "512 px jpeg"
