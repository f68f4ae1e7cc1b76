"""Computes on a GPU, or on the CPU where the GPU has no memory left, and counts that: its numbers differ in the last
digits. Imports no torch.
"""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from riptui.inpainters.devices.out_of_memory import is_out_of_memory

FittingT = TypeVar("FittingT")

_counts: Counter[str] = Counter()
_said: set[str] = set()


def compute_where_it_fits(
    name: str, device: str, on_device: Callable[[], FittingT], on_cpu: Callable[[], FittingT]
) -> FittingT:
    """What `on_device` returns, or `on_cpu` if the device has no memory left. name: of the metric or the extractor."""
    try:
        return on_device()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    # Outside of the except block: the error, which holds the tensors of the attempt, is freed.
    _counts[f"no memory left on {device} for {name}: computed on the CPU until there is"] += 1
    return on_cpu()


def count_fallbacks() -> Counter[str]:
    """How often this process computed on the CPU for want of memory, by a sentence for the user. A copy."""
    return _counts.copy()


def take_unsaid() -> list[str]:
    """The sentences of `count_fallbacks` that were not taken before: each is taken once in a process."""
    unsaid = [text for text in [*_counts] if text not in _said]  # a copy: another thread may be measuring
    _said.update(unsaid)
    return unsaid
