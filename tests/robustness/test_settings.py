import pytest
from pydantic import ValidationError

from brainseg.core.params import parse_settings
from brainseg.robustness.perturbations import STRENGTHS
from brainseg.robustness.settings import RobustnessSettings, evenly_spaced


def test_the_projects_own_settings_are_valid(params):
    assert parse_settings(RobustnessSettings, params, "robustness")


def test_every_strength_can_be_chosen_for_every_kind():
    for of_kind in STRENGTHS.values():
        assert RobustnessSettings(strengths=list(of_kind), patients=0).strengths == ["weak", "medium", "strong"]


@pytest.mark.parametrize(
    "wrong", [{"strengths": []}, {"strengths": ["none"]}, {"strengths": ["weak", "weak"]}, {"patients": -1}], ids=str
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        RobustnessSettings(**{"strengths": ["strong"], "patients": 5} | wrong)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "abcdefg"), (7, "abcdefg"), (9, "abcdefg"), (1, "a"), (2, "ad"), (3, "ace")]
)
def test_patients_are_evenly_spaced(count, expected):
    assert "".join(evenly_spaced("abcdefg", count)) == expected


def test_of_no_patients_none_are_taken():
    assert evenly_spaced([], 5) == evenly_spaced([], 0) == []
