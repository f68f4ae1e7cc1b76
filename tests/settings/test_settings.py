"""The settings: what holds, where it comes from, and what is said of a file that is wrong. And what is remembered."""

import errno
import os
import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui import filesystem
from riptui.settings import ENVIRONMENT_VARIABLES, Settings, explain_setting, load_settings, paths, state
from riptui.settings.programs import InpainterProgram
from riptui.settings.servers import InpaintingServer
from riptui.settings.template import make_template

NAMES = Settings.__struct_fields__

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(own_places: Path) -> Write:
    """Writes the settings file."""

    def written(text: str | bytes) -> Path:
        file = paths.settings_file()
        assert own_places in file.parents
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return written


def only_problem() -> str:
    """The one thing that is wrong, where everything else is as by default."""
    loaded = load_settings()
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}
    [problem] = loaded.problems
    assert "\n" not in problem
    return problem


# ── what holds ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_file_the_defaults_hold_and_nothing_is_wrong_or_made(own_places: Path) -> None:
    loaded = load_settings()
    assert loaded.settings == Settings()
    assert loaded.file == own_places / "riptui" / "settings.toml"
    assert loaded.origins == dict.fromkeys(NAMES, "default")
    assert loaded.problems == ()
    assert not own_places.exists()


WHOLE = """
theme = "nord"
graphics = "sixel"
runs = "/data/runs"
locks = "files"
refresh = 2
bell = "never"
ring = "osc9"
play_speed = 12.5
metric = "ssim@previous"
axis = "coverage"
confirm = false
on_end = "mail me"
[servers.iopaint]
url = "http://127.0.0.1:8080/"
[inpainters.mat]
command = "mat {image} {mask} {output}"
hole = "black"
[keys]
"app.quit" = "ctrl+x"
"""


def test_every_setting_is_read(write: Write) -> None:
    write(WHOLE)
    loaded = load_settings()
    assert loaded.problems == ()
    assert loaded.origins == dict.fromkeys(NAMES, "file")
    assert loaded.settings == Settings(
        theme="nord",
        graphics="sixel",
        runs=Path("/data/runs"),
        locks="files",
        refresh=2.0,
        bell="never",
        ring="osc9",
        play_speed=12.5,
        on_end="mail me",
        inpainters={"mat": InpainterProgram(command="mat {image} {mask} {output}", hole="black")},
        servers={"iopaint": InpaintingServer(url="http://127.0.0.1:8080")},
        metric="ssim@previous",
        axis="coverage",
        confirm=False,
        keys={"app.quit": "ctrl+x"},
    )


