import pytest

from brainseg.compare.factors import FACTORS, NOT_CREDITED, ORDER, factor_of, place
from brainseg.core.components import KINDS
from brainseg.experiments.lock import flat_params


@pytest.mark.parametrize(
    ("setting", "factor"),
    [
        ("loss", "loss"),
        ("losses.dice.smooth", "loss"),
        ("losses.*.smooth", "loss"),
        ("train.epochs", "budget"),
        ("train.warmup_epochs", "schedule"),
        ("train.precision", "training"),
        ("split.strategy", "split"),
        ("seed", "seed"),
        ("sampling.share", "sampling"),
        ("lossy", "lossy"),  # a word, not its beginning
        ("train.epochs_more", "training"),
    ],
)
def test_the_longest_key_that_it_begins_with_decides(setting, factor):
    assert factor_of(setting) == factor


def test_every_section_of_params_yaml_that_scores_depend_on_has_a_factor(params):
    after_the_scores = {"plot", "robustness", "page"}
    assert {section for section in params if section not in FACTORS} == after_the_scores
    assert all(factor_of(key) in ORDER for key in flat_params(params) if key.split(".")[0] not in after_the_scores)


def test_a_component_and_its_settings_are_one_factor():
    for word, section in KINDS.values():
        assert factor_of(word) == factor_of(f"{section}.x.y") in ORDER, word


def test_what_is_chosen_is_reported_before_what_moves_scores_by_chance_and_strangers_last():
    reported = ["a stranger", "device", "seed", "budget", "loss", "code", "data"]
    assert sorted(reported, key=place) == ["loss", "budget", "data", "seed", "code", "device", "a stranger"]


def test_only_choices_are_credited():
    credited = [factor for factor in ORDER if factor not in NOT_CREDITED]
    assert set(NOT_CREDITED) < set(ORDER)
    assert {"loss", "optimizer", "schedule", "architecture", "budget"} <= set(credited)
    assert not {"seed", "fold", "device", "data"} & set(credited)
