"""`riptui models`: what can inpaint and what LPIPS needs, with size, licence, and whether it is on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import rich_click as click

from riptui.cli.options import json_option
from riptui.errors import RiptuiError
from riptui.inpainters import REGISTRY
from riptui.inpainters.catalogue import MODELS
from riptui.wording import homely, sized

State = Literal["here", "incomplete", "missing", "unknown", "built in"]

MARKS: dict[State, tuple[str, str]] = {
    "here": ("✓", "green"),
    "incomplete": ("!", "red"),
    "missing": ("○", "none"),
    "unknown": ("?", "yellow"),
    "built in": ("✓", "green"),
}


@dataclass(frozen=True)
class Weights:
    """What is known of one name's weights."""

    name: str
    kind: Literal["model", "lpips", "inpainter"]
    state: State
    summary: str
    size: int = 0
    """Bytes, about."""
    licence: str = ""
    gated: bool = False
    repository: str | None = None
    revision: str | None = None
    path: str | None = None
    """Where it is; where it is looked for, if it is a file that is missing."""
    problem: str = ""
    """What is wrong with it, and what to do."""


@click.command(short_help="List the models: size, licence, here or not.")
@json_option
def models(as_json: bool) -> int:
    """List the models, the nets of LPIPS and the inpainters without weights: size, licence, and whether they are here.

    \b
    ✓ here   ○ missing: riptui fetch NAME   ! incomplete   ? not known without the extra [diffusion]
    """
    from riptui.cli.console import emit, note

    found = [*_models(), *_trunks(), *_inpainters()]
    if as_json:
        emit([asdict(one) for one in found])
        return 0
    _tell(found)
    if any(one.state == "unknown" for one in found):
        note("the extra [diffusion] is not installed: pip install 'riptui[diffusion]'")
    return 0


def _models() -> Iterator[Weights]:
    able = all(find_spec(package) for package in ("huggingface_hub", "safetensors"))
    for name, model in MODELS.items():
        state, path, problem = _looked_at(name) if able else ("unknown", None, "")
        yield Weights(
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


def _looked_at(name: str) -> tuple[State, str | None, str]:
    from riptui.inpainters import hub
    from riptui.inpainters.checkpoint import inspect

    model = MODELS[name]
    try:
        folder = hub.locate(model.repository, model.revision)
    except RiptuiError:
        return "missing", None, ""
    try:
        inspect(folder, name, repair=hub.repair(model.repository, model.revision))
    except RiptuiError as error:
        return "incomplete", str(folder), str(error)
    return "here", str(folder), ""


def _trunks() -> Iterator[Weights]:
    from riptui.metrics.weights import TRUNKS, present, weights_path

    for net, trunk in TRUNKS.items():
        yield Weights(
            name=f"lpips-{net}",
            kind="lpips",
            state="here" if present(net) else "missing",
            summary=f"torchvision's {trunk.file.partition('-')[0]}, the trunk of LPIPS {net}.",
            size=trunk.size,
            licence="as torchvision has it (trained on ImageNet)",
            path=str(weights_path(net)),
        )


def _inpainters() -> Iterator[Weights]:
    for name, entry in REGISTRY.items():
        if not entry.weights:
            yield Weights(name=name, kind="inpainter", state="built in", summary=entry.summary)


def _tell(found: Iterable[Weights]) -> None:
    from rich.text import Text

    from riptui.cli.console import out
    from riptui.terminal import printable

    for one in found:
        size = sized(one.size) if one.size else "-"
        gated = ", gated" if one.gated else ""
        about = one.summary.partition(":")[0] if one.kind == "inpainter" else f"{one.licence}{gated}"
        out.print(Text.assemble(MARKS[one.state], f" {one.name:<14}{size:>9}  {about}"))
        if one.repository:
            out.print(Text(f"  {one.repository}@{one.revision}", "dim"))
        if one.path and one.state in {"here", "incomplete"}:
            out.print(Text(f"  {printable(homely(Path(one.path)))}", "dim"))
        if one.problem:
            out.print(Text(f"  {printable(one.problem)}", "red"))
    out.print(Text("Any other model that diffusers inpaints with: riptui fetch org/name[@revision]", "dim"))
