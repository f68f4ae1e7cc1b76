"""IOPaint itself, where one is installed: RIPTUI_TEST_IOPAINT names its program, in an environment of its own.

Its model cv2 needs no weights, and is OpenCV's: what it paints must be what riptui's own inpainters paint.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest

from riptui.inpainters import load
from riptui.recursion import ignore_step
from riptui.store.provenance import describe_mixed_sessions
from riptui.testing.inpainter_rules import check_batch, make_images, make_masks
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

PROGRAM = os.environ.get("RIPTUI_TEST_IOPAINT", "")
START_SECONDS = 300.0
TELEA = '{"cv2_flag":"INPAINT_TELEA","cv2_radius":3}'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs("servers"),
    pytest.mark.skipif(not PROGRAM, reason="needs RIPTUI_TEST_IOPAINT, the path of the program iopaint"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """IOPaint with its model cv2."""
    folder = tmp_path_factory.mktemp("iopaint")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "start", "--model", "cv2", "--device", "cpu", "--port", str(port), "--model-dir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urlopen(f"{url}/api/v1/model", timeout=10).close()
            return
        except URLError:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.2)


def test_its_cv2_paints_what_opencv_paints_here(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_IOPAINT_URL", url)
    images, masks = make_images(2, 128), make_masks(2, 128)
    for options, own in ((None, load("navier-stokes", {"radius": 4})), (TELEA, load("telea"))):
        served = load("iopaint", {"model": "cv2", "options": options})
        outputs, expected = (
            inpaint(images, masks, seeds=[1, 2], on_step=ignore_step)[masks] for inpaint in (served, own)
        )
        assert np.array_equal(outputs, expected)
    check_batch(served, make_images(3, 128), masks=make_masks(3, 128))


def test_a_whole_trajectory_is_painted_by_it(
    url: str, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIPTUI_IOPAINT_URL", url)
    fields = {"mask": 128, "amount": 100.0}
    served = make_trajectory("g/served", inpainter="iopaint", parameters={"model": "cv2"}, **fields)
    own = make_trajectory("g/own", inpainter="navier-stokes", parameters={"radius": 4}, **fields)
    for trajectory in (served, own):
        list(run_trajectory(trajectory))
    assert [row.sha256 for row in served.read_rows()] == [row.sha256 for row in own.read_rows()]
    assert describe_mixed_sessions(served) == ""
