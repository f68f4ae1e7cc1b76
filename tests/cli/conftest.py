"""The current folder of the commands."""

from pathlib import Path

import PIL.Image
import pytest

from tests.support.trajectories import picture


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_torch_home: Path) -> Path:
    """The current folder, with a picture in it. LPIPS is not at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    PIL.Image.fromarray(picture()).save("cat.png")
    return tmp_path
