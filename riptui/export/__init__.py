"""Export a trajectory: frames, an animation, the paper's image sequence, tables. Knows no command line and no terminal.

target     what is refused, and files that are written whole or not at all
folder     frames as PNGs in a folder
animation  frames one after another in one file
sequence   a frame every 50 % side by side, as in the paper's figures
tables     the measurements as CSV and Parquet
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
