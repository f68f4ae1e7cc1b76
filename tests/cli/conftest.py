"""The current folder of the commands, and their terminal."""

from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from rich.console import ConsoleDimensions

from riptui.cli import console
from tests.support.command import RICH, riptui
from tests.support.trajectories import picture


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def place(here: Path, empty_torch_home: Path) -> Path:
    """The current folder, with a picture in it. LPIPS's weights are not installed."""
    PIL.Image.fromarray(picture()).save("cat.png")
    return here


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`narrow(40, "ls")` runs a command on a terminal of 40 columns; its lines without what Rich sends."""

    def run(columns: int, *argv: str | Path) -> list[str]:
        monkeypatch.setattr(type(console.out), "size", ConsoleDimensions(columns, 24))
        monkeypatch.setattr(type(console.out), "color_system", "256")
        outcome = riptui(*argv, terminal=True)
        assert outcome.code == 0
        return RICH.sub("", outcome.out).splitlines()

    return run
