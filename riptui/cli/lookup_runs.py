"""--runs of commands that only look for paths in the runs folder: kept in Click's context, for `runs_folder`."""

from pathlib import Path

from click import Context, Parameter, get_current_context

_KEY = "riptui.runs"


def keep_runs(context: Context, parameter: Parameter, runs: Path | None) -> None:
    """The callback of the option."""
    context.meta[_KEY] = runs


def find_kept_runs() -> Path | None:
    """None if it was not given, or there is no command."""
    context = get_current_context(silent=True)
    return context.meta.get(_KEY) if context else None
