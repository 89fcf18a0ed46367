"""Scores are planted so that a claim holds, fails, or cannot be told."""

import re

import numpy as np
import pytest

from studies.report_claims import about_losses as claims
from studies.report_claims.finding import Finding
from studies.report_claims.report_figures import LOSSES
from tests.studies.report_claims.small_evidence import Planted, all_get, evidence, planted, row_names, unet

DICE, BCE, LOG_COSH, SHAPE = LOSSES


def numbers(found: Finding) -> list[float]:
    return [float(number) for number in re.findall(r"[+-]?\d+\.\d+", found.figures)]


# claim -> the pairs that it takes, first better: (optimizer, loss, loss)
COMPARES = {
    claims.dice_and_shape_aware_lead_with_adam: [
        ("adam", best, other) for best in (DICE, SHAPE) for other in (BCE, LOG_COSH)
    ],
    claims.bce_is_weak: [("adam", DICE, BCE), ("sgd", DICE, BCE)],
    claims.log_cosh_is_worst_with_adam: [("adam", best, LOG_COSH) for best in (DICE, BCE, SHAPE)],
    claims.dice_leads_with_sgd: [("sgd", DICE, other) for other in (BCE, LOG_COSH, SHAPE)],
    claims.dice_and_shape_aware_lead_with_both: [
        (optim, best, other) for optim in ("adam", "sgd") for best in (DICE, SHAPE) for other in (BCE, LOG_COSH)
    ],
}
# claim -> who gains 0.1 so that it holds
HOLDS = {
    claims.dice_and_shape_aware_lead_with_adam: unet("adam", DICE, SHAPE),
    claims.bce_is_weak: unet("adam", DICE) + unet("sgd", DICE),
    claims.log_cosh_is_worst_with_adam: unet("adam", DICE, BCE, SHAPE),
    claims.dice_leads_with_sgd: unet("sgd", DICE),
    claims.dice_and_shape_aware_lead_with_both: unet("adam", DICE, SHAPE) + unet("sgd", DICE, SHAPE),
}
by_claim = pytest.mark.parametrize("claim", COMPARES, ids=lambda claim: claim.__name__)


@by_claim
def test_it_holds_where_all_that_it_names_are_better(claim):
    found = claim(evidence(gains=all_get(HOLDS[claim], 0.1)))
    assert found.outcome == "holds"
    assert found.figures.count("(better)") == len(COMPARES[claim])


@by_claim
def test_it_fails_where_they_are_worse_or_equal(claim):
    assert claim(evidence(gains=all_get(HOLDS[claim], -0.1))).outcome == "fails"
    assert claim(evidence()).outcome == "fails"


@by_claim
def test_it_speaks_of_these_pairs_in_this_order(claim):
    found = claim(evidence(gains=all_get(HOLDS[claim], 0.1)))
    pairs = [(f"fair-{optim}-{a}", f"fair-{optim}-{b}") for optim, a, b in COMPARES[claim]]
    assert re.findall(r"^- (\S+) against (\S+) ", found.figures, re.MULTILINE) == pairs
    assert numbers(found) == [0.1, *numbers(found)[1:]]


@by_claim
def test_one_comparison_that_is_not_certain_leaves_it_open(claim):
    best, *_ = HOLDS[claim]
    found = claim(evidence(gains=all_get(HOLDS[claim], 0.1), unsure=[best]))
    assert found.outcome == "inconclusive"
    assert "(worse)" not in found.figures and "(equivalent)" not in found.figures


@by_claim
def test_one_that_is_no_better_is_enough_against_it(claim):
    *_, (optim, a, _) = COMPARES[claim]
    gains = all_get(HOLDS[claim], 0.1) | all_get(unet(optim, a), 0.0)
    assert claim(evidence(gains=gains)).outcome == "fails"


@pytest.mark.parametrize(
    ("claim", "optim"),
    [
        (claims.dice_and_shape_aware_lead_with_adam, "sgd"),
        (claims.log_cosh_is_worst_with_adam, "sgd"),
        (claims.dice_leads_with_sgd, "adam"),
        (claims.bce_is_second_with_sgd, "adam"),
    ],
)
def test_the_other_optimizer_has_no_say(claim, optim):
    gains = all_get(unet("adam") + unet("sgd"), 0.0) | all_get(unet(optim, BCE, LOG_COSH), 0.2)
    assert claim(evidence(gains=gains, unsure=unet(optim, SHAPE))) == claim(evidence())


# With SGD, cross-entropy is second


