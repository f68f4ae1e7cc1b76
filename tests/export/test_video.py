"""Films: the frames for their times, the same bytes every time."""

from pathlib import Path

import numpy as np
import pytest

from riptui import export
from riptui.errors import InputError
from riptui.store.frames import read_frame
from tests.support.exported import Computed, names

av = pytest.importorskip("av", reason="needs riptui[video]")


def test_a_film_shows_the_frames_for_their_times_in_their_colours(computed: Computed, out: Path) -> None:
    trajectory = computed(until=3, inpainter="noise")
    file = export.write_video(trajectory, out / "a.mp4", [2, 3], milliseconds=400)
    with av.open(str(file)) as container:
        [stream] = container.streams
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", 2.5)
        assert (stream.codec_context.colorspace, stream.codec_context.color_primaries) == (1, 1)
    assert len(images) == 2 + 1 + 5  # 800, 400 and 2000 ms
    for image, k in ((images[0], 0), (images[2], 2), (images[-1], 3)):
        blurred = [
            np.asarray(one, float).reshape(32, 8, 32, 8, 3).mean((1, 3)) for one in (image, read_frame(trajectory, k))
        ]
        assert np.abs(blurred[0] - blurred[1]).mean() < 1.5, k


@pytest.mark.slow
def test_the_same_frames_give_the_same_bytes(computed: Computed, out: Path) -> None:
    trajectory = computed(until=2)
    first, second = (export.write_video(trajectory, out / name).read_bytes() for name in ("a.mp4", "b.mp4"))
    assert first == second


def test_a_duration_out_of_range_is_refused(computed: Computed, out: Path) -> None:
    with pytest.raises(InputError, match="5 ms per frame"):
        export.write_video(computed(until=1), out / "a.mp4", milliseconds=5)
    assert names(out) == []
