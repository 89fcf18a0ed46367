"""New scans through a model file, in Python."""

import subprocess
import sys

import nibabel
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import brainseg
from brainseg.archs.shared.input import every_channel
from brainseg.core.errors import UserError
from brainseg.metrics.overlap import dsc
from brainseg.model.archive import write_model
from brainseg.model.record import WarningRecord
from brainseg.model.training_range import Range
from brainseg.segment.segmenter import Segmenter, read_one
from tests.model import small_model
from tests.scans.small_scans import write_volume


@pytest.fixture
def image(rng) -> np.ndarray:
    return rng.integers(30, 255, (6, 20, 18, 3)).astype(np.uint8)


@pytest.fixture
def segmenter(tmp_path) -> Segmenter:
    small_model.write(tmp_path / "m.zip")
    return brainseg.load(tmp_path / "m.zip")


def test_an_array_gives_mask_and_probability_on_its_own_grid(segmenter, image):
    found = segmenter(image)
    assert found.mask.shape == found.probability.shape == image.shape[:3]
    assert found.mask.dtype == bool and found.probability.dtype == np.float32
    assert found.mask.any() and not found.mask.all()
    assert (found.probability[found.mask] > 0.5).all()
    assert found.lesions == 1  # the largest component


def test_a_volume_is_voxels_times_spacing(segmenter, image):
    assert segmenter(image).volume_ml is None and segmenter(image).largest_lesion_ml is None
    found = segmenter(image, spacing_mm=(5.0, 0.9, 0.9))  # 4.05 mm3 a voxel
    assert found.volume_ml == pytest.approx(found.mask.sum() * 4.05 / 1000)
    assert found.largest_lesion_ml == found.volume_ml


def test_what_is_expected_of_a_scan_is_on_the_line_of_the_validation_patients(segmenter, image):
    """The small model's validation patients lie on DSC = certainty."""
    found = segmenter(image)
    assert 0 < found.predicted_dsc < 1
    assert found.dsc_lower_bound == pytest.approx(found.predicted_dsc, abs=1e-6)  # no residuals on that line


def test_without_validation_patients_nothing_is_expected(tmp_path, image):
    small_model.write(tmp_path / "m.zip", failure_warning=WarningRecord(certainty=[], dsc=[]))
    found = brainseg.load(tmp_path / "m.zip")(image)
    assert found.predicted_dsc is None and found.dsc_lower_bound is None


def test_no_lesion_is_a_warning(tmp_path, image):
    small_model.write(tmp_path / "m.zip", bias=-1000.0)
    found = brainseg.load(tmp_path / "m.zip")(image)
    assert not found.mask.any() and found.lesions == 0 and found.predicted_dsc is None
    assert found.warnings == ("no lesion was found",)


def test_a_scan_without_signal_is_empty_with_a_warning(segmenter):
    found = segmenter(np.zeros((4, 20, 20, 3), np.uint8))
    assert any("holds no signal" in line for line in found.warnings)


def test_a_scan_unlike_the_training_patients_is_a_warning(tmp_path, image):
    small_model.write(tmp_path / "m.zip", training_range={"head_share": Range(low=0.1, high=0.2)})
    (warning,) = brainseg.load(tmp_path / "m.zip")(image).warnings
    assert warning.startswith("unlike the training patients: head_share is ")


def test_a_person_who_trained_the_model_is_a_warning(segmenter, image, tmp_path):
    for name, known in (("TCGA_CS_1234_20010101", True), ("TCGA_CS_9999_20010101", False)):
        np.save(tmp_path / f"{name}.npy", image)
        warnings = segmenter(tmp_path / f"{name}.npy").warnings
        assert any("was trained or validated on this person" in line for line in warnings) == known


def test_flair_alone_is_taken_with_a_warning(segmenter, image):
    assert any("FLAIR" in line for line in segmenter(image[..., 1]).warnings)


@pytest.fixture
def own_segmenter(tmp_path) -> Segmenter:
    """Of a network that is given dwi alone, of data with adc and dwi."""
    network = small_model.record().networks[0].model_copy(update={"input": every_channel(["dwi"])})
    part = {network.weights: small_model.weights(in_channels=1)}
    record = small_model.record(channels=["adc", "dwi"], networks=[network])
    write_model(tmp_path / "own.zip", record, part)
    return brainseg.load(tmp_path / "own.zip")


