"""Options and arguments that several commands share."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from riptui.cli.lookup_runs import keep_runs
from riptui.cli.values import FILE, MEASURE, FolderParam, NumberRange, complete_trashed, runs_folder

Command = TypeVar("Command", bound=Callable[..., Any])


def combine(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """A decorator that adds all of these options and arguments, in this order."""
    return lambda command: functools.reduce(lambda decorated, option: option(decorated), reversed(options), command)


def multi_option(
    *names: str, type: click.ParamType[tuple[Any, ...]], default: str | None = None, **kwargs: Any
) -> Callable[[Command], Command]:
    """An option whose value is a list and that may be repeated: `-i a -i b` is `-i a,b`. None if it is not given."""

    def merge(ctx: click.Context, param: click.Parameter, lists: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...] | None:
        return tuple(dict.fromkeys(value for values in lists for value in values)) if lists else None

    defaults = None if default is None else [default]
    return click.option(*names, type=type, default=defaults, multiple=True, callback=merge, **kwargs)


def file_option(name: str, help_text: str) -> Callable[[Command], Command]:
    """An option for a file that is written."""
    return click.option(name, type=FILE, metavar="F", help=help_text)


device_option = click.option(
    "--device",
    metavar="D",
    default="",
    show_default="the best one",
    help="Device that runs the models: cpu, cuda, cuda:N, or a GPU's UUID (GPU-... or MIG-...).",
)
network_device_option = click.option(
    "--device", metavar="D", default="", show_default="the best one", help="Device of a network."
)


pool_options = combine(
    click.option(
        "--batch",
        type=click.IntRange(1, 1024),
        metavar="N",
        show_default="what fits in memory",
        help="Trajectories to compute at once.",
    ),
    click.option(
        "--compile",
        type=click.Choice(["auto", "on", "off"]),
        default="auto",
        show_default=True,
        help="Compile the model with torch.compile; auto: where that saves time.",
    ),
    click.option("--deterministic", is_flag=True, help="Make results reproducible bit for bit (slower)."),
    click.option(
        "--offload",
        type=click.Choice(["none", "model", "sequential"]),
        default="none",
        show_default=True,
        help="For models larger than the GPU's memory: keep them in the computer's, and move there what is needed, "
        "a part at a time (slower) or a layer at a time (far slower).",
    ),
    click.option("--offline", is_flag=True, help="Never use the network."),
    click.option(
        "--trust",
        is_flag=True,
        help="Load what specs of other users name: local models, LoRA and embedding files, pickled weights.",
    ),
)
"""Those of worker options that are for commands that use several devices."""
worker_options = combine(device_option, pool_options)
"""For `take_worker_options`."""
WORKER_OPTIONS = ["--device", "--batch", "--compile", "--deterministic", "--offload", "--offline", "--trust"]
"""Of `worker_options`, for the panel of a command's help."""
detach_option = click.option(
    "--detach",
    "-d",
    is_flag=True,
    help="Queue for a background worker and return at once; closing the terminal does not stop it.",
)
PRIORITIES = click.IntRange(-1000, 1000)
priority_option = click.option(
    "--priority",
    type=PRIORITIES,
    metavar="N",
    show_default="0, or what they had",
    help="Workers take what has a higher priority first, of each user's trajectories.",
)
CARE_OPTIONS = ["--timeout", "--on-end"]


care_options = combine(
    click.option(
        "--timeout",
        type=NumberRange(min=0, min_open=True),
        metavar="SECONDS",
        show_default="none",
        help="Replace a worker or Ray actor whose iteration takes longer; loading a model does not count. With it, all "
        "inpainters run in a worker.",
    ),
    click.option(
        "--on-end",
        metavar="CMD",
        show_default="the setting on_end",
        help="Command that tells you how it ended: split into words, run without a shell, with $RIPTUI_MESSAGE and "
        "others replaced in them; see the README.",
    ),
)
"""For `Care.of`."""
runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=runs_folder,
    is_eager=True,  # paths that are not here are looked for below it
    envvar="RIPTUI_RUNS",
    show_default="the setting runs, or ./runs",
    show_envvar=True,
    help="The runs folder.",
)
display_option = click.option(
    "--display",
    type=click.Choice(["auto", "rich", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How to show progress. auto: rich on a terminal, plain lines elsewhere; json: one object per line.",
)
lookup_option = click.option(
    "--runs",
    "lookup_runs",
    type=click.Path(path_type=Path, file_okay=False),
    expose_value=False,
    is_eager=True,
    callback=keep_runs,
    show_default="the setting runs, or ./runs",
    help="The runs folder, in which a path that is not here is looked for.",
)
"""--runs of commands whose work needs no more of it."""
runs_argument = combine(click.argument("runs", required=False, default=runs_folder, type=FolderParam()), lookup_option)
"""A runs folder or a folder in it, by default that of --runs or of the settings."""
folders_argument = combine(
    click.argument("folders", nargs=-1, metavar="[RUNS]...", type=FolderParam(), default=lambda: [runs_folder()]),
    lookup_option,
)
"""Any number of these."""
graphics_option = click.option(
    "--graphics",
    type=click.Choice(["auto", "kitty", "sixel", "halfblock", "off"]),
    show_default="the setting graphics",
    help="How to show pictures; auto asks the terminal what it can show.",
)
measure_option = click.option(
    "--measure",
    "measure_at",
    type=MEASURE,
    default="half",
    show_default=True,
    help="When to measure: half (every 50 %), every (each iteration), or every N iterations.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
filter_option = click.option(
    "--filter",
    "filter_text",
    metavar="TEXT",
    default="",
    help="Only what matches, as / does in the app; see riptui ls.",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace existing files.")
overwrite_file_option = click.option("--overwrite", is_flag=True, help="Replace an existing file.")
paths_argument = click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=FolderParam())
trashed_argument = click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path), shell_complete=complete_trashed
)
path_argument = click.argument("path", metavar="PATH", type=FolderParam())
