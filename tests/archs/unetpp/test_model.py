import pytest
import torch
from torch import nn

from brainseg.archs.shared.supervision import TrainingOutput
from brainseg.archs.unetpp.model import UNetPlusPlus, logit_of_mean_probability, node
from tests.archs.builders import unetpp


def small(deep_supervision: bool = True, levels: int = 4) -> UNetPlusPlus:
    torch.manual_seed(0)
    network = unetpp(3, features=4, levels=levels, deep_supervision=deep_supervision).eval()
    for name, buffer in network.named_buffers():  # so that batch norm is not the identity
        if name.endswith("running_mean"):
            nn.init.uniform_(buffer, -0.3, 0.3)
    return network


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("deep_supervision", [False, True])
def test_has_the_papers_parameters(deep_supervision):
    network = unetpp(3, features=32, levels=5, deep_supervision=deep_supervision)
    # the paper's 9.04 million: convolutions there have a bias, here batch norm's two numbers,
    # so one more for each of the 30 convolutions' channels, and three heads of 33 only with supervision
    assert parameters(network) == 9_045_825 + 3 * 33 * deep_supervision
    batch_norm = sum(module.num_features for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    with_biases = parameters(network) - batch_norm
    assert round(with_biases / 1e6, 2) == 9.04


def test_parameters_counted_by_hand():
    # features 2, three levels; a convolution a -> b has 9 a b, its batch norm 2 b, an upsampling a -> b 4 a b + b
    def double(before, after):
        return 9 * before * after + 9 * after * after + 4 * after

    nodes = double(3, 2) + double(2, 4) + double(4, 8)  # x00, x10, x20
    nodes += double(2 * 2, 2) + double(2 * 4, 4) + double(3 * 2, 2)  # x01, x11, x02
    upsamplers = 2 * (4 * 4 * 2 + 2) + (4 * 8 * 4 + 4)  # into x01 and x02, into x11
    for deep_supervision, heads in ((False, 1), (True, 2)):
        network = unetpp(3, features=2, levels=3, deep_supervision=deep_supervision)
        assert parameters(network) == nodes + upsamplers + heads * 3


def test_each_node_receives_all_before_it_and_what_comes_up(images):
    network = small(levels=3)
    seen = {}
    for name, module in network.nodes.items():
        module.register_forward_hook(lambda _, inputs, output, name=name: seen.update({name: (inputs[0], output)}))
    network(images)
    assert sorted(seen) == ["x00", "x01", "x02", "x10", "x11", "x20"]
    out = {name: output for name, (_, output) in seen.items()}
    up = {
        name: network.upsamplers[name](out[below]) for name, below in (("x01", "x10"), ("x11", "x20"), ("x02", "x11"))
    }
    for name, before in (("x01", ["x00"]), ("x11", ["x10"]), ("x02", ["x00", "x01"])):
        expected = torch.cat([*(out[other] for other in before), up[name]], dim=1)
        torch.testing.assert_close(seen[name][0], expected)
    torch.testing.assert_close(seen["x10"][0], nn.functional.max_pool2d(out["x00"], 2))


def test_training_judges_a_head_at_each_depth(images):
    network = small().train()
    output = network(images)
    assert isinstance(output, TrainingOutput) and output.extra_pixels is None
    assert [head.shape for head in output.head_logits] == [(2, 1, 16, 24)] * 3
    assert list(network.heads) == ["x01", "x02", "x03"]


def test_without_deep_supervision_there_is_one_head_and_nothing_to_choose(images):
    network = small(deep_supervision=False)
    assert list(network.heads) == ["x03"] and network.depths == ()
    assert isinstance(network.train()(images), torch.Tensor)


def test_the_last_head_answers_unless_set_otherwise(images):
    network = small()
    found = {depth: answer(network, "last", depth, images) for depth in (1, 2, 3)}
    assert small()(images).equal(found[3])
    assert not found[1].equal(found[2]) and not found[2].equal(found[3])


def answer(network: UNetPlusPlus, heads: str, depth: int, images: torch.Tensor) -> torch.Tensor:
    network.set_output_heads(heads, depth)
    return network(images)


def test_the_mean_is_of_probabilities(images):
    network = small()
    each = [answer(network, "last", depth, images).sigmoid() for depth in (1, 2, 3)]
    for depth in (1, 2, 3):
        mean = answer(network, "mean", depth, images).sigmoid()
        torch.testing.assert_close(mean, torch.stack(each[:depth]).mean(0))


@pytest.mark.parametrize("depth", [1, 2])
def test_pruned_it_is_the_shallower_network_of_the_same_weights(images, depth):
    network = small()
    shallow = small(levels=depth + 1)
    shallow.load_state_dict({name: network.state_dict()[name] for name in shallow.state_dict()})
    assert answer(network, "last", depth, images).equal(shallow(images))
    assert answer(network, "mean", depth, images).equal(answer(shallow, "mean", depth, images))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_is_pruned_is_not_computed(images, depth):
    network, called = small(), set()
    for name, module in network.nodes.items():
        module.register_forward_hook(lambda *_, name=name: called.add(name))
    answer(network, "last", depth, images)
    assert called == {node(level, column) for level in range(4) for column in range(4) if level + column <= depth}


def test_a_pruned_network_goes_on_training_whole(images):
    network = small()
    network.set_output_heads("mean", 1)
    assert len(network.train()(images).head_logits) == 3


def test_the_mean_of_certain_heads_is_finite():
    logits = torch.tensor([[90.0, -200.0, 100.0, 0.0], [110.0, -200.0, -100.0, 0.0]])
    found = logit_of_mean_probability(logits)
    # p = 1 - (e^-90 + e^-110) / 2, then both e^-200, then 1 and 0
    torch.testing.assert_close(found, torch.tensor([90.0 + torch.log(torch.tensor(2.0)), -200.0, 0.0, 0.0]))
    assert logit_of_mean_probability(logits.bfloat16()).dtype == torch.float32
