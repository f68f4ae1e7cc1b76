"""How sizes are written."""

import pytest

from riptui.text.units import format_size


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
