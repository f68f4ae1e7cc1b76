"""What is typed into the form, and what it means. No Textual, no disk."""

from dataclasses import dataclass, field

import msgspec

from riptui import inpainters, metrics, ranges
from riptui.errors import InputError, RiptuiError
from riptui.spec import Fit
from riptui.sweep import Sweep, require_place

REMEMBERED = "launch"
"""The key under which the last values are kept."""

MOST = 1000
"""Trajectories of a form: each is a folder, made durable; more than that is a plan for the command line."""

ABOUT = {"mask": "masks", "amount": "amount", "size": "size", "seed": "seeds"}
"""What is wrong with a sweep is told in a sentence that begins with one of these, or else is the inpainter's."""


class Entries(msgspec.Struct, frozen=True):
    """The form as typed; remembered from one launch to the next."""

    picture: str = ""
    inpainter: str = inpainters.DEFAULT
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
class Reading:
    """What a form means."""

    sweep: Sweep | None
    """None: something is wrong with it."""
    metrics: tuple[str, ...] = ()
    """Empty: the usual ones."""
    problems: dict[str, str] = field(default_factory=dict)
    """By field; not yet printable."""


def takes_prompt(inpainter: str) -> bool:
    return inpainter in inpainters.REGISTRY and "prompt" in inpainters.entry(inpainter).parameters


def read(entries: Entries) -> Reading:
    """The sweep of a form. Whether its picture can be read, its preview tells."""
    problems: dict[str, str] = {}

    def told(name: str, text: str) -> tuple[int, ...]:
        try:
            return ranges.read(text)
        except InputError as error:
            problems[name] = str(error) if text.strip() else "a number, or several: 64,128 or 0-9"
            return ()

    masks, seeds = told("masks", entries.masks), told("seeds", entries.seeds)
    sizes = told("size", entries.size)
    if len(sizes) > 1:
        problems["size"] = "one size, a multiple of 64"
    try:
        amount = float(entries.amount.removesuffix("%"))
    except ValueError:
        amount = 0.0
        problems["amount"] = "a number of %, e.g. 400"
    named = tuple(name.strip() for name in entries.metrics.split(",") if name.strip())
    try:
        named = metrics.parse(named)
    except InputError as error:
        problems["metrics"] = str(error)
    try:
        require_place(entries.group, "", 1)
    except InputError as error:
        problems["group"] = str(error)
    if len(masks) * len(seeds) > MOST:
        problems["seeds"] = f"{len(masks) * len(seeds):,} trajectories, at most {MOST:,} here: use riptui run"
    if problems:
        return Reading(None, named, problems)
    prompt = {"prompt": entries.prompt} if takes_prompt(entries.inpainter) else {}
    try:
        sweep = Sweep([entries.inpainter], masks, seeds, prompt, amount=amount, size=sizes[0], fit=entries.fit)
    except RiptuiError as error:
        about = ABOUT.get(str(error).partition(" ")[0], "inpainter")
        return Reading(None, named, {about: str(error)})
    return Reading(sweep, named)
