"""A settings file to begin with: every setting explained, with its default, and nothing set."""

import json
import textwrap
from pathlib import Path

from riptui.settings import Settings, describe_setting

HEADER = """\
# Settings of riptui. A line that begins with # is not read: take the # away to set a value.
# What holds now, and where it comes from: riptui config show
"""


def make_template() -> str:
    """TOML. With every # before a setting taken away it says what holds by default."""
    defaults = Settings()
    parts = [HEADER]
    for name in Settings.__struct_fields__:
        explained = textwrap.fill(describe_setting(name), 110, initial_indent="# ", subsequent_indent="# ")
        setting = (
            "[keys]" if name == "keys" else f"{name} = {format_toml(getattr(defaults, name))}"
        )  # the only table: the last
        parts.append(f"{explained}\n#{setting}\n")
    return "\n".join(parts)


def format_toml(value: str | float | bool | Path) -> str:
    """A value as TOML writes it. JSON writes text, numbers, true and false the same way."""
    return json.dumps(str(value) if isinstance(value, Path) else value)
