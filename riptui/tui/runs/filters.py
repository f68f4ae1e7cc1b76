"""Parse the filter typed after `/`: words and conditions such as mask:128 seed:0-3 status:failed lpips>0.4.

word              its letters occur in the path, in this order
field:a,b-c       mask, seed, iteration: numbers or ranges; inpainter, status, group: prefixes
value>0.4         the newest value of a metric, or inpainted (%); also <, >=, <=
"""

import operator
import re
from collections.abc import Callable

from riptui.errors import with_choices
from riptui.tui.runs.scanner import TreeEntry

Filter = Callable[[TreeEntry], bool]

CONDITION = re.compile(r"([a-z][a-z0-9_@-]*)(:|>=|<=|>|<)(.+)")
OPERATORS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
NUMBER_FIELDS: dict[str, Callable[[TreeEntry], int]] = {
    "mask": lambda entry: entry.mask,
    "seed": lambda entry: entry.seed,
    "iteration": lambda entry: entry.k,
}
TEXT_FIELDS: dict[str, Callable[[TreeEntry], str]] = {
    "inpainter": lambda entry: entry.inpainter,
    "status": lambda entry: entry.status or "unreadable",
    "group": lambda entry: entry.path,
}


def parse_filter(text: str) -> Filter | None:
    """A filter that requires all words and conditions; None for a blank text. Raises ValueError."""
    conditions = [_parse_condition(word) for word in text.lower().split()]
    if not conditions:
        return None
    return lambda entry: all(holds(entry) for holds in conditions)


def _parse_condition(word: str) -> Filter:
    parts = CONDITION.fullmatch(word)
    if parts is None:
        pattern = re.compile(".*?".join(map(re.escape, word)))
        return lambda entry: pattern.search(entry.path.lower()) is not None
    name, sign, value = parts.groups()
    if sign != ":":
        return _make_metric_filter(name, sign, value)
    if name in NUMBER_FIELDS:
        return _make_range_filter(NUMBER_FIELDS[name], name, value)
    if name in TEXT_FIELDS:
        prefixes, get_text = tuple(value.split(",")), TEXT_FIELDS[name]
        return lambda entry: get_text(entry).startswith(prefixes)
    raise ValueError(
        with_choices(f"unknown field {name}", name, [*NUMBER_FIELDS, *TEXT_FIELDS]) + f"; for metrics {name}>0.4"
    )


def _make_range_filter(get_number: Callable[[TreeEntry], int], name: str, value: str) -> Filter:
    ranges = []
    for part in value.split(","):
        low, _, high = part.partition("-")
        if not low.isdecimal() or (high and not high.isdecimal()):
            raise ValueError(f"{name}:{value}: expected numbers, e.g. 128, 64,128 or 0-9")
        ranges.append(range(int(low), int(high or low) + 1))
    return lambda entry: any(get_number(entry) in allowed for allowed in ranges)


def _make_metric_filter(name: str, sign: str, value: str) -> Filter:
    try:
        limit = float(value)
    except ValueError:
        raise ValueError(f"{name}{sign}{value}: {value} is not a number") from None
    compare = OPERATORS[sign]

    def holds(entry: TreeEntry) -> bool:
        if name == "inpainted":
            return bool(compare(entry.inpainted, limit))
        values = dict(entry.newest)
        newest_value = values.get(name, values.get(entry.metric) if entry.metric.startswith(name) else None)
        return newest_value is not None and bool(compare(newest_value, limit))

    return holds
