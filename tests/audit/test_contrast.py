import numpy as np
import pytest

from brainseg.audit.contrast import FEWEST, PERCENTILES, contrast_findings, intensities
from brainseg.audit.likeness.head import Heads, find_heads
from tests.audit.conftest import head


def whole(image: np.ndarray) -> Heads:
    return Heads(np.zeros(image.shape[:3], np.float32), np.ones(image.shape[:3], bool), 1)


def test_intensities_are_percentiles_on_the_channels_own_scale():
    ramp = np.arange(10, 111, dtype=np.uint16).reshape(1, 1, 101, 1)
    curve = intensities(ramp, whole(ramp))[0]
    bright = np.percentile(np.arange(11, 111), 99) - 10
    np.testing.assert_allclose(curve, PERCENTILES / bright)


def test_a_channel_of_one_value_has_none_and_empty_slices_do_not_count(rng):
    image = rng.integers(0, 200, (3, 9, 9, 2)).astype(np.uint8)
    image[..., 1] = 5
    before = intensities(image[:2], whole(image[:2]))
    image[2] = 0
    after = intensities(image, whole(image))
    np.testing.assert_array_equal(after, before)
    assert np.isnan(after[1]).all() and not np.isnan(after[0]).any()


@pytest.fixture
def curves(rng) -> dict[str, np.ndarray]:
    usual = np.linspace(0.1, 0.9, len(PERCENTILES))
    return {f"P{number}": usual + rng.normal(0, 0.02, (2, len(PERCENTILES))) for number in range(FEWEST)}


def test_nothing_is_found_where_all_are_alike(curves):
    assert contrast_findings(curves) == []


def test_a_channel_far_from_the_usual_is_named(curves):
    curves["P2"][1] = curves["P2"][1][::-1]  # inverted
    [found] = contrast_findings(curves)
    assert (found.patient, found.channel) == ("P2", 2)
    assert found.value > 0.3 and found.what.startswith("channel 2: 0.4")


def test_a_small_distance_is_not_named_though_the_others_are_very_alike(curves):
    same = {name: curves["P0"].copy() for name in curves}
    same["P2"] = same["P2"] + 0.14
    assert contrast_findings(same) == []
    same["P2"] = same["P2"] + 0.02
    assert len(contrast_findings(same)) == 2


def test_patients_with_other_channels_or_without_values_are_left_out(curves):
    curves["one channel"] = np.zeros((1, len(PERCENTILES)))
    curves["P1"][0] = np.nan
    assert contrast_findings(curves) == []
    assert contrast_findings({}) == contrast_findings({"P0": curves["P0"]}) == []


def test_another_contrast_of_a_head_is_found():
    heads = {f"P{number}": head(number)[0] for number in range(FEWEST)}
    heads["P4"] = heads["P4"].copy()
    heads["P4"][..., 1] = 255 * (heads["P4"][..., 1] / 255) ** 3
    assert [(found.patient, found.channel) for found in contrast_findings({n: of(i) for n, i in heads.items()})] == [
        ("P4", 2)
    ]


def of(image: np.ndarray) -> np.ndarray:
    return intensities(image, find_heads(image))
