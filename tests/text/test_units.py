"""How sizes and amounts are written."""

import pytest

from riptui.text.units import format_inpainted, format_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (340_000, "340 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (4_100_000, "4.1 MB"),
        (9_960_000, "10 MB"),
        (999_400_000, "999 MB"),
        (999_960_000, "1.0 GB"),
        (13_900_000_000, "13.9 GB"),
    ],
)
def test_a_size_has_the_unit_of_its_rounded_value(size: int, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("percent", "text"),
    [(0, "0 %"), (100 / 64, "1.56 %"), (400 / 9, "44.44 %"), (87.5, "87.5 %"), (400, "400 %"), (40_000, "40000 %")],
)
def test_an_amount_is_exact_to_two_decimals_at_any_size(percent: float, text: str) -> None:
    assert format_inpainted(percent) == text
