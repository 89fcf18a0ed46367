"""What differs between experiments: data, split, code, device, and the settings that they used.

Everything is read from dvc.lock, so a setting of a loss that was not chosen is no difference. Settings or code of
download, split and preprocess are no difference where the outputs of these stages are identical.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from brainseg.compare.comparable_settings import comparable_settings
from brainseg.compare.factors import factor_of, place
from brainseg.core.components import KINDS
from brainseg.experiments.judged import SCORING
from brainseg.experiments.lock import SCORED, STAGES, files, settings
from brainseg.experiments.reader import Experiment

ABSENT = "–"
BLOCKS = {section: word for word, section in KINDS.values()}  # losses -> loss, ...
OUTPUTS = {"data": "data/raw", "split": "data/split.csv", "preprocessing": "data/preprocessed"}
FOLDED = {"kfold", "leave_one_institution_out", "file"}  # split.strategy with which split.fold says who tests
NETWORK = "network"  # the factor where masks that others made are compared: all of its training is one thing
WRITERS = {"download": "data", "split": "split", "preprocess": "preprocessing"}


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in all experiments."""

    factor: str  # loss, optimizer, budget, data, code, ...
    key: str  # a setting, dotted; a file; or device, precision, processor, threads
    values: list[str]  # one per experiment

    @property
    def change(self) -> str:
        """x → y for two experiments, all values for more."""
        return " → ".join(self.values) if len(self.values) == 2 else ", ".join(dict.fromkeys(self.values))

    @property
    def is_setting(self) -> bool:
        return self.factor not in ("code", "device") and "/" not in self.key


def output(experiment: Experiment, factor: str) -> str:
    """md5 of the data, the split or the preprocessed data that the experiment used."""
    every = [files(experiment.lock, stage, "deps").get(OUTPUTS[factor]) for stage in SCORED]
    return next((md5 for md5 in every if md5), ABSENT)


def differences(experiments: Sequence[Experiment]) -> list[Difference]:
    """Everything that differs between the experiments, by factor."""
    if any(experiment.judged for experiment in experiments):
        return _with_judged(experiments)
    outputs = {factor: [output(experiment, factor) for experiment in experiments] for factor in OUTPUTS}
    same = {stage for stage, factor in WRITERS.items() if not _vary(outputs[factor])}
    found = _settings(experiments, [stage for stage in STAGES if stage not in same])
    if not _vary(outputs["data"]):  # with other data, the split and the preprocessed data always differ too
        found = _fold(experiments, found)
    for factor, values in outputs.items():
        known = {difference.factor for difference in found}
        follows = (factor != "data" and "data" in known) or (factor == "split" and "fold" in known)
        if _vary(values) and factor not in known and not follows:
            found.append(Difference(factor, OUTPUTS[factor], [md5[:7] for md5 in values]))
    found += _code(experiments, [stage for stage in SCORED if stage not in same])
    return sorted(_device(experiments, found), key=lambda difference: place(difference.factor))


def _with_judged(experiments: Sequence[Experiment]) -> list[Difference]:
    """What is known where some are masks that others made: data, split, the code that scores, and its settings."""
    outputs = {factor: [output(experiment, factor) for experiment in experiments] for factor in ("data", "split")}
    stages = [stage for stage, factor in (("download", "data"), ("split", "split")) if _vary(outputs[factor])]
    common = [
        difference for difference in _settings(experiments, [*stages, "evaluate"]) if ABSENT not in difference.values
    ]
    found = common if _vary(outputs["data"]) else _fold(experiments, common)
    for factor, values in outputs.items():
        known = {difference.factor for difference in found}
        if _vary(values) and not known & {factor, "data", "fold" if factor == "split" else factor}:
            found.append(Difference(factor, OUTPUTS[factor], [md5[:7] for md5 in values]))
    for folder in SCORING:
        found += _inside(folder, experiments)
    makers = [experiment.judged.get("method", "brainseg") for experiment in experiments]
    found += [Difference(NETWORK, NETWORK, makers)] if _vary(makers) else []
    return sorted(found, key=lambda difference: place(difference.factor))


