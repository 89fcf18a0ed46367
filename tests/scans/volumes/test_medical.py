from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from brainseg.core.errors import UserError
from brainseg.scans.volumes.medical import itk_reason, kind_of, read_volume, write_volume
from brainseg.scans.volumes.orientation import Grid
from tests.scans.small_scans import OBLIQUE, volume
from tests.scans.small_scans import write_volume as write_by_sitk

FORMATS = ["nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr"]
PLACE = {"spacing": (1.5, 0.75, 4.0), "origin": (-100.25, 33.5, 7.125), "direction": OBLIQUE}


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_voxels_and_their_place_are_those_that_simpleitk_wrote(tmp_path, extension, kind):
    path = write_by_sitk(tmp_path / f"a.{extension}", volume(dtype=kind), **PLACE)
    array, grid = read_volume(path)
    np.testing.assert_array_equal(array, volume(dtype=kind).T, strict=True)
    assert grid.shape == (5, 6, 4)
    np.testing.assert_allclose(grid.spacing_mm, PLACE["spacing"], atol=1e-6)
    np.testing.assert_allclose(grid.origin_mm, PLACE["origin"], atol=1e-6)
    np.testing.assert_allclose(grid.direction, OBLIQUE, atol=1e-6)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_vector_of_three(tmp_path, extension):
    three = np.stack([volume(seed=seed) for seed in range(3)], axis=-1)
    array, grid = read_volume(write_by_sitk(tmp_path / f"a.{extension}", three, **PLACE))
    np.testing.assert_array_equal(array, three.transpose(2, 1, 0, 3))
    assert grid.shape == (5, 6, 4) and len(grid.spacing_mm) == 3


@pytest.mark.parametrize("extension", ["nii.gz", "mha", "nrrd"])
def test_four_dimensions_of_three(tmp_path, extension):
    """As nibabel writes them; medpy.io alone would roll their axes."""
    three = np.stack([volume(seed=seed) for seed in range(3)], axis=-1).transpose(2, 1, 0, 3)
    nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(three), np.diag([-2.0, -2, 3, 1])), tmp_path / "a.nii.gz")
    sitk.WriteImage(sitk.ReadImage(tmp_path / "a.nii.gz"), tmp_path / f"a.{extension}")
    array, grid = read_volume(tmp_path / f"a.{extension}")
    np.testing.assert_array_equal(array, three)
    assert (grid.shape, grid.spacing_mm) == ((5, 6, 4), (2.0, 2.0, 3.0))
    np.testing.assert_allclose(grid.direction, np.eye(3), atol=1e-6)


def test_a_fourth_dimension_of_one_is_dropped(tmp_path):
    nibabel.save(nibabel.Nifti1Image(volume().T[..., None], np.eye(4)), tmp_path / "a.nii")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii")[0], volume().T)


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8"])
@pytest.mark.parametrize("extension", ["nii", "nii.gz"])
@pytest.mark.parametrize("shape", [(5, 6, 4), (5, 6, 4, 3)])
def test_values_of_nifti_that_are_not_finite_stay_so(tmp_path, kind, extension, shape, rng):
    """SimpleITK alone reads 0 there."""
    array = rng.normal(size=shape).astype(kind)
    array.flat[[0, 17, 18, -1]] = np.nan
    array.flat[[3, 4]] = np.inf, -np.inf
    header = nibabel.Nifti1Header(endianness=kind[0])
    header.set_data_dtype(kind)
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4), header), tmp_path / f"a.{extension}")
    read, _ = read_volume(tmp_path / f"a.{extension}")
    np.testing.assert_array_equal(read, np.where(np.isfinite(array), array, np.nan))


def test_values_that_are_not_finite_beyond_the_first_chunk(tmp_path, rng, monkeypatch):
    monkeypatch.setattr("brainseg.scans.volumes.nifti.CHUNK", 64)
    array = rng.normal(size=(5, 6, 4)).astype(np.float32)
    array[[0, 2, 4], [0, 3, 5], [0, 2, 3]] = np.nan
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii.gz")[0], array)


@pytest.mark.parametrize("extension", ["nii.gz", "mha", "nrrd"])
@pytest.mark.parametrize("kind", [bool, np.float32])
def test_what_is_written_has_the_grid_and_the_same_bytes_each_time(tmp_path, extension, kind, rng):
    grid = Grid((5, 6, 4), PLACE["spacing"], PLACE["origin"], OBLIQUE)
    array = (rng.random((5, 6, 4)) > 0.5).astype(kind)
    paths = [tmp_path / f"a.{extension}", tmp_path / f"b.{extension}"]
    for path in paths:
        write_volume(path, array, grid)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    image = sitk.ReadImage(paths[0])
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image).T, array)
    assert image.GetPixelID() == (sitk.sitkUInt8 if kind is bool else sitk.sitkFloat32)
    np.testing.assert_allclose(image.GetSpacing(), PLACE["spacing"], atol=1e-6)
    np.testing.assert_allclose(image.GetOrigin(), PLACE["origin"], atol=1e-6)
    np.testing.assert_allclose(image.GetDirection(), OBLIQUE.ravel(), atol=1e-6)


@pytest.mark.parametrize("extension", ["nii.gz", "mha", "nrrd"])
def test_a_place_that_cannot_be_written_to(tmp_path, extension, capfd):
    grid = Grid((5, 6, 4), PLACE["spacing"], PLACE["origin"], OBLIQUE)
    with pytest.raises(UserError, match=rf"^{tmp_path}/gone/a\.{extension}: cannot be written \(.+\)$"):
        write_volume(tmp_path / "gone" / f"a.{extension}", np.ones((5, 6, 4), bool), grid)
    assert capfd.readouterr() == ("", "")


def test_kinds_of_file_names():
    assert kind_of(Path("a.b.NII.gz")) == (".nii.gz", "nifti")
    assert kind_of(Path("a.nii")) == (".nii", "nifti")
    assert kind_of(Path("a.gz")) is None
    assert kind_of(Path("nrrd")) is None


def test_the_sentence_of_itk_without_its_sources():
    text = "Exception thrown in SimpleITK X:\n/a/b.cxx:99:\nITK ERROR: NiftiImageIO(0x55ab): no such thing\n"
    assert itk_reason(RuntimeError(text)) == "no such thing"
    assert itk_reason(RuntimeError("plain")) == "plain"
    assert itk_reason(RuntimeError("")) == "RuntimeError"
