"""A frame as a PNG with its parameters inside."""

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui import export
from riptui.errors import InputError
from riptui.spec import decode_spec
from riptui.store.frames import read_frame
from tests.support.exported import Computed, names, pixels


def test_the_frame_is_unchanged_and_says_where_it_is_from(computed: Computed, out: Path) -> None:
    trajectory = computed(until=3)
    file = export.write_frame_png(trajectory, out / "a.png", 2)
    assert np.array_equal(pixels(file), read_frame(trajectory, 2))
    with PIL.Image.open(file) as picture:
        texts = picture.text
    told = json.loads(texts["riptui"])
    assert decode_spec(json.dumps(told["spec"]).encode()) == trajectory.spec
    assert (told["k"], told["inpainted"], told["sha256"]) == (2, 12.5, trajectory.read_rows()[1].sha256)
    assert "frame 2 of" in texts["Description"]


def test_a_frame_that_is_not_computed_is_refused(computed: Computed, out: Path) -> None:
    with pytest.raises(InputError, match="frames 0 to 1, not 2"):
        export.write_frame_png(computed(until=1), out / "a.png", 2)
    assert names(out) == []
