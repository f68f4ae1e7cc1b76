"""Counts, sizes, durations, rates and paths in sentences, the same everywhere. Imports nothing heavy."""

from pathlib import Path

from riptui.errors import InputError

IRREGULAR_PLURALS = {"trajectory": "trajectories", "copy": "copies", "pass": "passes"}


def format_count(count: int, noun: str) -> str:
    """1 trajectory, 1,024 inpaintings."""
    return f"{count:,} {noun if count == 1 else IRREGULAR_PLURALS.get(noun, f'{noun}s')}"


def format_inpainted(percent: float) -> str:
    """An inpainted %, exact to two decimals: 400 %, 44.44 %, 1.56 %, 40000 %."""
    return f"{percent:.2f}".rstrip("0").rstrip(".") + " %"


def format_size(size: float) -> str:
    """340 kB, 4.1 MB, 52 MB, 13.9 GB: by powers of 1000, as drives and the hub count."""
    if size >= 999.5e6:  # else it would be 1000 MB
        return f"{size / 1e9:,.1f} GB"
    value, unit = (size / 1e6, "MB") if size >= 999.5e3 else (size / 1e3, "kB")
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def format_duration(seconds: float) -> str:
    """40 s, 12 min, 3 h 20 min, 5 days 4 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} days {hours % 24} h"


def format_rate(rate: float) -> str:
    """Iterations per second, or seconds per iteration below one: 2.5 it/s, 4.0 s/it."""
    return f"{rate:.1f} it/s" if rate >= 1 else f"{1 / rate:.1f} s/it" if rate else "0 it/s"


def format_silence(seconds: float) -> str:
    """What is said of a worker that gives no sign: no sign for 45 s."""
    return f"no sign for {format_duration(seconds)}"


def abbreviate_home(path: Path) -> str:
    """An absolute path, with ~ for the home folder."""
    absolute, home = path.absolute(), Path.home()
    return str("~" / absolute.relative_to(home)) if absolute.is_relative_to(home) else str(absolute)


def expand_home(text: str) -> Path:
    """A typed path, in which ~ and ~user may begin it. Raises InputError for an unknown user."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise InputError(str(error)) from None
