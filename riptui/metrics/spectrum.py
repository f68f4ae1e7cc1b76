"""Which frequencies a frame has lost or gained relative to the original: log amplitude by frequency."""

import numpy as np
from scipy.fft import dctn

from riptui.arrays import Image
from riptui.metrics.fine_detail import HIGH_CYCLES
from riptui.metrics.frequency_bins import BINS, FREQUENCIES, MAX_CYCLES, LogAmplitudes
from riptui.metrics.pairwise import PairwiseMetric
from riptui.metrics.pixels import luma

MIN_POWER = 1e-3  # of a coefficient, in squared levels of 255; the noise of rounding RGB to 8 bits has 0.04


def spectrum() -> PairwiseMetric[LogAmplitudes]:
    """Natural log of the luma's amplitude minus the reference's, mean over the bins from 0.25 to 0.5 cycles per pixel.

    0: nothing lost; -0.69: half of the amplitude left. The profile has the difference in 64 bins up to 0.5 cycles per
    pixel (FREQUENCIES). A bin's amplitude is the root of the mean of |F|² over all directions. F is the cosine
    transform (DCT-II), which continues a picture mirrored: Fourier's would count the step between opposite edges.
    A Gaussian blur of sigma px gives -(2 pi f sigma)²/2 at frequency f. 15 ms.
    """
    return PairwiseMetric(
        log_amplitudes,
        lambda reference, frame: float((frame - reference)[FREQUENCIES > HIGH_CYCLES].mean()),
        profile=lambda reference, frame: log_amplitudes(frame) - reference,
    )


def log_amplitudes(image: Image) -> LogAmplitudes:
    """The log amplitude in each bin: half the natural logarithm of the luma's mean power, its mean left out."""
    power = np.square(dctn(luma(image).astype(np.float64), norm="ortho"))
    vertical, horizontal = (np.arange(side) / (2 * side) for side in power.shape)
    bins = (np.hypot(vertical[:, None], horizontal[None, :]) * BINS / MAX_CYCLES).astype(np.intp)
    bins[0, 0] = BINS  # the mean: in none of them
    bins = np.minimum(bins, BINS)
    counts = np.bincount(bins.ravel(), minlength=BINS + 1)[:BINS]
    sums = np.bincount(bins.ravel(), power.ravel(), minlength=BINS + 1)[:BINS]
    found: LogAmplitudes = np.log(np.maximum(sums / counts, MIN_POWER)) / 2
    return found
