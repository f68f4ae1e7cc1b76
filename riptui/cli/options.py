"""Values on the command line, and options that several commands share."""

import functools
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.errors import InputError
from riptui.inpainters import CompileMode
from riptui.metrics import REGISTRY
from riptui.spec import MeasureInterval, ParameterValue
from riptui.text import int_ranges
from riptui.text.terminal import printable

Command = TypeVar("Command", bound=Callable[..., Any])


class NumberListParam(click.ParamType[tuple[int, ...]]):
    """Whole numbers as 64,128,256 or 0-9 or both: a tuple, in the order given, none twice."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return int_ranges.parse(value)
        except InputError as error:
            self.fail(str(error))


class NameListParam(click.ParamType[tuple[str, ...]]):
    """Names separated by commas: a tuple. `choices` is called to complete them."""

    name = "names"

    def __init__(self, choices: Callable[[], list[str]]) -> None:
        self.choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        done, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{done}{comma}{name}") for name in self.choices() if name.startswith(last)]


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


class MeasureParam(click.ParamType[MeasureInterval]):
    """When to measure: half, every, or a number of iterations."""

    name = "half|every|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> MeasureInterval:
        if isinstance(value, int):
            return value
        if value == "half" or value == "every":
            return value  # type: ignore[no-any-return]
        if not re.fullmatch(r"0*[1-9][0-9]{0,8}", value):
            self.fail(f"{value!r} is not half (every 50 %), every (each iteration) or a number of iterations")
        return int(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in ("half", "every") if word.startswith(incomplete)]


def complete_folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a path to folders, as the shell would."""
    folder, _, start = incomplete.rpartition("/")
    try:
        with os.scandir(folder or ("/" if incomplete.startswith("/") else ".")) as entries:
            names = sorted(e.name for e in entries if e.is_dir() and e.name.startswith(start) and e.name[0] != ".")
    except OSError:
        return []
    harmless = [name for name in names if printable(name) == name]  # the shell shows them as they are
    return [CompletionItem(f"{folder}/{name}" if folder else name) for name in harmless]


def metric_names() -> list[str]:
    return list(REGISTRY)


def parse_settings(assignments: tuple[str, ...]) -> dict[str, ParameterValue]:
    """KEY=VALUE options as a dict; the values are text, for each inpainter to read as the type it wants."""
    pairs: dict[str, ParameterValue] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise click.BadParameter(f"{assignment!r} is not KEY=VALUE, e.g. radius=5", param_hint="--set")
        pairs[key] = value
    return pairs


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


def given_parameters(options: Mapping[str, str | bool | None]) -> dict[str, ParameterValue]:
    """The model options that were given, as parameters."""
    return {key: value for key, value in options.items() if value is not None and value is not False}


def runs_folder() -> Path:
    """The settings' runs folder. Says so if something is wrong with them, for it may be this."""
    from riptui.cli.console import warn
    from riptui.settings import load_settings

    loaded = load_settings()
    if loaded.problems:
        warn(f"{loaded.file}: {len(loaded.problems)} of the settings cannot be used: `riptui config show` tells why")
    return loaded.settings.runs


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
    def with_options(
        *args: Any,
        batch: int | None,
        compile: CompileMode,
        deterministic: bool,
        offline: bool,
        device: str = "",
        **kwargs: Any,
    ) -> Any:
        from riptui.inpainters.devices import require_device
        from riptui.supervision.client import WorkerOptions

        if offline:
            os.environ.update(HF_HUB_OFFLINE="1", RIPTUI_OFFLINE="1")
        require_device(device)
        return command(*args, options=WorkerOptions(device, batch, compile, deterministic, offline), **kwargs)

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
    type=NameListParam(metric_names),
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
