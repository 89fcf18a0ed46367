"""Training on one device and on two, each killed and gone on with by the other."""

import pytest

from tests.pipeline.test_kills import GOES_ON, MIDDLE, kill, trained

ON = {1: {}, 2: {"BRAINSEG_DEVICES": "2", "BRAINSEG_DEVICE": "cpu"}}
TRAIN = ("python", "-m", "stages.train")


@pytest.fixture(scope="module")
def project(reproduced, tmp_path_factory):
    """A project that has yet to train for forty epochs."""
    project = reproduced.copy_to(tmp_path_factory.mktemp("devices") / "project")
    project.set("train.epochs", 40)
    project.repro("preprocess", "split")
    return project


@pytest.fixture(scope="module")
def uninterrupted(project) -> dict[int, dict[str, bytes]]:
    found = {}
    for devices, environment in ON.items():
        assert GOES_ON not in project.run(*TRAIN, **environment)
        found[devices] = trained(project)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [(1, 2), (2, 1)])
def test_each_number_of_devices_goes_on_from_its_own_state_alone(project, uninterrupted, monkeypatch, first, then):
    with monkeypatch.context() as patch:
        patch.setattr(project, "environment", project.environment | ON[first])
        kill(project, MIDDLE, ["trainer"], *TRAIN)
    assert GOES_ON not in project.run(*TRAIN, **ON[then])
    assert trained(project) == uninterrupted[then]
    assert len(list(project.folder.glob("runs/unfinished/*.pt"))) == 1  # of the first, as it was
    assert GOES_ON in project.run(*TRAIN, **ON[first])
    assert trained(project) == uninterrupted[first]
    assert not list((project.folder / "runs" / "unfinished").glob("*.pt"))


@pytest.mark.slow
def test_two_devices_predict_the_same_bytes(project):
    predicted = []
    for environment in ON.values():
        project.run("python", "-m", "stages.predict", **environment)
        predicted.append({path.name: path.read_bytes() for path in (project.folder / "data/predictions").iterdir()})
    assert predicted[0] == predicted[1] and len(predicted[0]) == 6


@pytest.mark.slow
def test_an_error_that_all_processes_meet_is_one_line(project):
    project.set("train.batch_size", 5)
    try:
        printed = project.run(*TRAIN, ok=False, **ON[2]).splitlines()
    finally:
        project.set("train.batch_size", 4)
    message = "params.yaml: train.batch_size is 5; expected a multiple of the 2 devices of BRAINSEG_DEVICES"
    assert [line for line in printed if "error" in line.lower()] == [f"error: {message}"]
    assert not any("Traceback" in line for line in printed)
