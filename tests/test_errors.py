"""Errors: how a message offers what can be given instead."""

from riptui.errors import with_choices


def test_the_closest_choice_comes_before_all_of_them() -> None:
    assert with_choices("no 'sim'", "sim", ["psnr", "ssim"]) == "no 'sim'. Did you mean ssim? Available: psnr, ssim"


def test_nothing_is_suggested_if_nothing_is_close_and_no_choice_is_said() -> None:
    assert with_choices("no 'x'", "x", ["psnr", "ssim"]) == "no 'x'. Available: psnr, ssim"
    assert with_choices("noise has no parameter x", "x", []) == "noise has no parameter x. Available: none"
