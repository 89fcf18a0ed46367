from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from brainseg.core.errors import UserError
from brainseg.scans.find import ScanFiles, find_scans
from brainseg.scans.read import read_scan
from brainseg.scans.write import write_mask, write_probability
from tests.scans.small_scans import OBLIQUE, read, volume, write_volume

CODES = ["".join(letters) for order in permutations(("RL", "AP", "IS")) for letters in product(*order)]


def turned(code: str, spacing=(0.75, 0.75, 4.0), direction=OBLIQUE, shape=(4, 6, 5)) -> sitk.Image:
    """An oblique scan that is stored axially, its voxels then stored in another orientation by SimpleITK."""
    image = sitk.GetImageFromArray(volume(shape))
    image.SetSpacing(spacing)
    image.SetOrigin((-10.5, 20.25, 30.0))
    image.SetDirection(direction.ravel().tolist())
    return sitk.DICOMOrient(image, code)


@pytest.mark.parametrize("code", CODES)
def test_all_48_orientations_give_one_image_and_one_mask_in_the_patient(tmp_path, code):
    path = tmp_path / "a.nrrd"
    sitk.WriteImage(turned(code), path)
    scan = read(path)
    np.testing.assert_array_equal(scan.image[..., 1], volume())
    assert scan.spacing_mm == pytest.approx((4.0, 0.75, 0.75), abs=1e-9)
    mask = volume() > 128
    (written,) = write_mask(tmp_path, scan, mask)
    own, stored = sitk.ReadImage(path), sitk.ReadImage(written)
    np.testing.assert_allclose(stored.GetOrigin(), own.GetOrigin(), atol=1e-6)
    np.testing.assert_allclose(stored.GetDirection(), own.GetDirection(), atol=1e-6)
    assert stored.GetSize() == own.GetSize()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(stored), sitk.GetArrayFromImage(own) > 128)


@pytest.mark.parametrize("code", ["PIR", "LIP", "ASR", "RSA"])  # stored sagittally and coronally
def test_a_scan_with_thick_sagittal_or_coronal_slices_is_turned_and_not_resampled(tmp_path, code):
    """Slices of 3 mm across the patient or from front to back: axial pixels of 1 x 3 mm or 3 x 1 mm."""
    across = code in ("PIR", "ASR")
    spacing = (3.0, 1.0, 1.0) if across else (1.0, 3.0, 1.0)
    sitk.WriteImage(turned(code, spacing, np.eye(3)), tmp_path / "a.mha")
    scan = read(tmp_path / "a.mha")
    assert scan.spacing_mm == ((1.0, 1.0, 3.0) if across else (1.0, 3.0, 1.0))
    np.testing.assert_array_equal(scan.image[..., 1], volume())
    (written,) = write_probability(tmp_path, scan, scan.image[..., 1])
    stored = sitk.GetArrayFromImage(sitk.DICOMOrient(sitk.ReadImage(written), "LPS"))
    np.testing.assert_allclose(stored, volume() / 255, atol=1e-6)


@pytest.mark.parametrize(("degrees", "warned"), [(16, False), (24, True)])
def test_oblique_slices_are_warned_of(tmp_path, degrees, warned):
    direction = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
    scan = read(write_volume(tmp_path / "a.mha", volume(), direction=direction))
    line = f"the slices are oblique by {degrees} degrees; the nearest plane is used"
    assert (line in scan.warnings) == warned


def test_three_files_are_the_three_sequences(tmp_path):
    for number, key in enumerate(("pre", "flair", "post")):
        write_volume(tmp_path / f"{key}.nii.gz", volume(seed=number))
    scan = read(",".join(f"{key}={tmp_path}/{key}.nii.gz" for key in ("flair", "post", "pre")))
    np.testing.assert_array_equal(scan.image, np.stack([volume(seed=seed) for seed in range(3)], axis=-1), strict=True)
    assert (scan.warnings, scan.format) == ((), "nifti")


def test_a_sequence_that_is_missing_is_filled_with_flair(tmp_path):
    write_volume(tmp_path / "flair.mha", volume())
    write_volume(tmp_path / "post.mha", volume(seed=1))
    scan = read(f"flair={tmp_path}/flair.mha,post={tmp_path}/post.mha")
    np.testing.assert_array_equal(scan.image, np.stack([volume(), volume(), volume(seed=1)], axis=-1))
    assert scan.warnings == ("pre_contrast is missing: FLAIR stands in its place",)


