"""The command line of a spec makes that spec again."""

import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from riptui.cli.commands import riptui
from riptui.cli.commands.generate import generate
from riptui.cli.commands.run import run
from riptui.cli.sweep_options import parse_settings as pairs
from riptui.cli.sweep_options import read_paste
from riptui.inpainters import spec_parameters
from riptui.planning.command_line import to_command_line
from riptui.planning.generation import plan_generation
from riptui.planning.sweep import Interventions, Sweep
from riptui.spec import DRAWN_ORDERS, FITS, PASTE_BASES, Spec
from tests.support.trajectories import make_spec, picture

SPECS = st.builds(
    make_spec,
    st.just(picture()),
    mask=st.sampled_from([16, 64, 128]),
    seed=st.integers(0, 2**53),
    amount=st.floats(0.1, 1e6),
    order=st.sampled_from(DRAWN_ORDERS),
    fit=st.sampled_from(FITS),
    paste=st.just(True),
    onto=st.sampled_from(PASTE_BASES),
    anchor=st.sampled_from([0, 8]),
    source_name=st.sampled_from(["cat.png", "a b.jpg", "-rf.png", "it's.png", "ü.png"]),
    inpainter=st.sampled_from(["navier-stokes", "noise", "telea"]),
    parameters=st.just({}),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SPECS, st.sampled_from([{}, {"radius": 7}, {"radius": 2.5}]))
def test_the_command_line_of_a_spec_makes_that_spec_again(spec: Spec, given: dict[str, Any]) -> None:
    parameters = spec_parameters(spec.inpainter, given if spec.inpainter != "noise" else {})
    assert round_trip(replace(spec, parameters=parameters)) == replace(spec, parameters=parameters)


@pytest.mark.parametrize(
    "told",
    [{"prompt": "a 'red' barn; rm -rf"}, {"guidance": 1.0, "steps": 20}, {"scheduler": "DDIM", "allow_pickle": True}],
)
def test_so_does_that_of_a_diffusion_model(told: dict[str, Any]) -> None:
    spec = make_spec(picture(), inpainter="sd2", parameters=spec_parameters("sd2", told))
    assert round_trip(spec) == spec


@pytest.mark.parametrize(
    "fields",
    [
        {"paste": False},
        {"onto": "original"},
        {"anchor": 3, "paste": False},
        {"schedule": "radius=2..9"},
        {"match": "border", "feather": 9},
    ],
)
def test_so_does_that_of_another_protocol(fields: dict[str, Any]) -> None:
    spec = make_spec(picture(), **fields)
    assert round_trip(spec) == spec


def test_that_of_pictures_from_a_prompt_is_riptui_generate() -> None:
    told: dict[str, Any] = {
        "model": "org/name",
        "revision": "main",
        "prompt": "an 'owl'; rm -rf",
        "steps": 20,
        "lora": "a/b:0.5",
    }
    spec = make_spec(
        picture(512), mask=512, seed=7, inpainter="text-to-image", parameters=spec_parameters("text-to-image", told)
    )
    words = shlex.split(to_command_line(spec))
    assert words[:2] == ["riptui", "generate"]
    with generate.make_context("generate", words[2:], **riptui.context_settings) as context:
        given = context.params
    parameters = pairs(given["key_values"])
    [sweep] = plan_generation(given["prompt"], given["models"], [], given["seeds"], parameters, given["size"])
    [made] = sweep.specs(spec.source_name, spec.source_sha256, spec.original_sha256)
    assert made == spec


def round_trip(spec: Spec) -> Spec:
    """What `riptui run` understands of the command line."""
    words = shlex.split(to_command_line(spec))
    assert words[:2] == ["riptui", "run"]
    with run.make_context("run", words[2:], **riptui.context_settings) as context:
        given = context.params
    [image] = given["images"]
    assert str(image) == spec.source_name
    is_pasted, onto = read_paste(given["paste"], given["no_paste"])
    sweep = Sweep(
        given["inpainters"],
        given["masks"],
        given["seeds"],
        pairs(given["key_values"]),
        given["amount"],
        given["order"],
        given["squares"],
        is_pasted,
        given["size"],
        given["fit"],
        Interventions(onto, given["anchor"], "\n".join(given["schedules"]), given["match"], given["feather"]),
    )
    [made] = sweep.specs(spec.source_name, spec.source_sha256, spec.original_sha256)
    return made
