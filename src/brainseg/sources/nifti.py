"""Your own patients as volumes with a spacing: a folder in nnU-Net's layout or in BraTS's.

NIfTI, and MHA and NRRD besides. Labels become one mask; which values are lesion is a setting.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from brainseg.core.errors import UserError, escaped, joined, shown
from brainseg.core.params import PARAMS_FILE, StrictSettings
from brainseg.core.progress import print_line
from brainseg.data.raw import volume
from brainseg.parallel import parallel_map
from brainseg.sources.shared.brats_layout import find_brats
from brainseg.sources.shared.cases import Case, Cases
from brainseg.sources.shared.nnunet_layout import find_nnunet, is_nnunet
from brainseg.sources.shared.read_case import ReadCase, read_case

LEAST = 2  # patients: one trains, one validates
HIGHEST = 65535
NAMED = 5  # in a note; the rest is counted
NUMBER = re.compile(r"-?\d[\d.,e+-]*")


def _all_or_labels(value: Any) -> Any:
    """One fault for the two types: pydantic would report one for each."""
    whole = isinstance(value, list) and all(type(one) is int and 1 <= one <= HIGHEST for one in value)
    if value == "all" or (whole and value and len(set(value)) == len(value)):
        return value
    expected = f"'all', or a list of whole numbers from 1 to {HIGHEST}, each once"
    raise PydanticCustomError("labels", f"Input should be {expected}")


class Settings(StrictSettings):
    path: str
    lesion_labels: Annotated[
        Literal["all"] | Annotated[list[int], Field(min_length=1)], BeforeValidator(_all_or_labels)
    ]

    @field_validator("path")
    @classmethod
    def _exists(cls, path: str) -> str:
        if not path.strip() or "\0" in path or not Path(path).is_dir():
            raise ValueError(f"{shown(path)} is no folder; expected one in nnU-Net's or BraTS's layout")
        return path


def nifti(destination: Path, *, path: str, lesion_labels: str | list[int]) -> None:
    """Write each patient's channels and mask to destination/NAME/volume.npz, on the axial grid of its files.

    Raises UserError with a line for each fault, and then nothing is complete.
    """
    found = find_cases(Path(path))
    wanted = None if lesion_labels == "all" else lesion_labels
    _check_labels(found, wanted)
    for note in _left_out(Path(path), found):
        print_line(note)
    read = partial(read_case, channels=found.channels, labels=found.labels, lesion_labels=wanted)
    results = parallel_map(partial(_convert, destination, read), found.cases, "reading volumes")
    if faults := [str(result) for result in results if isinstance(result, UserError)]:
        raise joined(faults)
    values = sorted(set().union(*(values for values, _ in results)) - {0})
    if absent := [value for value in wanted or () if value not in values]:
        held = ", ".join(map(str, values)) or "none"
        raise UserError(f"{PARAMS_FILE}: datasets.nifti.lesion_labels names {absent[0]}; the labels hold {held}")
    for line in _summed_up({case.name: notes for case, (_, notes) in zip(found.cases, results, strict=True)}):
        print_line(line)


def channels(*, path: str, lesion_labels: str | list[int]) -> tuple[str, ...]:
    """The names of the data's channels, before any volume is read."""
    return find_cases(Path(path)).channels


def find_cases(folder: Path) -> Cases:
    """The patients of a folder in either layout. Raises UserError with a line for each fault."""
    found = find_nnunet(folder) if is_nnunet(folder) else find_brats(folder)
    if found.faults:
        raise joined(list(found.faults))
    if not found.cases:
        nnunet = "nnU-Net's layout (imagesTr, labelsTr, dataset.json)"
        raise UserError(f"{folder}: no patients; expected {nnunet} or BraTS's (NAME/NAME-t2f.nii.gz, NAME-seg.nii.gz)")
    if len(found.cases) < LEAST:
        raise UserError(f"{folder}: has one patient; expected {LEAST} or more, to train and to validate")
    return found


def _check_labels(found: Cases, wanted: list[int] | None) -> None:
    named = ", ".join(f"{value} {name}" for value, name in found.labels.items())
    if unknown := [value for value in wanted or () if found.labels and value not in found.labels]:
        raise UserError(f"{PARAMS_FILE}: datasets.nifti.lesion_labels names {unknown[0]}; dataset.json has {named}")
    if wanted is None and "ignore" in found.labels.values():
        reason = f"dataset.json has voxels to ignore ({named})"
        raise UserError(
            f"{PARAMS_FILE}: datasets.nifti.lesion_labels is all; {reason}: list the labels that are lesion"
        )


def _convert(
    destination: Path, read: Callable[[Case], ReadCase], case: Case
) -> tuple[frozenset[int], tuple[str, ...]] | UserError:
    """The values of the patient's labels and what a person should know; or the fault."""
    try:
        found = read(case)
    except UserError as error:
        return error
    volume.write(destination / case.name, found.volume)
    return found.values, found.notes


def _summed_up(notes_of: Mapping[str, Sequence[str]]) -> list[str]:
    """A line for each kind of note; two that differ in numbers alone are of one kind."""
    kinds: dict[str, list[str]] = {}
    for name, notes in notes_of.items():
        for note in notes:
            kinds.setdefault(NUMBER.sub("#", note), []).append(f"{name}: {note}")
    return [f"{len(lines)} of {len(notes_of)} patients, first {escaped(lines[0])}" for lines in kinds.values()]


def _left_out(folder: Path, found: Cases) -> list[str]:
    if not found.left_out:
        return []
    names = ", ".join(str(path.relative_to(folder)) for path in found.left_out[:NAMED])
    more = f" and {len(found.left_out) - NAMED:,} more" if len(found.left_out) > NAMED else ""
    return [escaped(f"left out, no part of a patient: {names}{more}")]
