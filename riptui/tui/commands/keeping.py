"""What trajectories are called, and the way of those that are not wanted: the trash, back from it, or deleted."""

from pathlib import Path

from riptui.store import layout, moving, trash
from riptui.tui.commands.subject import Subject
from riptui.tui.dialogs import Line, Question
from riptui.wording import counted, sized


async def rename(about: Subject) -> None:
    """Another name for the trajectory or the group under the cursor."""
    if not about.place:
        return
    before = Path(about.place)
    name = await about.ask(Line(f"Rename {before.name}", before.name, layout.require_name))
    if name is None or name == before.name:
        return
    await about.in_thread(moving.rename, about.runs, about.runs / before, name)
    about.go_to(before.with_name(name).as_posix())
    about.tell(f"{before.name} is {name} now")


async def throw_away(about: Subject) -> None:
    """To the trash, from which undo brings it back."""
    paths = [about.runs / path for path in about.paths]
    if not paths:
        return
    text = f"Move {_what(about, len(paths))} to the trash? U brings it back."
    if about.settings.confirm and not await about.ask(Question("Trash", text, yes="Move")):
        return
    await about.in_thread(trash.throw_away, about.runs, paths)
    about.tell(f"{_what(about, len(paths))} moved to the trash; U brings it back")


async def undo(about: Subject) -> None:
    """Back from the trash: what went there last."""

    def bring_back() -> list[Path]:
        return [trash.restore(about.runs, entry) for entry in trash.last(about.runs)]

    back = await about.in_thread(bring_back)
    if not back:
        about.tell("the trash is empty", "warning")
        return
    root = about.runs.resolve()
    about.go_to(back[0].relative_to(root).as_posix())
    about.tell(f"{counted(len(back), 'trajectory')} brought back")


async def erase(about: Subject) -> None:
    """Delete for good, always after a question."""
    paths = [about.runs / path for path in about.paths]
    if not paths:
        return
    room = await about.in_thread(lambda: sum(map(trash.disk_use, paths)))
    text = f"Delete {_what(about, len(paths))}, {sized(room)}, for good? Nothing brings it back."
    if not await about.ask(Question("Delete for good", text, yes="Delete", grave=True)):
        return

    def delete() -> None:
        for entry in trash.throw_away(about.runs, paths):
            trash.delete(entry)

    await about.in_thread(delete)
    about.tell(f"{_what(about, len(paths))} deleted: {sized(room)}")


async def empty_trash(about: Subject) -> None:
    """Delete all that is in the trash, always after a question."""
    entries = await about.in_thread(trash.listed, about.runs)
    if not entries:
        about.tell("the trash is empty")
        return
    room = await about.in_thread(lambda: sum(trash.disk_use(entry.path) for entry in entries))
    text = f"Delete {counted(len(entries), 'trajectory')} in the trash, {sized(room)}, for good?"
    if not await about.ask(Question("Empty the trash", text, yes="Delete", grave=True)):
        return

    def delete() -> None:
        for entry in entries:
            trash.delete(entry)

    await about.in_thread(delete)
    about.tell(f"the trash is empty: {sized(room)} freed")


def _what(about: Subject, count: int) -> str:
    """A trajectory by its path, a group by how many are meant."""
    if not about.is_group:
        return about.place
    which = " that the filter shows" if about.outline.filter else ""
    return f"{about.place} ({counted(count, 'trajectory')}{which})"
