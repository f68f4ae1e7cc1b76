"""How LoRAs and their weights are written in one text."""

import json
from pathlib import Path

import pytest

from riptui import inpainters
from riptui.inpainters.lora_list import LoraChoice, LoraType, join_loras, read_loras, replace_files

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
