from copy import deepcopy

import pytest

from brainseg.core.params import read_params
from brainseg.pages.run.changed_settings import DEFAULTS, changed_settings
from tests.conftest import ROOT


@pytest.fixture
def defaults() -> dict:
    return deepcopy(read_params(DEFAULTS))


def keys(params: dict, above: str = "") -> set[str]:
    return {
        key
        for word, value in params.items()
        for key in (keys(value, f"{above}{word}.") if isinstance(value, dict) else {f"{above}{word}"})
    }


def test_the_defaults_have_the_settings_of_params_yaml():
    """Where params.yaml gains a setting or a default changes: cp params.yaml src/brainseg/pages/run/defaults.yaml"""
    assert keys(read_params(DEFAULTS)) == keys(read_params(ROOT / "params.yaml"))


def test_the_defaults_themselves_differ_in_nothing(defaults):
    assert changed_settings(defaults) == []


def test_a_setting_stands_with_its_value_and_its_default(defaults):
    defaults["train"]["epochs"] = 3
    defaults["predict"]["flips"] = True
    defaults["input"]["channels"] = ["flair"]
    assert changed_settings(defaults) == [
        ("input.channels", "flair", "pre_contrast, flair, post_contrast"),
        ("train.epochs", "3", "40"),
        ("predict.flips", "true", "false"),
    ]


def test_of_losses_only_the_chosen_one_counts(defaults):
    defaults["losses"]["bce"] = {"new": 1}
    defaults["losses"]["tversky"]["smooth"] = 9.0
    assert changed_settings(defaults) == []
    defaults["loss"] = "tversky"
    assert changed_settings(defaults) == [("loss", "tversky", "dice"), ("losses.tversky.smooth", "9.0", "1.0")]


def test_pictures_do_not_count(defaults):
    defaults["plot"]["dpi"], defaults["page"]["side_px"] = 50, 128
    assert changed_settings(defaults) == []


def test_a_loss_of_ones_own_has_no_defaults(defaults):
    defaults["loss"], defaults["losses"]["mine"] = "mine", {"weight": 0.5}
    assert changed_settings(defaults) == [("loss", "mine", "dice"), ("losses.mine.weight", "0.5", "")]


def test_the_order_is_that_of_the_defaults(defaults):
    defaults["train"]["epochs"], defaults["seed"], defaults["loss"] = 3, 7, "bce"
    backwards = dict(reversed(defaults.items()))
    assert changed_settings(backwards) == changed_settings(defaults)
    assert [key for key, _, _ in changed_settings(backwards)] == ["loss", "seed", "train.epochs"]
