from math import log

import pytest
import torch

from brainseg.losses.bce import bce


def test_hand_computed():
    # probabilities 1/2 and 3/4, both should be 1; 1/4 should be 0
    logits, target = torch.tensor([0.0, log(3), -log(3)]), torch.tensor([1.0, 1.0, 0.0])
    expected = -(log(1 / 2) + log(3 / 4) + log(3 / 4)) / 3
    assert bce(logits.view(1, 1, 1, 3), target.view(1, 1, 1, 3)).item() == pytest.approx(expected)


@pytest.mark.parametrize("lesion", [0.0, 0.2, 1.0])
def test_value_and_gradient_equal_torch_on_float64_probabilities(lesion):
    generator = torch.Generator().manual_seed(0)
    ours = (3 * torch.randn(3, 1, 8, 9, generator=generator)).requires_grad_()
    theirs = ours.detach().double().requires_grad_()
    target = (torch.rand(3, 1, 8, 9, generator=generator) < lesion).float()
    value = bce(ours, target)
    expected = torch.nn.functional.binary_cross_entropy(theirs.sigmoid(), target.double())
    value.backward()
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), abs=1e-6)
    torch.testing.assert_close(ours.grad.double(), theirs.grad, atol=1e-6, rtol=1e-4)


def test_a_saturated_logit_on_the_wrong_side_costs_itself_and_still_has_a_gradient():
    logits = torch.full((1, 1, 2, 2), -1e4, requires_grad=True)
    value = bce(logits, torch.ones(1, 1, 2, 2))
    value.backward()
    assert value.item() == 1e4
    assert logits.grad.flatten().tolist() == [-0.25] * 4
