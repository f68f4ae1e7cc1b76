"""How many trajectories may share a batch: as many as requested, or as fit into the device's free memory."""

from riptui.errors import DeviceMemoryError
from riptui.inpainters import LoadedInpainter


class BatchLimit:
    """requested: None for as many as fit. On a CPU that is one: it gains nothing by more."""

    def __init__(self, requested: int | None) -> None:
        self._requested = requested
        self._fitting: int | None = None
        """Determined once per batch, when its inpainter is loaded."""
        self._lowered: int | None = None
        """The batch size at which the device's memory was sufficient, after it was not."""

    @property
    def is_fixed(self) -> bool:
        """Whether a batch has this size even if fewer trajectories are waiting."""
        return self._requested is not None

    def find(self, inpaint: LoadedInpainter, size: int) -> int:
        """The most trajectories of a frame size that the batch can have."""
        if self._fitting is None:
            self._fitting = self._requested or _find_max_batch(inpaint, size)
        return min(self._fitting, self._lowered or self._fitting)

    def start_batch(self) -> None:
        """Determine again how many fit: the free memory may have changed."""
        self._fitting = None

    def lower(self, batch_size: int) -> None:
        """The memory was not sufficient: allow no more than this many, until `reset`."""
        self._lowered = batch_size

    def reset(self) -> None:
        """Another inpainter or frame size is next."""
        self._lowered = None


def _find_max_batch(inpaint: LoadedInpainter, size: int) -> int:
    if inpaint.device.startswith("cpu"):
        return 1
    try:
        return max(1, inpaint.max_batch(size) or 1)
    except DeviceMemoryError:
        return 1  # its iteration will fail as well, and the trajectory with it
