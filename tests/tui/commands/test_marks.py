"""Commands on marked trajectories: all of them at once, after one question."""

from pathlib import Path

import pytest

from riptui.tui.commands.export_dialog import ExportScreen
from riptui.tui.dialogs import ConfirmDialog
from tests.support.app_pilot import open_app
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the clipboard."""
    texts: list[str] = []
    monkeypatch.setattr("textual.app.App.copy_to_clipboard", lambda _, text: texts.append(text))
    return texts


@pytest.mark.slow
async def test_a_command_is_about_all_that_is_marked_after_one_question(
    make_trajectory: MakeTrajectory, runs: Path, copied: list[str]
) -> None:
    them = [make_trajectory(f"{group}/t{seed}", seed=seed) for group in "ab" for seed in range(2)]
    async with open_app(runs, select="a/t1") as pilot:
        await pilot.press("m", "l", "j", "m")
        await pilot.wait_until(lambda: list(pilot.tree.marked) == ["a/t1", "b/t0"], "two of two groups")
        await pilot.press("y")
        await pilot.wait_for_words("the paths of 2 marked trajectories")
        assert copied[0].split() == [str(runs / "a/t1"), str(runs / "b/t0")]
        await pilot.press("p")
        await pilot.wait_for_words("2 trajectories paused")
        assert [one.request.state for one in them] == ["run", "pause", "pause", "run"]
        await pilot.press("e")
        assert "2 trajectories" in str((await pilot.wait_for_dialog(ExportScreen)).query_one("Vertical").border_title)
        await pilot.press("escape")
        await pilot.wait_for_command()
        await pilot.press("delete")
        dialog = await pilot.wait_for_dialog(ConfirmDialog)
        assert "Move 2 marked trajectories to the trash (undo with u)?" in str(dialog.query("Static").first().content)
        await pilot.press("y")
        await pilot.wait_until(lambda: not pilot.tree.marked, "no marks on what is gone")
        assert [one.path.exists() for one in them] == [True, False, False, True]
        await pilot.press("u")
        await pilot.wait_for_words("2 trajectories restored")
        assert all(one.path.exists() for one in them)


@pytest.mark.slow
async def test_what_is_marked_but_hidden_by_the_filter_is_left_alone(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    one, other = (make_trajectory(f"a/m{mask}", mask=mask) for mask in (64, 128))
    async with open_app(runs, select="a/m64", confirm=False) as pilot:
        await pilot.press("m", "slash", *"mask:128", "enter", "delete")
        await pilot.wait_for_words("hidden by the filter")
        assert one.path.exists()
        await pilot.press("m", "delete")
        await pilot.wait_for_words("1 marked trajectory moved to the trash")
    assert one.path.exists()
    assert not other.path.exists()
