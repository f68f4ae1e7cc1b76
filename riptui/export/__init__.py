"""Export a trajectory: frames, an animation, the paper's image sequence, tables. Knows no command line and no terminal.

files       checks of targets, and atomic writing
png_frames  frames as PNGs in a folder
animation   frames as GIF, WebP or animated PNG; video: as MP4
frame_png   one frame as a PNG with its parameters inside
strip       one frame every 50 % side by side, as in the paper's figures
tables      the measurements as CSV and Parquet
"""

from riptui.lazy_modules import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.export.animation import write_animation
    from riptui.export.files import OnExportProgress
    from riptui.export.frame_png import write_frame_png
    from riptui.export.png_frames import write_frames
    from riptui.export.strip import write_strip
    from riptui.export.tables import write_metrics_csv, write_metrics_parquet
    from riptui.export.video import require_video, write_video

__all__ = [
    "OnExportProgress",
    "require_video",
    "write_animation",
    "write_frame_png",
    "write_frames",
    "write_metrics_csv",
    "write_metrics_parquet",
    "write_strip",
    "write_video",
]

__getattr__ = lazy_names(  # results writes tables: pictures would take it 30 ms
    __name__,
    {
        "files": ["OnExportProgress"],
        "video": ["require_video", "write_video"],
        "animation": ["write_animation"],
        "frame_png": ["write_frame_png"],
        "png_frames": ["write_frames"],
        "tables": ["write_metrics_csv", "write_metrics_parquet"],
        "strip": ["write_strip"],
    },
)
