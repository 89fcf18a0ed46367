import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.exposure import rescale_intensity
from skimage.transform import resize

from brainseg.data.raw.patients import read_images, read_mask
from brainseg.preprocessing import PreprocessSettings, head_interior, percentile_of_counts, preprocess
from brainseg.sources.phantom import phantom_patient


def as_set(side_px: int) -> PreprocessSettings:
    return PreprocessSettings(side_px=side_px, background=0.1, low_percentile=10.0, high_percentile=99.0)


def straightforward(image: np.ndarray, mask: np.ndarray, side_px: int) -> tuple[np.ndarray, np.ndarray]:
    """The report's protocol step by step with scikit-image: z-scores and mask of the kept slices."""
    volume, mask = image[1:-1].copy(), mask[1:-1].astype(np.uint8)
    volume[volume < volume.max() * 0.1] = 0
    box = tuple(
        slice(np.nonzero(volume.any(axis=axes))[0].min(), np.nonzero(volume.any(axis=axes))[0].max() + 1)
        for axes in ((1, 2, 3), (0, 2, 3), (0, 1, 3))
    )
    volume, mask = volume[box], mask[box]
    side = max(volume.shape[1:3])
    pads = [((side - n) // 2, side - n - (side - n) // 2) for n in volume.shape[1:3]]
    volume, mask = np.pad(volume, [(0, 0), *pads, (0, 0)]), np.pad(mask, [(0, 0), *pads])
    shape = (len(volume), side_px, side_px)
    how = {"mode": "constant", "cval": 0, "anti_aliasing": False}
    mask = resize(mask, shape, order=0, **how)
    volume = resize(volume, (*shape, 3), order=2, **how)
    volume = rescale_intensity(volume, in_range=(np.percentile(volume, 10), np.percentile(volume, 99)))
    return (volume - volume.mean(axis=(0, 1, 2))) / volume.std(axis=(0, 1, 2)), mask > 0


@pytest.mark.parametrize("side_px", [48, 64, 96, 128])
def test_equals_scikit_image_on_a_phantom(side_px, rng):
    image, mask = phantom_patient(rng, slices=10, side_px=80, noise=0.04)
    assert_parity(image, mask, side_px)


@pytest.mark.slow
def test_equals_scikit_image_on_real_patients(lgg):
    for folder in sorted(path for path in lgg.iterdir() if path.is_dir())[:2]:
        assert_parity(read_images(folder), read_mask(folder), 128)


def test_equals_scikit_image_on_a_real_patient_at_the_report_size(lgg):
    folder = min(path for path in lgg.iterdir() if path.is_dir())
    assert_parity(read_images(folder)[:12], read_mask(folder)[:12], 256)


@given(st.lists(st.integers(0, 9), min_size=1), st.floats(0, 100))
def test_a_percentile_of_counts_equals_numpy(steps, percentile):
    values = np.minimum(np.arange(10) / 7, 1.2)  # the last values are equal
    expected = np.percentile(values[steps], percentile)
    assert percentile_of_counts(values, np.bincount(steps, minlength=10), percentile) == expected


def test_a_table_of_all_steps_gives_the_values_of_the_voxels(rng, monkeypatch):
    image, mask = phantom_patient(rng, slices=10, side_px=80, noise=0.04)
    voxel_by_voxel = preprocess(image, mask, as_set(64))
    monkeypatch.setattr("brainseg.preprocessing.LARGE", 0)
    by_table = preprocess(image, mask, as_set(64))
    assert by_table.image.tobytes() == voxel_by_voxel.image.tobytes()
    assert by_table.mean.tobytes() == voxel_by_voxel.mean.tobytes()


@pytest.mark.parametrize("z_score_over", ["volume", "head_interior"])
def test_mean_and_std_are_of_the_retained_slices_and_the_voxels_that_count(z_score_over, rng):
    settings = as_set(48).model_copy(update={"z_score_over": z_score_over})
    patient = preprocess(*phantom_patient(rng, slices=10, side_px=80, noise=0.04), settings)
    stored = patient.image[patient.retained]
    over = head_interior(stored > 0.1 * 65535) if z_score_over == "head_interior" else np.ones(stored.shape[:3], bool)
    np.testing.assert_allclose(patient.mean, stored[over].mean(axis=0) / 65535, rtol=1e-12)
    np.testing.assert_allclose(patient.std, stored[over].std(axis=0) / 65535, rtol=1e-12)


HASH = """
import hashlib
import numpy as np
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources.phantom import phantom_patient
settings = PreprocessSettings(side_px=48, background=0.1, low_percentile=10.0, high_percentile=99.0)
patient = preprocess(*phantom_patient(np.random.default_rng(0), slices=8, side_px=70, noise=0.04), settings)
parts = (patient.image, patient.mask, patient.mean, patient.std)
print(hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest())
"""


def test_processors_that_sum_in_another_order_come_to_the_same_values():
    hashes = {
        subprocess.run(
            [sys.executable, "-c", HASH],
            env=os.environ | {"OPENBLAS_CORETYPE": core},
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        for core in ("Prescott", "Haswell")
    }
    assert len(hashes) == 1


def assert_parity(image, mask, side_px):
    patient = preprocess(image, mask, as_set(side_px))
    z_scores, expected_mask = straightforward(image, mask, side_px)
    assert np.abs(patient.z_score()[patient.retained] - z_scores).max() < 1e-4
    np.testing.assert_array_equal(patient.mask[patient.retained], expected_mask)


def test_all_slices_are_carried_along_and_the_ends_are_not_retained(rng):
    image, mask = phantom_patient(rng, slices=8, side_px=48, noise=0.02)
    patient = preprocess(image, mask, as_set(32))
    assert patient.image.shape == (8, 32, 32, 3)
    assert patient.retained.tolist() == [False, *[True] * 6, False]


def test_slices_without_signal_at_the_ends_are_not_retained(rng):
    image, mask = phantom_patient(rng, slices=8, side_px=48, noise=0.0)
    image[:3] = 0
    assert preprocess(image, mask, as_set(32)).retained.tolist() == [False] * 3 + [True] * 4 + [False]


def test_the_dropped_slices_do_not_change_the_others(rng):
    image, mask = phantom_patient(rng, slices=8, side_px=48, noise=0.02)
    changed = image.copy()
    changed[0] = 255
    before, after = (preprocess(volume, mask, as_set(32)) for volume in (image, changed))
    np.testing.assert_array_equal(before.image[1:], after.image[1:])


@pytest.mark.parametrize("value", [0, 90])
def test_an_image_of_one_value_has_small_z_scores(value):
    image, mask = np.full((5, 20, 20, 3), value, np.uint8), np.zeros((5, 20, 20), bool)
    assert np.abs(preprocess(image, mask, as_set(16)).z_score()).max() < 20


def test_a_channel_of_one_value_has_small_z_scores(rng):
    image, mask = phantom_patient(rng, slices=8, side_px=48, noise=0.02)
    image[..., 0] = 90
    assert np.abs(preprocess(image, mask, as_set(48)).z_score()).max() < 20


def head_with_scalp(scalp: int) -> np.ndarray:
    """(5, 64, 64, 3) uint8: a disc of radius 26 with values of 80 to 120 in it, and a ring of scalp 3 pixels wide."""
    row, column = np.indices((64, 64)) - 31.5
    radius = np.hypot(row, column)
    brain = 100 + 20 * np.sin(row / 3) * np.cos(column / 5)
    one = np.where(radius < 23, brain, np.where(radius < 26, scalp, 0)).astype(np.uint8)
    return np.repeat(np.stack([one] * 5)[..., None], 3, axis=-1)


def test_z_scores_over_the_interior_do_not_depend_on_the_scalp():
    mask = np.zeros((5, 64, 64), bool)
    row, column = np.indices((64, 64)) - 31.5
    brain = np.hypot(row, column) < 15
    over_interior = as_set(64).model_copy(update={"z_score_over": "head_interior", "high_percentile": 100.0})
    over_volume = as_set(64).model_copy(update={"high_percentile": 100.0})
    spread = {}
    for settings in (over_interior, over_volume):
        scores = [preprocess(head_with_scalp(scalp), mask, settings).z_score()[2] for scalp in (120, 240)]
        inside = np.stack([score[brain] for score in scores])
        spread[settings.z_score_over] = np.abs(inside[0] - inside[1]).max()
    assert 4 * spread["head_interior"] < spread["volume"], spread


def test_the_interior_is_deeper_than_a_tenth_of_the_side_and_has_holes_filled():
    image = np.zeros((1, 20, 20, 2), bool)
    image[0, 2:18, 3:17] = True
    image[0, 8:11, 8:11] = False  # a dark ventricle is inside the head
    expected = np.zeros((20, 20), bool)
    expected[4:16, 5:15] = True  # the depth is 1 at the outermost pixels, and above 2 from the third on
    np.testing.assert_array_equal(head_interior(image)[0], expected)


def test_a_head_at_the_border_has_its_surface_there():
    assert head_interior(np.ones((1, 20, 20, 1), bool))[0].sum() == 16 * 16


def test_an_image_without_interior_is_used_whole():
    assert head_interior(np.zeros((2, 16, 16, 3), bool)).all()
    image, mask = np.zeros((4, 16, 16, 3), np.uint8), np.zeros((4, 16, 16), bool)
    empty = preprocess(image, mask, as_set(16).model_copy(update={"z_score_over": "head_interior"}))
    assert not empty.z_score().any()
