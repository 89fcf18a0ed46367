from math import log

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.losses.bce import bce
from brainseg.losses.weighted_bce import weighted_bce
from tests.losses.small_slices import blobs, drawn, probabilities


def test_hand_computed():
    # lesion at 1/4 and background at 1/2: log 4 counts three times, log 2 once
    found = weighted_bce(probabilities(0.25, 0.5), drawn("#."), lesion_weight=3.0).item()
    assert found == pytest.approx((3 * log(4) + log(2)) / 2)


@pytest.mark.parametrize("weight", [0.5, 1.0, 3.0, 20.0])
def test_equals_pytorch_with_a_weight_of_positives(weight):
    logits, target = blobs(0)
    expected = binary_cross_entropy_with_logits(logits.double(), target.double(), pos_weight=torch.tensor(weight))
    assert weighted_bce(logits, target, lesion_weight=weight).item() == pytest.approx(expected.item(), rel=1e-6)


def test_with_weight_1_or_without_lesion_it_is_the_cross_entropy():
    logits, target = blobs(1)
    assert weighted_bce(logits, target, lesion_weight=1.0) == bce(logits, target)
    empty = torch.zeros_like(target)
    assert weighted_bce(logits, empty, lesion_weight=9.0) == bce(logits, empty)


def test_above_1_a_miss_costs_more_than_an_excess():
    miss, excess = (
        weighted_bce(probabilities(p), drawn(mask), lesion_weight=3.0) for p, mask in ((0.1, "#"), (0.9, "."))
    )
    assert miss.item() == pytest.approx(3 * excess.item())


@pytest.mark.parametrize("weight", [0.0, -1.0, "3"])
def test_a_weight_that_cannot_be_is_refused(weight):
    with pytest.raises(UserError, match="losses.weighted_bce.lesion_weight is "):
        build("losses", "weighted_bce", {"losses": {"weighted_bce": {"lesion_weight": weight}}})
