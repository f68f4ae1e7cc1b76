"""Whether the weights at a place computed a trajectory: files that may be any part of a model."""

from pathlib import Path

import pytest

pytest.importorskip("safetensors", reason="needs riptui[diffusion]")

from riptui.inpainters.models.weight_check import FILE, unlike_place

RECORDED = {"unet": "u", "vae": "v", "lora": "l m", "file": "f"}
ONE_FILE = {"model": "/x/model.safetensors", "lora": '["/x/a.safetensors", "/x/b.safetensors:0.5"]'}


@pytest.mark.parametrize("digest", ["f", "l", "m"])
def test_a_file_is_whichever_part_has_its_content(digest: str) -> None:
    assert unlike_place({FILE: digest}, [RECORDED], ONE_FILE) == []


def test_a_file_that_no_part_has_is_unlike_all_that_are_files() -> None:
    assert unlike_place({FILE: "z"}, [RECORDED], ONE_FILE) == ["file", "lora"]
    assert unlike_place({FILE: "v"}, [RECORDED], ONE_FILE) == ["file", "lora"]  # a VAE of the model's folder is no file
    assert unlike_place({FILE: "v"}, [RECORDED], ONE_FILE | {"vae": "/x/sharp.pt"}) == []
    assert unlike_place({FILE: "u"}, [RECORDED], {"model": str(Path("/x")), "gguf": "/x/q.gguf"}) == []
    assert unlike_place({FILE: "u"}, [RECORDED], {"model": str(Path("/x"))}) is None


def test_parts_that_were_taken_from_elsewhere_do_not_count() -> None:
    model = {"model_index": "i", "unet": "u", "vae": "own"}
    recorded = [RECORDED | {"model_index": "i"}]
    assert unlike_place(model, recorded, {"model": "/x"}) == ["vae"]
    assert unlike_place(model, recorded, {"model": "/x", "vae": "/y"}) == []
    assert unlike_place(model, [{}], {"model": "/x"}) is None
