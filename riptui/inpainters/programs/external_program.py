"""An inpainter that starts a program of the user's settings for each picture, or for a whole batch."""

import hashlib
import json
import os
import platform
import re
import time
from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.errors import DeviceMemoryError, InpainterError, InputError
from riptui.inpainters.batch_padding import count_without_padding
from riptui.inpainters.devices.out_of_memory import OUT_OF_MEMORY
from riptui.inpainters.inpainter import REPLAY_NOTE, CompileMode, OnStep
from riptui.inpainters.programs.program_files import ExchangeFolder, exchange_folder, remove_leftovers
from riptui.inpainters.programs.program_process import OnPoll, last_line, run_program, with_output
from riptui.inpainters.programs.program_registry import find_program
from riptui.inpainters.programs.program_sources import ProgramSources
from riptui.inpainters.registry import REGISTRY
from riptui.settings.programs import InpainterProgram, split_words

MAX_BATCH = 16
"""Pictures that one start gets, unless a batch size is asked for."""
VERSION_SECONDS = 30.0
SEED_RANGE = 2**32
"""A program gets the noise seed modulo this: NumPy's global seed takes no more."""

SEED_NOTES = {
    "none": "none: the program chooses its noise itself",
    "fixed": "fixed by the program",
    "unused": "unused: the program has no noise",
    "given": "given",
}
UNSEEDED = "no: the program cannot be given a seed"
UNSEEDED_IN_BATCH = "no: the program's seed is fixed, so that a picture's noise depends on its place in the batch"


def load_program(
    name: str, program: InpainterProgram, device: str, compile: CompileMode, deterministic: bool
) -> "ExternalProgram":
    """The program of that name in the settings. Raises InputError if it is not on this machine. compile, deterministic:
    ignored, for a program has no such options."""
    return ExternalProgram(name, program, device)


