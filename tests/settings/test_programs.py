"""The tables [inpainters.NAME] of the settings: what is wrong in them is told in a line, with the line's number."""

import re
import tomllib
from pathlib import Path

import pytest

from riptui.settings import load_settings, paths
from riptui.settings.inpainter_tables import parse_tables
from riptui.settings.program_examples import EXAMPLES
from riptui.settings.programs import InpainterProgram
from riptui.settings.template import make_template

FOLDERS = "{images} {masks} {outputs}"


def write(text: str) -> Path:
    file = paths.settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_program_has_defaults_and_its_own_settings() -> None:
    write(
        f"""
[inpainters.mat]
command = "python 'my mat.py' {FOLDERS}"
hole = "black"
[inpainters.co-mod]
command = "~/bin/comod -i {{image}} -m {{mask}} -o {{output}} --seed={{seed}} --size {{size}} {{{{literal}}}}"
hole = "white"
seed = "given"
folder = "~/co-mod"
resolution = 512
timeout = 2.5
env = {{ A = "b" }}
version = "comod --version"
"""
    )
    loaded = load_settings()
    assert loaded.problems == ()
    programs = loaded.settings.inpainters
    mat, comod = programs["mat"], programs["co-mod"]
    assert mat == InpainterProgram(command=f"python 'my mat.py' {FOLDERS}", hole="black")
    assert (mat.seed, mat.timeout, mat.resolution, mat.takes_folders) == ("none", 300, None, True)
    assert mat.argv({"images": "/a b", "masks": "/m", "outputs": "/o"}) == ["python", "my mat.py", "/a b", "/m", "/o"]
    assert not comod.takes_folders
    assert comod.current_folder == Path.home() / "co-mod"
    values = {"image": "i", "mask": "m", "output": "o", "seed": 7, "size": 512}
    words = [f"{Path.home()}/bin/comod", "-i", "i", "-m", "m", "-o", "o", "--seed=7", "--size", "512", "{literal}"]
    assert comod.argv(values) == words


GOOD = f'command = "mat {FOLDERS}"\nhole = "black"\n'


@pytest.mark.parametrize(
    ("entries", "line", "words"),
    [
        ('hole = "black"', 1, "inpainters.mat has no command; it must be text"),
        (f'command = "mat {FOLDERS}"', 1, 'inpainters.mat has no hole; it must be "white" or "black"'),
        (GOOD + 'polarity = "black"', 4, "inpainters.mat has no setting 'polarity'. "),
        (GOOD + "timeout = 0", 4, "inpainters.mat.timeout is 0; it must be seconds for one picture"),
        (GOOD + 'resolution = "512"', 4, "inpainters.mat.resolution is '512'; it must be a whole number"),
        (GOOD + "env = { A = 1 }", 4, "inpainters.mat.env is {'A': 1}; it must be a table of texts"),
        (GOOD + 'env = { "A=B" = "1" }', 4, "inpainters.mat.env is"),
        (GOOD + 'seed = "240"', 4, "inpainters.mat.seed is '240'; it must be"),
        ('command = ""\nhole = "black"', 2, "inpainters.mat.command is ''; it must be text"),
        ('command = "  "\nhole = "black"', 2, "inpainters.mat.command has no words"),
        (
            "command = \"mat '\"\nhole = 'black'",
            2,
            "inpainters.mat.command cannot be split into words: no closing quot",
        ),
        (GOOD + 'version = "mat \'"', 4, "inpainters.mat.version cannot be split into words"),
        ("command = 'mat {images} {mask} {outputs}'\nhole = 'black'", 2, "mixes {mask}, one picture, with {images}, "),
        ("command = 'mat {images} {masks}'\nhole = 'black'", 2, "inpainters.mat.command lacks {outputs}"),
        ("command = 'mat'\nhole = 'black'", 2, "lacks {image}, {mask}, {output}, or {images}, {masks}, {outputs}"),
        ("command = 'mat {imgs}'\nhole = 'black'", 2, "no placeholder {imgs}. Did you mean {images}?"),
        ("command = 'mat {image.size}'\nhole = 'black'", 2, "no placeholder {image.size}"),
        ("command = 'mat {image!r}'\nhole = 'black'", 2, "a placeholder is a name in braces"),
        ("command = 'mat {'\nhole = 'black'", 2, "a brace itself is written {{"),
        ("command = 'mat {}'\nhole = 'black'", 2, "no placeholder {}"),
        (
            f"command = 'mat {FOLDERS} {{seed}}'\nhole = 'black'",
            2,
            'takes {seed}, and seed is "none": set seed = "given"',
        ),
        (GOOD + 'seed = "given"', 4, 'inpainters.mat.seed is "given", and the command has no {seed}'),
        (
            "command = 'mat {image} {mask} {output} {seeds}'\nhole = 'black'",
            2,
            "takes one picture: {seed}, not {seeds}",
        ),
        (f"command = 'mat {FOLDERS} {{seed}} {{seeds}}'\nhole = 'black'", 2, "{seed} and {seeds}: use one of the two"),
    ],
)
def test_what_is_wrong_in_a_program_is_one_line_and_costs_only_itself(entries: str, line: int, words: str) -> None:
    file = write(f"[inpainters.mat]\n{entries}\n[inpainters.other]\n{GOOD}")
    loaded = load_settings()
    [problem] = loaded.problems
    assert problem.startswith(f"{file}, line {line}: ")
    assert words in problem
    assert "\n" not in problem
    assert list(loaded.settings.inpainters) == ["other"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inpainters = 3", "line 1: inpainters is 3; it must be a table: [inpainters.NAME]"),
        ("[inpainters]\nmat = 'python mat.py'", "line 2: inpainters.mat is 'python mat.py'; it must be a table"),
        (f'[inpainters."My MAT"]\n{GOOD}', "line 1: 'inpainters.My MAT': a name has 1 to 64 of a-z 0-9 . -"),
    ],
)
def test_what_is_no_table_or_no_name_is_refused(text: str, words: str) -> None:
    write(text)
    [problem] = load_settings().problems
    assert words in problem


def test_the_ready_entries_are_in_the_template_and_would_be_accepted() -> None:
    entries = re.findall(r"^\[inpainters\..*?(?=^$|\Z)", EXAMPLES, re.MULTILINE | re.DOTALL)
    for entry in entries:
        commented = "".join(f"# {line}\n" for line in entry.splitlines())
        assert commented in make_template()
    table = tomllib.loads("".join(entries))["inpainters"]
    programs, problems = parse_tables("inpainters", table, lambda name: name)
    assert problems == {}
    assert [*programs] == ["mine", "mat-cli", "mae-far", "zits", "comod", "asuka", "lanpaint"]
    assert {name: program.hole for name, program in programs.items() if program.hole == "black"} == {
        "mat-cli": "black",
        "comod": "black",
        "lanpaint": "black",
    }
