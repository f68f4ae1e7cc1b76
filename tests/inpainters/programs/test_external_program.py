"""Inpainters that are programs: what they get, what may go wrong with them, and that nothing of them is left."""

import json
import os
import re
import shlex
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from riptui.arrays import Images, Masks
from riptui.engine.padding import PaddedInpainter
from riptui.errors import DeviceMemoryError, InpainterError, InputError
from riptui.inpainters import LoadedInpainter, load
from riptui.inpainters.inpainter import REPLAY_NOTE
from riptui.inpainters.programs.program_files import PREFIX
from riptui.recursion import ignore_step, recurse
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import StepStopped, check_batch, make_images, make_masks
from tests.support.programs import FILES, define_program, stand_in
from tests.support.trajectories import make_spec, picture

SIZE = 64


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """$TMPDIR, which must have nothing of ours at the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def paint(inpaint: LoadedInpainter, count: int = 1, seeds: tuple[int, ...] = (1, 2, 3, 4)) -> tuple[Images, Images]:
    """Some pictures, and what it makes of them."""
    images = make_images(count, SIZE)
    return images, inpaint(images, make_masks(count, SIZE), seeds=seeds[:count], on_step=ignore_step)


def refuse(command: str, count: int = 1, kind: type[Exception] = InpainterError, **settings: Any) -> str:
    """What is said when it cannot be used, in a line."""
    define_program(command, **settings)
    with pytest.raises(kind) as refused:
        paint(load("mine"), count)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# ── what it gets and gives ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_it_keeps_the_rules_of_inpainters() -> None:
    define_program(stand_in("invert", pillow=True), seed="unused")
    check_inpainter(load("mine"), size=SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("placeholder", ["{seeds}", "{seed}"])
def test_a_batch_with_given_seeds_is_as_single_calls_and_each_seed_paints_otherwise(placeholder: str) -> None:
    define_program(stand_in("noise", placeholder, pillow=True), seed="given")
    inpaint = load("mine")
    check_batch(inpaint, make_images(3, SIZE), make_masks(3, SIZE))
    _, outputs = paint(inpaint, 2, (5, 6))
    assert not np.array_equal(outputs[0], outputs[1])


def test_every_level_of_8_bits_comes_back_as_it_was() -> None:
    define_program(stand_in("copy"))
    images, outputs = paint(load("mine"), 2)
    assert np.array_equal(images, outputs)


@pytest.mark.parametrize("hole", ["white", "black"])
def test_the_hole_has_the_colour_that_the_settings_say(hole: str) -> None:
    define_program(stand_in("copy-mask", pillow=True), hole=hole)
    masks: Masks = make_masks(1, SIZE)
    _, [output] = paint(load("mine"))
    assert np.array_equal(output[..., 0] == 255, masks[0] if hole == "white" else ~masks[0])
    assert set(np.unique(output)) == {0, 255}


@pytest.mark.slow
def test_only_the_squares_pixels_are_pasted() -> None:
    define_program(stand_in("invert", pillow=True))
    original = picture(256)
    [iteration] = recurse(original, make_spec(original, inpainter="mine", mask=128, amount=25))
    outside = np.ones((256, 256), bool)
    outside[iteration.box.window] = False
    assert np.array_equal(iteration.frame[outside], original[outside])
    assert np.array_equal(iteration.frame[~outside], 255 - original[~outside])


@pytest.mark.slow
def test_one_start_serves_a_batch_of_folders_and_one_picture_has_a_start_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log"
    define_program(stand_in("count", log))
    paint(load("mine"), 3)
    assert log.read_text() == "3\n"
    define_program(stand_in("count", log, places=FILES))
    images, outputs = paint(load("mine"), 3)
    assert log.read_text() == "3\n1\n1\n1\n"
    assert np.array_equal(images, outputs)


def test_what_pads_a_batch_is_not_painted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    define_program(stand_in("count", log))
    images, masks = make_images(2, SIZE), make_masks(2, SIZE)
    outputs = PaddedInpainter(load("mine"), 5)(images, masks, seeds=[7, 8], on_step=ignore_step)
    assert log.read_text() == "2\n"
    assert np.array_equal(outputs, images)


def test_seeds_have_32_bits_which_numpy_takes(tmp_path: Path) -> None:
    define_program(stand_in("seeds", "{seeds}", tmp_path / "log"), seed="given")
    paint(load("mine"), 2, (7, 2**53 - 1))
    assert (tmp_path / "log").read_text() == f"0000.png 7\n0001.png {2**32 - 1}\n"


def test_batches_are_made_only_where_one_start_serves_them_and_no_place_in_them_matters() -> None:
    found = []
    for command, seed in (("copy", "none"), ("copy", "unused"), ("copy", "fixed")):
        define_program(stand_in(command), seed=seed)
        found.append((load("mine").max_batch(SIZE), load("mine").device.startswith("cpu")))
    define_program(stand_in("copy", "{seed}"), seed="given")
    found.append((load("mine").max_batch(SIZE), load("mine").device.startswith("cpu")))
    assert found == [(16, False), (16, False), (1, True), (1, True)]


def test_an_output_may_have_more_in_its_name() -> None:
    define_program(stand_in("rename", "_out.png"))
    images, outputs = paint(load("mine"), 2)
    assert np.array_equal(images, outputs)


@pytest.mark.slow
def test_it_has_its_folder_its_variables_and_the_gpu_of_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    define_program(stand_in("environment", log), env={"ADA": "countess"}, folder=tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4, 6")
    paint(load("mine", device="cuda:1"))
    assert log.read_text() == f"6 countess {tmp_path}"
    paint(load("mine", device="cpu"))
    assert log.read_text().startswith("4, 6 ")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    paint(load("mine", device="cuda:1"))
    assert log.read_text().startswith("1 ")


# ── what the session is told ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("seed", "alone", "in_batch"),
    [
        ("none", "no: the program cannot be given a seed", "no: the program cannot be given a seed"),
        ("fixed", None, "no: the program's seed is fixed, so that a picture's noise depends on its place in the batch"),
        ("unused", None, None),
    ],
)
def test_what_cannot_be_replayed_is_noted(seed: str, alone: str | None, in_batch: str | None) -> None:
    define_program(stand_in("copy"), seed=seed)
    inpaint = load("mine")
    assert inpaint.notes.get(REPLAY_NOTE) == alone
    inpaint.prepare(10, 4, SIZE)
    assert inpaint.notes.get(REPLAY_NOTE) == in_batch


def test_the_command_its_files_and_its_version_are_noted(tmp_path: Path) -> None:
    script = tmp_path / "paint.py"
    script.write_text("print('paint 1.2')\n")
    python = stand_in("copy").split()[0]
    command = f"{python} paint.py {{images}} {{masks}} {{outputs}}"
    define_program(command, folder=tmp_path, version=f"{python} -S paint.py", env={"TOKEN": "secret"})
    first = load("mine")
    assert first.notes["program version"] == "paint 1.2"
    assert "paint.py " in first.notes["program files"]
    assert "secret" not in str(first.notes)
    assert first.is_current
    script.write_text("print('paint 1.3')\n")
    assert not first.is_current
    second = load("mine")
    assert second.notes["program version"] == "paint 1.3"
    assert second.notes["program files"] != first.notes["program files"]
    assert second.notes["command"] == first.notes["command"]
    define_program(command, folder=tmp_path, hole="black")
    assert not second.is_current
    assert load("mine").notes["command"] != second.notes["command"]


def test_a_version_that_cannot_be_had_stops_nothing() -> None:
    define_program(stand_in("copy"), version="no-such-program --version")
    assert load("mine").notes["program version"].startswith("unknown: there is no program 'no-such-program'")


# ── what may go wrong ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_exit_code_is_told_with_the_last_line_and_the_log_has_the_rest() -> None:
    define_program(stand_in("fail"))
    with pytest.raises(InpainterError) as refused:
        paint(load("mine"))
    text = str(refused.value)
    assert re.match(r"the program of mine, after \d+ s: it exited with 3: ", text)
    assert text.endswith("RuntimeError: CUDA out of memory")
    assert "\x1b" not in text
    [note] = refused.value.__notes__
    assert "reading the weights\n" in note


def test_a_gpu_that_is_full_is_told_so_that_the_batch_becomes_smaller() -> None:
    assert "out of memory" in refuse(stand_in("fail"), 2, DeviceMemoryError)


def test_a_program_that_is_killed_is_told() -> None:
    assert "it was killed by SIGKILL: it printed nothing" in refuse("sh -c 'kill -9 $$' {image} {mask} {output}")


@pytest.mark.slow
def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    started = time.monotonic()
    define_program(stand_in("hang", child), timeout=1)
    with pytest.raises(InpainterError, match="it was ended after 1 s: set a longer timeout") as refused:
        paint(load("mine"))
    assert time.monotonic() - started < 300
    assert "waiting for a licence" in refused.value.__notes__[0]
    wait_for_end(int(child.read_text()))


@pytest.mark.slow
def test_a_time_limit_is_for_each_picture(tmp_path: Path) -> None:
    assert "it was ended after 0.6 s" in refuse(stand_in("hang", tmp_path / "child"), 3, timeout=0.2)


@pytest.mark.slow
def test_missing_pictures_are_counted_and_what_is_there_is_told() -> None:
    text = refuse(stand_in("partly"), 4)
    assert "it wrote 3 of 4 pictures: no 0003.png in the folder of the outputs, which has 0000.png, 0001.png" in text
    assert "it wrote 0 of 1 pictures: no 0000.png in the folder of the outputs, which has no files" in refuse(
        stand_in("elsewhere")
    )
    assert "no 0000.png, 0001.png in the folder of the outputs, which has result0.png, result1.png" in refuse(
        stand_in("name-alike"), 2
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("small", "its output 0000.png is 32x32 px; it must be 64x64"),
        ("grey", "its output 0000.png has the mode L; it must be RGB with 8 bits per channel"),
        ("palette", "has the mode P; it must be RGB"),
        ("transparent", "is partly transparent; it must be RGB"),
        ("deep", "has 16 bits per channel; it must be RGB with 8 bits"),
        ("jpeg", "is a JPEG, which may lose pixels at each iteration; it must be a PNG"),
        ("text", "is not a picture; it must be a PNG"),
        ("empty", "is not a picture; it must be a PNG"),
        ("cut", "its output 0000.png cannot be read: "),
    ],
)
def test_an_output_that_cannot_be_taken_as_it_is_is_refused(kind: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "given.png"
    image = PIL.Image.fromarray(make_images(1, SIZE)[0])
    match kind:
        case "small":
            image.resize((32, 32)).save(file)
        case "grey":
            image.convert("L").save(file)
        case "palette":
            image.quantize().save(file)
        case "transparent":
            image.putalpha(200)
            image.save(file)
        case "deep":
            cv2.imwrite(str(file), make_images(1, SIZE)[0].astype(np.uint16) * 257)
        case "jpeg":
            image.save(file, "JPEG")
        case "text":
            file.write_text("<html>not found</html>")
        case "empty":
            file.write_bytes(b"")
        case "cut":
            image.save(file)
            file.write_bytes(file.read_bytes()[:2000])
    assert words in refuse(stand_in("give", file))


@pytest.mark.slow
@pytest.mark.parametrize(("top", "levels"), [(65535, "65536 levels"), (100, "101 levels")])
def test_a_ppm_with_other_levels_than_256_is_refused(top: int, levels: str, tmp_path: Path) -> None:
    pixels = np.zeros((SIZE, SIZE, 3), ">u2" if top > 255 else "u1")
    (tmp_path / "given").write_bytes(f"P6 {SIZE} {SIZE} {top}\n".encode() + pixels.tobytes())
    assert f"has {levels} per channel; it must be RGB with 8 bits" in refuse(stand_in("give", tmp_path / "given"))


@pytest.mark.slow
def test_an_opaque_alpha_channel_is_no_matter(tmp_path: Path) -> None:
    image = PIL.Image.fromarray(make_images(1, SIZE)[0])
    image.putalpha(255)
    image.save(tmp_path / "given.png")
    define_program(stand_in("give", tmp_path / "given.png"))
    images, outputs = paint(load("mine"))
    assert np.array_equal(images, outputs)


@pytest.mark.slow
def test_a_link_to_somewhere_else_is_no_output() -> None:
    assert "is not a file, but a link or a folder" in refuse(stand_in("link", "/etc/passwd"))


@pytest.mark.slow
def test_a_link_in_place_of_the_folder_of_outputs_is_refused(tmp_path: Path) -> None:
    text = refuse(stand_in("outputs-elsewhere", tmp_path / "elsewhere"))
    assert "the folder of the outputs is a link, or gone; it must stay" in text


@pytest.mark.slow
def test_pictures_that_nobody_asked_for_are_no_matter() -> None:
    define_program(stand_in("too-many"))
    images, outputs = paint(load("mine"), 2)
    assert np.array_equal(images, outputs)


@pytest.mark.parametrize("action", ["stdin", "spoil-inputs"])
def test_a_program_may_read_its_input_and_spoil_its_pictures(action: str) -> None:
    define_program(stand_in(action))
    images, outputs = paint(load("mine"))
    assert np.array_equal(images, outputs)


@pytest.mark.slow
def test_an_error_with_exit_code_0_is_told() -> None:
    with_words = refuse(stand_in("nothing"))
    assert "it wrote 0 of 1 pictures" in with_words
    assert with_words.endswith("; the last that it printed: ERROR: CUDA out of memory")
    refuse(stand_in("nothing"), 2, DeviceMemoryError)


@pytest.mark.slow
def test_what_is_no_text_is_told_as_some() -> None:
    text = refuse(stand_in("not-utf-8"))
    assert "it exited with 2: caf\N{REPLACEMENT CHARACTER}" in text
    assert text.isprintable()


def test_a_program_that_prints_its_environment_tells_no_credentials_of_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_IOPAINT_AUTH", "ada:hunter2")
    define_program(stand_in("tell", "RIPTUI_IOPAINT_AUTH", "PATH"))
    with pytest.raises(InpainterError, match="RIPTUI_IOPAINT_AUTH=None PATH=/") as refused:
        paint(load("mine"))
    assert "hunter2" not in str(refused.value.__notes__)


@pytest.mark.slow
def test_a_file_that_is_replaced_between_iterations_is_noted_and_one_that_is_written_is_said_to_change(
    tmp_path: Path,
) -> None:
    weights, log = tmp_path / "weights", tmp_path / "log"
    weights.write_text("1")
    define_program(stand_in("log", log, f"--weights={weights}"))
    inpaint = load("mine")
    first = inpaint.notes["program files"]
    paint(inpaint)
    assert inpaint.notes["program files"].endswith(f"log changes while the program runs, {first.split(', ')[-1]}")
    noted = inpaint.notes["program files"]
    paint(inpaint)
    assert inpaint.is_current
    assert inpaint.notes["program files"] == noted
    weights.write_text("2 now")
    assert not inpaint.is_current
    paint(inpaint)
    assert inpaint.notes["program files"] != noted


@pytest.mark.slow
def test_much_on_stderr_is_read_and_no_matter() -> None:
    define_program(stand_in("flood"))
    images, outputs = paint(load("mine"))
    assert np.array_equal(images, outputs)


@pytest.mark.parametrize(
    ("command", "settings", "words"),
    [
        (
            "no-such-program {image} {mask} {output}",
            {},
            "the inpainter mine: there is no program 'no-such-program'; inst",
        ),
        ("./gone {image} {mask} {output}", {}, "there is no program './gone'"),
        (
            "sh gone.sh {image} {mask} {output}",
            {},
            "no script gone.sh; set folder, the program's current folder: riptui",
        ),
        ("sh gone.sh {image} {mask} {output}", {"folder": "/tmp"}, "no script /tmp/gone.sh; correct it: riptui config"),
        (
            "sh {image} {mask} {output}",
            {"folder": "/gone"},
            "its folder /gone does not exist; correct it: riptui config",
        ),
    ],
)
def test_a_program_that_is_missing_is_one_line_with_what_to_do(
    command: str, settings: dict[str, Any], words: str
) -> None:
    assert words in refuse(command, kind=InputError, **settings)


def test_a_file_that_is_not_executable_is_told(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    text = refuse("./tool {image} {mask} {output}", kind=InputError, folder=tmp_path)
    assert f"{tmp_path}/tool is not executable; chmod +x it" in text
    (tmp_path / "tool").chmod(0o755)
    (tmp_path / "tool").write_text("#!/no/such/interpreter\n")
    assert "it does not start: No such file or directory" in refuse("./tool {image} {mask} {output}", folder=tmp_path)


@pytest.mark.slow
def test_spaces_quotes_and_braces_stay_in_their_words(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = temporary / "a 'b' \"c\" {d} $e\n\N{LATIN SMALL LETTER E WITH ACUTE}"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    words = ["two words", "it's", '"', "{{images}}", '{{"a": 1}}', "$HOME", "*", ""]
    define_program(stand_in("words", tmp_path / "log", *map(shlex.quote, words)))
    images, outputs = paint(load("mine"))
    assert np.array_equal(images, outputs)
    printed = json.loads((tmp_path / "log").read_text())
    assert printed == [word.replace("{{", "{").replace("}}", "}") for word in words]
    odd.rmdir()


@pytest.mark.slow
def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    define_program(stand_in("copy", f"'$(touch {tmp_path}/made)'", ";", "touch", tmp_path / "made"))
    paint(load("mine"))
    assert not (tmp_path / "made").exists()


# ── progress, stopping, leftovers ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_progress_lines_are_steps() -> None:
    define_program(stand_in("steps", 0.02))
    steps: list[tuple[int, int]] = []
    images, masks = make_images(1, SIZE), make_masks(1, SIZE)
    load("mine")(images, masks, seeds=[1], on_step=lambda step, total: steps.append((step, total)))
    assert steps[0][1] in (0, 4)
    assert steps[-1] == (4, 4)
    assert steps == sorted(steps)


@pytest.mark.parametrize("stopped", [StepStopped, KeyboardInterrupt])
def test_it_can_be_stopped_while_it_says_nothing(stopped: type[BaseException], tmp_path: Path) -> None:
    child = tmp_path / "child"

    def stop(step: int, steps: int) -> None:
        if child.exists() and child.read_text():
            raise stopped

    define_program(stand_in("hang", child))
    with pytest.raises(stopped):
        load("mine")(make_images(1, SIZE), make_masks(1, SIZE), seeds=[1], on_step=stop)
    wait_for_end(int(child.read_text()))


def wait_for_end(pid: int) -> None:
    """Wait until a process has ended, which a test may have left."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
            os.kill(pid, 0)
        except (OSError, IndexError):
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it was left running")


def test_no_folder_can_be_made_is_told(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "gone"))
    assert "can be made in" in refuse(stand_in("copy"))
    assert PREFIX not in str(list(temporary.iterdir()))
