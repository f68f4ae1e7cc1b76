"""Servers that inpaint, from the commands: run, models, doctor, config; and in the queue."""

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import PIL.Image
import pytest

from riptui.cli.diagnosis import Diagnosis
from riptui.cli.doctor import check_servers
from riptui.cli.sweep_options import take_server_url
from riptui.errors import InputError
from riptui.events import Failed
from riptui.inpainters import complete_parameters, parse_parameters, require_usable
from riptui.planning.command_line import to_command_line
from riptui.results.curves import get_setting
from riptui.settings.paths import settings_file
from riptui.spec import ParameterValue
from riptui.store.asked_places import has_its_places, with_own_places
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.records import AskedServer, Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.trajectory_names import name_trajectory
from riptui.store.worker_environment import list_misfits, read_environment, variables_to_pass_on
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import register
from riptui.worker.loop import new_worker_record, serve
from tests.support.command import riptui
from tests.support.running import run_trajectory
from tests.support.served import PARAMETERS
from tests.support.stand_in_servers import StandIn, serve_stand_in
from tests.support.trajectories import MakeTrajectory, make_spec, picture

FEW = {"mask": 128, "amount": 50.0, "inpainter": "iopaint"}
"""Two iterations."""
IOPAINT = complete_parameters("iopaint", PARAMETERS["iopaint"])
URL = "RIPTUI_IOPAINT_URL"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with serve_stand_in("iopaint") as served:
        yield served


