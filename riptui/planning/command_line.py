"""The command, `riptui run` or `riptui generate`, that computes a trajectory with the same spec."""

import shlex

from riptui import inpainters
from riptui.spec import FOLDER_ORDERS, ParameterValue, Spec

DEFAULT_SPEC = Spec(source_name="", source_sha256="0" * 64, original_sha256="0" * 64)

OPTIONS = {"onto": "paste"}
"""Fields whose option has another name."""


def to_command_line(spec: Spec) -> str:
    """Quoted for a shell, with the options that differ from their defaults."""
    if spec.inpainter == inpainters.TEXT_TO_IMAGE:
        return _to_generate_command(spec)
    words = ["riptui", "run", *_inpainter_options(spec)]
    words += ["--mask", str(spec.mask), "--seed", str(spec.seed)]
    words += _changed_options(spec, "amount", "order")
    if spec.order in FOLDER_ORDERS:
        words += ["--masks", "FOLDER"]
    words += _changed_options(spec, "squares")
    if not spec.paste:
        words.append("--no-paste")
    words += _changed_options(spec, "onto", "anchor", "match", "feather")
    words += [word for line in spec.schedule.splitlines() for word in ("--schedule", line)]
    return shlex.join([*words, *_changed_options(spec, "size", "fit"), "--", spec.source_name])


def _changed_options(spec: Spec, *names: str) -> list[str]:
    """The options of those fields that differ from their defaults."""
    changed = {name: value for name in names if (value := getattr(spec, name)) != getattr(DEFAULT_SPEC, name)}
    texts = {name: f"{value:.17g}" if isinstance(value, float) else str(value) for name, value in changed.items()}
    return [word for name, text in texts.items() for word in (f"--{OPTIONS.get(name, name)}", text)]


def _to_generate_command(spec: Spec) -> str:
    words = ["riptui", "generate", "--model", str(spec.parameters["model"]), "--seed", str(spec.seed)]
    words += _parameter_options(spec, "model", "prompt")
    words += _changed_options(spec, "size")
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
