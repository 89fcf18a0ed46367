from itertools import combinations

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.row_names import check_name, label


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"loss": "dice", "optims.adam.lr": 0.001, "seed": 0}, "dice-lr0.001-seed0"),
        ({"optims.adam.lr": 1e-5}, "lr1e-05"),
        ({"optims.adam.lr": 2.0}, "lr2"),
        ({"train.compile": True, "predict.flips": False}, "compiletrue-flipsfalse"),
        ({"archs.transunet.blocks": [1, 2, 3]}, "blocks1+2+3"),
        ({"input.channels": ["flair", "pre_contrast"]}, "channelsflair+pre_contrast"),
        ({"augment.rotation_deg": -15.0}, "rotation_deg-15"),
        ({"datasets.folder.path": "/data/my own"}, "_data_my_own"),
        ({"loss": "naïve"}, "na_ve"),
        ({}, ""),
    ],
)
def test_settings_are_read_off_the_name(values, expected):
    assert label(values) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["optims.adam.lr", "optims.sgd.lr"], "adam.lr1-sgd.lr1"),
        (["seed", "split.seed"], "seed1-split.seed1"),
        (["a.x.n", "b.x.n", "m"], "a.x.n1-b.x.n1-m1"),
        (["train.epochs", "my_epochs"], "epochs1-my_epochs1"),
    ],
)
def test_keys_that_end_alike_are_distinguished(keys, expected):
    assert label(dict.fromkeys(keys, 1)) == expected


POINTS = {
    "numbers": [{"lr": 1e-4}, {"lr": 2e-4}, {"lr": 1e-3}, {"lr": 0}, {"lr": 10}, {"lr": 1.5}, {"lr": -1}],
    "numbers of many digits": [{"lr": 0.1234567}, {"lr": 0.1234568}],
    "large whole numbers": [{"seed": 4294967294}, {"seed": 4294967295}],
    "words and truth": [{"a": True}, {"a": "true"}, {"a": False}],
    "lists": [{"a": [1, 2]}, {"a": [12]}, {"a": [1, 2, 0]}],
    "a number below 0": [{"a": "x", "b": -1}, {"a": "x", "b": 1}],
    "keys that end alike": [{"x.levels": 3, "y.levels": 4}, {"x.levels": 4, "y.levels": 3}],
}


@pytest.mark.parametrize("points", POINTS.values(), ids=POINTS)
def test_no_two_points_of_a_grid_have_one_name(points):
    for one, other in combinations(points, 2):
        assert label(one) != label(other)


@pytest.mark.parametrize("name", ["report", "fair-2", "a", "7", "report64", "v1.2", "log_cosh_dice", "a+b", "A-B"])
def test_names_that_git_and_a_shell_take_as_they_are(name):
    check_name("rows:", name)


@pytest.mark.parametrize(
    "name", ["", "-a", ".a", "a b", "a/b", "a..b", "a.", "a.lock", "a~1", "a*", "a\n", "ü", "a@{1}", "$a", "a'"]
)
def test_other_names_are_refused(name):
    with pytest.raises(UserError, match="rows: .*: expected letters, digits and . _"):
        check_name("rows:", name)
