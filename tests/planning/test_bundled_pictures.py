"""The pictures that come with riptui, by their names."""

from pathlib import Path

import numpy as np
import pytest

import riptui as package
from riptui.errors import SourceError
from riptui.planning.bundled_pictures import list_bundled, resolve_bundled
from tests.support.command import riptui


def test_a_name_is_a_file_and_any_other_text_is_a_path() -> None:
    assert resolve_bundled("riptui:tiles") == list_bundled()["riptui:tiles"]
    assert resolve_bundled("tiles.jpg") == Path("tiles.jpg")
    with pytest.raises(SourceError, match="unknown picture riptui:tile"):
        resolve_bundled("riptui:tile")


def test_a_url_is_refused_with_what_to_do(runs: Path) -> None:
    url = "https://example.org/cat.jpg"
    outcome = riptui("run", url, "--runs", str(runs))
    assert outcome.code == SourceError.exit_code
    outcome.require_one_line(f"{url} is a URL", "download it first")
    with pytest.raises(SourceError, match=f"{url} is a URL"):
        package.prepare(url)
    file = runs.parent / "study.toml"
    file.write_text(f'images = "{url}"\n')
    riptui("study", "plan", file).require_one_line(f"{url} is a URL")


def test_a_run_and_python_take_one(runs: Path) -> None:
    done = riptui("run", "riptui:coffee", "--amount", "1", "--size", "256", "--fit", "crop", "--runs", str(runs))
    assert done.code == 0, done.err
    assert (runs / "coffee").is_dir()
    image, spec = package.prepare("riptui:coffee", size=256, fit="crop")
    assert (image.shape, spec.source_name) == ((256, 256, 3), "coffee.jpg")
    assert np.ptp(image) > 0


def test_an_unknown_one_is_one_line(runs: Path) -> None:
    outcome = riptui("run", "riptui:cofee", "--runs", str(runs))
    assert outcome.code == SourceError.exit_code
    outcome.require_one_line("unknown picture riptui:cofee", "riptui:coffee")
