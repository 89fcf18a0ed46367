"""In one process; test_processes.py has two."""

import pytest
import torch
from torch import nn

from brainseg.training.batch_norm import SynchronisedBatchNorm, synchronised


@pytest.fixture(autouse=True)
def one_process(tmp_path):
    torch.distributed.init_process_group("gloo", f"file://{tmp_path}/meeting", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)))


def test_values_gradients_and_statistics_are_those_of_batch_norm():
    plain, ours = network(), synchronised(network())
    assert [type(module) for module in ours.modules()].count(SynchronisedBatchNorm) == 2
    images = 5 + 3 * torch.randn(4, 2, 9, 8, generator=torch.Generator().manual_seed(1))
    for _ in range(2):
        outputs = [each(images) for each in (plain, ours)]
        for output in outputs:
            (output**3).sum().backward()
    torch.testing.assert_close(outputs[1], outputs[0])
    for found, expected in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(found.grad, expected.grad, rtol=1e-4, atol=1e-3)
    assert list(ours.state_dict()) == list(plain.state_dict())
    for name, expected in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], expected)
    torch.testing.assert_close(ours.eval()(images), plain.eval()(images))


def test_an_optimizer_made_before_has_the_parameters_still():
    net = network()
    before = [id(parameter) for parameter in net.parameters()]
    assert [id(parameter) for parameter in synchronised(net).parameters()] == before


def test_half_precision_comes_back_as_it_went_in():
    norm = synchronised(nn.Sequential(nn.BatchNorm2d(2)))
    assert norm(torch.randn(3, 2, 4, 4).bfloat16()).dtype == torch.bfloat16
