"""Export a trajectory: frames, an animation, the paper's image sequence, tables. Knows no command line and no terminal.

target     what is refused, and files that are written whole or not at all
folder     frames as PNGs in a folder
animation  frames one after another in one file
sequence   a frame every 50 % side by side, as in the paper's figures
tables     the measurements as CSV and Parquet
"""

from riptui.export.animation import about, gif
from riptui.export.folder import frames_to
from riptui.export.sequence import strip
from riptui.export.tables import csv, parquet, rows_of
from riptui.export.target import OnProgress

__all__ = ["OnProgress", "about", "csv", "frames_to", "gif", "parquet", "rows_of", "strip"]
