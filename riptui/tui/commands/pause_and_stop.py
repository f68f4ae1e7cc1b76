"""Pause, resume, stop, retry, and the order of the queue: requests in the folders, which workers poll."""

import asyncio
from collections.abc import Callable, Sequence

from riptui.errors import RiptuiError
from riptui.store.queue_order import read_order
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision import client
from riptui.supervision.reordering import shift
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ConfirmDialog
from riptui.tui.keymap import shown_key


async def pause(context: CommandContext) -> None:
    """Pause what is running or queued; if nothing is, resume what is paused, stopped or interrupted."""
    if active := context.find_by_status(Status.RUNNING, Status.QUEUED):
        await _apply_to_each(context, active, lambda trajectory: client.request_state(trajectory, "pause"), "paused")
    elif idle := context.find_by_status(Status.PAUSED, Status.INTERRUPTED):
        await _apply_to_each(context, idle, lambda trajectory: client.request_state(trajectory, "run"), "queued")
        await context.ensure_worker(idle)
    else:
        context.notify("nothing to pause or resume here", "warning")


async def stop(context: CommandContext) -> None:
    interrupted = context.find_by_status(Status.INTERRUPTED)
    active = context.find_by_status(Status.RUNNING, Status.QUEUED, Status.PAUSED)
    active += await asyncio.to_thread(lambda: [*filter(_is_wanted, interrupted)])
    if not active:
        context.notify("nothing to stop here", "warning")
        return
    resumes = f"{shown_key(context.app, 'compute.pause')} resumes"
    text = f"Stop {format_count(len(active), 'trajectory')}? Finished iterations are kept; {resumes}."
    if context.settings.confirm and not await context.show_dialog(ConfirmDialog("Stop", text, yes="Stop")):
        return
    await _apply_to_each(context, active, lambda trajectory: client.request_state(trajectory, "stop"), "stopped")


def _is_wanted(interrupted: Trajectory) -> bool:
    """Whether its process died, so that a worker takes it again; not if it was stopped."""
    try:
        return interrupted.request.state != "stop"
    except RiptuiError:  # it was removed, or cannot be read: stopping it says why
        return True


async def retry(context: CommandContext) -> None:
    failed = context.find_by_status(Status.FAILED)
    if not failed:
        context.notify("nothing to retry here", "warning")
        return
    await _apply_to_each(context, failed, client.retry, "queued again")
    await context.ensure_worker(failed)


async def move_earlier(context: CommandContext) -> None:
    await _move(context, -1)


async def move_later(context: CommandContext) -> None:
    await _move(context, 1)


async def _move(context: CommandContext, offset: int) -> None:
    selected = {trajectory.path for trajectory in context.find_by_status(Status.QUEUED)}
    if not selected:
        context.notify("nothing queued here", "warning")
        return
    paths = {path.resolve() for path in selected}

    def read_queue() -> list[QueuedTrajectory]:
        return read_order(context.runs, client.list_running_workers(context.runs))

    def move() -> tuple[int, int] | None:
        """The first one's position in the queue afterwards, and the queue's length; None if they do not wait now."""
        shift(read_queue(), paths, offset)
        are_selected = [queued.trajectory.path in paths for queued in read_queue()]
        return (are_selected.index(True) + 1, len(are_selected)) if any(are_selected) else None

    place = await asyncio.to_thread(move)
    if place is None:
        context.notify("nothing queued here", "warning")
    else:
        context.notify(f"{'now' if len(selected) == 1 else 'first one now'} {place[0]} of {place[1]} in the queue")


async def _apply_to_each(
    context: CommandContext, trajectories: Sequence[Trajectory], action: Callable[[Trajectory], None], outcome: str
) -> None:
    """Apply an action to each; notify how many succeeded, and the first error."""
    errors = await context.apply_to_each(trajectories, action)
    context.look_again(context.paths)
    if len(trajectories) > len(errors):
        context.notify(f"{format_count(len(trajectories) - len(errors), 'trajectory')} {outcome}")
    if errors:
        context.notify(f"{format_count(len(errors), 'trajectory')} not {outcome}: {errors[0]}", "error")
