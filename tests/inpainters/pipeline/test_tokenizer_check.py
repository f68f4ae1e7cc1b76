"""Tokenizers that load and read prompts otherwise than the text encoder learned are refused by name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

from riptui.errors import WeightsError
from riptui.inpainters.models import model_parts
from riptui.inpainters.pipeline import components
from tests.support.tiny_checkpoints import Checkpoints, checkpoints

__all__ = ["checkpoints"]


def shift(content: Any) -> None:
    content["model"]["vocab"] = {token: number + 1000 for token, number in content["model"]["vocab"].items()}


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("tokenizer.json", lambda content: content["model"].update(merges=[]), "has no merges"),
        ("tokenizer.json", shift, "tokens, and its text encoder knows 56: they are not of one model"),
        (
            "tokenizer_config.json",
            lambda content: content.update(model_max_length=512),
            r"takes 512 tokens \(model_max_length\), and its text encoder 77",
        ),
    ],
)
@pytest.mark.parametrize(("family", "part"), [("sd2", "tokenizer"), ("sdxl", "tokenizer_2")])
def test_a_tokenizer_that_reads_otherwise_is_refused(
    family: str,
    part: str,
    file: str,
    change: Callable[[Any], Any],
    said: str,
    checkpoints: Checkpoints,
    tmp_path: Path,
) -> None:
    folder = Path(shutil.copytree(checkpoints[family], tmp_path / family))
    path = folder / part / file
    change(content := json.loads(path.read_text()))
    path.write_text(json.dumps(content))
    checkpoint = model_parts.find_checkpoint({"model": str(folder)})
    with pytest.raises(WeightsError, match=f"it's {part} .*{said}"):
        components.load_components(checkpoint, "it", [part], dtype=None, allow_pickle=False)


@pytest.mark.parametrize("family", ["sd2", "sd3", "flux-fill"])
def test_whole_ones_are_not(family: str, checkpoints: Checkpoints) -> None:
    checkpoint = model_parts.find_checkpoint({"model": str(checkpoints[family])})
    wanted = [part for part in checkpoint.classes if part.startswith("tokenizer")]
    assert [*components.load_components(checkpoint, "it", wanted, dtype=None, allow_pickle=False)] == wanted
