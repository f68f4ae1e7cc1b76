"""A film of frames: MP4 with H.264, which slides, browsers and phones play. Needs the extra [video]."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from riptui.export.animation import frame_durations, number_frames, require_duration
from riptui.export.files import OnExportProgress, ignore_progress, require_file, write_atomically
from riptui.extras import importing
from riptui.store.frames import read_frames
from riptui.store.trajectory import Trajectory

SUFFIXES = [".mp4"]
X264_OPTIONS = {"crf": "16", "preset": "medium", "threads": "1"}
"""Visually lossless; with one thread the same frames give the same bytes."""
CONTAINER_OPTIONS = {"fflags": "+bitexact"}
"""No date."""
BT709 = 1
"""The number, in H.264, of the colours that players assume and that RGB is converted to here."""


def require_video() -> Any:
    """PyAV. Raises MissingExtraError or BrokenExtraError if no film can be written."""
    with importing("export to MP4", "video"):
        import av
    return av


def write_video(
    trajectory: Trajectory,
    file: Path,
    iterations: Iterable[int] | None = None,
    *,
    milliseconds: int = 100,
    overwrite: bool = False,
    on_progress: OnExportProgress = ignore_progress,
) -> Path:
    """Write a film of the original and the frames after `iterations` (about 64 if None) as .mp4; return the file.

    Each frame is shown for a number of milliseconds, 20 to 10,000; the first and the last for longer, in whole
    multiples of it. Colours have half the resolution, as in most films. The same frames give the same bytes.

    Raises InputError: a bad suffix, duration or target, or a frame that is not computed yet; MissingExtraError,
    BrokenExtraError, DiskError, DamagedError.
    """
    require_file(file, SUFFIXES, overwrite=overwrite)
    require_duration(milliseconds)
    av = require_video()
    numbers = number_frames(trajectory, iterations)
    repeats = [round(shown / milliseconds) for shown in frame_durations(len(numbers), milliseconds)]
    out = BytesIO()
    with av.open(out, "w", format="mp4", options=CONTAINER_OPTIONS) as container:
        stream = container.add_stream("libx264", rate=Fraction(1000, milliseconds), options=X264_OPTIONS)
        stream.width = stream.height = trajectory.spec.size
        stream.pix_fmt = "yuv420p"
        codec = stream.codec_context
        codec.color_primaries = codec.color_trc = codec.colorspace = BT709
        for done, ((_, image), count) in enumerate(
            zip(read_frames(trajectory, numbers), repeats, strict=True), start=1
        ):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            converted = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            for _ in range(count):
                converted.pts = None  # the next one
                container.mux(stream.encode(converted))
            on_progress(done, len(numbers))
        container.mux(stream.encode())
    write_atomically(file, out.getvalue())
    return file
