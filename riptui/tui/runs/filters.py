"""What is typed after `/`: words of a name, and conditions such as mask:128 seed:0-3 status:failed lpips>0.4.

word              its letters occur in the path, in that order
field:a,b-c       mask, seed, iteration by number or range; inpainter, status, group by how they begin
value>0.4         the newest value of a metric, or inpainted (%); also <, >=, <=
"""

import operator
import re
from collections.abc import Callable

from riptui.tui.runs.shelf import Entry

Filter = Callable[[Entry], bool]

CONDITION = re.compile(r"([a-z][a-z0-9_@-]*)(:|>=|<=|>|<)(.+)")
COMPARE = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
NUMBERS: dict[str, Callable[[Entry], int]] = {
    "mask": lambda entry: entry.mask,
    "seed": lambda entry: entry.seed,
    "iteration": lambda entry: entry.k,
}
TEXTS: dict[str, Callable[[Entry], str]] = {
    "inpainter": lambda entry: entry.inpainter,
    "status": lambda entry: entry.status or "unreadable",
    "group": lambda entry: entry.path,
}


def parse(text: str) -> Filter | None:
    """All that is typed must hold; None: nothing is typed. Raises ValueError with what cannot be understood."""
    conditions = [_condition(word) for word in text.lower().split()]
    if not conditions:
        return None
    return lambda entry: all(holds(entry) for holds in conditions)


def _condition(word: str) -> Filter:
    found = CONDITION.fullmatch(word)
    if found is None:
        return _fuzzy(word)
    name, sign, value = found.groups()
    if sign != ":":
        return _compared(name, sign, value)
    if name in NUMBERS:
        return _numbered(NUMBERS[name], name, value)
    if name in TEXTS:
        wanted, text = tuple(value.split(",")), TEXTS[name]
        return lambda entry: text(entry).startswith(wanted)
    raise ValueError(f"{name}: is not known; there are {', '.join([*NUMBERS, *TEXTS])}, and name>value for metrics")


def _fuzzy(word: str) -> Filter:
    spread = re.compile(".*?".join(map(re.escape, word)))
    return lambda entry: spread.search(entry.path.lower()) is not None


def _numbered(number: Callable[[Entry], int], name: str, value: str) -> Filter:
    ranges = []
    for part in value.split(","):
        low, _, high = part.partition("-")
        if not low.isdecimal() or (high and not high.isdecimal()):
            raise ValueError(f"{name}:{value}: give numbers such as 128, 64,128 or 0-9")
        ranges.append(range(int(low), int(high or low) + 1))
    return lambda entry: any(number(entry) in one for one in ranges)


def _compared(name: str, sign: str, value: str) -> Filter:
    try:
        limit = float(value)
    except ValueError:
        raise ValueError(f"{name}{sign}{value}: {value} is no number") from None
    compare = COMPARE[sign]

    def holds(entry: Entry) -> bool:
        if name == "inpainted":
            return bool(compare(entry.inpainted, limit))
        values = dict(entry.newest)
        found = values.get(name, values.get(entry.metric) if entry.metric.startswith(name) else None)
        return found is not None and bool(compare(found, limit))

    return holds
