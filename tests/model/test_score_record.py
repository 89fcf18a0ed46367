import hashlib

import pytest

from brainseg.data.model_file import hash_person
from brainseg.model.pack import pack
from brainseg.model.record import KnownPersons
from brainseg.model.score_record import CAUTION, FOLDS, ONE, SHARED
from tests.model import small_model
from tests.model.conftest import SUBSETS


def test_several_experiments_are_an_ensemble_scored_by_fold(experiments, tmp_path):
    other = {"TCGA_AA_1": "test", "TCGA_AA_2": "validation", "TCGA_AA_3": "train", "TCGA_AA_4": "train"}
    experiments(fold0={}, fold1={"split.fold": 1, "subset": other})
    model = pack(["fold*"], tmp_path / "m.zip", "mine")
    assert len(model.record.networks) == 2
    assert len({model.parts[network.weights] for network in model.record.networks}) == 2
    assert model.record.scores.protocol == FOLDS
    assert model.record.scores.patients == 2
    assert model.record.scores.dsc_mean == pytest.approx((0.05 + 0.9) / 2)
    assert all(model.record.knows(name) for name in SUBSETS)
    assert model.record.failure_warning.dsc == [0.7, 0.8]


def test_networks_that_were_scored_on_the_same_patients_are_no_cross_validation(experiments, tmp_path):
    experiments(one={}, two={})
    scores = pack(["*"], tmp_path / "m.zip", "mine").record.scores
    assert (scores.protocol, scores.patients) == (SHARED, 1)


@pytest.mark.parametrize(("epoch", "tested"), [("last", True), ("best", True), ("last", False), ("best", False)])
@pytest.mark.parametrize("networks", [1, 2])
def test_a_score_that_validation_patients_may_have_raised_says_so(experiments, tmp_path, epoch, tested, networks):
    subset = SUBSETS | ({} if tested else {"TCGA_AA_4": "validation"})
    found = experiments(**{f"run{k}": {"predict.weights": epoch, "subset": subset} for k in range(networks)})
    for experiment in found:
        experiment.evaluation["final_mask"]["chosen_on"] = "validation"  # it does not raise a test patient's score
    protocol = pack(["*"], tmp_path / "m.zip", "mine").record.scores.protocol
    assert protocol == (ONE if networks == 1 else SHARED) + (CAUTION if epoch == "best" or not tested else "")


@pytest.mark.parametrize("pattern", ["auto", r"(\w+)-\d"])
def test_validation_patients_whom_the_start_knows_are_not_in_the_failure_warning(experiments, tmp_path, pattern):
    """The start knows `anna`, which is the person of anna-1 by the pattern of the experiment alone."""
    start = tmp_path / "start.zip"
    anna = KnownPersons(person_pattern="auto", salt="s", hashes=[hash_person("anna", "s")])
    small_model.write(start, training=small_model.record().training.model_copy(update={"known": [anna]}))
    subset = {"bert-1": "train", "anna-1": "validation", "carl-1": "validation", "dora-1": "test"}
    (one,) = experiments(preprocessed_too=False, one={"train.start_from": str(start), "split.person_pattern": pattern})
    one.per_volume = one.per_volume.set_axis(list(subset)).assign(
        subset=list(subset.values()), dsc=[0.1, 0.2, 0.3, 0.4]
    )
    one.per_volume = one.per_volume.assign(certainty=one.per_volume.dsc).rename_axis("patient")
    one.lock = {"train": {"deps": [{"path": str(start), "md5": hashlib.md5(start.read_bytes()).hexdigest()}]}}
    known = pack(["one"], tmp_path / "m.zip", "mine").record.failure_warning.dsc
    assert known == ([0.2, 0.3] if pattern == "auto" else [0.3])
