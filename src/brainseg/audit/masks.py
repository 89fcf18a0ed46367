"""Masks that are empty, lie outside the head, fill it, or end where the image or the stack ends."""

import numpy as np

from brainseg.audit.findings import Finding

OUTSIDE_SHARE = 0.05  # of a slice's lesion; outlines drawn by hand go over the edge of the head by a pixel
OUTSIDE_VOXELS = 20
HALF = 0.5


def mask_findings(name: str, mask: np.ndarray, head: np.ndarray) -> list[Finding]:
    """Of a patient with mask and head (S, H, W) bool, the head without holes; in the slice where a fault is largest."""
    if not mask.any():
        return [Finding("no lesion", name, value=0, what=f"0 of {len(mask)} slices have a lesion")]
    occupied = np.flatnonzero(mask.any(axis=(1, 2)))
    found = _outside_or_filling(name, mask, head, occupied)

    border = mask.copy()
    border[:, 1:-1, 1:-1] = False
    at_border = border.sum(axis=(1, 2))
    if at_border.any():
        worst = int(at_border.argmax())
        what = f"{_voxels(at_border[worst])} at the border in slice {worst + 1}{_more(at_border)}"
        found.append(
            Finding("lesion at the border of the image", name, worst + 1, value=int(at_border[worst]), what=what)
        )

    for place, word in ((0, "first"), (len(mask) - 1, "last")):
        if mask[place].any():
            what = f"{_voxels(mask[place].sum())} in the {word} slice"
            found.append(
                Finding("lesion in the first or last slice", name, place + 1, value=int(mask[place].sum()), what=what)
            )
    return found


def _outside_or_filling(name: str, mask: np.ndarray, head: np.ndarray, occupied: np.ndarray) -> list[Finding]:
    outside, share_of_head = np.zeros(len(mask), int), np.zeros(len(mask))
    for place in occupied:
        lesion = int(mask[place].sum())
        beyond = int((mask[place] & ~head[place]).sum())
        if beyond >= max(OUTSIDE_VOXELS, OUTSIDE_SHARE * lesion):
            outside[place] = beyond
        share_of_head[place] = (lesion - beyond) / max(int(head[place].sum()), 1)
    found = []
    if outside.any():
        worst = int(outside.argmax())
        lesion = int(mask[worst].sum())
        what = f"{outside[worst]} of {_voxels(lesion)} in slice {worst + 1}{_more(outside)}"
        found.append(Finding("lesion outside the head", name, worst + 1, value=outside[worst] / lesion, what=what))
    if share_of_head.max() > HALF:
        worst = int(share_of_head.argmax())
        what = f"{100 * share_of_head[worst]:.0f} % of the head in slice {worst + 1}{_more(share_of_head > HALF)}"
        found.append(
            Finding("mask larger than half the head", name, worst + 1, value=float(share_of_head[worst]), what=what)
        )
    return found


def _voxels(count: int) -> str:
    return f"{count} voxel{'' if count == 1 else 's'}"


def _more(by_slice: np.ndarray) -> str:
    others = int(np.count_nonzero(by_slice)) - 1
    return f", and in {others} more slice{'' if others == 1 else 's'}" if others else ""
