"""What is on the screen, as text, against files: a change of any of it is seen by whoever reviews the change.

After a change that is meant, write the files anew and look at what git says of them:

    RENEW=1 python -m pytest tests/tui/test_screens.py; git diff tests/tui/screens

They hold no colours and no pictures, and nothing that was computed: they are the same on any machine, on any day.
"""

import os
from collections.abc import Awaitable, Callable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui.store import layout
from riptui.store.records import Request, encode_line
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import register
from riptui.study.manifest import Manifest, SourceRecord
from riptui.study.study_estimate import StudyEstimate
from riptui.study.study_file import Study
from riptui.tui.group.compare import CompareScreen
from riptui.tui.studies import study_plan
from riptui.tui.studies.study_panes import StudyText
from riptui.tui.trajectory import heading
from riptui.tui.workers import gpu_history, queue_rows, worker_rows
from riptui.worker.loop import new_worker_record
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FAILURE, FIRST, queue_trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import advance

SCREENS = Path(__file__).with_name("screens")
SIZES = ((140, 40), (80, 24))


async def browse(pilot: AppPilot) -> None:
    await pilot.wait_for_frame(32)


async def look_at_the_masks(pilot: AppPilot) -> None:
    await pilot.wait_for_frame(32)
    await pilot.press("3", "H", "H")
    await pilot.wait_for_frame(16)


async def look_at_the_recursion(pilot: AppPilot) -> None:
    await pilot.wait_for_frame(32)
    await pilot.press("4")
    await pilot.wait_until(lambda: "coverage explains" in pilot.screen_text, "the numbers")


async def look_at_a_group(pilot: AppPilot) -> None:
    pilot.tree.select("fig7")
    await pilot.wait_until(lambda: "4 trajectories" in pilot.screen_text, "the group")


async def look_at_a_failure(pilot: AppPilot) -> None:
    pilot.tree.select("fig7/dog/m64-s0")
    await pilot.wait_until(lambda: pilot.browser.shown_path == "fig7/dog/m64-s0", "it")
    await pilot.press("6")
    await pilot.wait_until(lambda: "it broke" in pilot.screen_text, "the log")


async def compare(pilot: AppPilot) -> None:
    await pilot.press("m", "m", "m", "c")
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
    await pilot.wait_until(lambda: "200 %" in pilot.screen_text, "its frames")


async def look_at_the_workers(pilot: AppPilot) -> None:
    await pilot.press("W")
    await pilot.wait_until(lambda: "gpu7 4711" in pilot.screen_text, "the worker")
    await pilot.wait_until(lambda: "3 wait" in pilot.screen_text and "m64-s2" in pilot.screen_text, "the queue")
    await pilot.wait_until(lambda: "18/79 GiB" in pilot.screen_text, "the GPU")


LACKING = ("the inpainter lama needs its weights (206 MB): download them with: riptui fetch lama",)


async def look_at_a_study(pilot: AppPilot) -> None:
    await pilot.press("S")
    await pilot.wait_until(lambda: "9 min on one device" in pilot.screen_text, "the plan")
    text = pilot.app.screen.query_one("#plan", StudyText)
    await pilot.wait_until(lambda: LACKING[0] in text.text, "what is lacking")


async def begin(pilot: AppPilot) -> None:
    await pilot.wait_until(lambda: "demo" in pilot.screen_text, "the first screen")


