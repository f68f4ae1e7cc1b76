"""`riptui generate`, and `riptui run` that goes on from its pictures. What it paints: tests/inpainters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.cli import generate as generating
from riptui.planning import submit as submitting
from riptui.store.frames import read_frame, read_original
from riptui.store.trajectory import Trajectory
from tests.support.command import riptui
from tests.support.trajectories import MakeTrajectory, advance

pytestmark = pytest.mark.usefixtures("place")

pytest_plugins = ["tests.support.random_trunks"]


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[Trajectory]:
    """What the command gives to a worker, in place of the work."""
    found: list[Trajectory] = []

    def take(runs: Path, trajectories: Sequence[Trajectory], *_: Any) -> int:
        found.extend(trajectories)
        return 0

    monkeypatch.setattr(generating, "run_trajectories", take)
    monkeypatch.setattr(submitting, "require_weights", lambda *_: None)
    return found


def test_each_seed_of_each_model_is_a_trajectory(queued: list[Trajectory]) -> None:
    outcome = riptui("generate", "an owl", "-m", "org/a,org/b", "--seed", "0-2", "--steps", "5", "--lora", "org/style")
    assert (outcome.code, outcome.err) == (0, "")
    specs = [trajectory.spec for trajectory in queued]
    assert [(spec.parameters["model"], spec.seed) for spec in specs] == [
        (name, seed) for name in ("org/a", "org/b") for seed in (0, 1, 2)
    ]
    assert {(spec.parameters["steps"], spec.parameters["lora"]) for spec in specs} == {(5, "org/style")}
    assert all(trajectory.request.metrics == () for trajectory in queued)


def test_without_a_model_it_says_what_to_name() -> None:
    outcome = riptui("generate", "an owl")
    outcome.require_one_line("--model org/name", "--inpainter sd2")
    assert outcome.code == 2


def test_a_model_that_is_not_here_is_refused_before_anything_is_made() -> None:
    pytest.importorskip("diffusers", reason="needs riptui[diffusion]")
    outcome = riptui("generate", "an owl", "-m", "org/name")
    outcome.require_one_line("riptui fetch org/name")
    assert not Path("runs").exists()


# ── going on from pictures ───────────────────────────────────────────────────────────────────────────────────────────


SHORT = ("--mask", "128", "--amount", "25", "--size", "256", "-i", "identity", "--metrics", "psnr", "--display", "none")


@pytest.mark.slow
def test_run_goes_on_from_the_last_frames_of_a_group(make_trajectory: MakeTrajectory) -> None:
    ended = [make_trajectory(f"an-owl/m256-s{seed}", mask=256, seed=seed, inpainter="noise") for seed in (0, 1)]
    for trajectory in ended:
        advance(trajectory, 1)
    make_trajectory("an-owl/m256-s2", mask=256, seed=2, inpainter="noise")
    outcome = riptui("run", "runs/an-owl", "--group", "next", *SHORT)
    assert outcome.code == 1
    assert outcome.err == "error: left out: runs/an-owl/m256-s2 has 0 of 1 iterations: finish it with riptui resume\n"
    for trajectory in ended:
        made = Trajectory(Path(f"runs/next/an-owl-{trajectory.path.name}/m128-s0-identity-a25-256px"))
        assert np.array_equal(read_original(made), read_frame(trajectory, 1))


@pytest.mark.slow
def test_run_goes_on_from_the_last_frame_of_a_trajectory(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory("cat/m128-s0", mask=128, amount=50.0)
    assert riptui("run", trajectory.path, *SHORT).code == 2
    advance(trajectory, 2)
    assert riptui("run", trajectory.path, *SHORT).code == 0
    made = Trajectory(Path("runs/cat-m128-s0/m128-s0-identity-a25-256px"))
    assert np.array_equal(read_original(made), read_frame(trajectory, 2))
