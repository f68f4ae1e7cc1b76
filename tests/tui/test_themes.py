"""The themes: legible, told apart also by the colour-blind, right for the terminal; and the series of the charts."""

import itertools

import numpy as np
import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from skimage.color import deltaE_ciede2000, rgb2lab
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Button, Footer, Input, Label, OptionList, ProgressBar

from riptui.tui import themes
from riptui.tui.plot.palette import series_colours
from tests.support.app_pilot import screen_strips

LEGIBLE = 4.5  # WCAG 2.2, 1.4.3: text
VISIBLE = 3.0  # 1.4.11: what must be seen of a picture

BLINDNESS = {  # Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}

RGB = pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT], ids=lambda theme: theme.name)


def linear(colour: Color) -> np.ndarray:
    value = np.array(colour.rgb) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: Color, other: Color) -> float:
    """WCAG's, from 1 to 21."""
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def written(theme: Theme, foreground: str, background: str) -> float:
    """The contrast of two variables of a theme."""
    variables = theme.to_color_system().generate()
    ground = Color.parse(variables["background"]) + Color.parse(variables[background])
    if variables[foreground].startswith("auto "):
        alpha = float(variables[foreground].removeprefix("auto ").rstrip("%")) / 100
        return contrast(ground + ground.get_contrast_text(alpha), ground)
    return contrast(ground + Color.parse(variables[foreground]), ground)


# ── legible ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@RGB
@pytest.mark.parametrize("background", ["background", "surface", "panel"])
def test_all_text_is_legible_on_every_ground(background: str, theme: Theme) -> None:
    meanings = ("primary", "secondary", "accent", "success", "warning", "error")
    texts = ["text", "text-muted", "foreground", "foreground-muted", *meanings, *(f"text-{name}" for name in meanings)]
    assert [name for name in texts if written(theme, name, background) < LEGIBLE] == []


@RGB
def test_all_colours_of_a_row_are_legible_below_the_cursor(theme: Theme) -> None:
    variables, ground = theme.to_color_system().generate(), Color.parse(themes.css_variables(theme)["cursor-row"])
    parts = ("foreground", "foreground-muted", "primary", "accent", "success", "warning", "error")
    assert [name for name in parts if contrast(Color.parse(variables[name]), ground) < LEGIBLE] == []


@RGB
@pytest.mark.parametrize(
    ("foreground", "background"),
    [
        ("block-cursor-foreground", "block-cursor-background"),
        ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
        ("footer-foreground", "footer-background"),
        ("footer-key-foreground", "footer-background"),
        ("footer-description-foreground", "footer-background"),
        ("input-cursor-foreground", "input-cursor-background"),
        ("input-selection-foreground", "input-selection-background"),
        ("foreground", "screen-selection-background"),
        *(("button-color-foreground", name) for name in ("primary", "success", "warning", "error")),
    ],
)
def test_text_on_a_ground_of_its_own_is_legible(foreground: str, background: str, theme: Theme) -> None:
    assert written(theme, foreground, background) >= LEGIBLE


@RGB
def test_the_focus_is_seen(theme: Theme) -> None:
    variables = theme.to_color_system().generate()
    assert written(theme, "border", "background") >= VISIBLE
    assert contrast(Color.parse(variables["border"]), Color.parse(variables["border-blurred"])) >= VISIBLE


# ── series ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@RGB
def test_every_series_is_seen_on_the_chart(theme: Theme) -> None:
    grounds = [Color.parse(str(ground)) for ground in (theme.background, theme.surface)]
    assert min(contrast(Color.parse(one), ground) for one in series_colours(theme) for ground in grounds) >= VISIBLE


@RGB
@pytest.mark.parametrize(("blindness", "least"), [("none", 20), ("protan", 10), ("deutan", 10), ("tritan", 10)])
def test_any_two_series_can_be_told_apart_by_everyone(blindness: str, least: float, theme: Theme) -> None:
    colours = np.array([linear(Color.parse(one)) for one in series_colours(theme)])
    seen = np.clip(colours @ np.array(BLINDNESS[blindness]).T, 0, 1)
    encoded = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(encoded[None])[0]
    assert len(lab) == 8
    assert min(deltaE_ciede2000(one, other) for one, other in itertools.combinations(lab, 2)) > least


