"""An installed package with plug-ins, made in a folder: what pip would leave there."""

from collections.abc import Mapping
from pathlib import Path

MODULE = """
import numpy as np
from riptui.inpainters import InpainterInfo
from riptui.metrics import MetricInfo

INFO = InpainterInfo("mean_colour:mean_colour", "Fills the square with the mean colour.", {"gain": 1.0})
RED = MetricInfo("mean_colour:red_shift", "Mean difference of red.", range=(0, 255), higher_means="farther")


def mean_colour(gain):
    def inpaint(images, masks, *, seeds, on_step):
        means = gain * images.mean(axis=(1, 2), keepdims=True)
        return np.where(masks[..., None], np.clip(means, 0, 255).astype(np.uint8), images)

    return inpaint


class RedShift:
    def prepare(self, reference):
        return reference[..., 0].astype(float)

    def measure(self, prepared, frames):
        return abs(frames[..., 0] - prepared).mean(axis=(1, 2))


red_shift = RedShift
"""
"""A module with an inpainter and a metric."""


def install_distribution(
    folder: Path,
    entry_points: Mapping[str, Mapping[str, str]],
    modules: Mapping[str, str],
    *,
    name: str = "mean-colour-plugin",
) -> Path:
    """Write modules and a *.dist-info as pip does. Returns the folder, for sys.path or PYTHONPATH."""
    info = folder / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    lines = [
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()) for group, points in entry_points.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    return folder
