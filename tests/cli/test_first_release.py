"""What users of the first release have goes on: command lines, settings, keys, studies. Golden folders: tests/store.

The files in first_release/ were written by that release, and by nothing since.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import rich_click as click

from riptui.cli.commands import riptui as top_group
from riptui.cli.lazy import LazyGroup
from riptui.settings import load_settings
from riptui.study.study_file import read_study
from riptui.tui import bindings, keymap

FIRST_RELEASE = Path(__file__).with_name("first_release")
STUDY_DIGESTS = {"quick": "80a652808fa7a989", "paper-1": "49e742a5cc79a44b", "paper-2": "7a80bcf4bfeee212"}
"""SHA-256 of the sorted digests of all specs of a picture, its first 16 digits."""


def options_of(command: click.Command, *words: str) -> Iterator[tuple[str, set[str]]]:
    """The options of a command and of all below it, by its words."""
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    yield " ".join(words), {option for option in options if option.startswith("-")}
    if isinstance(command, LazyGroup):
        for name in command.list_commands(click.Context(command)):
            yield from options_of(command.load_command(name), *words, name)


def test_no_command_and_no_option_is_gone() -> None:
    known = dict(options_of(top_group))
    for line in (FIRST_RELEASE / "command_lines.txt").read_text().splitlines():
        words, _, options = line.partition(":")
        assert set(options.split()) <= known["" if words == "riptui" else words], words


def test_settings_and_keys_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_CONFIG", str(FIRST_RELEASE / "settings.toml"))
    loaded = load_settings()
    assert loaded.problems == ()
    assert loaded.settings.axis == "coverage"
    known = keymap.bindings_by_id(bindings.SCOPES)
    assert keymap.check_keys(loaded.settings.keys, known) == ({"runs.back": "f9", "app.quit": "q,ctrl+x"}, [])


@pytest.mark.parametrize("binding_id", (FIRST_RELEASE / "key_ids.txt").read_text().split())
def test_each_id_of_a_key_is_known(binding_id: str) -> None:
    keys, problems = keymap.check_keys({binding_id: "f9"}, keymap.bindings_by_id(bindings.SCOPES))
    assert (list(keys.values()), problems) == (["f9"], [])


@pytest.mark.parametrize("name", STUDY_DIGESTS)
def test_a_study_file_means_the_same_specs(name: str) -> None:
    """But for what was decided since: each picture has squares of its own, and a model's revision is pinned.

    A study that was begun before goes on with the squares that it has: see tests/study/test_submission.py.
    """
    digests = []
    for sweep in read_study(FIRST_RELEASE / f"study-{name}.toml").sweeps:
        for spec in sweep.specs("", "0" * 64, "0" * 64):
            parameters = spec.parameters | ({"revision": "main"} if "revision" in spec.parameters else {})
            digests.append(msgspec.structs.replace(spec, squares="shared", parameters=parameters).digest)
    assert hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()[:16] == STUDY_DIGESTS[name]
