"""`riptui doctor`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option, runs_option


@command("riptui.cli.doctor:doctor")
@runs_option
@json_option
def doctor() -> None:
    """Check Python, packages, terminal, GPU, weights and disk: print what works, and how to fix what does not.

    Exit code 1 if something that riptui needs does not work.
    """
