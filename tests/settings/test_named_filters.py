"""Filters with a name."""

import pytest

from riptui.errors import DiskError, InputError
from riptui.settings import state
from riptui.settings.named_filters import check_name, expand_names, name_filter, named_filters
from riptui.settings.paths import state_file

KNOWN = {"night": "group:night -tag:old", "either": "mask:64 or seed:3"}


def test_a_filter_keeps_its_name_until_it_is_forgotten() -> None:
    name_filter("night", "group:night")
    name_filter("@a", "seed:0-9")
    assert named_filters() == {"a": "seed:0-9", "night": "group:night"}
    name_filter("night", "group:day")
    assert expand_names("@night mask:64") == "group:day mask:64"
    name_filter("night", " ")
    assert list(named_filters()) == ["a"]


def test_a_name_that_cannot_be_kept_is_an_error() -> None:
    name_filter("night", "group:night")
    with pytest.raises(DiskError, match="@long cannot be kept"):
        name_filter("long", "x" * state.MAX_BYTES)
    assert named_filters() == {"night": "group:night"}
    state_file().unlink()
    state_file().mkdir()
    with pytest.raises(DiskError, match="@night cannot be kept"):
        name_filter("night", "group:night")


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("mask:64  lpips>0.4", "mask:64  lpips>0.4"),
        ("@night", "group:night -tag:old"),
        ("cat @night", "cat group:night -tag:old"),
        ("@either", "mask:64 or seed:3"),
        ("@either or @night", "mask:64 or seed:3 or group:night -tag:old"),
    ],
)
def test_a_name_stands_for_its_filter(text: str, expanded: str) -> None:
    assert expand_names(text, KNOWN) == expanded


@pytest.mark.parametrize(
    ("text", "problem"), [("@nigth", "no filter is named @nigth.* Did you mean @night"), ("cat @either", "beside it")]
)
def test_what_a_name_cannot_stand_for_is_told(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        expand_names(text, KNOWN)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 41, "@"])
def test_a_name_is_one_word(name: str) -> None:
    with pytest.raises(InputError):
        check_name(name)
