"""Scores are planted so that a claim holds, fails, or cannot be told."""

import re

import numpy as np
import pytest

from studies.report_claims import about_architectures as claims
from studies.report_claims.report_figures import Kind
from tests.studies.report_claims.small_evidence import LEVEL, TRAITS, all_get, evidence

UNETPP = [Kind("unetpp", "adam", loss) for loss in ("dice", "log_cosh_dice")]
UNET = [Kind("unet", "adam", loss) for loss in ("dice", "log_cosh_dice")]
WAVER = np.array([1, -1] * 5)


def wavering(gain: float, by: float) -> dict[Kind, np.ndarray]:
    """U-Net++ better by `gain`, give or take `by` with each patient: a standard error of by / 3."""
    return dict.fromkeys(UNETPP, LEVEL + gain + by * WAVER)


# Better by 0.2 to 0.3 points


@pytest.mark.parametrize("gain", [0.1, 0.02, -0.1, 0.0])
def test_it_fails_where_the_interval_leaves_out_two_to_three_thousandths(gain):
    assert claims.unetpp_is_a_little_better(evidence(gains=all_get(UNETPP, gain))).outcome == "fails"


def test_it_fails_where_one_of_the_losses_speaks_against_it():
    assert claims.unetpp_is_a_little_better(evidence(gains={UNETPP[0]: 0.0025, UNETPP[1]: 0.1})).outcome == "fails"


def test_it_is_open_where_nothing_is_certain():
    found = claims.unetpp_is_a_little_better(evidence(unsure=UNETPP))
    assert found.outcome == "inconclusive" and found.figures.count("(inconclusive)") == 2


def test_it_holds_where_the_difference_is_certainly_a_quarter_of_a_point():
    found = claims.unetpp_is_a_little_better(evidence(gains=all_get(UNETPP, 0.0025)))
    assert found.outcome == "holds"


def test_it_does_not_hold_where_the_difference_is_one_point():
    """0.01 [0.0025, 0.0175]: better for certain, and it may be 0.3 points; the best guess is three times that."""
    found = claims.unetpp_is_a_little_better(evidence(level=wavering(0.01, 0.01)))
    assert found.figures.count("(better)") == 2
    assert found.outcome != "holds"


def test_the_figures_that_are_printed_are_enough_to_see_why():
    """0.0005 give or take 0.00045 ends below 0.0015, and so it is to be read."""
    found = claims.unetpp_is_a_little_better(evidence(gains=all_get(UNETPP, 0.0005)))
    assert found.outcome == "fails"
    assert any(float(high) < 0.0015 for high in re.findall(r", ([+-]\S+)\]", found.figures))


def test_the_pairs_are_unetpp_against_unet_with_the_same_loss():
    for claim in (claims.unetpp_is_a_little_better, claims.unetpp_is_not_significantly_better):
        found = claim(evidence(gains=all_get(UNETPP, 0.1)))
        compared = re.findall(r"^- (.*?) [+-]\d", found.figures, re.MULTILINE)
        assert compared == [f"fair-unetpp-{loss} against fair-adam-{loss}" for loss in ("dice", "log_cosh_dice")]
        assert re.findall(r" ([+-]\S+) \[", found.figures) == ["+0.1000", "+0.1000"]


# ... not significantly


def test_it_is_not_significant_where_nothing_is_certain():
    assert claims.unetpp_is_not_significantly_better(evidence(unsure=UNETPP)).outcome == "holds"
    assert claims.unetpp_is_not_significantly_better(evidence()).outcome == "holds"


@pytest.mark.parametrize("better", [UNETPP, UNETPP[:1], UNETPP[1:]])
def test_it_is_significant_where_unetpp_is_better_with_a_loss(better):
    assert claims.unetpp_is_not_significantly_better(evidence(gains=all_get(better, 0.1))).outcome == "fails"


