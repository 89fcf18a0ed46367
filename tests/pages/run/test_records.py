import json
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.core.params import validated
from brainseg.pages.run.records import Evaluation, Perturbed, Summary, Timing, Training
from tests.conftest import ROOT

FILE = Path("metrics/some.json")


def of_the_repository(name: str) -> dict:
    return json.loads((ROOT / "metrics" / f"{name}.json").read_text())


def test_the_records_of_the_repository_are_read():
    evaluation = of_the_repository("evaluation")
    assert validated(Evaluation, evaluation, FILE).final_mask.components == evaluation["final_mask"]["components"]
    summary = validated(Summary, evaluation["test"], FILE, "test").model_dump()
    assert summary["dsc"]["mean"] == evaluation["test"]["dsc"]["mean"]
    assert validated(Training, of_the_repository("training"), FILE).parameters > 0
    assert validated(Timing, of_the_repository("timing"), FILE).training_seconds > 0


def test_the_kinds_of_change_are_apart_from_the_rest():
    given = of_the_repository("robustness")
    found = validated(Perturbed, given, FILE)
    assert found.unperturbed == given["unperturbed"]
    assert found.kinds["noise"]["strong"].change == given["noise"]["strong"]["change"]


@pytest.mark.parametrize(
    ("kind", "given", "fault"),
    [
        (Summary, {"patients": 3}, "metrics/some.json: test.dsc is missing"),
        (Training, {"best_epoch": "x"}, "metrics/some.json: best_epoch is 'x'; expected a valid integer"),
        (Perturbed, {"subset": "test", "patients": 1, "unperturbed": 1.0, "noise": 3}, "some.json: kinds.noise is 3"),
        (Timing, None, "expected a block with: device"),
    ],
)
def test_what_is_missing_or_of_another_type_is_named(kind, given, fault):
    with pytest.raises(UserError, match=fault):
        validated(kind, given, FILE, "test" if kind is Summary else "")
