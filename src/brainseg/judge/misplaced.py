"""Whether a mask would fit far better mirrored, turned or shifted: a sign that files were written the wrong way."""

import numpy as np

from brainseg.metrics.overlap import dsc

FITS = 0.5  # DSC of the version that fits
BETTER = 0.3  # by so much more than as given


def misplaced(mask: np.ndarray, truth: np.ndarray) -> str | None:
    """What would help, in words, and the DSC then; None where nothing would. mask, truth: (S, H, W) bool."""
    if not mask.any() or not truth.any():
        return None
    versions = {
        "mirrored left to right": mask[:, :, ::-1],
        "mirrored front to back": mask[:, ::-1],
        "turned by 180 degrees": mask[:, ::-1, ::-1],
        "with the slices in the opposite order": mask[::-1],
        "with rows and columns exchanged": mask.swapaxes(1, 2),
        "turned by 90 degrees": np.rot90(mask, 1, (1, 2)),
        "turned by 270 degrees": np.rot90(mask, 3, (1, 2)),
    }
    scores = {words: dsc(version, truth) for words, version in versions.items() if version.shape == truth.shape}
    by = np.rint(np.argwhere(truth).mean(axis=0) - np.argwhere(mask).mean(axis=0)).astype(int)
    scores[f"shifted by {by[0]} slices, {by[1]} rows and {by[2]} columns"] = _dsc_shifted(mask, truth, by)
    words, best = max(scores.items(), key=lambda item: item[1])
    as_given = dsc(mask, truth)
    if best < FITS or best - as_given < BETTER:
        return None
    return f"has DSC {as_given:.2f}, and {best:.2f} {words}; are the files written the right way?"


def _dsc_shifted(mask: np.ndarray, truth: np.ndarray, by: np.ndarray) -> float:
    """What leaves the volume still counts as predicted."""
    place = np.argwhere(mask) + by
    inside = ((place >= 0) & (place < truth.shape)).all(axis=1)
    common = int(truth[tuple(place[inside].T)].sum())
    return 2 * common / (int(mask.sum()) + int(truth.sum()))
