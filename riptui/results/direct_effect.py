"""What a repaint does to its square by itself, whatever was repainted around it in the meantime.

R is the mean of what the errors of squares change by from one repaint to the next, weighted as by a least-squares
slope. Most inpainters never see what is under the mask, and the others see more than that: a square also changes
because its surroundings were repainted since. Squares are drawn independently of their errors, so the repaints of a
square between which and its last one no square that touches it was repainted are a random sample. Their mean change is
the *direct* effect, what R would be if the surroundings stayed as they were; the rest of R came through them. This
needs no model of how the surroundings act: one that is linear in how often they were repainted gives telea, which has
next to no direct effect, one of 1.0 % of D1 with mask 32 at 256 px.

If a square was repainted n times and those that touch it m times, in random order, the chance that none of the m is
between two given successive ones of the n is n / (n + m); undisturbed repaints are weighted by its inverse. In shuffles
it is the chance to be the last of them in one shuffle and the first in the next: the product of
1 / (1 + those repainted in it).
"""

from collections.abc import Iterable

import numpy as np

from riptui.arrays import Float64
from riptui.results.exposure import SquareErrors


def sum_direct_changes(members: Iterable[SquareErrors], name: str) -> tuple[float, float]:
    """The weighted sum of the changes at undisturbed repaints, and of their weights; their ratio is the direct effect.

    Both are 0 where there is none, as off the grid, where an iteration repaints many tiles that touch each other.
    """
    changes = weights = 0.0
    for member in members:
        undisturbed = member.is_undisturbed
        squares, before = member.squares[undisturbed], member.exposures[undisturbed] - 1
        counts = np.bincount(member.squares, minlength=member.cells)
        weight = before * (counts[squares] - before) / find_chances(member)[undisturbed]
        changes += float(weight @ member.changes(name)[undisturbed])
        weights += float(weight.sum())
    return changes, weights


def find_chances(member: SquareErrors) -> Float64[np.ndarray, " repaints"]:
    """The chance that a repaint is undisturbed, given how often each square was repainted; not of first repaints."""
    across = member.spec.size // member.repainted.side
    counts = np.bincount(member.squares, minlength=member.cells)
    padded = np.pad(counts.reshape(across, across), 1)
    chances: Float64[np.ndarray, " repaints"]
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).reshape(member.cells, 9)  # with itself
    if member.spec.order != "shuffle":
        chances = counts[member.squares] / around.sum(axis=1)[member.squares]
        return chances
    now, nearby = member.exposures[:, None], around[member.squares]
    chances = 1 / ((nearby >= now).sum(axis=1) * (nearby >= now - 1).sum(axis=1))
    return chances
