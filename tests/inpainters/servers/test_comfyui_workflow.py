"""A workflow's named inputs: what is filled in, what is refused, and that whichever channel a node reads is right."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.errors import InputError
from riptui.inpainters import complete_parameters, parse_parameters, require_usable
from riptui.inpainters.servers.comfyui_workflow import ComfyuiWorkflow
from riptui.testing.inpainter_rules import make_masks
from tests.inpainters.servers.conftest import Serve
from tests.support.served import SIZE, load_served, paint
from tests.support.stand_in_servers import WORKFLOW


def change(**nodes: Any) -> str:
    """The usual workflow with other nodes; None leaves one out."""
    changed = deepcopy(WORKFLOW) | {name.removeprefix("n"): node for name, node in nodes.items()}
    return json.dumps({number: node for number, node in changed.items() if node is not None})


def titled(title: str, kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


def test_the_named_inputs_are_filled_in_and_nothing_else() -> None:
    workflow = ComfyuiWorkflow(change())
    filled = workflow.fill(image="a [temp]", mask="b [temp]", seed=5)
    assert filled["1"]["inputs"] == {"image": "a [temp]"}
    assert filled["2"]["inputs"] == {"image": "b [temp]", "channel": "red"}
    assert filled["3"]["inputs"] == {"seed": 5, "image": ["1", 0]}
    assert (filled["4"]["class_type"], filled["4"]["inputs"]) == ("PreviewImage", {"images": ["3", 0]})
    assert workflow.fill(image="", mask="", seed=6)["3"]["inputs"]["seed"] == 6
    assert workflow.takes_mask


@pytest.mark.parametrize("name", ["seed", "noise_seed", "value"])
def test_a_seed_may_have_several_names(name: str) -> None:
    filled = ComfyuiWorkflow(change(n3=titled(" SEED ", "X", **{name: 1}))).fill(image="", mask="", seed=9)
    assert filled["3"]["inputs"] == {name: 9}


def test_a_workflow_without_noise_needs_no_seed() -> None:
    lama = {"class_type": "INPAINT_InpaintWithModel", "inputs": {"image": ["1", 0], "seed": ["9", 0]}}
    assert ComfyuiWorkflow(change(n3=lama)).output == "4"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps({"nodes": [], "links": []}), "the format of ComfyUI's page: use File, Export"),
        (json.dumps({"1": {"class_type": "X"}}), "node '1' is not a node"),
        (change(n1=None), "no nodes with the title image: give a node that title"),
        (change(n4=None), "no nodes with the title output"),
        (change(n5=titled("output", "SaveImage", images=[])), "2 nodes with the title output"),
        (change(n1=titled("image", "EmptyImage", width=5)), "image is a EmptyImage, which loads no picture"),
        (change(n2=titled("mask", "SolidMask", value=1)), "mask is a SolidMask, which loads no picture"),
        (change(n3=titled("seed", "X", cfg=7)), "seed is a X, which has none of seed, noise_seed, value"),
        (
            change(n3=titled("sampler", "KSampler", seed=7)),
            "KSampler would begin with the same noise in each iteration",
        ),
    ],
)
def test_what_is_missing_is_a_line_before_any_work(text: str, words: str) -> None:
    parameters = complete_parameters("comfyui", parse_parameters("comfyui", {"workflow": text}))
    with pytest.raises(InputError) as refused:
        require_usable("comfyui", parameters, 64, 256)
    assert words in str(refused.value)


def test_without_a_workflow_nothing_is_computed() -> None:
    with pytest.raises(InputError, match="needs a workflow in ComfyUI's API format: --set workflow=FILE"):
        require_usable("comfyui", complete_parameters("comfyui", {}), 64, 256)


def test_the_parameter_is_what_the_file_says_so_that_the_file_decides_no_spec(tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps({"b": 1, "a": {"ä": 2}}, indent=4))
    typed = parse_parameters("comfyui", {"workflow": str(file)})
    assert (
        typed
        == parse_parameters("comfyui", {"workflow": ' {"a":{"ä":2}, "b":1}'})
        == {"workflow": '{"a":{"ä":2},"b":1}'}
    )
    assert parse_parameters("comfyui", {"workflow": "none"}) == {"workflow": None}


@pytest.mark.parametrize(
    ("content", "words"), [(b"[1]", "has no JSON object"), (b"\xff", "is not JSON"), (None, "No such file")]
)
def test_a_file_without_an_object_is_refused(content: bytes | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=words):
        parse_parameters("comfyui", {"workflow": str(file)})


@pytest.mark.needs("servers")
@pytest.mark.parametrize(
    "mask_node",
    [
        titled("mask", "LoadImageMask", image="", channel="red"),
        titled("mask", "LoadImageMask", image="", channel="alpha"),
        titled("mask", "LoadImage", image=""),
        None,
    ],
)
def test_the_hole_is_right_whichever_channel_a_node_reads(mask_node: dict[str, Any] | None, serve: Serve) -> None:
    serve("comfyui")
    typed = parse_parameters("comfyui", {"workflow": change(n2=mask_node)})
    images, outputs = paint(load_served("comfyui", **typed), 2)
    assert np.array_equal(outputs, np.where(make_masks(2, SIZE)[..., None], 255 - images, images))
