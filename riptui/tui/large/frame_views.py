"""What the large picture shows of frame k: itself, a difference to the original, its squares coloured by a metric."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from riptui.arrays import Float, Image
from riptui.metrics.display import metric_title
from riptui.region import Region
from riptui.tui.trajectory.difference import colour_levels, difference, enclose, heat_map, signed_difference
from riptui.tui.trajectory.loader import FrameImage, TrajectoryLoader, TrajectorySnapshot
from riptui.tui.trajectory.square_distances import SquareDistances, find_distances, stored_metrics

GAINS = (1, 2, 4, 8)
FRAME, DIFFERENCE, SIGNED, HEAT = "", "difference", "signed difference", "heat map"
MAP_SHARE = 0.6  # of the colour over a square; the rest is the frame in grey


@dataclass(frozen=True)
class FrameView:
    """How a frame is shown. `kind`: one of those above, or a metric whose values of squares are stored."""

    kind: str = FRAME
    gain: int = 4
    outlined: bool = False
    """Whether what its iteration repainted is outlined."""
    line_pixels: int = 1
    """Pixels of the frame, at least, that a line must be wide to be seen on the screen."""
    map: str = ""
    """A metric: its distance at each pixel, over the frame in grey, in the place of the kind."""
    map_gain: int = 1

    def after(self, kinds: Sequence[str]) -> "FrameView":
        """The next of the kinds; after a map the first one that is not the frame."""
        index = kinds.index(self.kind) if self.kind in kinds else 0
        return replace(self, kind=kinds[(index + 1) % len(kinds)], map="")

    def amplified(self, direction: int) -> "FrameView":
        """With more (1) or less (-1) gain, of the map or of differences."""
        gain = self.map_gain if self.map else self.gain
        gain = GAINS[min(max(0, GAINS.index(gain) + direction), len(GAINS) - 1)]
        return replace(self, map_gain=gain) if self.map else replace(self, gain=gain)

    @property
    def label(self) -> str:
        match self.kind:
            case "difference" | "signed difference":
                return f"{self.kind} ×{self.gain}"
            case "" | "heat map":
                return self.kind
            case metric:
                return f"{metric_title(metric)} of squares"


class LargeFrame(NamedTuple):
    """Frame k as it was loaded: in the view, and the original to blink with."""

    view: FrameView
    frame: FrameImage
    original: FrameImage
    shown: Image | None


def view_kinds(snapshot: TrajectorySnapshot) -> list[str]:
    """The kinds of views of a trajectory, in the order of the key."""
    return [FRAME, DIFFERENCE, SIGNED, HEAT, *stored_metrics(snapshot.squares)]


def load_large_frame(loader: TrajectoryLoader, snapshot: TrajectorySnapshot, k: int, view: FrameView) -> LargeFrame:
    """Load frame k and what the view shows of it. For the reader's thread."""
    original, frame = loader.load_image(0), loader.load_image(k)
    if frame.image is None or original.image is None:
        return LargeFrame(view, frame, original, None)
    if view.map:  # it is measured elsewhere
        shown = frame.image
    else:
        distances = find_distances(snapshot.squares, view.kind, snapshot.spec, k) if snapshot.spec else None
        shown = _apply(view.kind, view.gain, frame.image, original.image, distances)
    if view.outlined and k:
        shown = draw_outline(shown, loader.region(k), view.line_pixels)
    return LargeFrame(view, frame, original, shown)


def _apply(kind: str, gain: int, frame: Image, original: Image, distances: SquareDistances | None) -> Image:
    match kind:
        case "difference":
            return difference(frame, original, gain)
        case "signed difference":
            return signed_difference(frame, original, gain)
        case "heat map":
            return heat_map(frame, original)
    return colour_squares(frame, distances) if distances else frame


def colour_squares(frame: Image, distances: SquareDistances) -> Image:
    """The frame in grey, its squares coloured by their distances, from 0 to the greatest of all frames."""
    scale = np.array([[value / (distances.greatest or 1) for value in row] for row in distances.values])
    pixels = frame.shape[0] // len(distances.values)
    return blend_heat(frame, scale.repeat(pixels, axis=0).repeat(pixels, axis=1))


def blend_heat(frame: Image, scale: Float[np.ndarray, "height width"]) -> Image:
    """The frame in grey below the colours of a scale from 0 to 1; beyond it they are the last one."""
    colours = colour_levels((scale.clip(0, 1) * 255).astype(np.uint8)).astype(np.float32)
    grey = frame.mean(axis=-1, keepdims=True, dtype=np.float32)
    coloured: Image = (MAP_SHARE * colours + (1 - MAP_SHARE) * grey).astype(np.uint8)
    return coloured


def draw_outline(image: Image, region: Region, min_width: int = 1) -> Image:
    """The image with a white line in a black one around a region, outside of it where there is room."""
    return enclose(image, region, max(min_width, len(image) // 256), background=image)
