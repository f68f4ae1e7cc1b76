"""The app begins where it ended, whatever is in the place of the state file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui.settings.paths import state_file
from riptui.store import trash
from riptui.tui.last_place import MAX_PLACES, LastPlace, recall_place, remember_place
from riptui.tui.runs.tree_panel import TreePanel
from tests.support.app_pilot import open_app
from tests.support.trajectories import MakeTrajectory

PLACE = LastPlace("g/t1", 50, order="newest", is_flat=True)


def test_each_runs_folder_has_its_own_and_only_the_last_are_kept(tmp_path: Path) -> None:
    for number in range(MAX_PLACES + 5):
        remember_place(tmp_path / str(number), PLACE)
    assert recall_place(tmp_path / "24") == PLACE
    assert recall_place(tmp_path / "4") == LastPlace()


def break_file(file: Path) -> None:
    file.write_bytes(b'{"places": {"x": \xff')


def change_types(file: Path) -> None:
    file.write_text('{"places": [1, 2]}')


@pytest.mark.parametrize("spoil", [os.mkfifo, Path.mkdir, break_file, change_types])
def test_what_is_in_its_place_does_no_harm(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    state_file().parent.mkdir(parents=True)
    spoil(state_file())
    assert recall_place(tmp_path) == LastPlace()
    remember_place(tmp_path, PLACE)
    assert recall_place(tmp_path) == (PLACE if spoil in (break_file, change_types) else LastPlace())


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_the_app_begins_where_it_ended(make_trajectory: MakeTrajectory, runs: Path) -> None:
    paths = [make_trajectory(f"g/t{seed}", seed=seed).path for seed in range(3)]
    async with open_app(runs) as pilot:
        assert pilot.cursor == "g/t0"
        await pilot.press("F", "s", "right_square_bracket")
        pilot.tree.select("g/t2")
    async with open_app(runs) as pilot:
        panel = pilot.browser.query_one(TreePanel)
        assert pilot.cursor == "g/t2"
        assert (panel.border_title, panel.outer_size.width) == ("All trajectories by newest", 50)
    trash.move_to_trash(runs, [paths[2]])
    async with open_app(runs) as pilot:
        await pilot.wait_until(lambda: pilot.cursor == "g/t0", "the first")
        assert not pilot.toasts
    async with open_app(runs, select="g/t1") as pilot:
        assert pilot.cursor == "g/t1"


@pytest.mark.slow
async def test_a_group_that_is_asked_for_ends_the_flat_list_of_the_last_time(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    make_trajectory("g/t1", seed=1)
    remember_place(runs, PLACE)
    async with open_app(runs, select="g") as pilot:
        panel = pilot.browser.query_one(TreePanel)
        await pilot.wait_until(lambda: panel.border_title == "Trajectories by newest", "the title")
        assert pilot.cursor == "g"
