"""The runs folder that commands use by default."""

from pathlib import Path

from riptui.cli.console import warn
from riptui.settings import load_settings


def runs_folder() -> Path:
    """The settings' runs folder. Says so if something is wrong with them, for it may be this."""
    loaded = load_settings()
    if loaded.problems:
        warn(f"{loaded.file}: {len(loaded.problems)} of the settings cannot be used: `riptui config show` tells why")
    return loaded.settings.runs
