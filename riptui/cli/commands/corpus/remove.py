"""`riptui corpus remove`."""

import rich_click as click

from riptui.cli.lazy import command


@command("riptui.cli.corpus.remove:remove")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def remove() -> None:
    """Delete indexes. The pictures stay; `riptui corpus index` makes an index again."""
