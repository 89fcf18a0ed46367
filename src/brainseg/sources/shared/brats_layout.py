"""BraTS's layout: a folder a patient with NAME-t1n, -t1c, -t2w, -t2f and -seg.nii.gz; or _t1, _t1ce, _t2, _flair, _seg.

https://www.synapse.org/brats; the names with a hyphen are those from 2023 on.
"""

import re
from pathlib import Path

from brainseg.core.channels import LGG_CHANNELS
from brainseg.scans.volumes.channel_words import KNOWN, channel_of
from brainseg.scans.volumes.medical import kind_of
from brainseg.sources.shared.cases import Case, Cases

ORDER = (*LGG_CHANNELS, "t2")
LABEL = "seg"
FILE = re.compile(rf"(?P<name>.+)[_-](?P<word>{'|'.join([*sorted(KNOWN, key=len, reverse=True), LABEL])})", re.I | re.S)


def find_brats(folder: Path) -> Cases:
    """The patients anywhere below the folder; no cases where there are none. Each has the channels that any has."""
    files_of: dict[Path, dict[str, list[Path]]] = {}
    others = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
            continue
        kind = kind_of(path)
        match = FILE.fullmatch(path.name[: -len(kind[0])]) if kind else None
        if match and match["name"] == path.parent.name:
            word = match["word"].lower()
            its = files_of.setdefault(path.parent, {})
            its.setdefault(word if word == LABEL else channel_of(word), []).append(path)
        elif kind:
            others.append(path)
    channels = tuple(name for name in ORDER if any(name in files for files in files_of.values()))
    faults, cases, where = [], [], {}
    for patient, files in files_of.items():
        several = [paths for paths in files.values() if len(paths) > 1]
        faults += [f"{paths[0]}: is the same sequence as {paths[1].name}; expected one" for paths in several]
        missing = [name for name in channels if name not in files]
        faults += [f"{patient}: lacks {name}: {_expected(patient, name)}" for name in missing]
        if LABEL not in files:
            faults.append(f"{patient}: has no labels: {_expected(patient, LABEL)}")
        if patient.name in where:
            faults.append(f"{patient}: has the name of {where[patient.name]}; patients need distinct names")
        where[patient.name] = patient
        if LABEL in files and not missing:
            cases.append(Case(patient.name, {name: files[name][0] for name in channels}, files[LABEL][0]))
    return Cases(channels, tuple(cases), faults=tuple(faults), left_out=tuple(others))


def _expected(patient: Path, channel: str) -> str:
    words = [LABEL] if channel == LABEL else [word for word, name in KNOWN.items() if name == channel]
    return f"expected {patient.name}-{' or -'.join(words)}.nii.gz"
