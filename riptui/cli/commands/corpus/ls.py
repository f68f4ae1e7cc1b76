"""`riptui corpus ls`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option


@command("riptui.cli.corpus.ls:ls")
@json_option
def ls() -> None:
    """List the indexes: how many pictures, of which folder, by what they are compared."""
