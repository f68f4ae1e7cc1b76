"""What a filter that leaves nothing may have meant."""

import pytest

from riptui.store.filter_hints import suggest_value
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
