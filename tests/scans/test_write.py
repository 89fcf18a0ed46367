from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.scans.read import scan_from_array
from brainseg.scans.write import FORMATS, write_mask, write_probability
from tests.scans.small_scans import OBLIQUE, read, volume, write_series, write_volume

PLACE = {
    "spacing": (0.8984, 0.8984, 4.1),
    "origin": (-100.123, 33.57, 7.3),
    "direction": OBLIQUE @ np.diag([1, -1, -1]),
}


@pytest.fixture
def masks(rng) -> np.ndarray:
    return rng.random((4, 6, 5)) > 0.6


@pytest.fixture
def probabilities(rng) -> np.ndarray:
    return rng.integers(0, 256, (4, 6, 5)).astype(np.uint8)


@pytest.mark.parametrize("extension", ["nii.gz", "nii", "mha", "mhd", "nrrd", "nhdr"])
def test_a_mask_has_the_scans_geometry_in_simpleitk_and_nibabel(tmp_path, extension, masks):
    path = write_volume(tmp_path / f"anna.{extension}", volume(), **PLACE)
    scan = read(path)
    (written,) = write_mask(tmp_path / "out", scan, masks)
    kept = {"nii": "nii.gz", "mhd": "mha", "nhdr": "nrrd"}.get(extension, extension)
    assert written == tmp_path / "out" / f"anna_mask.{kept}"
    image, mask = sitk.ReadImage(path), sitk.ReadImage(written)
    for key in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(mask, key)(), getattr(image, key)(), atol=1e-6, err_msg=key)
    axial = sitk.GetArrayFromImage(sitk.DICOMOrient(mask, "LPS"))
    np.testing.assert_array_equal(axial, masks)  # by SimpleITK's own turning
    if kept == "nii.gz":
        np.testing.assert_allclose(nibabel.load(written).affine, nibabel.load(path).affine, atol=1e-6)


@pytest.mark.parametrize("format", ["nifti", "mha", "nrrd"])
def test_a_probability_is_a_float_between_0_and_1(tmp_path, format, probabilities):
    scan = read(write_volume(tmp_path / "anna.mha", volume(), **PLACE))
    (written,) = write_probability(tmp_path, scan, probabilities, format)
    image = sitk.ReadImage(written)
    assert image.GetPixelID() == sitk.sitkFloat32
    axial = sitk.GetArrayFromImage(sitk.DICOMOrient(image, "LPS"))
    np.testing.assert_allclose(axial, probabilities / 255, atol=1e-7)


def test_numpy(tmp_path, masks, probabilities):
    scan = scan_from_array(volume(), name="anna")
    assert write_mask(tmp_path, scan, masks) == [tmp_path / "anna_mask.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "anna_mask.npy"), masks, strict=True)
    assert write_probability(tmp_path, scan, probabilities) == [tmp_path / "anna_probability.npy"]
    stored = np.load(tmp_path / "anna_probability.npy")
    assert stored.dtype == np.float32
    np.testing.assert_array_equal(np.rint(stored * 255), probabilities)


def slices_in(folder: Path, extension: str) -> Path:
    folder.mkdir()
    for number, plane in enumerate(volume(), start=7):
        (Image.fromarray(plane).save if extension == "png" else lambda path, p=plane: tifffile.imwrite(path, p))(
            folder / f"P_{number}.{extension}"
        )
    return folder


@pytest.mark.parametrize(("extension", "written"), [("png", "png"), ("tif", "tif")])
def test_slices_have_a_mask_each_named_after_them(tmp_path, extension, written, masks, probabilities):
    scan = read(slices_in(tmp_path / "P", extension))
    paths = write_mask(tmp_path / "out", scan, masks)
    assert paths == [tmp_path / "out" / "P_mask" / f"P_{number}_mask.{written}" for number in range(7, 11)]
    paths += write_probability(tmp_path / "out", scan, probabilities)
    assert paths[4:] == [tmp_path / "out" / "P_probability" / f"P_{number}.{written}" for number in range(7, 11)]
    load = tifffile.imread if written == "tif" else lambda path: np.asarray(Image.open(path))
    np.testing.assert_array_equal(np.stack([load(path) for path in paths[:4]]), masks * np.uint8(255), strict=True)
    np.testing.assert_array_equal(np.stack([load(path) for path in paths[4:]]), probabilities, strict=True)


def test_a_volume_as_pictures_and_as_a_stack(tmp_path, masks):
    scan = read(write_volume(tmp_path / "anna.mha", volume(), **PLACE))
    assert write_mask(tmp_path, scan, masks, "png")[-1] == tmp_path / "anna_mask" / "anna_4_mask.png"
    assert write_mask(tmp_path, scan, masks, "tiff") == [tmp_path / "anna_mask.tif"]
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "anna_mask.tif") > 0, masks)


