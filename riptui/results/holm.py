"""Holm's correction of p values for testing several things at once."""

from collections.abc import Sequence


def adjust_p(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979), which controls the chance of any false positive among all tests."""
    adjusted = [1.0] * len(p)
    floor = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        floor = max(floor, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = floor
    return adjusted
