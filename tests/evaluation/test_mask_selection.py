import json
from typing import get_args

import numpy as np
import pytest
from ruamel.yaml import YAML

from brainseg.core.errors import UserError
from brainseg.data import paths, predictions, preprocessed, split
from brainseg.data.geometry import Geometry
from brainseg.data.predictions import Prediction
from brainseg.data.preprocessed import Preprocessed
from brainseg.data.raw.patients import write_patient
from brainseg.evaluation.mask_selection import RULES, THRESHOLDS, best_candidate, candidates, dsc_of_candidates
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import Components, MaskSettings, final_mask, read_mask_settings
from stages.evaluate import main
from tests.conftest import ROOT

GIVEN = {"threshold": 0.45, "components": "share", "least_share": 0.3, "least_voxels": 7}
REST = {"tolerance_px": 2.0, "tolerance_mm": 2.0, "slice_step_px": 4.0}


def options(**changes: object) -> list[MaskSettings]:
    return candidates(EvaluateSettings(**GIVEN | REST | changes))


def test_without_auto_the_only_candidate_is_what_is_set():
    assert options() == [MaskSettings(**GIVEN)]


def test_auto_varies_only_what_is_auto():
    assert options(threshold="auto") == [MaskSettings(**GIVEN | {"threshold": t}) for t in THRESHOLDS]
    assert options(components="auto") == [MaskSettings(**GIVEN | rule) for rule in RULES]
    both = options(threshold="auto", components="auto")
    assert len(both) == len(RULES) * len(THRESHOLDS) and both[0].components == "every" and both[0].threshold == 0.5


def test_every_rule_and_the_defaults_are_among_the_candidates(params):
    both = options(threshold="auto", components="auto")
    assert {option.components for option in both} == set(get_args(Components))
    assert any((option.threshold, option.components) == (0.5, "largest") for option in both)


@pytest.mark.parametrize(
    ("dsc_by_patient", "best"),
    [
        ([[0.5, 0.9, 0.7]], 1),
        ([[0.5, 0.9], [0.9, 0.4]], 0),  # means of 0.7 and 0.65
        ([[0.5, 0.5, 0.4], [0.75, 0.75, 0.75]], 0),  # of equal ones the first, which is the simplest
        ([[0.25, 0.5, 0.75], [0.75, 1.0, 0.75]], 1),
    ],
)
def test_the_highest_mean_wins_by_hand(dsc_by_patient, best):
    assert best_candidate(np.array(dsc_by_patient)) == best


def test_scores_are_those_of_the_final_mask(rng):
    probability = rng.integers(0, 256, (3, 9, 10)).astype(np.uint8)
    depth = rng.integers(0, 50, (3, 9, 10)).astype(np.uint8)
    prediction, truth = Prediction(probability, probability, depth), rng.random((3, 9, 10)) < 0.2
    every = options(threshold="auto", components="auto")
    expected = [dsc(final_mask(prediction, option), truth) for option in every]
    np.testing.assert_array_equal(dsc_of_candidates(every, prediction, truth), expected)


def test_an_empty_prediction_scores_1_without_a_lesion_and_0_with_one():
    nothing = np.zeros((2, 4, 4), np.uint8)
    for truth, expected in ((nothing > 0, 1), (nothing == 0, 0)):
        found = dsc_of_candidates(options(components="auto"), Prediction(nothing, nothing, nothing), truth)
        assert found.tolist() == [expected] * len(RULES)


# ---------------------------------------------------------------- the stage

SHAPE = (3, 8, 12)
TWO_LESIONS = np.zeros(SHAPE, bool)
TWO_LESIONS[1, 1:3, 1:5] = TWO_LESIONS[1, 5:7, 8:10] = True  # 8 and 4 voxels
ONE_LESION = TWO_LESIONS.copy()
ONE_LESION[:, :, 6:] = False


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes patients with masks, all predicted alike: both lesions, the second faintly. Returns their project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRAINSEG_WORKERS", "1")
    (tmp_path / "data/weights").mkdir(parents=True)

    def write(truths: dict[str, np.ndarray], subset: dict[str, str], **evaluate: object) -> None:
        params = YAML().load(ROOT / "params.yaml")
        params["evaluate"] |= evaluate
        YAML().dump(params, tmp_path / "params.yaml")
        split.write(subset)
        probability = np.where(TWO_LESIONS, np.where(ONE_LESION, 250, 160), 0).astype(np.uint8)
        for name, truth in truths.items():
            write_patient(tmp_path / "data/raw" / name, np.full((*SHAPE, 3), 50, np.uint8), truth)
            square = np.zeros((3, 16, 16, 3), np.uint16)
            geometry, ones = Geometry(8, 12, 0, 8, 0, 12), np.ones(3)
            preprocessed.write(name, Preprocessed(square, square[..., 0] > 0, ones, ones, ones > 0, geometry))
            predictions.write(name, Prediction(probability, np.zeros((3, 16, 16), np.uint8), np.ones(SHAPE, np.uint8)))

    return write


