"""What may be concluded from a comparison: whether only one factor differs, and if not, which others do."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from brainseg.compare.differences import BLOCKS, NETWORK, OUTPUTS, Difference, differences, output
from brainseg.compare.factors import NOT_CREDITED
from brainseg.compare.methods import held_out
from brainseg.experiments.reader import Experiment

LISTED = 3  # in one line; the rest is counted


@dataclass(frozen=True)
class Certificate:
    """Of two experiments."""

    equal: list[str]  # of data, split, preprocessing, code, settings, device
    differs: dict[str, list[str]]  # factor -> its changes, "key: x → y"
    confounds: list[str]  # reasons not to credit a difference in scores to one factor, one per line

    def sentence(self) -> str:
        """Such as: same data, split, code and other settings; only the loss differs (dice → bce)"""
        found = {factor: _summarize_changes(factor, changes) for factor, changes in self.differs.items()}
        if NETWORK in found:
            others = [f"{factor} ({changes})" for factor, changes in found.items() if factor != NETWORK]
            also = f"; {listed(others)} {'differ' if len(others) > 1 else 'differs'} too" if others else ""
            return f"{_same_scoring(self.equal)}; another network, all of its training ({found[NETWORK]}){also}"
        if not found:
            return f"{_same(self.equal)}; nothing differs"
        if len(found) == 1:
            [(factor, changes)] = found.items()
            return f"{_same(self.equal)}; only the {factor} {_verb(factor)} ({changes})"
        return f"{_same(self.equal)}; {listed([f'{factor} ({changes})' for factor, changes in found.items()])} differ"


@dataclass(frozen=True)
class Overview:
    """Of all experiments of a table."""

    equal: list[str]  # as in Certificate
    confounds: list[str]  # reasons not to compare all experiments with each other, for any factor
    varying: pd.DataFrame  # one row per experiment, one column per key that differs between experiments

    def sentence(self) -> str:
        """Such as: same data, split, code and other settings; loss, optim and optims.*.lr vary"""
        keys = list(self.varying)
        return f"{_same(self.equal)}; {listed(keys) or 'nothing'} {'vary' if len(keys) > 1 else 'varies'}"


def certify(a: Experiment, b: Experiment) -> Certificate:
    found = differences([a, b])
    credited = list(dict.fromkeys(difference.factor for difference in found if difference.factor not in NOT_CREDITED))
    confounds = _warnings([a, b], found)
    if len(credited) > 1:
        both, any_of = ("both", "either") if len(credited) == 2 else ("all", "any one of them")
        confounds.insert(
            0, f"{listed(credited)} {both} differ: a difference in scores cannot be attributed to {any_of} alone"
        )
    return Certificate(_equal([a, b], found), _by_factor(found), confounds)


def certify_all(experiments: Sequence[Experiment]) -> Overview:
    found = differences(experiments)
    columns = {difference.key: difference.values for difference in found if difference.factor != "code"}
    if any(difference.factor == "code" for difference in found):
        columns["code"] = _versions(experiments)
    index = pd.Index([experiment.name for experiment in experiments], name="experiment")
    return Overview(_equal(experiments, found), _warnings(experiments, found), pd.DataFrame(columns, index))


def _equal(experiments: Sequence[Experiment], found: Sequence[Difference]) -> list[str]:
    equal = [factor for factor in OUTPUTS if len({output(experiment, factor) for experiment in experiments}) == 1]
    factors = {difference.factor for difference in found}
    equal += [] if "code" in factors else ["code"]
    equal += [] if any(difference.is_setting for difference in found) else ["settings"]
    return equal + ([] if "device" in factors else ["device"])


def _versions(experiments: Sequence[Experiment]) -> list[str]:
    """Groups of experiments with the same code, except for files of components that they did not both choose."""
    first_of: list[Experiment] = []
    versions = []
    for experiment in experiments:
        same = (
            i for i, first in enumerate(first_of) if "code" in _equal(pair := [first, experiment], differences(pair))
        )
        version = next(same, len(first_of))
        first_of += [experiment] if version == len(first_of) else []
        versions.append(f"version {version + 1}")
    return versions


def _by_factor(found: Sequence[Difference]) -> dict[str, list[str]]:
    factors = dict.fromkeys(difference.factor for difference in found)
    return {factor: [f"{one.key}: {one.change}" for one in found if one.factor == factor] for factor in factors}


def _warnings(experiments: Sequence[Experiment], found: Sequence[Difference]) -> list[str]:
    changes = _by_factor(found)
    consequences = {
        "data": "the patients, or their images, are not the same",
        "split": "not the same patients train and are held out",
        "code": "it may move scores by itself",
        "evaluation": "scores of different kinds",
        "device": "scores move by about as much as another seed would make them",
    }
    differing = {name: _summarize_changes(name, changes[name]) for name in consequences if name in changes}
    warnings = [f"{name} {_verb(name)} ({changes}): {consequences[name]}" for name, changes in differing.items()]
    warnings += [_made_elsewhere(experiment) for experiment in experiments if experiment.judged]
    warnings += [_copies(experiment) for experiment in experiments if experiment.evaluation.get("copies_in_training")]
    selected = [str(experiment.evaluation.get("selected_on")) for experiment in experiments]
    if len(set(selected)) > 1 and any(held_out(experiment.per_volume)[0] == "validation" for experiment in experiments):
        change = Difference("prediction", "selected_on", selected).change
        warnings.append(
            f"selected_on differs ({change}): what is chosen on validation patients scores too high on them"
        )
    return warnings


def _made_elsewhere(experiment: Experiment) -> str:
    known = experiment.judged.get("trained_on")
    patients = "" if known else "its training patients, "
    untrained = f"; by {known['file']} none of the held-out persons trained it" if known else ""
    return f"{experiment.name} was made elsewhere: {patients}its training time and its choices are not known{untrained}"


def _copies(experiment: Experiment) -> str:
    first, *others = experiment.evaluation["copies_in_training"]
    more = f", and {len(others)} more" if others else ""
    return f"{experiment.name} scores copies of training patients, and so too high ({first}{more})"


def _summarize_changes(factor: str, changes: Sequence[str]) -> str:
    """The changes in one line, each by the last word of its key, without the factor's own name; for code the files."""
    parts = []
    for key, values in (change.split(": ", 1) for change in changes):
        last = key if "/" in key else key.rpartition(".")[2]
        chosen = last == factor or key in BLOCKS.values()
        parts.append(key if factor == "code" else values if chosen else f"{last} {values}")
    more = f" and {len(parts) - LISTED} more" if len(parts) > LISTED else ""
    return ", ".join(parts[:LISTED]) + more


def _same(equal: Sequence[str]) -> str:
    alike = [name for name in equal if name in ("data", "split", "code", "settings")]
    if not alike:
        return "no more than other settings are the same"
    return f"same {listed(alike if 'settings' in alike else [*alike, 'other settings'])}"


def _same_scoring(equal: Sequence[str]) -> str:
    """Where the training of one is not known."""
    alike = ["code that scores" if name == "code" else name for name in equal if name in ("data", "split", "code")]
    return f"same {listed(alike)}" if alike else "nothing that is known is the same"


def _verb(factor: str) -> str:
    return "differ" if factor == "data" else "differs"


def listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
