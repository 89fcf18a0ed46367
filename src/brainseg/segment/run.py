"""The work of `brainseg predict`: segment scans one by one, and write masks, pictures and scans.csv into a folder."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.files import atomic_write
from brainseg.core.progress import print_error, print_line, progress
from brainseg.data.predictions import to_uint8
from brainseg.scans.find import ScanFiles, find_scans
from brainseg.scans.read import read_scan
from brainseg.scans.write import write_probability
from brainseg.segment.segmenter import Runtime, Segmentation, Segmenter, load
from brainseg.segment.table import Row, is_done, read_rows, row_of, write_rows

TABLE = "scans.csv"
PICTURE_DPI = 100


@dataclass(frozen=True)
class Options:
    """format: of the masks, None for the scan's own; spacing_mm: (slice, row, column) for formats that state none."""

    format: str | None = None
    probabilities: bool = False
    pictures: bool = True
    spacing_mm: tuple[float, float, float] | None = None
    runtime: Runtime = "torch"


def segment_scans(model: Path, arguments: Sequence[str], folder: Path, options: Options) -> int:
    """Segment every scan of the arguments; the number of scans that failed.

    Each fault is one line on stderr and in scans.csv, and the other scans are segmented. A scan that an earlier run
    segmented with the same files, model and options is left as it is.
    """
    scans = find_scans(arguments)
    segmenter = load(model, options.runtime)
    table, done, failed = read_rows(folder / TABLE), 0, 0
    for files in progress(scans, "segmenting"):
        fingerprint = _fingerprint(files, segmenter, options)
        if is_done(table.get(files.name), fingerprint, folder):
            done += 1
            continue
        try:
            found = segmenter(read_scan(files), options.spacing_mm)
            written = _write(found, folder, options)
            table[files.name] = row_of(found, [path.relative_to(folder) for path in written], fingerprint)
            for warning in found.warnings:
                print_line(f"{files.name}: {warning}")
        except (UserError, OSError, MemoryError) as error:
            message = _one_line(files.name, error)
            print_error(message)
            table[files.name] = Row(scan=files.name, error=message)
            failed += 1
        write_rows(folder / TABLE, table)
    print_line(
        f"{len(scans) - done - failed} scans segmented, {done} were done before, {failed} failed: {folder / TABLE}"
    )
    return failed


def _write(found: Segmentation, folder: Path, options: Options) -> list[Path]:
    """Write what was asked for; the paths of the mask's files."""
    if options.probabilities:
        write_probability(folder, found.scan, to_uint8(found.probability), options.format)
    if options.pictures:
        from brainseg.segment.picture import picture  # here: ONNX does without matplotlib

        with atomic_write(folder / f"{found.scan.name}.png") as tmp_path:
            picture(found).savefig(tmp_path, dpi=PICTURE_DPI, metadata={"Software": None}, format="png")
    return found.write(folder, options.format)


def _fingerprint(files: ScanFiles, segmenter: Segmenter, options: Options) -> str:
    """Of the model, the options, and each file's name, size and time of change."""
    paths = files.slices or files.files.values()
    single = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in single if file.is_file()]
    return hashlib.sha256(repr((segmenter.model.sha256, options, stats)).encode()).hexdigest()[:16]


def _one_line(name: str, error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return f"{name}: not enough memory for this scan"
    return " ".join(str(error).split())
