"""The metrics of pixels, by scikit-image and NumPy: SSIM, PSNR, CIEDE2000, colour shift. No weights.

Whatever imports scipy.stats is elsewhere: it would double the start of every run.

Times are for 512x512 pixels on one core of a server.
"""

from collections.abc import Callable

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from riptui.arrays import Float32, Image
from riptui.metrics.pairwise import DistanceMap, PairwiseMetric

Luma = Float32[np.ndarray, "height width"]
Lab = Float32[np.ndarray, "height width 3"]

BT601 = np.array([0.299, 0.587, 0.114], np.float32)
SSIM_WINDOW = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}  # 11 px wide


def luma(image: Image) -> Luma:
    """ITU-R BT.601 luma of the gamma-encoded RGB, 0 to 255, not rounded."""
    weighted: Luma = image @ BT601
    return weighted


def ssim() -> PairwiseMetric[Luma]:
    """Structural similarity (MSSIM), Wang, Bovik, Sheikh & Simoncelli 2004, -1 to 1; 1 for equal pictures.

    As in their equation 13: of the luminance (here BT.601 luma), Gaussian window of 11 px and sigma 1.5, K1 = 0.01,
    K2 = 0.03, L = 255, population covariance; the mean over all pixels around which the window fits into the picture.
    21 ms; on three channels 70 ms. In float32: within 2e-8 of float64, which takes 60 ms.
    """
    return PairwiseMetric(luma, _ssim)


def psnr() -> PairwiseMetric[Image]:
    """Peak signal-to-noise ratio in dB, 0 to infinity: peak 255, mean squared error over all pixels and RGB channels.

    Infinite for equal pictures. 1 ms.
    """
    return PairwiseMetric(_identity, _psnr)


def delta_e() -> PairwiseMetric[Lab]:
    """CIEDE2000 colour difference (kL = kC = kH = 1), from sRGB under D65, mean over the pixels; 0 for equal pictures.

    In float32: within 1e-6 of float64, and 45 ms instead of 84.
    """
    return PairwiseMetric(_lab, _delta_e, distance_map=_delta_e_map)


def lab_l() -> PairwiseMetric[Lab]:
    """Mean L* of the frame minus that of the reference, CIELAB from sRGB under D65: above 0 lighter. 25 ms."""
    return PairwiseMetric(_lab, _mean_difference(0))


def lab_a() -> PairwiseMetric[Lab]:
    """As `lab_l`, of a*: above 0 redder, below 0 greener."""
    return PairwiseMetric(_lab, _mean_difference(1))


def lab_b() -> PairwiseMetric[Lab]:
    """As `lab_l`, of b*: above 0 yellower, below 0 bluer."""
    return PairwiseMetric(_lab, _mean_difference(2))


def _ssim(reference: Luma, frame: Luma) -> float:
    return float(structural_similarity(reference, frame, data_range=255, **SSIM_WINDOW))


def _identity(image: Image) -> Image:
    return image


def _psnr(reference: Image, frame: Image) -> float:
    difference = np.subtract(reference, frame, dtype=np.float32)  # holds these numbers and their squares exactly
    with np.errstate(divide="ignore"):  # equal pictures: no error, an infinite ratio
        return float(10 * np.log10(255**2 / np.mean(difference**2, dtype=np.float64)))


def _lab(image: Image) -> Lab:
    lab: Lab = rgb2lab(image.astype(np.float32) / 255)
    return lab


def _delta_e_map(reference: Lab, frame: Image) -> DistanceMap:
    found: DistanceMap = deltaE_ciede2000(reference, _lab(frame))
    return found


def _delta_e(reference: Lab, frame: Lab) -> float:
    return float(deltaE_ciede2000(reference, frame).mean(dtype=np.float64))


def _mean_difference(channel: int) -> Callable[[Lab, Lab], float]:
    def distance(reference: Lab, frame: Lab) -> float:
        return float((frame[..., channel].astype(np.float64) - reference[..., channel]).mean())

    return distance
