"""What the driver asks of a Ray cluster before any row runs."""

import pytest
import ray

from brainseg.core.errors import UserError
from brainseg.sweep.cluster.connection import cluster, device, gpus_per_row, row_environment


@pytest.mark.parametrize(("given", "expected"), [(None, ""), ("", ""), ("cpu", "cpu"), ("cuda", "cuda")])
def test_a_row_has_the_drivers_kind_of_device_and_as_many_threads_as_cpus(monkeypatch, given, expected):
    monkeypatch.delenv("BRAINSEG_DEVICE", raising=False)
    if given is not None:
        monkeypatch.setenv("BRAINSEG_DEVICE", given)
    assert device() == expected
    environment = {"OMP_NUM_THREADS": "3", "BRAINSEG_WORKERS": "3"}
    assert row_environment(3) == environment | ({"BRAINSEG_DEVICE": expected} if expected else {})


def test_one_gpu_of_several_is_for_ray_to_choose(monkeypatch):
    monkeypatch.setenv("BRAINSEG_DEVICE", "cuda:1")
    with pytest.raises(UserError, match="BRAINSEG_DEVICE is cuda:1; on Ray expected cpu or cuda"):
        device()


def test_a_cluster_that_is_not_there_is_reported_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(ray, "init", lambda **_: (_ for _ in ()).throw(ConnectionError("nobody\nanswers")))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with (
        pytest.raises(UserError, match=r"^no Ray cluster answers at 10.0.0.1:6379 \(nobody answers\); start"),
        cluster("10.0.0.1:6379"),
    ):
        pass
    with pytest.raises(UserError, match="^no Ray cluster answers at this machine "), cluster(None):
        pass


@pytest.fixture
def nodes(monkeypatch):
    """Sets the resources of the nodes that are alive; a large one is lost."""
    monkeypatch.delenv("BRAINSEG_DEVICE", raising=False)
    lost = {"Alive": False, "Resources": {"CPU": 64, "GPU": 8}}
    return lambda *given: monkeypatch.setattr(
        ray, "nodes", lambda: [lost, *({"Alive": True, "Resources": node} for node in given)]
    )


@pytest.mark.parametrize(("given", "gpus"), [([{}, {"CPU": 4}], 0), ([{"CPU": 8}, {"CPU": 4, "GPU": 2}], 1)])
def test_a_row_has_a_gpu_where_the_cluster_has_any(nodes, capsys, monkeypatch, given, gpus):
    nodes(*given)
    assert gpus_per_row(4) == gpus
    assert capsys.readouterr().out == f"Ray: 1 node for rows of 4 CPUs{' and a GPU' * gpus}\n"
    monkeypatch.setenv("BRAINSEG_DEVICE", "cpu")
    assert gpus_per_row(4) == 0


@pytest.mark.parametrize("given", [[{"CPU": 4}], [{"CPU": 8}, {"CPU": 4, "GPU": 2}], [{}]])
def test_more_cpus_than_any_node_has_are_refused(nodes, given):
    nodes(*given)
    with pytest.raises(UserError, match="a row needs 5 CPUs, and the largest node has [04]"):
        gpus_per_row(5)
