"""A study of two pictures, and what comes of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from riptui.study.study_file import Study
from riptui.study.submission import SkippedPicture, Submission, SubmittedPicture
from tests.support.trajectories import picture

SWEEP = """
[sweep]
inpainter = "noise"
mask = [64, 128]
seed = "0-1"
amount = 100
size = 256
"""

Written = Callable[..., Path]


def save(path: Path, shade: int = 0, side: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(side) ^ np.uint8(shade)).save(path)
    return path


def submitted(study: Study, metrics: tuple[str, ...] = ()) -> list[SubmittedPicture | SkippedPicture]:
    return [*Submission(study, metrics)]


def counts(study: Study) -> list[tuple[int, int]]:
    return [(one.made, one.found) for one in submitted(study) if isinstance(one, SubmittedPicture)]


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
