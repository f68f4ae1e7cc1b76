"""The runs folder that commands use by default."""

from pathlib import Path

from riptui.cli.console import warn
from riptui.settings import load_settings


def runs_folder() -> Path:
    """The runs folder of the settings. Warns about invalid settings, because it may be one of them."""
    loaded = load_settings()
    if loaded.problems:
        warn(f"{loaded.file}: {len(loaded.problems)} invalid settings were ignored; see `riptui config show`")
    return loaded.settings.runs
