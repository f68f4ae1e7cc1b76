"""`riptui worker`."""

from pathlib import Path

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import runs_option, worker_options
from riptui.cli.values import MinutesParam


@click.command()
@runs_option
@worker_options
@click.option(
    "--idle",
    type=MinutesParam(),
    metavar="MINUTES",
    default=10.0,
    envvar="RIPTUI_IDLE",
    show_default=True,
    show_envvar=True,
    help="Leave after so long with nothing to do. 0: when nothing is left; inf: never.",
)
@click.option("--log", type=click.Path(path_type=Path), hidden=True, help="Where stdout and stderr go: it is detached.")
@calls("riptui.cli.worker:worker")
def worker() -> None:
    """Compute what is queued in a runs folder, and wait for more. Several share the work; one a GPU is usual.

    `riptui run --detach` starts one by itself. Ctrl-C or SIGTERM: it finishes the iteration in hand and leaves; what
    is not done stays queued.

    \b
    riptui worker                        here, on the best device
    riptui worker --device cuda:1        on the second GPU
    riptui worker --idle 0               until nothing is left
    """
