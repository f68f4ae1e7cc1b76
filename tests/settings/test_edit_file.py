"""One setting is changed in the file, and nothing else."""

from pathlib import Path

import pytest

from riptui.errors import SettingsError
from riptui.settings import Settings, load_settings
from riptui.settings.edit_file import allowed_values, editable_settings, parse_setting, write_setting
from riptui.settings.paths import settings_file
from riptui.settings.template import make_template


@pytest.fixture
def file(own_places: Path) -> Path:
    """The user's settings file, which does not exist yet."""
    found = settings_file()
    assert own_places in found.parents
    return found


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.slow
def test_every_single_value_can_be_set_and_taken_back_in_a_new_file(file: Path) -> None:
    others: dict[str, str | float] = {
        "play_speed": 12.5,
        "refresh": 2.0,
        "runs": "~/a b",
        "theme": "nord",
        "on_end": 'mail "me"',
        "metric": "ssim",
    }
    for name in editable_settings():
        value = others.get(name, (allowed_values(name) or [""])[-1])
        write_setting(name, value)
        assert load_settings().origins[name] == "file"
    loaded = load_settings()
    assert loaded.problems == ()
    assert (loaded.settings.play_speed, loaded.settings.on_end, loaded.settings.confirm) == (12.5, 'mail "me"', False)
    for name in editable_settings():
        write_setting(name, None)
    assert load_settings().settings == Settings()
    assert file.read_text() == make_template()


def test_comments_order_and_tables_stay(file: Path) -> None:
    put(file, '# mine\ntheme = "nord"  # dark\n\n[keys]\nquit = "Q"\n')
    write_setting("theme", "dracula")
    write_setting("axis", "coverage")
    assert file.read_text() == 'axis = "coverage"\n# mine\ntheme = "dracula"\n\n[keys]\nquit = "Q"\n'


def test_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text('theme = "nord"\n')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)
    write_setting("theme", "ansi")
    assert file.is_symlink()
    assert target.read_text() == 'theme = "ansi"\n'


@pytest.mark.parametrize(
    ("text", "name", "value", "words"),
    [
        ("", "play_speed", 1000.0, "from 0.5 to 60"),
        ("", "bell", "often", "one of always, never, unfocused"),
        ("theme = ", "theme", "nord", "this is not TOML"),
        ('"theme" = "nord"', "theme", "ansi", "line of its own"),
    ],
)
def test_what_cannot_be_set_is_refused_and_the_file_stays(
    file: Path, text: str, name: str, value: str | float, words: str
) -> None:
    put(file, text)
    with pytest.raises(SettingsError, match=words):
        write_setting(name, value)
    assert file.read_text() == text


def test_a_typed_text_is_a_number_where_one_is_meant() -> None:
    assert parse_setting("refresh", "2.5") == 2.5
    assert parse_setting("refresh", "auto") == "auto"
    assert parse_setting("runs", "12") == Path("12")
    with pytest.raises(SettingsError):
        parse_setting("play_speed", "fast")
