"""CUDA's rule for CUDA_VISIBLE_DEVICES, and what nvidia-smi says, as its drivers write it."""

from pathlib import Path

import pytest

from riptui.errors import InputError
from riptui.inpainters.devices import device_names
from riptui.inpainters.devices.nvidia_smi import MIB, GpuProcess, parse_gpus, query_gpus
from riptui.inpainters.devices.visible_devices import count_visible, find_visible, is_order_known
from tests.support.fake_nvidia_smi import A100, MIGS, UUIDS, FakeGpu, install, listing, report

THREE = [FakeGpu(uuid) for uuid in UUIDS[:3]]
GPUS = parse_gpus(listing(THREE), report(THREE))
SPLIT = [FakeGpu(UUIDS[0]), FakeGpu(UUIDS[1], memory="N/A", migs=2, mig_processes=((1, 77),))]


@pytest.mark.parametrize(
    ("value", "seen", "note"),
    [
        (None, [0, 1, 2], ""),
        ("2,0", [2, 0], ""),
        (" 1 , 2 ", [1, 2], ""),
        ("0,2,-1,1", [0, 2], "'-1' is not a device"),
        ("0,7,1", [0], "7 is not a device"),
        ("1,1", [], "names 1 twice"),
        ("1,01", [], "names 1 twice"),
        ("", [], "is empty"),
        ("-1", [], "'-1'"),
        ("none", [], "'none'"),
        ("0,,1", [0], "''"),
        ("1gpu,2", [1, 2], ""),
        (UUIDS[2], [2], ""),
        ("GPU-cc,GPU-aaaa", [2, 0], ""),
        ("GPU-", [], "GPU- is not a device"),
        ("GPU-aaaa,1", [0], "'1'"),
        ("0,GPU-aaaa", [0], "'GPU-aaaa'"),
        ("GPU-aaaa,GPU-aaaa", [], "twice"),
        ("GPU-eeee,GPU-aaaa", [], "GPU-eeee is not a device"),
    ],
)
def test_cuda_sees_what_its_own_rule_says(value: str | None, seen: list[int], note: str) -> None:
    visible = find_visible(GPUS, value)
    assert [gpu.index for gpu in visible.gpus] == seen
    assert note in visible.note
    assert bool(note) == bool(visible.note)
    if value is None or (not value.startswith("GPU-e") and value != "GPU-"):  # without nvidia-smi a UUID may be one
        assert count_visible(value, 3) == len(seen)


@pytest.mark.slow
def test_the_rule_is_that_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = pytest.importorskip("torch.cuda")
    indexes = "2,0", "0,2,-1,1", "1,1", "", "none", "1gpu2,2ampere", "0,,1"
    for value in (*indexes, "GPU-a,GPU-b", "GPU-a,1", "GPU-a,GPU-a"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert count_visible(value, 64) == len(cuda._parse_visible_devices()), value


def test_of_mig_devices_cuda_uses_the_first() -> None:
    gpus = parse_gpus(listing(SPLIT), report(SPLIT))
    visible = find_visible(gpus, ",".join(MIGS))
    assert [gpu.uuid for gpu in visible.gpus] == MIGS[:1]
    assert "the first one only" in visible.note
    assert [gpu.uuid for gpu in find_visible(gpus, "1").gpus] == MIGS[:1]  # its GPU computes by it
    assert [gpu.uuid for gpu in find_visible(gpus).gpus] == UUIDS[:1]
    assert count_visible(",".join(MIGS), 2) == 1


def test_names_memory_and_processes_are_read() -> None:
    busy = [FakeGpu(UUIDS[0], memory="20021 MiB", processes=((4242, "/usr/bin/python3", "19000 MiB"),))]
    [gpu] = parse_gpus(listing(busy), report(busy))
    assert (gpu.name, gpu.memory_used, gpu.memory_total) == (A100, 20021 * MIB, 40960 * MIB)
    assert gpu.processes == (GpuProcess(4242, "/usr/bin/python3", 19000 * MIB),)


def test_mig_devices_have_their_own_memory_and_processes() -> None:
    whole, split = parse_gpus(listing(SPLIT), report(SPLIT))
    assert (whole.mig_enabled, split.mig_enabled, split.memory_used) == (False, True, None)
    first, second = split.mig_devices
    assert (first.uuid, first.name, first.memory_total) == (MIGS[0], f"{A100} MIG 3g.20gb", 19968 * MIB)
    assert first.processes == ()
    assert [process.pid for process in second.processes] == [77]


@pytest.mark.parametrize("spoilt", ["", "No devices were found\n", "<nvidia_smi_log><gpu>", "Unable to determine"])
def test_a_report_that_cannot_be_read_leaves_the_names(spoilt: str) -> None:
    gpus = parse_gpus(listing(SPLIT), spoilt)
    assert [gpu.uuid for gpu in gpus] == UUIDS[:2]
    assert [part.uuid for part in gpus[1].mig_devices] == MIGS
    assert gpus[0].memory_used is None


def test_what_a_driver_says_instead_of_a_number_is_not_known() -> None:
    odd = [FakeGpu(UUIDS[0], memory="[Insufficient Permissions]", processes=((1, "x", "N/A"),))]
    [gpu] = parse_gpus(listing(odd), report(odd))
    assert gpu.memory_used is None
    assert gpu.processes[0].memory is None


def test_names_of_processes_may_be_anything() -> None:
    odd = [FakeGpu(UUIDS[0], processes=((1, "a & b \x1b[31m &amp; \0", "5 MiB"),))]
    [gpu] = parse_gpus(listing(odd), report(odd))
    assert gpu.processes[0].name == "a & b ?[31m & ?"


def test_old_names_of_mig_devices_are_names() -> None:
    text = f"GPU 0: {A100} (UUID: {UUIDS[0]})\n  MIG 1g.5gb Device 0: (UUID: MIG-{UUIDS[0]}/7/0)\n"
    [gpu] = parse_gpus(text, "")
    assert gpu.mig_devices[0].uuid == f"MIG-{UUIDS[0]}/7/0"


def test_nvidia_smi_is_asked_and_may_be_missing_or_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "bin", THREE, monkeypatch)
    assert [gpu.uuid for gpu in query_gpus()] == UUIDS[:3]
    (tmp_path / "bin" / "nvidia-smi").write_text("#!/bin/sh\necho 'Failed to initialize NVML' >&2\nexit 9\n")
    assert query_gpus() == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert query_gpus() == []


def test_the_order_is_known_if_all_are_alike_or_cuda_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    unlike = [FakeGpu(UUIDS[0]), FakeGpu(UUIDS[1], name="NVIDIA T4")]
    gpus = parse_gpus(listing(unlike), report(unlike))
    assert is_order_known(GPUS)
    assert not is_order_known(gpus)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    assert is_order_known(gpus)


@pytest.mark.needs("diffusion")
def test_a_uuid_that_is_hidden_or_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_names, "is_cpu_build", lambda version: False)
    monkeypatch.setattr(device_names, "query_gpus", lambda: GPUS)
    device_names.require_device(UUIDS[1])
    device_names.require_device("GPU-bbb")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(InputError, match="hides it"):
        device_names.require_device(UUIDS[1])
    with pytest.raises(InputError, match="no GPU here"):
        device_names.require_device("GPU-12345678")
    with pytest.raises(InputError, match="unknown device"):
        device_names.require_device("GPU-1 2")
