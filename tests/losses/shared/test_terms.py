from math import log

import pytest
import torch

from brainseg.losses.shared.terms import (
    boundary_term,
    dice_coefficient,
    focal_cross_entropy,
    hausdorff_term,
    soft_counts,
    tversky_index,
    weighted_cross_entropy,
)
from tests.losses.small_slices import blobs, drawn, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])
# two slices: 1/2 and 3/4 where there is lesion in the first pixel, 1/4 and 1/2 where there is none
LOGITS = torch.cat([probabilities(0.5, 0.75), probabilities(0.25, 0.5)])
TARGET = drawn("#.", "..")


def test_pixels_are_counted_over_the_batch_or_slice_by_slice():
    assert [count.item() for count in soft_counts(LOGITS, TARGET, "batch")] == pytest.approx([0.5, 2.0, 1.0])
    intersection, predicted, true = soft_counts(LOGITS, TARGET, "sample")
    assert intersection.tolist() == pytest.approx([0.5, 0.0])
    assert predicted.tolist() == pytest.approx([1.25, 0.75])
    assert true.tolist() == pytest.approx([1.0, 0.0])


def test_counts_of_many_pixels_are_exact_also_under_autocast():
    side = 300
    logits = torch.full((1, 1, side, side), 40.0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        counts = soft_counts(logits.bfloat16(), torch.ones_like(logits), "batch")
    assert [(count.item(), count.dtype) for count in counts] == [(side * side, torch.float32)] * 3


def test_dice_hand_computed():
    assert dice_coefficient(LOGITS, TARGET, 1.0, "batch").item() == pytest.approx((2 * 0.5 + 1) / (2 + 1 + 1))
    found = dice_coefficient(LOGITS, TARGET, 1.0, "sample").tolist()
    assert found == pytest.approx([(2 * 0.5 + 1) / (1.25 + 1 + 1), 1 / (0.75 + 1)])


def test_tversky_hand_computed():
    # over the batch: TP 0.5, FN 0.5, FP 1.5
    found = tversky_index(LOGITS, TARGET, fn_weight=0.7, fp_weight=0.3, smooth=1.0, reduce="batch").item()
    assert found == pytest.approx((0.5 + 1) / (0.5 + 0.7 * 0.5 + 0.3 * 1.5 + 1))


@REDUCE
@pytest.mark.parametrize("seed", range(3))
def test_tversky_with_halves_is_dice_and_with_ones_the_share_of_the_union(seed, reduce):
    logits, target = blobs(seed)
    halves = tversky_index(logits, target, 0.5, 0.5, 1.0, reduce)
    torch.testing.assert_close(halves, dice_coefficient(logits, target, 2.0, reduce))
    intersection, predicted, true = soft_counts(logits, target, reduce)
    ones = tversky_index(logits, target, 1.0, 1.0, 0.5, reduce)
    torch.testing.assert_close(ones, (intersection + 0.5) / (predicted + true - intersection + 0.5))


@REDUCE
def test_nothing_predicted_where_nothing_is_has_an_overlap_of_1(reduce):
    empty = torch.full((2, 1, 4, 4), -40.0)
    for found in (
        dice_coefficient(empty, torch.zeros_like(empty), 1e-5, reduce),
        tversky_index(empty, torch.zeros_like(empty), 0.7, 0.3, 1e-5, reduce),
    ):
        torch.testing.assert_close(found, torch.ones_like(found))
        assert found.shape == (() if reduce == "batch" else (2,))


def test_weighted_cross_entropy_hand_computed():
    # lesion at 1/2 and background at 3/4, 1/4 and 1/2
    found = weighted_cross_entropy(LOGITS, TARGET, lesion_weight=3.0, background_weight=0.5).item()
    assert found == pytest.approx((3 * log(2) + 0.5 * (log(4) + log(4 / 3) + log(2))) / 4)


def test_focal_cross_entropy_hand_computed():
    found = focal_cross_entropy(LOGITS, TARGET, alpha=0.75, gamma=2.0).item()
    of_lesion = 0.75 * 0.5**2 * log(2)
    of_background = 0.25 * (0.75**2 * log(4) + 0.25**2 * log(4 / 3) + 0.5**2 * log(2))
    assert found == pytest.approx((of_lesion + of_background) / 4)


def test_without_focus_it_is_the_weighted_cross_entropy():
    logits, target = blobs(0)
    found = focal_cross_entropy(logits, target, alpha=0.7, gamma=0.0)
    torch.testing.assert_close(found, weighted_cross_entropy(logits, target, 0.7, 0.3))


def test_boundary_term_hand_computed():
    # from the contour: -0.5, 0.5, 1.5; of the slice without one all 0
    logits = torch.cat([probabilities(0.5, 0.25, 0.75), probabilities(0.9, 0.9, 0.9)])
    assert boundary_term(logits, drawn("#..", "...")).item() == pytest.approx((-0.25 + 0.125 + 1.125) / 6)


@pytest.mark.parametrize(("distances", "contours"), [("truth", 1), ("both", 2)])
def test_hausdorff_term_hand_computed(distances, contours):
    # each pixel is one pixel from either contour and off by 3/4; the diagonal squared is 5
    found = hausdorff_term(probabilities(0.75, 0.25), drawn(".#"), alpha=2.0, distances=distances).item()
    assert found == pytest.approx(0.75**2 * contours / 5)


@pytest.mark.parametrize(
    "term",
    [
        lambda logits, target: weighted_cross_entropy(logits, target, 2.0, 1.0),
        lambda logits, target: focal_cross_entropy(logits, target, 0.75, 2.0),
        boundary_term,
        lambda logits, target: hausdorff_term(logits, target, 2.0, "both"),
    ],
    ids=["cross-entropy", "focal", "boundary", "hausdorff"],
)
def test_all_are_of_float32_also_under_autocast(term):
    logits, target = blobs(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = term(logits, target)
    assert found.dtype == torch.float32 and found == term(logits, target)
