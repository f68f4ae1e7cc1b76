"""How LoRAs and their weights are written in one text."""

import json
import shlex
from pathlib import Path

import pytest

from riptui import inpainters
from riptui.cli.commands.run import run as command
from riptui.errors import InputError
from riptui.inpainters.models.lora_list import LoraChoice, LoraType, join_loras, read_loras, replace_files
from riptui.inpainters.registry import require_usable
from riptui.planning.command_line import to_command_line
from riptui.planning.same_weights import without_places
from riptui.planning.sweep import Sweep

TYPE = LoraType()


def test_one_lora_at_full_weight_is_its_path_as_in_old_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert TYPE.parse("a b.safetensors") == TYPE.parse("a b.safetensors:1.0") == str(tmp_path / "a b.safetensors")
    assert TYPE.parse("none") is None


@pytest.mark.parametrize("name", ["a,b.safetensors", "a:b.safetensors", "a:2.safetensors", "[1].pt", "[]", "é"])
def test_names_may_have_any_character(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for weight in ("", ":0.8", ":-1", ":+.5", ":2"):
        value = TYPE.parse(name + weight)
        assert read_loras(value) == [LoraChoice(str(tmp_path / name), float(weight[1:] or 1))]
        assert TYPE.accepts(value)
        assert TYPE.parse(str(value)) == value


def test_weights_are_written_as_they_were_typed() -> None:
    assert TYPE.parse("/a:0.8") == "/a:0.8"
    assert TYPE.parse("/a:-2.0") == "/a:-2"
    assert read_loras(TYPE.parse("/a:0.00000123")) == [LoraChoice("/a", 0.00000123)]


def test_a_file_that_is_there_is_not_taken_for_a_weight(tmp_path: Path) -> None:
    path = tmp_path / "v:0.8"
    assert read_loras(TYPE.parse(str(path))) == [LoraChoice(str(tmp_path / "v"), 0.8)]
    path.touch()
    value = TYPE.parse(str(path))
    assert read_loras(value) == [LoraChoice(str(path), 1.0)]
    assert TYPE.parse(str(value)) == value


def test_several_are_a_list_in_their_order() -> None:
    value = TYPE.parse(join_loras(["/b.safetensors:0.50", "/a, c.safetensors", "/b.safetensors"]))
    assert value == json.dumps(["/b.safetensors:0.5", "/a, c.safetensors", "/b.safetensors"])
    assert [lora.weight for lora in read_loras(value)] == [0.5, 1, 1]
    moved = replace_files(value, [Path("/1"), Path("/2:3"), Path("/3")])
    assert read_loras(moved) == [LoraChoice("/1", 0.5), LoraChoice("/2:3", 1), LoraChoice("/3", 1)]


@pytest.mark.parametrize("text", ["/a:101", "/a:-1e3", ""])
def test_a_weight_that_is_none_is_refused(text: str) -> None:
    value = TYPE.parse(text)
    assert not TYPE.accepts(value) or read_loras(value)[0].file == text


def test_a_syntax_of_prompts_is_in_the_spec_only_where_it_is_used() -> None:
    assert "prompt_syntax" not in inpainters.spec_parameters("sd2", {"prompt_syntax": "plain"})
    assert inpainters.spec_parameters("sd2", {"prompt_syntax": "compel"})["prompt_syntax"] == "compel"


def test_the_option_is_repeated_and_the_spec_names_them_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    context = command.make_context("run", ["cat.png", "--lora", "a, b.safetensors:0.80", "--lora", "c.safetensors"])
    given = {"lora": context.params["lora"]}
    spec = Sweep(["sd1.5"], [128], [0], given).specs("cat.png", "0" * 64, "0" * 64)[0]
    assert read_loras(spec.parameters["lora"]) == [
        LoraChoice(str(tmp_path / "a, b.safetensors"), 0.8),
        LoraChoice(str(tmp_path / "c.safetensors")),
    ]
    words = shlex.split(to_command_line(spec))
    again = dict([words[words.index("--set") + 1].split("=", 1)])
    assert Sweep(["sd1.5"], [128], [0], {**given, **again}).specs("cat.png", "0" * 64, "0" * 64)[0] == spec
    alone = command.make_context("run", ["cat.png", "--lora", "c.safetensors"]).params["lora"]
    old = Sweep(["sd1.5"], [128], [0], {"lora": alone}).specs("cat.png", "0" * 64, "0" * 64)[0]
    assert old.parameters["lora"] == str(tmp_path / "c.safetensors")


def test_loras_of_unlike_weights_are_not_the_same_trajectory() -> None:
    specs = [
        Sweep(["sd1.5"], [128], [0], {"lora": lora}).specs("cat.png", "0" * 64, "0" * 64)[0]
        for lora in ("/x/a.safetensors", "/y/a.safetensors", "/x/a.safetensors:0.5")
    ]
    assert without_places(specs[0]) == without_places(specs[1]) != without_places(specs[2])


@pytest.mark.parametrize(
    ("typed", "file"),
    [
        ("org/name", "org/name"),
        ("org/name@main:0.8", "org/name@main"),
        ("org/name/sub/style v2.safetensors:0.8", "org/name/sub/style v2.safetensors"),
        ("https://huggingface.co/org/name/blob/main/it.safetensors:0.8", "org/name/it.safetensors@main"),
        ("hf:org/name", "org/name"),
        ("loras/style.safetensors", "CWD/loras/style.safetensors"),
        ("here/name:0.8", "CWD/here/name"),
        ("./org/name", "CWD/org/name"),
    ],
)
def test_a_lora_may_be_on_the_hub_unless_the_path_is_there(
    typed: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "name").touch()
    value = TYPE.parse(typed)
    assert read_loras(value) == [LoraChoice(file.replace("CWD", str(tmp_path)), 0.8 if ":0.8" in typed else 1.0)]
    assert TYPE.accepts(value)
    assert TYPE.parse(str(value)) == value
    if ":0.8" not in typed:
        assert inpainters.parse_parameters("sd1.5", {"embedding": typed})["embedding"] == value


def test_a_page_of_another_host_is_no_path() -> None:
    value = TYPE.parse("https://civitai.com/models/1")
    with pytest.raises(InputError, match="is not a page of the hub: download the model's file"):
        require_usable("sd1.5", {"lora": value}, 128, 512)
