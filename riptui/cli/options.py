"""Options and arguments that several commands share."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from riptui.cli.lazy import lazy
from riptui.cli.values import MeasureParam, NameListParam, complete_folders
from riptui.metrics import REGISTRY

Command = TypeVar("Command", bound=Callable[..., Any])

take_worker_options = lazy("riptui.cli.worker_options:take_worker_options")
runs_folder = lazy("riptui.cli.runs_folder:runs_folder")


def multi_option(
    *names: str, type: click.ParamType[tuple[Any, ...]], default: str | None = None, **kwargs: Any
) -> Callable[[Command], Command]:
    """An option of Numbers or Names that may be given more than once: `-i a -i b` is `-i a,b`. None if it is not."""

    def merge(
        ctx: click.Context, param: click.Parameter, groups: tuple[tuple[Any, ...], ...]
    ) -> tuple[Any, ...] | None:
        return tuple(dict.fromkeys(value for group in groups for value in group)) if groups else None

    defaults = None if default is None else [default]
    return click.option(*names, type=type, default=defaults, multiple=True, callback=merge, **kwargs)


MODEL_OPTIONS = {
    "--steps": ("N", "Denoising steps of an iteration."),
    "--guidance": ("X", "Guidance scale; none: the pipeline's own."),
    "--strength": ("X", "How much noise a square begins with, up to 1: all."),
    "--scheduler": ("NAME", "Another scheduler, e.g. DDIM."),
    "--prompt": ("TEXT", "What to paint; empty, as in the paper."),
    "--negative-prompt": ("TEXT", "What not to paint; none: what the pipeline takes by itself."),
    "--dtype": ("TYPE", "Precision: auto (half on a GPU), float32, float16 or bfloat16."),
    "--revision": ("REV", "Branch, tag or commit of the model on the hub."),
    "--embedding": ("FILE", "A learned prompt (textual inversion)."),
    "--lora": ("FILE", "A LoRA."),
    "--vae": ("ID", "Another decoder by hub id or folder, e.g. an asymmetric one."),
}
"""Parameters of the diffusion models as options of their own; the others go by --set."""


def model_options(command: Command) -> Command:
    """Add `MODEL_OPTIONS`, and --allow-pickle."""
    pickle = (
        "Read weights that are there only as pickle, which can run any code: only if you trust where they come from."
    )
    command = click.option("--allow-pickle", is_flag=True, help=pickle)(command)
    for name, (metavar, help_text) in reversed(MODEL_OPTIONS.items()):
        command = click.option(name, metavar=metavar, help=help_text)(command)
    return command


def worker_options(command: Command) -> Command:
    """How a worker is to be: --device, --batch, --compile, --deterministic, --offline. Given as one `options`."""
    device = click.option(
        "--device",
        metavar="D",
        default="",
        show_default="the best",
        help="Where models are computed: cpu, cuda or cuda:0.",
    )
    return device(pool_options(command))


def pool_options(command: Command) -> Command:
    """As `worker_options`, without --device: for a pool on several devices."""

    @functools.wraps(command)
    def with_options(*args: Any, **kwargs: Any) -> Any:
        return command(*args, options=take_worker_options(kwargs), **kwargs)

    options = [
        click.option(
            "--batch",
            type=click.IntRange(1, 1024),
            metavar="N",
            show_default="what fits into memory",
            help="Trajectories computed together.",
        ),
        click.option(
            "--compile",
            type=click.Choice(["auto", "on", "off"]),
            default="auto",
            show_default=True,
            help="Compile the model before it is used; auto: where that pays.",
        ),
        click.option("--deterministic", is_flag=True, help="The same bits each time, at a cost in speed."),
        click.option("--offline", is_flag=True, help="Never ask the network for anything."),
    ]
    for option in reversed(options):
        with_options = option(with_options)
    return with_options  # type: ignore[return-value]


WORKER_OPTIONS = ["--device", "--batch", "--compile", "--deterministic", "--offline"]
detach_option = click.option(
    "--detach", "-d", is_flag=True, help="Leave it to a worker, which goes on when the terminal is closed."
)
runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    show_default="./runs or that of the settings",
    show_envvar=True,
    help="The runs folder.",
)
display_option = click.option(
    "--display",
    type=click.Choice(["auto", "rich", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How progress is shown. auto: rich on a terminal, plain lines elsewhere. json: one object a line.",
)
metrics_option = multi_option(
    "--metrics",
    type=NameListParam(lambda: list(REGISTRY)),
    metavar="A,B",
    show_default="ssim,psnr and the lpips nets at hand",
    help=f"What to measure: {', '.join(REGISTRY.built_in)}. With @previous: against the previous measured frame.",
)
measure_option = click.option(
    "--measure",
    "measure_at",
    type=MeasureParam(),
    default="half",
    show_default=True,
    help="When to measure: every 50 % (half), each iteration (every), or every N iterations.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON, for scripts.")
paths_argument = click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
path_argument = click.argument("path", metavar="PATH", type=click.Path(path_type=Path), shell_complete=complete_folders)
