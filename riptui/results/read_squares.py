"""The squares of many trajectories: of which they can be read, and why not of the others."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from riptui.errors import RiptuiError
from riptui.metrics import REPAINTS
from riptui.metrics.display import PAPER_METRICS
from riptui.results.curves import drop_copies
from riptui.results.exposure import PATCH_ERRORS, SquareErrors
from riptui.results.square_cache import read_square_errors_cached, shrink_cache
from riptui.spec import Spec
from riptui.store.listing import TrajectorySummary
from riptui.text.units import format_count
from riptui.tile_runs import TILE_PX

OnSquaresProgress = Callable[[int, int], None]
"""Called as `on_progress(done, total)`."""


@dataclass(frozen=True, eq=False)
class ReadSquares:
    """The errors of the squares of complete trajectories, one of each spec."""

    members: Sequence[SquareErrors]
    left_out: Sequence[str] = ()
    """What was left out, each with the reason."""

    @cached_property
    def by_digest(self) -> Mapping[str, SquareErrors]:
        """By the digest of the spec."""
        return {member.spec.digest: member for member in self.members}

    @property
    def notes(self) -> Sequence[str]:
        """Which LPIPS errors of squares are not there, and how to get them."""
        on_grid = [member for member in self.members if member.spec.is_on_grid]
        counts = Counter(name for member in on_grid for name in member.errors if name not in PATCH_ERRORS)
        notes: list[str] = []
        if on_grid and not counts:
            notes.append(f"squares have no LPIPS error: {_how_to_measure(PAPER_METRICS[0], len(on_grid))}")
        for name, count in counts.items():
            if count < len(on_grid):
                notes.append(f"squares have no {name} error in part: {_how_to_measure(name, len(on_grid) - count)}")
        if others := len(self.members) - len(on_grid):
            notes.append(
                f"off the grid a square is a tile of {TILE_PX} px, and has no LPIPS error, which is known of whole "
                f"squares only: {format_count(others, 'trajectory')}"
            )
        return notes


def read_squares(
    summaries: Iterable[TrajectorySummary],
    names: Sequence[str] = tuple(PATCH_ERRORS),
    on_progress: OnSquaresProgress = lambda done, total: None,
) -> ReadSquares:
    """Read the errors of the squares of all complete trajectories. Never raises for one of them.

    `names` as in `read_square_errors`.
    """
    complete, left_out = _choose_complete(summaries)
    members = []
    for done, summary in enumerate(complete):
        on_progress(done, len(complete))
        try:
            members.append(read_square_errors_cached(summary.trajectory, names))
        except RiptuiError as error:
            left_out.append(str(error))
    on_progress(len(complete), len(complete))
    shrink_cache()
    return ReadSquares(members, left_out)


def _choose_complete(summaries: Iterable[TrajectorySummary]) -> tuple[list[TrajectorySummary], list[str]]:
    """The complete ones that show the last repaint of each square, one of each digest; notes about the others."""
    readable = [summary for summary in summaries if summary.spec]
    unique = drop_copies(readable)
    complete = [summary for summary in unique if summary.spec and summary.k >= summary.spec.iterations]
    pasted = [summary for summary in complete if summary.spec and summary.spec.paste]
    repainted = [summary for summary in pasted if summary.spec and not _is_single_pass(summary.spec)]
    usable = [summary for summary in repainted if summary.spec and summary.spec.keeps_repaints]
    counts = {
        "copies of others with the same spec": len(readable) - len(unique),
        "unfinished (riptui resume)": len(unique) - len(complete),
        "made without paste, so that each repaint changed all squares": len(complete) - len(pasted),
        "of one pass over the whole image, which repaints nothing again": len(pasted) - len(repainted),
        "with squares that do not keep their last repaint (--anchor, --paste original)": len(repainted) - len(usable),
    }
    return usable, [f"{reason}: {format_count(count, 'trajectory')}" for reason, count in counts.items() if count]


def _is_single_pass(spec: Spec) -> bool:
    return spec.whole_image and spec.iterations == 1


def _how_to_measure(name: str, count: int) -> str:
    return f"{format_count(count, 'trajectory')} (riptui measure PATH --metrics {name}{REPAINTS})"
