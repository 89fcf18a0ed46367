"""models/lgg.zip, which the project hands on: this version of the package reads it, and it segments."""

import numpy as np

import brainseg
from brainseg.data.raw.patients import patient_names, read_mask
from brainseg.metrics.overlap import dsc
from brainseg.model.archive import read_model
from brainseg.sources.lgg import published
from tests.conftest import ROOT

MODEL = ROOT / "models" / "lgg.zip"
README = (ROOT / "models" / "README.md").read_text()


def test_its_readme_states_the_scores_of_its_record():
    scores = read_model(MODEL).record.scores
    assert scores.patients == 10 and scores.failures == 0
    stated = f"mean DSC {scores.dsc_mean:.4f}, median {scores.dsc_median:.4f}, minimum {scores.dsc_minimum:.2f}"
    assert stated in README


def test_it_names_the_licence_and_knows_its_patients():
    record = read_model(MODEL).record
    assert "CC BY-NC-SA 4.0" in record.training.licence and "CC BY-NC-SA 4.0" in README
    assert sum(record.knows(name) for name in published()) == record.training.patients == 90


def test_an_array_is_segmented_on_its_own_grid(rng):
    scan = rng.integers(0, 255, (3, 60, 50, 3)).astype(np.uint8)
    found = brainseg.load(MODEL)(scan)
    assert found.mask.shape == found.probability.shape == scan.shape[:3]
    assert found.mask.dtype == bool and np.isfinite(found.probability).all()


def test_it_outlines_the_lesion_of_its_own_patients(lgg):
    segmenter = brainseg.load(MODEL)
    for name in patient_names(lgg)[:3]:
        found = segmenter(lgg / name)
        assert dsc(found.mask, read_mask(lgg / name)) > 0.8  # they trained it: this is no test of the network
        assert any("trained or validated on this person" in warning for warning in found.warnings)
