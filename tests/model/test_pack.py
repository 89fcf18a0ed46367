"""Packing, with experiments that are made up; tests/pipeline/test_model_file.py packs a real one."""

import hashlib
import shutil
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.data import preprocessed
from brainseg.data.weights import write_weights
from brainseg.model import pack as module
from brainseg.model.archive import read_model
from brainseg.model.pack import FOLDS, ONE, pack
from brainseg.model.training_range import features
from brainseg.preprocessing import PreprocessSettings, preprocess
from tests.model import small_model

SUBSETS = {"TCGA_AA_1": "train", "TCGA_AA_2": "train", "TCGA_AA_3": "validation", "TCGA_AA_4": "test"}
DSC = {"TCGA_AA_1": 0.9, "TCGA_AA_2": 0.8, "TCGA_AA_3": 0.7, "TCGA_AA_4": 0.05}


class NoGit:
    head = "0123abc"

    def __init__(self, folder):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


@pytest.fixture
def experiments(params, tmp_path, monkeypatch):
    """Sets what `find` finds: experiments of these names with changed settings and subsets of patients."""
    monkeypatch.chdir(tmp_path)
    outputs: dict[str, Path] = {}

    def set_(preprocessed_too: bool = True, **changes_of: dict) -> list[SimpleNamespace]:
        found = []
        for seed, (name, changes) in enumerate(changes_of.items()):
            own = deepcopy(params)
            own["archs"]["unet"] = dict(small_model.UNET)
            own["preprocess"]["side_px"] = small_model.SIDE_PX
            subset = changes.pop("subset", SUBSETS)
            for key, value in changes.items():
                *path, last = key.split(".")
                block = own
                for part in path:
                    block = block[part]
                block[last] = value
            per_volume = pd.DataFrame({"subset": subset, "dsc": DSC}).rename_axis("patient")
            per_volume = per_volume.assign(certainty=per_volume.dsc, predicted_voxels=10, nsd=0.5, hd95_px=[1, 2, 3, 4])
            final_mask = small_model.MASK | {"threshold": own["evaluate"]["threshold"], "chosen_on": "nothing"}
            found.append(
                SimpleNamespace(
                    name=name,
                    revision=f"sha of {name}",
                    params=own,
                    per_volume=per_volume,
                    evaluation={"final_mask": final_mask},
                    lock={},
                )
            )
            outputs[name] = tmp_path / "cache" / name
            write_outputs(outputs[name], seed, subset if preprocessed_too else {})
        monkeypatch.setattr(module, "find", lambda folder, patterns: found)
        return found

    def copy_output(experiment, path, target):
        source = outputs[experiment.name] / path
        if not source.exists():
            raise UserError(f"{experiment.name}: {path} is not in DVC's cache")
        shutil.copytree(source, target)

    monkeypatch.setattr(module, "copy_output", copy_output)
    monkeypatch.setattr(module, "Git", NoGit)
    return set_


def write_outputs(folder: Path, seed: int, subset: dict[str, str]) -> None:
    torch.manual_seed(seed)
    network = build("archs", "unet", {"archs": {"unet": small_model.UNET}})(small_model.INPUT.in_channels)
    for epoch in ("last", "best"):
        path = folder / "data" / "weights" / f"{epoch}.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_weights(path, network.state_dict(), "unet", small_model.UNET, small_model.INPUT)
        torch.nn.init.normal_(network.head.bias)  # the best epoch has other weights
    for place, name in enumerate(subset):
        preprocessed.write(name, patient(place), folder / "data" / "preprocessed")


def patient(place: int) -> preprocessed.Preprocessed:
    image = np.random.default_rng(place).integers(0, 255, (4, 20, 18, 3)).astype(np.uint8)
    settings = PreprocessSettings(side_px=16, background=0.1, low_percentile=10.0, high_percentile=99.0)
    return preprocess(image, np.zeros(image.shape[:3], bool), settings)


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


def test_who_trained_or_validated_is_known_and_nobody_is_named(experiments, tmp_path):
    experiments(one={})
    record = pack(["one"], tmp_path / "m.zip", "mine").record
    assert [record.knows(name) for name in SUBSETS] == [True, True, True, False]
    assert b"TCGA" not in (tmp_path / "m.zip").read_bytes()


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


def test_an_ensemble_of_the_workspace_is_packed_by_its_experiments(experiments, tmp_path):
    experiments(one={"predict.networks": "data/ensemble"})
    with pytest.raises(UserError, match="^one: predict.networks is data/ensemble; name the experiments whose networks"):
        pack(["one"], tmp_path / "m.zip", "mine")


def test_damaged_weights_are_named(experiments, tmp_path):
    experiments(one={})
    (tmp_path / "cache" / "one" / "data" / "weights" / "last.pt").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"last.pt: no weights that this version of brainseg wrote"):
        pack(["one"], tmp_path / "m.zip", "mine")


def test_persons_of_the_start_are_known_too(experiments, tmp_path):
    start = tmp_path / "start.zip"
    small_model.write(start)  # knows TCGA_CS_1234
    (one,) = experiments(one={"train.start_from": str(start)})
    md5 = hashlib.md5(start.read_bytes()).hexdigest()
    one.lock = {"train": {"deps": [{"path": str(start), "md5": md5}]}}
    record = pack(["one"], tmp_path / "m.zip", "mine").record
    assert record.knows("TCGA_CS_1234_20010101") and record.knows("TCGA_AA_1") and not record.knows("TCGA_AA_4")
    small_model.write(start, name="another")
    with pytest.raises(UserError, match="^one: train.start_from is .*start.zip; expected that file, unchanged$"):
        pack(["one"], tmp_path / "n.zip", "mine")


def test_an_older_experiment_has_its_mask_from_its_params(experiments, tmp_path):
    (one,) = experiments(one={})
    one.evaluation = {}
    one.params["evaluate"] = {"threshold": 0.3, "largest_component": False}
    mask = pack(["one"], tmp_path / "m.zip", "mine").record.mask
    assert (mask.threshold, mask.components) == (0.3, "every")
