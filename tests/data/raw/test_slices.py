import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.data.raw.patients import write_patient
from brainseg.data.raw.slices import faults_of_slices, numbered_files, slice_files, stacked


@pytest.fixture
def patient(tmp_path):
    """Twelve slices, the k-th of intensity k but for a corner."""
    image = np.broadcast_to(np.arange(1, 13, dtype=np.uint8)[:, None, None, None], (12, 8, 6, 3)).copy()
    image[:, 0, 0] = 0
    write_patient(tmp_path / "A", image, image[..., 0] > 6)
    return tmp_path / "A"


def test_slices_are_in_the_order_of_their_numbers_and_not_of_their_names(patient):
    images, masks = slice_files(patient)
    assert list(images) == list(masks) == list(range(1, 13))
    assert stacked(patient, images)[:, 1, 0, 0].tolist() == list(range(1, 13))


def test_masks_are_distinguished_from_images_and_other_files_are_none(patient):
    (patient / "notes.txt").write_text("")
    (patient / "._A_1.tif").write_bytes(b"")
    assert sorted(is_mask for _, _, is_mask in numbered_files(patient)) == [False] * 12 + [True] * 12


def test_a_fine_patient_has_no_faults_and_a_digest_a_slice(patient):
    digests: list[bytes] = []
    assert faults_of_slices(patient, digests) == []
    assert len(set(digests)) == 12


def test_faults_are_lines(patient):
    (patient / "A_2_mask.tif").unlink()
    (patient / "A_3.tif").write_bytes(b"")
    lines = faults_of_slices(patient, [])
    assert [line.split(": ")[0].rpartition("/")[2] for line in lines] == ["A_2.tif", "A_3.tif"]
    assert faults_of_slices(patient.parent, []) == [
        f"{patient.parent}: no slices found; expected {patient.parent.name}_1.tif, "
        f"{patient.parent.name}_1_mask.tif, ..."
    ]


def test_slices_that_were_removed_after_the_download_are_one_line(patient):
    with pytest.raises(UserError, match="images or masks are missing; it was changed after the download"):
        stacked(patient, {})
