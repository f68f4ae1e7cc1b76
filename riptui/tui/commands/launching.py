"""New trajectories: the form, the same again with another seed, and the demo."""

import time
from pathlib import Path

from riptui import client
from riptui.errors import WorkerError
from riptui.metrics.availability import default_metrics
from riptui.plan import again as with_next_seed
from riptui.plan import demonstration
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.tui.commands.subject import Subject
from riptui.tui.launch.order import Placed
from riptui.tui.launch.screen import LaunchScreen
from riptui.wording import counted


async def launch(about: Subject) -> None:
    """The form; then its trajectories are queued, and a worker is there."""

    def alike(inpainter: str) -> list[Path]:
        entries = [entry for entry in about.outline.entries.values() if entry.inpainter == inpainter and entry.k]
        return [about.runs / entry.path for entry in sorted(entries, key=lambda entry: -entry.changed)]

    placed = await about.ask(LaunchScreen(about.runs, about.graphics, alike))
    if placed is None:
        return
    about.go_to(_below(about.runs, _common(placed)))
    if not placed.queued:
        about.tell(f"{counted(placed.done, 'trajectory')}: computed before, nothing to do")
        return
    known = f"; {placed.done} computed before" if placed.done else ""
    about.tell(f"{counted(placed.queued, 'trajectory')} queued{known}")
    await _compute(about)


async def again(about: Subject) -> None:
    """The trajectory under the cursor once more, with the next seed that its group does not have."""
    if about.is_group or not about.place:
        about.tell("put the cursor on a trajectory: it is done again with another seed", "warning")
        return
    one = Trajectory(about.runs / about.place)
    made = await about.in_thread(_repeat, about.runs, one)
    about.go_to(_below(about.runs, made.path))
    about.tell(f"{made.path.name} queued: the same with seed {made.spec.seed}")
    await _compute(about)


async def demo(about: Subject) -> None:
    """A first trajectory."""
    made = await about.in_thread(_demonstrate, about.runs)
    about.go_to(_below(about.runs, made.path))
    await _compute(about)


def _repeat(runs: Path, one: Trajectory) -> Trajectory:
    before = one.request
    request = Request("run", before.metrics, before.measure, queued=time.time())
    return with_next_seed(runs, one, request)


def _demonstrate(runs: Path) -> Trajectory:
    request = Request("run", default_metrics().names, queued=time.time())
    made = demonstration(runs, request)
    client.ask(made, "run", request)  # it may have been there, and stopped
    return made


async def _compute(about: Subject) -> None:
    try:
        await about.ensure_worker()
    except WorkerError as error:
        about.tell(f"queued, but nothing computes it: {error}", "error")


def _common(placed: Placed) -> Path:
    """What to look at: the trajectory, or the group that holds them all."""
    if len(placed.trajectories) == 1:
        return placed.trajectories[0].path
    return placed.trajectories[0].path.parent


def _below(runs: Path, path: Path) -> str:
    return path.resolve().relative_to(runs.resolve()).as_posix()
