import pytest
import torch
from pydantic import ValidationError
from torch import nn

from brainseg.archs.resunet.model import Settings
from brainseg.archs.shared.residual_block import ResidualBlock
from brainseg.archs.shared.supervision import TrainingOutput
from tests.archs.builders import resunet

SMALL = {"features": 2, "blocks": [1, 2, 3], "norm": "batch", "deep_supervision": False, "stem": "plain"}


def small(**changes) -> nn.Module:
    torch.manual_seed(0)
    return resunet(3, **SMALL | changes)


def images(side_px: int = 16) -> torch.Tensor:
    return torch.randn(2, 3, side_px, side_px, generator=torch.Generator().manual_seed(0))


def test_each_resolution_has_as_many_blocks_as_set():
    network = small()
    assert [len(encoder) for encoder in network.encoders] == [1, 2, 3]
    blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
    assert [block.residual[0].out_channels for block in blocks] == [2, 4, 4, 8, 8, 8]
    assert [block.residual[0].stride[0] for block in blocks] == [1, 2, 1, 2, 1, 1]


def test_its_parameters_by_hand():
    # a resolution and a block: the first convolution 3 -> 1, two blocks of 1 -> 1 and 1 -> 2, up 2 -> 1, down 2 -> 1
    network = resunet(3, **SMALL | {"features": 1, "blocks": [1, 1]})
    first, fine = (27 + 2), 2 * (9 + 2)
    coarse = (18 + 4) + (36 + 4) + (2 + 4)  # two convolutions and the shortcut's
    upsampler, decoder, head = (8 + 1), (18 + 2), (1 + 1)
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert counted == first + fine + coarse + upsampler + decoder + head


def test_deep_supervision_judges_every_resolution_the_finest_most():
    output = small(deep_supervision=True).train()(images())
    assert isinstance(output, TrainingOutput)
    assert [head.shape for head in output.head_logits] == [(2, 1, 16, 16)] * 2
    assert output.head_weights == pytest.approx((1 / 3, 2 / 3))


def test_the_answer_is_the_finest_head_and_does_not_change_in_evaluation():
    network = small(deep_supervision=True, norm="instance")  # batch norm would differ
    assert network.train()(images()).head_logits[-1].equal(network.eval()(images()))


def test_behind_a_space_to_depth_stem_all_heads_have_the_slices_resolution():
    network = small(deep_supervision=True, stem="space_to_depth")
    assert network.divisor == 8
    assert [head.shape for head in network.train()(images()).head_logits] == [(2, 1, 16, 16)] * 2
    assert network.eval()(images()).shape == (2, 1, 16, 16)


@pytest.mark.parametrize("blocks", [[1], [1, 0, 1], [1] * 8])
def test_impossible_blocks_are_refused(blocks):
    with pytest.raises(ValidationError):
        Settings(**SMALL | {"blocks": blocks})
