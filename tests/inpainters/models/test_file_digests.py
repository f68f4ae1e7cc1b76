"""What is said of weights that cannot be read."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from riptui.errors import WeightsError
from riptui.inpainters.models.weights_places import read_weights_file


def fail(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_file_is_named_also_if_it_can_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weights.pt"
    file.write_bytes(b"weights")
    monkeypatch.setattr(hashlib, "file_digest", fail)
    with pytest.raises(WeightsError) as refusal:
        read_weights_file(str(file))
    assert str(refusal.value) == f"{file} cannot be read: Input/output error"
