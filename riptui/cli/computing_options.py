"""Options that name models, metrics and features: only the commands that compute import all of their names."""

from collections.abc import Callable
from typing import Any

import rich_click as click

from riptui.cli.options import Command, combine, multi_option
from riptui.cli.values import NameListParam
from riptui.features import REGISTRY as EXTRACTORS
from riptui.features import feature_extractor_names
from riptui.inpainters.models.lora_list import join_loras
from riptui.metrics import REGISTRY

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
INPAINTERS_OWN = ("--steps", "--guidance", "--strength", "--scheduler")
"""Those whose default depends on the model."""


GENERATION_OPTIONS = [name for name in MODEL_OPTIONS if name not in ("--prompt", "--strength")]
"""Those for pictures from nothing: the prompt is an argument, and there is no strength."""


def _join_loras(ctx: click.Context, param: click.Parameter, loras: tuple[str, ...]) -> str | None:
    return join_loras(loras) if loras else None


def _model_option(name: str) -> Callable[[Command], Command]:
    metavar, help_text = MODEL_OPTIONS[name]
    repeated: dict[str, Any] = {"multiple": True, "callback": _join_loras} if name == "--lora" else {}
    default = "the inpainter's" if name in INPAINTERS_OWN else None
    return click.option(name, metavar=metavar, help=help_text, show_default=default, **repeated)


_allow_pickle = click.option(
    "--allow-pickle",
    is_flag=True,
    help="Load weights that exist only as pickle, which can run any code. Use this only for sources that you trust.",
)
model_options = combine(*map(_model_option, MODEL_OPTIONS), _allow_pickle)
generation_options = combine(*map(_model_option, GENERATION_OPTIONS), _allow_pickle)

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