def _settings(experiments: Sequence[Experiment], stages: Sequence[str]) -> list[Difference]:
    used = [
        comparable_settings(
            {key: value for stage in stages for key, value in settings(run.lock, stage).items()},
            in_mm="hd95_mm" in run.per_volume,
        )
        for run in experiments
    ]
    chosen = {section: [its.get(word) for its in used] for section, word in BLOCKS.items()}
    found = []
    # losses.dice.smooth and losses.log_cosh_dice.smooth are one key, losses.*.smooth, as are two optimizers' lr
    for key in dict.fromkeys(_starred(key) for its in used for key in its):
        section = key.split(".")[0]
        components = chosen.get(section, [None] * len(used))
        values = [its.get(key.replace("*", str(name), 1), ABSENT) for its, name in zip(used, components, strict=True)]
        # a setting that only some components have belongs to the choice of component: no further difference
        has_it = {name for name, value in zip(components, values, strict=True) if value is not ABSENT}
        counted = [value for name, value in zip(components, values, strict=True) if name in has_it]
        if _vary(counted):
            # where one experiment lacks the setting, its code did not have it: the code differs, not a choice
            choice = _vary([value for value in counted if value is not ABSENT])
            shown = key if _vary(components) else key.replace("*", str(components[0]))
            found.append(Difference(factor_of(key) if choice else "code", shown, [_as_yaml(value) for value in values]))
    return found


def _starred(key: str) -> str:
    section, _, rest = key.partition(".")
    return f"{section}.*.{rest.partition('.')[2]}" if section in BLOCKS else key


def _fold(experiments: Sequence[Experiment], found: list[Difference]) -> list[Difference]:
    """The fold of a split with folds: folds of one split differ in the fold, not in the split."""
    of_split = [difference.key for difference in found if difference.factor == "split"]
    strategies = {settings(experiment.lock, "split").get("split.strategy") for experiment in experiments}
    if of_split != ["split.fold"] or not strategies <= FOLDED:
        return found
    return [Difference("fold", one.key, one.values) if one.key == "split.fold" else one for one in found]


def _code(experiments: Sequence[Experiment], stages: Sequence[str]) -> list[Difference]:
    found: dict[str, Difference] = {}
    for stage in stages:
        locked = [files(experiment.lock, stage, "deps") for experiment in experiments]
        for path in dict.fromkeys(path for deps in locked for path in deps if path.startswith(("src/", "stages/"))):
            md5s = [deps[path] for deps in locked if path in deps]
            # a component that not all experiments chose belongs to that choice
            otherwise = md5s[0] if PurePosixPath(path).parent.name in KINDS and not path.endswith("/shared") else ABSENT
            values = [deps.get(path, otherwise)[:7] for deps in locked]
            if _vary(values):
                for difference in _inside(path, experiments) or [Difference("code", path, values)]:
                    found.setdefault(difference.key, difference)
    return list(found.values())


def _inside(folder: str, experiments: Sequence[Experiment]) -> list[Difference]:
    """The files of a folder that differ. dvc.lock has only one digest for the whole folder."""
    paths = dict.fromkeys(
        path for experiment in experiments for path in experiment.code if path.startswith(f"{folder}/")
    )
    ids = {path: [experiment.code.get(path, ABSENT)[:7] for experiment in experiments] for path in paths}
    return [Difference("code", path, values) for path, values in ids.items() if _vary(values)]


def _device(experiments: Sequence[Experiment], found: list[Difference]) -> list[Difference]:
    """Device, precision and threads. A precision that was set counts as a setting, if it made a difference."""
    processors = [str(experiment.timing.get("device", ABSENT)) for experiment in experiments]
    computed = {
        "device": [str(experiment.training.get("device", ABSENT)) for experiment in experiments],
        "precision": [str(experiment.training.get("precision", ABSENT)) for experiment in experiments],
        "processor": [name.rpartition(", ")[0] if name.endswith(" threads") else name for name in processors],
        "threads": [
            name.rpartition(", ")[2].split()[0] if name.endswith(" threads") else ABSENT for name in processors
        ],
    }
    if not _vary(computed["precision"]):
        found = [difference for difference in found if difference.key != "train.precision"]
    elif any(difference.key == "train.precision" for difference in found):
        del computed["precision"]
    return found + [Difference("device", key, values) for key, values in computed.items() if _vary(values)]


def _vary(values: Sequence[Hashable | list]) -> bool:
    return any(value != values[0] for value in values)


def _as_yaml(value: Any) -> str:
    """As YAML writes it."""
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))
