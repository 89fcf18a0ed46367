from math import log

import pytest
import torch
from monai.losses import FocalLoss

from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.losses.bce import bce
from brainseg.losses.focal import focal
from tests.losses.small_slices import blobs, drawn, probabilities


def test_hand_computed():
    # lesion at 1/4: 0.75 (3/4)^2 log 4; background at 1/2: 0.25 (1/2)^2 log 2
    found = focal(probabilities(0.25, 0.5), drawn("#."), alpha=0.75, gamma=2.0).item()
    assert found == pytest.approx((0.75 * 0.5625 * log(4) + 0.25 * 0.25 * log(2)) / 2)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("gamma", [1.0, 2.0, 3.5])
@pytest.mark.parametrize("seed", range(3))
def test_equals_monais(alpha, gamma, seed):
    logits, target = blobs(seed)
    expected = FocalLoss(gamma=gamma, alpha=alpha)(logits.double(), target.double()).item()
    assert focal(logits, target, alpha=alpha, gamma=gamma).item() == pytest.approx(expected, rel=1e-6)


def test_it_looks_away_from_what_is_right():
    # a pixel at 0.9 costs (1 - 0.9)^2 of its cross-entropy, one at 0.1 costs 0.9^2 of it
    for p, share in ((0.9, 0.01), (0.1, 0.81)):
        of_focal = focal(probabilities(p), drawn("#"), alpha=0.5, gamma=2.0)
        assert of_focal.item() == pytest.approx(0.5 * share * bce(probabilities(p), drawn("#")).item(), rel=1e-6)


def test_saturated_logits_lose_no_digit():
    found = focal(torch.full((1, 1, 1, 1), -200.0), drawn("#"), alpha=0.75, gamma=2.0)
    assert found.item() == pytest.approx(0.75 * 200)


@pytest.mark.parametrize("gamma", [0.0, 0.5, -1.0])
def test_a_gamma_with_an_infinite_slope_is_refused(gamma):
    with pytest.raises(UserError, match=r"losses.focal.gamma is .*; expected greater than or equal to 1"):
        build("losses", "focal", {"losses": {"focal": {"alpha": 0.75, "gamma": gamma}}})