def record() -> dict:
    return json.loads(paths.EVALUATION.read_text())


SUBSET = {"A": "validation", "B": "validation", "C": "test", "D": "train"}


@pytest.mark.parametrize(
    ("validation_truth", "expected"),
    [(TWO_LESIONS, {"components": "every", "threshold": 0.5}), (ONE_LESION, {"components": "every", "threshold": 0.7})],
    ids=["two lesions", "one lesion"],
)
@pytest.mark.parametrize("test_truth", [TWO_LESIONS, ONE_LESION, TWO_LESIONS & False])
def test_the_choice_rests_on_the_validation_patients_alone(project, validation_truth, expected, test_truth):
    project(
        {"A": validation_truth, "B": validation_truth, "C": test_truth, "D": test_truth},
        SUBSET,
        threshold="auto",
        components="auto",
    )
    main()
    chosen = record()["final_mask"]
    assert {key: chosen[key] for key in expected} == expected
    assert (chosen["chosen_on"], chosen["patients"], chosen["mean_dsc"]) == ("validation", 2, 1.0)
    assert chosen["candidates"] == len(RULES) * len(THRESHOLDS)
    assert record()["selected_on"] == "validation"
    assert read_mask_settings().model_dump() == {key: chosen[key] for key in GIVEN}
    assert record()["test"]["dsc"]["mean"] == dsc(TWO_LESIONS if chosen["threshold"] == 0.5 else ONE_LESION, test_truth)


def test_with_a_threshold_that_is_set_the_rule_is_chosen(project):
    project(dict.fromkeys("ABCD", ONE_LESION), SUBSET, threshold=0.5, components="auto")
    main()
    assert record()["final_mask"]["components"] == "largest"  # `every` has a false lesion, `share` is less simple


def test_without_auto_nothing_is_chosen(project):
    project(dict.fromkeys("ABCD", TWO_LESIONS), SUBSET)
    main()
    default = {"threshold": 0.5, "components": "largest", "least_share": 0.2, "least_voxels": 20}
    assert record()["final_mask"] == default | {"chosen_on": "nothing"}
    assert record()["selected_on"] == "nothing"
    assert read_mask_settings() == MaskSettings(**default)


@pytest.mark.parametrize("key", ["threshold", "components"])
def test_auto_without_validation_patients_is_refused(project, key):
    project({"C": ONE_LESION, "D": ONE_LESION}, {"C": "test", "D": "train"}, **{key: "auto"})
    with pytest.raises(UserError, match=r"is auto, and no patient of data/split.csv is in validation"):
        main()


def test_without_auto_validation_patients_are_not_needed(project):
    project({"C": ONE_LESION, "D": ONE_LESION}, {"C": "test", "D": "train"})
    main()
    assert record()["test"]["dsc"]["mean"] == 1.0


def test_patients_that_trained_the_ensemble_may_not_choose(project, tmp_path):
    project(dict.fromkeys("ABCD", ONE_LESION), SUBSET, components="auto")
    params = YAML().load(tmp_path / "params.yaml")
    params["predict"]["networks"] = "data/ensemble"
    YAML().dump(params, tmp_path / "params.yaml")
    (tmp_path / "data/ensemble").mkdir()
    known = "network,patient,person,subset\nfold-1,B,B,train\nfold-1,D,D,train\n"
    (tmp_path / "data/ensemble/trained_on.csv").write_text(known)
    with pytest.raises(UserError, match="1 of 2 held-out patients trained a network of the ensemble, B that of fold-1"):
        main()
