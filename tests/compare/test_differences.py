import json

import pytest

from brainseg.compare.certificate import certify
from brainseg.compare.differences import Difference, differences, output
from tests.compare.small_project import md5
from tests.compare.small_runs import (
    GPU,
    PREPROCESSED,
    RAW,
    SPLIT,
    TIMING,
    TRAINING,
    in_folder,
    of,
    run,
)


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


def test_a_section_that_is_unknown_is_a_factor():
    runs = run(), run()
    for value, each in enumerate(runs):
        each.lock["train"]["params"]["params.yaml"]["sampling"] = {"share": value}
    assert certify(*runs).differs == {"sampling": ["sampling.share: 0 → 1"]}


def test_a_precision_that_was_asked_for_is_a_setting():
    asked = of({"train.precision": "bf16", TRAINING: json.dumps({"device": "cpu", "precision": "bf16"})})
    assert certify(run(), asked).differs == {"training": ["train.precision: auto → bf16"]}


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


def reported(*changes: dict) -> list[tuple[str, str, str]]:
    return [(it.factor, it.key, it.change) for it in differences([of(each) for each in changes])]


def test_one_alone_and_equal_ones_differ_in_nothing():
    assert reported({}) == reported({}, {}, {}) == []


def test_two_values_are_a_change_and_those_of_more_are_listed_once_each():
    assert reported({}, {"seed": 1}) == [("seed", "seed", "0 → 1")]
    assert reported({}, {"seed": 1}, {}, {"seed": 2}) == [("seed", "seed", "0, 1, 2")]


def test_values_are_written_as_yaml_writes_them():
    given = {"augment.flip": True}, {"augment.flip": None}
    assert reported(*given) == [("augmentation", "augment.flip", "true → null")]


def test_factors_are_reported_in_their_order_whatever_the_order_of_the_settings():
    changes = {"seed": 1, "train.epochs": 41, "optim": "sgd", "loss": "bce"} | GPU
    factors = [factor for factor, _, _ in reported({}, changes)]
    assert list(dict.fromkeys(factors)) == ["loss", "optimizer", "budget", "seed", "device"]


def test_settings_of_components_of_one_name_are_one_key():
    """The smoothing of two losses, the learning rate of two optimizers."""
    assert reported({}, {"loss": "log_cosh_dice", "losses.log_cosh_dice.smooth": 2.0}) == [
        ("loss", "loss", "dice → log_cosh_dice"),
        ("loss", "losses.*.smooth", "1.0 → 2.0"),
    ]
    assert reported({}, {"losses.dice.smooth": 2.0}) == [("loss", "losses.dice.smooth", "1.0 → 2.0")]


def test_other_data_have_another_split_and_preprocessing_of_themselves():
    assert [factor for factor, _, _ in reported({}, RAW | SPLIT | PREPROCESSED)] == ["data"]
    assert [factor for factor, _, _ in reported({}, SPLIT | PREPROCESSED)] == ["preprocessing", "split"]


@pytest.mark.parametrize("strategy", ["kfold", "leave_one_institution_out", "file"])
def test_folds_are_reported_as_folds_only_if_nothing_else_of_the_split_differs(strategy):
    first = {"split.strategy": strategy}
    assert reported(first, first | {"split.fold": 1} | SPLIT) == [("fold", "split.fold", "0 → 1")]
    both = reported(first, first | {"split.fold": 1, "split.seed": 1} | SPLIT)
    assert [factor for factor, _, _ in both] == ["split", "split"]


def test_the_processor_and_its_threads_are_distinguished():
    eight, unknown = ({TIMING: f'{{"device": "{name}"}}'} for name in ("Some CPU, 8 threads", "Other"))
    assert reported({}, eight) == [("device", "threads", "2 → 8")]
    assert reported({}, unknown) == [("device", "processor", "Some CPU → Other"), ("device", "threads", "2 → –")]


def test_what_was_not_recorded_is_shown_as_absent():
    before = {TRAINING: '{"precision": "fp32"}'}
    assert reported(before, {}) == [("device", "device", "– → cpu")]


@pytest.mark.parametrize(
    ("factor", "key", "setting"),
    [
        ("loss", "losses.dice.smooth", True),
        ("code", "augment.elastic", False),
        ("code", "src/brainseg/device.py", False),
        ("data", "data/raw", False),
        ("device", "precision", False),
    ],
)
def test_files_code_and_devices_are_no_settings(factor, key, setting):
    assert Difference(factor, key, ["a", "b"]).is_setting == setting


def test_the_digest_is_of_the_data_that_was_used():
    experiment = of(RAW)
    assert output(experiment, "data") == md5("other") and output(experiment, "split") == md5("split")
    experiment.lock.clear()
    assert output(experiment, "data") == "–"
