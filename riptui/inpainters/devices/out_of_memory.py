"""Whether a device ran out of memory: torch, cuDNN and cuBLAS each word it in their own way. Imports no torch."""

import re

OUT_OF_MEMORY = re.compile(r"out[ _]?of[ _]?memory|ALLOC(ATION)?_FAILED|can't allocate memory", re.IGNORECASE)
"""torch's error by its type or text, the status of cuBLAS and of cuDNN (since 9.0 ..._DEVICE_ALLOCATION_FAILED), and
torch's text on a CPU."""


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch, cuDNN or cuBLAS ran out of memory."""
    return bool(OUT_OF_MEMORY.search(f"{type(error).__name__}: {error}"))
