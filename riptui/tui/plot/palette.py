"""The colours of the series in a chart: eight for each kind of theme, to be used in this order."""

from rich.color import Color as RichColor
from textual.app import App
from textual.color import Color
from textual.theme import Theme

DARK_SERIES = ("#32bffc", "#e39c0f", "#009e72", "#b582a6", "#0069d1", "#c54a12", "#ffff24", "#f0fcf4")
"""Colours of series on a dark background, the most distinct first.

Okabe and Ito's eight, moved in CIELAB no farther than needed for a contrast of 3:1 with the background and for everyone
to tell them apart: their smallest difference (CIEDE2000) is 28, and 13 with the rarest colour blindness.
"""
LIGHT_SERIES = ("#0059c3", "#ba7c00", "#1b8860", "#ab5585", "#0892cb", "#a8450d", "#504d37", "#000000")
"""The same on a light background: 22, and 10 with colour blindness; bright colours would have too little contrast."""
ANSI_COLOURS = ("cyan", "yellow", "magenta", "green", "red", "blue", "default", "bright_black")
ANSI_SERIES = tuple(f"ansi_{colour}" for colour in ANSI_COLOURS)


def series_colours(theme: Theme) -> tuple[str, ...]:
    """Eight colours for series, in order of use."""
    if theme.ansi:
        return ANSI_SERIES
    return DARK_SERIES if theme.dark else LIGHT_SERIES


def current_series_colours(app: App[object]) -> list[str]:
    """The colours of the app's theme, which may set its own as $series-1 to $series-8."""
    variables = app.theme_variables
    colours = series_colours(app.current_theme)
    return [variables.get(f"series-{number}", colour) for number, colour in enumerate(colours, start=1)]


def rich_series_colours(app: App[object]) -> list[RichColor]:
    """The same for Rich."""
    return [Color.parse(colour).rich_color for colour in current_series_colours(app)]
