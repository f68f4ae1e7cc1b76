"""A study on a Ray cluster: a head and two more nodes, each with raylet and object store of its own, on one host."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Outcome, environment, finished, require_harmless, riptui, started, wait_until
from conftest import picture
from faulty_disk import contents
from PIL import Image

from riptui.client import living
from riptui.store.listing import find
from riptui.store.survey import survey
from riptui.store.trajectory import Status, Trajectory

ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'riptui[ray]'")
TESTS = Path(__file__).parent
COMMAND = [
    sys.executable,
    "-c",
    "import sys; import odd_inpainters; from riptui.executors import ray_cluster; "
    "ray_cluster.WORKER = 'hosted_inpainters:Handed'; from riptui.cli import main; sys.exit(main())",
]
"""The command `riptui` with slow inpainters, here and in the actors."""

STORE = 80 * 2**20  # bytes; the least that Ray accepts is 75 MB

STUDY = """
images = ["*.png"]
runs = "runs"
metrics = ["psnr"]
[sweep]
inpainter = "slow"
seconds = {seconds}
mask = [64, 128]
seed = "0-1"
amount = 100
size = 256
"""
TRAJECTORIES = 8
ITERATIONS = 2 * 2 * (16 + 4)
