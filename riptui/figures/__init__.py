"""The paper's figures (Conde et al. 2024), drawn from the user's trajectories, and the report that contains them.

Figures have the numbers of the paper's. Knows no command line; only the modules that draw import matplotlib.

report         `write_report()`: trajectories to a folder with figures, their data and report.md
data           the trajectories by condition, image and mask size, with their values
sequences      figures 1, 4, 5, 6 and 10 to 12: pictures
averages       figure 7: mean over all images; scatter: figure 8; panels: code that both share
singles        figures 9 and 13: single images, and single images with several seeds
exposure_figure, recursion_section  error by exposure and coverage null, and what the report says about them
reference      published curves from a CSV
figure         a drawn, a written and a skipped figure
style          colours, fonts and axes of all figures, and writing them to files
markdown       the text of report.md
report_folder  atomic writing of a report's folder
"""

from importlib.util import find_spec

from riptui.errors import MissingExtraError

if find_spec("matplotlib") is None:
    raise MissingExtraError("a report", "matplotlib", "report")
