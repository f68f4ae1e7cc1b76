"""Differences between the sessions that computed a trajectory: devices, versions, batch sizes, settings.

If there are any, its pixels may differ from those of a single session.
"""

import re
from collections import Counter

from riptui.inpainters.inpainter import (
    JOINT_VARIANT,
    LATER_NOTES,
    MEASURES_NOTE,
    REPLAY_NOTE,
    SERVER_URL_NOTE,
    VARIANT_NOTE,
    WEIGHTS_NOTE,
)
from riptui.store.records import IterationRow, Session
from riptui.store.trajectory import Trajectory

OTHER_NOTES = ("offload", SERVER_URL_NOTE, MEASURES_NOTE)
"""Notes that decide no pixel: where weights waited, where a server was, where frames were measured."""
DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


def describe_mixed_sessions(trajectory: Trajectory, rows: list[IterationRow] | None = None) -> str:
    """The differences between the sessions of the committed iterations, e.g. "batch 1, then 8"; "" if there are none.

    rows: the committed iterations, if they are read already. Raises DamagedError, DiskError.
    """
    sessions = {session.session: pixel_traits(session) for session in trajectory.read_sessions()}
    if not _list_differences(list(sessions.values())):
        return ""  # most are not mixed, and their rows need not be read
    used_sessions = dict.fromkeys(row.session for row in (trajectory.read_rows() if rows is None else rows))
    return "; ".join(_list_differences([sessions[number] for number in used_sessions if number in sessions]))


def describe_unreplayable(trajectory: Trajectory, rows: list[IterationRow]) -> str:
    """How many iterations cannot be computed again with the same pixels, and why; "" if all can.

    E.g. "8 of 16 iterations, the program cannot be given a seed".

    rows: the committed iterations. Raises DamagedError, DiskError.
    """
    reasons = {
        session.session: session.notes[REPLAY_NOTE].removeprefix("no: ")
        for session in trajectory.read_sessions()
        if REPLAY_NOTE in session.notes
    }
    counts = Counter(reasons[row.session] for row in rows if row.session in reasons)
    return "; ".join(f"{count} of {len(rows)} iterations, {reason}" for reason, count in counts.items())


def pixel_traits(session: Session) -> dict[str, str]:
    """Everything that may decide a pixel. The index of the GPU and the name of the host do not."""
    device = re.sub(r":[0-9]+", "", session.device, count=1)
    notes = {key: _content(note) if key in ("lora", "embedding") else note for key, note in session.notes.items()}
    for name in OTHER_NOTES:
        notes.pop(name, None)
    if notes.get(VARIANT_NOTE) == JOINT_VARIANT:
        del notes[VARIANT_NOTE]
    return {"device": device, "batch": str(session.batch), **session.versions, **notes}


def _content(note: str) -> str:
    """What was in a file, if the note has its digest: files are renamed."""
    return ", ".join(DIGEST.findall(note)) or note


def _list_differences(sessions: list[dict[str, str]]) -> list[str]:
    names = dict.fromkeys(name for traits in sessions for name in traits)
    if all(any(name.startswith(WEIGHTS_NOTE) for name in traits) for traits in sessions):
        for name in ("model", VARIANT_NOTE):  # which files the weights were in; what they are is known
            names.pop(name, None)
    found = {
        name: list(
            dict.fromkeys(
                traits.get(name, "none") for traits in sessions if name in traits or not _is_recorded_lately(name)
            )
        )
        for name in names
    }
    return [DIGEST.sub(r"\1", f"{name} {', then '.join(values)}") for name, values in found.items() if len(values) > 1]


def _is_recorded_lately(name: str) -> bool:
    """Whether sessions of older releases lack a note, so that its absence says nothing."""
    return name.startswith(WEIGHTS_NOTE) or name in LATER_NOTES
