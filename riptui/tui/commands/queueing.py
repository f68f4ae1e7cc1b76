"""Pause, resume, stop, retry, and the order of the queue. What is asked stands in the folders; workers look at it."""

from collections.abc import Callable, Sequence

from riptui import client
from riptui.errors import RiptuiError
from riptui.store.listing import natural
from riptui.store.trajectory import Status, Trajectory
from riptui.tui.commands.subject import Subject
from riptui.tui.dialogs import Question
from riptui.wording import counted


async def pause(about: Subject) -> None:
    """Pause what runs or waits; if nothing does, go on with what was paused, stopped or interrupted."""
    if active := about.with_status(Status.RUNNING, Status.QUEUED):
        await _each(about, active, lambda one: client.ask(one, "pause"), "paused")
    elif idle := about.with_status(Status.PAUSED, Status.INTERRUPTED):
        await _each(about, idle, lambda one: client.ask(one, "run"), "queued")
        await about.ensure_worker()
    else:
        about.tell("nothing here runs, waits or is paused", "warning")


async def stop(about: Subject) -> None:
    """Take out of the queue what runs, waits or is paused."""
    active = about.with_status(Status.RUNNING, Status.QUEUED, Status.PAUSED)
    if not active:
        about.tell("nothing here runs or waits", "warning")
        return
    text = f"Stop {counted(len(active), 'trajectory')}? What is computed stays; p goes on with it."
    if about.settings.confirm and not await about.ask(Question("Stop", text, yes="Stop")):
        return
    await _each(about, active, lambda one: client.ask(one, "stop"), "stopped")


async def retry(about: Subject) -> None:
    """Queue what failed, its failure forgotten."""
    failed = about.with_status(Status.FAILED)
    if not failed:
        about.tell("nothing here has failed", "warning")
        return
    await _each(about, failed, client.retry, "queued again")
    await about.ensure_worker()


async def sooner(about: Subject) -> None:
    await _move(about, -1)


async def later(about: Subject) -> None:
    await _move(about, 1)


async def _move(about: Subject, places: int) -> None:
    meant = {one.path for one in about.with_status(Status.QUEUED)}
    if not meant:
        about.tell("nothing here waits in the queue", "warning")
        return
    waiting = [Trajectory(about.runs / path) for path in about.outline.with_status(Status.QUEUED)]

    def reorder() -> list[Trajectory]:
        queue = sorted(waiting, key=lambda one: (one.request.queued, natural(str(one.path))))
        moved = client.moved(queue, [one for one in queue if one.path in meant], places)
        changed = [at for at, (old, new) in enumerate(zip(queue, moved, strict=True)) if old is not new]
        if changed:
            client.put_in_order(moved[changed[0] : changed[-1] + 1])
        return moved

    order = await about.in_thread(reorder)
    first = next(at for at, one in enumerate(order, 1) if one.path in meant)
    about.tell(f"{first} of {len(order)} in the queue" if len(meant) == 1 else f"from {first} of {len(order)} on")


async def _each(about: Subject, them: Sequence[Trajectory], do: Callable[[Trajectory], None], done: str) -> None:
    """Do it to each; tell to how many, and what was in the way of the others."""

    def work() -> list[RiptuiError]:
        errors = []
        for one in them:
            try:
                do(one)
            except RiptuiError as error:
                errors.append(error)
        return errors

    errors = await about.in_thread(work)
    if len(them) > len(errors):
        about.tell(f"{counted(len(them) - len(errors), 'trajectory')} {done}")
    if errors:
        about.tell(f"{counted(len(errors), 'trajectory')} not {done}: {errors[0]}", "error")
