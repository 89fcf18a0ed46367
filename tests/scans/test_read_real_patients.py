"""Real patients, in every format that is read: the image is that of their TIFF slices."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile
from PIL import Image

from brainseg.data.raw.patients import patient_names, read_images, read_mask
from brainseg.scans.write import write_mask
from tests.scans.small_scans import OBLIQUE, read, write_series, write_volume

PLACE = {"spacing": (0.9375, 0.9375, 5.0), "origin": (-120.0, -118.5, 40.0), "direction": OBLIQUE}


@pytest.fixture(scope="module")
def patient(lgg: Path) -> tuple[Path, np.ndarray]:
    folder = lgg / patient_names(lgg)[0]
    return folder, read_images(folder)


def test_the_folder_of_each_patient_is_read_as_the_pipeline_reads_it(lgg):
    for name in patient_names(lgg)[:3]:
        scan = read(lgg / name)
        np.testing.assert_array_equal(scan.image, read_images(lgg / name), strict=True)
        assert (scan.name, scan.spacing_mm, scan.format) == (name, None, "tiff")


@pytest.mark.parametrize("extension", ["nii", "nii.gz", "mha", "nrrd"])
def test_vectors(tmp_path, patient, extension):
    _, image = patient
    scan = read(write_volume(tmp_path / f"a.{extension}", image, **PLACE))
    np.testing.assert_array_equal(scan.image, image, strict=True)
    assert scan.spacing_mm == pytest.approx((5.0, 0.9375, 0.9375)) and scan.warnings == ()


@pytest.mark.parametrize("axes", ["LPS", "RAS", "PIL"])
def test_four_dimensions_as_nibabel_writes_them(tmp_path, patient, axes):
    _, image = patient
    place = nibabel.Nifti1Image(image.transpose(2, 1, 0, 3), np.diag([-1.0, -1.0, 5.0, 1.0]))  # nibabel's world is RAS
    turn = nibabel.orientations.ornt_transform(
        nibabel.orientations.axcodes2ornt("LPS"), nibabel.orientations.axcodes2ornt(axes)
    )
    nibabel.save(place.as_reoriented(turn), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read(tmp_path / "a.nii.gz").image, image, strict=True)


def test_a_file_a_sequence(tmp_path, patient):
    _, image = patient
    for number, key in enumerate(("pre", "flair", "post")):
        write_volume(tmp_path / f"{key}.nii.gz", np.ascontiguousarray(image[..., number]).astype(np.float32), **PLACE)
    scan = read(",".join(f"{key}={tmp_path}/{key}.nii.gz" for key in ("flair", "pre", "post")))
    np.testing.assert_array_equal(scan.image, image, strict=True)


def test_a_dicom_series_a_sequence_and_its_mask(tmp_path, patient):
    folder, image = patient
    for number, description in enumerate(("AX T1", "AX T2 FLAIR", "AX T1 +C"), start=1):
        pixels = np.ascontiguousarray(image[..., number - 1])
        write_series(tmp_path / "P", pixels, description=description, number=number, **PLACE)
    scan = read(tmp_path / "P")
    np.testing.assert_array_equal(scan.image, image, strict=True)
    assert scan.warnings == ()
    mask = read_mask(folder)
    (path,) = write_mask(tmp_path, scan, mask)
    segmentation = sitk.DICOMOrient(sitk.ReadImage(path), "LPS")  # its frames run from superior to inferior
    np.testing.assert_array_equal(sitk.GetArrayFromImage(segmentation) > 0, mask)
    for key, expected in (("Spacing", PLACE["spacing"]), ("Origin", PLACE["origin"]), ("Direction", OBLIQUE.ravel())):
        np.testing.assert_allclose(getattr(segmentation, f"Get{key}")(), expected, atol=1e-6, err_msg=key)


def test_pictures_stacks_and_arrays(tmp_path, patient):
    _, image = patient
    (tmp_path / "P").mkdir()
    for number, pixels in enumerate(image, start=1):
        Image.fromarray(pixels).save(tmp_path / "P" / f"{number}.png")
    tifffile.imwrite(tmp_path / "stack.tif", image, photometric="rgb", compression="zlib")
    np.save(tmp_path / "array.npy", image)
    for path in ("P", "stack.tif", "array.npy"):
        np.testing.assert_array_equal(read(tmp_path / path).image, image, strict=True, err_msg=path)


def test_flair_alone_is_what_the_data_set_does_for_a_missing_sequence(tmp_path, patient):
    _, image = patient
    scan = read(write_volume(tmp_path / "a.mha", np.ascontiguousarray(image[..., 1]), **PLACE))
    np.testing.assert_array_equal(scan.image, np.repeat(image[..., 1:2], 3, axis=3), strict=True)
    assert len(scan.warnings) == 2
