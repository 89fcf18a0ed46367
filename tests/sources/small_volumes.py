"""Small data sets of volumes in nnU-Net's and in BraTS's layout."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.scans.small_scans import write_volume

CHANNELS = ("pre_contrast", "flair", "post_contrast")
NNUNET = {"pre_contrast": "T1", "flair": "FLAIR", "post_contrast": "T1ce", "t2": "T2", "adc": "ADC"}
BRATS = {"pre_contrast": "t1n", "flair": "t2f", "post_contrast": "t1c", "t2": "t2w"}
OLD_BRATS = {"pre_contrast": "t1", "flair": "flair", "post_contrast": "t1ce", "t2": "t2"}
SPACING = (1.0, 1.0, 4.0)  # of columns, rows, slices


def patient(number: int, channels: int = 3, shape: tuple[int, int, int] = (5, 8, 7), high: int = 200) -> tuple:
    """Image (S, H, W, C) uint8 or int16 and labels (S, H, W) uint8 of 0, 1 and 2."""
    rng = np.random.default_rng(number)
    image = rng.integers(20, high, (*shape, channels)).astype(np.uint8 if high <= 256 else np.int16)
    labels = np.zeros(shape, np.uint8)
    labels[1:4, 2:6, 2:5], labels[2, 3:5, 3:4] = 1, 2
    return image, labels


def patients(count: int = 3, **kind: int) -> dict[str, tuple]:
    return {f"TCGA_XX_{number:04}": patient(number, **kind) for number in range(1, count + 1)}


def write_nnunet(
    folder: Path,
    of: Mapping[str, tuple],
    channels: Sequence[str] = CHANNELS,
    ending: str = ".nii.gz",
    description: Mapping[str, object] | None = None,
    **place: object,
) -> Path:
    """description: keys of dataset.json in place of the usual ones; None removes a key."""
    place = {"spacing": SPACING} | place
    for name, (image, labels) in of.items():
        for number in range(image.shape[3]):
            write_volume(folder / "imagesTr" / f"{name}_{number:04}{ending}", image[..., number], **place)
        write_volume(folder / "labelsTr" / f"{name}{ending}", labels, **place)
    content = {
        "channel_names": {str(number): NNUNET[name] for number, name in enumerate(channels)},
        "labels": {"background": 0, "edema": 1, "core": 2},
        "numTraining": len(of),
        "file_ending": ending,
    }
    content |= description or {}
    text = json.dumps({key: value for key, value in content.items() if value is not None})
    (folder / "dataset.json").write_text(text)
    return folder


def write_brats(
    folder: Path, of: Mapping[str, tuple], channels: Sequence[str] = CHANNELS, old: bool = False, **place: object
) -> Path:
    place, words, dash = {"spacing": SPACING} | place, OLD_BRATS if old else BRATS, "_" if old else "-"
    for name, (image, labels) in of.items():
        for number, channel in enumerate(channels):
            write_volume(folder / name / f"{name}{dash}{words[channel]}.nii.gz", image[..., number], **place)
        write_volume(folder / name / f"{name}{dash}seg.nii.gz", labels, **place)
    return folder
