"""The values of the form, parsed into a sweep. No Textual; of the disk only a folder of masks."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import msgspec

from riptui import inpainters, metrics
from riptui.errors import InputError, RiptuiError
from riptui.planning.mask_folder import read_mask_folder
from riptui.planning.sweep import Interventions, Sweep, require_valid_names
from riptui.spec import ColourMatch, Fit, PasteBase, SquareOrder
from riptui.text import int_ranges

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
    model: str = ""  # that a server has loaded
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
    anchor, feather = (_parse_count(name, getattr(values, name), problems) for name in ("anchor", "feather"))
    folder = Path(values.mask_folder).expanduser() if values.mask_folder else None
    if folder and not folder.is_dir():
        problems["mask_folder"] = "there is no such folder"
    elif folder and len(sizes) == 1:
        try:
            read_mask_folder(folder, sizes[0])
        except (RiptuiError, ValueError) as error:  # a size that is no multiple of 64 is told of its own field
            problems.setdefault("mask_folder", str(error))
    if (count := len(masks) * len(seeds)) > MAX_TRAJECTORIES:
        problems["seeds"] = f"{count:,} trajectories; the limit here is {MAX_TRAJECTORIES:,}: use riptui run"
    if problems:
        return ParsedForm(None, metric_names, problems)
    typed = {name: getattr(values, name) for name in list_typed_parameters(values.inpainter)}
    schedule = "\n".join(filter(None, (line.strip() for line in values.schedule.split(";"))))
    onto: PasteBase = "original" if values.paste == "original" else "frame"
    try:
        sweep = Sweep(
            [values.inpainter],
            masks,
            seeds,
            typed,
            amount=amount,
            order="cycle" if folder and values.order == "replacement" else values.order,
            paste=values.paste != "none",
            size=sizes[0],
            fit=values.fit,
            interventions=Interventions(onto, anchor, schedule, values.match, feather),
            mask_folder=folder,
        )
    except RiptuiError as error:
        field_name = FIELDS_BY_WORD.get(str(error).partition(" ")[0], "inpainter")
        return ParsedForm(None, metric_names, {field_name: str(error)})
    return ParsedForm(sweep, metric_names)


def _parse_count(name: str, text: str, problems: dict[str, str]) -> int:
    """A whole number of iterations or of px; nothing typed is 0."""
    if text.strip() and not text.strip().isdecimal():
        problems[name] = "expected a whole number, or nothing"
        return 0
    return int(text.strip() or 0)
