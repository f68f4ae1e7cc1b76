"""The bins of a spectrum. Imports nothing but NumPy, so that the app can show spectra without SciPy."""

import numpy as np

from riptui.arrays import Float64

BINS = 64
MAX_CYCLES = 0.5  # cycles per pixel: the highest frequency that a picture has in all directions

LogAmplitudes = Float64[np.ndarray, "bins"]
"""A natural logarithm of an amplitude, or a difference of two, for each bin."""

FREQUENCIES: LogAmplitudes = (np.arange(BINS) + 0.5) * MAX_CYCLES / BINS
"""The middle of each bin, in cycles per pixel."""
