"""The command that makes a trajectory again: a spec as `riptui run` would be told it."""

import shlex

from riptui import inpainters
from riptui.spec import Parameter, Spec

USUAL = Spec(source_name="", source_sha256="0" * 64, original_sha256="0" * 64)


def command(spec: Spec, *, picture: str = "") -> str:
    """For a shell, with all that is not as usual. `picture`: the source; by default its bare name."""
    words = ["riptui", "run", *_inpainter(spec)]
    words += ["--mask", str(spec.mask), "--seed", str(spec.seed)]
    if spec.amount != USUAL.amount:
        words += ["--amount", f"{spec.amount:.17g}"]
    if spec.order != USUAL.order:
        words += ["--order", spec.order]
    if not spec.paste:
        words.append("--no-paste")
    if spec.size != USUAL.size:
        words += ["--size", str(spec.size)]
    if spec.fit != USUAL.fit:
        words += ["--fit", spec.fit]
    return shlex.join([*words, "--", picture or spec.source_name])


def _inpainter(spec: Spec) -> list[str]:
    usual = inpainters.complete(spec.inpainter, {})
    told = {key: value for key, value in spec.parameters.items() if value != usual.get(key)}
    words = [] if spec.inpainter == inpainters.DEFAULT else ["--inpainter", spec.inpainter]
    return words + [word for key, value in told.items() for word in ("--set", f"{key}={_typed(value)}")]


def _typed(value: Parameter) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case _:
            return str(value)
