"""Training that reads its slices from disk ends with the bytes of one that has them in memory."""

import pytest

from tests.pipeline.test_kills import GOES_ON, MIDDLE, kill, trained

TRAIN = ("python", "-m", "stages.train")


@pytest.mark.slow
def test_memory_and_disk_give_the_same_bytes_and_go_on_from_each_other(reproduced, tmp_path):
    project = reproduced.copy_to(tmp_path / "project")
    project.set("train.epochs", 40)
    project.set("input.neighbours", 1)
    assert "read from disk" not in project.run(*TRAIN, BRAINSEG_SLICES="memory")
    in_memory = trained(project)
    printed = project.run(*TRAIN, BRAINSEG_SLICES="disk")
    assert "read from disk" in printed and GOES_ON not in printed
    assert trained(project) == in_memory

    kill(project, MIDDLE, ["trainer"], *TRAIN)
    assert GOES_ON in project.run(*TRAIN, BRAINSEG_SLICES="disk")
    assert trained(project) == in_memory
