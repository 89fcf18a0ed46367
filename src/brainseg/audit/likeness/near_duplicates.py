"""Pairs of patients with nearly the same images, turned or mirrored copies included.

A perceptual hash is compared for all pairs of slices: the signs of the lowest coefficients of the cosine transform, as
in pHash (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010). Slices with similar hashes
are then compared by the correlation of their details, which decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from brainseg.audit.likeness.fingerprint import SIDE_PX, Fingerprint
from brainseg.audit.likeness.stored import StoredFingerprint
from brainseg.core.progress import progress

# docs/how-to/audit.md has the measurements: no two of 90 patients have more than 5 % of their slices above SAME_SLICE
SAME_SLICE = 0.85  # correlation
SAME_PATIENT = 0.15  # of the slices of the patient with fewer
SURE_SLICE = 0.93  # correlation of two slices that are reported where the patients are not alike
HASH_SIDE = 8  # coefficients along rows and columns
HASH_BITS = HASH_SIDE**2
MOST_BITS = 12  # that differ between the hashes of slices that are compared further
TURNS = 8  # symmetries of a square
AT_ONCE = 2048  # pairs of slices whose details are in memory together
AnyFingerprint = Fingerprint | StoredFingerprint


@dataclass(frozen=True)
class Likeness:
    """Of two patients.

    share: of the slices of the patient with fewer, those that correlate by SAME_SLICE or more with one of the other
    slices: their number
    correlation: their median
    slice, other_slice, best: the two slices that are most alike, and their correlation
    turn: how the first patient's slices are turned to fit, see `turned`
    """

    patient: str
    other: str
    share: float
    slices: int
    correlation: float
    slice: int
    other_slice: int
    best: float
    turn: int

    @property
    def is_near_duplicate(self) -> bool:
        several = self.slices > 1 or self.best >= SURE_SLICE  # a stack may have few slices, and one is alike by chance
        return self.share >= SAME_PATIENT and several

    @property
    def words(self) -> str:
        lies = ", turned or mirrored" if self.turn else ""
        return f"{100 * self.share:.0f} % of the slices, correlation {self.correlation:.2f}{lies}"


def turned(pictures: np.ndarray, turn: int) -> np.ndarray:
    """Pictures (..., n, n) in one of the 8 ways that a square can lie.

    0: as they are; 1: left and right exchanged; 2: top and bottom; 3: both. From 4 on, rows and columns first.
    """
    if turn & 4:
        pictures = pictures.swapaxes(-1, -2)
    if turn & 2:
        pictures = pictures[..., ::-1, :]
    return pictures[..., ::-1] if turn & 1 else pictures


def hashes(details: np.ndarray) -> np.ndarray:
    """(n, HASH_BITS) float32, -1 or 1, of details (n, SIDE_PX, SIDE_PX); a product of two counts equal bits."""
    finer = details.astype(np.float32)
    halved = finer[:, ::2, ::2] + finer[:, ::2, 1::2] + finer[:, 1::2, ::2] + finer[:, 1::2, 1::2]
    coefficients = fft.dctn(halved, axes=(1, 2))[:, :HASH_SIDE, :HASH_SIDE].reshape(len(details), HASH_BITS)
    return np.where(coefficients > 0, np.float32(1), np.float32(-1))


@dataclass(frozen=True)
class _Slices:
    """Of all patients together, without their details; owner: (N,) the place of the patient, place: (N,) in it.

    counts: of slices, by patient
    """

    prints: Sequence[AnyFingerprint]
    counts: np.ndarray
    owner: np.ndarray
    place: np.ndarray
    numbers: np.ndarray
    bits: np.ndarray

    def __getitem__(self, part: slice) -> "_Slices":
        parts = (array[part] for array in (self.owner, self.place, self.numbers, self.bits))
        return _Slices(self.prints, self.counts, *parts)

    def details(self, index: np.ndarray) -> np.ndarray:
        """(len(index), SIDE_PX, SIDE_PX) float32"""
        found = np.empty((len(index), SIDE_PX, SIDE_PX), np.float32)
        for into, patient, place in zip(found, self.owner[index].tolist(), self.place[index].tolist(), strict=True):
            into[:] = self.prints[patient].detail(place)
        return found


def _together(prints: Mapping[str, AnyFingerprint]) -> _Slices:
    counts = [len(found.numbers) for found in prints.values()]
    return _Slices(
        list(prints.values()),
        np.array(counts),
        np.repeat(np.arange(len(counts)), counts),
        np.concatenate([np.arange(count) for count in counts]),
        np.concatenate([found.numbers for found in prints.values()]),
        np.concatenate([hashes(found.details) for found in prints.values()]),
    )


def alike(prints: Mapping[str, AnyFingerprint], others: Mapping[str, AnyFingerprint] | None = None) -> list[Likeness]:
    """The pairs of a patient of `prints` and one of `others` that have slices alike; of each the turn that fits best.

    Without `others` all pairs of `prints`.
    """
    if not prints or others == {}:
        return []
    rest = list(prints if others is None else others)
    slices = _together(prints if others is None else others)
    found = []
    for place, name in enumerate(progress(prints, "comparing slices")):
        first = int(np.searchsorted(slices.owner, place, "right")) if others is None else 0  # each pair once
        best: dict[str, Likeness] = {}
        for turn in range(TURNS):
            for likeness in _likenesses(name, prints[name], turn, slices[first:], rest):
                if likeness.other not in best or likeness.share > best[likeness.other].share:
                    best[likeness.other] = likeness
        found += [best[other] for other in sorted(best)]
    return found


def _likenesses(name: str, own: AnyFingerprint, turn: int, slices: _Slices, rest: Sequence[str]) -> Iterator[Likeness]:
    details = turned(own.details, turn).astype(np.float32)
    least = HASH_BITS - 2 * MOST_BITS  # equal bits less differing ones
    mine, theirs = np.divmod(np.flatnonzero(hashes(details) @ slices.bits.T >= least), len(slices.bits))
    correlation = np.empty(len(mine), np.float32)
    for start in range(0, len(mine), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        correlation[part] = np.einsum("nij,nij->n", details[mine[part]], slices.details(theirs[part]))
    same = correlation >= SAME_SLICE
    mine, theirs, correlation = mine[same], theirs[same], correlation[same]
    owner = slices.owner[theirs]
    fewer = np.where(len(own.numbers) <= slices.counts[owner], mine, theirs)  # a slice of the patient with fewer
    order = np.lexsort((-correlation, fewer, owner))  # of each patient, of each slice, its best partner first
    starts = np.flatnonzero(np.diff(owner[order], prepend=-1))
    for pairs in np.split(order, starts[1:]) if len(order) else ():
        patient = owner[pairs[0]]
        best_of = correlation[pairs[np.diff(fewer[pairs], prepend=-1) > 0]]  # of each slice
        top = pairs[correlation[pairs].argmax()]
        yield Likeness(
            patient=name,
            other=rest[patient],
            share=len(best_of) / min(len(own.numbers), int(slices.counts[patient])),
            slices=len(best_of),
            correlation=float(np.median(best_of)),
            slice=int(own.numbers[mine[top]]),
            other_slice=int(slices.numbers[theirs[top]]),
            best=float(correlation[top]),
            turn=turn,
        )
