import json

import pytest

from brainseg.compare.certificate import certify, certify_all
from tests.compare.small_runs import (
    EVALUATION,
    GPU,
    KFOLD,
    PREPROCESSED,
    RAW,
    SPLIT,
    TIMING,
    of,
    run,
)


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
            "loss and budget both differ: a difference in scores cannot be attributed to either alone",
        ),
        (
            {"loss": "bce", "optim": "sgd", "augment.flip": 0.0},
            "loss, optimizer and augmentation all differ: a difference in scores cannot be attributed to any one of "
            "them alone",
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
            "selected_on differs (nothing → validation): what is chosen on validation patients scores too high on them",
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


def test_scores_of_copies_of_training_patients_are_warned_of():
    pairs = ["a of b: 100 % of the slices, correlation 0.98", "c of d: 40 % of the slices, correlation 0.9"]
    copied = certify_all([of({"name": "copied"}, {EVALUATION: json.dumps({"copies_in_training": pairs})})])
    reported = (
        "copied scores copies of training patients, and so too high (a of b: 100 % of the slices, correlation 0.98"
    )
    assert copied.confounds == [f"{reported}, and 1 more)"]
    assert certify_all([of({EVALUATION: json.dumps({"copies_in_training": []})})]).confounds == []
