"""The calling convention of all feature extractors. Imports no array package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # NumPy and Pillow take time that listing the names does without
    from PIL.Image import Image as PilImage

    from riptui.arrays import FeatureVectors


class FeatureExtractor(Protocol):
    """Turns pictures into vectors that can be compared. A vector depends on its own picture only."""

    @property
    def name(self) -> str:
        """The name as it was asked for: NAME or NAME:MODEL."""
        ...

    @property
    def identity(self) -> str:
        """What decides the vectors, e.g. the SHA-256 of the weights. Vectors of unlike identities are not compared."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        """A row per picture, float32 [pictures, dimension]. Pictures may have any size and mode.

        Raises DeviceMemoryError, but not the extractors of riptui: they go on on the CPU.
        """
        ...
