"""`riptui pause`: pause trajectories."""

from pathlib import Path

from riptui.cli.request_all import request_all


def pause(paths: tuple[Path, ...]) -> int:
    return request_all(paths, "pause", "paused")
