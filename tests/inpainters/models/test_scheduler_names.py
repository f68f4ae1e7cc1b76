"""Schedulers that cannot work are refused by the checkpoint's configurations, before a trajectory is made."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler, PNDMScheduler

from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import identity, scheduler_names
from riptui.inpainters.models.scheduler_names import find_scheduler, require_scheduler
from riptui.inpainters.pipeline.schedulers import require_steps
from tests.support.tiny_checkpoints import Checkpoints, checkpoints

__all__ = ["checkpoints"]


@pytest.mark.parametrize("kind", [PNDMScheduler, DDIMScheduler, FlowMatchEulerDiscreteScheduler])
def test_the_sources_of_diffusers_tell_what_it_tells_when_it_is_imported(kind: type) -> None:
    found = scheduler_names._list_compatible(kind.__name__)
    assert {*found} - {"EDMEulerScheduler"} == {found.__name__ for found in kind().compatibles} - {"EDMEulerScheduler"}


@pytest.mark.parametrize("name", ["Euler a", "dpm++ 2m SDE karras", "DEIS", "UniPC beta", "PNDM", "lms_discrete"])
def test_names_that_people_use_are_known(name: str) -> None:
    require_scheduler(name, "PNDMScheduler")
    assert find_scheduler(name, scheduler_names._list_compatible("PNDMScheduler")).kind.endswith("Scheduler")


@pytest.mark.parametrize(
    ("name", "own", "said"),
    [
        ("Eulr", "PNDMScheduler", "Did you mean EulerDiscrete"),
        ("DDIM exponential", "PNDMScheduler", "DDIMScheduler has no exponential sigmas"),
        ("Euler", "FlowMatchEulerDiscreteScheduler", "Available: FlowMatchEulerDiscreteScheduler"),
    ],
)
def test_others_are_refused_with_the_nearest(name: str, own: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        require_scheduler(name, own)
    require_scheduler(name, "AnotherLibrarysScheduler")  # nothing is known of it


@pytest.mark.parametrize(
    ("file", "change", "given", "said"),
    [
        ("scheduler/scheduler_config.json", {}, {"scheduler": "Eulr"}, "Did you mean EulerDiscrete"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": 20}, {"steps": 30}, "PNDMScheduler has at most 20"),
        ("tokenizer/tokenizer_config.json", {"model_max_length": 10**30}, {}, "needs a model_max_length, 77 for CLIP"),
    ],
)
def test_a_checkpoint_and_values_that_cannot_work_are_refused_early(
    file: str, change: dict[str, int], given: dict[str, str], said: str, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(checkpoints["sd2"], tmp_path / "sd2"))
    (folder / file).write_text(json.dumps(json.loads((folder / file).read_text()) | change))
    with pytest.raises((InputError, WeightsError), match=said):
        identity.require_places({"model": str(folder), "steps": 50, **given})


def test_steps_whose_first_noise_level_is_beyond_the_last_are_refused() -> None:
    with pytest.raises(InputError, match=r"steps=1000: PNDMScheduler would begin at noise level 1000.*take fewer"):
        require_steps(PNDMScheduler(skip_prk_steps=True, steps_offset=1), 1000)
    require_steps(PNDMScheduler(skip_prk_steps=True, steps_offset=1), 999)
    require_steps(DDIMScheduler(), 1000)
