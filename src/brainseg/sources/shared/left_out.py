"""What lies beside the slices: refused where it may be a slice under another name, else named and left out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from brainseg.core.errors import escaped
from brainseg.data.raw.slices import SLICE_FILE

TIFF = re.compile(r".*\.tiff?", re.IGNORECASE)
OTHER_IMAGE = re.compile(r"(?P<name>.*)\.(png|jpe?g|bmp|gif|dcm|nii|nii\.gz|mha|mhd|nrrd)", re.IGNORECASE)
NAMED = 5  # in a note; the rest is counted


@dataclass(frozen=True)
class LeftOut:
    """faults: a line for each file that may be a slice; folders, images: what is left out."""

    faults: list[str]
    folders: list[PurePath]
    images: list[PurePath]

    def notes(self) -> list[str]:
        found = (("folder", "without slices", self.folders), ("image", "not called like a slice", self.images))
        return [
            f"left out: {len(paths)} {what}{'s' * (len(paths) > 1)} {why}: {_names(paths)}"
            for what, why, paths in found
            if paths
        ]


def left_out(folders: Iterable[PurePath], files: Iterable[PurePath]) -> LeftOut:
    """Sort the folders and files of a source, hidden ones and those of macOS aside."""
    files = [file for file in files if not _hidden(file)]
    slices = {file for file in files if SLICE_FILE.fullmatch(file.name)}
    patients = {file.parent for file in slices}
    with_slices = {folder for file in slices for folder in file.parents}
    numbers = {(file.parent, file.name[: file.name.rindex(".")]) for file in slices}
    faults, images = [], []
    for file in files:
        if file in slices:
            continue
        if TIFF.fullmatch(file.name):
            faults.append(f"{file}: is not called PATIENT_1.tif or PATIENT_1_mask.tif; rename it, or move it elsewhere")
        elif image := OTHER_IMAGE.fullmatch(file.name):
            as_slice = SLICE_FILE.fullmatch(f"{image['name']}.tif") and file.parent in patients
            if as_slice and (file.parent, image["name"]) not in numbers:
                faults.append(f"{file}: is no TIFF; convert it, or move it elsewhere")
            else:
                images.append(file)
    # the images of a folder that is left out are not named again
    empty = sorted(folder for folder in folders if not _hidden(folder) and folder not in with_slices)
    return LeftOut(faults, empty, [file for file in images if file.parent in with_slices])


def _hidden(path: PurePath) -> bool:
    return path.name.startswith(".") or "__MACOSX" in path.parts


def _names(paths: list[PurePath]) -> str:
    more = f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else ""
    return escaped(", ".join(str(path) for path in paths[:NAMED]) + more)