def test_the_home_is_meant_by_a_tilde(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    write('runs = "~/rip/runs"')
    assert load_settings().settings.runs == Path("/home/ada/rip/runs")


@pytest.mark.parametrize(("name", "variable"), ENVIRONMENT_VARIABLES.items())
def test_the_environment_beats_the_file(
    name: str, variable: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write('theme = "nord"\ngraphics = "sixel"\nruns = "/data/runs"\nlocks = "files"')
    monkeypatch.setenv(variable, "")
    assert load_settings().origins[name] == "file"
    value = "system" if name == "locks" else "off"
    monkeypatch.setenv(variable, value)
    loaded = load_settings()
    assert str(getattr(loaded.settings, name)) == value
    assert loaded.origins == {
        **dict.fromkeys(NAMES, "default"),
        **dict.fromkeys(ENVIRONMENT_VARIABLES, "file"),
        name: "environment",
    }


def test_a_variable_that_is_wrong_leaves_the_file_in_force(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write('graphics = "kitty"')
    monkeypatch.setenv("RIPTUI_GRAPHICS", "iterm")
    loaded = load_settings()
    assert (loaded.settings.graphics, loaded.origins["graphics"]) == ("kitty", "file")
    assert loaded.problems == (
        "$RIPTUI_GRAPHICS: graphics is 'iterm'; it must be one of auto, halfblock, kitty, off, sixel",
    )


def test_over_ssh_the_disk_is_looked_at_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().hertz == 4
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.2 50000 10.0.0.1 22")
    assert Settings().hertz == 2
    assert Settings(refresh=7.5).hertz == 7.5


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('[keys]\napp.quit = "q"', {"app.quit": "q"}),
        ('[keys]\n"app.quit" = ["q", " ctrl+q "]', {"app.quit": "q,ctrl+q"}),
        ('[keys.app]\nquit = "q"\nhelp = "f1"', {"app.quit": "q", "app.help": "f1"}),
        ('keys = {"app.quit" = ","}', {"app.quit": "comma"}),
        ("[keys]", {}),
    ],
)
def test_keys_can_be_written_in_every_way_of_toml(text: str, keys: dict[str, str], write: Write) -> None:
    write(text)
    loaded = load_settings()
    assert (loaded.settings.keys, loaded.problems) == (keys, ())


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('\nthme = "nord"', 2, ["unknown setting 'thme'", "Did you mean theme?", *NAMES]),
        ("[launch]\nmask = 64", 1, ["unknown setting 'launch'. Available: theme"]),
        ("launch.mask = 64", 1, ["unknown setting 'launch'"]),
        ('# theme = 1\n  "theme" = 1', 2, ["theme is 1; it must be a name"]),
        ('theme = ""', 1, ["theme is ''; it must be a name"]),
        ("axis = 'y'", 1, ["axis is 'y'; it must be one of coverage, inpainted"]),
        ("bell = true", 1, ["bell is true; it must be one of always, never, unfocused"]),
        ("refresh = 11", 1, ["refresh is 11; it must be auto or a number from 0.5 to 10"]),
        ("refresh = nan", 1, ["refresh is nan; it must be auto or a number from 0.5 to 10"]),
        ("play_speed = '8'", 1, ["play_speed is '8'; it must be a number from 0.5 to 60"]),
        ("play_speed = true", 1, ["play_speed is true; it must be a number"]),
        ("confirm = 1", 1, ["confirm is 1; it must be true or false"]),
        ("runs = ''", 1, ["runs is ''; it must be a path"]),
        ("runs = '~no-such-person/runs'", 1, ["it must be a path"]),
        ('runs = "a\\u0000b"', 1, ["runs is 'a\\x00b'; it must be a path"]),
        ("metric = 1979-05-27", 1, ["metric is datetime.date(1979, 5, 27); it must be a name"]),
        ("keys = 'q'", 1, ["keys is 'q'; it must be a table"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_it_must_be(
    text: str, line: int, words: list[str], write: Write
) -> None:
    file = write(text)
    problem = only_problem()
    assert problem.startswith(f"{file}, line {line}: ")
    assert [word for word in words if word not in problem] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.b = 5", "keys.a.b is 5; it must be a key"),
        ("'a.b' = []", "keys.a.b is []; it must be a key"),
        ("a.b = ['x', 5]", "keys.a.b is ['x', 5]; it must be a key"),
        ("a.b = ' '", "keys.a.b is ' '; it must be a key"),
        ("theme = 'nord'", "theme is not a key: move it above [keys]"),
    ],
)
def test_a_key_that_is_wrong_costs_only_itself(text: str, words: str, write: Write) -> None:
    file = write(f"[keys] # mine\napp.help = 'f1'\n{text}\napp.quit = 'q'")
    loaded = load_settings()
    assert loaded.settings.keys == {"app.help": "f1", "app.quit": "q"}
    [problem] = loaded.problems
    assert problem.startswith(f"{file}, line 3: {words}")


def test_what_is_right_holds_beside_what_is_wrong(write: Write) -> None:
    write("theme = 'nord'\nrefresh = 99\nnonsense = 1\naxis = 'coverage'")
    loaded = load_settings()
    assert loaded.settings == Settings(theme="nord", axis="coverage")
    assert [problem.split(":")[0][-6:] for problem in loaded.problems] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 'nord'\n\nrefresh 4\n", "line 3: this is not TOML: expected '=' after a key"),
        ("theme = 'nord'\ntheme = 'nord'", "line 2: this is not TOML: cannot overwrite a value"),
        ("theme = nord", "line 1: this is not TOML: invalid value"),
        ("theme = 'nord'\r\naxis = \r\n", "line 2: this is not TOML: invalid value"),
        ("theme = 'nord'\naxis", "line 2: this is not TOML: expected '='"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1: this is not UTF-8 text"),
        ("theme = 'nord'\n# für\n".encode("latin-1"), "line 2: this is not UTF-8 text: save the file as UTF-8"),
        (bytes(100), "line 1: this is not TOML"),
        ("a = " + "[" * 20_000, "nested too deeply"),
        ("a = " + "9" * 10_000, "this is not TOML: exceeds the limit"),
        (b"#" * 10_000_000, "is larger than 64 kB"),
    ],
    ids=range(11),
)
def test_a_file_that_cannot_be_read_is_one_sentence(text: str | bytes, words: str, write: Write) -> None:
    file = write(text)
    problem = only_problem()
    assert problem.startswith(str(file))
    assert words in problem


def test_a_file_of_another_system_is_read(write: Write) -> None:
    write(b'\xef\xbb\xbftheme = "nord"\r\n[keys]\r\napp.quit = "q"\r\n')
    loaded = load_settings()
    assert (loaded.settings.theme, loaded.settings.keys, loaded.problems) == ("nord", {"app.quit": "q"}, ())


def test_a_long_value_is_told_in_short(write: Write) -> None:
    write(f"axis = {'x' * 5000!r}\nrefresh = {[0] * 5000}\n{'k' * 5000} = 1")
    problems = load_settings().problems
    assert len(problems) == 3
    assert max(map(len, problems)) < 300


def test_a_folder_in_its_place_is_told() -> None:
    file = paths.settings_file()
    file.mkdir(parents=True)
    assert only_problem() == f"{file} cannot be read: it is a folder where a file is needed: move it away"


def test_a_file_in_the_place_of_its_folder_is_told(own_places: Path) -> None:
    own_places.touch()
    assert "cannot be read: there is a file where one of its folders should be" in only_problem()


