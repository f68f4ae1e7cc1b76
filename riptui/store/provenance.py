"""Whether a trajectory's iterations were computed by unlike sessions: other devices, versions, batches, settings.

Its pixels may then be none that a single session would have given.
"""

import re

from riptui.store.records import Row, Session
from riptui.store.trajectory import Trajectory


def mixed(trajectory: Trajectory, rows: list[Row] | None = None) -> str:
    """What differs between the sessions whose iterations count, e.g. "batch 1, then 8"; "" if nothing does.

    rows: if they are at hand. Raises DamagedError, DiskError.
    """
    sessions = {session.session: _traits(session) for session in trajectory.sessions()}
    if not _differences(list(sessions.values())):
        return ""  # most are not mixed, and their rows need not be read
    counted = dict.fromkeys(row.session for row in (trajectory.rows() if rows is None else rows))
    return "; ".join(_differences([sessions[number] for number in counted if number in sessions]))


def _traits(session: Session) -> dict[str, str]:
    """All that may decide a pixel. Which of several equal GPUs it was does not, nor does the host's name."""
    device = re.sub(r":[0-9]+", "", session.device, count=1)
    return {"device": device, "batch": str(session.batch), **session.versions, **session.notes}


def _differences(sessions: list[dict[str, str]]) -> list[str]:
    names = dict.fromkeys(name for traits in sessions for name in traits)
    found = {name: list(dict.fromkeys(traits.get(name, "none") for traits in sessions)) for name in names}
    return [f"{name} {', then '.join(values)}" for name, values in found.items() if len(values) > 1]
