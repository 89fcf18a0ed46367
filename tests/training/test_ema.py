import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from brainseg.archs.unet import unet
from brainseg.training.ema import MovingAverage


def number(value: float) -> nn.Module:
    module = nn.Module()
    module.number = nn.Parameter(torch.tensor(value))
    return module


def test_hand_computed():
    # the decay is 1/10, then 2/11, then at most 0.2
    network = number(1.0)
    average = MovingAverage(network, decay=0.2)
    expected = 1.0
    for step, (value, decay) in enumerate(((3.0, 0.1), (5.0, 2 / 11), (7.0, 0.2), (7.0, 0.2))):
        network.number.data.fill_(value)
        average.update(network, step)
        expected = decay * expected + (1 - decay) * value
        assert average.network.number.item() == pytest.approx(expected)


def test_equals_pytorchs_once_its_decay_is_reached():
    torch.manual_seed(0)
    network = unet(3, features=2, levels=2)
    ours = MovingAverage(network, decay=0.9)
    theirs = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    theirs.update_parameters(network)  # its first update copies
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for step in range(100, 110):  # (1 + 100) / (10 + 100) is above 0.9
        network(torch.randn(2, 3, 8, 8)).mean().backward()
        optimizer.step()
        ours.update(network, step)
        theirs.update_parameters(network)
    expected, current = theirs.module.state_dict(), network.state_dict()
    moved = 0
    for name, value in ours.network.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-6)
            moved += not torch.equal(value, current[name])
        else:
            assert name.endswith("num_batches_tracked") and value == current[name] == 10
    assert moved > 10


def test_batch_norms_statistics_are_averaged():
    network = nn.Sequential(nn.BatchNorm2d(1))
    average = MovingAverage(network, decay=0.5)
    network[0].running_mean.fill_(4.0)
    average.update(network, step=1000)
    assert average.network[0].running_mean.item() == 2.0


def test_it_is_a_network_of_its_own_and_asks_for_no_gradients():
    network = number(1.0)
    average = MovingAverage(network, decay=0.9)
    network.number.data.fill_(5.0)
    assert average.network.number.item() == 1.0
    assert not any(weight.requires_grad for weight in average.network.parameters())
    assert network.number.requires_grad
