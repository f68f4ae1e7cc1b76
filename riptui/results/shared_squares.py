"""How many sequences of squares the images of some trajectories share, and what that means for intervals."""

from collections.abc import Collection

from riptui.results.bootstrap import MIN_INTERVAL_IMAGES
from riptui.results.curves import HasSpec, shares_squares


def count_shared(members: Collection[HasSpec]) -> int:
    """The seeds whose squares the images of these share; 0 if each image has its own."""
    return len({item.spec.seed for item in members}) if shares_squares(members) else 0


def describe_shared(sequences: int) -> str:
    """What it means for intervals that all images share so many sequences of squares, 1 or more."""
    if sequences == 1:
        return "all images share one sequence of squares: the intervals are for these squares"
    if sequences < MIN_INTERVAL_IMAGES:
        return f"the images share {sequences} sequences of squares: the intervals are for these squares"
    return f"the images share {sequences} sequences of squares: the intervals are over images and sequences"
