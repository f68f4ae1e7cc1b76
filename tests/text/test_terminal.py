"""What reaches the terminal: text made harmless, and bars."""

import math
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from riptui.text.terminal import fit_columns, fit_folder, fit_middle, fit_path, printable, sparkline

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories: control, format (bidi and zero width), surrogate, private, unassigned, line and paragraph."""
INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u2800\u3164\ufeff\uffa0\U000e0041"
BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
@example("\x1b]0;title\x07\x1b[31m\x9b2J\r\n\t\x00\x7f\x85\u2028\u2029")
@example(BIDI + INVISIBLE)
@example("\ud800\udcff\ue000\U0010ffff")
def test_nothing_printable_moves_hides_or_breaks_anything(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(c) for c in shown} & FORBIDDEN
    assert not set(shown) & set(INVISIBLE + BIDI)
    assert len(shown.splitlines()) <= 1
    assert all(c == " " or not c.isspace() for c in shown)
    shown.encode()
    assert printable(shown) == shown


@pytest.mark.parametrize("character", [chr(c) for c in (*range(32), *range(127, 161))] + list(INVISIBLE + BIDI))
def test_every_character_that_cannot_be_seen_becomes_its_escape(character: str) -> None:
    assert printable(f"a{character}b") == f"a{ascii(character)[1:-1]}b"


@pytest.mark.slow
@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"], exclude_characters=INVISIBLE)))
def test_what_can_be_seen_is_left_alone(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Mona Lisa (1503).jpg",
        "Crème brûlée: ½ × 3 – “naïve” €",
        "cafe\u0301",  # with a combining accent
        "星月夜 モナ・リザ 별이 빛나는 밤",
        "Звёздная ночь Η Έναστρη Νύχτα",
        "לילה כוכבים ليلة النجوم तारों भरी रात",
        "🌻🎨👍🏽❤️",
        "[bold]not markup[/bold] \\x1b {braces} 'quotes' \"double\" ../..",
        "",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


def test_a_name_cannot_forge_a_second_line_or_a_colour() -> None:
    forged = "a.png\n\x1b[32m✓ done\x1b[0m\u202egnp.b"
    assert printable(forged) == "a.png\\n\\x1b[32m✓ done\\x1b[0m\\u202egnp.b"


# --- sparklines


@pytest.mark.parametrize(
    ("values", "low", "high", "bars"),
    [
        ([], 0.0, None, ""),
        ([0, 1, 2, 3, 4, 5, 6, 7], 0.0, None, "▁▂▃▄▅▆▇█"),
        ([7, 0, 7], 0.0, None, "█▁█"),
        ([0.5], 0.0, None, "█"),
        ([0.0], 0.0, None, "▁"),
        ([0.3, 0.3, 0.3], 0.0, None, "███"),
        ([0.0, 0.0], 0.0, None, "▁▁"),
        ([0, 0.5, 1], 0.0, 1.0, "▁▅█"),
        ([0.5, 0.75, 1], 0.5, 1.0, "▁▅█"),
        ([-5, 0, 20], 0.0, 10.0, "▁▁█"),  # beyond both ends
        ([-2, -1, 0], -2.0, 0.0, "▁▅█"),
        ([-2, -1], 0.0, None, "▁▁"),  # all below low
        ([3, 3], 3.0, 3.0, "▁▁"),
        ([2, 3, 4], 3.0, 3.0, "▁▁█"),
        ([1, 5, 9], 9.0, 1.0, "▁▁▁"),  # an empty range
        ([0, math.nan, 1], 0.0, None, "▁ █"),
        ([math.inf, 1, -math.inf], 0.0, None, " █ "),
        ([math.nan, math.inf], 0.0, None, "  "),
        ([5e-324, 0], 0.0, None, "█▁"),
        ([-1e308, 0, 1e308], -1e308, 1e308, "▁▁▁"),  # a range beyond floats
    ],
)
def test_a_bar_is_as_high_as_its_value(values: list[float], low: float, high: float | None, bars: str) -> None:
    assert sparkline(values, low, high) == bars


@settings(deadline=None)
@given(st.lists(st.floats()), st.floats(), st.none() | st.floats())
def test_any_numbers_make_one_bar_each_and_blanks_where_they_are_not_finite(
    values: list[float], low: float, high: float | None
) -> None:
    bars = sparkline(values, low, high)
    assert len(bars) == len(values)
    assert [bar == " " for bar in bars] == [not math.isfinite(value) for value in values]


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(-1e6, 1e6))
def test_a_greater_value_never_has_a_lower_bar(values: list[float], low: float) -> None:
    assert sparkline(sorted(values), low) == "".join(sorted(sparkline(values, low)))


@pytest.mark.parametrize(
    "text", ["", "cat", "a-long-name-of-a-picture", "猫", "猫犬鳥魚", "ก่ไก่", "e\u0301te\u0301", "👩‍🚀x", "café"]
)
@pytest.mark.parametrize("columns", [0, 1, 2, 3, 5, 40])
def test_a_text_takes_exactly_its_columns(text: str, columns: int) -> None:
    fitted = fit_columns(text, columns)
    assert cell_len(fitted) == columns
    if cell_len(text) <= columns:
        assert fitted.rstrip() == text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=20), st.integers(0, 12))
def test_a_text_cut_in_the_middle_fits_too(text: str, columns: int) -> None:
    assert cell_len(fit_middle(text, columns)) == columns
    assert cell_len(fit_path(f"{text}/{text}-s1-{text}", columns)) == columns


def test_a_text_cut_in_the_middle_keeps_both_ends() -> None:
    assert fit_middle("m64-s0-steps20", 10) == "m64-s0…s20"
    assert fit_middle("short", 10) == "short     "


@pytest.mark.parametrize(
    ("path", "columns", "text"),
    [
        ("bowl/m64-s0-telea-256px-crop", 15, "bowl/m64-s0…rop"),
        ("bowl/m64-s0-telea-256px-crop", 12, "bowl/m64-s0…"),
        ("astronaut/m64-s12-telea-256px-crop", 13, "as…t/m64-s12…"),
        ("astronaut/m64-s12-telea-256px-crop", 11, "m64-s12…rop"),
        ("fig7/night/m64-s12-telea", 20, "…night/m64-s12-telea"),
        ("replacement-s3-own-masks", 16, "replacement-s3…s"),
        ("m64-s1234567-telea", 8, "m64-s…ea"),
        ("bowl/m64-s0", 13, "bowl/m64-s0  "),
        ("no-seed-in-this-name", 9, "no-se…ame"),
    ],
)
def test_of_a_trajectorys_path_the_seed_is_cut_last(path: str, columns: int, text: str) -> None:
    assert fit_path(path, columns) == text
    assert cell_len(fit_path(path, columns)) == columns
    assert fit_middle("猫猫猫猫猫猫", 7) == "猫猫…猫"


@pytest.mark.parametrize(
    ("path", "other", "columns", "text"),
    [
        ("bowl/m64-s0-telea-256px-crop", "bowl/m64-s0-biharmonic-256px-crop", 16, "bowl/m64-s0…lea…"),
        ("bowl/m64-s0-256px-crop", "bowl/m64-s0-telea-256px-crop", 16, "bowl/m64-s0…    "),
        ("fig7/bowl/m64-s0-256px-crop", "live/bowl/m64-s0-256px-crop", 16, "fig7…/m64-s0…rop"),
        ("bowl/m64-s0-telea-a200", "bowl/m64-s1-telea-a200", 16, "bowl/m64-s0-…200"),
        ("bowl/m64-s0-telea", "bowl/m64-s0-telea", 14, "bowl/m64-s0…ea"),
        ("coffee/m64-s0-telea-256px", "coffee/m64-s0-256px", 14, "m64-s0-telea… "),
        ("coffee/m64-s10-biharmonic-256px", "coffee/m64-s10-256px", 14, "co…e/m64-s10… "),
    ],
)
def test_a_path_that_would_look_like_the_next_row_leaves_out_their_common_end(
    path: str, other: str, columns: int, text: str
) -> None:
    assert fit_path(path, columns, beside=[other]) == text


@given(st.text("ab/-猫", max_size=20), st.text("ab/-猫", max_size=20), st.integers(0, 12))
def test_so_it_fits_too(path: str, other: str, columns: int) -> None:
    assert cell_len(fit_path(path, columns, beside=[other])) == columns


@pytest.mark.parametrize(
    ("path", "columns", "text"),
    [
        ("~/runs", 6, "~/runs"),
        ("/data/lab/cats/runs", 19, "/data/lab/cats/runs"),
        ("/data/lab/cats/runs", 18, "…/lab/cats/runs"),
        ("/data/lab/cats/runs", 11, "…/cats/runs"),
        ("/data/lab/cats/runs", 10, "…/runs"),
        ("/data/lab/cats-of-the-paper", 10, "cats-o…per"),
        ("/data/lab/猫", 4, "…/猫"),
        ("/", 1, "/"),
        ("/data", 0, ""),
        ("/data", -3, ""),
    ],
)
def test_of_a_folder_the_end_is_kept(path: str, columns: int, text: str) -> None:
    assert fit_folder(path, columns) == text
