"""`riptui queue`: the group of commands for what waits. Without the name of one it lists."""

import rich_click as click

from riptui.cli.lazy import LazyGroup

COMMANDS = {
    "ls": "List what waits, the next one first.",
    "move": "Move trajectories in the queue.",
    "remove": "Take trajectories out of the queue.",
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    panels={"Commands": COMMANDS},
    default="ls",
)
def queue() -> None:
    """List what waits in the runs folder, in the order in which workers will take it; reorder it.

    Users take turns, one trajectory of each. Of one user's, those with a higher priority come first, then those that
    were queued first; what shares a model is computed together. What runs already is not interrupted.

    \b
    riptui queue                                 the same as riptui queue ls
    riptui queue move runs/fig7/cat --first      before all others of yours
    riptui queue move runs/fig7 --priority -1    behind all of priority 0
    riptui queue remove runs/fig7                what waits; the rest goes on
    riptui run cat.jpg -i sd2 --priority 5       queue with a priority
    """
