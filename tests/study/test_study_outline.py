"""A study's settings, for people."""

from riptui.study.study_file import read_study
from riptui.study.study_outline import describe_product, outline_study
from tests.support.study_files import Written


def told(written: Written, sweep: str) -> tuple[dict[str, str], str]:
    study = read_study(written(sweep=sweep))
    return {one.name: one.text for one in outline_study(study)}, describe_product(study)


def test_the_varied_settings_multiply(written: Written) -> None:
    settings, product = told(written, '[sweep]\ninpainter = ["telea", "noise"]\nmask = [64, 128]\nseed = "0-3,7"\n')
    assert settings == {
        "inpainter": "telea, noise",
        "mask": "64, 128 px",
        "seed": "0-3, 7",
        "amount": "400 %",
        "size": "512 px",
    }
    assert product == "2 inpainters × 2 masks × 5 seeds"


def test_what_is_no_default_is_told_even_if_it_is_one_value(written: Written) -> None:
    settings, product = told(written, '[sweep]\ninpainter = "noise"\nfeather = 8\nonto = ["frame", "original"]\n')
    assert (settings["feather"], settings["onto"]) == ("8 px", "frame, original")
    assert product == "2 values of onto"


def test_where_not_all_is_combined_only_the_count_is_told(written: Written) -> None:
    tables = '[[sweep]]\ninpainter = "noise"\n[[sweep]]\ninpainter = "telea"\nmask = [64, 128]\n'
    settings, product = told(written, tables)
    assert settings["inpainter"] == "noise, telea"
    assert product == "3"
    assert told(written, '[sweep]\ninpainter = "noise"\n')[1] == "1"
