"""--devices: by number, UUID, MIG name, all or free, in the user's order, and what is told about it."""

import json
import os
from pathlib import Path

import pytest

from riptui.cli import doctor
from riptui.cli.worker_options import take_worker_options
from riptui.errors import InputError
from riptui.inpainters.devices import device_names
from riptui.store.worker_record import WorkerOptions, WorkerRecord
from riptui.store.worker_registry import register
from riptui.supervision import device_choice
from riptui.supervision.device_choice import choose_devices, list_gpu_uses
from riptui.supervision.pool import plan_workers
from riptui.worker.loop import new_worker_record
from tests.support.command import riptui
from tests.support.fake_nvidia_smi import MIGS, UUIDS, FakeGpu, install

STRANGER = 4_194_304  # no process has a pid as high


@pytest.fixture(autouse=True)
def torch_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_names, "is_cpu_build", lambda version: False)
    monkeypatch.setattr(device_names, "find_spec", lambda name: __import__("importlib.util").util.find_spec("msgspec"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *gpus: FakeGpu) -> Path:
    """This machine has these GPUs; returns the runs folder."""
    install(tmp_path / "bin", [*gpus], monkeypatch)
    monkeypatch.setattr(device_names, "count_cuda_devices", lambda: len(gpus))
    monkeypatch.setattr(device_choice, "count_cuda_devices", lambda: len(gpus))
    return tmp_path / "runs"


def idle(*numbers: int) -> list[FakeGpu]:
    return [FakeGpu(UUIDS[number]) for number in numbers]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("2,0", ["cuda:2", "cuda:0"]),
        ("0, 0", ["cuda:0"]),
        ("GPU-cccc,1", ["cuda:2", "cuda:1"]),
        ("cuda:1", ["cuda:1"]),
        ("all", ["cuda:0", "cuda:1", "cuda:2"]),
        ("free", ["cuda:0", "cuda:1", "cuda:2"]),
    ],
)
def test_devices_are_taken_in_the_order_in_which_they_are_named(
    text: str, chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose_devices(text, have(tmp_path, monkeypatch, *idle(0, 1, 2))) == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2,GPU-cccc", "2 and GPU-cccc are the same device"),
        ("0,cuda", "0 and cuda are the same"),
        ("7", "no device cuda:7"),
        ("GPU-eeee", "no GPU here"),
        ("GPU-", "unknown device"),
        ("fre", "unknown device 'fre'"),
        (",", "names no device"),
        ("-1", "unknown device '-1'"),
    ],
)
def test_a_device_that_cannot_be_is_one_line(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = have(tmp_path, monkeypatch, *idle(0, 1, 2))
    with pytest.raises(InputError, match=words) as raised:
        choose_devices(text, runs)
    assert "\n" not in str(raised.value)


def test_free_are_those_that_no_other_process_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = have(
        tmp_path,
        monkeypatch,
        FakeGpu(UUIDS[0], "NVIDIA T4", "9000 MiB", ((STRANGER, "python", "8900 MiB"),)),
        FakeGpu(UUIDS[1], "NVIDIA T4", "5000 MiB"),  # of a container whose processes are not seen
        FakeGpu(UUIDS[2], "NVIDIA T4", "7000 MiB", ((os.getpid(), "python", "6900 MiB"),)),
        FakeGpu(UUIDS[3], "NVIDIA T4", "N/A"),
    )
    with register(runs, new_worker_record(WorkerOptions(device="cuda:2"))):
        uses = list_gpu_uses(runs, device_choice.query_gpus())
        assert [use.use for use in uses] == ["taken", "taken", "own", "unknown"]
        assert f"pid {STRANGER}" in uses[0].reason
        assert choose_devices("free", runs) == ["cuda:2"]
    with pytest.raises(InputError, match=r"no GPU is free .*pid") as raised:  # it is a stranger's now
        choose_devices("free", runs)
    assert "\n" not in str(raised.value)


def test_mig_devices_are_devices_and_free_ones_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = have(tmp_path, monkeypatch, FakeGpu(UUIDS[0], migs=2, mig_processes=((0, STRANGER),)), *idle(1))
    assert choose_devices("all", runs) == [*MIGS, "cuda:0"]
    assert choose_devices("free", runs) == [MIGS[1], "cuda:0"]
    assert choose_devices("MIG-ffff,MIG-eeee", runs) == MIGS[::-1]


def test_unlike_gpus_are_known_by_their_uuids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = have(tmp_path, monkeypatch, FakeGpu(UUIDS[0]), FakeGpu(UUIDS[1], "NVIDIA T4"))
    assert choose_devices("free", runs) == UUIDS[:2]
    assert "CUDA_DEVICE_ORDER" in riptui("devices", "--runs", runs).err


def test_what_cuda_visible_devices_hides_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = have(tmp_path, monkeypatch, *idle(0, 1, 2))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
    assert choose_devices("free", runs) == ["cuda:1", "cuda:0"]  # as nvidia-smi lists them
    with pytest.raises(InputError, match="hides it"):
        choose_devices(UUIDS[1], runs)


def test_a_worker_s_device_has_one_name_however_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have(tmp_path, monkeypatch, *idle(0, 1))
    for given, name in (("GPU-bbbb", "cuda:1"), (UUIDS[1], "cuda:1"), ("cuda:1", "cuda:1"), ("cpu", "cpu"), ("", "")):
        assert take_worker_options({"device": given}).device == name
    have(tmp_path, monkeypatch, FakeGpu(UUIDS[0], migs=2))
    assert take_worker_options({"device": "MIG-ffff"}).device == MIGS[1]


def test_several_workers_run_on_each_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = have(tmp_path, monkeypatch, *idle(0, 1))
    planned = plan_workers("free", 2, WorkerOptions(), needs_weights=True, runs=runs)
    assert [options.device for options in planned] == ["cuda:0", "cuda:0", "cuda:1", "cuda:1"]


def test_the_command_shows_what_was_decided_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = FakeGpu(UUIDS[1], "Odd\x1b[31m GPU", "9000 MiB", ((STRANGER, "train.py", "8900 MiB"),))
    runs = have(tmp_path, monkeypatch, *idle(0), busy)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    outcome = riptui("devices", "--runs", runs)
    assert (outcome.code, outcome.err) == (0, "")
    assert "\x1b[31m" not in outcome.out
    assert "cuda:0" in outcome.out
    assert f"train.py (pid {STRANGER}) uses it" in outcome.out
    assert json.loads(riptui("devices", "--runs", runs, "--json").out)[1]["use"] == "taken"
    assert riptui("devices", "free", "--runs", runs).out.startswith("cuda:0  NVIDIA A100")
    assert json.loads(riptui("devices", "1,0", "--runs", runs, "--json").out) == ["cuda:1", "cuda:0"]
    riptui("devices", "9", "--runs", runs).require_one_line("no device cuda:9")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,0")
    assert "twice" in riptui("devices", "--runs", runs).err
    told = [diagnosis.what for diagnosis in doctor.check_gpu_uses(runs)]
    assert any("hides it" in text for text in told)
    assert any("twice" in text for text in told)


def test_without_gpus_the_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = riptui("devices", "--runs", tmp_path / "runs")
    assert (outcome.code, outcome.out) == (0, "")
    assert "no GPU" in outcome.err
    riptui("devices", "free", "--runs", tmp_path / "runs").require_one_line("nvidia-smi", "--devices cpu")


def test_a_worker_of_a_uuid_shows_cuda_only_that_device_and_keeps_the_environment_that_others_compare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record: WorkerRecord = new_worker_record(WorkerOptions(device=UUIDS[1]))
    assert record.environment is not None
    assert record.environment.cuda_visible_devices is None
    assert device_names.torch_name(record.device) == "cuda:0"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    device_names.show_only("cuda:0")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    device_names.show_only(record.device)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == UUIDS[1]
