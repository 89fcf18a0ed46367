"""The work of `brainseg predict`: segment scans one by one; write masks, pictures, pages and scans.csv to a folder."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainseg.core.errors import UserError, is_out_of_memory
from brainseg.core.files import write_bytes
from brainseg.core.progress import print_error, print_line, progress
from brainseg.data.predictions import to_uint8
from brainseg.model.record import ModelRecord
from brainseg.scans.find import find_scans
from brainseg.scans.read import read_scan
from brainseg.scans.scan import Scan
from brainseg.scans.scan_files import ScanFiles
from brainseg.scans.write import check_format, write_probability
from brainseg.segment.segmenter import Runtime, Segmentation, load
from brainseg.segment.table import Row, is_done, read_rows, remove_written, row_of, write_rows

TABLE = "scans.csv"
PICTURE_DPI = 100
HEADERS = (".mhd", ".nhdr")  # of these formats the voxels lie in another file of the same name


@dataclass(frozen=True)
class Options:
    """format: of the masks, None for the scan's own; spacing_mm: (slice, row, column) for formats that state none.

    pictures: write a picture and a page of each scan.
    """

    format: str | None = None
    probabilities: bool = False
    pictures: bool = True
    spacing_mm: tuple[float, float, float] | None = None
    runtime: Runtime = "torch"


def segment_scans(
    model: Path,
    arguments: Sequence[str],
    folder: Path,
    options: Options,
    look: Callable[[Segmentation], None] | None = None,
) -> int:
    """Segment every scan of the arguments; the number of scans that failed.

    look: called with the result where there is only one scan.

    Each fault is one line on stderr and in scans.csv, and the other scans are segmented. A scan that an earlier run
    segmented with the same files, model and options is left as it is.
    """
    segmenter = load(model, options.runtime)
    channels = segmenter.model.record.channels
    scans = find_scans(arguments, channels)
    digest = segmenter.model.sha256  # of the whole record: not once a scan
    model_name = f"{segmenter.model.record.name} {digest[:8]}"
    table, done, failed = read_rows(folder / TABLE), 0, 0
    for files in progress(scans, "segmenting"):
        before = table.get(files.name)
        try:
            fingerprint = _fingerprint(files, digest, options)
            if not files.fault and is_done(before, fingerprint, folder):
                done += 1
                continue
            found = segmenter(_read(files, options, channels))
            remove_written(before, folder)
            row = row_of(found, _write(found, segmenter.model.record, folder, options), model_name, fingerprint)
            if look and len(scans) == 1:
                look(found)
            for warning in found.warnings:
                print_line(f"{files.name}: {warning}")
        except (UserError, OSError, RuntimeError, MemoryError) as error:
            failed += 1
            print_error(message := _one_line(files.name, error))
            if files.fault and before and not before.error:
                continue  # the fault is of the arguments: what an earlier run segmented is still true
            remove_written(before, folder)
            row = Row(files.name, error=message, model=model_name)
        table[files.name] = row
        write_rows(folder / TABLE, table)
    segmented = len(scans) - done - failed
    print_line(f"{folder / TABLE}: {segmented} scans segmented, {done} were done before, {failed} failed")
    return failed


def _read(files: ScanFiles, options: Options, channels: Sequence[str]) -> Scan:
    scan = read_scan(files, options.spacing_mm, channels)
    check_format(scan, options.format)  # before the work of segmenting it
    return scan


def _write(found: Segmentation, record: ModelRecord, folder: Path, options: Options) -> dict[str, str]:
    """Write what was asked for: column of scans.csv -> path. Nothing of it stays if a part cannot be written."""
    written: dict[str, str] = {}
    try:
        written["mask"] = _relative(found.write(folder, options.format), folder)
        if options.probabilities:
            paths = write_probability(folder, found.scan, to_uint8(found.probability), options.format)
            written["probability"] = _relative(paths, folder)
        if options.pictures:
            from brainseg.figures.style import save  # here: ONNX does without matplotlib
            from brainseg.segment.page import page
            from brainseg.segment.picture import picture

            written["picture"] = f"{found.scan.name}_picture.png"
            save(picture(found), folder / written["picture"], PICTURE_DPI)
            written["page"] = f"{found.scan.name}_page.html"
            write_bytes(folder / written["page"], page(found, record))
    except BaseException:
        remove_written(Row(found.scan.name, **written), folder)
        raise
    return written


def _relative(paths: list[Path], folder: Path) -> str:
    """The path of the one file, or of the folder that the files are in."""
    return str((paths[0] if paths[0].parent == folder else paths[0].parent).relative_to(folder))


def _fingerprint(files: ScanFiles, model_digest: str, options: Options) -> str:
    """Of the model, the options, and each file's sequence, name, size and time of change."""
    named = [(sequence, path) for sequence, path in files.files.items()] + [("slice", path) for path in files.slices]
    stats = []
    for sequence, path in named:
        beside = path.parent.glob(f"{path.stem}.*") if path.suffix.lower() in HEADERS else [path]
        for file in sorted(path.rglob("*")) if path.is_dir() else sorted(beside):
            if file.is_file():
                stats.append((sequence, file.name, file.stat().st_size, file.stat().st_mtime_ns))
    return hashlib.sha256(repr((model_digest, options, stats)).encode()).hexdigest()[:16]


def _one_line(name: str, error: BaseException) -> str:
    if is_out_of_memory(error):
        return f"{name}: not enough memory for this scan"
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else f"{name}: {text[:200] or type(error).__name__}"
