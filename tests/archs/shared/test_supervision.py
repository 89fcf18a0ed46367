import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from brainseg.archs.shared.supervision import TrainingOutput, supervised_loss
from brainseg.losses.bce import bce
from brainseg.losses.dice import dice


@pytest.fixture
def target() -> torch.Tensor:
    return (torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(0)) < 0.4).float()


def logits(seed: int) -> torch.Tensor:
    return torch.randn(2, 1, 4, 5, generator=torch.Generator().manual_seed(seed))


def test_logits_are_judged_by_the_loss_alone(target):
    assert supervised_loss(logits(1), target, bce).equal(bce(logits(1), target))


def test_heads_count_evenly(target):
    heads = logits(1), logits(2), logits(3)
    expected = sum(bce(head, target) for head in heads) / 3
    torch.testing.assert_close(supervised_loss(TrainingOutput(heads), target, bce), expected)


def test_heads_count_by_their_weights(target):
    heads = logits(1), logits(2)
    expected = 0.25 * bce(heads[0], target) + 0.75 * bce(heads[1], target)
    torch.testing.assert_close(supervised_loss(TrainingOutput(heads, head_weights=(0.25, 0.75)), target, bce), expected)


def test_a_single_head_costs_what_it_costs_alone(target):
    def loss(given, truth):
        return dice(given, truth, smooth=1.0, reduce="batch")

    assert supervised_loss(TrainingOutput((logits(1),)), target, loss) == loss(logits(1), target)


def test_places_add_the_cross_entropy_of_the_last_head_there(target):
    heads, places = (logits(1), logits(2)), torch.tensor([[0, 7, 19], [3, 3, 12]])
    whole = supervised_loss(TrainingOutput(heads), target, bce)
    answer = [heads[1][slice_, 0].flatten()[place] for slice_ in range(2) for place in places[slice_]]
    truth = [target[slice_, 0].flatten()[place] for slice_ in range(2) for place in places[slice_]]
    expected = whole + 2.5 * binary_cross_entropy(torch.stack(answer).sigmoid(), torch.stack(truth))
    torch.testing.assert_close(supervised_loss(TrainingOutput(heads, places, 2.5), target, bce), expected)


def test_places_are_judged_in_float32(target):
    heads, places = (logits(1).bfloat16(),), torch.tensor([[0], [1]])
    found = supervised_loss(TrainingOutput(heads, places, 1.0), target, bce)
    assert found.dtype == torch.float32


def test_places_of_an_empty_target_are_pulled_down():
    answer = torch.zeros(1, 1, 2, 2, requires_grad=True)
    supervised_loss(
        TrainingOutput((answer,), torch.tensor([[3]]), 1.0), torch.zeros(1, 1, 2, 2), lambda *_: answer.sum() * 0
    ).backward()
    assert answer.grad.flatten().tolist() == [0, 0, 0, 0.5]
