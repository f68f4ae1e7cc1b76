"""Export a trajectory: frames, an animation, the paper's image sequence, tables. Knows no command line and no terminal.

files       checks of targets, and atomic writing
png_frames  frames as PNGs in a folder
animation   frames as GIF, WebP or animated PNG
strip       one frame every 50 % side by side, as in the paper's figures
tables      the measurements as CSV and Parquet
"""

from riptui.export.animation import write_animation
from riptui.export.files import OnExportProgress
from riptui.export.png_frames import write_frames
from riptui.export.strip import write_strip
from riptui.export.tables import write_metrics_csv, write_metrics_parquet

__all__ = [
    "OnExportProgress",
    "write_animation",
    "write_frames",
    "write_metrics_csv",
    "write_metrics_parquet",
    "write_strip",
]
