"""Packages that are installed and broken are found before a trajectory is made, whatever way they are broken."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from riptui.errors import BrokenExtraError
from riptui.inpainters import InpainterInfo, import_trial
from riptui.inpainters.import_trial import require_importable
from riptui.inpainters.registry import BUILT_IN

WAYS = {
    'raise OSError("libcudart.so.12: cannot open shared object file")': "libcudart.so.12",
    'raise RuntimeError("operator torchvision::nms does not exist")': "nms does not exist",
    "def": "SyntaxError",
    "import os, signal; os.kill(os.getpid(), signal.SIGILL)": "signal 4 ended the import",
    "import os; os._exit(7)": "ended the process",
}


@pytest.fixture
def fragile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module, which other processes find as well."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / "fragile.py"


def info() -> InpainterInfo:
    return replace(BUILT_IN["sd2"], target="fragile:make", distributions=("fragile",))


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_package_is_named_without_being_imported_here(way: str, fragile: Path) -> None:
    fragile.write_text(way)
    with pytest.raises(BrokenExtraError, match=rf"fragile net: .*{WAYS[way]}.*--force-reinstall") as refusal:
        require_importable("fragile net", info())
    assert "\n" not in str(refusal.value)
    assert "fragile" not in sys.modules


def test_a_whole_one_is_tried_once_until_a_package_changes(fragile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fragile.write_text("")
    told: list[str] = []
    require_importable("fragile net", info(), told.append)
    fragile.write_text("def")
    require_importable("fragile net", info(), told.append)
    assert len(told) == 1, "what takes seconds is told, and only then"
    assert told[0].startswith("fragile net: trying to import riptui[diffusion]: some seconds")
    monkeypatch.setattr(import_trial, "_describe_installation", lambda _: "another version")
    with pytest.raises(BrokenExtraError):
        require_importable("fragile net", info())
