"""The parts of the trajectory view that need no app: room, colours, comparisons, values, the strip, the map, jobs."""

import threading
from pathlib import Path

import numpy as np
import pytest
from skimage.color import rgb2lab
from textual.content import Content

from riptui.metrics.display import format_value, metric_names, metric_title
from riptui.metrics.values import MetricValues
from riptui.region import Region
from riptui.spec import Box
from riptui.store.records import Failure, IterationRow, Session
from riptui.tui.latest_jobs import LatestJobs, ThreadJob
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.colormap import COLOUR_STOPS, heat_colour
from riptui.tui.trajectory.difference import GAIN, ComparisonMode, difference, heat_map, outline_region
from riptui.tui.trajectory.filmstrip import FilmstripFrame, fit_strip, frames_around
from riptui.tui.trajectory.loader import TrajectorySnapshot
from riptui.tui.trajectory.metric_readout import metric_history as read
from riptui.tui.trajectory.repaint_map import RepaintGrid, count_repaints, draw_grid, repaint_bars, summary_lines
from riptui.tui.trajectory.responsive import GAP_COLUMNS, choose_layout
from riptui.tui.trajectory.square_distances import StoredSquares, find_distances, stored_metrics
from riptui.tui.trajectory.text_tabs import log_text, spec_text
from tests.support.trajectories import make_spec, picture

SPEC = make_spec(picture(), amount=400.0)


def rows_over(*squares: int) -> list[IterationRow]:
    """Rows that repaint squares of SPEC's grid of 4 x 4, by number."""
    return [
        IterationRow(
            k=k,
            box=Box(64 * (square % 4), 64 * (square // 4), 64, 64),
            inpainted=SPEC.inpainted(k),
            coverage=100 * len(set(squares[:k])) / 16,
            patch=(0, 1),
            sha256="0" * 64,
            noise_seed=0,
            seconds=0.1,
            session=1,
        )
        for k, square in enumerate(squares, start=1)
    ]


def plain(lines: list[Content]) -> list[str]:
    return [line.plain for line in lines]


# --- room


@pytest.mark.parametrize("width", [20, 60, 78, 80, 104, 140, 200])
@pytest.mark.parametrize("height", [5, 17, 20, 24, 34, 40, 60])
def test_the_pictures_are_square_and_fit_beside_the_rest(width: int, height: int) -> None:
    room = choose_layout(width, height)
    assert room.width == 2 * room.height
    assert room.pictures * (room.width + GAP_COLUMNS) - GAP_COLUMNS <= width
    if height >= 17:
        pane = height - room.height - room.metric_lines - 4
        assert pane >= (6 if room.fits_both else 0)


def test_a_terminal_of_140_columns_shows_three_pictures_and_one_of_60_two() -> None:
    assert choose_layout(140, 40)[:3] == (3, 44, 22)
    assert choose_layout(60, 20)[:3] == (2, 28, 14)
    assert not choose_layout(60, 20).fits_both


def test_without_pictures_there_is_room_for_their_messages_and_a_pane() -> None:
    assert choose_layout(140, 40, pictures=False) == (3, 45, 2, 1, True)
    assert choose_layout(60, 17, pictures=False) == (2, 29, 2, 1, True)


# --- colours and comparisons


def test_the_heat_scale_gets_evenly_lighter() -> None:
    lightness = rgb2lab(np.array([COLOUR_STOPS]) / 255)[0, :, 0]
    assert np.allclose(np.diff(lightness), (lightness[-1] - lightness[0]) / 7, atol=0.5)
    between = rgb2lab(np.array([[heat_colour(level / 255) for level in range(256)]]) / 255)[0, :, 0]
    assert (np.diff(between) > 0).all()
    assert heat_colour(-1) == COLOUR_STOPS[0]
    assert heat_colour(2) == COLOUR_STOPS[-1]


def test_the_difference_is_amplified_and_never_wraps_around() -> None:
    original = np.zeros((4, 4, 3), np.uint8)
    frame = original.copy()
    frame[0, 0] = (10, 63, 64)
    frame[1, 1] = (255, 0, 1)
    assert difference(frame, original)[0, 0].tolist() == [10 * GAIN, 63 * GAIN, 252]
    assert difference(original, frame)[1, 1].tolist() == [252, 0, GAIN]
    assert tuple(heat_map(frame, original)[1, 1]) == COLOUR_STOPS[-1]
    assert tuple(heat_map(original, frame)[3, 3]) == COLOUR_STOPS[0]


@pytest.mark.parametrize("box", [Box(0, 0, 64, 64), Box(192, 192, 64, 64), Box(64, 128, 64, 64), Box(0, 0, 256, 256)])
def test_the_square_is_outlined_and_itself_as_it_was(box: Box) -> None:
    frame = picture()
    before = frame.copy()
    image = outline_region(frame, Region(box))
    assert np.array_equal(image[box.window], frame[box.window])
    assert np.array_equal(frame, before)
    if box.width < 256:
        assert (image == 255).all(axis=-1).any()


def test_the_comparisons_go_round() -> None:
    found = [ComparisonMode.DIFFERENCE]
    while (following := found[-1].next) not in found:
        found.append(following)
    assert found == list(ComparisonMode)
    assert following is ComparisonMode.DIFFERENCE


# --- values


def test_lpips_comes_first_and_distances_to_the_frame_before_last() -> None:
    names = ["psnr", "my-metric", "lpips-alex@previous", "lpips-squeeze", "ssim", "lpips-vgg", "lpips-alex"]
    metrics: dict[int, MetricValues] = {0: dict.fromkeys(names, 0.0)}
    expected = ["lpips-vgg", "lpips-alex", "lpips-squeeze", "ssim", "psnr", "my-metric", "lpips-alex@previous"]
    assert metric_names(metrics) == expected
    assert metric_title("lpips-vgg") == "LPIPS vgg"
    assert metric_title("\x1b[31m") == "\\x1b[31m"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "∞"), (0.65402, "0.6540"), (9.8765, "9.8765"), (17.126, "17.13"), (-0.5, "-0.5000")]
)
def test_numbers_take_about_six_columns(value: float | None, text: str) -> None:
    assert format_value(value) == text


