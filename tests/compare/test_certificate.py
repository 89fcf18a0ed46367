import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from brainseg.compare.certificate import certify, certify_all
from brainseg.experiments.find import Experiment
from tests.compare.small_project import lock_of, state

SPLIT, RAW, PREPROCESSED = {"data/split.csv": "other"}, {"data/raw": "other"}, {"data/preprocessed": "other"}
TRAINING, TIMING, EVALUATION = "metrics/training.json", "metrics/timing.json", "metrics/evaluation.json"
GPU = {
    TRAINING: json.dumps({"device": "cuda", "precision": "bf16"}),
    TIMING: json.dumps({"device": "NVIDIA H200"}),
}
KFOLD = {"split.strategy": "kfold"}


def run(name: str = "a", subset: str = "validation", **changes: Any) -> Experiment:
    given = state(changes)
    evaluation, training, timing = (json.loads(given["files"][path]) for path in (EVALUATION, TRAINING, TIMING))
    none, scored = pd.DataFrame(), pd.DataFrame({"subset": ["train", subset]})
    lock = lock_of(given)
    return Experiment(name, "", lock, scored, given["params"], evaluation, training, timing, none, none)


def of(*changes: dict[str, Any]) -> Experiment:
    return run(**{key: value for change in changes for key, value in change.items()})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "same data, split, code and settings; nothing differs"),
        ({"loss": "bce"}, "same data, split, code and other settings; only the loss differs (dice → bce)"),
        (
            {"loss": "log_cosh_dice"},
            "same data, split, code and other settings; only the loss differs (dice → log_cosh_dice)",
        ),
        (
            {"losses.dice.smooth": 2.0},
            "same data, split, code and other settings; only the loss differs (smooth 1.0 → 2.0)",
        ),
        (
            {"optim": "sgd"},
            "same data, split, code and other settings; only the optimizer differs (adam → sgd, lr 0.002 → 0.1)",
        ),
        (
            {"schedule": "cosine"},
            "same data, split, code and other settings; only the schedule differs (constant → cosine)",
        ),
        (
            {"train.warmup_epochs": 3},
            "same data, split, code and other settings; only the schedule differs (warmup_epochs 0 → 3)",
        ),
        ({"seed": 1}, "same data, split, code and other settings; only the seed differs (0 → 1)"),
        (
            {"train.epochs": 80, "train.batch_size": 8},
            "same data, split, code and other settings; only the budget differs (epochs 40 → 80, batch_size 16 → 8)",
        ),
        (
            {"loss": "bce", "train.epochs": 80, "seed": 1},
            "same data, split, code and other settings; "
            "loss (dice → bce), budget (epochs 40 → 80) and seed (0 → 1) differ",
        ),
        (
            {"predict.weights": "best"},
            "same data, split, code and other settings; only the prediction differs (weights last → best)",
        ),
        (RAW, "same split, code and settings; only the data differ (data/raw bdd166a → 795f320)"),
        (
            {"data": "lgg"} | RAW | SPLIT | PREPROCESSED,
            "same code and other settings; only the data differ (phantom → lgg)",
        ),
        (
            {"split.seed": 1} | SPLIT,
            "same data, code and other settings; only the split differs (seed 0 → 1)",
        ),
        (
            {"preprocess.side_px": 128} | PREPROCESSED,
            "same data, split, code and other settings; only the preprocessing differs (side_px 64 → 128)",
        ),
        (
            {"src/brainseg/training.py": "2"},
            "same data, split and settings; only the code differs (src/brainseg/training.py)",
        ),
        (
            GPU,
            "same data, split, code and settings; only the device differs "
            "(cpu → cuda, precision fp32 → bf16, processor Some CPU → NVIDIA H200 and 1 more)",
        ),
    ],
)
def test_the_sentence(changes, sentence):
    assert certify(run(), of(changes)).sentence() == sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"losses.bce": {"weight": 3.0}},  # a loss that was not chosen
        {"optims.sgd.lr": 1.0},
        {"datasets.lgg": {"new": 1}},
        {"split.fold": 3},  # of a random split
        {"split.seed": 1},  # the same patients all the same
        {"preprocess.side_px": 65},
        {"datasets.phantom.patients": 4},
        {"train.precision": "fp32"},  # what auto was on that device
    ],
)
def test_what_made_no_difference_is_none(changes):
    certificate = certify(run(), of(changes))
    assert certificate.equal == ["data", "split", "preprocessing", "code", "settings", "device"]
    assert not certificate.differs
    assert not certificate.confounds


def test_the_file_of_another_component_counts_to_the_choice():
    edited = {"src/brainseg/losses/dice.py": "edited"}
    assert list(certify(run(), of({"loss": "bce"})).differs) == ["loss"]
    assert list(certify(of(edited), of({"loss": "bce"})).differs) == ["loss"]
    assert certify(run(), of(edited)).differs["code"][0].startswith("src/brainseg/losses/dice.py: ")


def test_a_setting_that_the_code_of_one_did_not_know_is_a_matter_of_code():
    certificate = certify(run(), of({"augment.elastic": 0.5, "src/brainseg/training.py": "2"}))
    assert certificate.differs["code"][0] == "augment.elastic: – → 0.5"
    assert list(certificate.differs) == ["code"]


def test_a_section_that_nobody_knows_here_is_a_factor():
    runs = run(), run()
    for value, each in enumerate(runs):
        each.lock["train"]["params"]["params.yaml"]["sampling"] = {"share": value}
    assert certify(*runs).differs == {"sampling": ["sampling.share: 0 → 1"]}