def test_the_series_of_16_colours_are_eight() -> None:
    colours = [Color.parse(one) for one in series_colours(themes.ANSI)]
    assert len({colour.ansi for colour in colours}) == 8
    grounds = {Color.parse(name).ansi for name in ("ansi_black", "ansi_white", "ansi_bright_white")}
    assert not grounds & {colour.ansi for colour in colours}


@pytest.mark.parametrize("theme", [*themes.RIPTUI_THEMES, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_charts_and_styles_can_use_the_series_of_any_theme(theme: Theme) -> None:
    assert list(themes.css_variables(theme)) == [*(f"series-{number}" for number in range(1, 9)), "cursor-row"]
    for colour in themes.css_variables(theme).values():
        assert (Color.parse(colour).ansi is not None) == theme.ansi
        assert Style.parse(colour.removeprefix("ansi_")).color


# ── which ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "color_system", "no_color", "theme"),
    [
        ("auto", "truecolor", False, "riptui-dark"),
        ("auto", "256", False, "riptui-dark"),
        ("auto", "standard", False, "ansi"),
        ("auto", None, False, "ansi"),
        ("auto", "standard", True, "riptui-dark"),
        ("riptui-light", "truecolor", False, "riptui-light"),
        ("riptui-light", "standard", False, "riptui-light"),
        ("nord", "256", True, "nord"),
        ("ansi", "truecolor", False, "ansi"),
    ],
)
def test_the_theme_is_what_was_asked_for_or_what_the_terminal_can_show(
    name: str, color_system: str | None, no_color: bool, theme: str
) -> None:
    assert themes.resolve_theme(name, color_system=color_system, no_color=no_color) == (theme, "")


@pytest.mark.parametrize("name", ["ansi", "ansi-dark", "ansi-light"])
def test_no_ansi_theme_is_used_without_colours(name: str) -> None:
    theme, notice = themes.resolve_theme(name, color_system="truecolor", no_color=True)
    assert theme == "riptui-dark"
    assert f"theme {name} is unreadable under NO_COLOR" in notice


def test_an_unknown_theme_is_told_with_the_known_ones() -> None:
    theme, notice = themes.resolve_theme("nrod\x1b", color_system="truecolor", no_color=False)
    assert theme == "riptui-dark"
    assert notice.startswith("unknown theme 'nrod\\x1b', using riptui-dark. Did you mean nord? Available: auto, ")
    assert [name for name in BUILTIN_THEMES if name not in notice] == []


# ── in an app ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Shown(App[None]):
    CSS = "#line { color: $series-3; background: $panel; }"
    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012 - Textual's own way

    def __init__(self, name: str) -> None:
        super().__init__()
        self.wanted = name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.css_variables(self.current_theme))

    def compose(self) -> ComposeResult:
        yield Label("a line", id="line")
        yield Button("go", variant="primary")
        yield Input(placeholder="write")
        yield OptionList("one", "two")
        yield ProgressBar(10)
        yield Footer()

    def on_mount(self) -> None:
        for theme in themes.RIPTUI_THEMES:
            self.register_theme(theme)
        self.theme = self.wanted


async def painted(name: str) -> list[Segment]:
    """What the terminal would be sent."""
    app = Shown(name)
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        return [segment for strip in screen_strips(app) for segment in strip]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["riptui-dark", "riptui-light", "ansi", "nord"])
async def test_every_theme_can_be_put_on(name: str) -> None:
    [line] = [segment for segment in await painted(name) if segment.text == "a line"]
    assert line.style
    assert line.style.color


@pytest.mark.slow
async def test_the_ansi_theme_has_only_the_terminals_own_colours() -> None:
    styles = [segment.style for segment in await painted("ansi") if segment.style]
    colours = {colour for style in styles for colour in (style.color, style.bgcolor) if colour}
    assert len(colours) > 2
    assert {colour.type for colour in colours} <= {ColorType.STANDARD, ColorType.DEFAULT}


@pytest.mark.slow
async def test_without_colours_all_is_grey_and_legible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for segment in await painted("riptui-dark"):
        if segment.style and segment.text.strip():
            for colour in (segment.style.color, segment.style.bgcolor):
                assert colour is None or len(set(colour.get_truecolor())) == 1
