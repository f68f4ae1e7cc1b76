"""Why a worker cannot use an inpainter now, although another's may, or it may later: it is skipped and stays queued."""

import time
from collections.abc import Hashable

from riptui.errors import RiptuiError
from riptui.inpainters import REGISTRY, InpainterInfo
from riptui.inpainters.programs.program_registry import explain_missing
from riptui.inpainters.servers.server_infos import explain_unreachable
from riptui.planning.missing_weights import weights_key
from riptui.settings.paths import settings_file
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory

REMEMBERED_SECONDS = 15.0
"""How long a server that did not answer is not asked again: many trajectories may wait for it."""


class InpainterAbsence:
    """Remembers for a while which servers did not answer."""

    def __init__(self) -> None:
        self._away: dict[Hashable, tuple[float, str]] = {}
        """What was wrong with a server, and when (time.monotonic()), by what a spec asks of it."""

    def explain(self, trajectory: Trajectory) -> str:
        """Why there is no such inpainter here: a plug-in, a program of somebody's settings, a server that is away; ""
        if there is one, or if the spec cannot be read, which is told elsewhere."""
        try:
            spec = trajectory.spec
        except RiptuiError:
            return ""
        name, info = spec.inpainter, REGISTRY.get(spec.inpainter)
        if info is not None:
            return str(explain_missing(name, info) or "") or self._explain_server(spec, info)
        return REGISTRY.find_problem(name) or (
            f"this worker knows no inpainter {name!r}: if it is a program, define [inpainters.{name}] in "
            f"{settings_file()}, the settings of the worker's user; if it is a plug-in, install its package"
        )

    def _explain_server(self, spec: Spec, info: InpainterInfo) -> str:
        if not info.is_server:
            return ""
        key, now = weights_key(spec), time.monotonic()
        when, reason = self._away.get(key, (now, ""))
        if not reason or now - when > REMEMBERED_SECONDS:
            reason = str(explain_unreachable(spec.inpainter, info, spec.parameters) or "")
            self._away[key] = (now, reason)
        return reason