def test_folds_of_one_split():
    first, second = of(KFOLD), of(KFOLD, {"split.fold": 1}, SPLIT)
    certificate = certify(first, second)
    assert certificate.sentence() == "same data, code and other settings; only the fold differs (0 → 1)"
    assert not certificate.confounds
    other = of(KFOLD, {"split.fold": 1, "split.seed": 1}, SPLIT)
    assert certify(first, other).differs == {"split": ["split.seed: 0 → 1", "split.fold: 0 → 1"]}


@pytest.mark.parametrize(
    ("changes", "confound"),
    [
        (
            {"loss": "bce", "train.epochs": 80},
            "loss and budget both differ: a difference can't be credited to either",
        ),
        (
            {"loss": "bce", "optim": "sgd", "augment.flip": 0.0},
            "loss, optimizer and augmentation all differ: a difference can't be credited to any one of them",
        ),
        (RAW, "data differ (data/raw bdd166a → 795f320): the patients, or their images, are not the same"),
        ({"split.seed": 1} | SPLIT, "split differs (seed 0 → 1): not the same patients train and are held out"),
        (
            {f"src/brainseg/{name}.py": "2" for name in ("training", "device", "scores", "files", "new")},
            "code differs (src/brainseg/training.py, src/brainseg/device.py, src/brainseg/scores.py and 2 more): "
            "it may move scores by itself",
        ),
        ({"evaluate.threshold": 0.4}, "evaluation differs (threshold 0.5 → 0.4): scores of different kinds"),
        (
            {EVALUATION: json.dumps({"selected_on": "validation"})},
            "selected_on differs (nothing → validation): "
            "weights chosen on validation patients flatter the scores of these",
        ),
        (
            {TIMING: json.dumps({"device": "Some CPU, 8 threads"})},
            "device differs (threads 2 → 8): scores move by about as much as another seed would make them",
        ),
    ],
)
def test_confounds(changes, confound):
    assert certify(run(), of(changes)).confounds == [confound]


def test_weights_chosen_on_validation_patients_flatter_no_test_patients():
    chosen = {EVALUATION: json.dumps({"selected_on": "validation"})}
    certificate = certify(run(subset="test"), run(subset="test", **chosen))
    assert certificate.confounds == []
    [warning] = certify(run(subset="test"), run(**chosen)).confounds  # one of both suffices
    assert warning.startswith("selected_on differs (nothing → validation)")


def test_a_precision_that_was_asked_for_is_a_setting():
    asked = of({"train.precision": "bf16", TRAINING: json.dumps({"device": "cpu", "precision": "bf16"})})
    assert certify(run(), asked).differs == {"training": ["train.precision: auto → bf16"]}


def test_a_seed_and_one_factor_are_no_confound():
    assert not certify(run(), of({"loss": "bce", "seed": 1})).confounds


def test_a_table_of_all():
    experiments = [
        run("dice"),
        run("bce", loss="bce", seed=1),
        run("sgd", optim="sgd"),
        run("edited", **{"src/brainseg/losses/dice.py": "edited"}),
    ]
    overview = certify_all(experiments)
    assert overview.equal == ["data", "split", "preprocessing", "device"]
    assert overview.varying.index.tolist() == ["dice", "bce", "sgd", "edited"]
    assert overview.varying.to_dict("list") == {
        "loss": ["dice", "bce", "dice", "dice"],
        "optim": ["adam", "adam", "sgd", "adam"],
        "optims.*.lr": ["0.002", "0.002", "0.1", "0.002"],
        "seed": ["0", "1", "0", "0"],
        "code": ["version 1", "version 1", "version 1", "version 2"],
    }
    assert overview.sentence() == "same data, split and other settings; loss, optim, optims.*.lr, seed and code vary"
    assert overview.confounds == ["code differs (src/brainseg/losses/dice.py): it may move scores by itself"]
    assert certify_all(experiments[:1]).sentence() == "same data, split, code and settings; nothing varies"
    assert certify_all(experiments[:2]).varying.columns.tolist() == ["loss", "seed"]


def in_folder(md5: str, **ids: str) -> Experiment:
    """Its lock has one digest of src/brainseg/training; ids: git's, of the files inside."""
    code = {f"src/brainseg/training/{name}.py": content_id for name, content_id in ids.items()}
    return replace(run(**{"src/brainseg/training": md5}), code=code)


def test_of_a_folder_that_differs_the_files_that_differ_are_named():
    a = in_folder("x", loop="1" * 40, ema="2" * 40)
    b = in_folder("y", loop="3" * 40, ema="2" * 40, new="4" * 40)
    changes = certify(a, b).differs["code"]
    assert changes == [
        "src/brainseg/training/loop.py: 1111111 → 3333333",
        "src/brainseg/training/new.py: – → 4444444",
    ]


def test_a_folder_whose_files_are_the_same_in_git_is_named_itself():
    [change] = certify(in_folder("x", loop="1" * 40), in_folder("y", loop="1" * 40)).differs["code"]
    assert change.startswith("src/brainseg/training: ")


def test_files_of_a_folder_with_equal_digests_are_not_compared():
    """What .dvcignore leaves out of the digest, git may track."""
    assert certify(in_folder("x", loop="1" * 40), in_folder("x", loop="3" * 40)).differs == {}


def test_folders_of_architectures_that_were_not_both_chosen_are_their_choice():
    assert certify(of({"src/brainseg/archs/unet": "x"}), of({"src/brainseg/archs/unetpp": "y"})).differs == {}
    [shared] = certify(of({"src/brainseg/archs/shared": "x"}), of({})).differs["code"]
    assert shared.startswith("src/brainseg/archs/shared: ")
