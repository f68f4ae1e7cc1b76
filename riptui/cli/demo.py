"""`riptui demo`: a first trajectory of a bundled picture, in seconds, without a GPU, weights or network."""

import shlex
from pathlib import Path

from riptui.cli.care import Care
from riptui.cli.console import out, print_line, short_path, warn
from riptui.cli.metric_choice import choose_metrics
from riptui.cli.run_trajectories import run_trajectories
from riptui.cli.side_by_side import print_side_by_side
from riptui.cli.worker_options import ExecutionOptions
from riptui.planning.submit import create_demo
from riptui.store.records import Request
from riptui.store.worker_record import WorkerOptions


def demo(runs: Path, mask: int, graphics: str | None, display: str) -> int:
    request = Request("run", choose_metrics(None, fetch=False))
    trajectory = create_demo(runs, request, mask=mask)
    execution = ExecutionOptions(WorkerOptions(), Care.of(None, None), display, detach=False)
    code = run_trajectories(runs, [trajectory], execution, request)
    if code or not execution.is_for_people:
        return code
    if out.is_terminal:
        print_side_by_side(trajectory, trajectory.spec.iterations, graphics)
    else:
        warn("on a terminal, the original and the last frame appear here")
    folder = shlex.quote(short_path(trajectory.path))
    print_line(f"Saved in {folder}. Next:")
    for purpose, command in (
        ("all measured values", f"riptui show {folder}"),
        ("a strip and an animation", f"riptui export {folder} --strip drift.png --gif drift.gif"),
        ("your own picture, three mask sizes", "riptui run YOUR.jpg --mask 64,128,256"),
        ("what works on this machine", "riptui doctor"),
    ):
        print_line(f"  {purpose:<36}{command}")
    return 0
