"""Scans whose sequences lie in a file each, told by their names as in nnU-Net (NAME_0000) and BraTS (NAME-t1n).

Numbers of nnU-Net run from 0000; without a file of that number, and beyond 0007, they are part of a scan's name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from brainseg.scans.scan_files import ScanFiles, faulty, scan_in_file, stem_of
from brainseg.scans.volumes.medical import kind_of

NUMBERED = re.compile(r"(?P<name>.+)_(?P<word>000[0-7])", re.DOTALL)
WORDED = re.compile(r"(?P<name>.+)[_-](?P<word>t1n|t1c|t2f|t2w|t1ce|t1w|t1|t2|flair)", re.IGNORECASE | re.DOTALL)
WORDS: Mapping[str, str | None] = {
    "0000": "pre_contrast", "0001": "flair", "0002": "post_contrast",
    "t1n": "pre_contrast", "t1": "pre_contrast", "t1w": "pre_contrast", "t2f": "flair", "flair": "flair",
    "t1c": "post_contrast", "t1ce": "post_contrast", "t2w": None, "t2": None,
}  # fmt: skip


def scans_in_files(folder: Path, files: Sequence[Path]) -> Iterator[ScanFiles]:
    """The scans in single files, and in the files of their sequences as nnU-Net and BraTS name them."""
    groups: dict[str, dict[str, Path]] = {}
    for path in files:
        match = match_sequence(stem_of(path)) if kind_of(path) else None
        # a file that stands for itself is a group under its whole name, which no other file has
        groups.setdefault(match["name"] if match else path.name, {})[match["word"].lower() if match else ""] = path
    for name, by_word in groups.items():
        numbers = [word for word in by_word if word.isdigit()]
        alone = by_word.keys() == {""} or (numbers and "0000" not in numbers)
        yield from map(scan_in_file, by_word.values()) if alone else [_of_words(folder, name, by_word)]


def _of_words(folder: Path, name: str, by_word: Mapping[str, Path]) -> ScanFiles:
    files: dict[str, Path] = {}
    listed = ", ".join(path.name for path in by_word.values())
    for word, path in by_word.items():
        if word not in WORDS:
            expected = "expected _0000 pre_contrast, _0001 flair, _0002 post_contrast"
            return faulty(name, f"{path}: has the number {word}; {expected}")
        sequence = WORDS[word]
        if sequence in files:
            return faulty(name, f"{folder / name}: has two files of {sequence}: {listed}; expected one")
        if sequence:
            files[sequence] = path
    if "flair" not in files:
        return faulty(name, f"{folder / name}: has {listed} and no FLAIR; FLAIR is required")
    return ScanFiles(name, kind_of(files["flair"])[1], files)


def match_sequence(stem: str) -> re.Match[str] | None:
    """The name of the scan and the word of the sequence in a file's name, or None."""
    return NUMBERED.fullmatch(stem) or WORDED.fullmatch(stem)
