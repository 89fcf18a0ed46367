"""Finds the scans that arguments name, without opening their pixels.

An argument is a file, a folder of slices, a DICOM folder, a folder that holds many scans, or the sequences of one scan
as `flair=a.nii.gz,pre=b.nii.gz,post=c.nii.gz`. What is wrong with one scan stands in its `fault`, and the others can
still be read: find_scans itself raises nothing.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from brainseg.core.channels import LGG_CHANNELS, in_words, main_channel
from brainseg.scans.dicom_files import dicom_files_in
from brainseg.scans.folders import scans_in_folder
from brainseg.scans.scan_files import ALLOWED, WHOLE, ScanFiles, faulty, name_of, scan_in_file, shown, stem_of
from brainseg.scans.sequence_names import is_word, match_sequence
from brainseg.scans.volumes.channel_words import keys_of, short
from brainseg.scans.volumes.medical import KINDS, kind_of

LONGEST_NAME_BYTES = 200  # names of files that are written are longer


def find_scans(arguments: Sequence[str], channels: Sequence[str] = LGG_CHANNELS) -> list[ScanFiles]:
    """The scans in the order of the arguments, those of a folder in natural order.

    channels: what scans are read for; files of other sequences are left out. Of two scans with one name each has a
    fault that names both.
    """
    found = [files for argument in arguments for files in _scans_of(argument, channels)]
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


def _scans_of(argument: str, channels: Sequence[str]) -> list[ScanFiles]:
    if not argument.isprintable():
        return [faulty(shown(argument), f"{shown(argument)}: the name is not printable UTF-8; rename it")]
    path = Path(argument)
    if not _exists(path):
        keyed = re.match(r"\w+=", argument)
        return [_of_sequences(argument, channels) if keyed else faulty(argument, f"{argument}: no such file or folder")]
    if path.is_dir():
        return list(scans_in_folder(path, channels)) or [faulty(name_of(path), f"{path}: holds no scan; {ALLOWED}")]
    return [scan_in_file(path)]


def _of_sequences(argument: str, channels: Sequence[str]) -> ScanFiles:
    """One scan from `flair=a.nii.gz,pre=b.nii.gz`."""
    keys, main = keys_of(channels), channels[main_channel(channels)]
    files: dict[str, Path] = {}
    for part in re.split(r",(?=[^,=]*=)", argument):
        key, _, value = part.partition("=")
        sequence = keys.get(key.strip())
        if not sequence:
            return faulty(argument, f"{argument}: has the key {key!r}; expected {', '.join(keys)}")
        if not value:
            return faulty(argument, f"{argument}: {key} has no value; expected a file or a DICOM folder")
        if sequence in files:
            return faulty(argument, f"{argument}: names {sequence} twice; expected each sequence once")
        path = files[sequence] = Path(value)
        if not _exists(path):
            return faulty(argument, f"{value}: no such file or folder, given as {key}=")
        if not kind_of(path) and not any(dicom_files_in(path)):
            return faulty(argument, f"{value}: given as {key}=; expected {', '.join(KINDS)} or a DICOM folder")
    if main not in files:
        return faulty(argument, f"{argument}: lacks {short(main)}=; {in_words(main)} is required")
    path = files[main]
    _, format = kind_of(path) or ("", "dicom")
    name = stem_of(path) if path.is_file() else name_of(path)
    if match := match_sequence(name, channels):
        name = match["name"]
    elif is_word(name, channels):  # flair.nii.gz: the folder says whose it is
        name = name_of(path.resolve().parent)
    return ScanFiles(name, format, files)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False
