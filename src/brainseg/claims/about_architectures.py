"""Claims about U-Net and U-Net++: the abstract, sections 9 and 10."""

from scipy import stats

from brainseg.claims.evidence import Evidence
from brainseg.claims.finding import Finding, from_verdicts, listed
from brainseg.claims.report_figures import Kind
from brainseg.compare.report_table import by_stratum
from brainseg.compare.scored import held_out

CLAIMED = (0.002, 0.003)  # DSC
ALPHA = 0.05


def _against_unet(evidence: Evidence):
    losses = ("dice", "log_cosh_dice")
    return evidence.pairs([(Kind("unetpp", "adam", loss), Kind("unet", "adam", loss)) for loss in losses])


def unetpp_is_a_little_better(evidence: Evidence) -> Finding:
    """Fails where an interval leaves out 0.002 to 0.003; holds where a verdict says `better` within it."""
    found = _against_unet(evidence)
    low, high = CLAIMED
    if any(it.estimate[2] < low or it.estimate[1] > high for it in found):
        return Finding("fails", listed(found))
    return Finding(
        from_verdicts(found).word if all(it.word == "better" for it in found) else "can't tell", listed(found)
    )


def unetpp_is_not_significantly_better(evidence: Evidence) -> Finding:
    """A claim that a difference was not shown: fails where it is."""
    found = _against_unet(evidence)
    return Finding("fails" if any(it.word == "better" for it in found) else "holds", listed(found))


def small_lesions_are_worse(evidence: Evidence) -> Finding:
    return _by_trait(evidence, "lesion_voxels", sign=1, trait="size")


def ragged_edges_are_worse(evidence: Evidence) -> Finding:
    return _by_trait(evidence, "raggedness", sign=-1, trait="edge")


def _by_trait(evidence: Evidence, column: str, sign: int, trait: str) -> Finding:
    """Spearman's rank correlation of the held-out patients' DSC with the trait, for each architecture with Dice."""
    methods = evidence.methods()
    words, told = [], []
    for arch in ("unet", "unetpp"):
        method = methods[Kind(arch, "adam", "dice")]
        values = held_out(method.experiments[0].per_volume)[1][column].loc[method.patients]
        found = stats.spearmanr(method.per_patient, values, nan_policy="omit")
        strata = by_stratum([method], "dsc").query(f"trait == '{trait}'").dropna()
        means = ", ".join(f"{row.stratum} {row.mean_dsc:.3f} ({row.patients})" for row in strata.itertuples())
        told.append(f"{arch}: rank correlation {found.statistic:+.2f} (p {found.pvalue:.3f}); mean DSC {means}")
        certain = found.pvalue < ALPHA
        words.append("holds" if certain and sign * found.statistic > 0 else "fails" if certain else "can't tell")
    word = words[0] if len(set(words)) == 1 else "can't tell"
    return Finding(word, "; ".join(told))
