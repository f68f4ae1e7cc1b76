"""The command, `riptui run` or `riptui generate`, that computes a trajectory with the same spec."""

import shlex

from riptui import inpainters
from riptui.spec import FOLDER_ORDERS, ParameterValue, Spec

DEFAULT_SPEC = Spec(source_name="", source_sha256="0" * 64, original_sha256="0" * 64)


def to_command_line(spec: Spec) -> str:
    """Quoted for a shell, with the options that differ from their defaults."""
    if spec.inpainter == inpainters.TEXT_TO_IMAGE:
        return _to_generate_command(spec)
    words = ["riptui", "run", *_inpainter_options(spec)]
    words += ["--mask", str(spec.mask), "--seed", str(spec.seed)]
    if spec.amount != DEFAULT_SPEC.amount:
        words += ["--amount", f"{spec.amount:.17g}"]
    if spec.order != DEFAULT_SPEC.order:
        words += ["--order", spec.order]
    if spec.order in FOLDER_ORDERS:
        words += ["--masks", "FOLDER"]
    if spec.squares != DEFAULT_SPEC.squares:
        words += ["--squares", spec.squares]
    if not spec.paste:
        words.append("--no-paste")
    if spec.onto != DEFAULT_SPEC.onto:
        words += ["--paste", spec.onto]
    if spec.anchor != DEFAULT_SPEC.anchor:
        words += ["--anchor", str(spec.anchor)]
    if spec.match != DEFAULT_SPEC.match:
        words += ["--match", spec.match]
    if spec.feather != DEFAULT_SPEC.feather:
        words += ["--feather", str(spec.feather)]
    words += [word for line in spec.schedule.splitlines() for word in ("--schedule", line)]
    if spec.size != DEFAULT_SPEC.size:
        words += ["--size", str(spec.size)]
    if spec.fit != DEFAULT_SPEC.fit:
        words += ["--fit", spec.fit]
    return shlex.join([*words, "--", spec.source_name])


def _to_generate_command(spec: Spec) -> str:
    words = ["riptui", "generate", "--model", str(spec.parameters["model"]), "--seed", str(spec.seed)]
    words += _parameter_options(spec, "model", "prompt")
    if spec.size != DEFAULT_SPEC.size:
        words += ["--size", str(spec.size)]
    return shlex.join([*words, "--", str(spec.parameters["prompt"])])


def _inpainter_options(spec: Spec) -> list[str]:
    words = [] if spec.inpainter == inpainters.DEFAULT_INPAINTER else ["--inpainter", spec.inpainter]
    return words + _parameter_options(spec)


def _parameter_options(spec: Spec, *without: str) -> list[str]:
    defaults = inpainters.complete_parameters(spec.inpainter, {})
    changed = {key: value for key, value in spec.parameters.items() if value != defaults.get(key)}
    kept = {key: value for key, value in changed.items() if key not in without}
    return [word for key, value in kept.items() for word in ("--set", f"{key}={_format_value(value)}")]


def _format_value(value: ParameterValue) -> str:
    is_word = value is None or isinstance(value, bool)  # none, true, false
    return str(value).lower() if is_word else str(value)
