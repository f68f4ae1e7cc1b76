"""Processes of the whole picture whose outcome is known, to hold learned ones against: a codec, a smaller copy, a blur.

Each rounds to 8 bits once, at its end.
"""

from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import PIL.features
import PIL.Image
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from riptui.arrays import Image, Images, Masks
from riptui.inpainters import Inpainter, OnStep


class WholeImageProcess:
    """Passes each picture through a function, whatever the masks and seeds."""

    def __init__(self, process: Callable[[Image], Image], notes: dict[str, str] | None = None) -> None:
        self._process = process
        self.notes = notes or {}

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.stack([self._process(image) for image in images])


def jpeg(quality: int, subsampling: str) -> Inpainter:
    """Encode as baseline JPEG by Pillow and decode. quality: 1-100. subsampling of the chroma: 4:4:4, 4:2:2, 4:2:0."""

    def process(image: Image) -> Image:
        file = BytesIO()
        PIL.Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=subsampling)
        return np.array(PIL.Image.open(file))

    return WholeImageProcess(process, {"libjpeg": f"{PIL.features.version('jpg')}"})


def resample(factor: float, filter: str) -> Inpainter:
    """Make each side `factor` times smaller, and as large as before again, in floating point.

    filter: Pillow's box, bilinear, bicubic or lanczos.

    Pillow's filters widen where a picture becomes smaller, so that nothing aliases; "box" then gives means of blocks.
    """

    method = PIL.Image.Resampling[filter.upper()]

    def resize(channel: NDArray[np.float32], side: int) -> NDArray[np.float32]:
        return np.asarray(PIL.Image.fromarray(channel).resize((side, side), method))

    def process(image: Image) -> Image:
        side = len(image)
        small = max(1, round(side / factor))
        channels = [resize(resize(image[..., c].astype(np.float32), small), side) for c in range(3)]
        return _to_levels(np.stack(channels, axis=-1))

    return WholeImageProcess(process)


def blur(sigma: float) -> Inpainter:
    """Blur by a Gaussian of standard deviation `sigma` px, the picture mirrored at its edges.

    By the cosine transform, in which it is a factor exp(-(sigma w)^2 / 2) at w radians per pixel: exact at any sigma,
    and n passes are one of sigma sqrt(n), but for the rounding.
    """

    def process(image: Image) -> Image:
        axes = [np.exp(-((sigma * np.pi * np.arange(side) / side) ** 2) / 2) for side in image.shape[:2]]
        passed = dctn(image.astype(np.float64), axes=(0, 1), norm="ortho") * np.multiply.outer(*axes)[..., None]
        return _to_levels(idctn(passed, axes=(0, 1), norm="ortho"))

    return WholeImageProcess(process)


def _to_levels(values: NDArray[np.floating]) -> Image:
    levels: Image = np.rint(values).clip(0, 255).astype(np.uint8)
    return levels
