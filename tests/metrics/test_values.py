"""Values of a frame that are not finite."""

from math import inf, isnan

from riptui.metrics.display import format_short, format_value, primary_metric
from riptui.metrics.values import number_of


def test_the_psnr_of_equal_pictures_is_infinite_and_other_values_without_a_number_are_none() -> None:
    values = {"psnr": None, "psnr@previous": None, "entropy": None, "ssim": 1.0}
    assert number_of("psnr", values) == number_of("psnr@previous", values) == inf
    assert number_of("ssim", values) == 1.0
    assert isnan(number_of("entropy", values))
    assert isnan(number_of("delta-e", values))


def test_lists_have_it_as_every_screen_does() -> None:
    name, series = primary_metric({0: {"psnr": None}, 8: {"psnr": 31.5}, 16: {"psnr": None}, 24: {}})
    assert (name, series) == ("psnr", [inf, 31.5, inf])
    assert format_value(series[-1]) == format_short(series[-1]) == "∞"
