"""What the fields and parameters of a spec are called, the same in all tables, figures and screens."""

import hashlib
from typing import TypeVar

from riptui.schedule import parse_schedules

SettingT = TypeVar("SettingT")

NO_INTERVENTION: dict[str, object] = {
    "paste": True,
    "onto": "frame",
    "anchor": 0,
    "match": "none",
    "feather": 0,
    "schedule": "",
}
"""The fields of interventions, each with the value that is none: the paper's protocol."""
NO_INTERVENTION_TITLE = "no intervention"
FIELD_WORDS = {
    **dict.fromkeys(("inpainter", "order", "fit"), "{}"),
    "mask": "{} px",
    "size": "size {} px",
    "amount": "to {:g} %",
    "squares": "{} squares",
    "paste": "no paste",
    "onto": "paste onto {}",
}
NOTHING = '""'
"""An empty text, such as no prompt, where a setting is named."""


def describe_setting(name: str, value: object) -> str:
    """A field of a spec, or a parameter, in a few words: "64 px", "match border", "radius 3"; of a path its last two
    parts. Empty for no intervention, and for None.
    """
    if value is None or is_untreated(name, value):
        return ""
    if name in FIELD_WORDS:
        return FIELD_WORDS[name].format(value)
    if name == "mask_source":
        return f"masks {str(value)[:8]}" if value else ""
    if name == "schedule":
        return ", ".join(f"{varied} {course.text}" for varied, course in parse_schedules(str(value)).items())
    if isinstance(value, float):
        value = f"{value:.15g}"
    if isinstance(value, str) and value.startswith("/") and "prompt" not in name:
        value = "/".join(value.strip("/").split("/")[-2:]) or value
    return f"{name} {value if value != '' else NOTHING}"


def is_untreated(name: str, value: object) -> bool:
    """Whether a setting is the field of an intervention, with the value that is none."""
    return name in NO_INTERVENTION and value == NO_INTERVENTION[name]


def abbreviate(value: SettingT) -> SettingT | str:
    """A value as names and labels show it: a JSON object as the first 8 digits of its SHA-256."""
    if isinstance(value, str) and value.startswith('{"') and value.endswith("}"):
        return hashlib.sha256(value.encode()).hexdigest()[:8]
    return value
