"""scans.csv: a row per scan, written after its files, so that a stopped run continues with the next scan."""

import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from brainseg.core.files import read_csv, write_csv
from brainseg.segment.segmenter import Segmentation


@dataclass(frozen=True)
class Row:
    """One scan. Empty where undefined: volumes without spacing, a DSC where nothing is expected.

    error: why the scan was not segmented; such a scan is tried again
    mask, probability, picture, page: a file, or a folder with a file per slice, relative to the folder of scans.csv
    model: name and first digits of the digest of the model file
    fingerprint: of the scan's files, the model and the options; equal in a later run where nothing changed
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
    mask: str = ""
    probability: str = ""
    picture: str = ""
    page: str = ""
    model: str = ""
    fingerprint: str = ""

    @property
    def written(self) -> list[str]:
        return [path for path in (self.mask, self.probability, self.picture, self.page) if path]


COLUMNS = tuple(field.name for field in fields(Row))
LATER = ("page",)  # columns that tables of earlier releases lack


def row_of(found: Segmentation, written: dict[str, str], model: str, fingerprint: str) -> Row:
    """written: column -> path, of what was written."""
    return Row(
        scan=found.scan.name,
        lesion_voxels=str(int(found.mask.sum())),
        volume_ml=_number(found.volume_ml, 3),
        largest_lesion_ml=_number(found.largest_lesion_ml, 3),
        lesions=str(found.lesions),
        predicted_dsc=_number(found.predicted_dsc, 4),
        dsc_lower_bound=_number(found.dsc_lower_bound, 4),
        warnings="; ".join(found.warnings),
        model=model,
        fingerprint=fingerprint,
        **written,
    )


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def read_rows(path: Path) -> dict[str, Row]:
    """The rows of an earlier run by scan; {} without one. Raises UserError for another file of this name."""
    if not path.exists():
        return {}
    needed = [name for name in COLUMNS if name not in LATER]
    rows = read_csv(path, needed, remedy="move it away, or name another folder")
    return {row["scan"]: Row(**{name: row.get(name, "") for name in COLUMNS}) for row in rows}


def write_rows(path: Path, rows: dict[str, Row]) -> None:
    write_csv(path, [asdict(row) for row in rows.values()])


def is_done(row: Row | None, fingerprint: str, folder: Path) -> bool:
    """Whether an earlier run segmented this scan with the same files, model and options, and its files are there."""
    return (
        row is not None
        and not row.error
        and row.fingerprint == fingerprint
        and all((folder / path).exists() for path in row.written)
    )


def remove_written(row: Row | None, folder: Path) -> None:
    """Remove what an earlier run wrote for this scan, so that nothing stale lies beside the row of a new attempt."""
    for path in row.written if row else ():
        if (folder / path).is_dir():
            shutil.rmtree(folder / path)
        else:
            (folder / path).unlink(missing_ok=True)
