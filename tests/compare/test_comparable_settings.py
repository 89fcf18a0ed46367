import pytest

from brainseg.compare.certificate import certify
from brainseg.compare.comparable_settings import comparable_settings
from tests.compare.small_runs import run

NUMBERS = {"evaluate.least_share": 0.2, "evaluate.least_voxels": 20}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ({"evaluate.largest_component": True}, {"evaluate.components": "largest"}),
        ({"evaluate.largest_component": False}, {"evaluate.components": "every"}),
        ({"evaluate.components": "auto", **NUMBERS}, {"evaluate.components": "auto"}),
        (
            {"evaluate.components": "share", **NUMBERS},
            {"evaluate.components": "share", "evaluate.least_share": 0.2},
        ),
        (
            {"evaluate.components": "size", **NUMBERS},
            {"evaluate.components": "size", "evaluate.least_voxels": 20},
        ),
        ({"evaluate.threshold": 0.5, "loss": "dice"}, {"evaluate.threshold": 0.5, "loss": "dice"}),
    ],
)
def test_by_hand(used, expected):
    assert comparable_settings(used) == expected


@pytest.mark.parametrize(("in_mm", "kept"), [(False, {"tolerance_px", "slice_step_px"}), (True, {"tolerance_mm"})])
def test_tolerances_of_the_other_unit_are_left_out(in_mm, kept):
    used = {f"evaluate.{name}": 2.0 for name in ("tolerance_px", "tolerance_mm", "slice_step_px")}
    assert comparable_settings(used, in_mm) == {f"evaluate.{name}": 2.0 for name in kept}


def test_a_tolerance_in_mm_that_older_experiments_lack_is_no_difference_in_pixels():
    old, new = evaluated_with(tolerance_px=2.0), evaluated_with(tolerance_px=2.0, tolerance_mm=2.0)
    assert not certify(old, new).differs


def evaluated_with(**settings: object):
    """A run whose stage evaluate had these settings, and a threshold."""
    made = run()
    made.lock["evaluate"]["params"]["params.yaml"]["evaluate"] = {"threshold": 0.5, **settings}
    return made


def test_an_experiment_of_version_0_2_equals_one_of_today():
    old, new = evaluated_with(largest_component=True), evaluated_with(components="largest", least_share=0.2)
    assert "settings" in certify(old, new).equal and not certify(old, new).differs


def test_another_rule_is_a_difference_in_evaluation():
    old, new = evaluated_with(largest_component=False), evaluated_with(components="auto", least_share=0.2)
    assert certify(old, new).differs == {"evaluation": ["evaluate.components: every → auto"]}
