import os
import subprocess
import sys

import numpy as np
import pytest
from skimage.exposure import rescale_intensity
from skimage.transform import resize

from brainseg.data.raw.patients import read_images, read_mask
from brainseg.preprocessing import PreprocessSettings, preprocess
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
