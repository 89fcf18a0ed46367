"""A sweep on nodes that share nothing but the DVC remote; a node, the driver and the remote are lost meanwhile."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.pipeline.ray_cluster import RayCluster
from tests.pipeline.s3_remote import S3Remote
from tests.pipeline.test_sweep import experiments, revision, write

pytestmark = pytest.mark.slow

ROWS = ["far-bce", "far-dice"]
GRID = "base: {train.epochs: 60}\ngrid: {loss: [dice, bce]}\nuntil: train\n"
REMOTE_GONE_SECONDS = 5


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = RayCluster(tmp_path_factory.mktemp("cluster"), 2)
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def remote():
    remote = S3Remote()
    yield remote
    remote.stop()


def wait_for(condition, seconds: float = 300):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def scores(project, name: str) -> str:
    """Losses and scores of the validation patients."""
    return project.run("git", "show", f"{revision(project, name)}:metrics/training.json")


def start(project, cluster, log: Path) -> subprocess.Popen:
    command = ["brainseg", "sweep", write(project, "far", GRID), "--on", "ray"]
    command += ["--address", cluster.address, "--cpus-per-row", "1"]
    with log.open("w") as file:
        return subprocess.Popen(command, cwd=project.folder, env=project.environment, stdout=file, stderr=file)


def test_each_row_is_there_once_with_the_scores_of_a_local_sweep(reproduced, cluster, remote, tmp_path):
    local = reproduced.copy_to(tmp_path / "local")
    local.run("brainseg", "sweep", write(local, "far", GRID))

    project = reproduced.copy_to(tmp_path / "project")
    remote.add_to(project)
    project.commit()
    killed = start(project, cluster, tmp_path / "killed.log")

    wait_for(lambda: remote.files("brainseg/unfinished"))  # an epoch is behind
    [node, *_] = [node for node, log in cluster.logs().items() if "epoch   1/" in log]
    cluster.kill(node)
    wait_for(lambda: "its node or worker was lost; runs on " in (tmp_path / "killed.log").read_text())
    killed.kill()
    killed.wait()

    driver = start(project, cluster, tmp_path / "driver.log")
    wait_for(lambda: any("going on after epoch" in log for log in cluster.logs().values()))
    remote.stop()
    time.sleep(REMOTE_GONE_SECONDS)
    remote.start()
    driver.wait(timeout=300)

    assert driver.returncode == 0, (tmp_path / "driver.log").read_text()
    assert experiments(project) == ROWS
    assert [scores(project, name) for name in ROWS] == [scores(local, name) for name in ROWS]
    assert remote.files("brainseg/") == ["brainseg/sweeps.txt"]
    project.run("dvc", "exp", "apply", "far-bce")  # its files are in the driver's cache