def test_bce_is_second_where_dice_alone_is_better():
    gains = all_get(unet("sgd", DICE), 0.2) | all_get(unet("sgd", BCE), 0.1)
    assert claims.bce_is_second_with_sgd(evidence(gains=gains)).outcome == "holds"


def test_bce_is_not_second_where_it_is_no_better_than_the_others():
    assert claims.bce_is_second_with_sgd(evidence(gains=all_get(unet("sgd", DICE), 0.2))).outcome == "fails"


def test_whether_bce_is_second_is_open_where_it_is_not_certain():
    gains = all_get(unet("sgd", DICE), 0.2) | all_get(unet("sgd", BCE), 0.1)
    assert claims.bce_is_second_with_sgd(evidence(gains=gains, unsure=unet("sgd", BCE))).outcome == "inconclusive"


def test_bce_is_not_second_where_it_is_first():
    gains = all_get(unet("sgd", BCE), 0.2)
    assert claims.bce_is_second_with_sgd(evidence(gains=gains)).outcome == "fails"


# Log-cosh Dice drops slowly


def falls(of_log_cosh: list[float], of_others: list[float]) -> Finding:
    rows = planted(row_names("adam"), train_loss=of_others)
    return claims.log_cosh_starts_slowly(evidence(rows=rows | {"adam-log_cosh_dice": Planted(train_loss=of_log_cosh)}))


FAST = [1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]  # in two of twelve epochs 0.6 of 0.9
SLOW = [1.0, 0.99, 0.91, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1]  # 0.09 of 0.9


def test_log_cosh_is_slow_where_a_sixth_of_the_epochs_brings_less_than_a_sixth():
    slow, fast = falls(SLOW, FAST), falls(FAST, SLOW)
    assert (slow.outcome, fast.outcome) == ("holds", "fails")
    assert "dice 67%, bce 67%, log_cosh_dice 10%, shape_aware 67%" in slow.figures
    assert "dice 10%, bce 10%, log_cosh_dice 67%, shape_aware 10%" in fast.figures


def test_a_sixth_that_is_just_reached_is_not_slow():
    assert falls([0.75, 0.7, 0.625] + [0.0] * 9, FAST).outcome == "fails"  # 0.125 of 0.75
    assert falls([0.75, 0.7, 0.626] + [0.0] * 9, FAST).outcome == "holds"


def test_where_the_loss_rose_at_last_the_way_is_to_its_lowest():
    assert "log_cosh_dice 25%" in falls([1.0, 0.9, 0.8] + [0.2] * 8 + [0.6], FAST).figures


@pytest.mark.parametrize("loss", [[1.0] * 12, [1.0 + epoch / 10 for epoch in range(12)]])
def test_a_loss_that_never_fell_has_no_share_of_its_fall(loss):
    found = falls(loss, FAST)
    assert found.outcome == "inconclusive" and not re.search("nan|inf", found.figures)


# The validation DSC is steadiest with Dice


def curves(spread: dict[str, float]) -> dict[str, Planted]:
    """Twenty epochs, of which the last four go up and down by so much."""
    curve = {loss: [0.5] * 16 + [0.8 + by, 0.8 - by] * 2 for loss, by in spread.items()}
    return {f"adam-{loss}": Planted(validation_dsc=curve[loss]) for loss in spread}


@pytest.mark.parametrize(
    ("spread", "word"),
    [
        ((0.01, 0.02, 0.03, 0.04), "holds"),
        ((0.04, 0.02, 0.03, 0.01), "fails"),
        ((0.02, 0.01, 0.04, 0.03), "fails"),
        ((0.01, 0.02, 0.04, 0.03), "inconclusive"),
        ((0.02, 0.01, 0.03, 0.04), "inconclusive"),
    ],
)
def test_dice_is_to_be_the_steadiest_and_shape_aware_the_least(spread, word):
    found = claims.all_but_dice_fluctuate_shape_aware_most(
        evidence(rows=curves(dict(zip(LOSSES, spread, strict=True))))
    )
    assert found.outcome == word
    assert numbers(found) == pytest.approx([np.sqrt(4 / 3) * by for by in spread], abs=5e-5)


# Mean and median


@pytest.mark.parametrize(
    ("medians", "word"),
    [
        ((0.81, 0.81, 0.81, 0.81), "holds"),
        ((0.83, 0.85, 0.9, 0.83), "fails"),
        ((0.81, 0.83, 0.81, 0.81), "inconclusive"),
    ],
)
def test_with_adam_mean_and_median_are_close_within_two_points(medians, word):
    rows = {f"adam-{loss}": Planted(mean=0.8, median=median) for loss, median in zip(LOSSES, medians, strict=True)}
    rows |= planted(row_names("sgd"), mean=0.2, median=0.9)  # has no say
    found = claims.mean_is_near_median_with_adam(evidence(rows=rows))
    assert found.outcome == word
    assert numbers(found) == pytest.approx([median - 0.8 for median in medians])


