"""Whatever is done to the runs folder and the workers while the app is open: it is told, and the rest goes on."""

import json
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from riptui.graphics.capabilities import Terminal
from riptui.graphics.picture import PictureWidget
from riptui.store import layout
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.supervision import client
from tests.support import odd_inpainters
from tests.support.app_pilot import AppPilot, open_app, screen_strips
from tests.support.app_runs import FIRST, make_runs, queue_trajectory
from tests.support.app_terminal import running
from tests.support.command import finished, started
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

pytestmark = pytest.mark.slow

HALF_BLOCKS = Terminal("halfblock", "a test", truecolor=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by many tests, written by none."""
    runs = tmp_path_factory.mktemp("disk") / "runs"
    make_runs(runs)
    return runs


# --- what breaks on disk


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy of the runs folder, for tests that change it."""
    return Path(shutil.copytree(folder, tmp_path / "runs"))


@pytest.mark.exhaustive
def test_a_runs_folder_that_is_deleted_while_it_is_open_is_told_and_shown_when_it_is_back(
    own: Path, tmp_path: Path
) -> None:
    with running(own) as app:
        own.rename(tmp_path / "away")
        app.terminal.wait_for(b"does not exist")
        here = len(app.terminal.written)
        (tmp_path / "away").rename(own)
        app.terminal.wait_for(b"m64-s1", after=here)
        app.quit_in_order()


@pytest.mark.exhaustive
def test_two_apps_on_one_folder_show_the_same_and_one_goes_on_when_the_other_ends(own: Path, tmp_path: Path) -> None:
    with running(own) as one, running(own) as other:
        queue_trajectory(own, "night/m64-s3", seed=3)
        for app in (one, other):
            app.terminal.wait_for(b"3 queued")
        one.quit_in_order()
        here = len(other.terminal.written)
        (own / "night").rename(tmp_path / "night")  # all of it at once
        other.terminal.wait_for(b" 3 done", after=here)  # in the counts, of which nothing is queued or paused any more
        assert b"queued" not in other.terminal.written[here:]
        other.quit_in_order()


EVIL = "\x1b]0;taken\x07\x1b[2J\u202e[/red]\n" + "x" * 300


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def name_source(folder: Path) -> None:
    spec = json.loads((folder / layout.SPEC).read_bytes())
    del spec["digest"]
    (folder / layout.SPEC).write_text(json.dumps(spec | {"source_name": EVIL}))


BROKEN: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "spec-cut": (lambda folder: cut(folder / layout.SPEC, 40), "1", "spec.json"),
    "spec-evil": (name_source, "5", "\\x1b]0;taken"),
    "rows-cut": (lambda folder: cut(folder / layout.ROWS, 1000), "3", "/32"),
    "patches-cut": (lambda folder: cut(folder / layout.PATCHES, 1000), "2", "is truncated"),
    "metrics-evil": (lambda folder: (folder / layout.METRICS).write_text(json.dumps({"k": 2, EVIL: 1.0})), "1", ""),
    "original-png": (lambda folder: (folder / layout.ORIGINAL).write_text(EVIL), "2", "original.png"),
    "keyframe-png": (lambda folder: (folder / layout.KEYFRAMES / "32.png").write_bytes(b"\x89PNG\r\n"), "2", "31/32"),
    "failed-evil": (
        lambda folder: (folder / layout.FAILED).write_text(
            json.dumps({"when": EVIL, "k": 3, "error": EVIL, "traceback": EVIL})
        ),
        "6",
        "\\x1b]0;taken",
    ),
    "-".join(["long"] * 20): (lambda folder: None, "1", "long-long"),
}
"""Ways to break a trajectory, the tab in which to look, and what is said."""


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    """A group of each of these, with a good one at each side, three groups of 100 letters deep."""
    runs = tmp_path / "runs"
    group = runs / ("a" * 100) / ("b" * 100) / ("c" * 100)
    for name in ("a-good", *BROKEN, "z-good"):
        shutil.copytree(folder / FIRST, group / name)
        if name in BROKEN:
            BROKEN[name][0](group / name)
    (group / f"{layout.NEW_PREFIX}0123456789ab").mkdir()
    (group / "\x1b]0;taken\x07").mkdir()
    return runs


@pytest.mark.exhaustive
async def test_what_is_broken_or_half_written_is_told_in_its_place_and_the_rest_is_shown(broken: Path) -> None:
    async with open_app(broken, terminal=HALF_BLOCKS) as pilot:
        group = pilot.cursor.rpartition("/")[0]
        for name, (_, tab, told) in BROKEN.items():
            pilot.tree.select(f"{group}/{name}")
            await pilot.wait_until(lambda: pilot.browser.shown_path == f"{group}/{name}", name)  # noqa: B023  awaited at once
            seen = ""
            for key in (tab, "$", "left", "0"):
                await pilot.press(key)
                await pilot.wait_for_loading()
                seen += pilot.screen_text
            assert told in seen, name
            assert raw_in(seen) == set(), name
        pilot.tree.select(f"{group}/z-good")
        await pilot.wait_until(lambda: pilot.browser.shown_path == f"{group}/z-good", "the good one")
        await pilot.press("$")
        await pilot.wait_for_frame(32)
        assert pilot.view.query_one("#frame PictureWidget", PictureWidget).image is not None
        pilot.tree.select(group)
        await pilot.wait_until(lambda: "unreadable" in pilot.screen_text, "the group")
        for key in "1234":
            await pilot.press(key)
            assert raw_in(pilot.screen_text) == set()


