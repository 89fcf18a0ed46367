"""What the networks of a model file were trained on, as its record."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.params import lookup_name
from brainseg.data.model_file import hash_person
from brainseg.data.raw.patients import persons
from brainseg.experiments.git import Git
from brainseg.experiments.lock import model_file, person_pattern
from brainseg.experiments.reader import Experiment
from brainseg.model.archive import read_model
from brainseg.model.data_terms import terms_of
from brainseg.model.record import KnownPersons, TrainingRecord


def training_record(
    experiments: Sequence[Experiment], starts: Sequence[list[KnownPersons]], salt: str, epoch: str
) -> TrainingRecord:
    """What the networks were trained on, persons as hashes with this salt; starts: `known_to_start` of each."""
    first = experiments[0]
    data = lookup_name(first.params, "data")
    known: dict[str, set[str]] = {}  # pattern -> patients
    for experiment in experiments:
        known.setdefault(person_pattern(experiment.params), set()).update(_trained_or_chosen(experiment))
    lists = [
        KnownPersons(
            person_pattern=pattern,
            salt=salt,
            hashes=sorted({hash_person(person, salt) for person in persons(patients, pattern).values()}),
        )
        for pattern, patients in known.items()
    ]
    patients = set().union(*known.values())
    terms = terms_of(data, patients)
    with Git(Path.cwd()) as git:
        commits = sorted({experiment.revision or f"{git.head} and changes" for experiment in experiments})
    return TrainingRecord(
        data=data,
        licence=terms.licence,
        citation=terms.citation,
        commit=", ".join(commits),
        experiments=[experiment.name for experiment in experiments],
        patients=len(patients),
        known=[*lists, *(known for start in starts for known in start)],
        weights_chosen_by="nothing: the last epoch" if epoch == "last" else "the validation patients: the best epoch",
    )


def _trained_or_chosen(experiment: Experiment) -> list[str]:
    subset = experiment.per_volume.subset
    return list(subset.index[subset.isin(["train", "validation"])])


def known_to_start(experiment: Experiment) -> list[KnownPersons]:
    """Of the model file that training started from; a UserError for one that is not there any more, or another one."""
    start, md5 = model_file(experiment.lock, experiment.params)
    if not md5:
        return []
    path = Path(start)
    if not path.is_file() or hashlib.md5(path.read_bytes()).hexdigest() != md5:
        raise UserError(f"{experiment.name}: train.start_from is {start}; expected that file, unchanged")
    return read_model(path).record.training.known
