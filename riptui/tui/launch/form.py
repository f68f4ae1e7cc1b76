"""The values of the form, parsed into a sweep. No Textual, no disk."""

from dataclasses import dataclass, field

import msgspec

from riptui import inpainters, metrics
from riptui.errors import InputError, RiptuiError
from riptui.planning.sweep import Sweep, require_valid_names
from riptui.spec import Fit
from riptui.text import int_ranges

STATE_KEY = "launch"
"""The key of the remembered values."""

MAX_TRAJECTORIES = 1000
"""Per form: each is a folder that is written durably. Larger plans belong on the command line."""

FIELDS_BY_WORD = {"mask": "masks", "amount": "amount", "size": "size", "seed": "seeds"}
"""The field of a sweep's error, by its first word; other errors belong to the inpainter."""


class FormValues(msgspec.Struct, frozen=True):
    """The form as typed; remembered for the next launch."""

    picture: str = ""
    inpainter: str = inpainters.DEFAULT_INPAINTER
    prompt: str = ""
    model: str = ""  # that a server has loaded
    masks: str = "128"
    seeds: str = "0"
    amount: str = "400"
    size: str = "512"
    fit: Fit = "bands"
    metrics: str = ""  # names, separated by commas; empty: the available default metrics
    group: str = ""


@dataclass(frozen=True)
class ParsedForm:
    """The sweep of a form, or its problems."""

    sweep: Sweep | None  # None if there are problems
    metrics: tuple[str, ...] = ()  # empty: the default metrics
    problems: dict[str, str] = field(default_factory=dict)  # by field; not yet printable


def list_typed_parameters(inpainter: str) -> tuple[str, ...]:
    """The parameters of an inpainter that the form asks for: a prompt, and the model of a server."""
    if inpainter not in inpainters.REGISTRY:
        return ()
    info = inpainters.find_inpainter(inpainter)
    asked = ("prompt", "model") if info.is_server else ("prompt",)
    return tuple(name for name in asked if name in info.parameters)


def parse_form(values: FormValues) -> ParsedForm:
    """Parse the form into a sweep. The preview checks the picture."""
    problems: dict[str, str] = {}

    def parse_numbers(name: str, text: str) -> tuple[int, ...]:
        try:
            return int_ranges.parse(text)
        except InputError as error:
            problems[name] = str(error) if text.strip() else "expected numbers, e.g. 64,128 or 0-9"
            return ()

    masks, seeds = parse_numbers("masks", values.masks), parse_numbers("seeds", values.seeds)
    sizes = parse_numbers("size", values.size)
    if len(sizes) > 1:
        problems["size"] = "expected one size, a multiple of 64"
    try:
        amount = float(values.amount.removesuffix("%"))
    except ValueError:
        amount = 0.0
        problems["amount"] = "expected a percentage, e.g. 400"
    metric_names = tuple(name.strip() for name in values.metrics.split(",") if name.strip())
    try:
        metric_names = metrics.check_names(metric_names)
    except InputError as error:
        problems["metrics"] = str(error)
    try:
        require_valid_names(values.group, "", 1)
    except InputError as error:
        problems["group"] = str(error)
    if (count := len(masks) * len(seeds)) > MAX_TRAJECTORIES:
        problems["seeds"] = f"{count:,} trajectories; the limit here is {MAX_TRAJECTORIES:,}: use riptui run"
    if problems:
        return ParsedForm(None, metric_names, problems)
    typed = {name: getattr(values, name) for name in list_typed_parameters(values.inpainter)}
    try:
        sweep = Sweep([values.inpainter], masks, seeds, typed, amount=amount, size=sizes[0], fit=values.fit)
    except RiptuiError as error:
        field_name = FIELDS_BY_WORD.get(str(error).partition(" ")[0], "inpainter")
        return ParsedForm(None, metric_names, {field_name: str(error)})
    return ParsedForm(sweep, metric_names)
