"""The paper's figures (Conde et al. 2024) from one's own trajectories, and the report that holds them.

Numbers are those of the paper's figures. Knows no command line; matplotlib is imported by what draws.

report     `write_report()`: trajectories to a folder with figures, their data and report.md
material   what there is to draw: trajectories by condition, image and mask size, with their values
sequences  1, 4, 5, 6 and 10 to 12: pictures
averages   7: all images together; scatter: 8; panels: what these share
singles    9 and 13: single images, and single images with several seeds
reference  curves of others, from a CSV
drawing    what a figure is, and what a missing one is
style      how all of them look, and how they are written
document   report.md
folder     a report's folder, written whole or not at all
"""

from importlib.util import find_spec

from riptui.errors import MissingExtraError

if find_spec("matplotlib") is None:
    raise MissingExtraError("a report", "matplotlib", "report")
