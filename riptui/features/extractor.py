"""The convention by which every extractor of features is called. Imports no array package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # NumPy and Pillow take time that listing the names does without
    from PIL.Image import Image as PilImage

    from riptui.arrays import FeatureVectors


class FeatureExtractor(Protocol):
    """Turns pictures into vectors that can be compared. A picture's vector depends on no other picture."""

    @property
    def name(self) -> str:
        """As it was asked for, a model included."""
        ...

    @property
    def identity(self) -> str:
        """What decides its vectors, e.g. the SHA-256 of its weights: vectors of unlike identities are not compared."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        """A row for each picture, which may be of any size and mode. Raises DeviceMemoryError."""
        ...
