"""A colormap from dark blue over red to yellow, in eight stops of evenly increasing CIE lightness.

Lightness alone gives the order, so it is readable with any colour vision and in grey.
"""

RGB = tuple[int, int, int]

COLOUR_STOPS: tuple[RGB, ...] = (
    (11, 12, 33),
    (24, 33, 100),
    (102, 39, 130),
    (175, 42, 126),
    (228, 73, 105),
    (255, 123, 78),
    (255, 180, 101),
    (255, 230, 155),
)


def heat_colour(fraction: float) -> RGB:
    """The colour of a fraction from 0 to 1; values outside are clipped."""
    position = min(max(fraction, 0.0), 1.0) * (len(COLOUR_STOPS) - 1)
    index = min(int(position), len(COLOUR_STOPS) - 2)
    weight = position - index
    r, g, b = (round(low + (high - low) * weight) for low, high in zip(*COLOUR_STOPS[index : index + 2], strict=True))
    return r, g, b


def hex_colour(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def heat_bar(columns: int) -> list[tuple[str, str]]:
    """The colours from 0 to 1 as so many blocks: texts with their styles."""
    return [("█", hex_colour(heat_colour(column / (columns - 1)))) for column in range(columns)]
