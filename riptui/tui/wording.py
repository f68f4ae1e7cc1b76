"""Numbers and places in sentences: how many, how large, how long, where."""

from pathlib import Path

IRREGULAR = {"trajectory": "trajectories"}


def counted(count: int, noun: str) -> str:
    """1 trajectory, 1,024 inpaintings."""
    return f"{count:,} {noun if count == 1 else IRREGULAR.get(noun, f'{noun}s')}"


def size(bytes: float) -> str:
    """4 MB or 1.2 GB; a trajectory of nothing is 0 MB."""
    return f"{bytes / 1e9:.1f} GB" if bytes >= 1e9 else f"{bytes / 1e6:.0f} MB"


def about(seconds: float) -> str:
    """A time in words, to one unit: 40 s, 12 min, 3.5 h, 2.1 days."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"


def where(path: Path) -> str:
    """A path with ~ for the home folder."""
    whole, home = path.absolute(), Path.home()
    return str("~" / whole.relative_to(home)) if whole.is_relative_to(home) else str(whole)
