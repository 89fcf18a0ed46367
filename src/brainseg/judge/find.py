"""The file or folder of each patient's mask, in a folder that another program wrote."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from brainseg.core.errors import UserError, escaped, joined
from brainseg.core.progress import print_line
from brainseg.data.split import evaluation_subset, patients_in

EXTENSIONS = (".nii.gz", ".nii", ".mha", ".mhd", ".nrrd", ".nhdr", ".npz", ".npy", ".tiff", ".tif")
ENDING = re.compile(r"(.+)[_-](mask|seg|pred|prediction|probability)", re.IGNORECASE | re.DOTALL)
LISTED = 3


def find_masks(folder: Path, subset: Mapping[str, str]) -> dict[str, Path]:
    """The place of each patient's mask, in the order of `subset`. Files of other types are left out, with a note.

    Raises UserError with a line for each held-out patient without a mask, for each mask of nobody in `subset`, and for
    each second mask of a patient.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected one that holds a file or a folder for each patient")
    faults: list[str] = []
    place: dict[str, Path] = {}
    others = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        stem = _stem(path)
        if stem is None:
            others.append(path.name)
            continue
        ending = ENDING.fullmatch(stem)
        name = stem if stem in subset or not ending else ending[1]
        if name not in subset:
            close = get_close_matches(name, subset, n=1)
            faults.append(f"{path}: {name} is no patient of data/split.csv" + (f"; {close[0]} is" if close else ""))
        elif name in place:
            faults.append(f"{path}: is of {name}, as is {place[name].name}; expected one a patient")
        else:
            place[name] = path
    held_out = evaluation_subset(subset.values())
    missing = [name for name in patients_in(dict(subset), held_out) if name not in place]
    faults += [f"{folder}: lacks {name}, a {held_out} patient; all of them are scored, or none" for name in missing]
    if faults:
        raise joined(faults)
    if others:
        more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
        print_line(f"note: no masks, left out: {escaped(', '.join(others[:LISTED]))}{more}")
    return {name: place[name] for name in subset if name in place}


def _stem(path: Path) -> str | None:
    """The name without its extension; None for a file of another type."""
    if path.is_dir():
        return path.name
    return next((path.name[: -len(end)] for end in EXTENSIONS if path.name.lower().endswith(end)), None)
