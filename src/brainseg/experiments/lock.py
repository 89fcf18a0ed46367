"""The settings and files of an experiment by dvc.lock, and whether they are consistent.

A lock is the `stages` of dvc.lock: for each stage the md5 of its inputs and outputs, and its settings.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from brainseg.core.errors import UserError

Lock = Mapping[str, Any]

SCORED = ("split", "preprocess", "train", "predict", "evaluate")  # the stages that scores need, after the data
STAGES = ("download", *SCORED)


def files(lock: Lock, stage: str, kind: str) -> dict[str, str]:
    """path -> md5 of the `deps` or `outs` of a stage; none if it was not run."""
    return {entry["path"]: entry.get("md5", "") for entry in lock.get(stage, {}).get(kind, ())}


def file_digest(lock: Lock, stage: str, path: str) -> str:
    """md5 of a file that the stage depended on; "" for a folder, and for what it did not depend on."""
    md5 = files(lock, stage, "deps").get(path, "")
    return "" if md5.endswith(".dir") else md5


def person_pattern(params: Mapping[str, Any]) -> str:
    """split.person_pattern of an experiment's params.yaml; older ones do not have this setting."""
    return params.get("split", {}).get("person_pattern", "auto")


def model_file(lock: Lock, params: Mapping[str, Any]) -> tuple[str, str]:
    """The model file that training started from, and its md5; md5 "" for random weights, and in older experiments."""
    start = params.get("train", {}).get("start_from", "")
    return start, file_digest(lock, "train", start)


def settings(lock: Lock, stage: str) -> dict[str, Any]:
    """The settings that a stage was run with, by dotted keys."""
    blocks = lock.get(stage, {}).get("params", {}).get("params.yaml", {})
    return {key: value for name, block in blocks.items() for key, value in flat(name, block).items()}


def flat(name: str, value: Any) -> dict[str, Any]:
    """{"a.b": 1} of "a" and {"b": 1}; an empty block has no settings."""
    if not isinstance(value, Mapping):
        return {name: value}
    return {key: leaf for part, inner in value.items() for key, leaf in flat(f"{name}.{part}", inner).items()}


def flat_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a params.yaml by dotted keys."""
    return {key: leaf for part, block in params.items() for key, leaf in flat(str(part), block).items()}


def malformed(stages: Mapping[str, Any]) -> str | None:
    """The first stage whose files or settings are not as DVC writes them."""
    for stage, content in stages.items():
        if not isinstance(content, Mapping):
            return str(stage)
        entries = [content.get(kind, ()) for kind in ("deps", "outs")]
        of_files = all(isinstance(group, list | tuple) and all(map(_is_file, group)) for group in entries)
        params = content.get("params", {})
        if not of_files or not isinstance(params, Mapping) or not isinstance(params.get("params.yaml", {}), Mapping):
            return str(stage)
    return None


def _is_file(entry: Any) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("path"), str) and isinstance(entry.get("md5", ""), str)


def check(name: str, lock: Lock, params: Mapping[str, Any], stages: Sequence[str] = SCORED) -> None:
    """Raises UserError unless these stages were run, each on the output of the one before, with params' settings."""
    for stage in stages:
        if stage not in lock:
            raise UserError(f"{name}: stage {stage} was not run; run all stages (`dvc repro`), or leave it out")
    written = {path: (md5, stage) for stage in STAGES for path, md5 in files(lock, stage, "outs").items()}
    for stage in stages:
        for path, md5 in files(lock, stage, "deps").items():
            if path in written and written[path][0] != md5:
                by = written[path][1]
                raise UserError(f"{name}: {stage} was run before {by} wrote another {path}; `dvc repro` mends that")
    now = flat_params(params)
    for stage in ("download", *stages):
        for key, used in settings(lock, stage).items():
            if now.get(key) != used:
                found = f"now has {key}: {now[key]}" if key in now else f"lacks {key}"
                raise UserError(f"{name}: params.yaml {found}, but {stage} was run with {used}; `dvc repro` mends that")
