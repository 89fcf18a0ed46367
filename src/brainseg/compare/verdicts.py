"""Better, worse, equivalent, or inconclusive: verdicts on pairs of methods, several pairs at once."""

from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from brainseg.compare.methods import Method
from brainseg.compare.stats.method_test import MethodTest, can_judge_methods, method_test
from brainseg.compare.stats.paired_test import PairedTest, holm, paired_test, smallest_p
from brainseg.compare.stats.sample_size import Part, advice

ALPHA = 0.05
WITHHELD = "nothing: the mean speaks against the ranks"
Outcome = Literal["better", "worse", "equivalent", "inconclusive"]


@dataclass(frozen=True)
class Verdict:
    """The verdict on method a against method b; `pairs` pairs were compared.

    of_methods: a claim about methods, from seeds or folds; where there are too few of them it is
    None, and the outcome is about these networks alone. p and p_equal are Holm's, over all pairs.
    """

    a: str
    b: str
    outcome: Outcome
    mean: float
    of_networks: PairedTest
    of_methods: MethodTest | None
    p: float
    p_equal: float
    smallest_p: float  # the smallest p possible for this number of patients and pairs
    patients: int
    sample_size_needed: str  # "" where the verdict is conclusive

    @property
    def about(self) -> str:
        return "methods" if self.of_methods else "networks"

    @property
    def p_of_outcome(self) -> float:
        """The p value that decides the outcome."""
        return self.p_equal if self.outcome == "equivalent" else self.p

    @property
    def estimate(self) -> tuple[float, float, float]:
        """The difference with its interval: for methods of means, for networks the shift."""
        if self.of_methods:
            return self.of_methods.mean, self.of_methods.low, self.of_methods.high
        return self.of_networks.shift, self.of_networks.low, self.of_networks.high


def verdicts(pairs: list[tuple[Method, Method]], margin: float) -> list[Verdict]:
    """A verdict for each pair.

    The familywise error rate is at most 5 % for claims of a difference, and at most 5 % for claims of equivalence.
    A significant difference within the margin is equivalent. Signed ranks give little weight to one or two
    failed patients, so an outcome about networks is withheld where the mean contradicts it.
    """
    tests = [_tests(a, b, margin) for a, b in pairs]
    of_networks_alone = sum(of_methods is None for _, of_methods in tests)
    strongest = [of_methods or of_networks for of_networks, of_methods in tests]
    p, p_equal = (holm(np.array([getattr(test, name) for test in strongest])) for name in ("p", "p_equal"))
    # the t tests may rank first in Holm's order: only the other signed-rank tests raise the smallest p for certain
    raised = (len(pairs), of_networks_alone)
    return [_verdict(a, b, *tests[k], float(p[k]), float(p_equal[k]), margin, raised) for k, (a, b) in enumerate(pairs)]


def _tests(a: Method, b: Method, margin: float) -> tuple[PairedTest, MethodTest | None]:
    of_networks = paired_test(a.scores.mean(1) - b.scores.mean(1), margin)
    if not _same_parts(a.folds, b.folds) or not can_judge_methods(a.scores, b.scores, a.folds):
        return of_networks, None
    return of_networks, method_test(a.scores, b.scores, a.folds, margin)


def _same_parts(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether both group the same patients into folds; the numbers of the folds do not matter."""
    pairs = np.unique(np.stack([a, b]), axis=1).shape[1]
    return pairs == len(np.unique(a)) == len(np.unique(b))


def _verdict(
    a: Method,
    b: Method,
    of_networks: PairedTest,
    of_methods: MethodTest | None,
    p: float,
    p_equal: float,
    margin: float,
    raised: tuple[int, int],
) -> Verdict:
    test = of_methods or of_networks
    mean = float(a.scores.mean() - b.scores.mean())
    # from the ranks themselves: with many ties the shift is 0 although the ranks favour one side
    direction = of_methods.mean if of_methods else of_networks.effect
    outcome: Outcome = "inconclusive"
    if p_equal < ALPHA and abs(mean) < margin:
        outcome = "equivalent"
    elif p < ALPHA and direction * mean > 0:
        outcome = "better" if mean > 0 else "worse"
    patients = len(a.scores)
    sample_size_needed = ""
    if outcome == "inconclusive":
        withheld = min(p, p_equal) < ALPHA  # more patients of this kind would not change it
        sample_size_needed = WITHHELD if withheld else _sample_size_needed(test, patients, margin, raised)
    return Verdict(
        a=a.name,
        b=b.name,
        outcome=outcome,
        mean=mean,
        of_networks=of_networks,
        of_methods=of_methods,
        p=p,
        p_equal=p_equal,
        smallest_p=0.0 if of_methods else min(1.0, smallest_p(patients) * raised[1]),
        patients=patients,
        sample_size_needed=sample_size_needed,
    )


def _sample_size_needed(test: PairedTest | MethodTest, patients: int, margin: float, raised: tuple[int, int]) -> str:
    pairs, of_networks_alone = raised
    if isinstance(test, MethodTest):
        return advice(test.mean, test.spread.parts, margin, ALPHA / pairs)
    least = next(n for n in count(1) if smallest_p(n) * of_networks_alone < ALPHA)
    if patients < least:
        return f"{least} patients at the very least"
    # the interval's width is a robust measure of the spread of patients, consistent with the ranks
    variance = ((test.high - test.low) / (2 * 1.96)) ** 2
    return advice(test.shift, [Part("patients", patients, variance)], margin, ALPHA / pairs)
