"""`riptui fetch`: the weights of models and of LPIPS, onto this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.shell_completion import CompletionItem

from riptui.errors import InputError, MissingExtraError, RiptuiError, WeightsError
from riptui.inpainters import REGISTRY, catalogue
from riptui.inpainters.catalogue import Named
from riptui.metrics import Net
from riptui.wording import sized

if TYPE_CHECKING:
    from riptui.inpainters.fetching import Plan
    from riptui.inpainters.selection import Variant

TRUNKS: dict[str, tuple[Net, ...]] = {
    "lpips": ("squeeze", "alex", "vgg"),
    "lpips-squeeze": ("squeeze",),
    "lpips-alex": ("alex",),
    "lpips-vgg": ("vgg",),
}

QUIET = 10.0  # seconds between plain lines

Show = Callable[[str, int, int], None]
"""`show(what, bytes_done, bytes_total)`"""


def names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete to what needs no hub id."""
    return [CompletionItem(name) for name in (*catalogue.MODELS, *TRUNKS) if name.startswith(incomplete)]


@click.command(short_help="Download the weights of models and of LPIPS.")
@click.argument("wanted", nargs=-1, required=True, metavar="NAME...", shell_complete=names)
@click.option(
    "--variant",
    type=click.Choice(["full", "fp16"]),
    default="full",
    show_default=True,
    help="Which precision, where a model has both; fp16 is half the size.",
)
@click.option(
    "--allow-pickle",
    is_flag=True,
    help="Take weights that are there only as pickle, which can run any code when they are read: only if you trust "
    "where they come from.",
)
@click.option("--offline", is_flag=True, help="Ask nobody: say what is here and what is missing.")
def fetch(wanted: tuple[str, ...], variant: Variant, allow_pickle: bool, offline: bool) -> int:
    """Download weights: NAME is a model of `riptui models`, a hub id org/name[@revision], lpips, or one net, lpips-vgg.

    Only what is loaded is fetched, and compared with its hash. What was interrupted goes on where it stopped. With
    --offline, $RIPTUI_OFFLINE or $HF_HUB_OFFLINE nothing is asked of the network.

    \b
    riptui fetch sd2 lpips
    """
    from riptui.cli.console import note
    from riptui.metrics import weights

    nets, models = sort(wanted)
    if models:
        _require_client()
    if offline or weights.offline():
        return _tell_what_is_here(nets, models, allow_pickle)
    try:
        _fetch_models(models, variant, allow_pickle)
        _fetch_trunks(nets)
    except KeyboardInterrupt:
        note("stopped; what has come of a model is kept: the same command goes on from there")
        raise
    return 0


def sort(wanted: Iterable[str]) -> tuple[tuple[Net, ...], dict[str, Named]]:
    """The nets of LPIPS and the models that were asked for, each once. Raises InputError."""
    from riptui.cli.console import note

    nets: dict[Net, None] = {}
    models: dict[str, Named] = {}
    for text in wanted:
        if text in TRUNKS:
            nets.update(dict.fromkeys(TRUNKS[text]))
        elif text in REGISTRY and not REGISTRY[text].weights:
            note(f"{text} needs no weights")
        elif "/" not in text and text not in catalogue.MODELS:
            known = ", ".join((*catalogue.MODELS, *TRUNKS))
            raise InputError(f"{text!r} is nothing to fetch: give one of {known}, or a hub id such as org/name")
        else:
            found = catalogue.named(text)
            if found.revision is None:
                raise InputError(f"{text} is a folder of this machine: there is nothing to fetch")
            if found.notice:
                note(found.notice)
            models[found.name if found.name and text == found.name else text] = found
    return tuple(nets), models


def _require_client() -> None:
    for package in ("huggingface_hub", "safetensors"):
        if find_spec(package) is None:
            raise MissingExtraError("fetching a model", package, "diffusion")


