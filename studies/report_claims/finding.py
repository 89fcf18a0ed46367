"""What a test of a claim found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from brainseg.compare.verdicts import Verdict

Outcome = Literal["holds", "fails", "inconclusive"]


@dataclass(frozen=True)
class Finding:
    outcome: Outcome
    figures: str  # what was measured, in Markdown paragraphs; comparisons are a list


def from_conditions(conditions: Sequence[bool], figures: str) -> Finding:
    """Holds where all of them are met, fails where none is; of nothing nothing is said."""
    if not conditions:
        return Finding("inconclusive", figures)
    return Finding("holds" if all(conditions) else "inconclusive" if any(conditions) else "fails", figures)


def from_verdicts(found: Sequence[Verdict], figures: str | None = None) -> Finding:
    """Of a claim that the first of each pair is better: one that is worse, or no better, is enough against it."""
    outcomes = {verdict.outcome for verdict in found}
    if outcomes & {"worse", "equivalent"}:
        outcome: Outcome = "fails"
    else:
        outcome = "holds" if outcomes == {"better"} else "inconclusive"
    return Finding(outcome, figures or listed(found))


def from_within(places: Sequence[str], bounds: tuple[float, float], figures: str) -> Finding:
    """Of a claim that every difference is between the bounds: one that is certainly not is enough against it."""
    outcome: Outcome = "fails" if "outside" in places else "holds" if set(places) == {"inside"} else "inconclusive"
    low, high = bounds
    return Finding(outcome, f"{figures}\n\nWhether each is between {low:g} and {high:g}: {', '.join(places)}.")


def listed(found: Sequence[Verdict]) -> str:
    """A Markdown list, one comparison a line."""
    return "\n".join(f"- {described(verdict)}" for verdict in found)


def described(verdict: Verdict) -> str:
    """Such as: dice against bce +0.0123 [-0.0310, +0.0556] (inconclusive)"""
    estimate, low, high = verdict.estimate
    return f"{verdict.a} against {verdict.b} {estimate:+.4f} [{low:+.4f}, {high:+.4f}] ({verdict.outcome})"