@pytest.mark.parametrize("extension", ["nii.gz", "nrrd"])
def test_a_vector_of_a_models_own_channels(tmp_path, extension):
    four = np.stack([volume(seed=seed) for seed in range(4)], axis=-1)
    path = write_volume(tmp_path / f"a.{extension}", four)
    (files,) = find_scans([str(path)])
    scan = read_scan(files, channels=("t1", "t2", "adc", "dwi"))
    np.testing.assert_array_equal(scan.image, four, strict=True)
    assert scan.channels == ("t1", "t2", "adc", "dwi")
    with pytest.raises(UserError, match=r"has 4 sequences; expected 1 \(t2\), or 2: t2, adc$"):
        read_scan(files, channels=("t2", "adc"))


def test_a_missing_channel_is_filled_with_the_main_one_of_the_model(tmp_path):
    channels = ("dwi", "adc", "t2")
    write_volume(tmp_path / "a_dwi.nii.gz", volume())
    write_volume(tmp_path / "a-t2w.nii.gz", volume(seed=1))
    (files,) = find_scans([str(tmp_path)], channels)
    scan = read_scan(files, channels=channels)
    np.testing.assert_array_equal(scan.image, np.stack([volume(), volume(), volume(seed=1)], axis=-1))
    assert scan.warnings == ("adc is missing: dwi stands in its place",)


def test_the_same_grid_stored_otherwise_is_turned_and_not_resampled(tmp_path):
    sitk.WriteImage(turned("LPS"), tmp_path / "flair.mha")
    sitk.WriteImage(turned("SAR"), tmp_path / "pre.nrrd")
    sitk.WriteImage(turned("RIA"), tmp_path / "post.mha")
    scan = read(f"flair={tmp_path}/flair.mha,pre={tmp_path}/pre.nrrd,post={tmp_path}/post.mha")
    np.testing.assert_array_equal(scan.image, np.repeat(volume()[..., None], 3, axis=3))
    assert scan.warnings == ()


def test_another_grid_is_resampled_with_a_warning_and_agrees_with_simpleitk(tmp_path):
    flair = write_volume(tmp_path / "flair.mha", volume((8, 12, 10)), spacing=(1.0, 1.0, 2.0))
    place = {"spacing": (0.8, 1.1, 1.7), "origin": (0.3, 0.2, 0.5), "direction": OBLIQUE}
    pre = write_volume(tmp_path / "pre.mha", volume((8, 12, 10), seed=1, dtype=np.float32), **place)
    scan = read(f"flair={flair},pre={pre}")
    resampled = sitk.Resample(sitk.ReadImage(pre), sitk.ReadImage(flair), sitk.Transform(), sitk.sitkLinear, -1.0)
    expected = sitk.GetArrayFromImage(resampled)
    inside = expected >= 0
    assert scan.warnings[0] == (
        f"pre_contrast was resampled onto the grid of FLAIR, of which it covers {inside.mean():.0%}"
    )
    white = np.percentile(np.where(inside, expected, 0), 99.99)
    np.testing.assert_allclose(scan.image[..., 0][inside] / 65535, (expected[inside] / white).clip(0, 1), atol=1e-4)


def test_a_fault_that_was_found_before_is_the_line():
    with pytest.raises(UserError, match="^x: is no scan$"):
        read_scan(ScanFiles("x", "", {}, fault="x: is no scan"))


@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.float32])
def test_intensities_of_any_range_become_sixteen_bit(tmp_path, kind, rng):
    three = (rng.integers(0, 20, (4, 6, 5, 3)) * np.array([1, 50, 900])).astype(kind)
    scan = read(write_volume(tmp_path / "a.nrrd", three))
    assert scan.image.dtype == np.uint16
    assert scan.image.max(axis=(0, 1, 2)).tolist() == [65535] * 3
    expected = three / np.percentile(three, 99.99, axis=(0, 1, 2)) * 65535
    np.testing.assert_allclose(scan.image, expected.clip(0, 65535), atol=1)
