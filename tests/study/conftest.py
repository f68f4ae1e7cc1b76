"""A study file of two pictures."""

from pathlib import Path

import pytest

from tests.support.study_files import SWEEP, Written, save


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """A study file of two pictures, with these lines before [sweep]; and the file."""
    save(tmp_path / "pictures" / "a.png")
    save(tmp_path / "pictures" / "b.png", 1)
    monkeypatch.chdir(tmp_path)  # where ./runs is

    def write(text: str = 'images = ["pictures"]\nmetrics = []', sweep: str = SWEEP) -> Path:
        file = tmp_path / "small.toml"
        file.write_text(f"{text}\n{sweep}")
        return file

    return write
