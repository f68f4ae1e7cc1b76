"""How much of each small tile of the picture an iteration repainted, where it repaints no squares of one grid."""

from collections.abc import Callable

import numpy as np

from riptui.arrays import Float64
from riptui.region import Region

MIN_TILE_PX = 8
MAX_TILES = 64  # per side

Shares = Float64[np.ndarray, "rows columns"]


class RegionTiles:
    """The shares of one trajectory's iterations. `update` in one thread; the rest in any, up to what it has read."""

    def __init__(self, size: int) -> None:
        self.side = min(MAX_TILES, size // MIN_TILE_PX)
        """Tiles per side."""
        self._px = size // self.side
        self._size = size
        self._shares: list[Shares] = []

    def update(self, newest: int, region_of: Callable[[int], Region]) -> None:
        """Read the regions of the iterations up to `newest` that are not read yet. Raises what `region_of` raises."""
        for k in range(len(self._shares) + 1, newest + 1):
            mask = region_of(k).in_frame(self._size)
            by_tile = mask.reshape(self.side, self._px, self.side, self._px)
            self._shares.append(by_tile.mean(axis=(1, 3)))

    def count(self, k: int) -> Shares:
        """How often each tile was repainted up to frame k, its parts counted as such."""
        return np.sum(self._shares[:k], axis=0) if k else np.zeros((self.side, self.side))

    def current(self, k: int) -> frozenset[tuple[int, int]]:
        """The tiles, by (row, column), at least half of which iteration k repainted, or else the most."""
        if not k:
            return frozenset()
        shares = self._shares[k - 1]
        rows, columns = np.nonzero(shares >= min(0.5, shares.max()))
        return frozenset(zip(rows.tolist(), columns.tolist(), strict=True))

    def covers(self, k: int, x: int, y: int) -> bool:
        """Whether iteration k repainted something in the tile of a pixel."""
        return bool(self._shares[k - 1][y // self._px, x // self._px] > 0)
