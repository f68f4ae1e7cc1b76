"""Study files and manifests that somebody else may have written: what leads outside, or into a shell, is refused."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from riptui.errors import DamagedError, DiskError, InputError
from riptui.study import manifest
from riptui.study.manifest import Manifest, SourceRecord
from riptui.study.slurm import SlurmResources, make_script
from riptui.study.study_file import Study, read_study

TEXT = 'images = ["riptui:bowl"]\ngroup = "g"\n[sweep]\ninpainter = "telea"\nmask = 64\n'


@pytest.fixture
def study(tmp_path: Path) -> Study:
    file = tmp_path / "study.toml"
    file.write_text(TEXT)
    return read_study(file, runs=tmp_path / "runs")


@pytest.mark.parametrize("place", ["../../outside", "/etc", "a//b", "a/../../b", ".riptui/workers", "", "a/\n"])
def test_a_manifest_that_names_paths_outside_is_refused(place: str, study: Study) -> None:
    record = SourceRecord("/picture.png", "0" * 64, 1, 1, trajectories={"bowl/m64-s0": 16, place: 16})
    file = manifest.manifest_file(study)
    file.parent.mkdir(parents=True)
    file.write_bytes(msgspec.json.encode(Manifest(str(study.file), TEXT, 1, (record,))))
    with pytest.raises(DamagedError, match="outside the study's folder"):
        manifest.read(study)


@pytest.mark.parametrize("text", ["1:00\nrm -rf ~", "1 day", "a;b", "$(id)", "1:00\r"])
def test_free_text_does_not_become_shell(text: str, study: Study) -> None:
    for resources in (SlurmResources(memory=text), SlurmResources(time=text), SlurmResources(partition=text)):
        refuse(study, resources)


def refuse(study: Study, resources: SlurmResources) -> None:
    with pytest.raises(InputError, match=r"cannot be written into a script|must have only"):
        make_script(study, resources)


def test_a_path_with_a_line_end_does_not_become_shell(study: Study) -> None:
    with pytest.raises(InputError, match="cannot be written into a script"):
        make_script(replace(study, file=Path("/tmp/a\nrm -rf ~\n.toml")), SlurmResources())
    script = make_script(
        replace(study, file=Path("/tmp/it's; $(id).toml")), SlurmResources(time="1-00:00:00", memory="8G")
    )
    assert "'/tmp/it'\"'\"'s; $(id).toml'" in script


def test_a_manifest_is_not_written_through_a_link(study: Study, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    study.runs.mkdir()
    study.folder.symlink_to(tmp_path / "outside")
    with pytest.raises(DiskError, match="leads through a symbolic link"):
        manifest.write(study, Manifest(str(study.file), TEXT, 1, ()))
    assert [*(tmp_path / "outside").iterdir()] == []
