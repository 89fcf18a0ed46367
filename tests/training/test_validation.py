import math

import pytest
import torch

from brainseg.data.preprocessed import FULL_SCALE
from brainseg.losses.bce import bce
from brainseg.training.slices import Slices
from brainseg.training.validation import mean_scores, validate


class Logit(torch.nn.Module):
    """The logit of the first channel, where intensities are the probabilities wanted."""

    def forward(self, images):
        return images[:, :1].clamp(1e-6, 1 - 1e-6).logit()


def slices_of(probability: list, truth: list, patient: list[int]) -> Slices:
    """Slices whose intensity is the probability; mean 0 and std 1."""
    intensity = (torch.tensor(probability) * FULL_SCALE).round().to(torch.int32).to(torch.uint16)
    people = max(patient) + 1
    return Slices(
        names=tuple("abc"[:people]),
        images=intensity[..., None].expand(*intensity.shape, 3).contiguous(),
        masks=torch.tensor(truth, dtype=torch.bool),
        patient=torch.tensor(patient),
        mean=torch.zeros(people, 3),
        std=torch.ones(people, 3),
    )


# a: two slices, b: one, of 2 x 2 pixels
SLICES = slices_of(
    [[[0.75, 0.75], [0.25, 0.0]], [[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]],
    [[[1, 1], [1, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]],
    [0, 0, 1],
)


def test_hard_scores_by_hand():
    rows = validate(Logit(), bce, SLICES, 2, "fp32")[1]
    assert [row["patient"] for row in rows] == ["a", "b"]
    # a: above 0.5 are the upper two pixels and, not joined to them, one of the second slice
    assert rows[0]["dsc"] == pytest.approx(4 / 5)
    assert rows[0]["iou"] == pytest.approx(2 / 3)
    assert rows[1]["dsc"] == rows[1]["iou"] == 1  # no lesion, none predicted


def test_soft_scores_by_hand():
    rows = validate(Logit(), bce, SLICES, 2, "fp32")[1]
    # a: the intersection is 1.75, the prediction sums to 2.75, the truth to 3
    assert rows[0]["soft_dsc"] == pytest.approx(3.5 / 5.75, abs=1e-4)
    assert rows[0]["soft_iou"] == pytest.approx(1.75 / 4, abs=1e-4)


def test_one_half_is_no_lesion():
    halves = slices_of([[[0.5, 0.5]]], [[[0, 0]]], [0])
    halves = Slices(**vars(halves) | {"images": torch.zeros_like(halves.images)})
    assert validate(torch.nn.Conv2d(3, 1, 1, bias=False), bce, halves, 1, "fp32")[1][0]["dsc"] == 1  # logits of 0


@pytest.mark.parametrize("batch_size", [1, 2, 3, 10])
def test_the_loss_is_the_mean_over_slices_whatever_the_batch_size(batch_size):
    # 12 pixels: four of -log 0.75 (two true at 0.75, none else), see below
    pixels = [2 * -math.log(0.75), -math.log(0.25), -math.log(1e-6)]  # the rest are right: about 0
    assert validate(Logit(), bce, SLICES, batch_size, "fp32")[0] == pytest.approx(sum(pixels) / 12, rel=1e-2)


def test_batch_norm_uses_and_stores_its_running_statistics():
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(3), torch.nn.Conv2d(3, 1, 1))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    validate(network, bce, SLICES, 2, "fp32")
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())


def test_without_validation_the_mean_scores_are_none():
    assert mean_scores([]) == {"dsc": None, "iou": None, "soft_dsc": None, "soft_iou": None}


def test_mean_scores_are_means_over_patients():
    rows = [{"patient": "a", "dsc": 0.5, "iou": 0.2, "soft_dsc": 0.4, "soft_iou": 0.1}]
    rows += [{"patient": "b", "dsc": 1.0, "iou": 0.4, "soft_dsc": 0.6, "soft_iou": 0.5}]
    assert mean_scores(rows) == pytest.approx({"dsc": 0.75, "iou": 0.3, "soft_dsc": 0.5, "soft_iou": 0.3})


def test_patients_end_within_batches_or_go_on_over_several():
    torch.manual_seed(0)
    probability, patient = torch.rand(11, 4, 4), [0] * 1 + [1] * 7 + [2] * 3
    slices = slices_of(probability.tolist(), (probability > 0.6).tolist(), patient)
    expected = validate(Logit(), bce, slices, 11, "fp32")[1]
    assert [row["patient"] for row in expected] == ["a", "b", "c"]
    for batch_size in (1, 2, 3, 8):
        for found, row in zip(validate(Logit(), bce, slices, batch_size, "fp32")[1], expected, strict=True):
            assert found.pop("patient") == row["patient"]
            assert found == pytest.approx({score: row[score] for score in found}, rel=1e-6)
