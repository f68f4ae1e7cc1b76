"""`riptui config`, and what the other commands make of the settings."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui import metrics
from riptui.settings import Settings, explain_setting, load_settings, paths
from riptui.settings.template import make_template
from tests.support.command import environment, require_harmless, riptui, spawned

BROKEN = "refresh = 99\nthme = 'nord'\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def file() -> Path:
    """Where the settings file would be, in its folder."""
    file = paths.settings_file()
    file.parent.mkdir(parents=True)
    return file


MakeEditor = Callable[[str], Path]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeEditor:
    """`editor(script)` is $EDITOR from then on: a shell script, called with the file as $1."""

    def make(script: str) -> Path:
        path = tmp_path / "an editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("EDITOR", f"'{path}'")
        return path

    return make


# ── path and show ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_path_is_a_line() -> None:
    assert riptui("config", "path") == (0, f"{paths.settings_file()}\n", "")
    assert json.loads(riptui("config", "path", "--json").out) == {"path": str(paths.settings_file())}


def test_show_tells_every_setting_its_value_where_it_comes_from_and_what_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("theme = 'nord'\n[keys]\napp.quit = ['q', 'ctrl+x']")
    monkeypatch.setenv("RIPTUI_GRAPHICS", "sixel")
    outcome = riptui("config", "show")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == str(file)
    told = {line.split()[0]: line.split()[1:] for line in lines[1:] if line[0] != " "}
    assert list(told) == list(Settings.__struct_fields__)
    assert told["theme"] == ['"nord"', "file"]
    assert told["graphics"] == ['"sixel"', "$RIPTUI_GRAPHICS"]
    assert told["runs"] == ['"runs"', "default"]
    assert told["confirm"] == ["true", "default"]
    assert [name for name in told if explain_setting(name) not in outcome.out] == []
    assert 'app.quit = "q,ctrl+x"' in lines[-1]


def test_show_tells_which_keys_cannot_hold(file: Path) -> None:
    file.write_text("[keys]\nrun.mark = 'x'\nruns.sort = 'm'\ncompare.metric = 'ctrl+b'\n")
    outcome = riptui("config", "show")
    assert outcome.code == 2
    unknown, taken = outcome.err.splitlines()
    assert f"{file}: keys: unknown id 'run.mark'. Did you mean runs.mark?" in unknown
    assert f"{file}: keys: runs.sort keeps s: m belongs to runs.mark" in taken


def test_config_alone_is_show() -> None:
    assert riptui("config") == riptui("config", "show")
    assert "; `riptui config edit` creates it" in riptui("config").out


def test_show_for_scripts_is_one_object(file: Path) -> None:
    file.write_text("runs = '/data'\n" + BROKEN)
    outcome = riptui("config", "show", "--json")
    assert (outcome.code, outcome.err) == (2, "")
    shown = json.loads(outcome.out)
    assert shown.keys() == {"path", "settings", "problems"}
    assert shown["path"] == str(file)
    by_name = {one["name"]: one for one in shown["settings"]}
    assert list(by_name) == list(Settings.__struct_fields__)
    assert by_name["runs"] == {"name": "runs", "value": "/data", "origin": "file", "about": explain_setting("runs")}
    assert by_name["refresh"]["value"] == "auto"
    assert len(shown["problems"]) == 2


def test_show_complains_of_each_thing_that_is_wrong(file: Path) -> None:
    file.write_text(BROKEN)
    outcome = riptui("config", "show")
    assert outcome.code == 2
    assert outcome.out.startswith(str(file))
    [first, second] = outcome.err.splitlines()
    assert first == f"error: {file}, line 1: refresh is 99; it must be auto or a number from 0.5 to 10"
    assert second.startswith(f"error: {file}, line 2: unknown setting 'thme'. Did you mean theme?")


@pytest.mark.parametrize(("text", "meant"), [("metric = 'lpip-vgg'", "lpips-vgg"), ("theme = 'nort'", "nord")])
def test_metrics_and_themes_that_are_none_are_refused(text: str, meant: str, file: Path) -> None:
    file.write_text(text)
    outcome = riptui("config", "show")
    assert outcome.code == 2
    assert f"Did you mean {meant}?" in outcome.err


@pytest.mark.parametrize("metric", [*metrics.REGISTRY, "ssim@previous"])
def test_every_metric_can_be_the_trees(metric: str, file: Path) -> None:
    file.write_text(f"metric = '{metric}'")
    assert riptui("config", "show").code == 0


def test_what_is_in_the_file_reaches_no_terminal_raw(file: Path) -> None:
    file.write_text('"\\u001b]52;c;x\\u0007" = 1\nruns = "\\u001b[2J\\u202e"\n[keys]\n"\\u001b[A" = "\\u0007"')
    outcome = riptui("config", "show", terminal=True)
    assert outcome.code == 2
    require_harmless(outcome, terminal=True)


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00", b"theme =", b"#" * 10_000_000, b"# f\xfcr"])
def test_a_file_that_is_no_settings_is_one_line_and_no_traceback(data: bytes, file: Path) -> None:
    file.write_bytes(data)
    outcome = spawned("config", env=environment())
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
    [line] = outcome.err.splitlines()
    assert line.startswith(f"error: {file}")


# ── edit ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_edit_makes_a_file_that_explains_itself_and_opens_it(editor: MakeEditor) -> None:
    editor('cp "$1" seen')
    outcome = riptui("config", "edit")
    file = paths.settings_file()
    assert outcome == (0, f"{file}: settings are valid\n", "")
    assert Path("seen").read_text() == file.read_text() == make_template()
    assert load_settings().settings == Settings()


def test_edit_leaves_what_is_there(file: Path, editor: MakeEditor) -> None:
    file.write_text("axis = 'coverage'")
    editor('echo "theme = \'nord\'" > more; cat "$1" more > seen')
    assert riptui("config", "edit").code == 0
    assert file.read_text() == "axis = 'coverage'"
    assert Path("seen").read_text().startswith("axis = 'coverage'")


def test_edit_says_what_has_become_wrong(editor: MakeEditor) -> None:
    editor('echo "refresh = 99" >> "$1"')
    outcome = riptui("config", "edit")
    assert outcome.code == 2
    line = len(make_template().splitlines()) + 1
    outcome.require_one_line(f"{paths.settings_file()}, line {line}: refresh is 99")


def test_visual_is_asked_before_editor(editor: MakeEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    editor("touch wrong")
    monkeypatch.setenv("VISUAL", "cp --no-clobber -t .")
    assert riptui("config", "edit").code == 0
    assert Path("settings.toml").read_text() == make_template()
    assert not Path("wrong").exists()


def test_without_a_choice_there_is_nano_or_vi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    riptui("config", "edit").require_one_line("an editor needs a terminal", "$EDITOR")  # vi would wait for ever
    monkeypatch.setattr("riptui.cli.config.has_terminal", lambda: True)
    outcome = riptui("config", "edit")
    assert outcome.code == 2
    outcome.require_one_line("no editor found: set $EDITOR")
    assert not paths.settings_file().exists()
    for name in ("vi", "nano"):
        program = programs / name
        program.write_text(f"#!/bin/sh\necho {name} > used\n")
        program.chmod(0o755)
        assert riptui("config", "edit").code == 0
        assert Path("used").read_text().strip() == name


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-editor -w", "$EDITOR is 'no-such-editor -w', but there is no such program"),
        ("vi '", "a quote is not closed"),
    ],
)
def test_an_editor_that_is_none_is_told_before_a_file_is_made(
    command: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", command)
    outcome = riptui("config", "edit")
    assert outcome.code == 2
    outcome.require_one_line(words)
    assert not paths.settings_file().exists()


def test_an_editor_that_fails_is_told(editor: MakeEditor) -> None:
    editor("exit 3")
    outcome = riptui("config", "edit")
    assert outcome.code == 1
    outcome.require_one_line("an editor exited with code 3", str(paths.settings_file()))


def test_an_editor_that_does_not_start_is_told(editor: MakeEditor) -> None:
    editor("").write_bytes(b"\x7fELF of another machine")
    outcome = riptui("config", "edit")
    assert outcome.code == 2
    outcome.require_one_line("does not start")


def test_a_folder_in_the_files_place_is_told(editor: MakeEditor) -> None:
    editor("touch opened")
    paths.settings_file().mkdir(parents=True)
    outcome = riptui("config", "edit")
    assert outcome.code == 2
    outcome.require_one_line("is a folder, not a file")
    assert not Path("opened").exists()


def test_a_home_that_cannot_be_written_is_told(editor: MakeEditor, own_places: Path) -> None:
    editor("touch opened")
    own_places.touch()
    outcome = riptui("config", "edit")
    assert outcome.code == 1
    outcome.require_one_line("it is a file where a folder is needed")
    assert not Path("opened").exists()


def test_edit_prints_no_json(editor: MakeEditor) -> None:
    editor("touch opened")
    outcome = riptui("config", "edit", "--json")
    assert outcome.code == 2
    outcome.require_one_line("--json")
    assert not Path("opened").exists()


# ── the other commands ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.exhaustive
def test_commands_take_the_runs_folder_of_the_settings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(f"runs = '{Path.cwd() / 'mine'}'")
    assert riptui("demo", "--mask", "256", "--display", "none").code == 0
    assert [path.name for path in Path().iterdir()] == ["mine"]
    assert "demo/coffee/m256-s0-crop" in riptui("ls").out
    monkeypatch.setenv("RIPTUI_RUNS", "others")
    riptui("ls").require_one_line("others does not exist")
    riptui("ls", "theirs").require_one_line("theirs does not exist")


def test_broken_settings_are_noted_and_stop_nothing(file: Path) -> None:
    file.write_text(BROKEN)
    Path("runs").mkdir()
    outcome = riptui("ls")
    assert outcome.code == 0
    assert f"{file}: 2 invalid settings were ignored; see `riptui config show`" in outcome.err.splitlines()
