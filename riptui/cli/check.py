"""`riptui check`: is what is on disk what was computed?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from riptui.cli.options import json_option, paths_argument

if TYPE_CHECKING:
    from riptui.store.trajectory import Trajectory


@click.command(short_help="Verify every row, patch, keyframe and pixel hash.")
@paths_argument
@click.option(
    "--repair", is_flag=True, help="Cut back to the last good iteration, make keyframes again, clear leftovers."
)
@json_option
def check(paths: tuple[Path, ...], repair: bool, as_json: bool) -> int:
    """Verify every row, patch, keyframe and pixel hash. PATH: a trajectory, or a folder of them.

    Exit code 1 if something that was committed is damaged. What a crash left behind is no damage. --repair loses
    nothing that can be trusted: what it cuts, `riptui resume` computes again, to the same pixels.
    """
    from riptui.cli.console import emit, out, passing
    from riptui.store.listing import find_all

    trajectories = find_all(paths)
    results = []
    with passing(hidden=as_json and out.is_terminal) as progress:
        for trajectory in progress.track(trajectories, description="checking"):
            results.append(_check(trajectory, repair))
            if as_json:
                emit(results[-1])
            else:
                _tell(results[-1])
    return 1 if any(result["damage"] and not result["repaired"] for result in results) else 0


def _check(trajectory: Trajectory, repair: bool) -> dict[str, Any]:
    from riptui.errors import DamagedError, SpecError
    from riptui.store.claim import claim
    from riptui.store.provenance import mixed
    from riptui.store.survey import survey
    from riptui.store.trajectory import Status
    from riptui.store.writer import writer

    result: dict[str, Any] = {
        **{"path": str(trajectory.path), "good": 0, "damage": [], "leftovers": []},
        **{"mixed": None, "repaired": False},
    }
    try:
        running = trajectory.status() == Status.RUNNING
        found = survey(trajectory)
        result |= {"good": found.walk.iteration, "iterations": trajectory.spec.iterations, "damage": found.damage}
        result["mixed"] = mixed(trajectory, found.rows) or None
        result["leftovers"] = [] if running else found.leftovers  # a running one's are in use
        if repair and not running and (found.damage or found.leftovers):
            with claim(trajectory) as claimed, writer(claimed):
                result["repaired"] = True
    except (DamagedError, SpecError) as error:
        result["damage"] = [str(error)]
    return result


def _tell(result: dict[str, Any]) -> None:
    from rich.text import Text

    from riptui.cli.console import out, say
    from riptui.terminal import printable

    path = printable(result["path"])
    if not result["damage"]:
        out.print(
            Text.assemble(("✓ ", "green"), f"{path}: {result['good']} of {result['iterations']} iterations are right")
        )
    else:
        out.print(Text.assemble(("✗ ", "red"), f"{path}: damaged"))
    for what in result["damage"]:
        say(f"    {what}")
    if result["mixed"]:
        say(f"    mixed, computed by unlike sessions: {result['mixed']}", "yellow")
    for what in result["leftovers"]:
        say(f"    left behind by a crash: {what}", "dim")
    if result["repaired"]:
        again = (
            f"; compute the rest with: riptui resume {result['path']}" if result["good"] < result["iterations"] else ""
        )
        say(f"    repaired: whole up to iteration {result['good']}{again}")
    elif result["damage"] and result["good"]:
        say(f"    whole up to iteration {result['good']}; mend it with: riptui check --repair {result['path']}")
