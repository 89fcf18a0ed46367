"""Scans whose sequences lie in a file each, told by their names as in nnU-Net (NAME_0000) and BraTS (NAME-t1n).

Numbers of nnU-Net run from 0000; without a file of that number, and beyond 0007, they are part of a scan's name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from brainseg.core.channels import LGG_CHANNELS, in_words, main_channel
from brainseg.scans.scan_files import ScanFiles, faulty, scan_in_file, stem_of
from brainseg.scans.volumes.channel_words import KNOWN, channel_of
from brainseg.scans.volumes.medical import kind_of

NUMBERED = re.compile(r"(?P<name>.+)_(?P<word>000[0-7])", re.DOTALL)


def scans_in_files(folder: Path, files: Sequence[Path], channels: Sequence[str] = LGG_CHANNELS) -> Iterator[ScanFiles]:
    """The scans in single files, and in the files of their sequences as nnU-Net and BraTS name them."""
    groups: dict[str, dict[str, Path]] = {}
    for path in files:
        match = match_sequence(stem_of(path), channels) if kind_of(path) else None
        # a file that stands for itself is a group under its whole name, which no other file has
        groups.setdefault(match["name"] if match else path.name, {})[match["word"].lower() if match else ""] = path
    for name, by_word in groups.items():
        numbers = [word for word in by_word if word.isdigit()]
        alone = by_word.keys() == {""} or (numbers and "0000" not in numbers)
        yield from map(scan_in_file, by_word.values()) if alone else [_of_words(folder, name, by_word, channels)]


def _of_words(folder: Path, name: str, by_word: Mapping[str, Path], channels: Sequence[str]) -> ScanFiles:
    files: dict[str, Path] = {}
    listed = ", ".join(path.name for path in by_word.values())
    for word, path in by_word.items():
        if word.isdigit() and int(word) >= len(channels):
            expected = ", ".join(f"_{place:04} {channel}" for place, channel in enumerate(channels))
            return faulty(name, f"{path}: has the number {word}; expected {expected}")
        sequence = channels[int(word)] if word.isdigit() else word if word in channels else channel_of(word)
        if sequence in files:
            return faulty(name, f"{folder / name}: has two files of {sequence}: {listed}; expected one")
        if sequence in channels:
            files[sequence] = path
    main = channels[main_channel(channels)]
    if main not in files:
        needed = f"no {in_words(main)}; {in_words(main)} is required"
        return faulty(name, f"{folder / name}: has {listed} and {needed}")
    return ScanFiles(name, kind_of(files[main])[1], files)


def match_sequence(stem: str, channels: Sequence[str] = LGG_CHANNELS) -> re.Match[str] | None:
    """The name of the scan and the word of the sequence in a file's name, or None."""
    words = "|".join(sorted({*KNOWN, *channels}, key=len, reverse=True))
    worded = re.compile(rf"(?P<name>.+)[_-](?P<word>{words})", re.IGNORECASE | re.DOTALL)
    return NUMBERED.fullmatch(stem) or worded.fullmatch(stem)


def is_word(name: str, channels: Sequence[str] = LGG_CHANNELS) -> bool:
    """Whether a file is called by its sequence alone, such as flair.nii.gz."""
    return name.lower() in {*KNOWN, *channels}