def test_a_reading_is_of_the_last_measured_frame_and_its_bars_are_parted_there() -> None:
    metrics: dict[int, dict[str, float | None]] = {0: {"psnr": None}, 8: {"psnr": 30.0}, 16: {"psnr": 20.0}, 24: {}}
    psnr = read(metrics, "psnr", 16)
    assert [psnr.reading_at(k).value for k in (0, 7, 8, 15, 16, 99)] == ["∞", "∞", "30.00", "30.00", "20.00", "20.00"]
    assert (psnr.reading_at(8).past, psnr.reading_at(8).future) == (" █", "▁")
    late = read({8: {"ssim": 0.5}}, "ssim", 16)
    assert (late.reading_at(3).value, late.reading_at(3).past, len(late.reading_at(3).future)) == ("", "", 1)


def test_many_values_keep_their_first_and_last_bar() -> None:
    values = read({k: {"ssim": k / 100} for k in range(101)}, "ssim", 8)
    assert len(values.bars) == 8
    assert (values.bar_frames[0], values.bar_frames[-1]) == (0, 100)
    assert list(values.bars) == sorted(values.bars)


def test_metrics_that_share_a_scale_are_drawn_together() -> None:
    metrics: dict[int, MetricValues] = {
        0: dict.fromkeys(["lpips-vgg", "lpips-alex", "lpips-alex@previous", "psnr"], 1.0)
    }
    assert metric_series.same_scale_metrics(metrics, "lpips-alex") == ["lpips-vgg", "lpips-alex"]
    assert metric_series.same_scale_metrics(metrics, "lpips-alex@previous") == ["lpips-alex@previous"]
    assert metric_series.same_scale_metrics(metrics, "psnr") == ["psnr"]
    assert metric_series.same_scale_metrics(metrics, "unknown") == ["lpips-vgg", "lpips-alex"]
    assert metric_series.same_scale_metrics({}, "psnr") == []
    labels = [metric_series.y_label([name]) for name in ("lpips-vgg", "lpips-vgg@previous", "psnr", "my-metric")]
    assert labels == ["LPIPS", "LPIPS to the frame before", "PSNR (dB)", "my-metric"]


