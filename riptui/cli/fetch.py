"""`riptui fetch`: download the weights of models, of LPIPS and of feature extractors."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from riptui.cli.console import err, print_error, print_line, warn
from riptui.cli.fetch_names import resolve_names
from riptui.errors import RiptuiError, WeightsError
from riptui.extras import importing
from riptui.features.missing_models import CONFIG, NETWORK_FILES
from riptui.inpainters import REGISTRY, import_trial, models
from riptui.inpainters.models import catalogue
from riptui.inpainters.models.catalogue import ModelRef
from riptui.inpainters.models.model_names import is_single_file
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.inpainters.models.weights_places import published_file, read_weights_file
from riptui.metrics import LpipsNet, lpips_weights
from riptui.remote_file import OnDownloadProgress
from riptui.text.units import format_count, format_size

if TYPE_CHECKING:
    from riptui.inpainters.models.download import DownloadPlan
    from riptui.inpainters.models.weight_files import Variant

MAX_SILENCE_SECONDS = 10.0  # seconds between plain lines

ShowDownload = Callable[[str, int, int], None]
"""`show(file, bytes_done, bytes_total)`"""


def fetch(names: tuple[str, ...], variant: "Variant", allow_pickle: bool, config: str | None, offline: bool) -> int:
    nets, networks, published, refs = resolve_names(names)
    if refs:
        _require_hub_packages()
    if offline or lpips_weights.is_offline():
        return _print_installed(nets, networks, published, refs, allow_pickle, config)
    try:
        _fetch_models(refs, variant, allow_pickle, config)
        _fetch_published(published)
        _fetch_trunks(nets)
        _fetch_networks(networks)
    except KeyboardInterrupt:
        warn("stopped; downloaded parts are kept: run the same command again to continue")
        raise
    return 0


def _require_hub_packages() -> None:
    for package in ("huggingface_hub", "safetensors"):
        with importing("fetching a model", "diffusion"):
            import_module(package)


def _print_installed(
    nets: tuple[LpipsNet, ...],
    networks: tuple[str, ...],
    published: tuple[str, ...],
    refs: dict[str, ModelRef],
    allow_pickle: bool,
    config: str | None,
) -> int:
    finders = {name: partial(_find_model, model, allow_pickle, config) for name, model in refs.items()}
    finders |= {PUBLISHED[name].inpainter: partial(_find_published, name) for name in published}
    finders |= {f"lpips-{net}": partial(_find_trunk, net) for net in nets}
    finders |= {name: partial(_find_network, name) for name in networks}
    code = 0
    for name, find in finders.items():
        try:
            print_line(f"{name}: installed in {find()}")
        except RiptuiError as error:
            print_error(str(error))
            code = error.exit_code
    return code


def _find_model(model: ModelRef, allow_pickle: bool, config: str | None) -> Path:
    place = models.download.find_installed(model.model, model.revision, allow_pickle=allow_pickle)
    if _is_model(place, allow_pickle):
        _verify(place, model, allow_pickle, config)
    return place


def _is_model(place: Path, allow_pickle: bool) -> bool:
    """Whether a file or a folder is a model, or a VAE's folder, and no LoRA, VAE or learned embedding in a file."""
    return not place.is_file() or models.single_file.read_header(place, allow_pickle=allow_pickle).is_model


def _verify(place: Path, model: ModelRef, allow_pickle: bool, config: str | None) -> None:
    """Compare the tensors of an installed model with its configurations, if what it needs is installed as well."""
    from riptui.inpainters.models import verification  # imports torch

    try:
        if _verify_features(place, model):
            return
        verification.verify_model(place, model.model, model.revision, allow_pickle=allow_pickle, config=config)
    except RiptuiError:
        raise
    except Exception as error:  # of any kind: packages are missing or broken
        warn(f"could not compare the tensors of {model.model} with its configuration: {error}")


def _verify_features(place: Path, model: ModelRef) -> bool:
    """As `_verify`, for a model of a feature extractor; False if it is another."""
    if not (place / CONFIG).is_file():
        return False
    from riptui.features.vision_models import verify_vision_model  # imports torch

    repair_hint = models.locate.repair_hint(model.model, model.revision)
    return verify_vision_model(place, model.model, repair_hint)


def _find_trunk(net: LpipsNet) -> Path:
    lpips_weights.verify(net)
    return lpips_weights.weights_path(net)


def _find_network(name: str) -> Path:
    NETWORK_FILES[name].verify()
    return NETWORK_FILES[name].path


def _find_published(name: str) -> Path:
    return read_weights_file(name)[0].path


