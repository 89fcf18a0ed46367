"""The grid of a DICOM series, from the positions its slices state."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.scans.dicom_sequences import Header
from brainseg.scans.volumes.orientation import Grid

SAME_PLACE_MM = 1e-3
UNEVEN = 0.05  # of the distance of slices
SAME_COSINE = 1e-3


def grid_and_order(headers: Sequence[Header], files: Sequence[Path]) -> tuple[Grid, list[int]]:
    """The grid, and the numbers of the slices in ascending order along its last axis.

    headers: with Rows, Columns, ImagePositionPatient, ImageOrientationPatient and PixelSpacing. UserError where one is
    missing, slices have other orientations or pixels, two lie at one place, one is missing, or the stack is sheared.
    """
    first = headers[0]
    cosines = _numbers(first, files[0], "ImageOrientationPatient", 6)
    pixel_mm = _numbers(first, files[0], "PixelSpacing", 2)
    for header, file in zip(headers, files, strict=True):
        for key, expected in (("ImageOrientationPatient", cosines), ("PixelSpacing", pixel_mm)):
            values = _numbers(header, file, key, len(expected))
            if np.abs(values - expected).max() > SAME_COSINE:
                also = f"expected {expected.tolist()}, as {files[0].name}"
                raise UserError(f"{file}: its {key} is {values.tolist()}; {also}")
    if pixel_mm.min() <= 0:
        raise UserError(f"{files[0]}: its PixelSpacing is {pixel_mm.tolist()}; expected numbers above 0")
    along_row, along_column = cosines[:3], cosines[3:]
    normal = np.cross(along_row, along_column)
    if not 0.99 < np.linalg.norm(normal) < 1.01:
        raise UserError(f"{files[0]}: its ImageOrientationPatient is {cosines.tolist()}; expected two unit vectors")
    positions = np.array([_numbers(h, file, "ImagePositionPatient", 3) for h, file in zip(headers, files, strict=True)])
    order = np.argsort(positions @ normal, kind="stable")
    gap_mm = _even_gap(positions[order], normal, [files[number] for number in order], first)
    _refuse_shear(positions[order], normal, files[0], pixel_mm)
    grid = Grid(
        shape=(int(first["Columns"]), int(first["Rows"]), len(files)),
        spacing_mm=(float(pixel_mm[1]), float(pixel_mm[0]), gap_mm),  # PixelSpacing: between rows, then columns
        origin_mm=tuple(positions[order[0]].tolist()),
        direction=np.stack([along_row, along_column, normal], axis=1),
    )
    return grid, order.tolist()


def _numbers(header: Header, file: Path, key: str, count: int) -> np.ndarray:
    try:
        values = np.array([float(value) for value in header[key] or ()])
    except (TypeError, ValueError):
        values = np.empty(0)
    if len(values) != count or not np.isfinite(values).all():
        raise UserError(f"{file}: {'lacks' if not header[key] else 'has a faulty'} {key}; expected {count} numbers")
    return values


def _even_gap(positions: np.ndarray, normal: np.ndarray, files: Sequence[Path], first: Header) -> float:
    """The distance of the slices in mm; of a single slice its thickness."""
    gaps = np.diff(positions @ normal)
    if not len(gaps):
        return abs(float(first["SpacingBetweenSlices"] or first["SliceThickness"] or 1.0))
    usual = float(np.sort(gaps)[(len(gaps) - 1) // 2])  # of two gaps the smaller: the other misses a slice
    for number, gap in enumerate(gaps):
        pair = f"{files[number].name} and {files[number + 1].name}"
        where = files[number].parent
        if gap < SAME_PLACE_MM:
            raise UserError(f"{where}: {pair} lie at one place; expected one series with a slice a place")
        if abs(gap - usual) > UNEVEN * usual:
            fault = "a slice is missing" if gap > 1.5 * usual else "slices are unevenly spaced"
            raise UserError(f"{where}: {fault}: {pair} are {gap:.2f} mm apart, others {usual:.2f} mm")
    return float(gaps.mean())


def _refuse_shear(positions: np.ndarray, normal: np.ndarray, file: Path, pixel_mm: np.ndarray) -> None:
    shift = positions - positions[0]
    sideways_mm = np.linalg.norm(shift - np.outer(shift @ normal, normal), axis=1).max()
    if sideways_mm > 0.5 * pixel_mm.min():
        moved = f"the last slice is moved sideways by {sideways_mm:.1f} mm"
        raise UserError(f"{file.parent}: its stack is sheared: {moved}; expected slices one above the other")
