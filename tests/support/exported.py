"""Exported files as tests read and write them."""

from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image

from riptui import export
from riptui.store.trajectory import Trajectory

Computed = Callable[..., Trajectory]
Usage = namedtuple("Usage", "total used free")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pixels(path: Path, number: int = 0) -> np.ndarray:
    with PIL.Image.open(path) as opened:
        opened.seek(number)
        return np.asarray(opened.convert("RGB"))


def writers(trajectory: Trajectory) -> dict[str, Callable[..., Path]]:
    return {
        "a.gif": lambda file, **options: export.write_animation(trajectory, file, **options),
        "a.webp": lambda file, **options: export.write_animation(trajectory, file, **options),
        "a.png": lambda file, **options: export.write_animation(trajectory, file, **options),
        "a.mp4": lambda file, **options: export.write_video(trajectory, file, **options),
        "frame.png": lambda file, **options: export.write_frame_png(trajectory, file, 1, **options),
        "strip.png": lambda file, **options: export.write_strip(trajectory, file, **options),
        "a.csv": lambda file, **options: export.write_metrics_csv(trajectory, file, **options),
        "a.parquet": lambda file, **options: export.write_metrics_parquet(trajectory, file, **options),
    }