def _fetch_models(refs: dict[str, ModelRef], variant: "Variant", allow_pickle: bool, config: str | None) -> None:
    """Download models. All are planned first: a wrong name or a full disk fails before gigabytes have arrived."""
    if allow_pickle and refs:
        warn("accepting weights that exist only as pickle; they can run any code when loaded")
    plans: dict[str, DownloadPlan] = {}
    for name, model in refs.items():
        if model.revision is None:  # a file on this machine
            continue
        with err.status(f"checking {name} ...") if err.is_terminal else nullcontext():
            plan_or_folder = _plan_download(model, variant, allow_pickle)
        if isinstance(plan_or_folder, Path):
            warn(f"could not compare {name} with the hub")
            print_line(f"{name}: installed in {plan_or_folder}")
        else:
            plans[name] = plan_or_folder
    models.download.require_space(plans.values())
    for name, model in refs.items():
        if plan := plans.get(name):
            place = _download(name, plan)
        elif model.revision is None:
            place = Path(model.model)
        else:
            continue
        if _is_model(place, allow_pickle):
            if place.is_file():
                _fetch_configurations(model, allow_pickle, config)
            _verify(place, model, allow_pickle, config)
        if plan:
            outcome = "complete" if plan.missing else "already installed"
            print_line(f"{name}: {format_count(len(plan.files), 'file')}, {format_size(plan.size)}, {outcome}, {place}")
        else:
            print_line(f"{name}: installed in {place}")


def _download(name: str, plan: "DownloadPlan") -> Path:
    """Download what is missing. Returns the folder, or the file of a model in one file."""
    with show_download(name, plan.partial_bytes) as show:
        folder = models.download.fetch(plan, show)
    return folder / plan.files[0].path if is_single_file(plan.files[0].path) else folder


def _fetch_configurations(model: ModelRef, allow_pickle: bool, config: str | None) -> None:
    """Download the configurations and the tokenizer that a model in one file needs, unless they are here.

    config: the model that has them; None: that of the file's kind.
    """
    file = models.locate.locate_file(model.model, model.revision)
    header = models.single_file.read_header(file, allow_pickle=allow_pickle)
    base = catalogue.resolve_model(config or models.single_file.configurations_of(header, model.model))
    repository, revision = base.model, base.revision or "main"
    with suppress(WeightsError):
        models.locate.locate_model(repository, revision)
        return
    plan = models.download.plan_download(repository, revision, configurations_only=True)
    folder = _download(repository, plan)
    print_line(f"{repository}: its configurations, {format_size(plan.size)}, complete, {folder}")


def _plan_download(model: ModelRef, variant: "Variant", allow_pickle: bool) -> "DownloadPlan | Path":
    """What to download of a model; its place if it is installed and the hub cannot be reached."""
    revision = model.revision or "main"
    try:
        return models.download.plan_download(model.model, revision, variant=variant, allow_pickle=allow_pickle)
    except WeightsError:
        with suppress(RiptuiError):
            return models.download.find_installed(model.model, revision, allow_pickle=allow_pickle)
        raise


def _fetch_published(names: Iterable[str]) -> None:
    for name in names:
        inpainter, terms = PUBLISHED[name].inpainter, PUBLISHED[name].terms
        import_trial.require_installed(inpainter, REGISTRY[inpainter])
        if terms:
            warn(terms)
        file = published_file(name)
        _fetch_file(inpainter, file.is_installed, file.fetch, file.verify)


def _fetch_trunks(nets: Iterable[LpipsNet]) -> None:
    for net in nets:
        fetch_trunk, verify = partial(lpips_weights.fetch, net), partial(lpips_weights.verify, net)
        _fetch_file(f"lpips-{net}", lpips_weights.is_installed(net), fetch_trunk, verify)


def _fetch_networks(names: Iterable[str]) -> None:
    for name in names:
        file = NETWORK_FILES[name]
        _fetch_file(name, file.is_installed, file.fetch, file.verify)


def _fetch_file(
    name: str, was_installed: bool, fetch_file: Callable[[OnDownloadProgress], Path], verify: Callable[[], None]
) -> None:
    """Download a file unless it is there, and compare it with its hash."""
    with show_download(name, 0) as show:
        path = fetch_file(lambda done, total: show("", done, total))
    verify()
    outcome = "already installed" if was_installed else "complete"
    print_line(f"{name}: {format_size(path.stat().st_size)}, {outcome}, {path}")


@contextmanager
def show_download(name: str, partial_bytes: int) -> Iterator[ShowDownload]:
    """Show a download on stderr: a bar on a terminal, else a line every `MAX_SILENCE_SECONDS`."""
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
            resumed = f", of which {format_size(self._partial_bytes)} are already here" if self._partial_bytes else ""
            err.print(f"{self._name}: downloading {format_size(total)}{resumed}")
        elif now - self._last_output > MAX_SILENCE_SECONDS:
            self._last_output = now
            speed = max(done - self._partial_bytes, 1) / (now - self._started)
            seconds_left = (total - done) / speed
            err.print(
                f"{self._name}: {format_size(done)} of {format_size(total)}, {format_size(speed)}/s, "
                f"{seconds_left // 60:.0f}:{seconds_left % 60:02.0f} left"
            )
