"""nnU-Net's layout: imagesTr/NAME_0000.nii.gz and so on, labelsTr/NAME.nii.gz, and dataset.json with their meaning.

https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/dataset_format.md; the keys of nnU-Net 1 are read too.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainseg.core.channels import check_names
from brainseg.core.errors import UserError, shown
from brainseg.scans.volumes.channel_words import channel_of
from brainseg.scans.volumes.medical import KINDS, kind_of
from brainseg.sources.shared.cases import Case, Cases

IMAGES, LABELS, DESCRIPTION = "imagesTr", "labelsTr", "dataset.json"
HEADERS = (".mhd", ".nhdr")  # of these formats the voxels lie in another file of the same name
NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>\d{4})", re.DOTALL)


def is_nnunet(folder: Path) -> bool:
    return any((folder / name).exists() for name in (DESCRIPTION, IMAGES, LABELS))


def find_nnunet(folder: Path) -> Cases:
    """The patients of labelsTr. Raises UserError where dataset.json or labelsTr is missing or cannot be understood."""
    path = folder / DESCRIPTION
    description = _description(path)
    channels, labels = _channels(path, description), _labels(path, description)
    if not (folder / LABELS).is_dir():
        raise UserError(f"{folder}: has no {LABELS}, so no labels; expected {LABELS}/NAME.nii.gz")
    if not (folder / IMAGES).is_dir():
        raise UserError(f"{folder}: has no {IMAGES}; expected {IMAGES}/NAME_0000.nii.gz")
    ending = _ending(path, description, folder / LABELS)
    label_of, others = _by_stem(folder / LABELS, ending)
    image_of, more = _by_stem(folder / IMAGES, ending)
    faults = _disagreements(path, description, len(channels), label_of, image_of)
    cases = []
    for name, label in label_of.items():
        files = {channel: f"{name}_{number:04}" for number, channel in enumerate(channels)}
        missing = [(channel, stem) for channel, stem in files.items() if stem not in image_of]
        faults += [f"{folder / IMAGES / stem}{ending}: missing; it is {name}'s {channel}" for channel, stem in missing]
        if not missing:
            cases.append(Case(name, {channel: image_of[stem] for channel, stem in files.items()}, label))
    beside = [*others, *more, *(folder / name for name in ("imagesTs", "labelsTs") if (folder / name).exists())]
    return Cases(channels, tuple(cases), labels, tuple(faults), tuple(beside))


def _description(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: missing; it names the channels, as channel_names, and the labels") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({' '.join(str(error).split())[:100]})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: holds a {type(content).__name__}; expected keys and values")
    return content


def _channels(path: Path, description: Mapping[str, Any]) -> tuple[str, ...]:
    key = "channel_names" if "channel_names" in description else "modality"  # the latter in nnU-Net 1
    given = description.get(key)
    if not isinstance(given, dict) or sorted(given) != sorted(str(number) for number in range(len(given))):
        raise UserError(f'{path}: channel_names is {shown(given)}; expected {{"0": NAME, "1": NAME, ...}}')
    names = tuple(channel_of(str(given[str(number)])) for number in range(len(given)))
    try:
        check_names(names)
    except ValueError as error:
        raise UserError(f"{path}: {key} {error}") from None
    return names


def _labels(path: Path, description: Mapping[str, Any]) -> dict[int, str]:
    """Value -> name, of {"edema": 1} and of regions such as {"whole tumor": [1, 2]}; of nnU-Net 1's {"1": "edema"}."""
    given = description.get("labels")
    labels: dict[int, str] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, str):
            name, value = value, int(name) if name.isdecimal() else name
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in values):
            raise UserError(f"{path}: the label {shown(name)} is {shown(value)}; expected a whole number from 0")
        for one in values:
            labels.setdefault(one, name)
    if not any(labels):  # a value above 0
        raise UserError(f'{path}: labels is {shown(given)}; expected {{"background": 0, "lesion": 1}}')
    return dict(sorted(labels.items()))


def _ending(path: Path, description: Mapping[str, Any], labels: Path) -> str:
    """Of all files: what dataset.json says, else that of the first label."""
    known = description.get("file_ending")
    if known is None:
        found = (kind_of(file) for file in sorted(labels.iterdir()) if not file.name.startswith("."))
        known = next((kind[0] for kind in found if kind), ".nii.gz")
    if known not in KINDS:
        raise UserError(f"{path}: file_ending is {shown(known)}; expected one of {', '.join(KINDS)}")
    return known


def _by_stem(folder: Path, ending: str) -> tuple[dict[str, Path], list[Path]]:
    """The files with this ending by their name without it, and the others."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    found = {path.name[: -len(ending)]: path for path in files if path.name.lower().endswith(ending)}
    beside = [] if ending in HEADERS else [path for path in files if path not in found.values()]
    return found, beside


def _disagreements(
    path: Path,
    description: Mapping[str, Any],
    channels: int,
    label_of: Mapping[str, Path],
    image_of: Mapping[str, Path],
) -> list[str]:
    faults = []
    stated = description.get("numTraining", len(label_of))
    if stated != len(label_of):
        faults.append(f"{path}: numTraining is {shown(stated)}; {LABELS} has {len(label_of)} labels")
    for stem, image in image_of.items():
        match = NUMBERED.fullmatch(stem)
        if not match:
            faults.append(f"{image}: is not called NAME_0000, with the number of its channel")
        elif match["name"] not in label_of:
            faults.append(f"{image}: has no label; expected {LABELS}/{match['name']}")
        elif int(match["number"]) >= channels:
            faults.append(f"{image}: has the channel {match['number']}; {DESCRIPTION} names {channels}, from 0000")
    return faults
