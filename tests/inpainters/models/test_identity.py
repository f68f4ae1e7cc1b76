"""What a model's weights are is recorded, wherever they are: changed, moved and copied models."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import huggingface_hub.constants
import torch
from safetensors.torch import load_file, save_file

from riptui import inpainters
from riptui.cli import main
from riptui.engine import BatchRunner
from riptui.errors import InputError
from riptui.events import Notice
from riptui.inpainters.inpainter import JOINT_VARIANT
from riptui.inpainters.models import file_digests, identity, moved_weights
from riptui.planning.same_weights import find_same_weights
from riptui.settings.paths import cache_folder
from riptui.store import layout
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.records import Session, encode_line
from riptui.store.trajectory import Status, Trajectory
from riptui.store.trajectory_names import name_trajectory
from tests.inpainters.models.test_checkpoint import COMMIT, in_cache
from tests.inpainters.pipeline.test_components import in_variant
from tests.inpainters.test_diffusion import loaded, told
from tests.support.tiny_checkpoints import Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import MakeTrajectory

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]


@pytest.fixture
def model(checkpoints: Checkpoints, tmp_path: Path) -> Path:
    """A checkpoint's copy, old enough for its digests to be kept."""
    folder = Path(shutil.copytree(checkpoints["sd2"], tmp_path / "model"))
    age(folder)
    return folder


def age(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 100,) * 2)


