"""What a filter that leaves nothing may have meant."""

import pytest

from riptui.store.filter_hints import explain_nothing, suggest_value
from riptui.store.filters import FilterSubject

SUBJECTS = [
    FilterSubject("fig7/cat", settings={"inpainter": "telea", "steps": 50}, tags=("Blurred",)),
    FilterSubject("night/cat", settings={"inpainter": "navier-stokes", "order": "shuffle"}),
]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("inpainter:tela", "did you mean inpainter:telea?"),
        ("mona inpainter:navier-stoke,nothing", ""),
        ("inpainter:tel", ""),
        ("order:shufle", "did you mean order:shuffle?"),
        ("tag:blured", "did you mean tag:blurred?"),
        ("group:nigth", "did you mean group:night?"),
        ("inpainter:lama", ""),
        ("steps:51 mona lpips>0.4", ""),
    ],
)
def test_the_closest_value_is_suggested(text: str, hint: str) -> None:
    assert suggest_value(text, SUBJECTS) == hint


MEASURED = FilterSubject("a", settings={"steps": 50}, measured=("ssim", "psnr"))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("mona lpips>0.4", "lpips is not measured here, only ssim, psnr"),
        ("-lpips-vgg<=0.4", "lpips-vgg is not measured here, only ssim, psnr"),
        ("ssim>2", ""),
        ("inpainted>500 steps>90 coverage<0", ""),
        ("order:shufle lpips>0.4", "lpips is not measured here, only ssim, psnr"),
    ],
)
def test_a_metric_that_none_has_is_named(text: str, hint: str) -> None:
    assert explain_nothing(text, [MEASURED]) == hint


def test_a_misspelt_value_comes_before_a_metric_that_none_has() -> None:
    assert explain_nothing("order:shufle lpips>0.4", SUBJECTS) == "did you mean order:shuffle?"
    assert explain_nothing("lpips>0.4", []) == "lpips is not measured here"
