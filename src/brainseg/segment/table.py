"""scans.csv: a row per scan, written after its mask, so that a stopped run continues with the next scan."""

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from brainseg.core.files import read_csv, write_csv
from brainseg.segment.segmenter import Segmentation


@dataclass(frozen=True)
class Row:
    """One scan. Empty where undefined: volumes without spacing, a DSC where nothing is expected.

    fingerprint: of the scan's files, the model and the options; equal in a later run where nothing changed
    error: why the scan was not segmented; such a scan is tried again
    """

    scan: str
    lesion_voxels: str = ""
    volume_ml: str = ""
    largest_lesion_ml: str = ""
    lesions: str = ""
    predicted_dsc: str = ""
    dsc_lower_bound: str = ""
    warnings: str = ""
    error: str = ""
    mask: str = ""  # its files, relative to the folder; several are separated by a space
    fingerprint: str = ""


COLUMNS = tuple(field.name for field in fields(Row))


def row_of(found: Segmentation, files: list[Path], fingerprint: str) -> Row:
    """files: relative to the folder of scans.csv."""
    return Row(
        scan=found.scan.name,
        lesion_voxels=str(int(found.mask.sum())),
        volume_ml=_number(found.volume_ml, 3),
        largest_lesion_ml=_number(found.largest_lesion_ml, 3),
        lesions=str(found.lesions),
        predicted_dsc=_number(found.predicted_dsc, 4),
        dsc_lower_bound=_number(found.dsc_lower_bound, 4),
        warnings="; ".join(found.warnings),
        mask=" ".join(map(str, files)),
        fingerprint=fingerprint,
    )


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def read_rows(path: Path) -> dict[str, Row]:
    """The rows of an earlier run by scan; {} without one. Raises UserError for another file of this name."""
    if not path.exists():
        return {}
    csv.field_size_limit(2**24)  # a TIFF scan has a mask file per slice
    return {row["scan"]: Row(**{name: row[name] for name in COLUMNS}) for row in read_csv(path, COLUMNS)}


def write_rows(path: Path, rows: dict[str, Row]) -> None:
    write_csv(path, [asdict(row) for row in rows.values()])


def is_done(row: Row | None, fingerprint: str, folder: Path) -> bool:
    """Whether an earlier run segmented this scan with the same files, model and options, and its mask is there."""
    return (
        row is not None
        and not row.error
        and row.fingerprint == fingerprint
        and all((folder / name).exists() for name in row.mask.split(" "))
    )