def replace_weights(folder: Path, component: str = "unet") -> None:
    path = next((folder / component).glob("*.safetensors"))
    tensors = {name: tensor + 0.3 * torch.ones(tensor.shape) for name, tensor in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


def recorded(notes: dict[str, str]) -> dict[str, str]:
    return {name: note for name, note in notes.items() if name.startswith("weights of ")}


@pytest.fixture
def stopped(model: Path, make_trajectory: MakeTrajectory) -> Callable[..., Trajectory]:
    """A trajectory of which a session computed one of two iterations."""

    def make(**given: Any) -> Trajectory:
        trajectory = make_trajectory(mask=128, amount=50, **told_for(model, **given))
        run(trajectory, iterations=1)
        assert len(trajectory.read_rows()) == 1
        return trajectory

    return make


def told_for(model: Path, **given: Any) -> dict[str, Any]:
    return {"inpainter": "diffusion", "parameters": {**told(model, "diffusion", **given), "steps": 2}}


def run(*trajectories: Trajectory, iterations: int = 1000, runner: BatchRunner | None = None) -> list[str]:
    """Run them one after the other; return the notices."""
    waiting, left = list(trajectories), iterations

    def should_stop() -> bool:
        nonlocal left
        left -= 1
        return left <= 0

    runner = runner or BatchRunner(device="cpu")
    events = [event for _, event in runner.run(lambda _: waiting.pop(0) if waiting else None, should_stop=should_stop)]
    return [event.text for event in events if isinstance(event, Notice)]


def test_each_part_of_a_model_is_recorded_and_weights_that_are_replaced_are_told_apart(
    stopped: Callable[..., Trajectory], model: Path
) -> None:
    trajectory = stopped()
    first = recorded(trajectory.read_sessions()[0].notes)
    assert first.keys() == {f"weights of {part}" for part in (*parts(model), "model_index")}
    replace_weights(model)
    notices = run(trajectory)
    assert trajectory.read_status() is Status.DONE
    second = recorded(trajectory.read_sessions()[1].notes)
    assert [part for part in first if first[part] != second[part]] == ["weights of unet"]
    digests = [notes["weights of unet"][:12] for notes in (first, second)]
    assert describe_mixed_sessions(trajectory) == f"weights of unet {', then '.join(digests)}"
    assert notices == [f"{model} has changed since the last session: unet"]


def parts(folder: Path) -> list[str]:
    index = json.loads((folder / "model_index.json").read_text())
    return [name for name, value in index.items() if isinstance(value, list) and value[0]]


@pytest.mark.parametrize("replaced", ["scheduler", "tokenizer", "text_encoder", "vae"])
def test_every_file_that_decides_pixels_counts(replaced: str, model: Path) -> None:
    before = identity.read_weights({"model": str(model)})
    path = next(path for path in sorted((model / replaced).iterdir()) if path.suffix == ".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"changed": True}))
    assert not before.is_unchanged
    after = identity.read_weights({"model": str(model)}).identity
    assert identity.unlike_parts(before.identity, after) == [replaced]


def test_what_libraries_note_in_configurations_does_not_count(model: Path) -> None:
    before = identity.read_weights({"model": str(model)}).identity
    for path in model.glob("*/config.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"_name_or_path": "/elsewhere"}, indent=7))
    assert identity.read_weights({"model": str(model)}).identity == before


def test_another_decoder_and_adapters_are_recorded(model: Path, checkpoints: Checkpoints, tmp_path: Path) -> None:
    lora = tmp_path / "a.safetensors"
    lora.write_bytes(b"a LoRA")
    vae = Path(shutil.copytree(checkpoints["sd1.5"] / "vae", tmp_path / "vae"))
    plain = identity.read_weights({"model": str(model)}).identity
    found = identity.read_weights({"model": str(model), "vae": str(vae), "lora": str(lora)})
    assert identity.unlike_parts(plain, found.identity) == ["vae"]
    assert found.identity["lora"] == file_digests.file_sha256(lora)
    assert "weights of vae" in loaded(model, vae=str(vae)).notes
    replace_weights(vae.parent, "vae")
    assert not found.is_unchanged


def test_each_of_several_loras_is_recorded_and_found_where_it_moved(model: Path, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.safetensors", "b, c:1.safetensors")]
    for path in paths:
        path.write_bytes(path.name.encode())
    moved = tmp_path / "elsewhere" / "b.safetensors"
    moved.parent.mkdir()
    shutil.copy(paths[1], moved)
    age(tmp_path)
    file_digests.file_sha256(moved)
    value = json.dumps([str(paths[0]), f"{paths[1]}:0.5"])
    weights = identity.read_weights({"model": str(model), "lora": value})
    digests = weights.identity["lora"].split()
    assert digests == [file_digests.file_sha256(path) for path in paths]
    paths[1].unlink()
    with pytest.raises(InputError, match=r"does not exist.*ORG/NAME\[/FILE\]"):
        identity.read_weights({"model": str(model), "lora": value})
    notes = {**weights.notes, "lora": f"a.safetensors, SHA-256 {digests[0]}; b.safetensors, SHA-256 {digests[1]}"}
    found = moved_weights.find_moved(weights.parameters, identity.recorded_identity(notes))
    assert json.loads(str(found["lora"])) == [str(paths[0]), f"{moved}:0.5"]
    assert identity.used_weights(found, notes)


def test_the_digest_of_a_file_is_computed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    age(tmp_path)
    one = file_digests.file_sha256(path)
    with monkeypatch.context() as patched:
        patched.setattr(file_digests.hashlib, "file_digest", None)
        assert file_digests.file_sha256(path) == one
    path.write_bytes(b"two")
    os.utime(path, (time.time() - 50,) * 2)
    assert file_digests.file_sha256(path) != one
    (cache_folder() / f"{file_digests.CACHE}.json").write_bytes(b"{torn")
    assert file_digests.file_sha256(path) != one


@pytest.mark.exhaustive
def test_a_warm_worker_loads_a_model_again_whose_files_have_changed(
    model: Path, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[object] = []
    load = inpainters.load
    monkeypatch.setattr(inpainters, "load", lambda *given, **named: loads.append(given) or load(*given, **named))
    runner = BatchRunner(device="cpu")
    first, second, third = (
        make_trajectory(f"t{seed}", mask=128, amount=25, seed=seed, **told_for(model)) for seed in (1, 2, 3)
    )
    run(first, runner=runner)
    run(second, runner=runner)
    assert len(loads) == 1
    replace_weights(model)
    run(third, runner=runner)
    assert len(loads) == 2
    notes = [recorded(trajectory.read_sessions()[0].notes) for trajectory in (first, second, third)]
    assert notes[0] == notes[1] != notes[2]


def test_a_model_that_moved_is_found_again_by_its_content(
    stopped: Callable[..., Trajectory], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trajectory = stopped()
    moved = tmp_path / "mount" / "models" / "it"
    moved.parent.mkdir(parents=True)
    model.rename(moved)
    assert main(["check", str(trajectory.path), "--weights", str(moved)]) == 0
    assert "the weights are those that computed it" in capsys.readouterr().out
    assert run(trajectory) == [f"{model} is gone; {moved} is used, which has the same content"]
    assert trajectory.read_status() is Status.DONE
    assert describe_mixed_sessions(trajectory) == ""


def test_another_model_is_not_taken_for_one_that_is_gone(
    stopped: Callable[..., Trajectory], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trajectory = stopped()
    other = model.rename(tmp_path / "other")
    replace_weights(other)
    assert main(["check", str(trajectory.path), "--weights", str(other)]) == 1
    assert "other weights computed it: unet" in capsys.readouterr().out
    run(trajectory)
    assert trajectory.read_status() is Status.FAILED
    assert "If it moved, show riptui the new place: riptui check RUNS --weights PATH" in trajectory.failure.error


def test_a_new_command_with_the_same_weights_elsewhere_continues_the_trajectory(
    stopped: Callable[..., Trajectory], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    in_cache(tmp_path / "hub", "org/name", model)
    trajectory = stopped()
    named = trajectory.path.rename(trajectory.path.with_name(name_trajectory(trajectory.spec)))
    for place in ({"model": "org/name", "revision": "main"}, {"model": str(tmp_path / "hub/models--org--name")}):
        spec = msgspec.structs.replace(trajectory.spec, parameters=trajectory.spec.parameters | place)
        found = find_same_weights(named.parent, spec)
        assert found is not None
        assert found.path == named
    replace_weights(next((tmp_path / "hub").glob("*/snapshots/*")))
    spec = msgspec.structs.replace(spec, parameters=spec.parameters | {"model": "org/name", "revision": "main"})
    assert find_same_weights(named.parent, spec) is None


def test_a_session_of_an_older_release_is_not_unlike(stopped: Callable[..., Trajectory], model: Path) -> None:
    trajectory = stopped()
    [session] = trajectory.read_sessions()
    forget_weights(trajectory, session)
    run(trajectory)
    assert len(trajectory.read_sessions()) == 2
    assert describe_mixed_sessions(trajectory) == ""


def test_each_part_of_a_model_is_recognised_alone_and_an_own_vae_is_not_missed(
    model: Path, checkpoints: Checkpoints, capsys: pytest.CaptureFixture[str], stopped: Callable[..., Trajectory]
) -> None:
    vae = Path(shutil.copytree(model / "vae", model.parent / "sharper"))
    replace_weights(vae.parent, vae.name)
    trajectory = stopped(vae=str(vae))
    unet = model / "unet"
    for place, unlike in (
        (model, []),
        (unet, []),
        (next(unet.glob("*.safetensors")), []),
        (model / "text_encoder", []),
        (vae, []),
        (model / "vae", ["vae"]),
        (checkpoints["sd1.5"] / "unet", ["unet"]),
    ):
        main(["check", str(trajectory.path), "--weights", str(place), "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (found["weights"], found["unlike"]) == ("unlike" if unlike else "same", unlike), place


@pytest.mark.parametrize(
    ("notes", "given", "same"),
    [
        ({"model": COMMIT}, {}, True),
        ({"model": COMMIT[::-1]}, {}, False),
        ({}, {}, False),
        ({"model": COMMIT}, {"vae": "other"}, False),
        ({"model": COMMIT, "lora": f"x.safetensors, SHA-256 {'0' * 64}"}, {}, False),
    ],
)
def test_of_a_session_of_an_older_release_the_commit_tells_the_weights(
    notes: dict[str, str],
    given: dict[str, str],
    same: bool,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    in_cache(tmp_path / "hub", "org/name", model)
    given = {key: str(model / "vae") for key in given}
    for revision in ("main", COMMIT):
        parameters = {"model": "org/name", "revision": revision, **given}
        assert identity.used_weights(parameters, notes) is same
    absent = {"model": "org/absent", "revision": COMMIT, **given}
    assert identity.used_weights(absent, notes) is same
    assert not identity.used_weights(absent | {"revision": "main"}, notes)


def forget_weights(trajectory: Trajectory, session: Session) -> None:
    """Leave out what older releases did not record."""
    notes = {name: note for name, note in session.notes.items() if name not in recorded(session.notes)}
    (trajectory.path / layout.SESSIONS).write_bytes(encode_line(msgspec.structs.replace(session, notes=notes)))


def test_what_an_older_release_did_not_record_is_said(
    stopped: Callable[..., Trajectory], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trajectory = stopped()
    forget_weights(trajectory, trajectory.read_sessions()[0])
    assert main(["check", str(trajectory.path), "--weights", str(model), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "unknown"


def test_weights_that_were_loaded_in_one_variant_are_compared_in_it(
    stopped: Callable[..., Trajectory], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trajectory = stopped()
    session = trajectory.read_sessions()[0]
    in_variant(model / "text_encoder", "fp16", torch.Tensor.half, keep=False)
    in_variant(model / "unet", "fp16", torch.Tensor.half, keep=True)
    loaded = identity.read_weights({"model": str(model)}, joint_variant=True).notes
    assert loaded != identity.read_weights({"model": str(model)}).notes
    notes = {**session.notes, **loaded, "variant": JOINT_VARIANT}
    (trajectory.path / layout.SESSIONS).write_bytes(encode_line(msgspec.structs.replace(session, notes=notes)))
    assert main(["check", str(trajectory.path), "--weights", str(model)]) == 0
    assert "the weights are those that computed it" in capsys.readouterr().out
