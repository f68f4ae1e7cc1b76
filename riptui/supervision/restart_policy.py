"""When workers that ended are replaced, and when to give up: one policy for `run`, `study run`, Ray and the app.

Knows neither processes nor the disk nor the time: it is given what was observed and answers with a decision.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Literal

from riptui.text.units import format_count

MAX_DEATHS_WITHOUT_ATTEMPT = 3
"""Workers of one slot in a row that end before they begin a trajectory. As many as a trajectory has attempts: two may
be killed from outside, e.g. for memory, and each start takes some ten seconds where torch is imported."""
MAX_DEATHS_WITHOUT_RESULT = 10
"""Workers of one slot in a row that end without a new iteration, and without any trajectory's end. One trajectory that
kills its workers has failed after three; ten allow for several, and stop where a broken device kills every worker."""
STALLED_SECONDS = 60.0
"""How long idle workers may leave trajectories queued. A worker reads the queue for at most 5 % of its time: on a slow
network disk, where that takes 3 s, once a minute. Sooner, it may not have seen what was queued."""


@dataclass(frozen=True)
class WorkState:
    """The state of the trajectories that workers are kept for."""

    queued: int  # trajectories that wait for a worker
    running: int  # trajectories that a process is computing, on whichever host
    iterations: int  # iterations committed so far
    ended: int  # trajectories that are done, failed, paused or stopped
    attempts: int = 0  # attempts at the next iteration of each trajectory. Needed only when a worker ended.


@dataclass(frozen=True)
class Decision:
    action: Literal["wait", "restart", "give up"]
    reason: str = ""  # why to give up


@dataclass
class _DeathsInARow:
    """How many workers of one slot ended in a row while nothing was accomplished, by whichever worker."""

    work: WorkState  # at the last death, or at the beginning
    without_attempt: int = 0
    without_result: int = 0

    def count(self, work: WorkState) -> None:
        has_result = (work.iterations, work.ended) != (self.work.iterations, self.work.ended)
        has_attempt = has_result or work.attempts != self.work.attempts
        self.without_result = 0 if has_result else self.without_result + 1
        self.without_attempt = 0 if has_attempt else self.without_attempt + 1
        self.work = work


class RestartPolicy:
    """Counts deaths per slot: when all workers of a pool die of one cause at once, that is one death each."""

    def __init__(self) -> None:
        self._deaths: dict[Hashable, _DeathsInARow] = {}
        self._first: WorkState | None = None
        self._idle_since: float | None = None

    def decide(self, ended: Collection[Hashable], work: WorkState, *, idle: bool, now: float) -> Decision:
        """What to do now. ended: slots whose workers have ended since the last decision to restart.

        idle: all running workers report that they have nothing to do. now: seconds of a monotonic clock.
        """
        self._first = self._first or work
        is_stalled = idle and not ended and work.queued and not work.running
        if not is_stalled:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        if ended and work.queued:
            return self._decide_restart([self._count_death(slot, work) for slot in ended], work)
        if self._idle_since is not None and now - self._idle_since >= STALLED_SECONDS:
            return Decision("give up", f"the workers are idle, but {_format_queued(work)}")
        return Decision("wait")

    def _count_death(self, slot: Hashable, work: WorkState) -> _DeathsInARow:
        deaths = self._deaths.setdefault(slot, _DeathsInARow(self._first or work))
        deaths.count(work)
        return deaths

    def _decide_restart(self, deaths: Collection[_DeathsInARow], work: WorkState) -> Decision:
        without_attempt = max(each.without_attempt for each in deaths)
        without_result = max(each.without_result for each in deaths)
        if without_attempt >= MAX_DEATHS_WITHOUT_ATTEMPT:
            reason = f"{without_attempt} workers in a row ended without starting a trajectory"
        elif without_result >= MAX_DEATHS_WITHOUT_RESULT:
            reason = f"{without_result} workers in a row ended without finishing an iteration"
        else:
            return Decision("restart")
        return Decision("give up", f"{reason}; {_format_queued(work)}")


def _format_queued(work: WorkState) -> str:
    return f"{format_count(work.queued, 'trajectory')} {'is' if work.queued == 1 else 'are'} still queued"
