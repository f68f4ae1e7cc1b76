"""A number as a shade of one character, in any terminal and any colour."""

SHADES = "█▓▒░ "
"""For values from the smallest to the largest."""


def shade(value: float, low: float, high: float) -> str:
    """The shade of a value between two bounds; the full block, as for the lower bound, if they are equal."""
    share = (value - low) / (high - low) if high > low else 0.0
    return SHADES[max(0, min(len(SHADES) - 1, int(share * len(SHADES))))]
