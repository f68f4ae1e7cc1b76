"""A worker with another cache of the hub leaves trajectories whose models would be looked for in it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui.store.asked_places import has_its_places, own_folder, with_own_places
from riptui.store.disk_queue import DiskQueue
from riptui.store.records import Request
from riptui.store.trust import Trust
from riptui.supervision.client import request_state
from riptui.worker.loop import _accepts
from tests.support.trajectories import MakeTrajectory, make_spec, picture

HUB: dict[str, Any] = {"inpainter": "sd2"}
LOCAL: dict[str, Any] = {"inpainter": "diffusion", "parameters": {"model": "/models/sd2"}}


@pytest.mark.parametrize(
    ("fields", "uses"),
    [
        (HUB, True),
        (LOCAL, False),
        ({"inpainter": "navier-stokes"}, False),
        ({**LOCAL, "parameters": {"model": "/models/it.safetensors"}}, True),  # its configurations are
        ({**LOCAL, "parameters": {"model": "/models/it.safetensors", "config": "/models/sd"}}, False),
        ({**LOCAL, "parameters": {"model": "/models/sd2", "lora": "org/style:0.8"}}, True),
        ({**LOCAL, "parameters": {"model": "/models/sd2", "vae": "org/vae"}}, True),
    ],
)
def test_a_request_says_where_the_models_of_the_hub_are(fields: dict[str, Any], uses: bool) -> None:
    spec = make_spec(picture(), **fields)
    assert with_own_places(Request(), spec).hub_folder == (own_folder() if uses else msgspec.UNSET)
    assert with_own_places(Request("stop"), spec).hub_folder is msgspec.UNSET


def test_another_cache_leaves_it_until_it_is_asked_for_from_there(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_trajectory("cat/hub", **HUB)
    make_trajectory("cat/local", **LOCAL)

    def taken() -> set[str]:
        trust = Trust(hub.path.stat().st_uid)
        queue = DiskQueue(tmp_path / "runs", lambda trajectory: _accepts(trust, trajectory))
        queue.scan(now=True)
        return {waiting.trajectory.path.name for waiting in queue.waiting}

    assert taken() == {"hub", "local"}
    monkeypatch.setenv("HF_HOME", str(tmp_path / "other"))
    assert taken() == {"local"}
    request_state(hub, "run")
    assert taken() == {"hub", "local"}
    monkeypatch.delenv("HF_HOME")
    assert taken() == {"local"}


def test_another_host_has_a_cache_of_its_own() -> None:
    asked = msgspec.structs.replace(own_folder(), path="/elsewhere")
    assert not has_its_places(Request(hub_folder=asked))
    assert has_its_places(Request(hub_folder=msgspec.structs.replace(asked, host="node-7")))
    assert has_its_places(Request())
