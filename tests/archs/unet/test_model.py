import pytest
import torch
from torch import nn

from tests.archs.builders import unet


def test_has_the_reports_parameters():
    network = unet(3, features=32, levels=5)
    assert sum(parameter.numel() for parameter in network.parameters()) == 7_763_041


@pytest.mark.parametrize(("levels", "divisor"), [(2, 2), (3, 4), (5, 16), (7, 64)])
def test_sides_must_divide_by_a_power_of_two(levels, divisor):
    network = unet(3, features=1, levels=levels).eval()
    assert network.divisor == divisor
    assert network(torch.zeros(1, 3, divisor, 2 * divisor)).shape == (1, 1, divisor, 2 * divisor)
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 3, divisor + divisor // 2, divisor))


def test_features_double_at_each_level():
    network = unet(3, features=4, levels=4)
    widths = [module.num_features for module in network.encoders.modules() if isinstance(module, nn.BatchNorm2d)]
    assert widths == [4, 4, 8, 8, 16, 16, 32, 32]


def test_each_level_lets_a_pixel_see_further():
    seen = []
    for levels in (2, 3, 4):
        network = unet(1, features=4, levels=levels).eval()
        for parameter in network.parameters():
            parameter.data.abs_()  # so that no ReLU stands in the way
        image = torch.rand(1, 1, 96, 96, generator=torch.Generator().manual_seed(0)).requires_grad_()
        network(image)[0, 0, 48, 48].backward()
        seen.append(int(image.grad[0, 0].any(dim=0).sum()))
    assert seen[0] < seen[1] < seen[2] < 96


def test_skips_carry_detail_past_the_lower_resolutions():
    network = unet(1, features=4, levels=3).eval()
    for parameter in network.upsamplers.parameters():
        nn.init.zeros_(parameter)  # nothing comes up from below
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert not network(image).equal(network(image.flip(3)))  # without skips no image would make a difference


def test_logits_are_not_squashed():
    network = unet(3, features=2, levels=2).eval()
    nn.init.constant_(network.head.bias, 50.0)
    assert network(torch.zeros(1, 3, 4, 4)).min() > 10


def test_behind_a_space_to_depth_stem_it_is_the_same_network_at_half_the_resolution():
    network = unet(3, features=2, levels=3, stem="space_to_depth").eval()
    assert network.divisor == 8
    assert network.body.encoders[0][0].in_channels == 12 and network.body.head.out_channels == 4
    image = torch.rand(1, 3, 16, 24)
    seen = []
    network.body.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    assert network(image).shape == (1, 1, 16, 24)
    assert seen == [(1, 12, 8, 12)]


def test_weights_do_not_depend_on_whether_the_stem_is_named():
    torch.manual_seed(0)
    unnamed = unet(3, features=2, levels=2).state_dict()
    torch.manual_seed(0)
    named = unet(3, features=2, levels=2, stem="plain").state_dict()
    assert unnamed.keys() == named.keys() and all(unnamed[key].equal(named[key]) for key in named)
