"""The values of the form, parsed into a sweep. No Textual; of the disk only a folder of masks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar, get_args

import msgspec

from riptui import inpainters, metrics
from riptui.errors import InputError, RiptuiError
from riptui.planning.mask_folder import read_mask_folder
from riptui.planning.sweep import Interventions, Sweep, require_valid_names
from riptui.spec import ColourMatch, Fit, ParameterValue, PasteBase, SquareOrder
from riptui.text import int_ranges
from riptui.text.units import expand_home

FieldValue = TypeVar("FieldValue")

STATE_KEY = "launch"
"""The key of the remembered values."""

MAX_TRAJECTORIES = 1000
"""Per form: each is a folder that is written durably. Larger plans belong on the command line."""

PasteChoice = Literal["frame", "original", "none"]
"""What is pasted onto; "none": the whole output is kept."""
PASTES: tuple[PasteChoice, ...] = get_args(PasteChoice)
PROTOCOL_FIELDS = ("order", "mask_folder", "paste", "anchor", "match", "feather", "schedule")
"""The fields of what may be done otherwise than in the paper."""

FIELDS_BY_WORD = {
    **{"mask": "masks", "amount": "amount", "size": "size", "seed": "seeds"},
    **{name: name for name in ("order", "anchor", "match", "feather", "schedule")},
}
"""The field of a sweep's error, by its first word; other errors belong to the inpainter."""


class FormValues(msgspec.Struct, frozen=True):
    """The form as typed; remembered for the next launch."""

    picture: str = ""
    inpainter: str = inpainters.DEFAULT_INPAINTER
    prompt: str = ""
    model: str = ""  # that a server has loaded; or a folder, a file or a hub id
    steps: str = ""  # empty: as many as the inpainter has by itself
    masks: str = "128"
    seeds: str = "0"
    amount: str = "400"
    size: str = "512"
    fit: Fit = "bands"
    metrics: str = ""  # names, separated by commas; empty: the available default metrics
    group: str = ""
    order: SquareOrder = "replacement"
    mask_folder: str = ""
    paste: PasteChoice = "frame"
    anchor: str = ""  # iterations
    match: ColourMatch = "none"
    feather: str = ""  # px
    schedule: str = ""  # several are separated by ;

    @property
    def departures(self) -> int:
        """How much of it departs from the paper's protocol, beside sizes and amounts."""
        plain = FormValues()
        return sum(getattr(self, name) != getattr(plain, name) for name in PROTOCOL_FIELDS)


@dataclass(frozen=True)
class ParsedForm:
    """The sweep of a form, or its problems."""

    sweep: Sweep | None  # None if there are problems
    metrics: tuple[str, ...] = ()  # empty: the default metrics
    problems: dict[str, str] = field(default_factory=dict)  # by field; not yet printable


def list_typed_parameters(inpainter: str) -> tuple[str, ...]:
    """The parameters of an inpainter that the form asks for: a prompt, steps, and the model of a server or of any."""
    if inpainter not in inpainters.REGISTRY:
        return ()
    info = inpainters.find_inpainter(inpainter)
    has_model = info.is_server or inpainter == inpainters.CUSTOM
    asked = ("model", "prompt", "steps") if has_model else ("prompt", "steps")
    return tuple(name for name in asked if name in info.parameters)


def parse_form(values: FormValues) -> ParsedForm:
    """Parse the form into a sweep. The preview checks the picture."""
    problems: dict[str, str] = {}

    def parse(name: str, parse_text: Callable[[str], FieldValue]) -> FieldValue | None:
        """The value of a field; None, and a problem, if it cannot be parsed."""
        try:
            return parse_text(getattr(values, name))
        except (RiptuiError, ValueError) as error:
            problems[name] = str(error)
            return None

    masks, seeds = parse("masks", _parse_numbers) or (), parse("seeds", _parse_numbers) or ()
    size, amount = parse("size", _parse_size), parse("amount", _parse_amount) or 0.0
    metric_names = parse("metrics", _parse_metrics) or ()
    parse("group", lambda group: require_valid_names(group, "", 1))
    anchor, feather = parse("anchor", _parse_count) or 0, parse("feather", _parse_count) or 0
    folder = parse("mask_folder", partial(_parse_mask_folder, size=size))
    typed: dict[str, ParameterValue] = {name: getattr(values, name) for name in list_typed_parameters(values.inpainter)}
    if typed.pop("steps", "") and (steps := parse("steps", _parse_steps)):
        typed["steps"] = steps
    inpainter = values.inpainter
    if inpainter == inpainters.CUSTOM:
        inpainter = parse("model", _parse_model) or inpainter
        del typed["model"]
    if (count := len(masks) * len(seeds)) > MAX_TRAJECTORIES:
        problems["seeds"] = f"{count:,} trajectories; the limit here is {MAX_TRAJECTORIES:,}: use riptui run"
    if problems or size is None:
        return ParsedForm(None, metric_names, problems)
    schedule = "\n".join(filter(None, (line.strip() for line in values.schedule.split(";"))))
    onto: PasteBase = "original" if values.paste == "original" else "frame"
    try:
        sweep = Sweep(
            [inpainter],
            masks,
            seeds,
            typed,
            amount=amount,
            order="cycle" if folder and values.order == "replacement" else values.order,
            paste=values.paste != "none",
            size=size,
            fit=values.fit,
            interventions=Interventions(onto, anchor, schedule, values.match, feather),
            mask_folder=folder,
        )
    except RiptuiError as error:
        field_name = FIELDS_BY_WORD.get(str(error).partition(" ")[0], "inpainter")
        return ParsedForm(None, metric_names, {field_name: str(error)})
    return ParsedForm(sweep, metric_names)


def _parse_numbers(text: str) -> tuple[int, ...]:
    if not text.strip():
        raise InputError("expected numbers, e.g. 64,128 or 0-9")
    return int_ranges.parse(text)


def _parse_size(text: str) -> int:
    numbers = _parse_numbers(text)
    if len(numbers) > 1:
        raise InputError("expected one size, a multiple of 64")
    return numbers[0]


def _parse_amount(text: str) -> float:
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        raise InputError("expected a percentage, e.g. 400") from None


def _parse_metrics(text: str) -> tuple[str, ...]:
    return metrics.check_names(name.strip() for name in text.split(",") if name.strip())


def _parse_model(text: str) -> str:
    """What a user calls a model. Raises InputError for what is none; whether it is there shows later."""
    if not text:
        raise InputError("expected a folder, a file, or a hub id such as org/name")
    inpainters.resolve_inpainter(text)
    return text


def _parse_steps(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise InputError("expected a whole number, or nothing for the model's own")
    return int(text)


def _parse_count(text: str) -> int:
    """A whole number of iterations or of px; nothing typed is 0."""
    if text.strip() and not text.strip().isdecimal():
        raise InputError("expected a whole number, or nothing")
    return int(text.strip() or 0)


def _parse_mask_folder(text: str, size: int | None) -> Path | None:
    """A folder of masks that can be used at a size, if there is one. Raises InputError, SourceError, ValueError."""
    if not text:
        return None
    folder = expand_home(text)
    if not folder.is_dir():
        raise InputError("there is no such folder")
    if size is not None:
        read_mask_folder(folder, size)
    return folder
