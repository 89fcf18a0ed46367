"""Packing, with experiments that are made up; tests/pipeline/test_model_file.py packs a real one."""

import numpy as np
import pytest
import torch
from safetensors.torch import load

from brainseg.core.errors import UserError
from brainseg.model.archive import read_model
from brainseg.model.pack import pack
from brainseg.model.score_record import ONE
from brainseg.model.torch_runtime import torch_predictor
from brainseg.model.training_range import features
from tests.model.conftest import patient

WEIGHTS = "weights/0.safetensors"


def test_one_experiment_becomes_a_model_with_its_settings_and_scores(experiments, tmp_path):
    (one,) = experiments(one={"evaluate.threshold": 0.4, "predict.flips": True})
    pack(["one"], tmp_path / "m.zip", "mine")
    record = read_model(tmp_path / "m.zip").record
    assert (record.name, record.mask.threshold, record.inference.flips) == ("mine", 0.4, True)
    assert record.preprocess.model_dump() == one.params["preprocess"]
    assert record.scores.protocol == ONE and record.scores.patients == 1
    assert (record.scores.dsc_mean, record.scores.failures, record.scores.hd95_px_median) == (0.05, 1, 4.0)
    assert record.failure_warning.dsc == record.failure_warning.certainty == [0.7]  # of the validation patient
    assert record.training.commit == "sha of one" and record.training.patients == 3


def test_the_weights_are_of_the_epoch_that_predicts(experiments, tmp_path):
    experiments(last={})
    last = pack(["last"], tmp_path / "last.zip", "mine")
    experiments(last={"predict.weights": "best"})
    best = pack(["last"], tmp_path / "best.zip", "mine")
    assert last.parts["weights/0.safetensors"] != best.parts["weights/0.safetensors"]
    assert (
        "nothing" in last.record.training.weights_chosen_by and "validation" in best.record.training.weights_chosen_by
    )
    assert "too high" in best.record.scores.protocol


def test_packed_twice_it_has_the_same_bytes(experiments, tmp_path):
    experiments(one={})
    for name in ("a.zip", "b.zip"):
        pack(["one"], tmp_path / name, "mine")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_training_range_is_of_the_training_patients_alone(experiments, tmp_path):
    experiments(one={})
    found = pack(["one"], tmp_path / "m.zip", "mine").record.training_range
    trained = [features(patient(place))["flair_mean"] for place in (0, 1)]
    assert (found["flair_mean"].low, found["flair_mean"].high) == (min(trained), max(trained))


def test_without_preprocessed_patients_there_is_no_range_but_a_model(experiments, tmp_path):
    experiments(preprocessed_too=False, one={})
    assert pack(["one"], tmp_path / "m.zip", "mine").record.training_range == {}


def test_half_precision_halves_the_weights_and_hardly_changes_the_probabilities(experiments, tmp_path):
    experiments(one={})
    whole, half = (pack(["one"], tmp_path / f"{half}.zip", "mine", half) for half in (False, True))
    dtypes = {value.dtype for value in load(half.parts[WEIGHTS]).values()}
    assert dtypes == {torch.float16, torch.int64}  # int64: the batches that a batch norm has counted
    assert len(half.parts[WEIGHTS]) < len(whole.parts[WEIGHTS])
    exact, rounded = (torch_predictor(read_model(model.path))(patient(0)).on_file_grid for model in (whole, half))
    assert np.ptp(exact) > 0 and abs(exact.astype(int) - rounded).max() <= 1  # of 255


def test_a_weight_beyond_half_precision_is_refused(experiments, tmp_path):
    experiments(one={})
    file = tmp_path / "cache" / "one" / "data" / "weights" / "last.pt"
    content = torch.load(file, weights_only=True)
    content["state"]["head.bias"] += 1e6
    torch.save(content, file)
    pack(["one"], tmp_path / "whole.zip", "mine")
    with pytest.raises(UserError, match="^one: head.bias has a value beyond 65504, the limit of float16; pack without"):
        pack(["one"], tmp_path / "m.zip", "mine", half=True)
    assert not (tmp_path / "m.zip").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preprocess.side_px": 32}, "^preprocess is .* in one, .* in two; an ensemble needs networks"),
        ({"predict.flips": True}, "^predict is .* in one, .* in two; an ensemble needs networks"),
        ({"evaluate.threshold": 0.4}, "^final mask is .*0.5.* in one, .*0.4.* in two; an ensemble needs networks"),
    ],
)
def test_networks_that_do_not_fit_together_are_refused(experiments, tmp_path, changes, message):
    experiments(one={}, two=changes)
    with pytest.raises(UserError, match=message):
        pack(["*"], tmp_path / "m.zip", "mine")
    assert not (tmp_path / "m.zip").exists()


def test_folds_that_each_chose_a_final_mask_are_refused_with_what_to_do(experiments, tmp_path):
    one, two = experiments(one={}, two={})
    for experiment, threshold in ((one, 0.4), (two, 0.6)):
        experiment.evaluation["final_mask"] |= {"threshold": threshold, "chosen_on": "validation"}
    expected = (
        "^final mask is .*0.4.* in one, .*0.6.* in two: chosen by auto; set evaluate.threshold and "
        "evaluate.components to one value, and run them again$"
    )
    with pytest.raises(UserError, match=expected):
        pack(["*"], tmp_path / "m.zip", "mine")


def test_an_ensemble_of_the_workspace_is_packed_by_its_experiments(experiments, tmp_path):
    experiments(one={"predict.networks": "data/ensemble"})
    with pytest.raises(UserError, match="^one: predict.networks is data/ensemble; name the experiments whose networks"):
        pack(["one"], tmp_path / "m.zip", "mine")


def test_damaged_weights_are_named(experiments, tmp_path):
    experiments(one={})
    (tmp_path / "cache" / "one" / "data" / "weights" / "last.pt").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"last.pt: no weights that this version of brainseg wrote"):
        pack(["one"], tmp_path / "m.zip", "mine")


def test_an_older_experiment_has_its_mask_from_its_params(experiments, tmp_path):
    (one,) = experiments(one={})
    one.evaluation = {}
    one.params["evaluate"] = {"threshold": 0.3, "largest_component": False}
    mask = pack(["one"], tmp_path / "m.zip", "mine").record.mask
    assert (mask.threshold, mask.components) == (0.3, "every")
