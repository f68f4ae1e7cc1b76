"""The bins of a spectrum. Imports nothing but NumPy, for those who show what was measured."""

import numpy as np

from riptui.arrays import Float64

BINS = 64
MAX_CYCLES = 0.5  # cycles per pixel: the highest frequency that a picture has in all directions

LogAmplitudes = Float64[np.ndarray, "bins"]

FREQUENCIES: LogAmplitudes = (np.arange(BINS) + 0.5) * MAX_CYCLES / BINS
"""The middle of each bin, in cycles per pixel."""
