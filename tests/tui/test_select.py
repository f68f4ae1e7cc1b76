"""Where the app begins: `--select`, also where its name comes late, or never."""

from pathlib import Path

import pytest

from riptui.graphics.capabilities import Terminal
from riptui.settings import load_settings
from riptui.tui.app import RiptuiApp
from riptui.tui.runs import scanner
from riptui.tui.runs.tree import RunsTree
from tests.support.app_pilot import toasts, wait_until
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def runs(make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three trajectories, whose names come one by one."""
    for name in ("a", "b", "c"):
        make_trajectory(f"group/{name}")
    monkeypatch.setattr(scanner, "FIRST_SLICE_SECONDS", 0.0)
    monkeypatch.setattr(scanner, "SLICE_SECONDS", 0.0)
    return tmp_path / "runs"


def make_app(runs: Path, select: str) -> RiptuiApp:
    return RiptuiApp(runs, load_settings(), Terminal("off", "a test"), selected_path=select)


@pytest.mark.slow
async def test_a_name_that_comes_late_is_gone_to(runs: Path) -> None:
    app = make_app(runs, "group/c")
    async with app.run_test() as pilot:
        tree = app.screen.query_one(RunsTree)
        await wait_until(pilot, lambda: tree.current_row and tree.current_row.path == "group/c")
        assert not toasts(app)


@pytest.mark.slow
async def test_what_fails_once_it_ends_is_no_crash(runs: Path) -> None:
    app = make_app(runs, "group/c")
    async with app.run_test():
        pass  # whatever it has begun to show, it is ended
    app._handle_exception(LookupError("a part of a widget that is gone"))
    assert app.crash is None


@pytest.mark.slow
async def test_what_is_not_there_is_told_once_whatever_it_is_called(runs: Path) -> None:
    app = make_app(runs, "[/red]\x1b[0m")
    async with app.run_test() as pilot:
        await wait_until(pilot, lambda: toasts(app))
        assert toasts(app) == [f"[/red]\\x1b[0m not found in {runs}"]
        assert len(app.screen.query_one(RunsTree).model.entries) == 3
