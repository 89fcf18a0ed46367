import pytest
import torch
from torch import nn

from brainseg.training.ema import averaged
from tests.archs.builders import unet


def number(value: float) -> nn.Module:
    module = nn.Module()
    module.number = nn.Parameter(torch.tensor(value))
    return module


def test_hand_computed():
    # the first update copies; then the decay is 2/11, then at most 0.2
    network = number(1.0)
    ema = averaged(network, decay=0.2)
    expected = 1.0
    for value, decay in ((3.0, 0.0), (5.0, 2 / 11), (7.0, 0.2), (7.0, 0.2)):
        network.number.data.fill_(value)
        ema.update_parameters(network)
        expected = decay * expected + (1 - decay) * value
        assert ema.module.number.item() == pytest.approx(expected)


def test_it_follows_the_recursion_step_by_step():
    torch.manual_seed(0)
    network = unet(3, features=2, levels=2)
    ema, expected = averaged(network, decay=0.9), {}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for step in range(20):
        network(torch.randn(2, 3, 8, 8)).mean().backward()
        optimizer.step()
        ema.update_parameters(network)
        decay = min(0.9, (1 + step) / (10 + step)) if step else 0.0
        for name, value in network.state_dict().items():
            before = expected.get(name, value).double()
            expected[name] = decay * before + (1 - decay) * value.double() if value.is_floating_point() else value
    moved = 0
    for name, value in ema.module.state_dict().items():
        torch.testing.assert_close(value, expected[name].to(value.dtype), rtol=1e-5, atol=1e-6)
        moved += not torch.equal(value, network.state_dict()[name])
    assert moved > 10


def test_batch_norms_statistics_are_averaged_and_its_count_is_copied():
    network = nn.Sequential(nn.BatchNorm2d(1))
    ema = averaged(network, decay=0.1)
    ema.update_parameters(network)
    network[0].running_mean.fill_(4.0)
    network[0].num_batches_tracked.fill_(7)
    ema.update_parameters(network)
    assert ema.module[0].running_mean.item() == pytest.approx(0.9 * 4.0)
    assert ema.module[0].num_batches_tracked.item() == 7


def test_it_is_a_network_of_its_own_and_asks_for_no_gradients():
    network = number(1.0)
    ema = averaged(network, decay=0.9)
    network.number.data.fill_(5.0)
    assert ema.module.number.item() == 1.0
    assert not any(weight.requires_grad for weight in ema.parameters())
    assert network.number.requires_grad
