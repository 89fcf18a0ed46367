"""Ensembles of networks: the patients and the settings that each network was trained with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainseg.core.errors import UserError
from brainseg.core.files import read_csv, read_json, write_csv, write_json
from brainseg.core.params import PARAMS_FILE, lookup
from brainseg.data.model_file import known_persons
from brainseg.data.raw.patients import persons
from brainseg.data.split import evaluation_subset, patients_in

ENSEMBLE = Path("data/ensemble")
LEARNED_FROM = "learned_from.json"
TRAINED_ON = "trained_on.csv"


def learned_from(params: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that all networks of an ensemble share: data set, preprocessing, input and architecture."""
    arch, data = lookup(params, "arch"), lookup(params, "data")
    keys = ("data", f"datasets.{data}", "preprocess", "input", "arch", f"archs.{arch}")
    return {key: lookup(params, key) for key in keys}


def write_records(folder: Path, params: Mapping[str, Any], subset_of: Mapping[str, Mapping[str, str]]) -> None:
    """subset_of: name of a network -> its training and validation patients, each with its subset."""
    write_json(folder / LEARNED_FROM, learned_from(params))
    pattern = params.get("split", {}).get("person_pattern", "auto")  # older experiments do not have this setting
    rows = [
        {"network": name, "patient": patient, "person": person, "subset": known[patient]}
        for name, known in subset_of.items()
        for patient, person in persons(list(known), pattern).items()
    ]
    write_csv(folder / TRAINED_ON, rows)


def settings_mismatch(params: Mapping[str, Any]) -> list[str]:
    """A line for each setting that differs from the ensemble's training, if the ensemble is to predict."""
    if lookup(params, "predict.networks") != str(ENSEMBLE):
        return []
    try:
        known = read_json(ENSEMBLE / LEARNED_FROM)
    except UserError as error:  # damaged
        return [str(error)]
    except FileNotFoundError:
        return [f"{PARAMS_FILE}: predict.networks: {ENSEMBLE} holds no ensemble; `brainseg ensemble` brings one there"]
    asked = learned_from(params)
    return [
        f"{PARAMS_FILE}: {key} is {asked.get(key)}; the ensemble learned with {value}"
        for key, value in known.items()
        if asked.get(key) != value
    ]


def refuse_leakage(
    subset: Mapping[str, str], networks: Path, start_from: Path, person_pattern: str, weights: str
) -> None:
    """Raises UserError if a held-out person is in the training data of a network, or if that cannot be determined.

    weights: `best`, the epoch that a network's validation patients chose, so they are refused too; or `last`, which
    they did not choose.

    Each fold of a cross-validation trains on the persons that other folds hold out, so all folds together use everyone.
    start_from: the model file that training started from; a folder means none.
    """
    held_out = persons(patients_in(dict(subset), evaluation_subset(subset.values())), person_pattern)
    if start_from.is_file() and (named := known_persons(start_from, held_out, person_pattern)):
        raise UserError(
            f"{start_from}: {len(named)} of {len(held_out)} held-out patients, {named[0]} among them, trained the "
            "network that training started from; score others"
        )
    if networks != ENSEMBLE:  # one network, trained on the same data/split.csv
        return
    path = networks / TRAINED_ON
    if not path.exists():
        raise UserError(f"{path}: missing, so nobody can be scored; `brainseg ensemble` writes it")
    networks_of: dict[str, list[str]] = {}  # by person: another scan of a training person is leakage too
    for row in read_csv(path, ("network", "patient", "person", "subset")):
        if row["subset"] == "validation" and weights == "last":
            continue
        # by the pattern of its training, and by today's: a name can be one person by either
        for person in {row["person"], persons([row["patient"]], person_pattern)[row["patient"]]}:
            networks_of.setdefault(person, []).append(row["network"])
    if known := [patient for patient, person in held_out.items() if person in networks_of]:
        raise UserError(
            f"{path}: {len(known)} of {len(held_out)} held-out patients trained a network of the ensemble, "
            f"{known[0]} that of {networks_of[held_out[known[0]]][0]}; score it on patients new to all, such as "
            "the report's ten after folds with split.set_aside=report"
        )