def raw_in(text: str) -> set[str]:
    """What a terminal would obey, and what cannot be seen."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


async def test_what_is_removed_while_a_range_of_marks_grows_is_never_marked_again(own: Path) -> None:
    async with open_app(own, select=FIRST) as pilot:
        await pilot.press("m", "V")
        await pilot.wait_until(lambda: list(pilot.tree.marked) == [FIRST, "fig7/cat/m64-s1"], "the range")
        shutil.rmtree(own / FIRST)
        await pilot.wait_until(lambda: FIRST not in pilot.tree.model.entries, "the removal")
        await pilot.press("j")
        assert FIRST not in pilot.tree.marked


async def test_a_command_that_waited_for_its_turn_leaves_out_what_was_removed_meanwhile(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = Event(), Event()

    def request_state(_trajectory: Trajectory, _state: str) -> None:
        begun.set()
        goes_on.wait(30)

    monkeypatch.setattr(client, "request_state", request_state)
    async with open_app(own, select="night/m64-s1") as pilot:
        await pilot.press("p")
        await pilot.wait_until(begun.is_set, "the first pause at work")
        await pilot.press("p")
        shutil.rmtree(own / "night/m64-s1")
        await pilot.wait_until(lambda: "night/m64-s1" not in pilot.tree.model.entries, "the removal")
        goes_on.set()
        await pilot.wait_for_words("nothing to pause or resume here")


# --- workers


@pytest.mark.exhaustive
async def test_a_frame_that_a_worker_computes_appears_on_the_screen(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory("night/one", metrics=("ssim",))
    async with open_app(runs, select="night/one", terminal=HALF_BLOCKS) as pilot:
        await pilot.wait_for_frame(0)
        original = cells_shown(pilot)
        with started("worker", "--runs", runs, "--idle", "0") as worker:
            await pilot.wait_until(lambda: pilot.view.cursor.k == 16, "the last frame")
            await pilot.wait_until(lambda: "✓ 1 done" in pilot.screen_text, "the end")
            assert finished(worker).code == 0
        await pilot.wait_for_loading()
        picture = pilot.view.query_one("#frame PictureWidget", PictureWidget)
        assert picture.image is not None
        assert np.array_equal(picture.image, read_frame(trajectory, 16))
        assert any("▀" in text for text, _ in original)
        assert cells_shown(pilot) != original


def cells_shown(pilot: AppPilot) -> list[tuple[str, object]]:
    """Where frame k is on the screen: text and colours."""
    region = pilot.view.query_one("#frame PictureWidget").region
    rows = screen_strips(pilot.app)[region.y : region.bottom]
    return [(part.text, part.style) for row in rows for part in row.crop(region.x, region.right)]


@pytest.mark.exhaustive
def test_a_worker_that_is_killed_while_it_is_watched_is_told_and_the_app_goes_on(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("night/one", inpainter="slow", parameters={"seconds": 0.2, "steps": 4}, amount=400.0)
    with (
        started("worker", "--runs", runs, command=odd_inpainters.COMMAND) as worker,
        running(runs, command=[*odd_inpainters.COMMAND, "browse"], seen=b"1 running") as app,
    ):
        app.terminal.wait_for(b"iteration ")
        worker.kill()
        app.terminal.wait_for(b" died; see")
        app.terminal.wait_for(b"1 interrupted")
        app.quit_in_order()


@pytest.mark.parametrize(
    ("settings", "looks", "rung"),
    [
        ("", True, b""),
        ("", False, b"\x07"),
        ("bell = 'always'", True, b"\x07"),
        ("bell = 'never'", False, b""),
        ("ring = 'osc9'", False, b"\x1b]9;riptui: night/m64-s1: done\x07"),
    ],
)
def test_an_end_rings_as_the_settings_have_it(
    settings: str, looks: bool, rung: bytes, own: Path, own_places: Path
) -> None:
    (own_places / "riptui").mkdir(parents=True)
    (own_places / "riptui" / "settings.toml").write_text(settings)
    with running(own) as app:
        app.terminal.type("\x1b[I" if looks else "\x1b[O")
        list(run_trajectory(Trajectory(own / "night/m64-s1")))
        app.terminal.wait_for(b" 4 done")
        app.quit_in_order()
        ended = re.findall(rb"(?:\x1b\][^\x1b\x07]*)?\x07", bytes(app.terminal.written))
        rings = [one for one in ended if not one.startswith(b"\x1b]22;")]  # the shape of the pointer
        assert rings == ([rung] if rung else [])


async def test_nothing_is_offered_to_write_in_the_place_of_a_runs_folder_that_has_vanished(
    make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path
) -> None:
    make_trajectory("night/one")
    async with open_app(runs, select="night/one") as pilot:
        await pilot.wait_until(lambda: "night / one" in pilot.screen_text)
        runs.rename(tmp_path / "away")
        await pilot.wait_until(lambda: "shown again when it is back" in pilot.screen_text, "why it is empty")
        assert "Run the demo" not in pilot.screen_text
        await pilot.press("enter")
        (tmp_path / "away").rename(runs)
        await pilot.wait_until(lambda: "night / one" in pilot.screen_text, "the folder again")
        assert [path.name for path in (runs / "night").iterdir()] == ["one"]
