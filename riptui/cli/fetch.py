"""`riptui fetch`: the weights of models and of LPIPS, onto this machine."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from riptui.cli.console import err, print_error, print_line, warn
from riptui.errors import InputError, MissingExtraError, RiptuiError, WeightsError
from riptui.inpainters import REGISTRY, catalogue
from riptui.inpainters.catalogue import ModelRef
from riptui.metrics import LpipsNet, lpips_weights
from riptui.text.units import format_size

if TYPE_CHECKING:
    from riptui.inpainters.download import DownloadPlan
    from riptui.inpainters.weight_files import Variant

LPIPS_NAMES: dict[str, tuple[LpipsNet, ...]] = {
    "lpips": ("squeeze", "alex", "vgg"),
    "lpips-squeeze": ("squeeze",),
    "lpips-alex": ("alex",),
    "lpips-vgg": ("vgg",),
}

MAX_SILENCE_SECONDS = 10.0  # seconds between plain lines

ShowDownload = Callable[[str, int, int], None]
"""`show(file, bytes_done, bytes_total)`"""


def fetch(names: tuple[str, ...], variant: "Variant", allow_pickle: bool, offline: bool) -> int:
    nets, models = split_names(names)
    if models:
        _require_hub_packages()
    if offline or lpips_weights.is_offline():
        return _print_installed(nets, models, allow_pickle)
    try:
        _fetch_models(models, variant, allow_pickle)
        _fetch_trunks(nets)
    except KeyboardInterrupt:
        warn("stopped; what has come of a model is kept: the same command goes on from there")
        raise
    return 0


def split_names(names: Iterable[str]) -> tuple[tuple[LpipsNet, ...], dict[str, ModelRef]]:
    """The nets of LPIPS and the models that were asked for, each once. Raises InputError."""
    nets: dict[LpipsNet, None] = {}
    models: dict[str, ModelRef] = {}
    for text in names:
        if text in LPIPS_NAMES:
            nets.update(dict.fromkeys(LPIPS_NAMES[text]))
        elif text in REGISTRY and not REGISTRY[text].needs_weights:
            warn(f"{text} needs no weights")
        elif "/" not in text and text not in catalogue.MODELS:
            known = ", ".join((*catalogue.MODELS, *LPIPS_NAMES))
            raise InputError(f"{text!r} is nothing to fetch: give one of {known}, or a hub id such as org/name")
        else:
            found = catalogue.resolve_model(text)
            if found.revision is None:
                raise InputError(f"{text} is a folder of this machine: there is nothing to fetch")
            if found.notice:
                warn(found.notice)
            models[found.name if found.name and text == found.name else text] = found
    return tuple(nets), models


def _require_hub_packages() -> None:
    for package in ("huggingface_hub", "safetensors"):
        if find_spec(package) is None:
            raise MissingExtraError("fetching a model", package, "diffusion")


def _print_installed(nets: tuple[LpipsNet, ...], models: dict[str, ModelRef], allow_pickle: bool) -> int:
    finders = {name: partial(_find_model, model, allow_pickle) for name, model in models.items()}
    finders |= {f"lpips-{net}": partial(_find_trunk, net) for net in nets}
    code = 0
    for name, find in finders.items():
        try:
            print_line(f"{name}: here, {find()}")
        except RiptuiError as error:
            print_error(str(error))
            code = error.exit_code
    return code


def _find_model(model: ModelRef, allow_pickle: bool) -> Path:
    from riptui.inpainters import download  # of an extra

    return download.find_installed(model.model, model.revision, allow_pickle=allow_pickle)


def _find_trunk(net: LpipsNet) -> Path:
    lpips_weights.verify(net)
    return lpips_weights.weights_path(net)


def _fetch_models(models: dict[str, ModelRef], variant: "Variant", allow_pickle: bool) -> None:
    """All are looked at first, so that a wrong name or a full disk is known before gigabytes have come."""
    from riptui.inpainters import download  # of an extra

    if allow_pickle and models:
        warn("weights that are only there as pickle are taken; they can run any code when they are read")
    plans: dict[str, DownloadPlan] = {}
    for name, model in models.items():
        with err.status(f"looking at {name} ...") if err.is_terminal else nullcontext():
            plan_or_folder = _plan_download(model, variant, allow_pickle)
        if isinstance(plan_or_folder, Path):
            warn(f"{name} could not be compared with what the hub has")
            print_line(f"{name}: here, {plan_or_folder}")
        else:
            plans[name] = plan_or_folder
    download.require_space(plans.values())
    for name, plan in plans.items():
        with show_download(name, plan.partial_bytes) as show:
            folder = download.fetch(plan, show)
        summary = f"{len(plan.files)} files, {format_size(plan.size)}, {'whole' if plan.missing else 'here already'}"
        print_line(f"{name}: {summary}, {folder}")


def _plan_download(model: ModelRef, variant: "Variant", allow_pickle: bool) -> "DownloadPlan | Path":
    """What to fetch of a model; its folder if the hub cannot be asked and it is here."""
    from riptui.inpainters import download  # of an extra

    revision = model.revision or "main"
    try:
        return download.plan_download(model.model, revision, variant=variant, allow_pickle=allow_pickle)
    except WeightsError:
        with suppress(WeightsError):
            return download.find_installed(model.model, revision, allow_pickle=allow_pickle)
        raise


def _fetch_trunks(nets: Iterable[LpipsNet]) -> None:
    for net in nets:
        name, was_installed = f"lpips-{net}", lpips_weights.is_installed(net)
        with show_download(name, 0) as show:
            path = lpips_weights.fetch(net, lambda done, total, show=show: show("", done, total))  # type: ignore[misc]
        lpips_weights.verify(net)
        print_line(
            f"{name}: {format_size(path.stat().st_size)}, {'here already' if was_installed else 'whole'}, {path}"
        )


@contextmanager
def show_download(name: str, partial_bytes: int) -> Iterator[ShowDownload]:
    """How a download is shown, on stderr: a bar on a terminal, elsewhere a line now and then."""
    if not err.is_terminal:
        yield DownloadLines(name, partial_bytes).show
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=err, transient=True) as progress:
        task = progress.add_task(name, total=None, completed=partial_bytes)

        def show(file: str, done: int, total: int) -> None:
            folder = file.rpartition("/")[0]
            progress.update(task, description=f"{name} {folder}".strip(), completed=done, total=total)

        yield show


class DownloadLines:
    """A line at the start, and one every `MAX_SILENCE_SECONDS`."""

    def __init__(self, name: str, partial_bytes: int) -> None:
        self._name, self._partial_bytes = name, partial_bytes
        self._started = self._last_output = time.monotonic()
        self._has_output = False

    def show(self, file: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._has_output:
            self._has_output = True
            resumed = f", {format_size(self._partial_bytes)} of it from before" if self._partial_bytes else ""
            err.print(f"{self._name}: {format_size(total)} to fetch{resumed}")
        elif now - self._last_output > MAX_SILENCE_SECONDS:
            self._last_output = now
            speed = max(done - self._partial_bytes, 1) / (now - self._started)
            seconds_left = (total - done) / speed
            err.print(
                f"{self._name}: {format_size(done)} of {format_size(total)}, {format_size(speed)}/s, "
                f"{seconds_left // 60:.0f}:{seconds_left % 60:02.0f} left"
            )
