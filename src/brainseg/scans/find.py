"""Finds the scans that arguments name, without opening their pixels.

An argument is a file, a folder of slices, a DICOM folder, a folder that holds many scans, or the sequences of one scan
as `flair=a.nii.gz,pre=b.nii.gz,post=c.nii.gz`. What is wrong with one scan stands in its `fault`, and the others can
still be read: find_scans itself raises nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from brainseg.scans.dicom_files import dicom_files, study_of
from brainseg.scans.medical import KINDS, kind_of
from brainseg.scans.slices import MASK, PICTURES, TIFFS, natural_order, slice_files
from brainseg.scans.tiff_stack import page_count

WHOLE = "scan"  # the key of a path that holds all sequences of a scan
KEYS = {"flair": "flair", "pre": "pre_contrast", "pre_contrast": "pre_contrast", "post": "post_contrast"}
KEYS["post_contrast"] = "post_contrast"
ALLOWED = "expected .nii, .nii.gz, .mha, .mhd, .nrrd, .nhdr, .npy, .tif, .png, .jpg or DICOM"
LONGEST_NAME_BYTES = 200  # names of files that are written are longer
MAX_DEPTH = 8

# names of one sequence, as in nnU-Net (NAME_0000) and in BraTS (NAME-t1n, NAME_t1ce); None: no sequence of ours
NUMBERED = re.compile(r"(?P<name>.+)_(?P<word>\d{4})", re.DOTALL)
WORDED = re.compile(r"(?P<name>.+)[_-](?P<word>t1n|t1c|t2f|t2w|t1ce|t1|t2|flair)", re.IGNORECASE | re.DOTALL)
WORDS: Mapping[str, str | None] = {
    "0000": "pre_contrast", "0001": "flair", "0002": "post_contrast",
    "t1n": "pre_contrast", "t1": "pre_contrast", "t2f": "flair", "flair": "flair",
    "t1c": "post_contrast", "t1ce": "post_contrast", "t2w": None, "t2": None,
}  # fmt: skip


@dataclass(frozen=True)
class ScanFiles:
    """Where a scan lies. name: of the files that are written. format: "dicom" or one of write.FORMATS.

    files: by sequence, or under WHOLE one path that holds them all. slices: the files of a folder of pictures, in
    order. fault: a line that read_scan raises; the rest need not be filled then.
    """

    name: str
    format: str
    files: Mapping[str, Path]
    slices: tuple[Path, ...] = ()
    fault: str | None = field(default=None)


def find_scans(arguments: Sequence[str]) -> list[ScanFiles]:
    """The scans in the order of the arguments, those of a folder in natural order.

    Of two scans with one name each has a fault that names both.
    """
    found = [files for argument in arguments for files in _scans_of(argument)]
    by_name: dict[str, list[ScanFiles]] = defaultdict(list)
    for files in found:
        by_name[files.name.lower()].append(files)  # some disks tell no capitals from small letters
    return [_named_once(files, by_name[files.name.lower()]) for files in found]


def _named_once(files: ScanFiles, of_name: list[ScanFiles]) -> ScanFiles:
    if files.fault:
        return files
    if len(of_name) > 1:
        places = " and ".join(str(_place(other)) for other in of_name)
        return replace(files, fault=f"{_place(files)}: two scans are called {files.name}: {places}; rename one")
    if len(files.name.encode()) > LONGEST_NAME_BYTES:
        return replace(files, fault=f"{_place(files)}: its name is over {LONGEST_NAME_BYTES} bytes; rename it")
    return files


def _place(files: ScanFiles) -> Path | str:
    return files.files.get(WHOLE) or files.files.get("flair") or next(iter(files.files.values()), files.name)


def _scans_of(argument: str) -> list[ScanFiles]:
    if not argument.isprintable():
        return [_fault(_shown(argument), f"{_shown(argument)}: the name is not printable UTF-8; rename it")]
    path = Path(argument)
    if not _exists(path) and re.match(r"\w+=", argument):
        return [_of_sequences(argument)]
    if not _exists(path):
        return [_fault(argument, f"{argument}: no such file or folder")]
    if path.is_dir():
        return list(_in_folder(path, frozenset(), 0)) or [_fault(_name(path), _nothing_in(path))]
    return [_of_file(path)]


def _of_file(path: Path) -> ScanFiles:
    if kind := kind_of(path):
        extension, format = kind
        return ScanFiles(path.name[: -len(extension)], format, {WHOLE: path})
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return ScanFiles(path.stem, "npy", {WHOLE: path})
    if suffix in TIFFS:
        return ScanFiles(path.stem, "tiff", {WHOLE: path})
    if suffix in PICTURES:
        return ScanFiles(path.stem, "png", {WHOLE: path}, (path,))
    if dicom_files([path]):
        return ScanFiles(path.stem, "dicom", {WHOLE: path})
    return _fault(path.stem, f"{path}: has no known extension; {ALLOWED}")


def _of_sequences(argument: str) -> ScanFiles:
    """One scan from `flair=a.nii.gz,pre=b.nii.gz`."""
    files: dict[str, Path] = {}
    for part in re.split(r",(?=[^,=]*=)", argument):
        key, _, value = part.partition("=")
        sequence = KEYS.get(key.strip())
        if not sequence:
            return _fault(argument, f"{argument}: has the key {key!r}; expected {', '.join(KEYS)}")
        if not value:
            return _fault(argument, f"{argument}: {key} has no value; expected a file or a DICOM folder")
        if sequence in files:
            return _fault(argument, f"{argument}: names {sequence} twice; expected each sequence once")
        path = files[sequence] = Path(value)
        if not _exists(path):
            return _fault(argument, f"{value}: no such file or folder, given as {key}=")
        if not kind_of(path) and not _is_dicom(path):
            return _fault(argument, f"{value}: given as {key}=; expected {', '.join(KINDS)} or a DICOM folder")
    if "flair" not in files:
        return _fault(argument, f"{argument}: lacks flair=; FLAIR is required")
    flair = files["flair"]
    extension, format = kind_of(flair) or ("", "dicom")
    name = _name(flair)[: -len(extension)] if extension and flair.is_file() else _name(flair)
    if match := NUMBERED.fullmatch(name) or WORDED.fullmatch(name):
        name = match["name"]
    elif name.lower() in WORDS:  # flair.nii.gz: the folder says whose it is
        name = _name(flair.resolve().parent)
    return ScanFiles(name, format, files)


def _in_folder(folder: Path, above: frozenset[Path], depth: int) -> Iterator[ScanFiles]:
    """The scans in a folder and below it. Hidden files and what looks like a mask or a probability are left out."""
    real = folder.resolve()
    if real in above or depth > MAX_DEPTH:
        return  # a link that leads back up
    try:
        entries = sorted((p for p in folder.iterdir() if not p.name.startswith(".")), key=natural_order)
    except OSError as error:
        yield _fault(_name(folder), f"{folder}: cannot be read ({error.strerror})")
        return
    unprintable = [path for path in entries if not path.name.isprintable()]
    for path in unprintable:
        yield _fault(_shown(path.name), f"{_shown(str(path))}: the name is not printable UTF-8; rename it")
    entries = [path for path in entries if path not in unprintable]
    files = [path for path in entries if path.is_file()]
    volumes = [path for path in files if kind_of(path) or path.suffix.lower() == ".npy"]
    tiffs, pictures = slice_files(folder, TIFFS), slice_files(folder, PICTURES)
    if dicom_files([path for path in files if _may_be_dicom(path)], first_alone=True):
        yield ScanFiles(_name(folder), "dicom", {WHOLE: folder})
        return
    if volumes:
        yield from _of_volumes(folder, [path for path in volumes if not MASK.fullmatch(_stem(path))])
    elif tiffs and page_count(tiffs[0]) > 1:
        yield from (_of_file(path) for path in tiffs)
    elif tiffs:
        yield ScanFiles(_name(folder), "tiff", {WHOLE: folder}, tuple(tiffs))
        return
    elif pictures:
        yield ScanFiles(_name(folder), "png", {WHOLE: folder}, tuple(pictures))
        return
    below = [path for path in entries if path.is_dir() and not MASK.fullmatch(path.name)]
    if not volumes and len(below) > 1 and _one_study(below):
        yield ScanFiles(_name(folder), "dicom", {WHOLE: folder})
        return
    for path in below:
        yield from _in_folder(path, above | {real}, depth + 1)


def _may_be_dicom(path: Path) -> bool:
    """By its extension: scanners write .dcm, .ima, a number, or none."""
    return path.suffix.lower() in ("", ".dcm", ".ima", ".dicom") or path.suffix[1:].isdigit()


def _of_volumes(folder: Path, files: Sequence[Path]) -> Iterator[ScanFiles]:
    """The scans in single files, and in the files of their sequences as nnU-Net and BraTS name them."""
    scans: dict[str, ScanFiles | dict[str, Path]] = {}
    for path in files:
        stem = _stem(path)
        match = NUMBERED.fullmatch(stem) or WORDED.fullmatch(stem)
        if not match or path.suffix.lower() == ".npy":
            scans[path.name] = _of_file(path)
        else:
            scans.setdefault(f"sequences of {match['name']}", {})[match["word"].lower()] = path
    for key, scan in scans.items():
        yield scan if isinstance(scan, ScanFiles) else _of_words(folder, key.removeprefix("sequences of "), scan)


def _of_words(folder: Path, name: str, by_word: Mapping[str, Path]) -> ScanFiles:
    files: dict[str, Path] = {}
    listed = ", ".join(path.name for path in by_word.values())
    for word, path in by_word.items():
        if word not in WORDS:
            expected = "expected _0000 pre_contrast, _0001 flair, _0002 post_contrast"
            return _fault(name, f"{path}: has the number {word}; {expected}")
        sequence = WORDS[word]
        if sequence in files:
            return _fault(name, f"{folder / name}: has two files of {sequence}: {listed}; expected one")
        if sequence:
            files[sequence] = path
    if "flair" not in files:
        return _fault(name, f"{folder / name}: has {listed} and no FLAIR; FLAIR is required")
    return ScanFiles(name, kind_of(files["flair"])[1], files)


def _one_study(folders: Sequence[Path]) -> bool:
    """Whether each folder holds DICOM files, and all of them are of one study: the series of one scan."""
    studies = set()
    for folder in folders:
        files = dicom_files(sorted(path for path in folder.iterdir() if path.is_file()), first_alone=True)
        if not files:
            return False
        studies.add(study_of(files[0]))
    return len(studies) == 1 and None not in studies


def _is_dicom(path: Path) -> bool:
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    return bool(dicom_files(files, first_alone=True))


def _stem(path: Path) -> str:
    kind = kind_of(path)
    return path.name[: -len(kind[0])] if kind else path.stem


def _name(path: Path) -> str:
    return path.name or path.resolve().name or "scan"  # "." and "/" have no name of their own


def _nothing_in(folder: Path) -> str:
    return f"{folder}: holds no scan; {ALLOWED}"


def _fault(name: str, fault: str) -> ScanFiles:
    return ScanFiles(name, "", {}, fault=fault)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False


def _shown(text: str) -> str:
    """The text with what a terminal cannot show, bytes that are not UTF-8 among them, as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
