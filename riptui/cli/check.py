"""`riptui check`: verify saved frames, and repair them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from rich.text import Text

from riptui.cli.console import err, out, print_json, print_line
from riptui.cli.copies import warn_of_copies
from riptui.cli.transient_progress import transient_progress
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import DamagedError, DiskError, RiptuiError, SpecError
from riptui.freed_memory import keep_freed_memory
from riptui.inpainters import find_inpainter, models
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.copies import SeededSpec
from riptui.store.creation import remove_abandoned_below
from riptui.store.listing import find_all_trajectories
from riptui.store.lock import probe_lock
from riptui.store.provenance import describe_mixed_sessions, describe_unreplayable
from riptui.store.trajectory import Trajectory
from riptui.store.verify import inspect_folder
from riptui.store.writer import open_writer
from riptui.text.terminal import printable

WEIGHTS_TEXTS = {
    "same": ("✓ the weights are those that computed it", "green"),
    "unlike": ("✗ other weights computed it", "red"),
    "unknown": ("? which weights computed it was not recorded", "yellow"),
    "none": ("it uses no such weights", "dim"),
}


def check(paths: tuple[Path, ...], repair: bool, as_json: bool, weights: str | None) -> int:
    find_weights = cache(partial(_read_weights, weights or ""))
    if weights is not None:
        find_weights(False)  # a place without weights is reported at once
    unlisted = UnlistedFolders()
    trajectories = find_all_trajectories(paths, on_error=unlisted)
    if repair:
        remove_abandoned_below(paths)
    keep_freed_memory()
    results = []
    with transient_progress(as_json=as_json) as progress:
        for trajectory in progress.track(trajectories, description="checking"):
            results.append(_check_trajectory(trajectory, repair))
            if weights is not None:
                state, unlike = _compare_weights(trajectory, find_weights)
                results[-1] |= {"weights": state, "unlike": unlike}
            if as_json:
                print_json(results[-1])
            else:
                _print_result(results[-1])
    warn_of_copies(_read_specs(trajectories))
    is_bad = any(
        result.get("weights") == "unlike" or (result["damage"] and not result["repaired"]) for result in results
    )
    return 1 if is_bad or unlisted.count else 0


def _read_weights(text: str, joint_variant: bool) -> Mapping[str, str]:
    """The digests of the weights at a place, by part. Raises InputError, WeightsError."""
    with err.status(f"reading {printable(text)} ...") if err.is_terminal else nullcontext():
        return models.weight_check.read_place(text, joint_variant=joint_variant)


def _compare_weights(
    trajectory: Trajectory, find_weights: Callable[[bool], Mapping[str, str]]
) -> tuple[str, list[str]]:
    """Whether the weights at a place computed all sessions that recorded theirs (of WEIGHTS_TEXTS), and the parts that
    differ."""
    try:
        sessions, spec = trajectory.read_sessions(), trajectory.spec
        uses_weights = find_inpainter(spec.inpainter).takes_record
    except RiptuiError:
        return "unknown", []
    if not uses_weights:
        return "none", []
    recorded = [models.identity.recorded_identity(session.notes) for session in sessions]
    if not any(recorded):
        return "unknown", []
    found = find_weights(any(models.identity.wants_joint_variant(session.notes) for session in sessions))
    unlike = models.weight_check.unlike_place(found, recorded, spec.parameters)
    if unlike is None:
        return "none" if all(recorded) else "unknown", []
    return "unlike" if unlike else "same", unlike


def _read_specs(trajectories: Iterable[Trajectory]) -> Iterator[SeededSpec]:
    """Of those that can be read."""
    for trajectory in trajectories:
        with suppress(RiptuiError):
            yield os.fspath(trajectory), trajectory.spec, trajectory.spec.seed


def _check_trajectory(trajectory: Trajectory, repair: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"path": str(trajectory.path), "good": 0, "damage": [], "leftovers": [], "mixed": None}
    result |= {"not_replayable": None, "repaired": False}
    try:
        running, _ = probe_lock(trajectory.path)
        inspection = inspect_folder(trajectory)
        result |= {"good": inspection.walk.iteration, "iterations": trajectory.spec.iterations}
        result["damage"] = [*inspection.damage, *_find_request_damage(trajectory)]
        result["not_replayable"] = describe_unreplayable(trajectory, inspection.rows) or None
        result["mixed"] = describe_mixed_sessions(trajectory, inspection.rows) or None
        result["leftovers"] = [] if running else inspection.leftovers  # those of a running trajectory are in use
        if repair and not running and (result["damage"] or inspection.leftovers):
            with claim(trajectory) as claimed, open_writer(claimed):
                if _find_request_damage(trajectory):  # still: a user may have replaced it meanwhile
                    claimed.folder.remove_file(layout.REQUEST)
                result["repaired"] = True
    except (DamagedError, SpecError) as error:
        result["damage"] = [str(error)]
    except DiskError as error:
        result |= {"damage": [str(error)], "unreadable": True}
    return result


def _find_request_damage(trajectory: Trajectory) -> list[str]:
    """Why what was asked of it cannot be read, if so: `riptui ls` calls such a trajectory unreadable."""
    try:
        _ = trajectory.request
    except DamagedError as error:
        return [str(error)]
    return []


def _print_result(result: dict[str, Any]) -> None:
    path = printable(result["path"])
    if result["damage"]:
        state = "cannot be read" if result.get("unreadable") else "damaged"
        out.print(Text.assemble(("✗ ", "red"), f"{path}: {state}"))
    else:
        intact = f"{result['good']} of {result['iterations']} iterations are intact"
        out.print(Text.assemble(("✓ ", "green"), f"{path}: {intact}"))
    for item in result["damage"]:
        print_line(f"    {item}")
    if result["mixed"]:
        print_line(f"    mixed, its sessions differ: {result['mixed']}", "yellow")
    if result["not_replayable"]:
        print_line(f"    not replayable: {result['not_replayable']}", "yellow")
    if "weights" in result:
        text, style = WEIGHTS_TEXTS[result["weights"]]
        print_line(f"    {text}{': ' if result['unlike'] else ''}{', '.join(result['unlike'])}", style)
    for item in result["leftovers"]:
        print_line(f"    left over from a crash: {item}", "dim")
    if result["repaired"]:
        is_whole = result["good"] == result["iterations"]
        advice = "" if is_whole else f"; compute the rest with: riptui resume {result['path']}"
        print_line(f"    repaired: intact up to iteration {result['good']}{advice}")
    elif result["damage"] and result["good"]:
        print_line(f"    intact up to iteration {result['good']}; repair with: riptui check --repair {result['path']}")
