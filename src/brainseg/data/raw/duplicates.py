"""The same patient under two names: one copy would train, and the other would test."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

SHARED = 0.5  # of the slices; a single one can be alike by chance, such as an empty one with a letter on it


def slice_digest(pixels: np.ndarray) -> bytes | None:
    """A digest of an image's pixels, however the file packs them; None for one of a single value, such as 0."""
    if pixels.min() == pixels.max():
        return None
    return hashlib.sha256(repr((pixels.shape, pixels.dtype.str)).encode() + pixels.tobytes()).digest()


def same_images(digests: Mapping[str, Sequence[bytes]]) -> list[str]:
    """A line for each patient, half of whose slices or more are those of a patient before it."""
    owner: dict[bytes, str] = {}
    faults = []
    for name, slices in digests.items():
        shared = Counter(owner[digest] for digest in slices if digest in owner)
        for other, count in shared.most_common(1):
            if count >= SHARED * len(slices):
                images = f"{count} of its {len(slices)} images are those of {other}"
                faults.append(f"{name}: {images}; one patient needs one name, else copies train and test")
        for digest in slices:
            owner.setdefault(digest, name)
    return faults


def same_names(names: Sequence[str]) -> list[str]:
    """A line for each name that differs from one before it only in case or in how Unicode writes a letter."""
    seen: dict[str, str] = {}
    faults = []
    for name in names:
        first = seen.setdefault(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()), name)
        if first != name:
            faults.append(f"{name}: differs from {first!a} only in case or Unicode form; rename one of them")
    return faults
