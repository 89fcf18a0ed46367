"""Heads that lie in another way than those of the other patients."""

from collections.abc import Mapping

import numpy as np

from brainseg.audit.findings import Finding
from brainseg.audit.likeness.fingerprint import SIDE_PX
from brainseg.audit.likeness.near_duplicates import TURNS, AnyFingerprint, turned

FEWEST = 8  # patients; of fewer it is not known what is usual
FITS = 0.3  # correlation with the others' mean
FITS_BETTER = 0.05  # a turned head must fit by so much better than as it lies, where it fits by FITS or more
FITS_MUCH_BETTER = 0.2  # where it does not; docs/how-to/audit.md has the measurements
MIRRORED = (0, 1)  # left and right look alike, so a mirrored head is not noticed


def normed_mean(of_patient: AnyFingerprint) -> np.ndarray:
    """Of its slices, (SIDE_PX, SIDE_PX) float32 with a norm of 1."""
    mean = of_patient.details.astype(np.float32).mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def orientation_findings(prints: Mapping[str, AnyFingerprint]) -> list[Finding]:
    """Heads that fit the mean of the other patients' better upside down, or with rows and columns exchanged."""
    prints = {name: found for name, found in prints.items() if len(found.numbers)}
    if len(prints) < FEWEST:
        return []
    together = sum(map(normed_mean, prints.values()), np.zeros((SIDE_PX, SIDE_PX), np.float32))
    found = []
    for name, of_patient in prints.items():
        mean = normed_mean(of_patient)  # again, since all of them need not be in memory
        others = together - mean
        others /= max(float(np.linalg.norm(others)), 1e-9)
        fits = np.array([(turned(mean, turn) * others).sum() for turn in range(TURNS)])
        upright = fits[[*MIRRORED]].max()
        best = int(fits.argmax())
        if fits[best] - upright > (FITS_BETTER if fits[best] > FITS else FITS_MUCH_BETTER):
            how = "turned by 90°" if best & 4 else "upside down"
            what = f"{how}: fits the others by {fits[best]:.2f}, as it lies by {upright:.2f}"
            found.append(Finding("orientation unlike the others", name, value=float(fits[best] - upright), what=what))
    return found
