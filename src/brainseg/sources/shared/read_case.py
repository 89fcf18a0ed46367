"""A patient's files as one volume: channels and mask on one axial grid, intensities as `brainseg predict` has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data.raw.volume import Volume
from brainseg.scans.volumes.intensity import to_image
from brainseg.scans.volumes.medical import kind_of, read_volume
from brainseg.scans.volumes.nifti import warnings_of
from brainseg.scans.volumes.orientation import Grid, oblique_warnings
from brainseg.scans.volumes.resampling import check_pixels, same_grid
from brainseg.sources.shared.cases import Case

SHOWN = 6  # label values, in a message


@dataclass(frozen=True)
class ReadCase:
    """values: of the labels. notes: what a person should know."""

    volume: Volume
    values: frozenset[int]
    notes: tuple[str, ...]


def read_case(
    case: Case, channels: Sequence[str], labels: Mapping[int, str], lesion_labels: Sequence[int] | None
) -> ReadCase:
    """The patient, turned to axial; nothing is interpolated. lesion_labels: None for every value above 0.

    Raises UserError for files of different grids, for labels that are no whole numbers from 0, and for a label value
    that `labels` lacks, unless that is empty.
    """
    label, grid = _one_sequence(case.label)
    axial = grid.axial()
    check_pixels(case.label, grid.axial_spacing_mm)
    sequences = {}
    for channel, path in case.images.items():
        volume, own = _one_sequence(path)
        if not same_grid(own.axial(), axial):
            raise UserError(f"{path}: {_difference(own.axial(), axial)} {case.label.name}; expected one grid a patient")
        sequences[channel] = own.to_axial(volume)
    values = _values(case.label, label, labels)
    lesion = label > 0 if lesion_labels is None else np.isin(label, lesion_labels)
    image, notes = to_image(case.name, sequences, channels, as_is=False)
    notes = (*oblique_warnings(grid), *notes)
    if kind_of(case.label)[1] == "nifti":
        notes = (*warnings_of(case.label), *notes)
    mask = np.ascontiguousarray(grid.to_axial(lesion))
    return ReadCase(Volume(image, mask, grid.axial_spacing_mm, tuple(channels)), values, notes)


def _one_sequence(path: Path) -> tuple[np.ndarray, Grid]:
    volume, grid = read_volume(path)
    if volume.ndim != 3:
        raise UserError(f"{path}: holds {volume.shape[3]} sequences; expected one a file")
    return volume, grid


def _difference(own: Grid, label: Grid) -> str:
    if own.shape != label.shape:
        times, others = (" × ".join(map(str, grid.shape)) for grid in (own, label))
        return f"is {times} voxels, {others} are in"
    apart_mm = np.abs(own.corners_mm() - label.corners_mm()).max()
    return f"lies up to {apart_mm:.3g} mm from"


def _values(path: Path, label: np.ndarray, labels: Mapping[int, str]) -> frozenset[int]:
    found = np.unique(label)
    if not np.isfinite(found).all() or (found < 0).any() or (found != np.rint(found)).any():
        shown = ", ".join(f"{value:g}" for value in found[:SHOWN])
        raise UserError(f"{path}: holds {shown}; expected labels: whole numbers from 0")
    values = frozenset(int(value) for value in found)
    if labels and (unknown := sorted(values - labels.keys() - {0})):
        raise UserError(f"{path}: holds the label {unknown[0]}; dataset.json names {', '.join(map(str, labels))}")
    return values