def test_a_pipe_in_its_place_is_told_and_not_waited_for() -> None:
    file = paths.settings_file()
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert "it is not a regular file" in only_problem()


def test_a_file_that_may_not_be_read_is_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("theme = 'nord'")

    def refuse(path: Path, *_: object) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(filesystem.os, "open", refuse)  # root may read anything
    assert only_problem() == f"{file} cannot be read: permission denied: change its permissions"


def test_names_that_only_others_know_are_checked_for_them(write: Write) -> None:
    write("metric = 'lpips-vg'\ntheme = 'zzz'")
    assert load_settings().problems == ()
    loaded = load_settings({"metric": ["ssim", "lpips-vgg"], "theme": ["nord"]})
    assert loaded.settings == Settings()
    assert [problem.partition(": ")[2] for problem in loaded.problems] == [
        "unknown metric 'lpips-vg'. Did you mean lpips-vgg? Available: ssim, lpips-vgg",
        "unknown theme 'zzz'. Available: nord",
    ]


# ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.toml"
    monkeypatch.setenv("RIPTUI_CONFIG", str(file))
    assert only_problem() == f"$RIPTUI_CONFIG names {file}, which does not exist; `riptui config edit` creates it"
    file.write_text("theme = 'nord'")
    assert load_settings().settings.theme == "nord"
    monkeypatch.setenv("RIPTUI_CONFIG", os.devnull)
    assert load_settings().problems == ()


def test_the_places_are_those_of_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert paths.settings_file() == Path("/home/ada/.config/riptui/settings.toml")
    assert paths.state_file() == Path("/home/ada/.local/state/riptui/state.json")
    assert paths.log_file() == Path("/home/ada/.local/state/riptui/riptui.log")
    assert paths.crash_file(datetime(2024, 7, 13, 1, 2, 3)) == Path(
        "/home/ada/.local/state/riptui/crash-20240713-010203.txt"
    )
    assert paths.cache_folder() == Path("/home/ada/.cache/riptui")


def test_without_a_home_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # nor is there one in /etc/passwd
    assert paths.settings_file() == Path("/.config/riptui/settings.toml")
    assert load_settings().problems == ()


# ── the template ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_template_sets_nothing_and_explains_everything() -> None:
    assert tomllib.loads(make_template()) == {}
    as_one = make_template().replace("\n# ", " ")
    assert [name for name in NAMES if explain_setting(name) not in as_one] == []
    assert max(map(len, make_template().splitlines())) <= 110


def test_the_templates_values_are_the_defaults(write: Write) -> None:
    write(re.sub(r"^#(?! )", "", make_template(), flags=re.MULTILINE))
    loaded = load_settings()
    assert (loaded.settings, loaded.problems) == (Settings(), ())
    assert set(loaded.origins.values()) == {"file"}


def test_every_setting_has_a_sentence() -> None:
    assert all(explain_setting(name)[0].isupper() and explain_setting(name).endswith(".") for name in NAMES)


# ── what is remembered ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_remembered_is_recalled() -> None:
    assert state.recall("launch", dict) is None
    state.remember("launch", {"mask": 64, "picture": "/a.jpg"})
    state.remember("speed", 8.0)
    state.remember("speed", 16.0)
    assert state.recall("launch", dict) == {"mask": 64, "picture": "/a.jpg"}
    assert state.recall("speed", float) == 16
    assert [path.name for path in paths.state_file().parent.iterdir()] == ["state.json"]


def test_what_does_not_fit_is_as_if_never_remembered() -> None:
    state.remember("speed", "fast")
    assert state.recall("speed", float) is None
    assert state.recall("spede", float) is None
    assert state.recall("speed", str) == "fast"


class Form(msgspec.Struct):
    mask: int
    prompt: str = ""


def test_a_struct_is_recalled_as_one() -> None:
    state.remember("form", Form(64, "a cat"))
    assert state.recall("form", Form) == Form(64, "a cat")


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b"{" * 100_000, bytes(5_000_000), b'{"a": "\xff"}'])
def test_a_state_that_is_damaged_is_begun_anew(data: bytes) -> None:
    file = paths.state_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    assert state.recall("a", str) is None
    state.remember("a", "b")
    assert state.recall("a", str) == "b"


def test_a_text_that_is_no_unicode_is_not_remembered() -> None:
    state.remember("a", "b")
    state.remember("path", "\udcff.jpg")
    assert (state.recall("path", str), state.recall("a", str)) == (None, "b")


def a_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.mkdir(parents=True)


def below_a_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.parents[1].parent.mkdir(exist_ok=True)
    file.parents[1].touch()


def read_only(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)


def full(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("riptui.filesystem.write_at", refuse)


@pytest.mark.parametrize("failing", [a_folder, below_a_file, read_only, full])
def test_a_disk_that_fails_is_no_matter(
    failing: Callable[[Path, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(paths.state_file(), monkeypatch)
    state.remember("a", "b")
    assert state.recall("a", str) is None
    assert list(paths.state_file().parent.glob(".*")) == []  # no temporary file is left
