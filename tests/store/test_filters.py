"""What is typed after `/` and given to `riptui ls --filter`."""

from typing import Any

import pytest

from riptui.metrics.values import pack_values
from riptui.store.filters import Filter, FilterSubject, KnownNames, list_settings, parse_filter
from riptui.store.trajectory import Status
from tests.support.made import made_spec

SETTINGS: dict[str, Any] = {
    "mask": 128,
    "inpainter": "sd2",
    "size": 512,
    "paste": True,
    "steps": 50,
    "strength": 0.75,
    "vae": None,
}
SUBJECT = FilterSubject(
    "fig7/mona-lisa/m128-s3",
    Status.FAILED,
    SETTINGS,
    seed=3,
    k=6,
    inpainted=150.0,
    coverage=75.0,
    metric="lpips-vgg",
    measured=("lpips-vgg", "ssim", "plugin-metric"),
    packed_newest=pack_values((0.41, 0.6, 2.0)),
    tags=("usable", "figure-3"),
    note="The smile goes, at 150 %",
)


def matcher(text: str, *subjects: FilterSubject) -> Filter:
    found = parse_filter(text, KnownNames(subjects or [SUBJECT]))
    assert found is not None
    return found


MATCHING = """mona | MONA | mnls | fig7 s3 | mask:128 | mask:64,128 | seed:0-9 | seed:3 | status:fail | inpainter:sd
group:fig7/mona | lpips>0.4 | lpips>=.41 | ssim<0.7 | lpips-vgg<1 | inpainted<200 | coverage>=75 | plugin-metric>1
mask:128 seed:3 status:failed lpips>0.4 inpainter:sd2 | steps:50 | steps:20-60 | steps>20 | strength:0.75 | paste:yes
vae:none | size:512 | tag:usable | tag:blurred,figure-3 | tag:Usable | tag: | note:smile | note:"the smile goes" | note:
-dog | -mask:64 | -tag:blurred | dog or mona | dog or mask:64 or seed:3 | mask:64 dog or mona seed:3 | -status:done"""
OTHERS = """dog | anom | mask:64 | seed:4-9 | status:done | inpainter:sdxl | lpips>0.5 | psnr>1 | mona mask:64 | steps:5
steps:51-60 | paste:no | strength:0.7 | vae:ema | tag:usabl | -tag:usable | -mona | note:frown | mona -seed:3
dog or cat | mona mask:64 or dog | -tag: | mask:64 or seed:3 mask:64"""


@pytest.mark.parametrize("text", [text.strip() for line in MATCHING.splitlines() for text in line.split("|")])
def test_filters_that_match(text: str) -> None:
    assert matcher(text)(SUBJECT)


@pytest.mark.parametrize("text", [text.strip() for line in OTHERS.splitlines() for text in line.split("|")])
def test_filters_that_do_not_match(text: str) -> None:
    assert not matcher(text)(SUBJECT)


@pytest.mark.parametrize("text", ["", "   "])
def test_a_blank_text_is_no_filter(text: str) -> None:
    assert parse_filter(text, KnownNames()) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stesp:50", "no trajectory has a field stesp.*Did you mean steps"),
        ("lpisp>0.4", "no metric lpisp.*lpips-vgg.*plugin-metric"),
        ("mask:big", "mask:big: expected numbers"),
        ("seed:1-x", "numbers"),
        ("seed:", "seed: needs a value"),
        ("lpips>far", "far is not a number"),
        ("lpips>", "nothing is not a number"),
        ("status:donee", "no status donee.*Did you mean done"),
        ("-status:done,x", "no status x.*running, queued"),
        ("status:", "needs one of .*unreadable"),
        ("mona or", "both sides"),
        ("or mona", "both sides"),
        ('note:"the smile', "closing"),
    ],
)
def test_what_is_not_a_condition_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        matcher(text)


@pytest.mark.parametrize("text", ["(mona", "m*na", "[", "\\", "it's", "#1", "-", "a|b"])
def test_odd_characters_are_letters(text: str) -> None:
    other = FilterSubject(f"fig7/{text}")
    assert matcher(text, other)(other)
    assert not matcher(text, other)(FilterSubject("fig7/cat"))


def test_a_field_is_known_if_one_trajectory_has_it() -> None:
    classical = FilterSubject("cat", settings={"inpainter": "telea", "radius": 5})
    for_both = matcher("radius:5", SUBJECT, classical)
    assert for_both(classical)
    assert not for_both(SUBJECT)


def test_specs_that_differ_in_seed_share_their_settings() -> None:
    settings: list[Any] = [list_settings(made_spec(seed=seed)) for seed in range(3)]
    assert settings[0] is settings[1] is settings[2]
    assert "seed" not in settings[0]
    assert settings[0]["inpainter"] == made_spec().inpainter
