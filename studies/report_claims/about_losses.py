"""Claims about losses: sections 6.8, 7.8, 8.2 and 10."""

from brainseg.compare.results_table import by_stratum
from brainseg.compare.stats.convergence import stability
from studies.report_claims.evidence import Evidence
from studies.report_claims.finding import Finding, from_conditions, from_verdicts, listed
from studies.report_claims.report_figures import LOSSES, ROWS, Kind, unet

CLOSE = 0.02  # mean and median DSC


def _against(optim: str, best: tuple[str, ...], others: tuple[str, ...]) -> list[tuple[Kind, Kind]]:
    return [(unet(optim, a), unet(optim, b)) for a in best for b in others]


def dice_and_shape_aware_lead_with_adam(evidence: Evidence) -> Finding:
    return from_verdicts(evidence.pairs(_against("adam", ("dice", "shape_aware"), ("bce", "log_cosh_dice"))))


def bce_is_weak(evidence: Evidence) -> Finding:
    return from_verdicts(evidence.pairs([(unet(optim, "dice"), unet(optim, "bce")) for optim in ("adam", "sgd")]))


def log_cosh_is_worst_with_adam(evidence: Evidence) -> Finding:
    return from_verdicts(evidence.pairs(_against("adam", ("dice", "bce", "shape_aware"), ("log_cosh_dice",))))


def log_cosh_starts_slowly(evidence: Evidence) -> Finding:
    """Slowly: a sixth of the epochs brings less than a sixth of the fall, both counted from the end of the first."""
    shares = {}
    for row in ROWS[:4]:
        loss = evidence.as_report[row.name].history.train_loss.to_numpy()
        sixth, fall = max(1, round(len(loss) / 6)), loss[0] - loss.min()
        shares[row.kind.loss] = float((loss[0] - loss[sixth]) / fall) if fall > 0 else None
    per_loss = ", ".join(f"{loss} {'no fall' if share is None else f'{share:.0%}'}" for loss, share in shares.items())
    figures = f"From the end of the first epoch, a sixth of the epochs brings of the training loss's fall: {per_loss}."
    share = shares["log_cosh_dice"]
    return from_conditions([] if share is None else [share < 1 / 6], figures)


def all_but_dice_fluctuate_shape_aware_most(evidence: Evidence) -> Finding:
    """Of one run each: the SD of the validation DSC over the last fifth of the epochs."""
    spread = {}
    for row in ROWS[:4]:
        spread[row.kind.loss] = stability(evidence.as_report[row.name].history.validation_dsc.to_numpy())
    per_loss = ", ".join(f"{loss} {value:.4f}" for loss, value in spread.items())
    least, most = min(spread, key=spread.get), max(spread, key=spread.get)
    return from_conditions(
        [least == "dice", most == "shape_aware"], f"SD over the last fifth of the epochs: {per_loss} (one run each)."
    )


def mean_is_near_median_with_adam(evidence: Evidence) -> Finding:
    gaps, failures = _gaps(evidence, "adam")
    met = [abs(gap) < CLOSE and not lost for gap, lost in zip(gaps, failures, strict=True)]
    return from_conditions(met, describe_gaps(gaps, failures))


def mean_is_far_from_median_with_sgd(evidence: Evidence) -> Finding:
    """Farther than with Adam, loss by loss."""
    adam, _ = _gaps(evidence, "adam")
    sgd, failures = _gaps(evidence, "sgd")
    gaps_text = describe_gaps(sgd, failures)
    farther = [abs(there) > abs(here) for here, there in zip(adam, sgd, strict=True)]
    return from_conditions(farther, f"{gaps_text} With Adam {', '.join(f'{gap:+.3f}' for gap in adam)}.")


def _gaps(evidence: Evidence, optim: str) -> tuple[list[float], list[int]]:
    """Median minus mean DSC of the held-out patients, and how many were lost, in the rows as the report ran them."""
    rows = [row for row in ROWS if row.kind.optim == optim and row.kind.arch == "unet"]
    dsc = [evidence.as_report[row.name].evaluation["validation"]["dsc"] for row in rows]
    return [row["median"] - row["mean"] for row in dsc], [row["failures"] for row in dsc]


def describe_gaps(gaps: list[float], failures: list[int]) -> str:
    per_loss = ", ".join(f"{loss} {gap:+.3f}" for loss, gap in zip(LOSSES, gaps, strict=True))
    return f"Median minus mean DSC, the report's settings: {per_loss}; patients lost: {', '.join(map(str, failures))}."


def dice_and_shape_aware_keep_borders(evidence: Evidence) -> Finding:
    """By NSD of all held-out patients; those with ragged edges are too few to be judged alone."""
    pairs = _against("adam", ("dice", "shape_aware"), ("bce", "log_cosh_dice"))
    methods = evidence.methods("nsd")
    strata = by_stratum([methods[unet("adam", loss)] for loss in LOSSES], "nsd")
    ragged = strata[strata.stratum == "ragged"].dropna()
    per_loss = ", ".join(f"{loss} {value:.3f}" for loss, value in zip(LOSSES, ragged.iloc[:, -1], strict=False))
    count = ragged.patients.iloc[0] if len(ragged) else 0
    few = "No patient has ragged edges"
    if count:
        few = f"Mean NSD of {count} patients with ragged edges, too few for a verdict: {per_loss}"
    whole = from_verdicts(evidence.pairs(pairs, ["nsd"]))
    return Finding(whole.outcome, f"NSD at 2 px:\n\n{whole.figures}\n\n{few}.")


def dice_leads_with_sgd(evidence: Evidence) -> Finding:
    return from_verdicts(evidence.pairs(_against("sgd", ("dice",), ("bce", "log_cosh_dice", "shape_aware"))))


def bce_is_second_with_sgd(evidence: Evidence) -> Finding:
    first, others = (
        [(unet("sgd", "dice"), unet("sgd", "bce"))],
        _against("sgd", ("bce",), ("log_cosh_dice", "shape_aware")),
    )
    return from_verdicts(evidence.pairs(first + others))


def dice_and_shape_aware_lead_with_both(evidence: Evidence) -> Finding:
    best, others = ("dice", "shape_aware"), ("bce", "log_cosh_dice")
    return from_verdicts(evidence.pairs([*_against("adam", best, others), *_against("sgd", best, others)]))


def log_cosh_has_proved_its_advantage(evidence: Evidence) -> Finding:
    """Section 10 names Dice and log-cosh Dice together: both against the two others."""
    pairs = _against("adam", ("dice", "log_cosh_dice"), ("bce", "shape_aware"))
    found = evidence.pairs(pairs, ["dsc", "nsd"])
    word = from_verdicts(found).outcome
    return Finding(word, f"DSC:\n\n{listed(found[: len(pairs)])}\n\nNSD:\n\n{listed(found[len(pairs) :])}")