def test_a_place_on_the_axis_is_a_frame_and_back() -> None:
    rows = rows_over(3, 3, 5, 5, 9)
    for k in range(6):
        assert (
            metric_series.frame_at(SPEC, rows, 5, metric_series.x_position(SPEC, rows, k, "inpainted"), "inpainted")
            == k
        )
    assert [metric_series.x_position(SPEC, rows, k, "coverage") for k in (0, 1, 2, 5)] == [0, 6.25, 6.25, 18.75]
    assert [metric_series.frame_at(SPEC, rows, 5, x, "coverage") for x in (0, 6.25, 7, 12.5, 99)] == [0, 1, 3, 3, 5]
    assert metric_series.frame_at(SPEC, rows, 5, 9e9, "inpainted") == 5


def test_series_leave_out_what_is_not_there_yet() -> None:
    rows = rows_over(*range(8))
    metrics: dict[int, MetricValues] = {0: {"ssim": 1.0}, 8: {"ssim": 0.9}, 16: {"ssim": 0.1}}
    [line] = metric_series.build_series(TrajectorySnapshot(Path(), SPEC, rows, 8, metrics), ["ssim"], "inpainted")
    assert (line.name, list(line.x), list(line.y)) == ("SSIM", [0.0, 50.0], [1.0, 0.9])


# --- the strip


@pytest.mark.parametrize("count", [1, 2, 9, 21, 400])
@pytest.mark.parametrize(("width", "height"), [(104, 12), (138, 11), (58, 13), (30, 4), (200, 20)])
def test_the_strip_fits_and_shows_all_pictures_unless_they_would_be_too_small(
    count: int, width: int, height: int
) -> None:
    layout = fit_strip(count, width, height)
    assert layout.columns * (layout.width + 2) - 2 <= width
    assert layout.lines * (layout.height + 1) <= height
    assert layout.columns * layout.lines >= count or layout.width <= 8


def test_of_a_strip_that_is_too_long_the_pictures_around_the_frame_are_shown() -> None:
    points = [FilmstripFrame(8 * place, f"{50 * place} %") for place in range(10)]
    assert [[point.k for point in frames_around(points, k, 4)] for k in (0, 40, 79)] == [
        [0, 8, 16, 24],
        [24, 32, 40, 48],
        [48, 56, 64, 72],
    ]
    assert frames_around(points, 3, 20) == points


# --- the map


def test_the_grid_counts_up_to_the_frame_and_its_scale_is_the_whole_trajectorys() -> None:
    rows = rows_over(0, 5, 5, 2, 5)
    shown = count_repaints(SPEC, rows, 3, 5)
    assert shown == RepaintGrid(4, {(0, 0): 1, (1, 1): 2}, frozenset({(1, 1)}), 3)
    assert count_repaints(SPEC, rows, 0, 5) == RepaintGrid(4, {}, frozenset(), 3)
    assert count_repaints(SPEC, [], 0, 0) == RepaintGrid(4, {}, frozenset(), 0)


def test_a_grid_is_drawn_in_squares_with_numbers_or_in_half_blocks() -> None:
    shown = count_repaints(SPEC, rows_over(0, 5, 5), 3, 3)
    assert plain(draw_grid(shown, 60, 4)) == ["1       ", "  2     ", "        ", "        "]
    large = plain(draw_grid(shown, 60, 12))
    assert [len(line) for line in large] == [24] * 12
    assert plain(draw_grid(shown, 60, 3)) == ["▀▀▀▀", "▀▀▀▀"]
    fine = make_spec(picture(512), size=512, mask=1)
    assert len(draw_grid(count_repaints(fine, [], 0, 0), 60, 12)) == 32


STORED: StoredSquares = {
    0: {"delta-e": [[0.0] * 4] * 4},
    8: {"delta-e": [[0.0] * 4, [0.0, 3.0, 0.0, 0.0], [0.0] * 4, [0.0] * 4], "lpips-vgg": [[0.1] * 4] * 4},
    16: {"delta-e": [[0.0] * 4, [0.0, 12.0, 0.0, 0.0], [0.0] * 4, [0.0] * 4]},
}


