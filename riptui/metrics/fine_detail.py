"""How much fine detail a frame has: high frequencies, edges, bytes as JPEG. No reference; recursion tends to lose it.

Times are for 512x512 pixels on one core of a server.
"""

from io import BytesIO

import cv2
import numpy as np
import PIL.Image
from scipy.fft import dctn

from riptui.arrays import Image
from riptui.metrics.pixels import luma
from riptui.metrics.single_frame import SingleFrameMetric

HIGH_CYCLES = 0.25  # cycles per pixel: half of the highest frequency along an axis
CANNY_THRESHOLDS = 100, 200  # of |Gx| + |Gy|, Sobel's unnormalised 3x3: to continue an edge, and to start one
JPEG_QUALITY = 90


def high_frequencies() -> SingleFrameMetric:
    """Share of the luma's energy, its mean left out, above 0.25 cycles per pixel, in %; 0 for a picture of one colour.

    By the cosine transform (DCT-II), which continues a picture mirrored at its edges: Fourier's would count the step
    from one edge to the opposite one. White noise has 100 (1 - pi/16) = 80.4 %, the four photographs that come with
    riptui 0.2 to 2.9 %. 10 ms.
    """
    return SingleFrameMetric(_high_frequencies)


def edge_density() -> SingleFrameMetric:
    """Share of the pixels on an edge, in %: Canny 1986 by OpenCV, on the rounded luma, thresholds 100 and 200. 2 ms."""
    return SingleFrameMetric(_edge_density)


def jpeg_bytes() -> SingleFrameMetric:
    """Bytes of the frame as JPEG, by Pillow: quality 90, baseline, colour at full resolution. 5 ms.

    Other versions of libjpeg may give a few bytes more or less.
    """
    return SingleFrameMetric(_jpeg_bytes)


def _high_frequencies(image: Image) -> float:
    energy = np.square(dctn(luma(image).astype(np.float64), norm="ortho"))
    energy[0, 0] = 0  # the mean
    vertical, horizontal = (np.arange(side) / (2 * side) for side in energy.shape)
    is_high = np.hypot(vertical[:, None], horizontal[None, :]) > HIGH_CYCLES
    total = energy.sum()
    is_flat = total < 1e-9 * energy.size  # what rounding leaves of a picture of one colour
    return 0.0 if is_flat else float(100 * energy[is_high].sum() / total)


def _edge_density(image: Image) -> float:
    edges = cv2.Canny(np.rint(luma(image)).astype(np.uint8), *CANNY_THRESHOLDS)
    return float(100 * np.count_nonzero(edges) / edges.size)


def _jpeg_bytes(image: Image) -> float:
    out = BytesIO()
    PIL.Image.fromarray(image).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return float(out.tell())
