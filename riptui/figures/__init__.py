"""The paper's figures (Conde et al. 2024), drawn from the user's trajectories, and the report that contains them.

Figures have the numbers of the paper's. Knows no command line; only the modules that draw import matplotlib.

report         `write_report()`: trajectories to a folder with figures, their data, report.md and report.html
data           the trajectories by condition, image and mask size, with their values; report_data loads them
sequences      figures 1, 2, 4 to 6 and 10 to 12: pictures; sheet: rows of pictures with labels
averages       figure 7: mean over all images; scatter: figure 8; panels: code that both share
singles        figures 9 and 13: single images, and single images with several seeds
square_maps    figure S1, which the paper does not have: the distance of each square
spectrum_figure  figure S2: which frequencies are lost
sections       all of what follows, in its order; section: what the report needs of one
side_by_side_section  all conditions in one figure and one table; strength_section: drift against the strength
interventions_section  what each intervention changes
exposure_figure, recursion_section  error by exposure and coverage null, and what the report says about them
sets_section   metrics of sets of pictures
diversity_figure, diversity_section  how far the seeds of a picture are apart
ratings_section  what people said with `riptui rate`
nearest_section  the nearest pictures of a corpus, and the share of novel frames
collapse_section  how trajectories end, by stated thresholds
chart_figure   a chart of the app; sheet draws its gallery
reference      published curves from a CSV
figure         a drawn, a written and a skipped figure
curve_view     the views of a curve: against the inpainted %, against coverage, its excess
style          colours, fonts and axes of all figures, and writing them to files
findings_section  the paper's findings, with the report's overview of them; stability_section: drift, and paired tests
report_text    the text of report.md; markdown: its parts; html: the same as one file, with the pictures inside
report_folder  atomic writing of a report's folder
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.figures import chart_figure as chart_figure
    from riptui.figures import report as report
    from riptui.figures import sheet as sheet
    from riptui.figures import style as style

__getattr__ = lazy_modules(__name__, feature="a figure", extra="report")
