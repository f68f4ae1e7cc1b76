"""Pause, resume, stop, retry, and the order of the queue: requests in the folders, which workers poll."""

import asyncio
from collections.abc import Callable, Sequence

from riptui.errors import RiptuiError
from riptui.store.listing import natural_key
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision import client
from riptui.text.units import format_count
from riptui.tui.commands.context import CommandContext
from riptui.tui.dialogs import ConfirmDialog


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
    active = context.find_by_status(Status.RUNNING, Status.QUEUED, Status.PAUSED)
    if not active:
        context.notify("nothing to stop here", "warning")
        return
    text = f"Stop {format_count(len(active), 'trajectory')}? Finished iterations are kept; p resumes."
    if context.settings.confirm and not await context.show_dialog(ConfirmDialog("Stop", text, yes="Stop")):
        return
    await _apply_to_each(context, active, lambda trajectory: client.request_state(trajectory, "stop"), "stopped")


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
    queued = [Trajectory(context.runs / path) for path in context.tree_model.find_by_status(Status.QUEUED)]

    def reorder() -> list[Trajectory]:
        queue = sorted(queued, key=lambda trajectory: (trajectory.request.queued, natural_key(str(trajectory.path))))
        chosen = [trajectory for trajectory in queue if trajectory.path in selected]
        moved = client.shift_in_queue(queue, chosen, offset)
        changed = [index for index, (old, new) in enumerate(zip(queue, moved, strict=True)) if old is not new]
        if changed:
            client.reorder(moved[changed[0] : changed[-1] + 1])
        return moved

    new_queue = await asyncio.to_thread(reorder)
    first = next(position for position, trajectory in enumerate(new_queue, 1) if trajectory.path in selected)
    context.notify(f"{'now' if len(selected) == 1 else 'first one now'} {first} of {len(new_queue)} in the queue")


async def _apply_to_each(
    context: CommandContext, trajectories: Sequence[Trajectory], action: Callable[[Trajectory], None], outcome: str
) -> None:
    """Apply an action to each; notify how many succeeded, and the first error."""

    def apply_all() -> list[RiptuiError]:
        errors = []
        for trajectory in trajectories:
            try:
                action(trajectory)
            except RiptuiError as error:
                errors.append(error)
        return errors

    errors = await asyncio.to_thread(apply_all)
    if len(trajectories) > len(errors):
        context.notify(f"{format_count(len(trajectories) - len(errors), 'trajectory')} {outcome}")
    if errors:
        context.notify(f"{format_count(len(errors), 'trajectory')} not {outcome}: {errors[0]}", "error")
