"""judged/NAME: the scores of masks that others made, with what is known of them, for `brainseg compare`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from brainseg.core.errors import UserError
from brainseg.core.files import read_json, write_json
from brainseg.experiments import yaml12
from brainseg.experiments.code_files import code_files
from brainseg.experiments.dvc_cache import md5_of
from brainseg.experiments.lock import check, files
from brainseg.experiments.reader import Experiment, read_table

FOLDER = Path("judged")
PER_VOLUME, EVALUATION, RECORD = "per_volume.csv", "evaluation.json", "judged.json"
SCORING = tuple(f"src/brainseg/{room}" for room in ("evaluation", "metrics", "postprocessing"))
FOLD_OR_SEED = re.compile(r"(.+?)[-_.]?(fold|seed)[-_]?\d+", re.IGNORECASE)
OF_MASKS = ("tolerance_px", "tolerance_mm", "slice_step_px")  # the settings of evaluate that scores of masks depend on
REMEDY = "`brainseg judge` writes it again"


def write_record(
    folder: Path,
    name: str,
    record: Mapping[str, Any],
    params: Mapping[str, Any],
    evaluate: Mapping[str, Any],
    are_masks: bool,
) -> None:
    """judged.json beside the scores: record, and what the workspace's dvc.lock says of data and split.

    Raises UserError unless data/split.csv is what the stage split wrote with the settings of params.
    """
    lock = _workspace_lock(params)
    used = {key: value for key, value in evaluate.items() if not are_masks or key in OF_MASKS}
    deps = [{"path": path, "md5": md5} for path, md5 in _data_and_split(lock).items()]
    stages = {stage: lock[stage] for stage in ("download", "split") if stage in lock}
    stages["evaluate"] = {"deps": deps, "params": {"params.yaml": {"evaluate": used}}}
    code = {
        path: id
        for path, id in code_files(Path.cwd(), "").items()
        if path.startswith(tuple(f"{folder}/" for folder in SCORING))
    }
    match = FOLD_OR_SEED.fullmatch(name)
    write_json(
        folder / RECORD,
        {
            "name": name,
            "method": match[1] if match else name,
            **record,
            "person_pattern": params["split"]["person_pattern"],
            "per_volume_md5": md5_of((folder / PER_VOLUME).read_bytes()),
            "stages": stages,
            "code": code,
        },
    )


def _workspace_lock(params: Mapping[str, Any]) -> dict[str, Any]:
    path = Path("dvc.lock")
    content = yaml12.parse(path.read_bytes()) if path.is_file() else None
    lock = content.get("stages") if isinstance(content, dict) else None
    if not isinstance(lock, dict):
        raise UserError(f"{path}: missing or without stages, so data and split are not known; `dvc repro` writes it")
    check("workspace", lock, params, ("split",))
    return lock


def _data_and_split(lock: Mapping[str, Any]) -> dict[str, str]:
    raw, split = files(lock, "split", "deps").get("data/raw", ""), files(lock, "split", "outs").get("data/split.csv")
    if md5_of(Path("data/split.csv").read_bytes()) != split:
        raise UserError("data/split.csv: is not what stage split wrote; `dvc checkout` or `dvc repro` mends that")
    return {"data/raw": raw, "data/split.csv": split}


def is_judged(pattern: str) -> bool:
    return pattern.startswith(f"{FOLDER}/")


def find_judged(folder: Path, pattern: str) -> list[Experiment]:
    """The judged masks of a name or a shell pattern, such as judged/nnunet-*. Raises UserError where there are none."""
    found = sorted(path.parent for path in folder.glob(f"{pattern.rstrip('/')}/{RECORD}"))
    if not found:
        known = ", ".join(str(path.parent.relative_to(folder)) for path in sorted(folder.glob(f"{FOLDER}/*/{RECORD}")))
        raise UserError(f"{pattern}: no judged masks; there are: {known or 'none'}; `brainseg judge` writes them")
    return [read_judged(path) for path in found]


def read_judged(folder: Path) -> Experiment:
    """As an experiment without training. Raises UserError for a damaged folder."""
    record = read_json(folder / RECORD)
    kinds = {"name": str, "method": str, "stages": dict, "code": dict, "person_pattern": str, "per_volume_md5": str}
    for key, kind in kinds.items():
        if not isinstance(record.get(key), kind):
            raise UserError(f"{folder / RECORD}: {key} is missing or no {kind.__name__}; {REMEDY}")
    content = (folder / PER_VOLUME).read_bytes()
    if md5_of(content) != record["per_volume_md5"]:
        raise UserError(f"{folder / PER_VOLUME}: was changed after it was written; {REMEDY}")
    return Experiment(
        name=str(Path(folder.parent.name) / folder.name),
        revision="",
        lock=record["stages"],
        per_volume=read_table(content).set_index("patient"),
        params={"seed": 0, "split": {"person_pattern": record["person_pattern"]}},
        evaluation=read_json(folder / EVALUATION),
        training={},
        timing={},
        history=pd.DataFrame(),
        validation_per_epoch=pd.DataFrame(),
        code=record["code"],
        judged=record,
    )
