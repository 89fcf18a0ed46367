"""Verdicts in words: each with its evidence, and with what these patients leave open."""

from collections.abc import Mapping, Sequence

import pandas as pd

from brainseg.compare.page.markdown_table import interval, markdown_table, p_value
from brainseg.compare.verdicts import ALPHA, Verdict


def against_baseline(verdicts: Sequence[Verdict], margin: float, failures: Mapping[str, float]) -> str:
    """failures: patients below a DSC of 0.1, of each method and the baseline. Signed ranks give a few little weight."""
    table = markdown_table([_row(verdict, failures) for verdict in verdicts])
    return "\n".join([f"## Verdicts against {verdicts[0].b}", "", table, _listed(explanation(verdicts, margin))])


def _row(v: Verdict, failures: Mapping[str, float]) -> dict[str, object]:
    estimate, low, high = v.estimate
    return {
        "method": v.a,
        "verdict": v.outcome,
        "about": _about(v),
        "mean difference": f"{v.mean:+.4f}",
        "estimate [95 %]": f"{estimate:+.4f} {interval(low, high, '+')}",
        "failures": f"{failures[v.a]:.3g} ({failures[v.b]:.3g})",
        "effect": f"{v.of_networks.effect:+.2f}",
        "p": p_value(v.p),
        "p equal": p_value(v.p_equal),
        "sample size needed": v.sample_size_needed or "–",
    }


def _about(v: Verdict) -> str:
    return "these networks" if v.about == "networks" else "methods"


def explanation(verdicts: Sequence[Verdict], margin: float) -> list[str]:
    """What the columns mean and what these patients leave open: sentences."""
    lines = []
    of_networks = [verdict for verdict in verdicts if verdict.about == "networks"]
    if of_networks:
        lines.append(
            "About these networks: a signed-rank test over patients, its shift (Hodges-Lehmann) and interval. Another "
            "seed may say otherwise; a claim about methods needs two seeds of each, or three folds."
        )
        smallest, patients = of_networks[0].smallest_p, of_networks[0].patients
        allowed = f"{pluralise(patients, 'patient')} and {pluralise(len(verdicts), 'comparison')} allow no p below"
        if smallest >= ALPHA:
            lines.append(
                f"{allowed} {smallest:.2g}: no verdict on these networks can be better or worse, whatever the scores. "
                f"{'Compare fewer, or score more patients' if len(verdicts) > 1 else 'Score more patients'}."
            )
        elif smallest > ALPHA / 50:
            lines.append(f"{allowed} {smallest:.2g}.")
    if len(of_networks) < len(verdicts):
        lines.append("About methods: a t test of the mean difference, its variance from patients and seeds, or folds.")
    lines.append(
        f"p is Holm's over {pluralise(len(verdicts), 'comparison')}; p equal is small where the difference is within "
        f"±{margin:g}. Effect: rank-biserial, -1 to 1. Sample size needed: in 8 of 10 repetitions, if the estimate "
        "were true. Intervals are each comparison's own: one may leave out 0 where p is above 0.05."
    )
    return lines


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) + "\n"


def all_pairs(pairs: Sequence[Verdict]) -> str:
    """The number of each verdict, and the conclusive verdicts."""
    counts = pd.Series([verdict.outcome for verdict in pairs]).value_counts()
    counts_text = ", ".join(f"{count} {word}" for word, count in counts.items())
    smallest = min(verdict.smallest_p for verdict in pairs)  # 0 for a claim about methods
    limit = ""
    if smallest >= ALPHA:
        patients, of = pluralise(pairs[0].patients, "patient"), pluralise(len(pairs), "pair")
        limit = f" {of} on {patients} allow no p below {smallest:.2g}: no verdict can be better or worse."
    settled = [
        f"- {v.a} against {v.b}: {v.outcome} ({v.mean:+.4f}, p {p_value(v.p_of_outcome)}, {_about(v)})"
        for v in pairs
        if v.outcome != "inconclusive"
    ]
    gap = [""] if settled else []
    return "\n".join([f"## All {pluralise(len(pairs), 'pair')}", "", f"{counts_text}.{limit}", *gap, *settled]) + "\n"


def pluralise(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
