"""New trajectories: from the form, with another seed, and the demo."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from riptui.errors import WorkerError
from riptui.metrics.availability import check_default_metrics
from riptui.planning.submit import create_demo
from riptui.planning.submit import repeat_with_next_seed as with_next_seed
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.supervision import client
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.launch.screen import LaunchScreen
from riptui.tui.launch.start_runs import LaunchResult
from riptui.tui.runs.tree_model import parent_path


async def launch(context: CommandContext) -> None:
    """Show the form, queue its trajectories, and start a worker unless one is running."""

    def list_computed(inpainter: str) -> list[Path]:
        all_entries = context.tree_model.entries.values()
        entries = [entry for entry in all_entries if entry.get("inpainter") == inpainter and entry.k]
        return [context.runs / entry.path for entry in sorted(entries, key=lambda entry: -entry.changed)]

    launched = await context.show_dialog(LaunchScreen(context.runs, context.graphics, list_computed))
    if launched is None:
        return
    await context.go_to(_path_to_show(context, launched))
    if not launched.queued:
        context.notify(f"{format_count(launched.done, 'trajectory')}: already done")
        return
    note = f"; {launched.done} already done" if launched.done else ""
    context.notify(f"{format_count(launched.queued, 'trajectory')} queued{note}")
    await _ensure_worker(context, launched.trajectories)


async def rerun(context: CommandContext) -> None:
    """Repeat the trajectory under the cursor with the next seed that is free in its group."""
    if context.is_group or not context.cursor_path:
        context.notify("select a trajectory to repeat with another seed", "warning")
        return
    trajectory = Trajectory(context.runs / context.cursor_path)
    created = await asyncio.to_thread(_repeat_with_next_seed, context.runs, trajectory)
    await context.go_to(_to_relative_path(context.runs, created.path))
    context.notify(f"{created.path.name} queued, with seed {created.spec.seed}")
    await _ensure_worker(context, [created])


async def demo(context: CommandContext) -> None:
    created = await asyncio.to_thread(_create_demo, context.runs)
    await context.go_to(_to_relative_path(context.runs, created.path))
    await _ensure_worker(context, [created])


def _repeat_with_next_seed(runs: Path, trajectory: Trajectory) -> Trajectory:
    old_request = trajectory.request
    request = Request("run", old_request.metrics, old_request.measure, queued=time.time())
    return with_next_seed(runs, trajectory, request)


def _create_demo(runs: Path) -> Trajectory:
    request = Request("run", check_default_metrics().available, queued=time.time())
    created = create_demo(runs, request)
    client.request_state(created, "run", request)  # it may exist already, stopped
    return created


async def _ensure_worker(context: CommandContext, trajectories: Sequence[Trajectory]) -> None:
    try:
        await context.ensure_worker(trajectories)
    except WorkerError as error:
        context.notify(f"queued, but no worker could be started: {error}", "error")


def _path_to_show(context: CommandContext, launched: LaunchResult) -> str:
    """The first trajectory that was launched; or their group, if nothing else is in it."""
    paths = [_to_relative_path(context.runs, trajectory.path) for trajectory in launched.trajectories]
    group, model = parent_path(paths[0]), context.tree_model
    before = model.list_trajectories(group) if model.is_group(group) else []
    is_all = bool(group) and len(paths) > 1 and {*before} <= {*paths}
    return group if is_all else paths[0]


def _to_relative_path(runs: Path, path: Path) -> str:
    return path.resolve().relative_to(runs.resolve()).as_posix()
