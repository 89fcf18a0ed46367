"""Scores are planted so that a claim holds, fails, or cannot be told."""

import re
from dataclasses import replace

import pytest

from studies.report_claims import about_optimizers as claims
from studies.report_claims.finding import Finding
from studies.report_claims.report_figures import LOSSES
from tests.studies.report_claims.small_evidence import Planted, all_get, evidence, planted, robustness, row_names, unet

DICE, BCE, LOG_COSH, SHAPE = LOSSES
ADAM, SGD = unet("adam"), unet("sgd")


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[+-]?\d+\.\d+", text)]


def by_loss(optim: str, what: str, values: tuple) -> dict[str, Planted]:
    return {f"{optim}-{loss}": Planted(**{what: value}) for loss, value in zip(LOSSES, values, strict=True)}


# Adam is better with every loss


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ({"gains": all_get(ADAM, 0.1)}, "holds"),
        ({"gains": all_get(SGD, 0.1)}, "fails"),
        ({}, "fails"),
        ({"gains": all_get(ADAM, 0.1) | all_get(unet("adam", BCE), 0.0)}, "fails"),
        ({"gains": all_get(ADAM, 0.1), "unsure": unet("sgd", SHAPE)}, "inconclusive"),
    ],
)
def test_adam_is_to_be_better_with_each_loss(planted, word):
    found = claims.adam_is_better_with_every_loss(evidence(**planted))
    assert found.outcome == word
    pairs = [f"fair-adam-{loss} against fair-sgd-{loss}" for loss in LOSSES]
    assert re.findall(r"^- (.*?) [+-]\d", found.figures, re.MULTILINE) == pairs


# ... by about ten points


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ({"gains": all_get(ADAM, 0.1)}, "holds"),
        ({"gains": all_get(ADAM, 0.03)}, "fails"),  # better, by less
        ({"gains": all_get(ADAM, -0.1)}, "fails"),
        ({}, "fails"),
        ({"gains": all_get(ADAM, 0.1) | all_get(unet("adam", DICE), 0.03)}, "fails"),
        ({"gains": all_get(ADAM, 0.1), "unsure": unet("sgd", BCE)}, "inconclusive"),
    ],
)
def test_adam_is_to_be_ten_points_better(planted, word):
    assert claims.adam_is_ten_points_better(evidence(**planted)).outcome == word


def test_thirty_points_are_not_about_ten():
    assert claims.adam_is_ten_points_better(evidence(gains=all_get(ADAM, 0.3))).outcome == "fails"


def test_the_rows_own_differences_are_reported_beside():
    rows = by_loss("adam", "mean", (0.9, 0.8, 0.7, 0.6)) | by_loss("sgd", "mean", (0.5, 0.5, 0.5, 0.65))
    found = claims.adam_is_ten_points_better(evidence(rows=rows, gains=all_get(ADAM, 0.1)))
    assert numbers(found.figures.split("one run each")[1])[:4] == [0.4, 0.3, 0.2, -0.05]
    assert found.outcome == "holds"  # is judged on equal terms


# Little overfitting with SGD


@pytest.mark.parametrize(
    ("gaps", "word"),
    [
        ((0.01, 0.02, -0.03, 0.04), "holds"),
        ((0.06, 0.07, 0.08, 0.09), "fails"),
        ((0.01, 0.02, 0.03, 0.09), "inconclusive"),
    ],
)
def test_little_overfitting_is_less_than_five_points_in_the_last_epoch(gaps, word):
    rows = by_loss("sgd", "last_gap", gaps) | planted(row_names("adam"), last_gap=0.3)
    found = claims.little_overfitting_with_sgd(evidence(rows=rows))
    assert found.outcome == word
    assert numbers(found.figures) == pytest.approx(gaps)


# SGD does not generalize better


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ({"gains": all_get(ADAM, 0.1)}, "holds"),
        ({}, "holds"),  # as good is not better
        ({"gains": all_get(unet("sgd", BCE), 0.1)}, "fails"),
        ({"unsure": unet("adam", DICE)}, "inconclusive"),
        ({"unsure": unet("adam", DICE), "gains": all_get(unet("sgd", BCE), 0.1)}, "fails"),
    ],
)
def test_sgd_generalizes_better_where_it_scores_better_with_any_loss(planted, word):
    assert claims.sgd_does_not_generalize_better(evidence(**planted)).outcome == word


def generalization_figures() -> str:
    rows = by_loss("adam", "last_gap", (0.1, 0.2, 0.3, 0.4)) | by_loss("sgd", "last_gap", (0.01, 0.02, 0.03, 0.04))
    return claims.sgd_does_not_generalize_better(evidence(rows=rows)).figures.split("Training minus")[1]


def test_gaps_are_reported_adam_first():
    assert numbers(generalization_figures()) == [0.1, 0.01, 0.2, 0.02, 0.3, 0.03, 0.4, 0.04]


def test_gaps_are_said_to_be_the_last_epochs():
    """The page says: the best epoch's weights, where no other are said."""
    assert "last epoch" in generalization_figures()


# SGD converges later

SOON, LATER = [0.8] * 25, [0.1] * 10 + [0.8] * 15  # converged at epoch 5, and at 13
RISING, NOTHING = [epoch / 100 for epoch in range(25)], [0.0] * 25


