"""Statistics and findings from measured metrics. Knows no command line and no torch; loads SciPy's parts when needed.

curves      one trajectory's values, and the distribution of many, at each measured point
long_table  all measurements as one tidy table
bootstrap   confidence intervals, by image
fits        two growth laws; strength_law: drift against the strength of image to image
statistics  summary statistics of a group of trajectories; shared_squares: of how many sequences of squares
panel       distances arranged for tests
verdict     the outcome of a test, with Holm's correction
paper_tests one test for each of the paper's seven findings
findings    runs the seven tests on any trajectories; spread_tests: those about spreads
comparison  ranks inpainters

picture_sets       the frames of groups as sets of pictures, by their stored features
set_curves         metrics of sets against the amount, and between two groups; set_intervals: their intervals
set_tables         the same as rows of one table

picture_names  what to call pictures where several are shown

similarity         Vendi score, near pairs and the order of a set, from its matrix of distances
seed_sets          the sets that differ in the seed alone
diversity          how far the seeds of a picture are apart; frame_comparison: by features or a metric;
                   seed_intervals: by leaving seeds out; diversity_rows: as JSON and as a table

rating_questions   what people are asked about frames; rating_answers: what they answered
preferences        top-1 shares, Bradley-Terry strengths; rater_agreement: kappas, metrics against people
rating_summary     all of this, from any trajectories and files of ratings

patch_errors       the errors of repainted squares, from disk; square_measures: from pixels; square_cache: kept
repainted_squares  which squares, or tiles of masks off the grid, each iteration repainted
read_squares       those of many trajectories, and why some have none
exposure           error of each square after each of its repaints, and what of a frame's error is only coverage
recursion_effect   the error by exposure, its slope and the excess over coverage, by picture; direct_effect: what of
                   the slope a repaint does by itself
expected_coverage  what the order of the squares alone makes one expect
exposure_model     predicts the curve of a mask size or an order that was left out
coverage_null      the excess of a measured curve over coverage
intervention_effects  what interventions change, in pairs with the same without
order_differences  orders of squares, compared by picture
recursion_analysis all of this, from any trajectories

strength_law       drift against the strength of image to image, with its exponent

frame_traits       detail, seams, structure and colour spread of a frame
end_looks          the ends of trajectories by these, and whether they settled; collapse_thresholds: from what on
collapse_summary   how often each end occurs, with intervals; collapse_table: every trajectory as a row
end_states         whether different pictures end alike; coupling: whether they grow alike under the same squares
pair_distances     distances between pairs of pictures, with intervals by picture
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.results import findings as findings
    from riptui.results import frame_traits as frame_traits
    from riptui.results import read_squares as read_squares
    from riptui.results import recursion_analysis as recursion_analysis
    from riptui.results import square_measures as square_measures

__getattr__ = lazy_modules(__name__)
