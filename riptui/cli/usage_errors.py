"""What is wrong with a command line, in riptui's words where Click has others."""

import re
from typing import Any

import rich_click as click

from riptui.errors import with_choices

_CHOICE = re.compile(r"(?P<value>.*) is not one of ")
_RANGE = re.compile(r"(?P<value>.*) is not in the range ")
_TYPE = re.compile(r"(?P<value>.*) is not a valid (?P<kind>integer|float)")
_KINDS = {"integer": "a whole number", "float": "a number"}


def explain_usage_error(error: click.ClickException) -> str:
    """The message in one line: with the choice or option that may have been meant, and with ranges in words."""
    if isinstance(error, click.BadParameter) and error.param is not None and error.message:  # not: it is missing
        message = _explain_value(error.message, error.param.type)
        error = click.BadParameter(message, error.ctx, error.param, error.param_hint)
    return " ".join(error.format_message().split())  # Click lists choices on lines of their own


def _explain_value(message: str, kind: click.ParamType[Any]) -> str:
    if isinstance(kind, click.Choice) and (found := _CHOICE.match(message)):
        return with_choices(f"{found['value']} is not a choice", found["value"].strip("'"), map(str, kind.choices))
    if found := _TYPE.match(message):
        return f"{found['value']} is not {_KINDS[found['kind']]}"
    if isinstance(kind, click.IntRange | click.FloatRange) and (found := _RANGE.match(message)):
        return f"{found['value']}: it must be {_describe_range(kind)}"
    return message


def _describe_range(kind: click.IntRange | click.FloatRange) -> str:
    """from 1 to 100; above 0 and at most 1; at least 0."""
    low, high = kind.min, kind.max
    if low is not None and high is not None and not (kind.min_open or kind.max_open):
        return f"from {low:g} to {high:g}"
    lower = None if low is None else f"{'above' if kind.min_open else 'at least'} {low:g}"
    upper = None if high is None else f"{'below' if kind.max_open else 'at most'} {high:g}"
    return " and ".join(filter(None, (lower, upper)))