@pytest.mark.parametrize(
    ("adam", "sgd", "word"),
    [
        ((SOON,) * 4, (LATER,) * 4, "holds"),
        ((LATER,) * 4, (SOON,) * 4, "fails"),
        ((SOON,) * 4, (SOON,) * 4, "fails"),  # no later
        ((SOON,) * 4, (LATER, LATER, LATER, SOON), "inconclusive"),
        ((SOON,) * 4, (RISING,) * 4, "holds"),  # not within its epochs
        ((RISING,) * 4, (SOON,) * 4, "fails"),
        ((RISING,) * 4, (NOTHING,) * 4, "inconclusive"),  # neither converged
        ((RISING, SOON, SOON, SOON), (RISING, LATER, LATER, LATER), "holds"),
    ],
)
def test_sgd_is_to_converge_later_loss_by_loss(adam, sgd, word):
    rows = by_loss("adam", "validation_dsc", adam) | by_loss("sgd", "validation_dsc", sgd)
    assert claims.sgd_converges_later(evidence(rows=rows)).outcome == word


def test_epochs_are_reported_adam_first():
    rows = by_loss("adam", "validation_dsc", (SOON, SOON, RISING, SOON))
    rows |= by_loss("sgd", "validation_dsc", (LATER, RISING, RISING, SOON))
    reported = (
        "dice 5 and 13, bce 5 and not converged, log_cosh_dice not converged and not converged, shape_aware 5 and 5."
    )
    assert claims.sgd_converges_later(evidence(rows=rows)).figures.endswith(reported)


# The two that the report names

THE_TWO = dict.fromkeys(claims.NAMED, 0.1)
OTHERS = {"TCGA_CS_4944_20010208": 0.1, "TCGA_CS_6667_20011105": 0.2}  # and not the first two of LEVEL, neither
ONE = {claims.NAMED[0]: 0.1}


@pytest.mark.parametrize(
    ("scores", "word"),
    [
        ((THE_TWO,) * 4, "holds"),
        ((OTHERS,) * 4, "fails"),
        ((ONE,) * 4, "fails"),  # one of the two is not both
        ((THE_TWO, THE_TWO, THE_TWO, OTHERS), "inconclusive"),
    ],
)
def test_the_two_named_are_to_be_the_worst_with_each_loss(scores, word):
    rows = by_loss("sgd", "scores", scores) | planted(row_names("adam"), scores=OTHERS)
    assert claims.the_named_two_are_worst_with_sgd(evidence(rows=rows)).outcome == word


def test_the_worst_are_reported_with_their_scores():
    rows = by_loss("sgd", "scores", ({claims.NAMED[0]: 0.05, claims.NAMED[1]: 0.3},) * 4)
    assert (
        "dice: CS_6668 0.05, HT_7616 0.30; bce: "
        in claims.the_named_two_are_worst_with_sgd(evidence(rows=rows)).figures
    )


def test_who_else_is_lost_at_0_does_not_make_the_verdict_depend_on_the_order_of_rows():
    rows = by_loss("sgd", "scores", ({**dict.fromkeys(claims.NAMED, 0.0), "TCGA_DU_5851_19950428": 0.0},) * 4)
    one_way = evidence(rows=rows)
    turned = {name: replace(it, per_volume=it.per_volume[::-1]) for name, it in one_way.as_report.items()}
    other_way = replace(one_way, as_report=turned)
    words = [claims.the_named_two_are_worst_with_sgd(it).outcome for it in (one_way, other_way)]
    assert words[0] == words[1]


# Brightness


def brightness(adam: tuple, sgd: tuple, noise: float = 0.0) -> Finding:
    lost = {f"adam-{loss}": it for loss, it in zip(LOSSES, adam, strict=True)}
    lost |= {f"sgd-{loss}": it for loss, it in zip(LOSSES, sgd, strict=True)}
    return claims.sgd_follows_brightness(evidence(robust=robustness(lost, noise)))


@pytest.mark.parametrize(
    ("adam", "sgd", "word"),
    [
        ((0.04,) * 4, (0.08,) * 4, "holds"),
        ((0.08,) * 4, (0.04,) * 4, "fails"),
        ((0.04,) * 4, (0.04,) * 4, "fails"),
        ((0.04,) * 4, (-0.04,) * 4, "fails"),  # SGD gains
        ((0.04,) * 4, (0.08, 0.08, 0.0, 0.0), "inconclusive"),
    ],
)
def test_sgd_is_to_lose_more_to_another_brightness(adam, sgd, word):
    found = brightness(adam, sgd, noise=0.5)  # noise is no brightness
    assert found.outcome == word
    shares = [100 * lost / 0.8 for pair in zip(adam, sgd, strict=True) for lost in pair]
    assert numbers(found.figures) == pytest.approx(shares)


def test_what_is_lost_is_a_share():
    """0.04 of 0.4 is more than 0.06 of 0.8."""
    robust = robustness(dict.fromkeys(row_names("adam"), 0.06) | dict.fromkeys(row_names("sgd"), 0.04))
    for name in row_names("sgd"):
        robust[name]["unperturbed"] = 0.4
    found = claims.sgd_follows_brightness(evidence(robust=robust))
    assert found.outcome == "holds" and numbers(found.figures)[:2] == [7.5, 10.0]


def test_without_a_measurement_nothing_is_reported():
    robust = robustness({})
    del robust["sgd-bce"]
    assert claims.sgd_follows_brightness(evidence(robust=robust)).outcome == "inconclusive"