def test_a_model_of_other_channels_segments_scans_of_these(own_segmenter, image, tmp_path):
    two = image[..., :2]
    found = own_segmenter(two)
    assert found.scan.channels == ("adc", "dwi") and found.mask.shape == image.shape[:3]
    with pytest.raises(UserError, match=r"is \(6, 20, 18, 3\); expected \(S, H, W, 2\), or \(S, H, W\) for adc alone"):
        own_segmenter(image)
    for place, name in enumerate(("adc", "dwi")):
        write_volume(tmp_path / "scans" / f"P_{name}.nii.gz", two[..., place])
    of_files = own_segmenter(tmp_path / "scans")
    np.testing.assert_array_equal(of_files.probability, found.probability)
    (line,) = (line for line in own_segmenter(two[..., 0]).warnings if "missing" in line)
    assert line == "dwi is missing: adc stands in its place"


def test_pixels_that_are_not_square_are_square_to_the_network(segmenter):
    """Twice as wide as high: each column stands for two, so the mask is that of the image with all columns twice."""
    image = np.random.default_rng(0).integers(30, 255, (6, 40, 20, 3)).astype(np.uint8)
    image = gaussian_filter(image.astype(float), (0, 3, 3, 0)) * 3 % 256
    wide = segmenter(image.astype(np.uint8), spacing_mm=(5.0, 1.0, 2.0))
    square = segmenter(image.astype(np.uint8).repeat(2, axis=2), spacing_mm=(5.0, 1.0, 1.0))
    assert wide.mask.shape == (6, 40, 20)
    assert dsc(wide.mask.repeat(2, axis=2), square.mask) > 0.95


def test_a_mask_is_written_beside_others(segmenter, image, tmp_path):
    np.save(tmp_path / "a.npy", image)
    found = segmenter(str(tmp_path / "a.npy"))
    (path,) = found.write(tmp_path / "out", "nifti")
    assert path.name == "a_mask.nii.gz" and path.exists()


def test_a_folder_of_several_scans_is_not_one(tmp_path, image):
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", image)
    with pytest.raises(UserError, match="holds 2 scans; expected one"):
        read_one(str(tmp_path))


def test_another_runtime_is_refused(tmp_path):
    small_model.write(tmp_path / "m.zip")
    with pytest.raises(UserError, match="runtime is 'jax'; expected torch or onnx"):
        brainseg.load(tmp_path / "m.zip", "jax")


def test_the_package_needs_neither_dvc_nor_git_nor_params(tmp_path, image):
    small_model.write(tmp_path / "m.zip")
    np.save(tmp_path / "a.npy", image)
    code = (
        "import sys, brainseg\n"
        "found = brainseg.load('m.zip')('a.npy')\n"
        "print({'dvc', 'pandas', 'git', 'pygit2', 'monai'} & set(sys.modules), found.mask.shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("set() (6, 20, 18)", "")


def test_a_spacing_that_the_scan_states_is_used(segmenter, image, tmp_path):
    write_volume(tmp_path / "a.mha", image, spacing=(1.0, 1.0, 4.0))
    found = segmenter(tmp_path / "a.mha", spacing_mm=(5.0, 0.9, 0.9))
    assert found.volume_ml == pytest.approx(found.mask.sum() * 4 / 1000)
    assert found.warnings == ("states a spacing of 4 × 1 × 1 mm; the spacing given is not used",)
    assert segmenter(tmp_path / "a.mha", spacing_mm=(4.0, 1.0, 1.0)).warnings == ()


def test_a_file_and_an_array_with_a_spacing_are_one_scan(segmenter, image, tmp_path):
    """Pixels are made square for both, and a mask in another format has the spacing."""
    np.save(tmp_path / "a.npy", image)
    for spacing_mm in ((5.0, 0.5, 1.0), np.array([5.0, 0.5, 1.0])):
        array, file = segmenter(image, spacing_mm), segmenter(tmp_path / "a.npy", spacing_mm)
        np.testing.assert_array_equal(array.probability, file.probability)
        assert file.scan.image.shape[:3] == file.mask.shape == image.shape[:3]
        assert file.volume_ml == pytest.approx(file.mask.sum() * 2.5 / 1000)
    (path,) = file.write(tmp_path, "nifti")
    assert nibabel.load(path).header.get_zooms() == pytest.approx((1.0, 0.5, 5.0))
