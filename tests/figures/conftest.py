"""The style of figures, and runs to draw."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from riptui.results.paper_tests import NETS
from tests.support.made import made_spec, write


@pytest.fixture
def styled() -> Iterator[None]:
    """Draw in the style of the report."""
    from riptui.figures import style  # of an extra

    with style.styled():
        yield


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Four images, masks 128 and 256, two seeds; the nets' values are linear: rate x inpainted / 400."""
    for image in range(4):
        for mask in (128, 256):
            for seed in range(2):
                rate = (image + 1) * mask / 1280 + seed / 100
                values = {net: lambda x, rate=rate: rate * x / 400 for net in NETS}
                spec = made_spec(image, mask=mask, seed=seed)
                write(tmp_path / "runs" / f"i{image}" / f"m{mask}-s{seed}", spec, values)
    return tmp_path / "runs"