def _tell_what_is_here(nets: tuple[Net, ...], models: dict[str, Named], allow_pickle: bool) -> int:
    from riptui.cli.console import complain, say

    looks = {name: partial(_model_here, model, allow_pickle) for name, model in models.items()}
    looks |= {f"lpips-{net}": partial(_trunk_here, net) for net in nets}
    code = 0
    for name, look in looks.items():
        try:
            say(f"{name}: here, {look()}")
        except RiptuiError as error:
            complain(str(error))
            code = error.exit_code
    return code


def _model_here(model: Named, allow_pickle: bool) -> Path:
    from riptui.inpainters import fetching

    return fetching.here(model.model, model.revision, allow_pickle=allow_pickle)


def _trunk_here(net: Net) -> Path:
    from riptui.metrics import weights

    weights.check(net)
    return weights.weights_path(net)


def _fetch_models(models: dict[str, Named], variant: Variant, allow_pickle: bool) -> None:
    """All are looked at first, so that a wrong name or a full disk is known before gigabytes have come."""
    from riptui.cli.console import err, note, say
    from riptui.inpainters import fetching

    if allow_pickle and models:
        note("weights that are only there as pickle are taken; they can run any code when they are read")
    plans: dict[str, Plan] = {}
    for name, model in models.items():
        with err.status(f"looking at {name} ...") if err.is_terminal else nullcontext():
            found = _plan(model, variant, allow_pickle)
        if isinstance(found, Path):
            note(f"{name} could not be compared with what the hub has")
            say(f"{name}: here, {found}")
        else:
            plans[name] = found
    fetching.require_space(plans.values())
    for name, plan in plans.items():
        with display(name, plan.kept) as show:
            folder = fetching.fetch(plan, show)
        what = f"{len(plan.files)} files, {sized(plan.size)}, {'whole' if plan.missing else 'here already'}"
        say(f"{name}: {what}, {folder}")


def _plan(model: Named, variant: Variant, allow_pickle: bool) -> Plan | Path:
    """What to fetch of a model; its folder if the hub cannot be asked and it is here."""
    from riptui.inpainters import fetching

    revision = model.revision or "main"
    try:
        return fetching.plan(model.model, revision, variant=variant, allow_pickle=allow_pickle)
    except WeightsError:
        with suppress(WeightsError):
            return fetching.here(model.model, revision, allow_pickle=allow_pickle)
        raise


def _fetch_trunks(nets: Iterable[Net]) -> None:
    from riptui.cli.console import say
    from riptui.metrics import weights

    for net in nets:
        name, there = f"lpips-{net}", weights.present(net)
        with display(name, 0) as show:
            path = weights.fetch(net, lambda done, total, show=show: show("", done, total))  # type: ignore[misc]
        weights.check(net)
        say(f"{name}: {sized(path.stat().st_size)}, {'here already' if there else 'whole'}, {path}")


@contextmanager
def display(name: str, kept: int) -> Iterator[Show]:
    """How a download is shown, on stderr: a bar on a terminal, elsewhere a line now and then."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from riptui.cli.console import err

    if not err.is_terminal:
        yield Plain(name, kept).show
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=err, transient=True) as progress:
        task = progress.add_task(name, total=None, completed=kept)

        def show(what: str, done: int, total: int) -> None:
            folder = what.rpartition("/")[0]
            progress.update(task, description=f"{name} {folder}".strip(), completed=done, total=total)

        yield show


class Plain:
    """A line at the start, and one every `QUIET` seconds."""

    def __init__(self, name: str, kept: int) -> None:
        self._name, self._kept = name, kept
        self._started = self._spoke = time.monotonic()
        self._said = False

    def show(self, what: str, done: int, total: int) -> None:
        from riptui.cli.console import err

        now = time.monotonic()
        if not self._said:
            self._said = True
            already = f", {sized(self._kept)} of it from before" if self._kept else ""
            err.print(f"{self._name}: {sized(total)} to fetch{already}")
        elif now - self._spoke > QUIET:
            self._spoke = now
            speed = max(done - self._kept, 1) / (now - self._started)
            left = (total - done) / speed
            err.print(
                f"{self._name}: {sized(done)} of {sized(total)}, {sized(speed)}/s, "
                f"{left // 60:.0f}:{left % 60:02.0f} left"
            )
