"""Which trajectories to list: words and conditions, the same after `/` in the app and in `riptui ls --filter`.

word              its letters occur in the path, in this order
field:a,b-c       mask, seed, iteration, every field of a spec and parameter: numbers, ranges, or how a text begins
status: group:    how the status or the path begins
tag:a,b           has one of these tags, itself or by a group above; tag: any
note:text         the text occurs in the note; note: any
value>0.4         the newest value of a metric; inpainted or coverage (%); a field that is a number; also <, >=, <=
-condition        what does not hold
a b or c          both a and b, or c; "in quotes" a text with spaces
"""

import operator
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from riptui.errors import with_choices
from riptui.metrics import REGISTRY
from riptui.metrics.display import finite_values, in_display_order, primary_metric
from riptui.metrics.values import pack_values, unpack_values
from riptui.spec import ParameterValue, Spec, abbreviate
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Status

CONDITION = re.compile(r"([a-z][a-z0-9_@-]*)(:|>=|<=|>|<)(.*)", re.DOTALL)
OPERATORS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
SPEC_FIELDS = (
    *("mask", "seed", "size", "fit", "order", "squares", "amount", "paste", "inpainter", "source_name"),
    *("onto", "anchor", "schedule", "match", "feather"),
)
SEEDLESS_FIELDS = tuple(name for name in SPEC_FIELDS if name != "seed")
_READ_FIELDS = operator.attrgetter(*SEEDLESS_FIELDS)

UNREADABLE = "unreadable"
"""Stands for the status of what cannot be read, or was not yet."""

FieldValues = Mapping[str, ParameterValue]


class FilterSubject(msgspec.Struct, frozen=True, gc=False):
    """What a filter looks at in one trajectory. 10,000 of them share the few mappings of settings that differ."""

    path: str  # relative to the runs folder
    status: Status | None = None  # None: not read yet, or unreadable
    settings: FieldValues = MappingProxyType({})  # of the spec and parameters of the inpainter, without the seed
    seed: int = 0
    k: int = 0
    inpainted: float = 0.0  # %, repeats counted
    coverage: float = 0.0  # %, each pixel counted once
    metric: str = ""  # the primary metric, which the name of its family stands for too: lpips
    measured: tuple[str, ...] = ()  # the metrics with a finite value at the last measured frame
    packed_newest: bytes = b""  # these values
    tags: tuple[str, ...] = ()  # of the trajectory, and of the groups above it
    note: str = ""

    @property
    def newest(self) -> dict[str, float]:
        """The finite values of the last measured frame, by metric."""
        return dict(zip(self.measured, unpack_values(self.packed_newest), strict=True))

    def get(self, name: str) -> ParameterValue:
        """A field of the spec or a parameter; None if the trajectory has none of this name."""
        if name == "seed":
            return self.seed
        return self.k if name == "iteration" else self.settings.get(name)


Filter = Callable[[FilterSubject], bool]

AMOUNTS = ("inpainted", "coverage")
"""Fields of a subject that conditions compare, beside those of the spec."""


class KnownNames:
    """The names that conditions may use: those that are always there, and those that these trajectories have."""

    def __init__(self, subjects: Collection[FilterSubject] = ()) -> None:
        self._subjects = subjects

    @cached_property
    def fields(self) -> list[str]:
        mappings = {id(subject.settings): subject.settings for subject in self._subjects}
        names = sorted({name for settings in mappings.values() for name in settings})
        return list(dict.fromkeys([*SPEC_FIELDS, "iteration", *names]))

    @cached_property
    def metrics(self) -> list[str]:
        measured = {name for subject in self._subjects for name in subject.measured}
        return in_display_order([*REGISTRY, *measured])

    def is_metric(self, name: str) -> bool:
        """Whether it is a metric, or begins the names of some as lpips does."""
        return any(metric.startswith(name) for metric in REGISTRY) or name in self.metrics


def subject_fields(
    summary: TrajectorySummary, path: str, group_tags: Collection[str] = (), metric: str | None = None
) -> dict[str, Any]:
    """The fields of a FilterSubject for a trajectory; path: below the folder that is listed; metric: the primary one,
    by those who know it."""
    annotations = summary.annotations
    subject: dict[str, Any] = {
        "path": path,
        "status": summary.status,
        "tags": tuple(dict.fromkeys([*annotations.tags, *group_tags])),
        "note": annotations.note,
    }
    if summary.spec is None:
        return subject
    newest = finite_values(summary.metrics)
    return subject | {
        "settings": list_settings(summary.spec),
        "seed": summary.spec.seed,
        "k": summary.k,
        "inpainted": summary.inpainted,
        "coverage": summary.coverage,
        "metric": primary_metric(summary.metrics)[0] if metric is None else metric,
        "measured": share_names(tuple(newest)),
        "packed_newest": pack_values(newest.values()),
    }