@pytest.fixture
def served(make_trajectory: MakeTrajectory, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Trajectory:
    """A trajectory for a server that the environment names."""
    trajectory = make_trajectory("g/t", parameters=IOPAINT, **FEW)
    monkeypatch.setenv(URL, stand_in.url)
    return trajectory


def write_settings(url: str) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(f'[servers.iopaint]\nurl = "{url}"\n')


# ── what is recorded ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.needs("servers")
def test_the_spec_has_no_url_and_the_session_says_what_painted(served: Trajectory, stand_in: StandIn) -> None:
    list(run_trajectory(served))
    assert "url" not in served.spec.parameters
    [session] = served.read_sessions()
    assert session.notes.items() >= {"server": "IOPaint", "model": "lama", "server url": stand_in.url}.items()
    assert riptui("check", served.path).code == 0


@pytest.mark.needs("servers")
def test_the_same_server_elsewhere_is_the_same_and_another_version_is_not(
    served: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(run_trajectory(served, should_stop=lambda: True))  # after one iteration
    with serve_stand_in("iopaint") as elsewhere:
        monkeypatch.setenv(URL, elsewhere.url)
        list(run_trajectory(served))
    assert len({session.notes["server url"] for session in served.read_sessions()}) == 2
    assert describe_mixed_sessions(served) == ""


@pytest.mark.needs("servers")
def test_another_version_of_a_server_is_mixed(served: Trajectory, stand_in: StandIn) -> None:
    list(run_trajectory(served, should_stop=lambda: True))
    stand_in.version = "1.11"
    list(run_trajectory(served))
    assert describe_mixed_sessions(served).startswith("server interface ")


def test_names_say_that_a_server_painted_and_have_no_json() -> None:
    spec = make_spec(picture(), parameters=IOPAINT, **FEW)
    assert name_trajectory(spec) == "m128-s0-iopaint-lama-a50-256px"
    assert spec.inpainter_name == "iopaint lama"
    comfyui = msgspec.structs.replace(spec, inpainter="comfyui", parameters={**PARAMETERS["comfyui"]})
    digest = get_setting(comfyui, "workflow")
    assert isinstance(digest, str)
    assert len(digest) == 8
    assert name_trajectory(comfyui) == f"m128-s0-comfyui-workflow{digest}-a50-256px"


# ── run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def picture_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.chdir(tmp_path)
    PIL.Image.fromarray(picture()).save("cat.png")
    return "cat.png"


@pytest.mark.needs("servers")
def test_a_server_that_is_away_or_has_another_model_is_refused_before_anything_is_made(
    picture_file: str, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, stand_in.url)
    for arguments, words in (
        (["--set", "model=mat"], "has the model lama loaded, not mat"),
        ([], "iopaint needs the model that its server has loaded: --set model=NAME"),
        (["--set", "model=lama", "--set", "url=http://127.0.0.1:9"], "at http://127.0.0.1:9 cannot be reached"),
    ):
        outcome = riptui("run", picture_file, "-i", "iopaint", *arguments)
        assert outcome.code in (1, 2)
        assert words in " ".join(outcome.err.split())
        assert not Path("runs").exists()


def test_a_url_of_the_command_line_goes_before_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "http://other")
    parameters: dict[str, ParameterValue] = {"url": "http://host:1/", "model": "lama"}
    take_server_url(parameters, ("iopaint", "telea"))
    assert (os.environ[URL], parameters) == ("http://host:1", {"model": "lama"})


@pytest.mark.parametrize(
    ("url", "names", "words"),
    [
        ("http://a:b@c", ("iopaint",), "--set url=: it has a user, a password"),
        ("x", ("iopaint",), "--set url=: it is "),
        ("http://c", ("iopaint", "a1111"), "--set url= is for one server, and these are iopaint, a1111"),
    ],
)
def test_a_url_that_is_none_is_refused(url: str, names: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError) as refused:
        take_server_url({"url": url}, names)
    assert str(refused.value).startswith(words)


def test_a_url_is_no_parameter_elsewhere() -> None:
    with pytest.raises(InputError, match=r"iopaint's url is not a parameter.*\[servers.iopaint\].*RIPTUI_IOPAINT_URL"):
        complete_parameters("iopaint", {"url": "http://x"})


def test_a_model_needs_no_name_of_the_hub() -> None:
    require_usable("iopaint", complete_parameters("iopaint", {"model": "no such: model"}), 64, 256)


# ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.needs("servers")
def test_a_worker_leaves_trajectories_of_a_server_that_is_away_in_the_queue(
    served: Trajectory, tmp_path: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.model = "mat"
    with register(tmp_path / "runs", new_worker_record(WorkerOptions(batch=1))) as entry:
        [(_, event)] = serve(entry, tmp_path / "runs", idle_seconds=0, should_stop=lambda: False)
    assert isinstance(event, Failed)
    assert "has the model mat loaded, not lama" in str(event.error)
    assert served.read_status() == Status.QUEUED
    assert served.failure is None


def test_a_chosen_url_is_in_the_request_and_workers_with_another_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = make_spec(picture(), parameters=IOPAINT, **FEW)
    write_settings("http://settings")
    assert with_own_places(Request(), spec).server is msgspec.UNSET
    assert has_its_places(Request())
    monkeypatch.setenv(URL, "http://chosen/")
    request = with_own_places(Request(), spec)
    assert request.server == AskedServer("iopaint", "http://chosen")
    assert has_its_places(request)
    assert with_own_places(Request("stop"), spec).server is msgspec.UNSET
    monkeypatch.delenv(URL)
    assert not has_its_places(request)
    write_settings("http://chosen")
    assert has_its_places(request)


def test_a_worker_with_another_server_or_without_credentials_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_environment()
    monkeypatch.setenv(URL, "http://x/")
    monkeypatch.setenv("RIPTUI_IOPAINT_AUTH", "ada:hunter2")
    assert list_misfits(before, uses_gpu=False) == [URL, "RIPTUI_IOPAINT_AUTH"]
    assert list_misfits(read_environment(), uses_gpu=False) == []
    assert variables_to_pass_on() == {URL: "http://x"}
    assert b"hunter2" not in msgspec.json.encode(read_environment())
    monkeypatch.setenv(URL, "http://ada:hunter2@x")
    assert b"hunter2" not in msgspec.json.encode(read_environment())


# ── what tells of it ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.needs("servers")
def test_doctor_says_whether_a_server_answers(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [*check_servers()] == []
    write_settings(stand_in.url)
    assert [*check_servers()] == [Diagnosis("ok", f"inpainter iopaint: {stand_in.url} answers: model lama")]
    monkeypatch.setenv(URL, "http://127.0.0.1:9")
    [found] = check_servers()
    assert found.state == "note"
    assert "cannot be reached" in found.what
    write_settings("x")
    monkeypatch.delenv(URL)
    [found] = check_servers()
    assert "servers.iopaint.url: it is " in found.what


@pytest.mark.needs("servers")
def test_models_and_config_tell_of_it() -> None:
    write_settings("http://gpu:8080")
    listed = {entry["name"]: entry for entry in json.loads(riptui("models", "--json").out)}
    assert [listed[name]["state"] for name in ("iopaint", "a1111")] == ["here", "missing"]
    assert listed["iopaint"]["summary"] == "server at http://gpu:8080"
    assert "iopaint = http://gpu:8080" in riptui("config").out


def test_the_command_that_repeats_a_trajectory_has_its_workflow() -> None:
    spec = make_spec(picture(), **FEW | {"inpainter": "comfyui", "parameters": {**PARAMETERS["comfyui"]}})
    workflow = next(word for word in shlex.split(to_command_line(spec)) if word.startswith("workflow="))
    assert parse_parameters("comfyui", {"workflow": workflow.partition("=")[2]}) == spec.parameters
