"""Frames and their nearest pictures as a table: one row for each frame and picture."""

from riptui.corpus.nearest_pictures import NearestFrames
from riptui.export.tables import TableCell
from riptui.text.terminal import printable


def nearest_rows(nearest: NearestFrames) -> list[dict[str, TableCell]]:
    """All rows have the same columns in the same order; the threshold is the same in each row."""
    return [
        {
            "path": printable(str(frame.trajectory.path)),
            "source": printable(frame.spec.source_name),
            "inpainter": frame.spec.inpainter,
            "mask": frame.spec.mask,
            "seed": frame.spec.seed,
            "k": frame.k,
            "inpainted": frame.inpainted,
            "tagged": frame.tagged,
            "novel": frame.novel,
            "threshold": nearest.threshold.similarity,
            "rank": rank,
            "similarity": near.similarity,
            "copy": near.is_copy,
            "nearest": printable(str(near.path)),
        }
        for frame in nearest.frames
        for rank, near in enumerate(frame.pictures, 1)
    ]
