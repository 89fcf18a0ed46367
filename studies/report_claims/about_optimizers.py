"""Claims about optimizers: sections 7.8, 8.1 and 10."""

import numpy as np

from brainseg.compare.methods import held_out
from brainseg.compare.stats.convergence import converged_at
from studies.report_claims.evidence import Evidence
from studies.report_claims.finding import Finding, from_conditions, from_verdicts, from_within, listed
from studies.report_claims.report_figures import LOSSES, ROWS, unet

ABOUT_TEN_POINTS = (0.05, 0.15)  # DSC
LITTLE = 0.05  # training minus validation DSC
NAMED = ("TCGA_CS_6668_20011025", "TCGA_HT_7616_19940813")  # the two that the report calls evidently worse
BRIGHTNESS = ("gamma", "contrast", "bias_field")


ADAM_AGAINST_SGD = [(unet("adam", loss), unet("sgd", loss)) for loss in LOSSES]


def adam_is_better_with_every_loss(evidence: Evidence) -> Finding:
    return from_verdicts(evidence.pairs(ADAM_AGAINST_SGD))


def adam_is_ten_points_better(evidence: Evidence) -> Finding:
    figures = listed(evidence.pairs(ADAM_AGAINST_SGD))
    if evidence.as_report:
        rows = {row.name: evidence.as_report[row.name].evaluation["validation"]["dsc"]["mean"] for row in ROWS[:8]}
        differences = ", ".join(f"{loss} {rows[f'adam-{loss}'] - rows[f'sgd-{loss}']:+.3f}" for loss in LOSSES)
        figures += f"\n\nWith the report's settings, one run each: {differences}."
    return from_within(evidence.within(ADAM_AGAINST_SGD, *ABOUT_TEN_POINTS), ABOUT_TEN_POINTS, figures)


def little_overfitting_with_sgd(evidence: Evidence) -> Finding:
    gaps = _overfitting(evidence, "sgd")
    per_loss = ", ".join(f"{loss} {gap:+.3f}" for loss, gap in gaps.items())
    return from_conditions(
        [gap < LITTLE for gap in gaps.values()],
        f"DSC of training minus validation patients, the report's settings, last epoch's weights: {per_loss}.",
    )


def sgd_does_not_generalize_better(evidence: Evidence) -> Finding:
    """As section 8.1 puts it. On equal terms: Adam's held-out scores are no worse, whatever the training patients'."""
    found = evidence.pairs(ADAM_AGAINST_SGD)
    outcome = "fails" if any(verdict.outcome == "worse" for verdict in found) else None
    if outcome is None:
        outcome = "holds" if all(verdict.outcome in ("better", "equivalent") for verdict in found) else "inconclusive"
    figures = listed(found)
    if evidence.last:
        adam, sgd = (_overfitting(evidence, optim) for optim in ("adam", "sgd"))
        per_loss = ", ".join(f"{loss} {adam[loss]:+.3f} and {sgd[loss]:+.3f}" for loss in LOSSES)
        of = "with the report's settings and the last epoch's weights"
        figures += f"\n\nTraining minus validation DSC {of}, Adam and SGD: {per_loss}."
    return Finding(outcome, figures)


def _overfitting(evidence: Evidence, optim: str) -> dict[str, float]:
    gaps = {}
    for loss in LOSSES:
        evaluation = evidence.last[f"{optim}-{loss}"].evaluation
        gaps[loss] = evaluation["train"]["dsc"]["mean"] - evaluation["validation"]["dsc"]["mean"]
    return gaps


def sgd_converges_later(evidence: Evidence) -> Finding:
    """In epochs of the rows as the report ran them: minutes are another machine's."""
    conditions, parts = [], []
    for loss in LOSSES:
        epochs = [
            converged_at(evidence.as_report[f"{optim}-{loss}"].history.validation_dsc.to_numpy())
            for optim in ("adam", "sgd")
        ]
        parts.append(f"{loss} {' and '.join('not converged' if epoch is None else str(epoch) for epoch in epochs)}")
        if epochs != [None, None]:  # neither converged: nothing said
            conditions.append(epochs[1] is None or (epochs[0] is not None and epochs[0] < epochs[1]))
    figures = f"Epochs to convergence with Adam and SGD: {', '.join(parts)}."
    return from_conditions(conditions, figures) if conditions else Finding("inconclusive", figures)


def the_named_two_are_worst_with_sgd(evidence: Evidence) -> Finding:
    conditions, parts = [], []
    for loss in LOSSES:
        _, scores = held_out(evidence.as_report[f"sgd-{loss}"].per_volume)
        ordered = scores.dsc.sort_values(kind="stable")
        worst = ordered.index[:2].tolist()
        conditions.append(bool(scores.dsc[list(NAMED)].max() <= ordered.iloc[1]))  # others may be as bad
        parts.append(
            f"{loss}: "
            + ", ".join(f"{'_'.join(patient.split('_')[1:3])} {scores.dsc[patient]:.2f}" for patient in worst)
        )
    return from_conditions(conditions, f"The two worst patients with SGD, the report's settings: {'; '.join(parts)}.")


def sgd_follows_brightness(evidence: Evidence) -> Finding:
    """If it did, images of another brightness would cost it more: the share of DSC that is lost under changed gamma,
    contrast and bias field (medium strength), on average."""
    lost = {}
    for row in ROWS[:8]:
        if row.name not in evidence.robustness:
            return Finding("inconclusive", "The robustness of these experiments was not measured.")
        robustness = evidence.robustness[row.name]
        change = np.mean([robustness[kind]["medium"]["change"] for kind in BRIGHTNESS])
        lost[row.name] = float(-change / max(robustness["unperturbed"], 1e-9))
    conditions = [lost[f"sgd-{loss}"] > lost[f"adam-{loss}"] for loss in LOSSES]
    parts = ", ".join(f"{loss} {lost[f'adam-{loss}']:.1%} and {lost[f'sgd-{loss}']:.1%}" for loss in LOSSES)
    return from_conditions(conditions, f"Share of DSC lost to another brightness, Adam and SGD: {parts}.")
