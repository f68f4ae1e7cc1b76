"""Options and arguments that several commands share."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from riptui.cli.lazy import lazy
from riptui.cli.values import MeasureParam, NameListParam, complete_folders
from riptui.features import REGISTRY as EXTRACTORS
from riptui.features import feature_extractor_names
from riptui.inpainters.models.lora_list import join_loras
from riptui.metrics import REGISTRY

Command = TypeVar("Command", bound=Callable[..., Any])

runs_folder = lazy("riptui.cli.runs_folder:runs_folder")


def multi_option(
    *names: str, type: click.ParamType[tuple[Any, ...]], default: str | None = None, **kwargs: Any
) -> Callable[[Command], Command]:
    """An option whose value is a list and that may be repeated: `-i a -i b` is `-i a,b`. None if it is not given."""

    def merge(ctx: click.Context, param: click.Parameter, lists: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...] | None:
        return tuple(dict.fromkeys(value for values in lists for value in values)) if lists else None

    defaults = None if default is None else [default]
    return click.option(*names, type=type, default=defaults, multiple=True, callback=merge, **kwargs)


MODEL_OPTIONS = {
    "--steps": ("N", "Denoising steps per iteration."),
    "--guidance": ("X", "Guidance scale; none: the pipeline's default."),
    "--strength": ("X", "Denoising strength from 0 to 1; 1 starts from pure noise, as in the paper."),
    "--scheduler": ("NAME", 'Scheduler, e.g. DDIM or "DPM++ 2M Karras".'),
    "--prompt": ("TEXT", "Prompt; empty, as in the paper, by default."),
    "--negative-prompt": ("TEXT", "Negative prompt; none: the pipeline's default."),
    "--prompt-syntax": (
        "NAME",
        "How prompts are read: plain, or by compel, with weights, (red hat:1.3) or hat++, and of any length.",
    ),
    "--dtype": ("TYPE", "Precision: auto (half precision on a GPU), float32, float16 or bfloat16."),
    "--revision": ("REV", "Branch, tag or commit of the model on the hub."),
    "--embedding": ("FILE", "Learned prompt (textual inversion): a file, or ORG/NAME[/FILE] of the hub."),
    "--lora": ("FILE[:W]", "LoRA, a file or ORG/NAME[/FILE] of the hub, at weight W (default 1). May be repeated."),
    "--config": ("FOLDER", "For a model in one file: a folder or hub id with its configurations and tokenizer."),
    "--vae": ("ID", "Another VAE, by hub id, folder or file, e.g. one with an asymmetric decoder."),
}
"""Parameters of diffusion models that have an option of their own; --set sets the others."""


def model_options(command: Command) -> Command:
    """Add `MODEL_OPTIONS`, and --allow-pickle."""
    return _model_options(command, MODEL_OPTIONS)


def generation_options(command: Command) -> Command:
    """The same for pictures from nothing: the prompt is an argument, and there is no strength."""
    return _model_options(command, GENERATION_OPTIONS)


GENERATION_OPTIONS = [name for name in MODEL_OPTIONS if name not in ("--prompt", "--strength")]


def _model_options(command: Command, names: Iterable[str]) -> Command:
    pickle = "Load weights that exist only as pickle, which can run any code. Use this only for sources that you trust."
    command = click.option("--allow-pickle", is_flag=True, help=pickle)(command)
    for name in reversed([*names]):
        metavar, help_text = MODEL_OPTIONS[name]
        repeated: dict[str, Any] = {"multiple": True, "callback": _join_loras} if name == "--lora" else {}
        command = click.option(name, metavar=metavar, help=help_text, **repeated)(command)
    return command


def _join_loras(ctx: click.Context, param: click.Parameter, loras: tuple[str, ...]) -> str | None:
    return join_loras(loras) if loras else None


device_option = click.option(
    "--device",
    metavar="D",
    default="",
    show_default="the best one",
    help="Device that runs the models: cpu, cuda, cuda:N, or a GPU's UUID (GPU-... or MIG-...).",
)


def worker_options(command: Command) -> Command:
    """Add --device, --batch, --compile, --deterministic, --offload and --offline, for `take_worker_options`."""
    return device_option(pool_options(command))


def pool_options(command: Command) -> Command:
    """The same without --device, for commands that use several devices."""
    options = [
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
    ]
    for option in reversed(options):
        command = option(command)
    return command


WORKER_OPTIONS = ["--device", "--batch", "--compile", "--deterministic", "--offload", "--offline", "--trust"]
"""Of `worker_options`, for the panel of a command's help."""
detach_option = click.option(
    "--detach",
    "-d",
    is_flag=True,
    help="Queue for a background worker and return at once; closing the terminal does not stop it.",
)
priority_option = click.option(
    "--priority",
    type=click.IntRange(-1000, 1000),
    metavar="N",
    show_default="0, or what they had",
    help="Workers take what has a higher priority first, of each user's trajectories.",
)
CARE_OPTIONS = ["--timeout", "--on-end"]


def care_options(command: Command) -> Command:
    """Add --timeout and --on-end, which are for `Care.of`."""
    timeout = click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        show_default="none",
        help="Replace a worker or Ray actor whose iteration takes longer; loading a model does not count. With it, all "
        "inpainters run in a worker.",
    )
    on_end = click.option(
        "--on-end",
        metavar="CMD",
        show_default="the setting on_end",
        help="Command that tells you how it ended: split into words, run without a shell, with $RIPTUI_MESSAGE and "
        "others replaced in them; see the README.",
    )
    return timeout(on_end(command))


runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=runs_folder,
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
runs_argument = click.argument(
    "runs",
    required=False,
    default=runs_folder,
    envvar="RIPTUI_RUNS",
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
graphics_option = click.option(
    "--graphics",
    type=click.Choice(["auto", "kitty", "sixel", "halfblock", "off"]),
    show_default="the setting graphics",
    help="How to show pictures; auto asks the terminal what it can show.",
)
metrics_option = multi_option(
    "--metrics",
    type=NameListParam(lambda: [*REGISTRY, *feature_extractor_names()]),
    metavar="A,B",
    show_default="ssim, psnr and the LPIPS nets that are available",
    help=f"Metrics: {', '.join(REGISTRY.built_in)}. NAME@previous compares with the previous measured frame; "
    "NAME@content leaves blank bands out; delta-e@squares and lpips-NET@squares also store the value of each square, "
    "lpips-NET@repaints that of each repainted square, at every iteration. Features, for metrics of sets: "
    f"{', '.join(EXTRACTORS.built_in)}, clip:MODEL and dinov2:MODEL (a hub id or a folder), at every 50 %.",
)
measure_option = click.option(
    "--measure",
    "measure_at",
    type=MeasureParam(),
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
paths_argument = click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(path_type=Path),
    shell_complete=complete_folders,
)
path_argument = click.argument("path", metavar="PATH", type=click.Path(path_type=Path), shell_complete=complete_folders)
