"""Whether a trajectory's iterations were computed by unlike sessions: other devices, versions, batches, settings.

Its pixels may then be none that a single session would have given.
"""

import re

from riptui.store.records import IterationRow, Session
from riptui.store.trajectory import Trajectory


def describe_mixed_sessions(trajectory: Trajectory, rows: list[IterationRow] | None = None) -> str:
    """What differs between the sessions whose iterations count, e.g. "batch 1, then 8"; "" if nothing does.

    rows: if they are at hand. Raises DamagedError, DiskError.
    """
    sessions = {session.session: _traits(session) for session in trajectory.read_sessions()}
    if not _list_differences(list(sessions.values())):
        return ""  # most are not mixed, and their rows need not be read
    used_sessions = dict.fromkeys(row.session for row in (trajectory.read_rows() if rows is None else rows))
    return "; ".join(_list_differences([sessions[number] for number in used_sessions if number in sessions]))


def _traits(session: Session) -> dict[str, str]:
    """All that may decide a pixel. Which of several equal GPUs it was does not, nor does the host's name."""
    device = re.sub(r":[0-9]+", "", session.device, count=1)
    return {"device": device, "batch": str(session.batch), **session.versions, **session.notes}


def _list_differences(sessions: list[dict[str, str]]) -> list[str]:
    names = dict.fromkeys(name for traits in sessions for name in traits)
    found = {name: list(dict.fromkeys(traits.get(name, "none") for traits in sessions)) for name in names}
    return [f"{name} {', then '.join(values)}" for name, values in found.items() if len(values) > 1]
