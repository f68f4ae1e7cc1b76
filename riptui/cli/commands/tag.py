"""`riptui tag`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option, lookup_option, multi_option, paths_argument
from riptui.cli.values import NameListParam


@command("riptui.cli.tag:tag")
@paths_argument
@multi_option("--add", "-a", type=NameListParam(lambda: []), metavar="A,B", help="Tags to add.")
@multi_option("--remove", "-r", type=NameListParam(lambda: []), metavar="A,B", help="Tags to remove.")
@click.option("--each", is_flag=True, help="Tag each trajectory below a group, instead of the group itself.")
@lookup_option
@json_option
def tag() -> None:
    """Tag trajectories and groups, or show their tags. PATH: a trajectory or a group.

    A tag is a word of letters, digits, - _ . and +. A group's tags count for all trajectories in it. Tags change
    nothing that is computed, and travel with the folder.

    \b
    riptui tag runs/fig7/cat/m64-s0 -a usable,figure-3
    riptui tag runs/fig7 --each -r todo
    riptui tag runs/fig7/*/*                          show the tags
    riptui ls --filter "tag:usable -tag:collage"      list what has a tag
    """
