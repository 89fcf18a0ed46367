import numpy as np
import pytest
from pydantic import ValidationError

from brainseg.model.training_range import Range, features, meaning, ranges, unlike_training
from brainseg.preprocessing import PreprocessSettings, preprocess

SETTINGS = PreprocessSettings(side_px=32, background=0.1, low_percentile=10.0, high_percentile=99.0)


def head(rng: np.random.Generator) -> np.ndarray:
    """(6, 40, 36, 3) uint8: an ellipse, symmetric to left and right, brighter at the back."""
    row, column = np.mgrid[-1:1:40j, -1:1:36j]
    inside = (row / 0.9) ** 2 + (column / 0.8) ** 2 < 1
    shade = 100 + 80 * row + rng.normal(0, 3, (6, 40, 36))
    return (np.stack([shade] * 3, axis=-1).clip(1, 255) * inside[..., None]).astype(np.uint8)


def features_of(image: np.ndarray) -> dict[str, float]:
    return features(preprocess(image, np.zeros(image.shape[:3], bool), SETTINGS))


def test_all_features_have_a_meaning(rng):
    found = {name: meaning(name) for name in features_of(head(rng))}
    assert len(set(found.values())) == len(found) == 6
    assert found["flair_mean"] == "the mean FLAIR intensity"


def test_without_flair_the_first_channel_is_looked_at(rng):
    image = head(rng)[..., :2]
    image[..., 1] //= 2
    no_mask = np.zeros(image.shape[:3], bool)
    found = features(preprocess(image, no_mask, SETTINGS, channels=("adc", "dwi_b1000")))
    assert {"adc_mean", "adc_contrast"} <= found.keys()
    assert found["adc_mean"] > features(preprocess(image, no_mask, SETTINGS, channels=("adc", "flair")))["flair_mean"]
    assert meaning("dwi_b1000_contrast") == "the spread of the dwi_b1000 intensity"


def test_a_turned_head_has_little_symmetry_and_one_upside_down_another_centre(rng):
    image = head(rng)
    upright, turned, upside_down = (features_of(i) for i in (image, image.swapaxes(1, 2), image[:, ::-1]))
    assert upright["mirror_symmetry"] > 0.05 > -0.05 > turned["mirror_symmetry"]
    assert upright["vertical_centre"] > 0.5 > upside_down["vertical_centre"]
    assert upright["vertical_centre"] + upside_down["vertical_centre"] == pytest.approx(1, abs=0.02)


def test_a_scan_like_the_training_patients_raises_no_warning(rng):
    trained = ranges(features_of(head(rng)) for _ in range(20))
    assert unlike_training({name: (r.low + r.high) / 2 for name, r in trained.items()}, trained) == []


def test_a_scan_that_is_upside_down_is_named(rng):
    trained = ranges(features_of(head(rng)) for _ in range(20))
    found = unlike_training(features_of(head(rng)[:, ::-1]), trained)
    assert any("vertical_centre is" in line and "upside down" in line for line in found)


def test_no_signal_is_a_warning_of_its_own(rng):
    assert features_of(np.zeros((4, 20, 20, 3), np.uint8)) == {}
    assert unlike_training({}, ranges([features_of(head(rng))])) == ["the scan holds no signal"]


def test_ranges_by_hand():
    assert ranges([{"a": 1.0}, {}, {"a": 3.0}]) == {"a": Range(low=1.0, high=3.0)}
    assert ranges([{}]) == {}
    with pytest.raises(ValidationError):
        Range(low=2.0, high=1.0)
