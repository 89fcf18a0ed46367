"""Claims about U-Net and U-Net++: the abstract, sections 9 and 10."""

import pandas as pd
from scipy import stats

from brainseg.compare.methods import Method, held_out
from brainseg.compare.page.markdown_table import p_value
from brainseg.compare.results_table import by_stratum
from studies.report_claims.evidence import NO_MARGIN, Evidence
from studies.report_claims.finding import Finding, from_within, listed
from studies.report_claims.report_figures import Kind, unet

CLAIMED = (0.0015, 0.0035)  # DSC: 0.2 to 0.3 points, rounded
ALPHA = 0.05
PAIRS = [(Kind("unetpp", "adam", loss), unet("adam", loss)) for loss in ("dice", "log_cosh_dice")]


def unetpp_is_a_little_better(evidence: Evidence) -> Finding:
    return from_within(evidence.within(PAIRS, *CLAIMED), CLAIMED, listed(evidence.pairs(PAIRS)))


def unetpp_is_not_significantly_better(evidence: Evidence) -> Finding:
    """A claim that no difference shows: it fails where one does, either way and however small."""
    certain = [verdict.outcome in ("better", "worse") for verdict in evidence.pairs(PAIRS, margin=NO_MARGIN)]
    return Finding("fails" if any(certain) else "holds", listed(evidence.pairs(PAIRS)))


def small_lesions_are_worse(evidence: Evidence) -> Finding:
    return _by_trait(evidence, "lesion_voxels", sign=1, trait="size")


def ragged_edges_are_worse(evidence: Evidence) -> Finding:
    return _by_trait(evidence, "raggedness", sign=-1, trait="edge")


def _of_patients(method: Method, column: str) -> pd.Series:
    """A trait of each patient of the method, from all of its folds."""
    values = pd.concat([held_out(experiment.per_volume)[1][column] for experiment in method.experiments])
    return values[~values.index.duplicated()].loc[method.patients]


def _by_trait(evidence: Evidence, column: str, sign: int, trait: str) -> Finding:
    """Spearman's rank correlation of the held-out patients' DSC with the trait, for each architecture with Dice."""
    methods = evidence.methods()
    outcomes, parts = [], []
    for arch in ("unet", "unetpp"):
        method = methods[Kind(arch, "adam", "dice")]
        values = _of_patients(method, column)
        found = stats.spearmanr(method.per_patient, values, nan_policy="omit")
        strata = by_stratum([method], "dsc").query(f"trait == '{trait}'").dropna()
        means = ", ".join(f"{row.stratum} {row.mean_dsc:.3f} ({row.patients})" for row in strata.itertuples())
        parts.append(f"{arch}: rank correlation {found.statistic:+.2f} (p {p_value(found.pvalue)}); mean DSC {means}")
        certain = found.pvalue < ALPHA
        outcomes.append("holds" if certain and sign * found.statistic > 0 else "fails" if certain else "inconclusive")
    word = outcomes[0] if len(set(outcomes)) == 1 else "inconclusive"
    return Finding(word, f"With Dice and Adam, {'; '.join(parts)}.")
