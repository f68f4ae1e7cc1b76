"""`riptui corpus`: the group of commands for folders of pictures that frames are compared with."""

import rich_click as click

from riptui.cli.lazy import LazyGroup

COMMANDS = {
    "index": "Index a folder of pictures, or bring its index up to date.",
    "ls": "List the indexes.",
    "remove": "Delete an index; the pictures stay.",
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    panels={"Commands": COMMANDS},
    default="ls",
)
def corpus() -> None:
    """Index folders of pictures, for `riptui nearest`: is a frame a new picture, or nearly one of these?

    \b
    riptui corpus index ~/photos                   by perceptual hash
    riptui corpus index ~/photos --features clip   by a network
    riptui corpus                                  the same as riptui corpus ls
    riptui nearest runs --corpus photos
    """
