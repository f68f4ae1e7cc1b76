"""`riptui follow`, which `--detach` starts in the background. Not listed: nobody types it."""

from riptui.cli.lazy import command


@command("riptui.cli.follow:follow")
def follow() -> None:
    """Follow queued trajectories or a study until they have ended, run the command for the end, and replace workers.

    Reads what to follow from its standard input, as JSON.
    """
