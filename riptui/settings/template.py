"""A new settings file: every setting explained and commented out, with its default."""

import json
import textwrap
from pathlib import Path

from riptui.settings import Settings, explain_setting
from riptui.settings.program_examples import EXAMPLES, SERVER_EXAMPLES, comment_out

TABLES = ("inpainters", "servers", "keys")
"""Settings that are tables: the last ones."""

HEADER = """\
# Settings of riptui. Lines that begin with # are ignored: remove the # to set a value.
# The current values and their sources: riptui config show
"""


def make_template() -> str:
    """TOML. With the # before every setting removed, it sets the defaults."""
    defaults = Settings()
    parts = [HEADER]
    for name in Settings.__struct_fields__:
        explained = textwrap.fill(explain_setting(name), 110, initial_indent="# ", subsequent_indent="# ")
        setting = f"[{name}]" if name in TABLES else f"{name} = {format_toml(getattr(defaults, name))}"
        examples = {"inpainters": EXAMPLES, "servers": SERVER_EXAMPLES}.get(name, "")
        parts.append(f"{explained}\n#{setting}\n{comment_out(examples)}")
    return "\n".join(parts)


def format_toml(value: str | float | bool | Path) -> str:
    """A value as TOML writes it. JSON writes text, numbers, true and false the same way."""
    return json.dumps(str(value) if isinstance(value, Path) else value)
