"""`riptui models`: what can inpaint, and what LPIPS and features need; size, licence, and whether it is here."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from rich.text import Text

from riptui.cli.console import out, print_json, warn
from riptui.errors import BrokenExtraError, InputError, MissingExtraError, RiptuiError
from riptui.extras import importing
from riptui.features import REGISTRY as EXTRACTORS
from riptui.features.missing_models import NETWORK_FILES, explain_missing_weights
from riptui.inpainters import REGISTRY, InpainterInfo
from riptui.inpainters.models.catalogue import MODELS
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.inpainters.models.weights_places import published_file, read_weights_file
from riptui.inpainters.programs.program_registry import explain_missing
from riptui.inpainters.servers.server_infos import SERVER_PACKAGE
from riptui.inpainters.servers.server_place import find_named_server
from riptui.metrics.lpips_weights import TRUNKS, is_installed, weights_path
from riptui.text.terminal import printable
from riptui.text.units import abbreviate_home, format_size

WeightsState = Literal["here", "incomplete", "missing", "unknown", "built in"]

STATE_MARKS: dict[WeightsState, tuple[str, str]] = {
    "here": ("✓", "green"),
    "incomplete": ("!", "red"),
    "missing": ("○", "none"),
    "unknown": ("?", "yellow"),
    "built in": ("✓", "green"),
}


@dataclass(frozen=True)
class WeightsInfo:
    """The state of one name's weights."""

    name: str
    kind: Literal["model", "lpips", "features", "inpainter", "program", "server"]
    state: WeightsState
    summary: str
    size: int = 0  # bytes, about
    licence: str = ""
    gated: bool = False
    repository: str | None = None
    revision: str | None = None
    path: str | None = None  # where it is installed, or where a missing file would be
    problem: str = ""  # what is wrong, and what to do


def models(as_json: bool) -> int:
    all_weights = [*_list_models(), *_list_published(), *_list_trunks(), *_list_extractors(), *_list_inpainters()]
    if as_json:
        print_json([asdict(weights) for weights in all_weights])
        return 0
    _print_weights(all_weights)
    for problem in (*REGISTRY.list_problems(), *REGISTRY.own_problems().values()):
        warn(problem)
    for extra in dict.fromkeys(REGISTRY[weights.name].extra for weights in all_weights if weights.state == "unknown"):
        warn(f"the extra [{extra}] is not installed, or is broken: pip install 'riptui[{extra}]'")
    return 0


def _list_models() -> Iterator[WeightsInfo]:
    has_packages = all(find_spec(package) for package in ("huggingface_hub", "safetensors"))
    for name, model in MODELS.items():
        state, path, problem = _locate_model(name) if has_packages else ("unknown", None, "")
        yield WeightsInfo(
            name=name,
            kind="model",
            state=state,
            summary=model.title,
            size=model.size,
            licence=model.licence,
            gated=model.gated,
            repository=model.repository,
            revision=model.revision,
            path=path,
            problem=problem,
        )


def _locate_model(name: str) -> tuple[WeightsState, str | None, str]:
    try:
        with importing("this list", "diffusion"):
            from riptui.inpainters.models import added_models, checkpoint, locate, verification
    except BrokenExtraError as error:
        return "unknown", None, str(error)
    model = MODELS[name]
    try:
        folder = locate.locate_model(model.repository, model.revision)
    except RiptuiError:
        return "missing", None, ""
    if not checkpoint.has_weights(folder):  # only its configurations, for a model in one file
        return "missing", None, ""
    repair_hint = locate.repair_hint(model.repository, model.revision)
    try:
        checkpoint.inspect_checkpoint(folder, name, repair_hint=repair_hint)
        whole = [(folder, model.repository, model.revision)]
        if model.prior:
            whole.append((added_models.inspect_prior(model.prior, allow_pickle=False).folder, model.prior, "main"))
        with suppress(ImportError, OSError):  # without torch, or with a broken one, there is nothing to compare it with
            for each in whole:
                verification.verify_model(*each)
    except RiptuiError as error:
        return "incomplete", str(folder), str(error)
    return "here", str(folder), ""


