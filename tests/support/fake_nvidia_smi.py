"""A stand-in for nvidia-smi: GPUs as `nvidia-smi -L` and `nvidia-smi -q -x` (drivers 470 to 575) write them."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

A100 = "NVIDIA A100-SXM4-40GB"
UUIDS = [f"GPU-{letter * 8}-6756-fd30-cd4a-1e6da3caf9b{number}" for number, letter in enumerate("abcd")]
MIGS = [f"MIG-{letter * 8}-42e4-5de3-91c7-45d71c87eb3f" for letter in "ef"]


@dataclass(frozen=True)
class FakeGpu:
    """memory: MiB in use, as text. processes: pid, name and MiB of each; on MIG devices, with the number of the device
    before. migs: how many of `MIGS` it is split into."""

    uuid: str
    name: str = A100
    memory: str = "3 MiB"
    processes: tuple[tuple[int, str, str], ...] = ()
    migs: int = 0
    mig_memory: tuple[str, ...] = ("12 MiB", "12 MiB")
    mig_processes: tuple[tuple[int, int], ...] = ()


def listing(gpus: list[FakeGpu]) -> str:
    lines = []
    for index, gpu in enumerate(gpus):
        lines.append(f"GPU {index}: {gpu.name} (UUID: {gpu.uuid})")
        lines += [f"  MIG 3g.20gb     Device  {number}: (UUID: {MIGS[number]})" for number in range(gpu.migs)]
    return "\n".join(lines) + "\n"


def report(gpus: list[FakeGpu]) -> str:
    body = "".join(map(_report_one, gpus))
    return f"""<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<timestamp>Fri Oct 11 18:24:09 2024</timestamp>
	<driver_version>535.129.03</driver_version>
	<attached_gpus>{len(gpus)}</attached_gpus>{body}
</nvidia_smi_log>
"""


def _report_one(gpu: FakeGpu) -> str:
    processes = "".join(_process("N/A", pid, name, used) for pid, name, used in gpu.processes)
    processes += "".join(_process(str(device + 1), pid, "python", "300 MiB") for device, pid in gpu.mig_processes)
    parts = "".join(_part(number, gpu.mig_memory[number]) for number in range(gpu.migs)) or "None"
    return f"""
	<gpu id="00000000:10:00.0">
		<product_name>{gpu.name}</product_name>
		<mig_mode>
			<current_mig>{"Enabled" if gpu.migs else "N/A"}</current_mig>
			<pending_mig>{"Enabled" if gpu.migs else "N/A"}</pending_mig>
		</mig_mode>
		<mig_devices>
			{parts}
		</mig_devices>
		<uuid>{gpu.uuid}</uuid>
		<fb_memory_usage>
			<total>40960 MiB</total>
			<reserved>571 MiB</reserved>
			<used>{gpu.memory}</used>
		</fb_memory_usage>
		<processes>{processes}
		</processes>
	</gpu>"""


def _part(number: int, used: str) -> str:
    return f"""<mig_device>
				<index>{number}</index>
				<gpu_instance_id>{number + 1}</gpu_instance_id>
				<compute_instance_id>0</compute_instance_id>
				<fb_memory_usage>
					<total>19968 MiB</total>
					<used>{used}</used>
				</fb_memory_usage>
			</mig_device>"""


def _process(instance: str, pid: int, name: str, used: str) -> str:
    return f"""
			<process_info>
				<gpu_instance_id>{instance}</gpu_instance_id>
				<compute_instance_id>{"N/A" if instance == "N/A" else "0"}</compute_instance_id>
				<pid>{pid}</pid>
				<type>C</type>
				<process_name>{name}</process_name>
				<used_memory>{used}</used_memory>
			</process_info>"""


def install(folder: Path, gpus: list[FakeGpu], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program nvidia-smi before all others, which writes this, for this process and those that it starts."""
    folder.mkdir(exist_ok=True)
    (folder / "list.txt").write_text(listing(gpus))
    (folder / "report.xml").write_text(report(gpus))
    place = shlex.quote(str(folder))
    program = folder / "nvidia-smi"
    program.write_text(f'#!/bin/sh\n[ "$1" = -L ] && exec cat {place}/list.txt\nexec cat {place}/report.xml\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
