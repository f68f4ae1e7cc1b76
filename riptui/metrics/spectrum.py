"""What frequencies a frame has lost or gained against the original: relative log amplitude over the frequency."""

import numpy as np
from scipy.fft import dctn

from riptui.arrays import Image
from riptui.metrics.fine_detail import HIGH_CYCLES
from riptui.metrics.frequency_bins import BINS, FREQUENCIES, MAX_CYCLES, LogAmplitudes
from riptui.metrics.pairwise import PairwiseMetric
from riptui.metrics.pixels import luma

MIN_POWER = 1e-3  # of a coefficient, levels²: what rounding to 8 bits leaves of the luma is 0.04


def spectrum() -> PairwiseMetric[LogAmplitudes]:
    """Natural logarithm of the luma's amplitude less that of the reference: its mean above 0.25 cycles per pixel.

    0: nothing lost; -0.69: half the amplitude left. Its profile has the difference in 64 bins up to 0.5 cycles per
    pixel (FREQUENCIES). The amplitude of a bin is the root of the mean of |F|² over all directions, F by the cosine
    transform (DCT-II), in which a picture goes on mirrored: Fourier's would count the step from one edge to the other.
    A Gaussian blur of sigma px gives -(2 pi f sigma)²/2; white noise is flat. 15 ms.
    """
    return PairwiseMetric(
        log_amplitudes,
        lambda reference, frame: float((frame - reference)[FREQUENCIES > HIGH_CYCLES].mean()),
        profile=lambda reference, frame: log_amplitudes(frame) - reference,
    )


def log_amplitudes(image: Image) -> LogAmplitudes:
    """Half the logarithm of the mean power of the luma in each bin, its mean colour left out."""
    power = np.square(dctn(luma(image).astype(np.float64), norm="ortho"))
    vertical, horizontal = (np.arange(side) / (2 * side) for side in power.shape)
    bins = (np.hypot(vertical[:, None], horizontal[None, :]) * BINS / MAX_CYCLES).astype(np.intp)
    bins[0, 0] = BINS  # the mean: in none of them
    bins = np.minimum(bins, BINS)
    counts = np.bincount(bins.ravel(), minlength=BINS + 1)[:BINS]
    sums = np.bincount(bins.ravel(), power.ravel(), minlength=BINS + 1)[:BINS]
    found: LogAmplitudes = np.log(np.maximum(sums / counts, MIN_POWER)) / 2
    return found