def test_squares_are_coloured_by_the_last_distances_up_to_the_frame() -> None:
    assert stored_metrics(STORED) == ["lpips-vgg", "delta-e"]
    assert [found.k for k in (0, 7, 8, 15, 16) if (found := find_distances(STORED, "delta-e", SPEC, k))] == [
        0,
        0,
        8,
        8,
        16,
    ]
    assert find_distances(STORED, "lpips-vgg", SPEC, 7) is None
    assert find_distances(STORED, "", SPEC, 16) is None
    assert find_distances({0: {"delta-e": [[1.0]]}}, "delta-e", SPEC, 16) is None, "of another grid"
    distances = find_distances(STORED, "delta-e", SPEC, 9)
    assert distances
    assert distances.shrink(4)[1] == [0, 0.25, 0, 0]
    assert distances.shrink(2) == [[0.0625, 0], [0, 0]]
    assert plain(summary_lines(SPEC, [], 0, distances))[-3:] == ["colour     ΔE", "  at       50 %", "  up to    12"]


def test_a_grid_keeps_its_numbers_whatever_colours_it() -> None:
    shown = count_repaints(SPEC, rows_over(0, 5, 5), 3, 3)
    heated = shown._replace(heat=[[1.0, 0.0, 0.0, 0.5]] * 4)
    assert plain(draw_grid(heated, 60, 4)) == plain(draw_grid(shown, 60, 4))
    colours = [str(span.style) for span in draw_grid(heated, 60, 4)[0].spans]
    assert colours[0] != colours[1] == colours[2] != colours[3]


def test_what_the_grid_adds_up_to_is_told() -> None:
    rows = rows_over(0, 5, 5)
    text = "\n".join(plain(summary_lines(SPEC, rows, 3)))
    assert "coverage   12.5 %" in text
    assert "expected 17.6 %" in text  # 1 - (15/16)^3
    assert "x px     64 to 128" in text
    bars = plain(repaint_bars(count_repaints(SPEC, rows, 3, 3), 30, 12))
    assert [line.split()[0] for line in bars[1:]] == ["0", "1", "2"]
    assert [int(line.split()[-1]) for line in bars[1:]] == [14, 1, 1]
    assert max(map(len, bars)) == 30
    assert plain(repaint_bars(count_repaints(SPEC, rows_over(*[0] * 30), 30, 30), 30, 6))[-1].split()[0] == "4+"


# --- text


def test_the_spec_and_who_computed_it_are_told_and_harmless() -> None:
    session = Session(1, "2026-01-01T00:00:00Z", "box\x1b[2J", 5, "cpu", 1, {"riptui": "1"}, {"weights": "abc"})
    text = spec_text(SPEC, [session]).plain
    assert "\x1b" not in text
    for words in (
        SPEC.digest,
        "mask             64 px",
        "session 1",
        "box\\x1b[2J",
        "weights",
        "bands            0, 0, 0",
    ):
        assert words in text


def test_the_log_begins_with_what_failed() -> None:
    failure = Failure("2026-01-01", 7, "it [bold]broke[/]\x07", "")
    text = log_text("one\ttab\n\x1b]52;c;x\x07\n", failure, "f9").plain
    assert text.splitlines()[0] == "✗ iteration 7 failed: it [bold]broke[/]\\x07"
    assert "press f9 to retry" in text
    assert text.endswith("one     tab\n\\x1b]52;c;x\\x07")
    assert log_text("", None, "R").plain == "the log is empty"


# --- jobs


def in_thread(job: ThreadJob) -> None:
    threading.Thread(target=job).start()


def test_of_the_jobs_that_wait_only_the_newest_of_a_kind_is_run() -> None:
    latest = LatestJobs(in_thread)
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        began.set()
        assert go_on.wait(5)

    latest.submit("frame", first)
    assert began.wait(5)
    for k in range(5):
        latest.submit("frame", lambda k=k: done.append(f"frame {k}"))
    latest.submit("strip", lambda: done.append("strip"))
    latest.submit("last", ended.set)
    assert latest.busy
    go_on.set()
    assert ended.wait(5)
    assert done == ["frame 4", "strip"]


def test_jobs_that_are_forgotten_are_not_run_and_a_job_that_fails_leaves_the_thread_usable() -> None:
    waiting: list[ThreadJob] = []
    latest = LatestJobs(waiting.append)
    latest.submit("frame", lambda: 1 / 0)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        waiting.pop()()
    done: list[int] = []
    latest.submit("frame", lambda: done.append(1))
    latest.clear_waiting()
    waiting.pop()()
    assert done == []
    assert not latest.busy
    latest.submit("frame", lambda: done.append(2))
    waiting.pop()()
    assert done == [2]
