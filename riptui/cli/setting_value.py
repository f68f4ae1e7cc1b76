"""The value of a setting, where its name stands beside or above it."""

from typing import Any


def format_setting_value(value: Any) -> str:
    """A value of a spec for people: 3, yes, none; of parameters "radius 3". Not yet printable."""
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key} {format_setting_value(item)}" for key, item in value.items()) or "none"
        case list() | tuple():
            return ", ".join(map(format_setting_value, value)) or "none"
        case float():
            return f"{value:.15g}"
        case None:
            return "none"
    return str(value)