SHOWN: dict[str, Callable[[AppPilot], Awaitable[None]]] = {
    "trajectory": browse,
    "masks": look_at_the_masks,
    "recursion": look_at_the_recursion,
    "group": look_at_a_group,
    "failure": look_at_a_failure,
    "comparison": compare,
    "workers": look_at_the_workers,
    "study": look_at_a_study,
    "welcome": begin,
}
"""What is looked at, and how one comes there."""
FOLDERS = {"welcome": "nothing", "workers": "shared"}
"""Of what is not in the usual runs folder."""
WORKER = msgspec.structs.replace(
    new_worker_record(WorkerOptions()),
    id="gpu7-1",
    pid=4711,
    host="gpu7",
    place="elsewhere",
    started="2026-01-15T12:00:00Z",
)
WORKING = WorkerStatus(
    1.0,
    "working",
    inpainter="sd2",
    jobs=(WorkerJob("fig7/cat/m128-s0", 38, 256, 22, 50),),
    rate=2.1,
    memory_used=18 * 2**30,
    memory_total=79 * 2**30,
    device="cuda:0 (NVIDIA H100)",
    load=0.71,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a runs folder in it: three trajectories that are done, one that failed, one that is paused."""
    home = tmp_path_factory.mktemp("home")
    runs = home / "runs"
    chosen: dict[str, dict[str, Any]] = {
        FIRST: {},
        "fig7/cat/m64-s1": {"seed": 1},
        "fig7/cat/m128-s0": {"mask": 128},
        "fig7/dog/m64-s0": {"source_name": "dog.png"},
        "night/m64-s0": {},
    }
    for place, fields in chosen.items():
        trajectory = queue_trajectory(runs, place, amount=200.0, inpainter="noise", **fields)
        if place.startswith("fig7/cat"):
            list(run_trajectory(trajectory))
        else:
            advance(trajectory, 10)
        (trajectory.path / layout.METRICS).write_bytes(b"".join(measured(trajectory)))
    (runs / "fig7/dog/m64-s0" / layout.FAILED).write_bytes(FAILURE)
    set_request(Trajectory(runs / "night/m64-s0"), Request(state="pause"))
    for seed in range(3):
        set_request(queue_trajectory(home / "shared", f"fig13/dog/m64-s{seed}", seed=seed), Request())
    write_study(home)
    return home


def write_study(home: Path) -> None:
    """The study whose trajectories they are, and one that was never run."""
    text = 'images = ["cat.png", "dog.png"]\n[sweep]\ninpainter = "noise"\nmask = [64, 128]\nseed = "0-1"\n'
    (home / "fig7.toml").write_text(text)
    (home / "stability.toml").write_text(text)
    paths = {"cat/m64-s0": 32, "cat/m64-s1": 32, "cat/m128-s0": 8, "dog/m64-s0": 32}
    source = SourceRecord("cat.png", "0" * 64, 1, 1, trajectories=paths)
    record = Manifest(str(home / "fig7.toml"), text, 8, (source,))
    (home / "runs" / "fig7" / "fig7.study.json").write_bytes(msgspec.json.encode(record))


def estimate(study: Study) -> StudyEstimate:
    """What is the same on any machine."""
    return StudyEstimate(2, (), (), (), 8, 4, 208, 82, 0.15, 78_000_000, 48_000_000_000)


def measured(trajectory: Trajectory) -> Iterator[bytes]:
    """Values that nobody measured: those of an image differ in their last digits from one machine to another."""
    spec, newest = trajectory.spec, len(trajectory.read_rows())
    for k in spec.point_iterations():
        x = spec.inpainted(k) * (1 + spec.seed / 5)
        if k <= newest:
            yield encode_line({"k": k, "lpips-vgg": 0.6 * x / (x + 19.2 * spec.mask), "ssim": 1 - 0.5 * x / (x + 90)})


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("what", SHOWN)
async def test_the_screen_is_as_it_was_approved(
    what: str, size: tuple[int, int], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heading, "format_age", lambda when: " 3 min ago")
    monkeypatch.setattr(study_plan, "estimate_study", estimate)
    monkeypatch.setattr(study_plan, "find_lacking", lambda study: LACKING)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    for module in (worker_rows, queue_rows):
        monkeypatch.setattr(module, "user_name", lambda user: "ann")
    monkeypatch.setattr(gpu_history, "BAR_SECONDS", 1e9)
    with register(home / "shared", WORKER) as worker:
        worker.publish(WORKING)
        async with open_app(Path(FOLDERS.get(what, "runs")), size) as pilot:
            await SHOWN[what](pilot)
            await pilot.wait_for_loading()
            require_same(SCREENS / f"{what}-{size[0]}x{size[1]}.txt", pilot.screen_text)


def require_same(file: Path, now: str) -> None:
    if os.environ.get("RENEW"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(now)
    approved = file.read_text()
    assert now == approved, "\n" + "".join(
        unified_diff(approved.splitlines(True), now.splitlines(True), "approved", "now")
    )


def test_no_file_is_left_that_is_not_compared() -> None:
    names = {f"{what}-{columns}x{rows}.txt" for what in SHOWN for columns, rows in SIZES}
    assert {file.name for file in SCREENS.iterdir()} == names
