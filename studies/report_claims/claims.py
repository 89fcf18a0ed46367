"""The report's claims that can be tested, in its own order, each with its test."""

from collections.abc import Callable
from dataclasses import dataclass

from studies.report_claims import about_architectures as architectures
from studies.report_claims import about_losses as losses
from studies.report_claims import about_optimizers as optimizers
from studies.report_claims.evidence import Evidence
from studies.report_claims.finding import Finding

FAIR = "on equal terms"
REPORT = "the report's settings, one run each"


@dataclass(frozen=True)
class Claim:
    section: str
    says: str  # in our words
    tested_by: str
    test: Callable[[Evidence], Finding]


CLAIMS = [
    Claim(
        "6.8", "With Adam, Dice and shape-aware are the best losses", FAIR, losses.dice_and_shape_aware_lead_with_adam
    ),
    Claim("6.8, 8.2", "Cross-entropy is weaker than Dice on unbalanced data", FAIR, losses.bce_is_weak),
    Claim("6.8", "With Adam, log-cosh Dice is the worst loss", FAIR, losses.log_cosh_is_worst_with_adam),
    Claim("6.8", "Log-cosh Dice drops slowly in the first sixth of its epochs", REPORT, losses.log_cosh_starts_slowly),
    Claim(
        "6.8",
        "The validation DSC is steadiest with Dice and fluctuates most with shape-aware",
        REPORT,
        losses.all_but_dice_fluctuate_shape_aware_most,
    ),
    Claim(
        "6.8",
        "With Adam mean and median DSC are close: no patient is lost",
        REPORT,
        losses.mean_is_near_median_with_adam,
    ),
    Claim(
        "6.8",
        "Dice and shape-aware keep borders better",
        FAIR,
        losses.dice_and_shape_aware_keep_borders,
    ),
    Claim("7.8", "With SGD, Dice is the best loss", FAIR, losses.dice_leads_with_sgd),
    Claim("7.8", "With SGD there is little overfitting", REPORT, optimizers.little_overfitting_with_sgd),
    Claim("7.8", "With SGD, cross-entropy is second, behind Dice", FAIR, losses.bce_is_second_with_sgd),
    Claim("7.8, 8.1", "SGD takes longer to converge than Adam", REPORT, optimizers.sgd_converges_later),
    Claim("7.8", "Adam is about ten points of DSC better than SGD", FAIR, optimizers.adam_is_ten_points_better),
    Claim(
        "7.8",
        "With SGD mean and median are farther apart than with Adam",
        REPORT,
        losses.mean_is_far_from_median_with_sgd,
    ),
    Claim("7.8", "CS_6668 and HT_7616 are SGD's worst patients", REPORT, optimizers.the_named_two_are_worst_with_sgd),
    Claim("7.8", "SGD's networks go by brightness more than Adam's", REPORT, optimizers.sgd_follows_brightness),
    Claim("8.1", "Adam is better than SGD whichever loss is used", FAIR, optimizers.adam_is_better_with_every_loss),
    Claim("8.1", "SGD does not generalize better than Adam", FAIR, optimizers.sgd_does_not_generalize_better),
    Claim(
        "8.2",
        "With both optimizers Dice and shape-aware are the best losses",
        FAIR,
        losses.dice_and_shape_aware_lead_with_both,
    ),
    Claim("9, 10", "U-Net++ is better by 0.2 to 0.3 points of DSC", FAIR, architectures.unetpp_is_a_little_better),
    Claim(
        "9, 10",
        "No difference between U-Net++ and U-Net is significant",
        FAIR,
        architectures.unetpp_is_not_significantly_better,
    ),
    Claim(
        "10",
        "Dice and log-cosh Dice have proved their advantage at regions and borders",
        FAIR,
        losses.log_cosh_has_proved_its_advantage,
    ),
    Claim("10", "Both architectures are worse on small lesions", FAIR, architectures.small_lesions_are_worse),
    Claim("10", "Both architectures are worse on ragged edges", FAIR, architectures.ragged_edges_are_worse),
]
