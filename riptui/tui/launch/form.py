"""What is typed into the form, and what it means. No Textual, no disk."""

from dataclasses import dataclass, field

import msgspec

from riptui import inpainters, metrics
from riptui.errors import InputError, RiptuiError
from riptui.planning.sweep import Sweep, require_valid_names
from riptui.spec import Fit
from riptui.text import int_ranges

STATE_KEY = "launch"
"""The key under which the last values are kept."""

MAX_TRAJECTORIES = 1000
"""Trajectories of a form: each is a folder, made durable; more than that is a plan for the command line."""

FIELDS_BY_WORD = {"mask": "masks", "amount": "amount", "size": "size", "seed": "seeds"}
"""What is wrong with a sweep is told in a sentence that begins with one of these, or else is the inpainter's."""


class FormValues(msgspec.Struct, frozen=True):
    """The form as typed; remembered from one launch to the next."""

    picture: str = ""
    inpainter: str = inpainters.DEFAULT_INPAINTER
    prompt: str = ""
    masks: str = "128"
    seeds: str = "0"
    amount: str = "400"
    size: str = "512"
    fit: Fit = "bands"
    metrics: str = ""
    """Names; empty: the usual ones that are here."""
    group: str = ""


@dataclass(frozen=True)
class ParsedForm:
    """What a form means."""

    sweep: Sweep | None
    """None: something is wrong with it."""
    metrics: tuple[str, ...] = ()
    """Empty: the usual ones."""
    problems: dict[str, str] = field(default_factory=dict)
    """By field; not yet printable."""


def takes_prompt(inpainter: str) -> bool:
    return inpainter in inpainters.REGISTRY and "prompt" in inpainters.find_inpainter(inpainter).parameters


def parse_form(values: FormValues) -> ParsedForm:
    """The sweep of a form. Whether its picture can be read, its preview tells."""
    problems: dict[str, str] = {}

    def parse_numbers(name: str, text: str) -> tuple[int, ...]:
        try:
            return int_ranges.parse(text)
        except InputError as error:
            problems[name] = str(error) if text.strip() else "a number, or several: 64,128 or 0-9"
            return ()

    masks, seeds = parse_numbers("masks", values.masks), parse_numbers("seeds", values.seeds)
    sizes = parse_numbers("size", values.size)
    if len(sizes) > 1:
        problems["size"] = "one size, a multiple of 64"
    try:
        amount = float(values.amount.removesuffix("%"))
    except ValueError:
        amount = 0.0
        problems["amount"] = "a number of %, e.g. 400"
    metric_names = tuple(name.strip() for name in values.metrics.split(",") if name.strip())
    try:
        metric_names = metrics.check_names(metric_names)
    except InputError as error:
        problems["metrics"] = str(error)
    try:
        require_valid_names(values.group, "", 1)
    except InputError as error:
        problems["group"] = str(error)
    if len(masks) * len(seeds) > MAX_TRAJECTORIES:
        problems["seeds"] = (
            f"{len(masks) * len(seeds):,} trajectories, at most {MAX_TRAJECTORIES:,} here: use riptui run"
        )
    if problems:
        return ParsedForm(None, metric_names, problems)
    prompt = {"prompt": values.prompt} if takes_prompt(values.inpainter) else {}
    try:
        sweep = Sweep([values.inpainter], masks, seeds, prompt, amount=amount, size=sizes[0], fit=values.fit)
    except RiptuiError as error:
        field_name = FIELDS_BY_WORD.get(str(error).partition(" ")[0], "inpainter")
        return ParsedForm(None, metric_names, {field_name: str(error)})
    return ParsedForm(sweep, metric_names)