def test_with_adam_a_mean_far_above_the_median_is_not_close():
    found = claims.mean_is_near_median_with_adam(evidence(rows=planted(row_names("adam"), mean=0.42, median=0.1)))
    assert found.outcome == "fails"


def test_with_adam_where_patients_are_lost_it_does_not_hold_that_none_is():
    rows = planted(row_names("adam"), mean=0.6, median=0.61, failures=2)
    found = claims.mean_is_near_median_with_adam(evidence(rows=rows))
    assert "patients lost: 2, 2, 2, 2" in found.figures
    assert found.outcome != "holds"


@pytest.mark.parametrize(
    ("medians", "word"),
    [
        ((0.9, 0.9, 0.9, 0.9), "holds"),
        ((0.805, 0.805, 0.805, 0.805), "fails"),
        ((0.9, 0.805, 0.805, 0.805), "inconclusive"),
    ],
)
def test_with_sgd_mean_and_median_are_to_be_farther_apart_loss_by_loss(medians, word):
    rows = {f"sgd-{loss}": Planted(mean=0.8, median=median) for loss, median in zip(LOSSES, medians, strict=True)}
    rows |= planted(row_names("adam"), mean=0.8, median=0.81)
    found = claims.mean_is_far_from_median_with_sgd(evidence(rows=rows))
    assert found.outcome == word
    assert numbers(found) == pytest.approx([median - 0.8 for median in medians] + [0.01] * 4)


def test_with_sgd_a_mean_far_above_the_median_is_farther_apart():
    rows = planted(row_names("sgd"), mean=0.42, median=0.1) | planted(row_names("adam"), mean=0.8, median=0.81)
    assert claims.mean_is_far_from_median_with_sgd(evidence(rows=rows)).outcome == "holds"


def test_patients_lost_are_those_of_the_optimizer_that_is_spoken_of():
    rows = planted(row_names("sgd"), failures=3) | planted(row_names("adam"), failures=1)
    assert "lost: 3, 3, 3, 3" in claims.mean_is_far_from_median_with_sgd(evidence(rows=rows)).figures
    assert "lost: 1, 1, 1, 1" in claims.mean_is_near_median_with_adam(evidence(rows=rows)).figures


# Ragged borders


def borders(**planted_scores) -> Finding:
    return claims.dice_and_shape_aware_keep_borders(evidence(**planted_scores))


def test_borders_are_judged_by_nsd_alone():
    better = all_get(unet("adam", DICE, SHAPE), 0.1)
    assert borders(nsd=better).outcome == "holds"
    assert borders(gains=better).outcome == "fails"
    assert borders(nsd=better, nsd_unsure=unet("adam", DICE)).outcome == "inconclusive"
    assert borders(nsd=better, nsd_unsure=unet("sgd")).outcome == "holds"


def test_ragged_patients_are_counted_with_the_mean_of_each_loss():
    found = borders(nsd=all_get(unet("adam", DICE), 0.1) | all_get(unet("adam", SHAPE), 0.2))
    assert "Mean NSD of 3 patients with ragged edges, too few for a verdict: " in found.figures
    assert numbers(found)[-4:] == [0.53, 0.43, 0.43, 0.63]  # LEVEL has 0.41, 0.43 and 0.45 there


def test_where_none_has_ragged_edges_that_is_said():
    found = borders(traits={"edge": ["smooth"] * 10})
    assert found.outcome == "fails" and "No patient has ragged edges" in found.figures


# Log-cosh Dice has proved its advantage


def test_dice_and_log_cosh_are_to_be_better_at_regions_and_borders():
    better = all_get(unet("adam", DICE, LOG_COSH), 0.1)
    found = claims.log_cosh_has_proved_its_advantage(evidence(gains=better, nsd=better))
    assert found.outcome == "holds" and found.figures.count("(better)") == 8
    for only in ({"gains": better}, {"nsd": better}, {}):
        assert claims.log_cosh_has_proved_its_advantage(evidence(**only)).outcome == "fails"


def test_one_of_regions_and_borders_that_is_not_certain_leaves_it_open():
    better = all_get(unet("adam", DICE, LOG_COSH), 0.1)
    for unsure in ({"unsure": unet("adam", DICE)}, {"nsd_unsure": unet("adam", LOG_COSH)}):
        found = claims.log_cosh_has_proved_its_advantage(evidence(gains=better, nsd=better, **unsure))
        assert found.outcome == "inconclusive"