def test_a_difference_that_unetpp_loses_by_is_significant_too():
    """The claim as it is printed: the difference between U-Net++ and U-Net is not significant."""
    found = claims.unetpp_is_not_significantly_better(evidence(gains=all_get(UNETPP, -0.1)))
    assert found.figures.count("(worse)") == 2
    assert found.outcome == "fails"


def test_a_small_difference_that_is_certain_is_significant():
    """0.005 give or take 0.0006: p is far below 0.05, though it is practically none."""
    found = claims.unetpp_is_not_significantly_better(evidence(gains=all_get(UNETPP, 0.005)))
    assert found.figures.count("(equivalent)") == 2
    assert found.outcome == "fails"


# Small lesions, ragged edges

DICE = [Kind("unet", "adam", "dice"), Kind("unetpp", "adam", "dice")]
OPEN = LEVEL[[0, 9, 1, 8, 2, 7, 3, 6, 4, 5]]  # up and down: a rank correlation of about 0
BOTH = pytest.mark.parametrize("claim", [claims.small_lesions_are_worse, claims.ragged_edges_are_worse])


@BOTH
def test_it_holds_where_patients_with_the_trait_score_worse(claim):
    found = claim(evidence())  # LEVEL rises with size, and falls with raggedness
    assert found.outcome == "holds"


@BOTH
def test_it_fails_where_they_score_better(claim):
    assert claim(evidence(level=dict.fromkeys(DICE, LEVEL[::-1]))).outcome == "fails"


@BOTH
@pytest.mark.parametrize(
    "scores", [{DICE[0]: OPEN}, {DICE[1]: OPEN}, {DICE[0]: LEVEL[::-1]}, dict.fromkeys(DICE, OPEN)]
)
def test_it_is_open_where_the_two_architectures_differ_or_nothing_is_certain(claim, scores):
    assert claim(evidence(level=scores)).outcome == "inconclusive"


@BOTH
def test_other_losses_and_optimizers_have_no_say(claim):
    other = dict.fromkeys((UNET[1], UNETPP[1], Kind("unet", "sgd", "dice")), LEVEL[::-1])
    assert claim(evidence(level=other)) == claim(evidence())


def test_correlations_and_means_are_those_of_the_patients():
    small = claims.small_lesions_are_worse(evidence()).figures
    assert small.startswith("With Dice and Adam, unet: rank correlation +1.00 (p ")
    assert "; mean DSC small 0.430 (3), medium 0.490 (3), large 0.560 (4); unetpp: rank correlation +1.00" in small
    ragged = claims.ragged_edges_are_worse(evidence()).figures
    assert ragged.startswith("With Dice and Adam, unet: rank correlation -1.00 (p ")
    assert ragged.endswith("; mean DSC smooth 0.560 (4), medium 0.490 (3), ragged 0.430 (3).")


def test_a_p_that_is_tiny_is_not_reported_as_zero():
    assert "p 0.000" not in claims.small_lesions_are_worse(evidence()).figures


def test_it_says_which_loss_is_judged():
    assert "dice" in claims.small_lesions_are_worse(evidence()).figures.replace("DSC", "").lower()


def test_size_has_no_say_in_edges_and_edges_none_in_size():
    turned = {"lesion_voxels": TRAITS["lesion_voxels"][::-1]}
    assert claims.small_lesions_are_worse(evidence(traits=turned)).outcome == "fails"
    assert claims.ragged_edges_are_worse(evidence(traits=turned)) == claims.ragged_edges_are_worse(evidence())


def test_a_patient_without_a_lesion_has_no_edge_and_is_left_out():
    nan = float("nan")
    traits = {"raggedness": [nan, *TRAITS["raggedness"][1:]], "edge": [nan, *TRAITS["edge"][1:]]}
    found = claims.ragged_edges_are_worse(evidence(traits=traits))
    assert found.outcome == "holds" and found.figures.endswith("ragged 0.440 (2).")


def test_a_stratum_without_patients_is_not_reported():
    found = claims.small_lesions_are_worse(evidence(traits={"size": ["small"] * 5 + ["large"] * 5}))
    assert "small 0.450 (5), large 0.550 (5)" in found.figures