class ExternalProgram:
    """An inpainter that loads nothing: each call starts the program. Raises InputError if it is missing; its calls
    raise InpainterError, or DeviceMemoryError for a batch whose program ran out of memory.

    device: "cuda:N" shows the program that GPU only; with any other it sees what this process sees.
    """

    def __init__(self, name: str, program: InpainterProgram, device: str = "") -> None:
        try:
            self._words = find_program(program)
        except InputError as error:
            raise InputError(f"the inpainter {name}: {error}") from error
        remove_leftovers()
        self._name, self._program = name, program
        self._env = _device_environment(device) | program.env
        self._sources = ProgramSources(program)
        self.device = f"{device if device.startswith('cuda:') else 'external program'} ({platform.machine()})"
        if self.max_batch(0) == 1 and not device.startswith("cuda:"):
            self.device = f"cpu, external program ({platform.machine()})"  # the engine makes no batches by itself
        self.notes = self._make_notes()
        self.prepare(1, 1, 0)

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        count = count_without_padding(images, masks, seeds)
        at_once = count if self._serves_batch else 1
        parts = [slice(start, min(start + at_once, count)) for start in range(0, count, at_once)]
        outputs = images.copy()
        if not self._sources.are_current:
            self._sources.renew()
            self.notes |= self._make_notes()
        with self._sources.watched():
            for number, part in enumerate(parts):
                on_poll = _count_starts(number, len(parts), on_step)
                outputs[part] = self._paint(images[part], masks[part], seeds[part], on_poll)
        self.notes |= self._describe_sources()
        return outputs

    @property
    def is_current(self) -> bool:
        """Whether the settings are unchanged, and the program's files since its last run."""
        info = REGISTRY.get(self._name)
        return info is not None and info.program == self._program and self._sources.are_current

    def prepare(self, inpaintings: int, batch: int, size: int) -> None:
        """Note whether iterations can be replayed in batches of that size."""
        self.notes.pop(REPLAY_NOTE, None)
        if self._program.seed == "none":
            self.notes[REPLAY_NOTE] = UNSEEDED
        elif self._program.seed == "fixed" and self._serves_batch and batch > 1:
            self.notes[REPLAY_NOTE] = UNSEEDED_IN_BATCH

    def max_batch(self, size: int) -> int | None:
        """1 if the program is started for each picture anyway, or if its fixed seed would give each place in a batch
        other noise; else MAX_BATCH."""
        return MAX_BATCH if self._serves_batch and self._program.seed != "fixed" else 1

    @property
    def _serves_batch(self) -> bool:
        """Whether one start takes all pictures of a batch."""
        return self._program.takes_folders and "seed" not in self._program.placeholders

    def _paint(self, images: Images, masks: Masks, seeds: Sequence[int], on_poll: OnPoll) -> Images:
        """The outputs of one start. Raises InpainterError with the program's name."""
        size, started = images.shape[1], time.monotonic()
        try:
            with exchange_folder() as folder:
                names = folder.write(
                    images, masks, [seed % SEED_RANGE for seed in seeds], white_hole=self._program.hole == "white"
                )
                printed = self._run(folder, names, seeds, size, on_poll)
                return _read_outputs(folder, names, size, printed)
        except InpainterError as error:
            text = f"the program of {self._name}, after {time.monotonic() - started:.0f} s: {error}"
            notes = getattr(error, "__notes__", [])
            is_memory = len(images) > 1 and any(map(OUT_OF_MEMORY.search, [text, *notes]))
            wrapped = (DeviceMemoryError if is_memory else InpainterError)(text)
            for note in notes:
                wrapped.add_note(note)
            raise wrapped from error.__cause__
        except OSError as error:
            raise InpainterError(f"{self._name}: its pictures cannot be written: {error}; set TMPDIR") from error

    def _run(
        self, folder: ExchangeFolder, names: Sequence[str], seeds: Sequence[int], size: int, on_poll: OnPoll
    ) -> str:
        """Run the program for the pictures in a folder; return the end of what it printed."""
        values = {
            "images": folder.images,
            "masks": folder.masks,
            "outputs": folder.outputs,
            "image": folder.images / names[0],
            "mask": folder.masks / names[0],
            "output": folder.outputs / names[0],
            "seeds": folder.seeds,
            "seed": seeds[0] % SEED_RANGE,
            "size": size,
        }
        command = [self._words[0], *self._program.argv(values)[1:]]
        return self._start(folder, command, self._program.timeout * len(names), on_poll)

    def _start(
        self, folder: ExchangeFolder, command: Sequence[str], seconds: float, on_poll: OnPoll = lambda step, steps: None
    ) -> str:
        return run_program(
            command,
            folder=self._program.current_folder or folder.current_folder,
            env=self._env,
            mark=folder.mark,
            seconds=seconds,
            inherited=[folder.program_lock],
            on_start=folder.record_group,
            on_poll=on_poll,
        )

    def _make_notes(self) -> dict[str, str]:
        notes = {"command": command_digest(self._program), "seed use": SEED_NOTES[self._program.seed]}
        notes |= self._describe_sources()
        if self._program.version:
            notes["program version"] = self._read_version()
        return notes

    def _describe_sources(self) -> dict[str, str]:
        return {"program files": self._sources.description} if self._sources.description else {}

    def _read_version(self) -> str:
        """The first line that the version's command prints, or "unknown: " and why."""
        try:
            words = find_program(self._program, split_words(self._program.version))
            with exchange_folder() as folder:
                printed = self._start(folder, words, VERSION_SECONDS)
        except (InpainterError, InputError, OSError) as error:
            return f"unknown: {error}"[:200]
        return (printed.partition("\n")[0].strip() or "unknown: it printed nothing")[:200]


def _count_starts(number: int, starts: int, on_step: OnStep) -> OnPoll:
    """Turns a start's progress into steps of the whole call, which never go back: of several starts, each is a step."""
    return on_step if starts == 1 else lambda step, steps: on_step(number, starts if number else 0)


def command_digest(program: InpainterProgram) -> str:
    """SHA-256, in hex, of what decides pixels in a program's settings: env too, which may have secrets."""
    identity = [program.command, program.hole, program.seed, sorted(program.env.items())]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _read_outputs(folder: ExchangeFolder, names: Sequence[str], size: int, printed: str) -> Images:
    """What a program painted. printed: the end of its output, which may say why a picture is missing."""
    try:
        return np.stack(folder.read(names, size))
    except InpainterError as error:
        ending = f"; the last that it printed: {last_line(printed)}" if printed.strip() else ""
        raise with_output(InpainterError(f"{error}{ending}"), printed) from error


def _device_environment(device: str) -> dict[str, str]:
    """The variable that shows a program one GPU only: this process's cuda:N, by its entry in CUDA_VISIBLE_DEVICES."""
    if not (match := re.fullmatch(r"cuda:(\d+)", device)):
        return {}
    shown = [entry.strip() for entry in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if entry.strip()]
    number = int(match[1])
    return {"CUDA_VISIBLE_DEVICES": shown[number] if number < len(shown) else str(number)}
