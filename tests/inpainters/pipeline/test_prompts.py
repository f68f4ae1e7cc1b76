"""Prompts that text encoders cut, and prompts with weights, against compel on a plain pipeline."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import torch
from safetensors.torch import save_file

from riptui.engine import BatchRunner
from riptui.errors import InputError, MissingExtraError
from riptui.events import Iterated, Notice
from riptui.inpainters.pipeline import prompts
from riptui.inpainters.pipeline.prompts import Prompts, PromptSyntax
from riptui.inpainters.silence import silence_libraries
from tests.inpainters.test_diffusion import loaded, plain_pipeline, told
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import MakeTrajectory

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

LONG = " ".join(["cat"] * 400)
FIRST_75 = " ".join(["cat"] * 75)


def encode(pipeline: Any, prompt: str, negative: str | None = "", syntax: PromptSyntax = "compel") -> Prompts:
    with silence_libraries():
        return prompts.encode(pipeline, prompt, negative, 7.0, syntax)


@pytest.fixture
def families(checkpoints: Checkpoints) -> dict[str, Any]:
    class Pipelines(dict[str, Any]):
        def __missing__(self, family: str) -> Any:
            self[family] = plain_pipeline(checkpoints[family], family)
            return self[family]

    return Pipelines()


@pytest.mark.parametrize(
    ("family", "limits"),
    [
        ("sd1.5", {"text_encoder": 75}),
        ("sdxl", {"text_encoder, text_encoder_2": 75}),
        ("sd3", {"text_encoder, text_encoder_2": 75, "text_encoder_3": 255}),
        ("flux-fill", {"text_encoder": 75, "text_encoder_2": 511}),
    ],
)
def test_each_encoder_that_cuts_a_prompt_is_told_with_what_is_left_out(
    family: str, limits: dict[str, int], families: dict[str, Any]
) -> None:
    cuts = encode(families[family], LONG, syntax="plain").notes["prompt"].split("; ")
    assert len(cuts) == len(limits)
    for cut, (encoders, taken) in zip(cuts, limits.items(), strict=True):
        assert cut.startswith(f"{encoders} takes {taken} of ")
        assert cut.endswith(" ...'")


def test_a_prompt_that_just_fits_is_not_cut(families: dict[str, Any]) -> None:
    found = encode(families["sd1.5"], FIRST_75, FIRST_75 + " dog", "plain")
    assert found.notes == {"negative prompt": "text_encoder takes 75 of 78 tokens, without 'dog'"}
    assert found.notices == ["the negative prompt is cut: text_encoder takes 75 of 78 tokens, without 'dog'"]


def test_a_negative_prompt_that_is_not_looked_at_is_not_told(families: dict[str, Any]) -> None:
    assert prompts.encode(families["sd1.5"], "a cat", LONG, 1.0).notes == {}


def test_cuts_are_told_before_the_first_iteration_and_recorded(
    checkpoints: Checkpoints, make_trajectory: MakeTrajectory
) -> None:
    parameters = {**told(checkpoints["sd1.5"], "sd1.5", prompt=LONG), "steps": 2}
    trajectory = make_trajectory(mask=128, amount=25, inpainter="sd1.5", parameters=parameters)
    waiting = [trajectory]
    found = [event for _, event in BatchRunner(device="cpu").run(lambda _: waiting.pop(0) if waiting else None)]
    notice = next(event for event in found if isinstance(event, Notice))
    assert notice.text.startswith("the prompt is cut: text_encoder takes 75 of 400 tokens, without 'cat cat")
    kinds = [type(event) for event in found]
    assert kinds.index(Notice) < kinds.index(Iterated)
    [session] = trajectory.read_sessions()
    assert session.notes["prompt"].startswith("text_encoder takes 75 of 400 tokens")


def test_a_learned_embedding_counts_its_vectors(checkpoints: Checkpoints, tmp_path: Path) -> None:
    save_file({"<mine>": torch.randn(80, 32)}, tmp_path / "long.safetensors")
    found = loaded(checkpoints["sd1.5"], "sd1.5", embedding=str(tmp_path / "long.safetensors"))
    assert found.notes["prompt"].startswith("text_encoder takes 75 of 80 tokens, without '<learned>_75")
    [notice] = found.notices
    assert notice == f"the prompt is cut: {found.notes['prompt']}"


def test_an_embedding_for_one_of_two_encoders_is_told(checkpoints: Checkpoints, tmp_path: Path) -> None:
    save_file({"<mine>": torch.randn(1, 32)}, tmp_path / "one.safetensors")
    found = loaded(checkpoints["sdxl"], "sdxl", embedding=str(tmp_path / "one.safetensors"))
    [notice] = found.notices
    assert notice.endswith(found.notes["embedding use"])
    assert "is for text_encoder alone: text_encoder_2 reads the word <learned> as plain text" in notice


# --- weights


@pytest.mark.needs("prompts")
@pytest.mark.parametrize("family", ["sd2", "sd1.5", "sdxl", "flux-fill"])
@pytest.mark.parametrize("prompt", ["a (cat:1.3) dog", "(a (big:0.5) cat:1.5)"])
def test_weights_are_those_of_compel(family: str, prompt: str, families: dict[str, Any]) -> None:
    compel = pytest.importorskip("compel")
    kinds = {"sdxl": compel.CompelForSDXL, "flux-fill": compel.CompelForFlux}
    native = {"a (cat:1.3) dog": "a (cat)1.3 dog", "(a (big:0.5) cat:1.5)": "(a (big)0.5 cat)1.5"}
    expected = kinds.get(family, compel.CompelForSD)(families[family])(native[prompt])
    found = encode(families[family], prompt)
    assert torch.equal(found.embeddings["prompt_embeds"], expected.embeds)
    if expected.pooled_embeds is not None:
        assert torch.equal(found.embeddings["pooled_prompt_embeds"], expected.pooled_embeds)
    assert found.notes == {"compel": version("compel")}


@pytest.mark.needs("prompts")
def test_without_weights_compel_gives_what_the_pipeline_gives(checkpoints: Checkpoints) -> None:
    for family in ("sd1.5", "sdxl"):
        plain, weighted = (
            encode(plain_pipeline(checkpoints[family], family), "a cat", None, syntax).embeddings
            for syntax in ("plain", "compel")
        )
        assert plain.keys() == weighted.keys()
        for name, tensor in plain.items():
            assert torch.allclose(tensor, weighted[name], atol=1e-5)


@pytest.mark.needs("prompts")
@pytest.mark.exhaustive
def test_long_prompts_are_not_cut_but_for_the_pooled_vector(families: dict[str, Any]) -> None:
    found = encode(families["sd1.5"], FIRST_75 + " dog", "dog")
    assert {tensor.shape for tensor in found.embeddings.values()} == {(1, 2 * 77, 32)}
    assert "prompt" not in found.notes
    assert (
        encode(families["sdxl"], FIRST_75 + " dog")
        .notes["prompt"]
        .startswith("the pooled vector of text_encoder_2 takes 75 of")
    )
    assert "text_encoder_2 takes 511 of" in encode(families["flux-fill"], "(" + "b" * 600 + ":1.1)").notes["prompt"]


@pytest.mark.needs("prompts")
@pytest.mark.parametrize(
    ("family", "prompt", "message"),
    [
        ("sd3", "a cat", "compel does not encode prompts for StableDiffusion3InpaintPipeline"),
        ("sd1.5", "a cat.swap(dog)", "uses .swap\\(\\), which compel does not carry out"),
        ("sd1.5", "useLora(x, 0.5) cat", "asks for a LoRA: give it with --lora FILE:WEIGHT"),
        ("sd1.5", '("a", "b").and() tail', "is not in compel's syntax: Expected end of text, found 'tail'"),
        ("flux-fill", '("a", "b").and()', "compel cannot join prompts for FluxFillPipeline"),
    ],
)
def test_what_compel_cannot_do_is_refused(family: str, prompt: str, message: str, families: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=message):
        encode(families[family], prompt)


def test_without_compel_the_extra_is_named(families: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compel", None)
    with pytest.raises(MissingExtraError, match=r"compel, which is not installed: pip install 'riptui\[prompts\]'"):
        encode(families["sd1.5"], "a cat++")
