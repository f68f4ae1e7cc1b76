"""The themes: two of riptui, one of the terminal's 16 colours, and Textual's.

Textual handles NO_COLOR: it turns all colours into greys, pictures too (`App.no_color`). But it takes the terminal's
16 colours for black, because it cannot know them: under NO_COLOR no ANSI theme is readable.
"""

from collections.abc import Mapping

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from riptui.errors import with_choices
from riptui.tui.plot.palette import series_colours

AUTO = "auto"
CURSOR_ROW_SHARE = 0.15  # of the primary colour in the ground of the cursor's row; more makes other colours illegible

DARK = Theme(
    name="riptui-dark",
    primary="#56b4e9",
    secondary="#7fa7c9",
    accent="#f0b45e",
    success="#62cf8e",
    warning="#ecc15a",
    error="#ff7b72",
    foreground="#dbe1e8",
    background="#14171c",
    surface="#1c2028",
    panel="#252b35",
    variables={
        "block-cursor-foreground": "#0e1116",
        "border-blurred": "#39424f",
        "button-color-foreground": "#0e1116",
        "footer-description-foreground": "#b4bdc9",
        "foreground-muted": "#9aa5b3",
        "scrollbar-background": "#1c2028",
    },
)

LIGHT = Theme(
    name="riptui-light",
    primary="#005f9e",
    secondary="#3b5f7d",
    accent="#9a3b00",
    success="#17693a",
    warning="#7d5200",
    error="#b3261e",
    foreground="#22262b",
    background="#fbfaf7",
    surface="#f1efe9",
    panel="#e6e3db",
    dark=False,
    variables={
        "block-cursor-foreground": "#ffffff",
        "border-blurred": "#c2bdb1",
        "button-color-foreground": "#ffffff",
        "footer-description-foreground": "#3c4249",
        "foreground-muted": "#5a6068",
    },
)

ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_blue",
    accent="ansi_magenta",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={  # reverse: visible whatever the terminal's colours are
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-text-style": "underline",
        "border": "ansi_cyan",
        "border-blurred": "ansi_bright_black",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
    },
)

RIPTUI_THEMES = (DARK, LIGHT, ANSI)


def theme_names() -> list[str]:
    """All values of the setting."""
    return [AUTO, *(theme.name for theme in RIPTUI_THEMES), *BUILTIN_THEMES]


def resolve_theme(name: str, *, color_system: str | None, no_color: bool) -> tuple[str, str]:
    """The theme to use for a setting on this terminal, and a notice if it is not the requested one, else "".

    `color_system` is that of the app's console: standard (16 colours), 256, truecolor, or None.
    """
    few_colours = color_system in {"standard", None}
    default_name = DARK.name if no_color or not few_colours else ANSI.name
    if name == AUTO:
        return default_name, ""
    theme = {theme.name: theme for theme in RIPTUI_THEMES}.get(name) or BUILTIN_THEMES.get(name)
    if theme is None:
        return default_name, with_choices(f"unknown theme {name!r}, using {default_name}", name, theme_names())
    if theme.ansi and no_color:
        return (default_name, f"theme {name} is unreadable under NO_COLOR, using {default_name} in greys")
    return name, ""


def css_variables(theme: Theme) -> Mapping[str, str]:
    """riptui's own CSS variables: $series-1 to $series-8, and $cursor-row, on which all colours can be read.

    Defaults, which a theme may override.
    """
    series = {f"series-{number}": colour for number, colour in enumerate(series_colours(theme), start=1)}
    return series | {"cursor-row": _cursor_row(theme)}


def _cursor_row(theme: Theme) -> str:
    if theme.ansi:
        return "ansi_default"
    generated = theme.to_color_system().generate()
    ground = Color.parse(generated["background"])
    return ground.blend(Color.parse(generated["primary"]), CURSOR_ROW_SHARE).hex
