"""Several processes on CPUs (gloo) train as one does. GPUs (nccl) are not tried here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from brainseg.core.errors import UserError
from brainseg.training.processes import Processes

ROOT = Path(__file__).resolve().parents[2]
SCORES = ("dsc", "iou", "soft_dsc", "soft_iou")


def trained_by(devices: int, folder: Path) -> dict:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BRAINSEG")}
    environment |= {"BRAINSEG_DEVICES": str(devices), "BRAINSEG_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    results = folder / f"{devices}.pt"
    command = [sys.executable, "-m", "tests.training.every_training", str(results)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return torch.load(results, weights_only=True)


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> dict:
    return trained_by(1, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> dict:
    return trained_by(2, tmp_path_factory.mktemp("two"))


def farthest(first: dict, second: dict) -> float:
    return max(float((first[name] - second[name]).abs().max()) for name in first)


@pytest.mark.slow
def test_two_processes_end_with_the_weights_of_one_for_every_loss_and_architecture(one, two):
    assert list(one) == list(two)
    assert min(result["moved"] for result in one.values()) > 1e-4  # training changes the weights by far more
    apart = {name: farthest(one[name]["weights"], two[name]["weights"]) for name in one if name != "dropout"}
    assert {name: difference for name, difference in apart.items() if difference > 1e-5} == {}


@pytest.mark.slow
def test_two_processes_validate_as_one_does(one, two):
    for name in one:
        if name != "dropout":
            assert two[name]["history"][0] == pytest.approx(one[name]["history"][0], abs=1e-5), name
            for found, expected in zip(two[name]["patients"], one[name]["patients"], strict=True):
                assert found["patient"] == expected["patient"]
                for score in SCORES:
                    assert found[score] == pytest.approx(expected[score], abs=1e-3)


@pytest.mark.slow
def test_batch_norm_is_over_the_whole_batch(one, two):
    assert one["unet"]["synchronised"] == 0 and two["unet"]["synchronised"] == 6
    assert two["resunet with instance norm"]["synchronised"] == 0


@pytest.mark.slow
def test_dropout_differs_between_shares_so_it_is_another_draw_than_that_of_one_process(one, two):
    assert 1e-5 < farthest(one["dropout"]["weights"], two["dropout"]["weights"]) < 0.1


def of_several(rank: int, count: int) -> Processes:
    processes = Processes()
    processes.rank, processes.count = rank, count
    return processes


def test_the_shares_of_a_batch_are_disjoint_and_together_the_whole():
    batch = torch.arange(12)
    assert torch.cat([batch[of_several(rank, 3).rows(12)] for rank in range(3)]).equal(batch)
    assert batch[Processes().rows(12)].equal(batch)


def test_a_batch_that_cannot_be_shared_equally_is_refused():
    with pytest.raises(UserError, match="^params.yaml: train.batch_size is 16; expected a multiple of the 3 devices"):
        of_several(0, 3).rows(16)


def test_alone_nothing_is_gathered():
    share = torch.ones(2, requires_grad=True)
    processes = Processes()
    assert processes.gather(share) is share and processes.gather_output(share) is share
    assert processes.gather_rows({1: "b", 0: "a"}) == ["a", "b"] and processes.same(3) == 3
