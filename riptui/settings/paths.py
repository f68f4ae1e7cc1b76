"""Paths of riptui's own files: settings, state, log, data and cache, by the XDG base directories.

Trajectories are not among them: they are in the runs folder.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

CONFIG_VARIABLE = "RIPTUI_CONFIG"


def settings_file() -> Path:
    """$RIPTUI_CONFIG, else $XDG_CONFIG_HOME/riptui/settings.toml."""
    if named := os.environ.get(CONFIG_VARIABLE):
        with suppress(RuntimeError):  # ~nobody: no such user
            return Path(named).expanduser()
        return Path(named)
    return _xdg_folder("XDG_CONFIG_HOME", ".config") / "settings.toml"


def state_file() -> Path:
    return _xdg_folder("XDG_STATE_HOME", ".local/state") / "state.json"


def log_file() -> Path:
    return state_file().with_name("riptui.log")


def follower_log_file() -> Path:
    """Problems of the processes that follow detached work, e.g. of the setting on_end."""
    return state_file().with_name("follow.log")


def study_log_file(name: str) -> Path:
    """What the process that computes a study in the background says."""
    return state_file().with_name("studies") / f"{name}.log"


def crash_file(when: datetime) -> Path:
    """A crash report, in the folder of the log."""
    return state_file().with_name(f"crash-{when:%Y%m%d-%H%M%S}.txt")


def data_folder() -> Path:
    """What takes long to compute again, and can be: the indexes of corpora."""
    return _xdg_folder("XDG_DATA_HOME", ".local/share")


def cache_folder() -> Path:
    """Everything in it can be deleted at any time."""
    return _xdg_folder("XDG_CACHE_HOME", ".cache")


def _xdg_folder(variable: str, beneath_home: str) -> Path:
    base = Path(os.environ.get(variable, ""))
    if base.is_absolute():  # the XDG specification: ignore relative paths
        return base / "riptui"
    try:
        home = Path.home()
    except RuntimeError:  # a user without one, in a container
        home = Path("/")
    return home / beneath_home / "riptui"
