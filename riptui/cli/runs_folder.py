"""The runs folder that commands use by default."""

from pathlib import Path

from riptui.cli.console import warn
from riptui.cli.lookup_runs import find_kept_runs
from riptui.settings import load_settings


def runs_folder() -> Path:
    """--runs if it is kept in the context, else the runs folder of the settings. Warns about invalid settings, because
    it may be one of them."""
    if kept := find_kept_runs():
        return kept
    loaded = load_settings()
    if loaded.problems:
        warn(f"{loaded.file}: {len(loaded.problems)} invalid settings were ignored; see `riptui config show`")
    return loaded.settings.runs
