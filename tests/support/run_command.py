"""`riptui run` on a small picture, and what it leaves."""

import json
from pathlib import Path
from typing import Any

from riptui.store import layout
from riptui.store.trajectory import Trajectory
from tests.support.command import Outcome, riptui

SMALL = ("--size", "256", "--mask", "64", "--amount", "100")
"""16 iterations, keyframes and measurements at 8 and 16."""
NAME = "m64-s0-a100-256px"
QUICK = ("--size", "256", "--amount", "50", "-i", "noise", "--metrics", "psnr")


def run(*options: str | Path, image: str = "cat.png") -> Outcome:
    return riptui("run", image, *options)


def folders(runs: str = "runs") -> set[str]:
    return {path.parent.relative_to(runs).as_posix() for path in Path(runs).rglob(layout.SPEC)}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of change of all files, but the lock, which every holder writes to."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def objects(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.out.splitlines()]


def metrics_of(name: str) -> dict[int, dict[str, float | None]]:
    return Trajectory(Path("runs", "cat", name)).read_metrics()