def _list_published() -> Iterator[WeightsInfo]:
    for name, published in PUBLISHED.items():
        state, problem = _find_published(name)
        yield WeightsInfo(
            name=published.inpainter,
            kind="model",
            state=state,
            summary=published.title,
            size=published.size,
            licence=published.licence,
            path=str(published_file(name).path),
            problem=problem,
        )


def _find_published(name: str) -> tuple[WeightsState, str]:
    if any(find_spec(package) is None for package in REGISTRY[PUBLISHED[name].inpainter].distributions):
        return "unknown", ""
    if not published_file(name).is_installed:
        return "missing", ""
    try:
        read_weights_file(name)
    except RiptuiError as error:
        return "incomplete", str(error)
    return "here", ""


def _list_trunks() -> Iterator[WeightsInfo]:
    for net, trunk in TRUNKS.items():
        yield WeightsInfo(
            name=f"lpips-{net}",
            kind="lpips",
            state="here" if is_installed(net) else "missing",
            summary=f"torchvision's {trunk.name.partition('-')[0]}, the trunk of LPIPS {net}.",
            size=trunk.size,
            licence="as torchvision has it (trained on ImageNet)",
            path=str(weights_path(net)),
        )


def _list_extractors() -> Iterator[WeightsInfo]:
    """Feature extractors that have weights, each with its default model."""
    for name, info in EXTRACTORS.built_in.items():
        if not info.size:
            continue
        missing = explain_missing_weights(name)
        file = NETWORK_FILES.get(name)
        repository, _, revision = info.model.partition("@")
        yield WeightsInfo(
            name=name,
            kind="features",
            state="missing" if missing else "here",
            summary=info.summary,
            size=info.size,
            licence=info.licence,
            repository=repository or None,
            revision=revision or None,
            path=str(file.path) if file else None,
        )


def _list_inpainters() -> Iterator[WeightsInfo]:
    for name, entry in REGISTRY.items():
        if entry.program:
            missing = explain_missing(name, entry)
            state: WeightsState = "missing" if missing else "here"
            summary = f"external program: {entry.program.command}"
            yield WeightsInfo(name=name, kind="program", state=state, summary=summary, problem=str(missing or ""))
        elif entry.is_server:
            yield _describe_server(name, entry)
        elif not entry.needs_weights:
            yield WeightsInfo(name=name, kind="inpainter", state="built in", summary=entry.summary)


def _describe_server(name: str, entry: InpainterInfo) -> WeightsInfo:
    """A server; it is not asked. `here`: somebody says where it is. `unknown`: nobody here could ask it."""
    try:
        place, problem = find_named_server(name), ""
    except InputError as error:
        place, problem = None, str(error)
    if find_spec(SERVER_PACKAGE) is None:
        missing = MissingExtraError(f"the inpainter {name}", SERVER_PACKAGE, entry.extra or "")
        return WeightsInfo(name=name, kind="server", state="unknown", summary=entry.summary, problem=str(missing))
    summary = f"server at {place.url}" if place else entry.summary
    return WeightsInfo(name=name, kind="server", state="here" if place else "missing", summary=summary, problem=problem)


def _print_weights(all_weights: Iterable[WeightsInfo]) -> None:
    for weights in all_weights:
        size = format_size(weights.size) if weights.size else "-"
        gated = ", gated" if weights.gated else ""
        details = weights.summary.partition(":")[0] if weights.kind == "inpainter" else f"{weights.licence}{gated}"
        if weights.kind in ("program", "server"):
            details = printable(" ".join(weights.summary.split()))
        line = f" {weights.name:<21}{size:>9}  "
        details = details[: max(20, out.width - 2 - len(line))]
        out.print(Text.assemble(STATE_MARKS[weights.state], line, details))
        if weights.repository:
            out.print(Text(f"  {weights.repository}@{(weights.revision or '')[:10]}", "dim"))
        if weights.path and weights.state in {"here", "incomplete"}:
            out.print(Text(f"  {printable(abbreviate_home(Path(weights.path)))}", "dim"))
        if weights.problem:
            out.print(Text(f"  {printable(weights.problem)}", "red"))
    out.print(Text("Any other model that diffusers inpaints with: riptui fetch org/name[@revision]", "dim"))