def test_a_stack_has_a_stack(tmp_path, masks):
    tifffile.imwrite(tmp_path / "anna.tif", volume(), photometric="minisblack")
    assert write_mask(tmp_path, read(tmp_path / "anna.tif"), masks) == [tmp_path / "anna_mask.tif"]


def test_dicom_has_a_dicom_seg_and_a_probability_in_nifti(tmp_path, masks, probabilities):
    write_series(tmp_path / "P", volume(), direction=OBLIQUE)
    scan = read(tmp_path / "P")
    assert write_mask(tmp_path, scan, masks) == [tmp_path / "P_mask.dcm"]
    assert write_probability(tmp_path, scan, probabilities) == [tmp_path / "P_probability.nii.gz"]
    assert write_probability(tmp_path, scan, probabilities, "dicom-seg") == [tmp_path / "P_probability.nii.gz"]
    image = sitk.ReadImage(write_mask(tmp_path, scan, masks, "nifti")[0])
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in scan.series])
    series = reader.Execute()
    for key in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(image, key)(), getattr(series, key)(), atol=1e-6, err_msg=key)


def test_a_dicom_seg_needs_a_series(tmp_path, masks):
    line = "^anna: is not DICOM, so a DICOM-SEG has no series to refer to; choose another format$"
    with pytest.raises(UserError, match=line):
        write_mask(tmp_path, scan_from_array(volume(), name="anna"), masks, "dicom-seg")


def test_an_unknown_format(tmp_path, masks):
    with pytest.raises(
        UserError, match="^format is 'bmp'; expected one of nifti, mha, nrrd, tiff, png, npy, dicom-seg$"
    ):
        write_mask(tmp_path, scan_from_array(volume()), masks, "bmp")


def test_other_shapes_and_types_are_mistakes_of_the_caller(tmp_path, masks):
    scan = scan_from_array(volume(), name="anna")
    with pytest.raises(ValueError, match=r"given \(4, 6, 4\); expected the axial grid \(4, 6, 5\)"):
        write_mask(tmp_path, scan, masks[..., 1:])
    with pytest.raises(ValueError, match="mask is uint8; expected bool"):
        write_mask(tmp_path, scan, masks.astype(np.uint8))
    with pytest.raises(ValueError, match="probability is float64; expected uint8"):
        write_probability(tmp_path, scan, masks * 0.5)


FAILING = {"nifti": "write_volume", "npy": "np.save", "tiff": "write_stack", "png": "write_png"}


@pytest.mark.parametrize("format", FAILING)
def test_a_write_that_fails_leaves_what_was_there(tmp_path, format, masks, monkeypatch):
    scan = scan_from_array(volume(), name="anna")
    before = {path: path.read_bytes() for path in write_mask(tmp_path, scan, masks, format)}

    def fail(path: object, *_: object) -> None:
        if isinstance(path, Path):
            path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"brainseg.scans.write.{FAILING[format]}", fail)
    with pytest.raises(OSError, match="No space"):
        write_mask(tmp_path, scan, ~masks, format)
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert files == set(before) and all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "dicom-seg"])
def test_the_same_mask_gives_the_same_bytes(tmp_path, format, masks):
    scan = scan_from_array(volume(), name="anna")
    one, two = (write_mask(tmp_path / folder, scan, masks, format) for folder in ("a", "b"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_folder_of_slices_is_replaced_whole(tmp_path, masks):
    scan = scan_from_array(volume(), name="anna")
    write_mask(tmp_path, scan, masks, "png")
    shorter = scan_from_array(volume()[:2], name="anna")
    paths = write_mask(tmp_path, shorter, masks[:2], "png")
    assert sorted((tmp_path / "anna_mask").iterdir()) == paths
