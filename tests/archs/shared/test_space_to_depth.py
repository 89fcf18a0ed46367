import torch
from torch import nn

from brainseg.archs.shared.space_to_depth import POSITIONS, SpaceToDepth
from brainseg.archs.shared.supervision import TrainingOutput


class Body(nn.Module):
    """Passes on the first POSITIONS channels, those of the slice's first channel."""

    divisor = 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[1:] == (3 * POSITIONS, 4, 6)
        return x[:, :POSITIONS]


class TwoHeads(Body):
    def forward(self, x: torch.Tensor) -> TrainingOutput:
        logits = super().forward(x)
        return TrainingOutput((-logits, logits))


IMAGES = torch.arange(2 * 3 * 8 * 12.0).view(2, 3, 8, 12)


def test_a_body_that_passes_channels_on_gives_the_slice_back():
    assert SpaceToDepth(Body())(IMAGES).equal(IMAGES[:, :1])


def test_every_head_comes_back_to_full_resolution():
    output = SpaceToDepth(TwoHeads())(IMAGES)
    assert output.head_logits[0].equal(-IMAGES[:, :1]) and output.head_logits[1].equal(IMAGES[:, :1])


def test_sides_must_divide_by_twice_as_much():
    assert SpaceToDepth(Body()).divisor == 8