def list_settings(spec: Spec) -> FieldValues:
    """The fields and parameters of a spec that filters can name; one mapping for all specs that differ in seed only."""
    return _intern(_READ_FIELDS(spec), tuple(spec.parameters.items()))


@lru_cache(1000)
def share_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all that are equal."""
    return names


@lru_cache(1000)
def _intern(fields: tuple[ParameterValue, ...], parameters: tuple[tuple[str, ParameterValue], ...]) -> FieldValues:
    shortened = {name: abbreviate(value) for name, value in parameters}
    return MappingProxyType(shortened | dict(zip(SEEDLESS_FIELDS, fields, strict=True)))


def parse_filter(text: str, known: KnownNames) -> Filter | None:
    """A filter for a text as the module describes it; None for a blank one.

    Raises ValueError, with what can be written instead, for a field or metric that no trajectory has.
    """
    alternatives: list[list[Filter]] = [[]]
    for word in split_words(text.lower()):
        if word == "or":
            alternatives.append([])
        else:
            alternatives[-1].append(_parse_condition(word, known))
    if not any(alternatives):
        return None
    if not all(alternatives):
        raise ValueError('"or" needs a condition on both sides')
    return lambda subject: any(all(holds(subject) for holds in conditions) for conditions in alternatives)


def split_words(text: str) -> list[str]:
    """The conditions in a filter. Raises ValueError if a quotation does not end."""
    words = shlex.shlex(text, posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters, words.quotes, words.escape = True, "", '"', ""
    try:
        return list(words)
    except ValueError:
        raise ValueError('a closing " is missing') from None


def _parse_condition(word: str, known: KnownNames) -> Filter:
    if word.startswith("-") and len(word) > 1:
        condition = _parse_condition(word[1:], known)
        return lambda subject: not condition(subject)
    parts = CONDITION.fullmatch(word)
    if parts is None:
        pattern = re.compile(".*?".join(map(re.escape, word)))
        return lambda subject: pattern.search(subject.path.lower()) is not None
    name, sign, value = parts.groups()
    if sign != ":":
        return _parse_comparison(name, sign, value, known)
    alternatives = value.split(",")
    match name:
        case "status":
            _check_statuses(alternatives)
            return lambda subject: (subject.status or UNREADABLE).startswith(tuple(alternatives))
        case "group":
            return lambda subject: subject.path.lower().startswith(tuple(alternatives))
        case "tag":
            return lambda subject: bool(subject.tags if not value else {*alternatives} & {*subject.tags})
        case "note":
            return lambda subject: bool(subject.note) and value in subject.note.lower()
    if name not in known.fields:
        choices = ["status", "group", "tag", "note", *known.fields]
        problem = with_choices(f"no trajectory has a field {name}", name, choices)
        raise ValueError(f"{problem}; for metrics write {name}>0.4")
    matches = [_parse_value(name, part) for part in alternatives]
    return lambda subject: any(is_match(subject.get(name)) for is_match in matches)


def _check_statuses(beginnings: list[str]) -> None:
    statuses = [*Status, UNREADABLE]
    for text in beginnings:
        if not text:
            raise ValueError(f"status: needs one of {', '.join(statuses)}")
        if not any(status.startswith(text) for status in statuses):
            raise ValueError(with_choices(f"no status {text}", text, statuses))


def _parse_value(name: str, text: str) -> Callable[[ParameterValue], bool]:
    """Whether a field's value is one that a text names: 128, 0-9, none, yes, or how it begins."""
    low, _, high = text.partition("-")
    limits = (_to_number(low), _to_number(high or low))

    def is_match(value: ParameterValue) -> bool:
        if isinstance(value, bool):
            return text in (("yes", "true") if value else ("no", "false"))
        if isinstance(value, int | float):
            least, most = limits
            return value == _to_number(text) or (least is not None and most is not None and least <= value <= most)
        return str(value).lower().startswith(text)

    if not text or (name in ("mask", "seed", "iteration", "size", "amount") and None in limits):
        raise ValueError(
            f"{name}:{text}: expected numbers, e.g. 128, 64,128 or 0-9"
            if text
            else f"{name}: needs a value behind the colon"
        )
    return is_match


def _parse_comparison(name: str, sign: str, value: str, known: KnownNames) -> Filter:
    limit, compare = _to_number(value), OPERATORS[sign]
    if limit is None:
        raise ValueError(f"{name}{sign}{value}: {value or 'nothing'} is not a number")
    if name in AMOUNTS:
        return lambda subject: bool(compare(getattr(subject, name), limit))
    if name in known.fields:
        return lambda subject: isinstance(number := subject.get(name), int | float) and bool(compare(number, limit))
    if not known.is_metric(name):
        raise ValueError(with_choices(f"no metric {name}", name, [*AMOUNTS, *known.metrics]))

    def holds(subject: FilterSubject) -> bool:
        values = subject.newest
        newest = values.get(name, values.get(subject.metric) if subject.metric.startswith(name) else None)
        return newest is not None and bool(compare(newest, limit))

    return holds


def _to_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
